"""test_update_delete.py - rows that are about records that are there: only what differs is
sent, nothing twice, and what is deleted is kept."""
import json
import sqlite3

import harness
import planned

EMAIL, PHONE = ["emailAddress"], ["phoneNumber"]
SETTLE = ("--settle", "0.3")


class Update(planned.Planned):
    server_options = ("--currencies", "USD,EUR")

    def update(self, columns, match=(EMAIL,), **root):
        root.setdefault("operation", "update")
        return self.mapping(columns, match=list(match), **root)

    def test_only_what_differs(self):
        """A row that changes nothing sends nothing; else the PUT has what differs."""
        same = self.make(lastName="Same", emailAddress="same@u.example", title="kept",
                         description="as it is", opportunityAmount=10,
                         opportunityAmountCurrency="USD")
        other = self.make(lastName="Other", emailAddress="other@u.example", title="old",
                          description="as it is")
        before = self.get(same)
        columns = {"emailAddress": {}, "lastName": {}, "title": {}, "description": {}}
        rows = [{"emailAddress": "SAME@u.example", "lastName": "Same", "title": "kept",
                 "description": "as it is"},
                {"emailAddress": "Other@U.example", "lastName": "Other", "title": "new",
                 "description": "as it is"}]
        self.watch(method="PUT", contains="title")
        for name in ("emailAddress", "lastName", "description"):
            self.watch(method="PUT", contains=name)
        counts = self.load(rows, self.update(columns))
        self.assertEqual(counts, {"unchanged": 1, "updated": 1}, self.run_text)
        self.assertEqual(self.watched(), [1, 0, 0, 0])
        self.assertEqual(self.writes(), 1)
        self.assertEqual(self.get(same), before)
        self.assertEqual(self.get(other)["title"], "new")
        # an address in other letters is the same address, and not written back
        self.assertEqual(self.get(other)["emailAddress"], "other@u.example")

    def test_amount_without_currency(self):
        """EspoCRM refuses an amount for a record that has no currency yet: the default
        one goes with it, as with a new record, and is undone with it."""
        id = self.make(lastName="Poor", emailAddress="poor@u.example")
        own = self.make(lastName="Own", emailAddress="own@u.example",
                        opportunityAmount=1, opportunityAmountCurrency="EUR")
        self.assertIsNone(self.get(id)["opportunityAmountCurrency"])
        columns = {"emailAddress": {}, "opportunityAmount": {}}
        rows = [{"emailAddress": mail, "opportunityAmount": "12.50"}
                for mail in ("poor@u.example", "own@u.example")]
        for policy in ({}, {"operation": "create", "onDuplicate": "update"}):
            with self.subTest(**policy):
                counts = self.load(rows, self.update(columns, **policy))
                self.assertEqual(counts, {"updated": 2}, self.run_text)
                self.assertEqual([(self.get(i)["opportunityAmount"],
                                   self.get(i)["opportunityAmountCurrency"])
                                  for i in (id, own)], [(12.5, "USD"), (12.5, "EUR")])
                for i, currency in ((id, None), (own, "EUR")):
                    self.server.api("PUT", f"Lead/{i}", {
                        "opportunityAmount": 1 if currency else None,
                        "opportunityAmountCurrency": currency})

    def test_nothing_found(self):
        rows = [{"emailAddress": "nobody@u.example", "title": "x"},
                {"emailAddress": "", "title": "x"}]
        counts = self.load(rows, self.update({"emailAddress": {}, "title": {}}), expect=1)
        self.assertEqual(counts, {"failed": 2}, self.run_text)
        self.assertEqual(self.codes(), ["MATCH_NONE"] * 2)
        self.assertEqual(self.errors[0]["_field"], "emailAddress")
        self.assertEqual(self.errors[0]["_value"], "nobody@u.example")
        self.assertIn("empty", self.errors[1]["_message"])
        self.assertEqual(self.writes(), 0)
        self.assertEqual(self.server.stored(), 0)

    def test_empty_cells(self):
        """Kept, or cleared where the mapping says so."""
        id = self.make(lastName="E", emailAddress="e@u.example", title="t",
                       description="d")
        columns = {"emailAddress": {}, "title": {}, "description": {"empty": "null"}}
        rows = [{"emailAddress": "e@u.example", "title": "", "description": ""}]
        self.assertEqual(self.load(rows, self.update(columns)), {"updated": 1})
        record = self.get(id)
        self.assertEqual((record["title"], record.get("description")), ("t", None))
        self.assertEqual(self.load(rows, self.update(columns)), {"unchanged": 1})
        self.assertEqual(self.writes(), 0)

    def conflict(self, rule, stamp=None):
        """What becomes of title "old" and of an empty description."""
        self.server.reset()
        id = self.make(lastName="C", emailAddress="c@u.example", title="old")
        columns = {"emailAddress": {}, "title": {"onConflict": rule},
                   "description": {"onConflict": rule}}
        row = {"emailAddress": "c@u.example", "title": "new", "description": "new"}
        if stamp is not None:
            columns["modifiedAt"] = {}
            row["modifiedAt"] = stamp
        counts = self.load([row], self.update(columns), expect=(0, 1))
        record = self.get(id)
        return next(iter(counts)), record.get("title"), record.get("description")

    def test_on_conflict(self):
        self.assertEqual(self.conflict("overwrite"), ("updated", "new", "new"))
        self.assertEqual(self.conflict("fillBlank"), ("updated", "old", "new"))
        self.assertEqual(self.conflict("keep"), ("unchanged", "old", None))
        self.assertEqual(self.writes(), 0)
        self.assertEqual(self.conflict("newest", "2099-01-01 00:00:00"),
                         ("updated", "new", "new"))
        self.assertEqual(self.conflict("newest", "2001-01-01 00:00:00"),
                         ("updated", "old", "new"))
        self.assertEqual(self.conflict("error"), ("failed", "old", None))
        self.assertEqual(self.codes(), ["CONFLICT"])
        self.assertIn("old", self.errors[0]["_message"])
        self.assertEqual(self.errors[0]["_field"], "title")
        self.assertEqual(self.writes(), 0)

    def account(self):
        id = self.make("Account", name="Acme", website="http://old.example")
        rows = [{"name": "Acme", "website": "http://new.example", "description": "mine"}]
        mapping = self.update({"name": {}, "website": {}, "description": {}}, [["name"]],
                              entityType="Account")
        return id, rows, mapping

    def test_changed_in_the_meantime(self):
        """The version goes with the PUT; a 409 is planned again, by what is there now."""
        id, rows, mapping = self.account()
        self.server.fault("slow", method="PUT", entity="Account", count=1, delayMs=1000)
        process = self.begin(rows, mapping)
        harness.wait_until("a PUT", lambda: self.server.counts()["faults"][0]["fired"])
        status, _ = self.server.api("PUT", f"Account/{id}", {"website": "http://x.example"})
        self.assertEqual(status, 200)
        counts = self.end(process)
        self.assertEqual(counts, {"updated": 1}, self.run_text)
        self.assertEqual(self.server.counts()["statuses"]["409"], 1)
        record = self.get(id, "Account")
        self.assertEqual((record["website"], record["description"]),
                         ("http://new.example", "mine"))

    def test_changed_all_the_time(self):
        """Once more, and then the row fails."""
        id, rows, mapping = self.account()
        self.server.fault("status", method="PUT", entity="Account", status=409,
                          reason="modified", contentType="application/json",
                          body=json.dumps({"values": {}, "versionNumber": 9}))
        counts = self.load(rows, mapping, expect=1)
        self.assertEqual(counts, {"failed": 1}, self.run_text)
        self.assertEqual(self.codes(), ["MODIFIED"])
        self.assertEqual(self.requests["PUT Account"], 2)
        self.assertEqual(self.get(id, "Account")["website"], "http://old.example")

    def test_answer_of_a_put_lost(self):
        """A PUT whose answer is lost is no conflict with itself."""
        id, rows, mapping = self.account()
        self.server.fault("commit-then-close", method="PUT", entity="Account", count=1)
        counts = self.load(rows, mapping)
        self.assertEqual(counts, {"updated": 1}, self.run_text)
        self.assertEqual(self.get(id, "Account")["website"], "http://new.example")
        self.assertEqual(self.requests["PUT Account"], 2)

    def test_two_rows_of_one_record(self):
        """By different keys: one after the other, and the second sees what the first has
        done."""
        id = self.make(lastName="P", emailAddress="p@u.example",
                       phoneNumber="+49301234567")
        rows = [{"emailAddress": "p@u.example", "phoneNumber": "", "title": "first",
                 "description": "of the first"},
                {"emailAddress": "", "phoneNumber": "+49301234567", "title": "first",
                 "description": "of the second"},
                {"emailAddress": "", "phoneNumber": "+49301234567", "title": "third",
                 "description": "of the third"}]
        columns = {"emailAddress": {}, "phoneNumber": {}, "title": {},
                   "description": {"onConflict": "fillBlank"}}
        self.server.fault("slow", method="PUT", entity="Lead", delayMs=200)
        counts = self.load(rows, self.update(columns, [EMAIL, PHONE], onRepeat="inOrder"),
                           "-j", "8")
        self.assertEqual(counts, {"updated": 2, "unchanged": 1}, self.run_text)
        self.assertEqual(self.actions(), ["updated", "unchanged", "updated"])
        self.assertEqual(self.requests["PUT Lead"], 2)
        record = self.get(id)
        self.assertEqual((record["title"], record["description"]),
                         ("third", "of the first"))

    def test_repeats(self):
        self.make(lastName="R", emailAddress="r@u.example")
        rows = [{"emailAddress": "r@u.example", "title": str(i)} for i in range(3)]
        columns = {"emailAddress": {}, "title": {}}
        counts = self.load(rows, self.update(columns, onRepeat="first"))
        self.assertEqual(counts, {"updated": 1, "skipped": 2}, self.run_text)
        counts = self.load(rows, self.update(columns), expect=1)
        self.assertEqual(counts, {"unchanged": 1, "failed": 2}, self.run_text)
        self.assertEqual(self.codes(), ["REPEATED"] * 2)
        self.assertIn("line 2", self.errors[0]["_message"])


class Delete(planned.Planned):
    stored = True
    match = {"operation": "delete", "match": [["id"], EMAIL]}

    def delete(self, *columns):
        return self.mapping({c: {} for c in columns or ("emailAddress",)}, match=[EMAIL],
                            operation="delete")

    def images(self):
        path = self.folder / f"{self.name}.csv.checkpoint"
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            return dict(db.execute("SELECT id, json FROM image"))

    def test_delete(self):
        """The record goes; what it held is kept, whole."""
        id = self.make(lastName="D", emailAddressData=[
            {"emailAddress": "d@u.example", "primary": True},
            {"emailAddress": "d2@u.example", "primary": False}],
            description="x" * 20000)
        self.make(lastName="Stays", emailAddress="stays@u.example")
        rows = [{"emailAddress": "d2@u.example"}, {"emailAddress": "no@u.example"}]
        counts = self.load(rows, self.delete(), expect=1)
        self.assertEqual(counts, {"deleted": 1, "failed": 1}, self.run_text)
        self.assertEqual(self.codes(), ["MATCH_NONE"])
        self.assertEqual((self.results[0]["_action"], self.results[0]["_id"]),
                         ("deleted", id))
        self.assertIsNone(self.get(id))
        self.assertEqual(self.server.stored(), 1)
        image = json.loads(self.images()[id])
        self.assertEqual(len(image["description"]), 20000)
        self.assertEqual(len(image["emailAddressData"]), 2)

    def test_twice(self):
        """Deleted means gone: the same file once more finds nothing."""
        for i in range(3):
            self.make(lastName=f"D{i}", emailAddress=f"d{i}@u.example")
        rows = [{"emailAddress": f"d{i}@u.example"} for i in range(3)]
        self.assertEqual(self.load(rows, self.delete()), {"deleted": 3})
        counts = self.load(rows, self.delete(), expect=1)
        self.assertEqual(counts, {"failed": 3}, self.run_text)
        self.assertEqual(self.writes(), 0)

    def test_lost_answers(self):
        for i in range(60):
            self.make(lastName=f"D{i}", emailAddress=f"d{i}@u.example")
        rows = [{"emailAddress": f"d{i}@u.example"} for i in range(60)]
        self.server.fault("commit-then-close", method="DELETE", entity="Lead", every=5)
        self.assertEqual(self.load(rows, self.delete()), {"deleted": 60})
        self.assertEqual(self.server.stored(), 0)

    def test_killed(self):
        """Killed again and again: each row is told as deleted, whoever has seen it go."""
        count, kills = harness.Setup.scaled((300, 15), (120, 6))
        for i in range(count):
            self.make(lastName=f"D{i}", emailAddress=f"d{i}@u.example")
        rows = [{"emailAddress": f"d{i}@u.example"} for i in range(count)]
        self.server.set(delayMs=8)
        process = self.begin(rows, self.delete(), *SETTLE)
        checkpoint = f"{self.name}.csv.checkpoint"
        for i in range(kills):
            left = self.server.stored()
            goal = left - left / (kills - i)
            harness.wait_until("deletions", lambda: self.server.stored() <= goal
                               or not process.running())
            process.kill()
            self.finish(process)
            process = self.start("resume", checkpoint, *SETTLE, server=self.server)
        counts = self.end(process)
        self.assertEqual(counts, {"deleted": count}, self.run_text)
        self.assertEqual(self.server.stored(), 0)
        self.assertEqual(len(self.images()), count)


class Volume(planned.Planned):
    def upsert(self, **root):
        return self.mapping({name: {} for name in harness.leads(1)[0]},
                            operation="upsert", match=[EMAIL], **root)

    def load_logged(self, rows):
        """Counts the look-ups that match rows, apart from what a run asks at its start."""
        counts = self.load(rows, self.upsert(), "-v", "--log-file",
                           self.folder / f"{self.count}.log")
        log = (self.folder / f"{self.count - 1}.log").read_text()
        self.matches = log.count(" GET Lead?searchParams=%7B%22select%22")
        return counts

    def test_twice(self):
        """The second time there is nothing to be written; and how many look-ups it
        takes."""
        count = harness.Setup.scaled(5000, 1000)
        rows = harness.leads(count)
        self.assertEqual(self.load_logged(rows), {"created": count})
        first = 1000 * self.matches / count
        self.assertEqual(self.load_logged(rows), {"unchanged": count})
        self.assertEqual(self.writes(), 0, self.requests)
        second = 1000 * self.matches / count
        self.say(f"{first:.1f} and {second:.1f} look-ups for 1,000 rows")
        self.assertLessEqual(max(first, second), 12)
        self.assertStored(self.server, rows)

    def test_half(self):
        """Half of the rows are there: what is not found is asked for once more, for an
        address that lists do not show."""
        rows = harness.leads(1000)
        self.assertEqual(self.load(rows[::2], self.upsert()), {"created": 500})
        self.assertEqual(self.load_logged(rows), {"created": 500, "unchanged": 500})
        self.say(f"{self.matches} look-ups for 1,000 rows, half of them new")
        self.assertLessEqual(self.matches, 12)

    def test_swallowed(self):
        """Every 15th answer is lost on its way, of look-ups and writes alike."""
        rows = harness.leads(600)
        self.assertEqual(self.load(rows[::2], self.upsert()), {"created": 300})
        for row in rows:
            row["title"] = "new " + row["title"]
        self.via = harness.Proxy(self, self.server, "swallow,every=15")
        counts = self.load(rows, self.upsert(), *SETTLE, "--timeout", "1", "-j", "8")
        self.assertEqual(counts, {"created": 300, "updated": 300}, self.run_text)
        self.assertStored(self.server, rows)


class Kills(planned.Planned):
    stored = True

    def test_upsert(self):
        """1,500 rows, half of which are there, 60 kills."""
        count, kills = harness.Setup.scaled((1500, 60), (400, 15))
        rows = harness.leads(count)
        mapping = self.mapping({name: {} for name in rows[0]}, operation="upsert",
                               match=[EMAIL])
        self.load(rows[::2], mapping)
        for row in rows:
            row["title"] = "new " + row["title"]
        self.server.set(delayMs=8)
        self.seconds = 0.3
        counts = self.load_killed(
            rows, mapping, SETTLE, kills,
            lambda done, left: done + self.random.uniform(0, 2) * (count - done) / left,
            pause=0.02)
        there = len(rows[::2])
        self.assertEqual(counts, {"created": count - there, "updated": there},
                         self.run_text)
        self.assertStored(self.server, rows)
        self.assertResults(self.server, f"{self.name}.results.csv", count)

    def done(self):
        """Writes that were stored."""
        requests = self.server.counts()["requests"]
        before = self.before["requests"]
        return sum(requests.get(k, 0) - before.get(k, 0)
                   for k in ("POST Lead", "PUT Lead"))


if __name__ == "__main__":
    harness.main()

"""test_undo.py - a run is taken back: what it created goes, what it changed or deleted
comes back, and what somebody has edited since stays and is listed."""
import json
import os
import signal
import sqlite3
import time

import harness
import planned

EMAIL = ["emailAddress"]
COLUMNS = {"emailAddress": {}, "lastName": {}, "title": {}, "status": {}}
# What every change moves, taken back or not.
MOVING = ("modifiedAt", "modifiedById", "modifiedByName", "versionNumber",
          "streamUpdatedAt")
ADMIN = ("--user", "boss", "--password-file", "password")


def people(count, **more):
    return [{"emailAddress": f"u{i}@u.example", "lastName": f"U{i}", "title": f"t{i}",
             "status": "New", **more} for i in range(count)]


class Undo(planned.Planned):
    server_options = ("--admin", "boss", "--admin-password", "e2e-password")

    def setUp(self):
        super().setUp()
        self.map = self.mapping(COLUMNS, operation="upsert", match=[EMAIL])

    def checkpoint(self):
        return f"{self.name}.csv.checkpoint"

    def undo(self, *options, expect=0, yes=True, **more):
        """Undoes the last import; the counts. Its results are in self.undone by line, what
        was left in self.left."""
        before = self.server.counts()
        run = self.espoload("undo", self.checkpoint(), *(("-y",) if yes else ()),
                            *options, server=self.via, expect=expect, **more)
        self.requests = self.since(before)
        return self.read_undo(run)

    def resume(self, *options, expect=0, **more):
        run = self.espoload("resume", f"{self.name}.csv.undo.checkpoint", *options,
                            server=self.via, expect=expect, **more)
        return self.read_undo(run)

    def read_undo(self, run):
        self.run_text = str(run)
        results = self.folder / f"{self.name}.undo.results.csv"
        self.undone = self.read_csv(results.name) if results.exists() else []
        errors = self.folder / f"{self.name}.undo.errors.csv"
        self.left = self.read_csv(errors.name) if errors.exists() else []
        counts = run.counts()
        return None if counts is None else {
            place: n for place, n in counts.items() if n and place != "rows"}

    def snapshot(self, *types):
        """Everything there is, in full, but for what every change moves."""
        def whole(entity_type, id):
            record = self.get(id, entity_type)
            return {k: v for k, v in record.items() if k not in MOVING}
        return {r["id"]: whole(t, r["id"])
                for t in types or ("Lead",) for r in self.server.rows(t)}

    def put(self, id, entity_type="Lead", **attributes):
        status, answer = self.server.api("PUT", f"{entity_type}/{id}", attributes)
        self.assertEqual(status, 200, answer)

    def by_email(self):
        return {r["emailAddress"]: r["id"] for r in self.server.rows()}

    def next_second(self):
        """What is changed now has another modifiedAt."""
        time.sleep(1.05)


class Rows(Undo):
    def test_created(self):
        rows = people(450)
        self.make(lastName="Stays")
        before = self.snapshot()
        self.load(rows, self.map)
        self.assertEqual(self.undo(), {"deleted": 450}, self.run_text)
        self.assertEqual(self.requests["DELETE Lead"], 450)
        self.assertLess(self.requests["GET Lead"], 20)
        self.assertEqual(self.snapshot(), before)
        self.assertEqual([int(r["_line"]) for r in self.undone],
                         list(range(451, 1, -1)))
        self.assertEqual({(r["_entityType"], r["_action"], r["_outcome"], r["_code"])
                          for r in self.undone}, {("Lead", "created", "deleted", "")})
        self.assertIn("taken back: 450 created records deleted", self.run_text)
        self.assertEqual(self.left, [])

    def test_second(self):
        """Nothing is done twice, and nothing is written over."""
        self.load(people(20), self.map)
        self.assertEqual(self.undo(), {"deleted": 20}, self.run_text)
        self.undo(expect=2)
        self.assertIn("is there already", self.run_text)
        self.assertEqual(self.resume(), {"deleted": 20}, self.run_text)
        self.assertEqual(self.undo("--force"), {"unchanged": 20}, self.run_text)
        self.assertEqual(self.writes(), 0, self.requests)
        self.assertEqual({r["_outcome"] for r in self.undone}, {"gone"})
        self.assertEqual(self.undo("-n"), {"unchanged": 20}, self.run_text)
        run = self.espoload("status", self.checkpoint(), key=None)
        self.assertIn("taken back by rows1.csv.undo.checkpoint", run.out)
        run = self.espoload("resume", self.checkpoint(), server=self.server, expect=2)
        self.assertIn("was taken back", run.err)

    def test_edited_and_gone(self):
        self.load(people(10), self.map)
        ids = self.by_email()
        self.next_second()
        self.put(ids["u1@u.example"], title="by hand")
        self.put(ids["u2@u.example"], description="in a field of its own")
        self.put(ids["u4@u.example"], title="x", lastName="y")
        self.server.api("DELETE", f"Lead/{ids['u3@u.example']}")
        there = self.snapshot()
        self.assertEqual(self.undo(expect=1), {"deleted": 6, "skipped": 3, "unchanged": 1},
                         self.run_text)
        kept = {ids[f"u{i}@u.example"] for i in (1, 2, 4)}
        self.assertEqual(self.snapshot(), {i: r for i, r in there.items() if i in kept})
        left = {r["_line"]: r for r in self.left}
        self.assertEqual([(line, left[line]["_outcome"], left[line]["_code"],
                           left[line]["_field"]) for line in sorted(left)],
                         [("3", "kept", "EDITED_SINCE", "title"),
                          ("4", "kept", "EDITED_SINCE", "modifiedAt"),
                          ("6", "kept", "EDITED_SINCE; EDITED_SINCE", "lastName; title")])
        self.assertIn("title was edited since: it is 'by hand' now, the run wrote 't1'",
                      left["3"]["_message"])
        self.assertIn("line 3: EDITED_SINCE: title", self.run_text)
        self.assertEqual({r["_outcome"] for r in self.undone if r["_line"] == "5"},
                         {"gone"})
        self.assertIn("3 kept, see below, 1 gone already", self.run_text)

    def test_updated(self):
        """All kinds of values, field by field."""
        self.make(lastName="Other")
        rows, ids = [], []
        for i in range(30):
            old = {"title": f"old {i}"} if i % 3 else {}
            ids.append(self.make(emailAddress=f"u{i}@u.example", lastName=f"L{i}",
                                 status="Dead", doNotCall=i % 2 == 0,
                                 opportunityAmount=10.5 + i,
                                 opportunityAmountCurrency="USD",
                                 description="x" * (10500 if i == 7 else 20), **old))
            rows.append({"emailAddress": f"u{i}@u.example", "lastName": f"N{i}",
                         "title": f"new {i}", "status": "New",
                         "doNotCall": "yes" if i % 5 else "no",
                         "opportunityAmount": f"{100 + i}.25",
                         "description": "y" * (11000 if i % 10 == 0 else 30)})
        before = self.snapshot()
        columns = {**COLUMNS, "doNotCall": {}, "opportunityAmount": {}, "description": {}}
        counts = self.load(rows, self.mapping(columns, operation="update", match=[EMAIL]))
        self.assertEqual(counts, {"updated": 30}, self.run_text)
        self.assertNotEqual(self.snapshot(), before)
        self.assertEqual(self.undo(), {"updated": 30}, self.run_text)
        self.assertEqual(self.snapshot(), before)
        self.assertEqual({r["_outcome"] for r in self.undone}, {"restored"})
        self.assertEqual(self.undo("--force"), {"unchanged": 30}, self.run_text)
        self.assertEqual(self.writes(), 0)
        self.assertIn("30 as before the run already", self.run_text)

    def test_updated_and_edited(self):
        """One field of the run's edited: all of the record stays. Another field: the run's
        come back and the edit stays. Put back by hand: nothing is to be done."""
        ids = [self.make(emailAddress=f"u{i}@u.example", lastName=f"U{i}", title="old",
                         status="Dead") for i in range(4)]
        self.load(people(4), self.map)
        self.put(ids[0], title="by hand")
        self.put(ids[1], description="by hand")
        self.put(ids[2], title="old", status="Dead")
        self.put(ids[3], title="old")
        counts = self.undo(expect=1)
        self.assertEqual(counts, {"updated": 2, "skipped": 1, "unchanged": 1},
                         self.run_text)
        after = [self.get(id) for id in ids]
        self.assertEqual([(r["title"], r["status"]) for r in after],
                         [("by hand", "New"), ("old", "Dead"), ("old", "Dead"),
                          ("old", "Dead")])
        self.assertEqual(after[1]["description"], "by hand")
        self.assertEqual([(r["_line"], r["_field"]) for r in self.left], [("2", "title")])

    def test_version(self):
        """A record that changes between the look and the write is looked at again."""
        ids = [self.make("Account", name=f"A{i}", industry="Banking") for i in range(3)]
        rows = [{"name": f"A{i}", "industry": "Education"} for i in range(3)]
        mapping = self.mapping({"name": {}, "industry": {}}, "Account",
                               operation="update", match=[["name"]])
        before = self.snapshot("Account")
        self.assertEqual(self.load(rows, mapping), {"updated": 3}, self.run_text)
        self.server.fault("status", status=409, reason="modified", method="PUT",
                          entity="Account", count=1,
                          body='{"values":{},"versionNumber":9}')
        self.assertEqual(self.undo(), {"updated": 3}, self.run_text)
        self.assertEqual(self.requests["PUT Account"], 4)
        self.assertEqual(self.snapshot("Account"), before)
        self.assertEqual(len(ids), 3)

    def test_several_rows_of_a_record(self):
        """In the reverse order, to what was there before the first of them; -n knows."""
        old = self.make(emailAddress="a@u.example", lastName="A", title="t0")
        before = self.snapshot()
        rows = []
        for i in range(1, 4):
            for who in "ab":
                rows.append({"emailAddress": f"{who}@u.example", "lastName": who.upper(),
                             "title": f"t{i}", "status": "New" if i < 3 else "Dead"})
        mapping = self.mapping(COLUMNS, operation="upsert", match=[EMAIL],
                               onRepeat="inOrder")
        counts = self.load(rows, mapping)
        self.assertEqual(counts, {"created": 1, "updated": 5}, self.run_text)
        self.assertEqual(self.undo("-n"), {"deleted": 1, "updated": 5}, self.run_text)
        self.assertEqual(self.writes(), 0)
        self.assertEqual(self.undo(), {"deleted": 1, "updated": 5}, self.run_text)
        self.assertEqual(self.snapshot(), before)
        self.assertEqual(self.get(old)["title"], "t0")
        # one of the changes of a new record edited: it stays, and what was before it
        self.server.reset()
        self.load(rows, mapping)
        b = self.by_email()["b@u.example"]
        self.put(b, title="by hand")
        self.assertEqual(self.undo("-n", expect=1), {"deleted": 1, "updated": 2,
                                                     "skipped": 3}, self.run_text)
        self.assertEqual(self.undo(expect=1), {"deleted": 1, "updated": 2, "skipped": 3},
                         self.run_text)
        self.assertEqual(self.get(b)["title"], "by hand")

    def test_deleted(self):
        """Only an administrator brings them back; that is said beforehand."""
        ids = [self.make(emailAddress=f"u{i}@u.example", lastName=f"U{i}", title="old")
               for i in range(5)]
        before = self.snapshot()
        mapping = self.mapping({"emailAddress": {}}, operation="delete", match=[EMAIL])
        rows = [{"emailAddress": f"u{i}@u.example"} for i in range(5)]
        self.assertEqual(self.load(rows, mapping), {"deleted": 5}, self.run_text)
        self.assertEqual(self.server.stored(), 0)
        self.assertEqual(self.undo(expect=1), {"skipped": 5}, self.run_text)
        self.assertIn("5 records that the run deleted cannot be restored by this user",
                      self.run_text)
        self.assertEqual({r["_code"] for r in self.left}, {"FORBIDDEN"})
        self.assertEqual(self.writes(), 0)
        self.write("password", "e2e-password\n").chmod(0o600)
        self.assertEqual(self.undo("--force", *ADMIN, key=None), {"created": 5},
                         self.run_text)
        self.assertEqual({r["_outcome"] for r in self.undone}, {"restored"})
        self.assertEqual(self.snapshot(), before)
        self.assertEqual(self.undo("--force", *ADMIN, key=None), {"unchanged": 5},
                         self.run_text)
        self.assertEqual(len(ids), 5)

    def test_deleted_in_doubt(self):
        """The server failed at it, or its answer never came: it was deleted all the
        same, and comes back."""
        for i in range(2):
            self.make(lastName=f"D{i}", emailAddress=f"u{i}@u.example")
        before = self.snapshot()
        mapping = self.mapping({"emailAddress": {}}, operation="delete", match=[EMAIL])
        rows = [{"emailAddress": f"u{i}@u.example"} for i in range(2)]
        self.write("password", "e2e-password\n").chmod(0o600)
        self.server.fault("commit-then-status", status=500, method="DELETE", count=1)
        self.assertEqual(self.load(rows, mapping, "--retries", "0", "-j", "1", expect=1),
                         {"deleted": 2}, self.run_text)
        self.assertEqual(self.undo(*ADMIN, key=None), {"created": 2}, self.run_text)
        self.assertEqual(self.snapshot(), before)
        self.server.fault("commit-then-hang", delayMs=60000, method="DELETE", count=1)
        process = self.begin(rows, mapping, "-j", "1")
        harness.wait_until("a deletion", lambda: self.server.stored() == 1)
        process.kill()
        self.finish(process)
        self.server.clear_faults()
        run = self.espoload("resume", self.checkpoint(), "--settle", "0.1",
                            server=self.server)
        self.assertEqual(run.counts()["deleted"], 2, run)
        self.assertEqual(self.undo(*ADMIN, key=None), {"created": 2}, self.run_text)
        self.assertEqual(self.snapshot(), before)

    def test_addresses_and_sets(self):
        """Several addresses with their marks; ids that joined a set."""
        teams = ["5e0000000000007e1", "5e0000000000007e2"]
        p = self.make(lastName="P", emailAddressData=[
            {"emailAddress": "p1@u.example", "primary": True, "optOut": False,
             "invalid": True},
            {"emailAddress": "p2@u.example", "primary": False, "optOut": True,
             "invalid": False}], teamsIds=teams[:1])
        q = self.make(lastName="Q", emailAddress="q1@u.example",
                      emailAddressIsOptedOut=True)
        before = self.snapshot()
        rows = [{"lastName": "P", "mail": "p3@u.example", "more": "p4@u.example",
                 "teams": "Support"},
                {"lastName": "Q", "mail": "q2@u.example", "more": "", "teams": "Sales"}]
        columns = {"lastName": {}, ("mail", "emailAddress"): {},
                   ("more", "emailAddressData"): {},
                   ("teams", "teamsIds"): {"lookup": {}, "linkMultiple": "add"}}
        counts = self.load(rows, self.mapping(columns, operation="update",
                                              match=[["lastName"]]))
        self.assertEqual(counts, {"updated": 2}, self.run_text)
        self.assertEqual(sorted(self.get(p)["teamsIds"]), teams)
        self.assertEqual(self.undo(), {"updated": 2}, self.run_text)
        self.assertEqual(self.snapshot(), before)
        # a plain address: its mark comes back with it, and does not stay on the new one
        columns = {"lastName": {}, ("mail", "emailAddress"): {}}
        mapping = self.mapping(columns, operation="update", match=[["lastName"]])
        self.assertEqual(self.load(rows[1:], mapping), {"updated": 1}, self.run_text)
        self.assertFalse(self.get(q)["emailAddressIsOptedOut"])
        self.assertEqual(self.undo(), {"updated": 1}, self.run_text)
        self.assertEqual(self.snapshot(), before)

    def test_marks_since(self):
        """Whoever has opted out meanwhile, with an address that a record gets back, stays
        so; also where it is a further address of another record."""
        ids = [self.make(lastName=f"M{i}", emailAddress=f"m{i}@u.example",
                         phoneNumber=f"+4930{5550000 + i}") for i in range(3)]
        before = self.snapshot()
        rows = [{"lastName": f"M{i}", "emailAddress": f"n{i}@u.example",
                 "phoneNumber": f"+4930{6660000 + i}"} for i in range(3)]
        columns = {"lastName": {}, "emailAddress": {}, "phoneNumber": {}}
        mapping = self.mapping(columns, operation="update", match=[["lastName"]])
        self.assertEqual(self.load(rows, mapping), {"updated": 3}, self.run_text)
        contact = self.make("Contact", lastName="C", emailAddress="m0@u.example",
                            emailAddressIsOptedOut=True)
        account = self.make("Account", name="A", emailAddressData=[
            {"emailAddress": "other@u.example", "primary": True, "optOut": False,
             "invalid": False},
            {"emailAddress": "m1@u.example", "primary": False, "optOut": True,
             "invalid": True}])
        self.assertEqual(self.undo(), {"updated": 3}, self.run_text)
        records = [self.get(id) for id in ids]
        self.assertEqual([(r["emailAddress"], r["emailAddressIsOptedOut"],
                           r["emailAddressIsInvalid"]) for r in records],
                         [("m0@u.example", True, False), ("m1@u.example", True, True),
                          ("m2@u.example", False, False)])
        self.assertTrue(self.get(contact, "Contact")["emailAddressIsOptedOut"])
        self.assertTrue(self.get(account, "Account")["emailAddressData"][1]["optOut"])
        self.assertEqual(self.snapshot()[ids[2]], before[ids[2]])

    def test_not_stored(self):
        """What EspoCRM did not store was not edited by anybody."""
        self.server.fault("drop", attribute="title", method="POST", entity="Lead")
        self.load(people(5), self.map, expect=1)
        self.server.clear_faults()
        self.assertEqual(self.undo(), {"deleted": 5}, self.run_text)

    def test_not_stored_and_edited(self):
        """A field that did not take the run's value, and that somebody has edited since:
        that is an edit as any other."""
        ids = [self.make(emailAddress=f"u{i}@u.example", lastName=f"U{i}", title="old",
                         status="Dead") for i in range(2)]
        self.server.fault("drop", attribute="title", method="PUT", entity="Lead")
        self.load(people(2), self.map, expect=1)
        self.server.clear_faults()
        self.next_second()
        self.put(ids[0], title="by hand")
        self.assertEqual(self.undo(expect=1), {"updated": 1, "skipped": 1}, self.run_text)
        after = [self.get(id) for id in ids]
        self.assertEqual([(r["title"], r["status"]) for r in after],
                         [("by hand", "New"), ("old", "Dead")])
        self.assertEqual([(r["_code"], r["_field"]) for r in self.left],
                         [("EDITED_SINCE", "title")])

    def test_refused(self):
        """A record that EspoCRM does not let go."""
        self.load(people(5), self.map)
        self.server.fault("status", status=403, reason="No delete access.",
                          method="DELETE", entity="Lead", count=1)
        self.assertEqual(self.undo(expect=1), {"deleted": 4, "failed": 1}, self.run_text)
        self.assertEqual([r["_outcome"] for r in self.left], ["failed"])
        self.assertEqual([r["_code"] for r in self.left], ["FORBIDDEN"])


class Links(Undo):
    def load_leads(self, names, *options, **more):
        rows = [{"lastName": f"L{i}", "company": name} for i, name in enumerate(names)]
        columns = {"lastName": {}, ("company", "accountId"): {
            "lookup": {"by": ["name"], "onNone": "create"}}}
        mapping = self.mapping(columns, entityType="Contact")
        return self.load(rows, mapping, *options, **more)

    def account(self, name):
        return [r["id"] for r in self.server.rows("Account") if r["name"] == name][0]

    def test_made(self):
        self.make("Account", name="There")
        before = self.snapshot("Contact", "Account")
        self.assertEqual(self.load_leads(["Acme", "There", "ACME ", "Bee"]),
                         {"created": 4}, self.run_text)
        self.assertEqual(self.server.stored("Account"), 3)
        self.assertEqual(self.undo("-n"), {"deleted": 6}, self.run_text)
        self.assertEqual(self.undo(), {"deleted": 6}, self.run_text)
        self.assertIn("4 created records deleted, 2 records of links deleted",
                      self.run_text)
        self.assertEqual(self.snapshot("Contact", "Account"), before)
        self.assertEqual([(r["_entityType"], r["_action"], r["_line"])
                          for r in self.undone[-2:]], [("Account", "linked", "")] * 2)
        self.assertEqual(self.undo("--force"), {"unchanged": 6}, self.run_text)

    def test_lost(self):
        """The answers about some never came: they are found by name, maker and time; one
        that was there before, or that was never made, is left alone."""
        self.make("Account", name="There")
        self.next_second()
        before = self.snapshot("Contact", "Account")
        self.server.fault("commit-then-close", method="POST", entity="Account", count=2)
        self.server.fault("status", status=403, reason="No.", method="POST",
                          entity="Account", contains="Refused")
        counts = self.load_leads(["Acme", "Bee", "Cee", "Refused", "There"],
                                 "--settle", "0.3", "--retries", "0", expect=1)
        self.assertEqual(counts, {"created": 4, "failed": 1}, self.run_text)
        self.assertEqual(self.server.stored("Account"), 4)
        counts = self.undo()
        self.assertEqual(counts, {"deleted": 7, "unchanged": 1}, self.run_text)
        self.assertEqual(self.snapshot("Contact", "Account"), before)

    def test_kept(self):
        """Edited since, renamed, still referred to by a record of the run that stays, or
        by one of somebody else's."""
        self.load_leads(["Edited", "Renamed", "Used", "Others", "Free"])
        self.next_second()
        contacts = {r["lastName"]: r["id"] for r in self.server.rows("Contact")}
        self.put(self.account("Edited"), "Account", website="http://a.example")
        self.make("Contact", lastName="X", accountId=self.account("Others"))
        self.put(contacts["L2"], "Contact", title="by hand")
        self.put(self.account("Renamed"), "Account", name="New name")
        dry = self.undo("-n", expect=1)
        self.assertEqual(self.undo(expect=1), {"deleted": 5, "skipped": 5}, self.run_text)
        self.assertEqual(dry, {"deleted": 5, "skipped": 5})
        self.assertEqual(sorted(r["name"] for r in self.server.rows("Account")),
                         ["Edited", "New name", "Others", "Used"])
        codes = sorted((r["_entityType"], r["_code"]) for r in self.left)
        self.assertEqual(codes, [("Account", "EDITED_SINCE")] * 2
                         + [("Account", "STILL_USED")] * 2 + [("Contact", "EDITED_SINCE")])
        self.assertIn(f"Contact {contacts['L2']} refers to Account 'Used'", self.run_text)


class Bulk(Undo):
    engine = "bulk"

    def test_created_and_updated(self):
        for i in range(0, 300, 3):
            self.make(emailAddress=f"u{i}@u.example", lastName=f"U{i}", title="old")
        before = self.snapshot()
        counts = self.load(people(300), self.map)
        self.assertEqual(counts, {"created": 200, "updated": 100}, self.run_text)
        self.assertIn("by bulk 300 rows", self.run_text)
        edited = self.by_email()["u1@u.example"]
        self.next_second()
        self.put(edited, description="by hand")
        counts = self.undo(expect=1)
        self.assertEqual(counts, {"deleted": 199, "updated": 100, "skipped": 1},
                         self.run_text)
        after = self.snapshot()
        self.assertEqual(after.pop(edited)["description"], "by hand")
        self.assertEqual(after, before)


class Call(Undo):
    """What is asked, shown and returned."""

    def test_dry_run(self):
        self.load(people(30), self.map)
        before, files = self.snapshot(), sorted(os.listdir(self.folder))
        stored = (self.folder / self.checkpoint()).read_bytes()
        self.put(self.by_email()["u5@u.example"], title="x")
        before = self.snapshot()
        self.assertEqual(self.undo("-n", yes=False, expect=1),
                         {"deleted": 29, "skipped": 1}, self.run_text)
        self.assertEqual(self.writes(), 0, self.requests)
        self.assertEqual(self.snapshot(), before)
        self.assertEqual(sorted(os.listdir(self.folder)), files)
        self.assertIn("would be taken back: 29 created records deleted", self.run_text)
        self.assertIn("line 7: EDITED_SINCE", self.run_text)
        self.assertIn("Nothing was sent", self.run_text)
        self.assertEqual((self.folder / self.checkpoint()).read_bytes()[:100],
                         stored[:100])
        self.espoload("resume", self.checkpoint(), server=self.server)  # not taken back

    def test_question(self):
        """Without a terminal and without --yes nothing is done."""
        self.load(people(3), self.map)
        self.undo(yes=False, expect=2)
        self.assertIn("no terminal to ask: delete 3 created records", self.run_text)
        self.assertEqual(self.writes(), 0)
        self.assertFalse((self.folder / f"{self.name}.csv.undo.checkpoint").exists())
        for word, code, left in (("n", 2, 3), ("y", 0, 0)):
            ended, shown = self.on_terminal("undo", self.checkpoint(), "--no-progress",
                                            prompt="[y/N]", answer=word)
            self.assertEqual(ended, code, shown)
            self.assertIn("Go on: delete 3 created records", shown)
            self.assertEqual(self.server.stored(), left)

    def test_json(self):
        self.load(people(4), self.map)
        self.next_second()
        self.put(self.by_email()["u0@u.example"], title="x")
        run = self.espoload("undo", self.checkpoint(), "-y", "--json", server=self.server,
                            expect=1)
        events = run.events()
        self.assertEqual([(e["code"], e["field"], e["line"]) for e in events
                          if e["type"] == "error"], [("EDITED_SINCE", "title", 2)])
        self.assertEqual(events[-1]["undo"], {
            "deleted": 3, "restored": 0, "undeleted": 0, "linksDeleted": 0, "kept": 1,
            "gone": 0, "asBefore": 0})
        self.assertFalse(events[-1]["dryRun"])
        run = self.espoload("status", f"{self.name}.csv.undo.checkpoint", "--json",
                            key=None)
        last = run.events()[-1]
        self.assertEqual((last["kind"], last["deleted"], last["skipped"]), ("undo", 3, 1))
        for name in ("results", "errors"):
            path = self.folder / f"{self.name}.undo.{name}.csv"
            text = path.read_bytes()
            path.unlink()
            self.espoload("status", f"{self.name}.csv.undo.checkpoint", f"--{name}",
                          key=None)
            self.assertEqual(path.read_bytes(), text)

    def test_usage(self):
        self.load(people(3), self.map)
        run = self.espoload("undo", "nothing.checkpoint", server=self.server, expect=6)
        self.assertIn("there is no checkpoint", run.err)
        run = self.espoload("undo", self.checkpoint(), "--url", "http://127.0.0.1:1", "-y",
                            expect=2)
        self.assertIn("this run belongs to", run.err)
        (self.folder / f"{self.name}.csv").unlink()  # is not needed
        self.assertEqual(self.undo(), {"deleted": 3}, self.run_text)
        run = self.espoload("undo", f"{self.name}.csv.undo.checkpoint", "-y",
                            server=self.server, expect=2)
        self.assertIn("is the checkpoint of an undo itself", run.err)
        (self.folder / self.checkpoint()).unlink()
        self.resume(expect=6)

    def test_export(self):
        """Changes nothing, so there is nothing to be taken back."""
        for i in range(20):
            self.make("Account", name=f"E{i}")
        self.server.fault("status", status=401, method="GET", path="/contacts", after=5)
        self.espoload("export", "Account", "--link", "contacts", "-o", "x.csv",
                      server=self.server, expect=4)
        run = self.espoload("undo", "x.csv.checkpoint", "-y", server=self.server, expect=2)
        self.assertIn("is the checkpoint of an export", run.err)

    def test_reconciliation(self):
        """Likewise, where one was broken off."""
        self.write("x.csv", "name\nE1\n")
        self.server.fault("status", status=401, method="GET", entity="Account", after=2)
        self.espoload("reconcile", "x.csv", "-m", "Account: *=*", "--key", "name",
                      "--strategy", "sweep", server=self.server, expect=4)
        run = self.espoload("undo", "x.csv.reconcile.checkpoint", "-y",
                            server=self.server, expect=2)
        self.assertIn("is the checkpoint of a reconciliation", run.err)

    def test_key_and_rights(self):
        self.load(people(3), self.map)
        self.undo(expect=4, key="wrong")
        self.assertFalse((self.folder / f"{self.name}.csv.undo.checkpoint").exists())
        self.assertEqual(self.server.stored(), 3)

    def test_unreachable(self):
        self.load(people(3), self.map)
        self.server.kill()
        run = self.espoload("undo", self.checkpoint(), "-y", "--retries", "0",
                            server=self.server, expect=5)
        self.assertIn("cannot be reached", run.err)

    def test_running(self):
        """A run that is going on is not taken back."""
        self.server.set(delayMs=20)
        process = self.begin(people(400), self.map, "-j", "2")
        harness.wait_until("rows", lambda: self.server.stored() > 5)
        self.undo(expect=8)
        process.send(signal.SIGINT)
        self.end(process, 130)
        self.server.set(delayMs=0)
        stored = self.server.stored()
        self.assertEqual(self.undo(), {"deleted": stored}, self.run_text)
        self.assertEqual(self.server.stored(), 0)

    def test_max_errors(self):
        self.load(people(60), self.map)
        self.server.fault("status", status=403, reason="No delete access.",
                          method="DELETE", entity="Lead")
        self.undo("--max-errors", "3", expect=3)
        self.server.clear_faults()
        counts = self.resume(expect=1)
        self.assertEqual(sum(counts.values()), 60)
        self.assertGreater(counts["deleted"], 40)


class Faults(Undo):
    stored = True
    settle = ("--settle", "0.3")

    def mixed(self, count):
        """Half of them there before."""
        rows = people(count)
        for row in rows[::2]:
            self.make(**{**row, "title": "old", "status": "Dead"})
        self.before_all = self.snapshot()
        counts = self.load(rows, self.map)
        self.assertEqual(counts, {"created": count // 2, "updated": count - count // 2},
                         self.run_text)
        return rows

    def assertUndone(self, count):
        self.assertEqual(self.snapshot(), self.before_all)
        self.assertEqual(len(self.undone), count)
        self.assertEqual(len({r["_line"] for r in self.undone}), count)

    def test_interrupted(self):
        self.mixed(300)
        self.server.set(delayMs=10)
        process = self.start("undo", self.checkpoint(), "-y", server=self.via)
        harness.wait_until("deletions", lambda: self.server.stored() < 290)
        process.send(signal.SIGINT)
        run = self.finish(process, 130)
        self.assertIn(f"espoload resume {self.name}.csv.undo.checkpoint", run.err)
        self.server.set(delayMs=0)
        self.assertEqual(self.resume(), {"deleted": 150, "updated": 150}, self.run_text)
        self.assertUndone(300)

    def test_moved(self):
        """The site has another address now, which the undo keeps for its own resume."""
        self.mixed(200)
        moved = harness.Proxy(self, self.server).url
        self.rename_server("http://127.0.0.1:1")
        run = self.espoload("undo", self.checkpoint(), "-y", "--moved", expect=2)
        self.assertIn("it was http://127.0.0.1:1", run.err)
        run = self.espoload("undo", self.checkpoint(), "-y", "--url", moved, expect=2)
        self.assertIn("add --moved", run.err)
        self.server.set(delayMs=10)
        process = self.start("undo", self.checkpoint(), "-y", "--moved", "--url", moved)
        harness.wait_until("deletions", lambda: self.server.stored() < 190)
        process.send(signal.SIGINT)
        self.finish(process, 130)
        self.server.set(delayMs=0)
        self.assertEqual(self.resume(), {"deleted": 100, "updated": 100}, self.run_text)
        self.assertUndone(200)

    def test_swallowed(self):
        """The server does the work, and its answer never arrives."""
        self.mixed(400)
        self.via = harness.Proxy(self, self.server, "swallow,method=DELETE,every=10",
                                 "cut,method=PUT,every=11",
                                 "reset,method=DELETE,every=13,at=before",
                                 "answer,status=502,forward=yes,method=PUT,every=17")
        # the checkpoint knows the server by another address
        self.rename_server(self.via.url)
        self.assertEqual(self.undo(), {"deleted": 200, "updated": 200}, self.run_text)
        self.assertGreater(self.via.stop()["faults"]["total"], 30)
        self.assertUndone(400)

    def test_everything_at_random(self):
        """One request in eight is befallen by something, look-ups too."""
        self.say(f"seed {self.seed}")
        count = harness.Setup.scaled(1500, 400)
        self.mixed(count)
        self.via = harness.Proxy(
            self, self.server, "swallow,method=DELETE,probability=0.03",
            "reset,at=before,probability=0.02,between=20-9999999",
            "cut,probability=0.03,between=20-9999999",
            "answer,status=500,forward=yes,method=PUT,probability=0.02",
            "answer,status=504,forward=yes,method=DELETE,probability=0.02",
            "answer,status=502,probability=0.02,between=20-9999999")
        self.rename_server(self.via.url)
        counts = self.undo("--retries", "6")
        self.assertEqual(counts, {"deleted": count // 2, "updated": count - count // 2},
                         self.run_text)
        self.say(f"{self.via.stop()['faults']['total']} faults")
        self.assertUndone(count)

    def rename_server(self, url):
        db = sqlite3.connect(self.folder / self.checkpoint())
        db.execute("UPDATE run SET value = ? WHERE key = 'url'", (url,))
        db.commit()
        db.close()

    def test_killed(self):
        """Again and again, at random instants: in the end all is as it was."""
        self.say(f"seed {self.seed}")
        count, kills = harness.Setup.scaled((3000, 40), (600, 12))
        self.mixed(count)
        self.server.set(delayMs=4)
        command, hits = ["undo", self.checkpoint(), "-y"], 0
        startup = self.espoload("ping", server=self.via, expect=(0, 1)).seconds
        for _ in range(kills):
            process = self.start(*command, server=self.via)
            time.sleep(self.random.uniform(0, 2.4 * count * 0.0011 / kills + startup))
            hits += process.running()
            process.kill()
            run = self.finish(process)
            self.assertIn(run.code, (-9, 0, 6), run)
            command = ["resume", f"{self.name}.csv.undo.checkpoint"]
            if run.code == 6:
                self.assertRegex(run.err, "never began|is not a checkpoint", run)
            if run.code == 6 or not (self.folder / command[1]).exists():
                command = ["undo", self.checkpoint(), "-y", "--force"]
        self.server.set(delayMs=0)
        self.say(f"{hits} of {kills} kills met a living process, "
                 f"{self.server.stored()} records were left by then")
        self.assertGreater(hits, kills // 3)
        run = self.espoload(*command, server=self.via, expect=(0, 6))
        if run.code == 6:  # the last kill came before it had begun
            self.assertRegex(run.err, "never began|is not a checkpoint", run)
            run = self.espoload("undo", self.checkpoint(), "-y", "--force",
                                server=self.via, expect=0)
        self.assertEqual(self.read_undo(run), {
            "deleted": count // 2, "updated": count - count // 2}, self.run_text)
        self.assertUndone(count)

    def test_import_killed(self):
        """The run was killed in the middle: what is in doubt is looked up first."""
        for engine in ("rest", "bulk"):
            with self.subTest(engine):
                self.engine = engine
                self.server.reset()
                rows = people(400)
                for row in rows[::2]:
                    self.make(**{**row, "title": "old"})
                before = self.snapshot()
                self.server.set(delayMs=15)
                process = self.begin(rows, self.map, "-j", "4")
                harness.wait_until("rows", lambda: self.server.stored() > 230)
                process.kill()
                self.finish(process)
                self.server.set(delayMs=0)
                time.sleep(0.3)
                counts = self.undo(*self.settle, expect=(0, 1))
                self.assertIsNotNone(counts, self.run_text)
                self.assertEqual(counts.get("skipped", 0), 0, self.run_text)
                self.assertEqual(self.snapshot(), before, self.run_text)

    def test_disk_full(self):
        """Nothing more is sent, and resume goes on."""
        self.mixed(3000)
        self.undo(expect=7, prepare=harness.limit_file_size(450 << 10))
        self.assertRegex(self.run_text, r"disk|room|large|full")
        there = self.server.stored()
        time.sleep(0.2)
        self.assertEqual(self.server.stored(), there)
        checkpoint = self.folder / f"{self.name}.csv.undo.checkpoint"
        if checkpoint.exists():
            counts = self.resume()
        else:
            counts = self.undo()
        self.assertEqual(counts, {"deleted": 1500, "updated": 1500}, self.run_text)
        self.assertUndone(3000)


if __name__ == "__main__":
    harness.main()

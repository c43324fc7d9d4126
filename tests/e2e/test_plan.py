"""test_plan.py - a plan that check has written, and an import that does just that."""
import csv
import json
import time

import harness
import planned

EMAIL = ["emailAddress"]
COLUMNS = {"emailAddress": {}, "lastName": {}, "title": {}}


class Plan(planned.Planned):
    def setUp(self):
        super().setUp()
        self.map = self.mapping(COLUMNS, operation="upsert", match=[EMAIL])

    def row(self, name, title):
        return {"emailAddress": f"{name}@p.example", "lastName": name.title(),
                "title": title}

    def there(self, name, title):
        return self.make(**self.row(name, title))

    def check(self, rows, mapping=None, *options, expect=0, csv_name="p.csv"):
        """Writes plan.csv; self.plan is its lines, self.scope the line of the whole."""
        self.write_csv(csv_name, rows)
        self.write("p.json", json.dumps(mapping or self.map))
        before = self.server.counts()
        run = self.espoload("check", csv_name, "-m", "p.json", "--plan", "plan.csv",
                            "--force", *options, server=self.server, expect=expect)
        self.requests = self.since(before)
        self.assertEqual(self.writes(), 0)
        self.read_plan()
        return run

    def read_plan(self):
        lines = self.read_csv("plan.csv")
        self.scope = json.loads(lines[0]["_changes"])
        self.assertEqual((lines[0]["_line"], lines[0]["_action"]), ("0", "plan"))
        self.plan = lines[1:]

    def changes(self, at):
        return json.loads(self.plan[at]["_changes"] or "{}")

    def carry_out(self, *options, expect=0, csv_name="p.csv", mapping="p.json"):
        self.before = self.server.counts()
        self.name = csv_name.removesuffix(".csv")
        return self.start("import", csv_name, "-m", mapping, "--plan", "plan.csv",
                          "--force", "-y", *options, server=self.server)

    def carry(self, *options, **more):
        expect = more.pop("expect", 0)
        return self.end(self.carry_out(*options, **more), expect)

    def refused(self, *words, **more):
        run = self.finish(self.carry_out(**more), 2)
        for word in words:
            self.assertIn(word, run.err, run)
        self.requests = self.since(self.before)
        self.assertEqual(self.writes(), 0)
        self.assertFalse((self.folder / f"{self.name}.csv.checkpoint").exists())

    def messages(self):
        return {int(r["_line"]): r["_message"] for r in self.results}


class Written(Plan):
    def test_lines(self):
        """Every row has one, and the import does what they say."""
        same = self.there("same", "t")
        other = self.there("other", "Engineer")
        for _ in range(2):
            self.there("two", "t")
        rows = [self.row("same", "t"), self.row("other", 'Dire"ctor, Ünit\n2'),
                self.row("two", "x"), self.row("new", "y"),
                {**self.row("bad", "z"), "emailAddress": "no address"}]
        run = self.check(rows, expect=1)
        self.assertIn("plan.csv  (the plan: import --plan carries it out)", run.err)
        self.assertEqual(
            [(p["_line"], p["_action"], p["_id"], p["_matchedBy"], p["_code"],
              p["_fields"]) for p in self.plan],
            [("2", "unchanged", same, "emailAddress", "", ""),
             ("3", "update", other, "emailAddress", "", "title"),
             ("5", "fail", "", "", "MATCH_MANY", ""),
             ("6", "create", "", "", "", "emailAddress, lastName, title"),
             ("7", "fail", "", "", "EMAIL_INVALID", "")])
        self.assertEqual(self.changes(1), {"title": ["Engineer", 'Dire"ctor, Ünit\n2']})
        self.assertIn("Ünit", self.plan[1]["_changes"])
        self.assertEqual(self.changes(3), {"emailAddress": [None, "new@p.example"],
                                           "lastName": [None, "New"],
                                           "title": [None, "y"]})
        self.assertEqual((self.scope["url"], self.scope["entityType"],
                          self.scope["input"], self.scope["mapping"]),
                         (self.server.url, "Lead", "p.csv", "p.json"))
        counts = self.carry(expect=1)
        self.assertEqual(counts, {"unchanged": 1, "updated": 1, "failed": 2, "created": 1},
                         self.run_text)
        self.assertEqual(self.codes(), ["MATCH_MANY", "EMAIL_INVALID"])
        self.assertEqual(self.get(other)["title"], 'Dire"ctor, Ünit\n2')

    def test_not_written_over(self):
        self.check([self.row("a", "b")])
        before = (self.folder / "plan.csv").read_bytes()
        self.espoload("check", "p.csv", "-m", "p.json", "--plan", "plan.csv",
                      server=self.server, expect=2)
        self.assertEqual((self.folder / "plan.csv").read_bytes(), before)
        # nor by a check that did not come to its end
        self.server.fault("status", status=401, method="GET", entity="Lead")
        self.espoload("check", "p.csv", "-m", "p.json", "--plan", "new.csv",
                      server=self.server, expect=4)
        self.assertFalse((self.folder / "new.csv").exists())

    def test_without_match(self):
        """The CRM is not asked: what its own check calls a duplicate is not in the plan."""
        rows = [self.row("one", "a"), self.row("two", "b"), self.row("three", "c")]
        mapping = self.mapping(COLUMNS, onDuplicate="update")
        self.check(rows, mapping)
        self.assertEqual([p["_action"] for p in self.plan], ["create"] * 3)
        id = self.there("two", "theirs")
        counts = self.carry(expect=1)
        self.assertEqual(counts, {"created": 2, "failed": 1}, self.run_text)
        self.assertEqual(self.codes(), ["PLAN_CHANGED"])
        self.assertIn(f"the plan says create; now it would be update of {id} title from "
                      "'theirs' to 'b'", self.errors[0]["_message"])
        self.assertEqual(self.get(id)["title"], "theirs")

    def test_delete(self):
        """A record that was changed since is not deleted."""
        ids = [self.there(name, "t") for name in ("a", "b", "c")]
        mapping = self.mapping({"emailAddress": {}}, operation="delete", match=[EMAIL])
        rows = [{"emailAddress": f"{name}@p.example"} for name in "abcd"]
        self.check(rows, mapping, expect=1)
        self.assertEqual([p["_action"] for p in self.plan], ["delete"] * 3 + ["fail"])
        self.assertEqual(self.changes(0)["name"], ["A", None])
        time.sleep(1.1)  # modifiedAt has seconds
        self.server.api("PUT", f"Lead/{ids[1]}", {"title": "kept"})
        counts = self.carry(expect=1)
        self.assertEqual(counts, {"deleted": 2, "failed": 2}, self.run_text)
        self.assertEqual(self.codes(), ["PLAN_CHANGED", "MATCH_NONE"])
        self.assertEqual([self.get(i) is None for i in ids], [True, False, True])


class Changed(Plan):
    def test_each_way(self):
        """Whatever differs is named, and nothing of the row is sent."""
        names = ("old", "set", "gone", "still", "more", "fine")
        ids = {name: self.there(name, "A") for name in names}
        rows = [self.row(name, "A" if name == "still" else "B") for name in names]
        rows += [self.row("appears", "B"), self.row("new", "B")]
        self.check(rows)
        self.assertEqual([p["_action"] for p in self.plan],
                         ["update"] * 3 + ["unchanged"] + ["update"] * 2 + ["create"] * 2)
        self.server.api("PUT", f"Lead/{ids['old']}", {"title": "C"})
        self.server.api("PUT", f"Lead/{ids['set']}", {"title": "B"})
        self.server.api("DELETE", f"Lead/{ids['gone']}")
        self.server.api("PUT", f"Lead/{ids['still']}", {"title": "D"})
        self.server.api("PUT", f"Lead/{ids['more']}", {"lastName": "Else"})
        appeared = self.there("appears", "Z")
        counts = self.carry(expect=1)
        self.assertEqual(counts, {"failed": 6, "updated": 1, "created": 1}, self.run_text)
        self.assertEqual(self.writes(), 2)
        self.assertEqual(self.codes(), ["PLAN_CHANGED"] * 6)
        words = [e["_message"] for e in self.errors]
        self.assertEqual(words[0], f"the plan says update of {ids['old']} title from 'A' "
                                   "to 'B'; the record holds 'C' now")
        self.assertIn("title from 'A' to 'B'; now it would be unchanged of", words[1])
        self.assertIn("now it would be create", words[2])
        self.assertIn(f"the plan says unchanged of {ids['still']}; now it would be update "
                      f"of {ids['still']} title from 'D' to 'A'", words[3])
        self.assertIn("leaves lastName alone; now the row would change lastName from "
                      "'Else' to 'More'", words[4])
        self.assertIn(f"the plan says create; now it would be update of {appeared}",
                      words[5])
        self.assertEqual(self.get(ids["old"])["title"], "C")
        self.assertEqual(self.get(ids["fine"])["title"], "B")

    def test_fails_now(self):
        """The row's own reason stands behind it; and a row that would be fine now is not
        sent either."""
        self.map["operation"] = "update"
        id = self.there("a", "t")
        self.check([self.row("a", "u"), self.row("b", "u")], expect=1)
        self.server.api("DELETE", f"Lead/{id}")
        self.there("b", "t")
        counts = self.carry(expect=1)
        self.assertEqual(counts, {"failed": 2}, self.run_text)
        self.assertEqual(self.codes(), ["PLAN_CHANGED; MATCH_NONE", "PLAN_CHANGED"])
        self.assertIn("now it would be fail with MATCH_NONE", self.errors[0]["_message"])
        self.assertIn("the plan says fail with MATCH_NONE; now it would be update of",
                      self.errors[1]["_message"])
        self.assertEqual(self.writes(), 0)

    def test_links(self):
        """An account is made only where the plan says so."""
        self.map = self.mapping(
            {"name": {}, "stage": {}, "amount": {}, "closeDate": {},
             ("account", "accountId"): {"lookup": {"onNone": "create"}}}, "Opportunity")
        acme = self.make("Account", name="Acme")
        rows = [{"name": f"o{i}", "stage": "Prospecting", "amount": "1",
                 "closeDate": "2030-01-01", "account": account}
                for i, account in enumerate(["Acme", "New one", "new ONE", "Other"])]
        self.check(rows)
        self.assertEqual([self.changes(i)["accountId"] for i in range(4)],
                         [[None, acme], [None, "new:New one"], [None, "new:new ONE"],
                          [None, "new:Other"]])
        self.server.api("DELETE", f"Account/{acme}")
        other = self.make("Account", name="Other")
        counts = self.carry(expect=1)
        self.assertEqual(counts, {"created": 2, "failed": 2}, self.run_text)
        self.assertEqual(sorted(r["name"] for r in self.server.rows("Account")),
                         ["New one", "Other"])
        self.assertEqual(self.codes(), ["PLAN_CHANGED; LOOKUP_NONE", "PLAN_CHANGED"])
        self.assertIn(f"the row would now set '{other}'", self.errors[1]["_message"])

    def test_repeats(self):
        """What an earlier row of the file has done is no change by others."""
        id = self.there("a", "A")
        rows = [self.row("a", "B"), self.row("a", "C"), self.row("n", "1"),
                self.row("n", "2")]
        for word, counts in (("error", {"updated": 1, "created": 1, "failed": 2}),
                             ("first", {"updated": 1, "created": 1, "skipped": 2}),
                             ("last", {"updated": 1, "created": 1, "skipped": 2}),
                             ("inOrder", {"updated": 3, "created": 1})):
            with self.subTest(word):
                self.server.reset()
                id = self.there("a", "A")
                self.map["onRepeat"] = word
                self.check(rows)
                expect = 1 if "failed" in counts else 0
                self.assertEqual(self.carry(expect=expect), counts, self.run_text)
                self.assertEqual(self.get(id)["title"],
                                 "B" if word in ("error", "first") else "C")
                self.assertNotIn("PLAN_CHANGED", self.codes())

    def test_flags(self):
        """Marks of addresses are kept although no plan says so."""
        self.make("Contact", lastName="Out", emailAddressData=[
            {"emailAddress": "out@p.example", "primary": True, "optOut": True}])
        id = self.there("in", "A")
        self.check([self.row("out", "B"), self.row("in", "B")])
        self.assertEqual(self.carry(), {"created": 1, "updated": 1}, self.run_text)
        lead = [r for r in self.server.rows() if r["lastName"] == "Out"][0]
        self.assertTrue(self.get(lead["id"])["emailAddressIsOptedOut"])
        self.assertEqual(self.get(id)["title"], "B")


class Bound(Plan):
    def setUp(self):
        super().setUp()
        self.rows_ = [self.row(f"n{i}", "t") for i in range(5)]
        self.check(self.rows_)

    def test_other_file(self):
        self.write_csv("p.csv", [*self.rows_, self.row("more", "t")])
        self.refused("is of another file", "bytes")
        self.rows_[0]["title"] = "u"
        self.write_csv("p.csv", self.rows_)
        self.refused("is of another file", "SHA-256")

    def test_other_mapping(self):
        self.map["onManyMatches"] = "skip"
        self.write("p.json", json.dumps(self.map))
        self.refused("is of another mapping", "p.json")

    def test_other_server(self):
        second = harness.Server(self)
        mine, self.server = self.server, second
        self.refused("is of another server", mine.url, second.url)

    def test_other_duplicates(self):
        self.check(self.rows_, self.mapping(COLUMNS))
        self.name = "p"
        self.before = self.server.counts()
        run = self.finish(self.carry_out("--on-duplicate", "force"), 2)
        self.assertIn("is of another --on-duplicate: it is of fail, not of force", run.err)

    def test_no_plan(self):
        path = self.folder / "plan.csv"
        text = path.read_text(encoding="utf-8").split("\n")
        path.write_text("\n".join([text[0], *text[2:]]), encoding="utf-8")
        self.refused("does not say what it is a plan of")
        path.write_text("\n".join([*text[:3], *text[2:]]), encoding="utf-8")
        self.refused("says a second time what becomes of line 2")
        path.write_text("\n".join([*text[:3], "x" + text[3], *text[4:]]), encoding="utf-8")
        self.refused("_line is not the number of a line")
        path.write_text("a,b\n1,2\n", encoding="utf-8")
        self.refused("is not a plan of espoload")
        path.unlink()
        self.refused("plan.csv")
        run = self.espoload("import", "p.csv", "-m", "p.json", "-n", "--plan", "x",
                            server=self.server, expect=2)
        self.assertIn("--dry-run", run.err)

    def test_by_hand(self):
        """Sorted, lines deleted or emptied, saved as a spreadsheet would."""
        lines = self.read_csv("plan.csv")
        kept = [lines[5], lines[0], lines[1], lines[3]]
        with open(self.folder / "plan.csv", "w", encoding="utf-8-sig", newline="") as f:
            writer = csv.DictWriter(f, list(reversed(lines[0])), delimiter=";",
                                    lineterminator="\r\n", quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(kept)
            f.write(";" * (len(lines[0]) - 1) + "\r\n")
        counts = self.carry()
        self.assertEqual(counts, {"created": 3, "skipped": 2}, self.run_text)
        self.assertEqual([r["_code"] for r in self.results],
                         ["", "PLAN_OMITTED", "", "PLAN_OMITTED", ""])
        self.assertEqual(sorted(r["lastName"] for r in self.server.rows()),
                         ["N0", "N2", "N4"])


class Resumed(Plan):
    def play(self, mapping, count, *faults):
        ids = {i: self.there(f"r{i}", "A") for i in range(0, count, 2)}
        self.check([self.row(f"r{i}", "B") for i in range(count)], mapping)
        lines = self.read_csv("plan.csv")
        del lines[count - 10:count - 4]  # rows count-11 .. count-6
        self.write_csv("plan.csv", lines)
        for fault in faults:
            self.server.fault(**fault)
        self.end(self.carry_out("-j", "4", "--settle", "0.3"),
                 (0, 1, 3, 4, 5))
        self.server.clear_faults()
        (self.folder / "plan.csv").unlink()
        return ids

    def test_resume(self):
        """As strict without the plan's file."""
        ids = self.play(self.map, 300, {"action": "status", "status": 401,
                                        "method": "PUT", "after": 40})
        self.server.api("PUT", f"Lead/{ids[298]}", {"title": "C"})
        appeared = self.there("r299", "Z")
        run = self.espoload("resume", "p.csv.checkpoint", "--settle", "0.3",
                            server=self.server, expect=1)
        counts = run.counts()
        self.assertEqual((counts["created"], counts["updated"], counts["skipped"],
                          counts["failed"]), (146, 146, 6, 2), run)
        self.read_outputs(run)
        self.assertEqual(self.codes(), ["PLAN_CHANGED"] * 2)
        self.assertEqual(self.get(appeared)["title"], "Z")
        self.assertEqual([r["_code"] for r in self.results[289:295]],
                         ["PLAN_OMITTED"] * 6)

    def test_lost_answers(self):
        """What was stored although its answer was lost is no change by others."""
        lost = {"action": "commit-then-close", "every": 2}
        self.play(self.map, 60, {"method": "PUT", **lost}, {"method": "POST", **lost})
        run = self.espoload("resume", "p.csv.checkpoint", "--settle", "0.3",
                            server=self.server, expect=(0, 1))
        self.read_outputs(run)
        self.assertEqual(self.codes(), [], run)
        counts = run.counts()
        self.assertEqual((counts["created"], counts["updated"], counts["skipped"]),
                         (27, 27, 6), run)
        self.assertEqual(len(self.server.rows()), 57)


if __name__ == "__main__":
    harness.main()

"""test_reconcile_run.py - reconcile --run: what an import has written is read once more."""
import json

import harness
import reconciled


class Verify(reconciled.Reconciled):
    """A row of each kind, then changes by somebody else."""

    def load(self, **changes):
        self.ids = [self.make(lastName=f"Old{i}", emailAddress=f"o{i}@x.example",
                              title="kept") for i in range(3)]
        columns = [{"name": "lastName", "field": "lastName"},
                   {"name": "emailAddress", "field": "emailAddress"},
                   {"name": "title", "field": "title",
                    **({} if "operation" in changes else {"onConflict": "keep"})},
                   {"name": "description", "field": "description"}]
        mapping = {**self.mapping, "columns": columns, **changes}
        self.write("m.json", json.dumps({k: v for k, v in mapping.items() if v}))
        rows = [{"lastName": f"L{i}", "emailAddress": f"n{i}@x.example", "title": "T",
                 "description": f"d{i}"} for i in range(5)]
        rows += [{"lastName": f"Old{i}", "emailAddress": f"O{i}@X.example", "title": "T",
                  "description": f"d{i}"} for i in range(3)]
        rows += [{"lastName": "Bad", "emailAddress": "bad", "title": "", "description": ""}]
        self.write_csv("leads.csv", rows)
        self.espoload("import", "leads.csv", "-m", "m.json", server=self.server, expect=1)
        self.written = {r["_line"]: r["_id"] for r in self.read_csv("leads.results.csv")}

    def verify(self, *options, **more):
        return self.espoload("reconcile", "--run", "leads.csv.checkpoint", "--force",
                             "--json", *options, server=self.server, **more)

    def report(self):
        return json.loads((self.folder / "leads.verify.report.json").read_text())

    def test_confirmed(self):
        self.load()
        run = self.verify()
        self.assertCounts(run, equal=8)
        report = self.report()
        self.assertEqual((report["written"], report["confirmed"]), (8, 8))
        self.assertEqual(len(report["recordsSha256"]), 64)
        self.assertFalse((self.folder / "leads.verify.diff.csv").exists())
        again = self.verify()
        self.assertCounts(again, equal=8)
        self.assertEqual(self.report(), report)

    def test_changed(self):
        """What a workflow has changed, and a record that somebody has deleted."""
        self.load()
        before = self.verify() and self.report()
        self.server.api("PUT", f"Lead/{self.written['3']}", {"description": "by workflow"})
        self.server.api("PUT", f"Lead/{self.written['4']}", {"title": "by workflow"})
        self.server.api("PUT", f"Lead/{self.ids[0]}", {"title": "not ours"})
        self.server.api("PUT", f"Lead/{self.ids[1]}", {"description": "by somebody"})
        self.server.api("DELETE", f"Lead/{self.written['6']}")
        run = self.verify(expect=1)
        self.assertCounts(run, equal=4, different=3, onlyFile=1)
        fields = {e["line"]: e["fields"] for e in self.differences(run, "different")}
        self.assertEqual(fields, {3: [["description", "by workflow", "d1"]],
                                  4: [["title", "by workflow", "T"]],
                                  8: [["description", "by somebody", "d1"]]})
        self.assertEqual([e["line"] for e in self.differences(run, "onlyFile")], [6])
        report = self.report()
        self.assertEqual((report["confirmed"], report["different"], report["gone"]),
                         (4, 3, 1))
        self.assertEqual(report["fields"], {"description": 2, "title": 1})
        self.assertNotEqual(report["recordsSha256"], before["recordsSha256"])
        self.assertFalse((self.folder / "leads.verify.fix.csv").exists())
        text = self.espoload("reconcile", "--run", "leads.csv.checkpoint", "--force",
                             server=self.server, expect=1)
        self.assertIn("8 written by the run = 4 confirmed + 3 different + 1 gone", text.err)

    def test_create(self):
        """A mapping without match."""
        self.load(operation="create", match=None, onDuplicate="force")
        self.assertCounts(self.verify(), equal=8)

    def test_refused(self):
        self.load()
        for options in (("-m", "m.json"), ("--key", "id"), ("leads.csv",)):
            run = self.verify(*options, expect=2)
            self.assertIn("--run", run.err)
        self.write_csv("leads.csv", [{"lastName": "other"}])
        run = self.verify(expect=6)
        self.assertIn("is not the file of this run", run.err)


class Errors(reconciled.Reconciled):
    """What an import has left undone: which of it has been done by hand since."""

    def load(self, **changes):
        """An import of which 7 rows fail and one does not; then somebody helps."""
        self.write("m.json", json.dumps({**self.mapping, **changes}))
        self.make(lastName="Old", emailAddress="e6@x.example", title="old")
        for _ in range(2):
            self.make(lastName="Twin", emailAddress="twin@x.example")
        self.write_csv("leads.csv", [
            {"lastName": f"L{i}", "emailAddress": mail, "title": f"t{i}", "status": status}
            for i, (mail, status) in enumerate([
                ("e0@x.example", "New"), ("e1@x.example", "Nope"),
                ("e2@x.example", "Nope"), ("e3@x.example", "Nope"), ("bad", "New"),
                ("e5@x.example", "Nope"), ("e6@x.example", "Nope"),
                ("twin@x.example", "New")])])
        self.espoload("import", "leads.csv", "-m", "m.json", server=self.server, expect=1)
        self.assertEqual(len(self.read_csv("leads.errors.csv")), 7)
        self.make(lastName="L1", emailAddress="e1@x.example", title="t1", status="Dead")
        self.make(lastName="L2", emailAddress="E2@x.example", title="other", status="New")

    def errors(self, name="leads.errors.csv", *options, **more):
        return self.espoload("reconcile", "--errors", name, "-m", "m.json", "--force",
                             *options, server=self.server, **more)

    def check(self, run, prefix):
        self.check_sum(run)
        self.assertCounts(run, different=3, onlyFile=0, ambiguous=1, failed=3)
        self.assertEqual(run.events()[-1]["unreadOnly"], 1)
        told = [(e.get("unreadOnly", False), e["fields"])
                for e in self.differences(run, "different")]
        self.assertEqual(told, [
            (True, [["status", "Dead", "Nope"]]),
            (False, [["title", "other", "t2"], ["status", "New", "Nope"]]),
            (False, [["lastName", "Old", "L6"], ["title", "old", "t6"],
                     ["status", "New", "Nope"]])])
        self.assertEqual([r["lastName"] for r in self.read_csv(f"{prefix}.todo.csv")],
                         ["L2", "L3", "L4", "L5", "L6", "L7"])
        self.assertFalse((self.folder / f"{prefix}.fix.csv").exists())

    def test_errors(self):
        self.load()
        run = self.errors("leads.errors.csv", "--json", expect=1)
        self.check(run, "leads.errors")
        text = self.errors(expect=1).err
        self.assertIn("7 left by the import = 0 done since + 1 done but for cells that "
                      "cannot be read + 2 different + 0 not there + 1 ambiguous + 3 not "
                      "there, and unreadable", text)
        self.assertIn("leads.errors.todo.csv  (6 rows: still to be done", text)
        self.assertIn("espoload import leads.errors.todo.csv -m m.json", text)
        diff = self.read_csv("leads.errors.diff.csv")
        self.assertEqual([r["status"] for r in diff], ["Dead->Nope", "New->Nope",
                                                       "New->Nope"])

    def test_results(self):
        """The results file names all rows; those that are done are passed over."""
        self.load()
        self.assertEqual(len(self.read_csv("leads.results.csv")), 8)
        self.check(self.errors("leads.results.csv", "--json", expect=1), "leads.results")

    def test_done(self):
        """Corrected and imported, what is to do is done; then nothing is left."""
        self.load()
        self.errors(expect=1)
        rows = self.read_csv("leads.errors.todo.csv")
        for row in rows:
            row["status"] = "Dead"
            row["emailAddress"] = row["emailAddress"].replace("bad", "e4@x.example")
        self.write_csv("fixed.csv", [r for r in rows if r["lastName"] != "L7"])
        self.espoload("import", "fixed.csv", "-m", "m.json", server=self.server)
        run = self.errors("fixed.csv", "--json", expect=0)
        self.assertCounts(run, equal=5)
        self.assertFalse((self.folder / "fixed.todo.csv").exists())
        run = self.errors("leads.errors.csv", "--json", expect=1)
        self.assertCounts(run, different=5, ambiguous=1, failed=1)  # no address to tell by
        self.assertEqual(run.events()[-1]["unreadOnly"], 5)

    def test_unreadable(self):
        """A row that is no record stays to be done, as it is."""
        self.write("m.json", json.dumps(self.mapping))
        self.write("leads.csv", "lastName,emailAddress\nA,a@x.example\nB,b@x.example,C\n")
        self.espoload("import", "leads.csv", "-m", "m.json", server=self.server, expect=1)
        self.make(lastName="B", emailAddress="b@x.example")
        run = self.errors("leads.errors.csv", "--json", expect=1)
        self.assertCounts(run, failed=1)
        row, = self.read_csv("leads.errors.todo.csv")
        self.assertEqual(row["_raw"], "ROW_RAGGED: B,b@x.example,C")

    def test_links(self):
        """A cell that names a record at the other end is told as one that is not read."""
        columns = [{"name": "lastName", "field": "lastName"},
                   {"name": "emailAddress", "field": "emailAddress"},
                   {"name": "Owner", "field": "assignedUserId",
                    "lookup": {"entityType": "User", "by": ["userName"]}}]
        self.write_csv("leads.csv", [{"lastName": "A", "emailAddress": "a@x.example",
                                      "Owner": "nobody"}])
        self.write("m.json", json.dumps({**self.mapping, "columns": columns}))
        self.espoload("import", "leads.csv", "-m", "m.json", server=self.server, expect=1)
        user = next(iter(self.server.control("GET", "info")["users"].values()))
        self.make(lastName="A", emailAddress="a@x.example", assignedUserId=user)
        run = self.errors("leads.errors.csv", "--json", expect=1)
        event, = self.differences(run, "different")
        self.assertTrue(event.get("unreadOnly"), event)
        self.assertEqual(event["fields"], [["assignedUserId", user, "nobody"]])
        self.assertFalse((self.folder / "leads.errors.todo.csv").exists())

    def test_refused(self):
        self.load()
        for options in (("leads.csv",), ("--where", "status=New"), ("--toward", "file"),
                        ("--strategy", "sweep"), ("--only", "crm")):
            self.assertIn("--errors", self.errors("leads.errors.csv", *options,
                                                  expect=2).err)


harness.main()

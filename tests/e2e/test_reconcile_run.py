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
    """The errors file of an import is a file like any other."""

    def test_errors(self):
        self.write("m.json", json.dumps(self.mapping))
        self.write_csv("leads.csv", [
            {"lastName": f"L{i}", "emailAddress": f"e{i}@x.example", "status": status}
            for i, status in enumerate(["New", "Nope", "Nope", "Nope"])])
        self.espoload("import", "leads.csv", "-m", "m.json", server=self.server, expect=1)
        rows = self.read_csv("leads.errors.csv")
        self.assertEqual(len(rows), 3)
        self.make(lastName="L1", emailAddress="e1@x.example", status="Dead")  # by hand
        for row in rows[:2]:
            row["status"] = "Dead"
        self.write_csv("fixed.csv", rows)
        run = self.reconcile("--strategy", "lookup", name="fixed.csv")
        self.assertCounts(run, equal=1, onlyFile=1, failed=1)


harness.main()

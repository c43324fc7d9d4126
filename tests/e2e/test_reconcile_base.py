"""test_reconcile_base.py - reconcile --base: who has changed what since the last export."""
import json

import harness
import reconciled

FIELDS = ("lastName", "emailAddress", "title", "description", "status")


def row(number, **changes):
    return {"lastName": f"L{number}", "emailAddress": f"l{number}@x.example",
            "title": "boss", "description": f"text {number}", "status": "New", **changes}


class ThreeWay(reconciled.Reconciled):
    mapping = {**reconciled.Reconciled.mapping,
               "columns": [{"name": "Titel", "field": "title", "empty": "null"},
                           {"name": "Text", "field": "description", "empty": "null"},
                           {"name": "lastName", "field": "lastName"},
                           {"name": "emailAddress", "field": "emailAddress"},
                           {"name": "status", "field": "status"}]}

    def cells(self, record):
        return {{"title": "Titel", "description": "Text"}.get(name, name): value
                for name, value in record.items()}

    def fill(self, *export):
        """An export, then changes on either side."""
        self.ids = [self.make(**row(i)) for i in range(8)]
        self.write("m.json", json.dumps(self.mapping))
        self.espoload("export", "Lead", "-o", "base.csv", *export, "--force",
                      server=self.server)
        for number, change in {
                1: {"description": "by crm"}, 2: {"description": "by crm"},
                3: {"description": "by crm"}, 4: {"title": None}}.items():
            status, _ = self.server.api("PUT", f"Lead/{self.ids[number]}", change)
            self.assertEqual(status, 200)
        self.server.api("DELETE", f"Lead/{self.ids[5]}")
        self.make(**row(20))  # new in the CRM
        rows = [row(0, description="by file"),                 # the file's
                row(1),                                        # the CRM's
                row(2, description="by file"),                 # both
                row(3, title=""),                              # one field each
                row(4, title="", description="by file"),       # both did the same, and more
                row(5, description="by file"),                 # the CRM has deleted it
                row(6),                                        # nobody's
                row(21)]                                       # new in the file
        self.write_csv("leads.csv", [self.cells(r) for r in rows])  # 7 is deleted

    def check(self, *options):
        run = self.reconcile("--base", "base.csv", "--strategy", "sweep", *options)
        self.assertCounts(run, equal=1, different=5, onlyFile=2, onlyCrm=2)
        summary = run.events()[-1]
        self.assertEqual([summary[f"changedIn{side}"] for side in ("File", "Crm", "Both")],
                         [3, 2, 1], run)
        fields = {e["line"]: [f[:1] + f[3:] for f in e["fields"]]
                  for e in self.differences(run, "different")}
        self.assertEqual(fields, {
            2: [["description", "file", "text 0"]],
            3: [["description", "crm", "text 1"]],
            4: [["description", "both", "text 2"]],
            5: [["title", "file", "boss"], ["description", "crm", "text 3"]],
            6: [["description", "file", "text 4"]]})
        self.assertEqual({e["line"]: e["inBase"]
                          for e in self.differences(run, "onlyFile")}, {7: True, 9: False})
        return run

    def settle(self):
        """The fix has what the file has changed; conflicts are listed, and left alone."""
        self.check("--propose-deletes", "--max-deletes", "1")
        fix = self.read_csv("leads.fix.csv")
        self.assertEqual([(r["lastName"], r["title"], r["description"]) for r in fix],
                         [("", "", "by file"), ("", "(clear)", ""), ("", "", "by file"),
                          ("L21", "boss", "text 21")])
        conflict, = self.read_csv("leads.conflicts.csv")
        self.assertEqual(conflict, {"line": "4", "id": self.ids[2], "field": "description",
                                    "base": "text 2", "EspoCRM": "by crm",
                                    "file": "by file"})
        self.assertEqual([r["id"] for r in self.read_csv("leads.delete.csv")],
                         [self.ids[7]])
        self.fix()
        self.fix(what="delete")
        run = self.reconcile("--base", "base.csv", "--strategy", "sweep")
        self.assertCounts(run, equal=4, different=3, onlyFile=1, onlyCrm=1)
        self.assertFalse((self.folder / "leads.fix.csv").exists())
        self.assertEqual(run.events()[-1]["changedInBoth"], 1)

    def test_attributes(self):
        self.fill("--select", "id,createdAt," + ",".join(FIELDS))
        self.settle()

    def test_mapping(self):
        self.fill("-m", "m.json")
        self.settle()

    def test_gzip(self):
        self.fill("--gzip", "--select", "id," + ",".join(FIELDS))
        self.check()

    def test_toward_file(self):
        """What the CRM has changed goes into the file, what the file has stays."""
        self.fill("--select", "id," + ",".join(FIELDS))
        self.check("--toward", "file")
        rows = self.read_csv("leads.corrected.csv")
        self.assertEqual([(r["lastName"], r["Titel"], r["Text"]) for r in rows], [
            ("L0", "boss", "by file"), ("L1", "boss", "by crm"), ("L2", "boss", "by file"),
            ("L3", "", "by crm"), ("L4", "", "by file"), ("L6", "boss", "text 6"),
            ("L21", "boss", "text 21"), ("L20", "boss", "text 20")])

    def test_refused(self):
        """A base that is not what the export has written."""
        self.fill("--select", "id," + ",".join(FIELDS))
        text = self.bytes_of("base.csv")
        self.write("base.csv", text.replace(b"text 1", b"test 1"))
        run = self.reconcile("--base", "base.csv", expect=6)
        self.assertIn("is not the file that the export has written", run.err)
        self.write("base.csv", text)
        (self.folder / "base.csv.manifest.json").unlink()
        run = self.reconcile("--base", "base.csv", expect=6)
        self.assertIn("not the manifest", run.err)
        self.make("Account", name="x")
        self.export(entity_type="Account", output="accounts.csv")
        run = self.reconcile("--base", "accounts.csv", expect=2)
        self.assertIn("is an export of Account", run.err)


harness.main()

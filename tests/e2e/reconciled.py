"""reconciled.py - what the tests of reconcile share: runs, their summaries, their files."""
import json

import exported

CLASSES = ("equal", "different", "onlyFile", "ambiguous", "failed")


class Reconciled(exported.Exported):
    """A server of its own."""

    mapping = {"version": 1, "entityType": "Lead", "operation": "upsert",
               "match": [["emailAddress"]], "columns": [{"name": "*", "field": "*"}]}

    def reconcile(self, *options, name="leads.csv", expect=(0, 1), server=None, **changes):
        """The events of --json; the last one is the summary, whose numbers add up."""
        self.write("m.json", json.dumps({**self.mapping, **changes}))
        run = self.espoload("reconcile", name, "-m", "m.json", "--force", "--json",
                            *options, server=server or self.server, expect=expect)
        if expect == (0, 1):
            self.check_sum(run)
        return run

    def check_sum(self, run):
        summary = run.events()[-1]
        self.assertEqual(summary["type"], "summary", run)
        self.assertEqual(summary["rows"], sum(summary[c] for c in CLASSES), run)
        differs = summary["rows"] != summary["equal"] or summary.get("onlyCrm", 0) > 0
        if summary["complete"]:
            self.assertEqual(run.code, 1 if differs else 0, run)
        return summary

    def assertCounts(self, run, **expected):
        summary = run.events()[-1]
        for name in (*CLASSES, "onlyCrm"):
            self.assertEqual(summary.get(name, 0), expected.get(name, 0), (name, str(run)))

    def differences(self, run, kind):
        return [e for e in run.events()
                if e["type"] == "difference" and e["class"] == kind]

    def fix(self, prefix="leads", what="fix"):
        """Imports the fix; every row of it must take."""
        run = self.espoload("import", f"{prefix}.{what}.csv", "-m", f"{prefix}.{what}.json",
                            "--force", "--yes", server=self.server)
        self.assertEqual(run.counts()["failed"], 0, run)
        return run

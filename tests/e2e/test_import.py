"""test_import.py - the whole way of a messy file of 5,000 rows: check, import, correct
what failed, import that, until every row is in the CRM once, each with the values it had.

What must come out is written down beside the file (leads-5000.expected.json), not
computed here.
"""
import collections
import json

import harness

CSV = harness.SOURCE / "testdata" / "csv" / "leads-5000.csv.gz"
EXPECTED = CSV.with_name("leads-5000.expected.json")
MAPPING = harness.SOURCE / "mappings" / "lead.json"


class Import(harness.Case):
    def setUp(self):
        super().setUp()
        self.expected = json.loads(EXPECTED.read_text(encoding="utf-8"))
        self.broken = {b["line"]: b for b in self.expected["broken"]}
        self.server = harness.Server(self, "--currencies", "USD,EUR")
        (self.folder / "leads.csv.gz").symlink_to(CSV)

    def importing(self, *options):
        return self.espoload("import", "leads.csv.gz", "-m", MAPPING, *options,
                             server=self.server, expect=1)

    def codes_of(self, errors):
        return {int(e["_line"]): e["_code"].split("; ") for e in errors}

    def test_check(self):
        """Everything that needs no server to answer is found before anything is sent."""
        run = self.espoload("check", "leads.csv.gz", "-m", MAPPING, "--json", "-o",
                            "todo.csv", server=self.server, expect=1)
        found = collections.defaultdict(list)
        for event in run.events():
            if event["type"] == "error":
                found[event["line"]].append(event["code"])
        self.assertEqual(dict(found), {line: b["codes"] for line, b in self.broken.items()
                                       if b["stage"] != "server"})
        self.assertEqual(run.counts()["rows"], self.expected["records"], run)
        self.assertEqual(len(self.read_csv("todo.csv")), len(found))
        self.assertEqual(self.server.posts(), 0)

    def test_all_rows(self):
        run = self.importing("-j", "4")
        counts = run.counts()
        self.assertEqual(counts, dict.fromkeys(harness.PLACES, 0) | {
            "rows": self.expected["records"], "created": self.expected["created"],
            "failed": self.expected["failed"]}, run)
        self.assertEqual(self.server.stored(), self.expected["created"])

        results = self.read_csv("leads.results.csv")
        self.assertEqual(len(results), self.expected["records"])
        by_line = {int(r["_line"]): r for r in results}
        self.assertEqual(len(by_line), len(results))
        for line, row in by_line.items():
            self.assertEqual(row["_action"],
                             "failed" if line in self.broken else "created", row)
        errors = self.read_csv("leads.errors.csv")
        self.assertEqual(self.codes_of(errors),
                         {line: b["codes"] for line, b in self.broken.items()})
        self.assertEqual(
            collections.Counter(c for codes in self.codes_of(errors).values()
                                for c in codes), self.expected["codes"])
        for row in errors:
            self.assertTrue(row["_message"] and row["_advice"], row)

        there = {r["id"]: r for r in self.server.rows()}
        self.assertEqual({r["_id"] for r in results if r["_id"]}, set(there))
        for sample in self.expected["samples"]:
            record = there[by_line[sample["line"]]["_id"]]
            for name, value in sample["attributes"].items():
                self.assertEqual(record.get(name), value, (sample["line"], name))

    def test_corrected_to_completion(self):
        """The errors file, corrected in place, is loaded as it is; in the end every row
        is there, and no row twice."""
        self.importing()
        before = {r["id"] for r in self.server.rows()}
        delimiter = ","
        rows = self.read_csv("leads.errors.csv", delimiter)
        for i, row in enumerate(rows):
            self.correct(row, i)
        self.write_csv("todo.csv", rows, delimiter)
        run = self.espoload("import", "todo.csv", "-m", MAPPING, server=self.server)
        self.assertEqual(run.counts()["created"], len(rows), run)
        after = {r["id"] for r in self.server.rows()}
        self.assertEqual(len(after), self.expected["records"])
        self.assertLess(before, after)
        self.assertEqual(
            [c for c in self.read_csv("todo.results.csv")[0] if c.startswith("_")],
            ["_line", "_action", "_id", "_matchedBy", "_code", "_message", "_raw"])

    def correct(self, row, i):
        """What an administrator would do in a spreadsheet. A record that could not be cut
        into cells is typed anew, and its mark taken away."""
        codes = row["_code"].split("; ")
        own = [name for name in row if not name.startswith("_")]
        if codes[0].startswith("ROW_") or codes[0] in ("DUPLICATE", "VALUE_REQUIRED"):
            for name in own:
                row[name] = ""
        for code, name in zip(codes, row["_field"].split("; ")):
            for column in own:
                if self.attribute(column) == name:
                    row[column] = ""
            if code == "LINK_MISSING":
                row["Assigned User"] = ""
        row["_raw"] = ""
        row["First Name"] = "Corrected"
        row["Last Name"] = f"Row{row['_line']}"
        row["E-Mail"] = f"corrected{i}@e2e.example"

    def attribute(self, column):
        for entry in self.columns():
            if column == entry.get("name"):
                return entry["field"]
        return None

    def columns(self):
        if not hasattr(self, "mapping"):
            self.mapping = json.loads(MAPPING.read_text(encoding="utf-8"))
        return self.mapping["columns"]

    def test_plan_and_summary_in_words(self):
        """The texts that a person acts on."""
        run = self.importing()
        self.assertIn("leads.csv.gz: 5,000 rows, UTF-8", run.err)
        self.assertIn("gzipped", run.err)
        self.assertRegex(run.err, r"(?m)^5,000 rows = 4,926 created \+ 74 failed$")
        self.assertIn("14 x EMAIL_INVALID", run.err)
        self.assertIn("leads.errors.csv", run.err)
        self.assertRegex(run.err, r"espoload import \S*leads\.errors\.csv -m")
        self.assertEqual(run.out, "")


if __name__ == "__main__":
    harness.main()

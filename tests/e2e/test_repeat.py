"""test_repeat.py - rows of one file that are about the same record: which of them counts,
what is merged, and that each stands in one place whatever happens."""
import gzip
import json

import harness
import planned

EMAIL, PHONE = ["emailAddress"], ["phoneNumber"]
COLUMNS = {"emailAddress": {}, "phoneNumber": {}, "lastName": {}, "title": {},
           "description": {}, "accountName": {}}


def row(**cells):
    return dict.fromkeys(COLUMNS, "") | cells


class Repeat(planned.Planned):
    rows = [
        row(emailAddress="a@r.example", lastName="A", title="first", description="one"),
        row(emailAddress="b@r.example", lastName="B", title="only"),
        row(emailAddress="A@R.example", lastName="A", title="second",
            phoneNumber="+49301234567"),
        row(emailAddress="a@r.example", lastName="A", title="", description="three"),
        row(emailAddress="no mail", lastName="A", title="broken"),
    ]

    def upsert(self, rule, operation="upsert", match=(EMAIL,), **root):
        return self.mapping(COLUMNS, operation=operation, match=list(match),
                            onRepeat=rule, **root)

    def lead(self, mail):
        found = [r for r in self.server.rows() if r["emailAddress"].lower() == mail]
        self.assertEqual(len(found), 1, found)
        return self.get(found[0]["id"])

    def test_last(self):
        for operation in ("upsert", "create"):
            with self.subTest(operation):
                self.server.reset()
                counts = self.load(self.rows, self.upsert("last", operation), expect=1)
                self.assertEqual(counts, {"created": 2, "skipped": 2, "failed": 1},
                                 self.run_text)
                self.assertEqual(self.actions(), ["skipped", "created", "skipped",
                                                  "created", "failed"])
                for result in (self.results[0], self.results[2]):
                    self.assertEqual(result["_code"], "REPEATED")
                    self.assertIn("line 5", result["_message"])
                lead = self.lead("a@r.example")
                self.assertEqual((lead["title"], lead["description"],
                                  lead["phoneNumber"]), (None, "three", None))

    def test_merge(self):
        """Of each column the last cell that is filled."""
        for operation in ("upsert", "create"):
            with self.subTest(operation):
                self.server.reset()
                counts = self.load(self.rows, self.upsert("merge", operation), expect=1)
                self.assertEqual(counts, {"created": 2, "skipped": 2, "failed": 1},
                                 self.run_text)
                lead = self.lead("a@r.example")
                self.assertEqual((lead["title"], lead["description"],
                                  lead["phoneNumber"]),
                                 ("second", "three", "+49301234567"))
                self.assertEqual(self.lead("b@r.example")["title"], "only")

    def test_merge_clears_nothing(self):
        """An empty cell that clears a field does so only if it is empty in all rows."""
        id = self.make(lastName="A", emailAddress="a@r.example", title="old",
                       description="old", accountName="old")
        columns = COLUMNS | {"title": {"empty": "null"}, "accountName": {"empty": "null"}}
        mapping = self.mapping(columns, operation="upsert", match=[EMAIL],
                               onRepeat="merge")
        counts = self.load([self.rows[0], self.rows[3]], mapping)
        self.assertEqual(counts, {"updated": 1, "skipped": 1}, self.run_text)
        lead = self.get(id)
        self.assertEqual((lead["title"], lead["description"], lead["accountName"]),
                         ("first", "three", None))

    def test_ladder(self):
        """The key is that of the first rule that applies; what only the CRM shows to be one
        record is written in the file's order."""
        id = self.make(lastName="L", emailAddress="l@r.example",
                       phoneNumber="+49301112222")
        rows = [row(emailAddress="l@r.example", lastName="L", title="by mail"),
                row(phoneNumber="+49 30 1112222", lastName="L", title="by phone, first"),
                row(phoneNumber="+49301112222", lastName="L", title="by phone, last")]
        counts = self.load(rows, self.upsert("last", match=(EMAIL, PHONE)))
        self.assertEqual(counts, {"updated": 2, "skipped": 1}, self.run_text)
        self.assertEqual(self.get(id)["title"], "by phone, last")

    def test_delete(self):
        self.make(lastName="A", emailAddress="a@r.example")
        mapping = self.mapping({"emailAddress": {}}, operation="delete", match=[EMAIL],
                               onRepeat="last")
        counts = self.load([{"emailAddress": "a@r.example"}] * 3, mapping)
        self.assertEqual(counts, {"deleted": 1, "skipped": 2}, self.run_text)

    def test_gzip(self):
        """Where the file cannot be sought."""
        self.write_csv("z.csv", self.rows)
        (self.folder / "z.csv.gz").write_bytes(
            gzip.compress((self.folder / "z.csv").read_bytes()))
        self.write("z.json", json.dumps(self.upsert("merge")))
        run = self.espoload("import", "z.csv.gz", "-m", "z.json", server=self.server,
                            expect=1)
        self.assertEqual(run.counts()["created"], 2, run)
        self.assertEqual(self.lead("a@r.example")["title"], "second")


class Kills(planned.Planned):
    stored = True

    def test_merge(self):
        """400 records of three rows each, scattered; killed again and again."""
        people, count = 400, 1200
        rows = [row(emailAddress=f"k{i % people}@r.example", lastName=f"K{i % people}",
                    title=f"t{i}" if i < people else "",
                    description=f"d{i}" if people <= i < 2 * people else "")
                for i in range(count)]
        process = self.begin(rows, self.mapping(COLUMNS, operation="upsert",
                                                match=[EMAIL], onRepeat="merge"),
                             "--settle", "0.3")
        for _ in range(12):
            before = self.server.stored()
            harness.wait_until(
                "more are stored, or it ended",
                lambda: self.server.stored() > before + 15 or not process.running())
            if not process.running():
                break
            process.kill()
            process = self.start("resume", f"{self.name}.csv.checkpoint", "--settle",
                                 "0.3", server=self.server)
        counts = self.end(process)
        self.assertEqual(counts, {"created": people, "skipped": count - people},
                         self.run_text)
        self.assertEqual(self.server.stored(), people)
        for lead in self.server.rows():
            n = int(lead["emailAddress"][1:].split("@")[0])
            whole = self.get(lead["id"])
            self.assertEqual((whole["title"], whole["description"]),
                             (f"t{n}", f"d{n + people}"))


if __name__ == "__main__":
    harness.main()

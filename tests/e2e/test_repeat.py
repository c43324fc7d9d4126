"""test_repeat.py - rows of one file that are about the same record: which of them counts,
what is merged, and that each stands in one place whatever happens."""
import contextlib
import gzip
import json
import sqlite3

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

    def test_merged_rows_need_only_be_whole_together(self):
        """What EspoCRM requires may stand in any of them; where it stands in none, the one
        that they were merged into fails."""
        cells = ({"name": "A", "description": ""}, {"name": "", "description": "no name"})
        mails = ("a@r.example", "b@r.example", "a@r.example", "b@r.example", "no mail")
        rows = [{"emailAddress": mail, **cells[i > 0]} for i, mail in enumerate(mails)]
        columns = {"emailAddress": {}, "name": {}, "description": {}}
        for operation in ("upsert", "create"):
            with self.subTest(operation):
                self.server.reset()
                mapping = self.mapping(columns, entityType="Account", match=[EMAIL],
                                       operation=operation, onRepeat="merge")
                counts = self.load(rows, mapping, expect=1)
                self.assertEqual(counts, {"created": 1, "skipped": 2, "failed": 2},
                                 self.run_text)
                [account] = self.server.rows("Account")
                self.assertEqual(account["name"], "A")
                self.assertEqual(self.get(account["id"], "Account")["description"],
                                 "no name")
                self.assertEqual(self.codes()[0], "VALUE_REQUIRED")
                self.assertIn("EMAIL_INVALID", self.codes()[1])
                self.assertIn("merged into line 4", self.results[0]["_message"])

    def test_merge_of_links_and_names(self):
        """A link that is looked up takes the place of an empty cell that would clear it, and
        the parts of a split cell stay together."""
        account = self.make("Account", name="Acme")
        mapping = self.mapping({"emailAddress": {}}, entityType="Contact",
                               operation="upsert", match=[EMAIL], onRepeat="merge")
        mapping["columns"] += [
            {"name": "Name", "split": {"pattern": "first last"},
             "fields": ["firstName", "lastName"]},
            {"name": "Firm", "field": "accountId", "lookup": {}, "empty": "null"}]
        rows = [{"emailAddress": "c@r.example", "Name": "Ada Byron", "Firm": "Acme"},
                {"emailAddress": "c@r.example", "Name": "Lovelace", "Firm": ""}]
        counts = self.load(rows, mapping)
        self.assertEqual(counts, {"created": 1, "skipped": 1}, self.run_text)
        contact = self.get(self.server.rows("Contact")[0]["id"], "Contact")
        self.assertEqual((contact["firstName"], contact["lastName"],
                          contact["accountId"]), (None, "Lovelace", account))

    def test_bad_last_row(self):
        """The last row that can be converted counts; and one before that failed is no
        repetition, whatever onRepeat says."""
        good, bad = row(emailAddress="f@r.example", lastName="F", title="good"), \
            row(emailAddress="f@r.example", lastName="x" * 300, title="bad")
        for rule in ("error", "first", "last", "merge", "inOrder"):
            for rows in ([good, bad], [bad, good]):
                with self.subTest(rule, bad_first=rows[0] is bad):
                    self.server.reset()
                    counts = self.load(rows, self.upsert(rule), expect=1)
                    self.assertEqual(counts, {"created": 1, "failed": 1}, self.run_text)
                    self.assertEqual(self.lead("f@r.example")["title"], "good")

    def test_update(self):
        for rule, title, description in (("last", "old", "two"), ("merge", "one", "two")):
            with self.subTest(rule):
                self.server.reset()
                id = self.make(lastName="U", emailAddress="u@r.example", title="old")
                rows = [row(emailAddress="u@r.example", title="one"),
                        row(emailAddress="U@r.example", description="two")]
                counts = self.load(rows, self.upsert(rule, "update"))
                self.assertEqual(counts, {"updated": 1, "skipped": 1}, self.run_text)
                lead = self.get(id)
                self.assertEqual((lead["title"], lead["description"]),
                                 (title, description))

    def test_blanks(self):
        """Keys that differ in blanks and case only are one key, in lanes too."""
        rows = [row(accountName=name, lastName="B", title=f"t{i}") for i, name in
                enumerate(["acme Ltd", "Acme  Ltd", "Acme\u00a0Ltd", "ACME LTD"])]
        counts = self.load(rows, self.upsert("inOrder", match=[["accountName"]]),
                           "--jobs", "4")
        self.assertEqual(counts, {"created": 1, "updated": 3}, self.run_text)
        self.assertEqual(self.server.rows()[0]["title"], "t3")

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

    def test_packed(self):
        """Where the file cannot be sought: rows far apart, in no order."""
        people = 300
        order = list(range(people)) * 2
        self.random.shuffle(order)
        rows, seen = [], set()
        for n in order:
            rows.append(row(emailAddress=f"z{n}@r.example", lastName=f"Zo\u00eb{n}",
                            **{"description" if n in seen else "title": f"v{n}"}))
            seen.add(n)
        self.write("z.json", json.dumps(self.upsert("merge")))
        self.write_csv("z.csv", rows)
        (self.folder / "y.csv.gz").write_bytes(
            gzip.compress((self.folder / "z.csv").read_bytes()))
        self.write_csv("x.csv", rows, encoding="utf-16")
        temporary = self.folder / "temporary"
        temporary.mkdir()
        for name in ("z.csv", "y.csv.gz", "x.csv"):
            with self.subTest(name):
                self.server.reset()
                run = self.espoload("import", name, "-m", "z.json", server=self.server,
                                    env={"TMPDIR": str(temporary)})
                self.assertEqual(run.counts()["created"], people, run)
                for lead in self.server.rows():
                    n = lead["lastName"][3:]
                    whole = self.get(lead["id"])
                    self.assertEqual((whole["title"], whole["description"]),
                                     (f"v{n}", f"v{n}"))
                self.assertEqual(list(temporary.iterdir()), [])


class Lanes(planned.Planned):
    server_options = ("--delay", "5", "--workers", "16")

    def test_one_after_the_other(self):
        """2,000 rows of 50 keys, 16 requests at once: each row finds what the row of its
        key before it has left, and the last one has the last word."""
        keys, count = 50, 2000
        order = [i % keys for i in range(count)]
        self.random.shuffle(order)
        rows = [row(emailAddress=f"k{n}@r.example", lastName=f"K{n}", title=f"t{i}")
                for i, n in enumerate(order)]
        counts = self.load(rows, self.mapping(COLUMNS, operation="upsert", match=[EMAIL],
                                              onRepeat="inOrder"), "--jobs", "16")
        self.assertEqual(counts, {"created": keys, "updated": count - keys},
                         self.run_text)
        self.assertGreater(self.server.counts()["maxConcurrent"], 4)
        path = self.folder / f"{self.name}.csv.checkpoint"
        with contextlib.closing(sqlite3.connect(path)) as checkpoint:
            before = {record: json.loads(image)["title"] for record, image in
                      checkpoint.execute("SELECT record, json FROM image")}
        last = {}
        for i, n in enumerate(order):
            self.assertEqual(before.get(i + 1), last.get(n), f"row {i + 1} of key {n}")
            last[n] = f"t{i}"
        self.assertEqual({lead["lastName"]: lead["title"] for lead in self.server.rows()},
                         {f"K{n}": title for n, title in last.items()})


class Kills(planned.Planned):
    stored = True

    def test_merge(self):
        self.kill_and_resume("merge", lambda n, people: (f"t{n}", f"d{n + people}"))

    def test_last(self):
        self.kill_and_resume("last", lambda n, people: (None, None))

    def kill_and_resume(self, rule, expected):
        """400 records of three rows each, scattered; killed again and again."""
        people, count = 400, 1200
        rows = [row(emailAddress=f"k{i % people}@r.example", lastName=f"K{i % people}",
                    title=f"t{i}" if i < people else "",
                    description=f"d{i}" if people <= i < 2 * people else "")
                for i in range(count)]
        process = self.begin(rows, self.mapping(COLUMNS, operation="upsert",
                                                match=[EMAIL], onRepeat=rule),
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
                             expected(n, people))


if __name__ == "__main__":
    harness.main()

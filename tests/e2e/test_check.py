"""test_check.py - what a check tells before anything is sent: what would become of each row,
by what the CRM holds; errors by cause; rows that repeat each other."""
import json

import harness
import planned

EMAIL = ["emailAddress"]


class Check(planned.Planned):
    def check(self, rows, mapping, *options, expect=0):
        self.write_csv("c.csv", rows)
        self.write("c.json", json.dumps(mapping))
        before = self.server.counts()
        self.run_ = self.espoload("check", "c.csv", "-m", "c.json", "--json", *options,
                                  server=self.server, expect=expect)
        self.requests = self.since(before)
        self.assertEqual(self.writes(), 0)
        events = self.run_.events()
        self.causes = [e for e in events if e["type"] == "cause"]
        self.lines = [(e["line"], e["code"]) for e in events if e["type"] == "error"]
        return events[-1]

    def test_actions(self):
        """As the import then does it, to the number."""
        self.make(lastName="Same", emailAddress="same@c.example", title="t")
        self.make(lastName="Other", emailAddress="other@c.example", title="t")
        for _ in range(2):
            self.make(lastName="Two", emailAddress="two@c.example")
        columns = {"emailAddress": {}, "lastName": {}, "title": {}}
        rows = [{"emailAddress": f"{name}@c.example", "lastName": name.title(),
                 "title": title}
                for name, title in (("same", "t"), ("other", "new"), ("two", "x"),
                                    ("new", "y"), ("third", "z"))]
        mapping = self.mapping(columns, operation="upsert", match=[EMAIL])
        summary = self.check(rows, mapping, expect=1)
        self.assertEqual(summary["plan"], {"toCreate": 2, "toUpdate": 1, "toDelete": 0,
                                           "unchanged": 1, "toSkip": 0}, self.run_)
        self.assertEqual(summary["failed"], 1)
        self.assertEqual(self.lines, [(4, "MATCH_MANY")])
        self.assertIn("of the fine ones 2 to create, 1 to update, 1 unchanged",
                      self.run_.err)
        counts = self.load(rows, mapping, expect=1)
        self.assertEqual(counts, {"created": 2, "updated": 1, "unchanged": 1,
                                  "failed": 1}, self.run_text)

    def test_links(self):
        """Looked up, and not made."""
        self.make("Account", name="There")
        columns = {"name": {}, "stage": {}, "closeDate": {}, "amount": {},
                   ("Firma", "accountId"): {"lookup": {"onNone": "error"}}}
        rows = [{"name": f"o{i}", "stage": "Prospecting", "closeDate": "2026-12-31",
                 "amount": "1", "Firma": firm} for i, firm in
                enumerate(["There", "Nowhere", "there", "Nowhere"])]
        mapping = self.mapping(columns, entityType="Opportunity")
        self.check(rows, mapping, expect=1)
        self.assertEqual(self.lines, [(3, "LOOKUP_NONE"), (5, "LOOKUP_NONE")])
        cause = self.causes[0]
        self.assertEqual((cause["code"], cause["column"], cause["errors"],
                          cause["firstLine"], cause["values"]),
                         ("LOOKUP_NONE", "Firma", 2, 3, {"Nowhere": 2}))
        mapping["columns"][4]["lookup"]["onNone"] = "create"
        self.check(rows, mapping)
        self.assertEqual(self.server.stored("Account"), 1)

    def test_causes(self):
        """Grouped, most frequent first, with a valueMap to be pasted."""
        rows = [{"lastName": f"L{i}", "status": status, "emailAddress": mail}
                for i, (status, mail) in enumerate(
                    [("Nwe", "a@c.example"), ("kalt", "no mail"), ("Nwe", "b@c.example"),
                     ("New", "")])]
        self.check(rows, self.mapping({"lastName": {}, "status": {}, "emailAddress": {}}),
                   expect=1)
        self.assertEqual([(c["code"], c["errors"]) for c in self.causes],
                         [("ENUM_UNKNOWN", 3), ("EMAIL_INVALID", 1)])
        self.assertEqual(self.causes[0]["valueMap"], {"Nwe": "New", "kalt": ""})
        self.assertIn('"valueMap": { "Nwe": "New", "kalt": "" }', self.run_.err)
        self.assertEqual([line for line, _ in self.lines], [2, 3, 3, 4])

    def test_repeats(self):
        rows = [{"lastName": f"L{i}", "emailAddress": mail} for i, mail in enumerate(
            ["a@c.example", "b@c.example", "A@C.example", "", "", "a@c.example"])]
        columns = {"lastName": {}, "emailAddress": {}}
        summary = self.check(rows, self.mapping(columns))
        self.assertEqual(summary["repeats"], 2)
        self.assertIn("2 rows have the emailAddress of an earlier row of the file: line 4 "
                      "that of line 2, line 7 that of line 2\n", self.run_.err)
        summary = self.check(rows, self.mapping(columns, operation="upsert",
                                                match=[["lastName"]]))
        self.assertEqual(summary["repeats"], 0)
        summary = self.check(rows, self.mapping(columns, operation="upsert",
                                                match=[EMAIL], onRepeat="last"))
        self.assertEqual((summary["repeats"], summary["plan"]["toSkip"]), (0, 2))
        summary = self.check(rows, self.mapping(columns, match=[EMAIL], onDuplicate="skip"))
        self.assertEqual((summary["repeats"], summary["plan"]["toCreate"]), (2, 6))
        self.assertIn("each is counted above as if it stood alone, but of rows about one "
                      "record the first counts\n", self.run_.err)

    def test_repeats_by_a_later_rule(self):
        """The row falls back to it when the first one finds nothing."""
        rows = [{"lastName": last, "emailAddress": mail} for last, mail in
                (("A", "a@c.example"), ("A", "b@c.example"), ("A", ""), ("", "a@c.example"),
                 ("A", "a@c.example"), ("", ""))]
        rows[-1]["title"] = "t"
        mapping = self.mapping({"lastName": {}, "emailAddress": {}, "title": {}},
                               operation="upsert", match=[EMAIL, ["lastName"]])
        summary = self.check([{"title": "", **r} for r in rows], mapping,
                             expect=(0, 1))
        self.assertEqual(summary["repeats"], 4, self.run_)
        self.assertIn("line 3 that of line 2, line 4 that of line 2", self.run_.err)

    def test_no_rule_applies(self):
        """Such a row is created each time."""
        rows = [{"lastName": f"L{i}", "emailAddress": mail}
                for i, mail in enumerate(["a@c.example", "", ""])]
        summary = self.check(rows, self.mapping({"lastName": {}, "emailAddress": {}},
                                                operation="upsert", match=[EMAIL]))
        self.assertEqual(summary["unmatchable"], 2, self.run_)
        self.assertIn("  2 rows to create are compared with no record: of each match rule "
                      "a cell is empty\n", self.run_.err)

    def test_order(self):
        """Errors of look-ups and of cells come in the file's order, and so does the file."""
        rows = [{"lastName": f"L{i}", "emailAddress": f"x{i}@c.example",
                 "status": "Nwe" if i % 3 == 0 else "New",
                 "assignedUserId": "nobody" if i % 5 == 0 else ""} for i in range(700)]
        mapping = self.mapping({"lastName": {}, "emailAddress": {}, "status": {},
                                "assignedUserId": {"lookup": {"by": ["userName"]}}},
                               operation="upsert", match=[EMAIL])
        self.check(rows, mapping, "-o", "todo.csv", expect=1)
        lines = [line for line, _ in self.lines]
        self.assertEqual(lines, sorted(lines))
        self.assertEqual(len(set(lines)), sum(i % 3 == 0 or i % 5 == 0
                                              for i in range(700)))
        self.assertEqual([int(r["_line"]) for r in self.read_csv("todo.csv")],
                         sorted(set(lines)))

    def test_server_dies(self):
        """In the middle of the look-ups: said, and nothing hangs."""
        rows = [{"lastName": f"L{i}", "emailAddress": f"x{i}@c.example"}
                for i in range(2000)]
        self.server.fault("status", status=500, method="GET", entity="Lead")
        self.write_csv("c.csv", rows)
        self.write("c.json", json.dumps(self.mapping(
            {"lastName": {}, "emailAddress": {}}, operation="upsert", match=[EMAIL])))
        self.espoload("check", "c.csv", "-m", "c.json", "--retries", "1",
                      server=self.server, expect=5)


if __name__ == "__main__":
    harness.main()

"""test_remarks.py - what a check says beside errors: columns that look wrong, users who are
not active, and what EspoCRM does of itself for each record."""
import json
import sqlite3

import harness
import planned

EMAIL = ["emailAddress"]


class Checked(planned.Planned):
    def check(self, rows, mapping, expect=0, *options, **more):
        self.write_csv("c.csv", rows)
        self.write("c.json", json.dumps(mapping))
        self.run_ = self.espoload("check", "c.csv", "-m", "c.json", "--json",
                                  *options, server=self.server, expect=expect, **more)
        events = self.run_.events()
        self.suspects = {(e["code"], e["column"]): e for e in events
                         if e["type"] == "suspect"}
        self.plan = [e for e in events if e["type"] == "plan"][0]
        return events[-1]


class Remarks(Checked):
    def test_columns(self):
        """Values that are taken as they are and would be wrong."""
        rows = [{"lastName": f"N{i}", "title": "MÃ¼ller" if i == 7 else f"t{i}",
                 "closeDate": f"0{i % 9 + 1}/0{i % 7 + 1}/2026",
                 "description": "4.41E+11" if i == 5 else f"{49301000000 + i * 1111}",
                 "addressCity": f" City{i}" if i == 3 else f"City{i}",
                 "addressPostalCode": f"{1067 + i}" if i % 10 == 0 else f"{10115 + i}",
                 "ignored": "MÃ¼ller"} for i in range(40)]
        mapping = self.mapping({
            "lastName": {}, "title": {}, "description": {}, "addressCity": {},
            ("closeDate", "source"): {}, "addressPostalCode": {}})
        mapping["columns"][4] = {"name": "closeDate", "field": "website"}
        self.check(rows, mapping, expect=(0, 1))
        self.assertEqual(set(self.suspects), {
            ("MOJIBAKE", "title"), ("AMBIGUOUS_DATES", "closeDate"),
            ("SCIENTIFIC", "description"), ("BLANKS_AROUND", "addressCity"),
            ("LOST_ZEROS", "addressPostalCode")}, self.run_)
        mojibake = self.suspects["MOJIBAKE", "title"]
        self.assertEqual((mojibake["cells"], mojibake["line"], mojibake["example"]),
                         (1, 9, "MÃ¼ller"))
        self.assertIn("Looks wrong, though it is not an error:\n", self.run_.err)
        self.assertIn("  addressCity: blanks around the value: 1 cell, in line 5: ",
                      self.run_.err)
        self.assertIn("closeDate: no cell shows which number is the day: 40 cells, first "
                      "in line 2", self.run_.err)

    def test_sum(self):
        """The row below the list, which would become a record."""
        rows = [{"lastName": f"N{i}", "title": "t", "website": str(45291 + i)}
                for i in range(30)]
        rows.append({"lastName": "Total", "title": "", "website": "30"})
        mapping = self.mapping({"lastName": {}, "title": {},
                                ("Due date", "description"): {}})
        for row in rows:
            row["Due date"] = row.pop("website")
        self.check(rows, mapping)
        self.assertEqual(self.suspects["TOTALS_ROW", ""]["line"], 32, self.run_)
        self.assertIn("  line 32: the last row looks like a sum", self.run_.err)
        self.assertIn(("SERIAL_DATES", "Due date"), self.suspects)

    def test_far_down(self):
        """In a large file odd cells are seen as well as in a small one."""
        rows = [{"lastName": f"Name{i}", "title": "word", "addressCity": "City"}
                for i in range(25000)]
        rows[24000]["title"] = "MÃ¼ller"
        for i in (100, 24500):
            rows[i]["addressCity"] = "City "
        self.check(rows, self.mapping({"lastName": {}, "title": {}, "addressCity": {}}))
        self.assertEqual({key: (s["cells"], s["line"])
                          for key, s in self.suspects.items()},
                         {("MOJIBAKE", "title"): (1, 24002),
                          ("BLANKS_AROUND", "addressCity"): (2, 102)}, self.run_)

    def test_nothing(self):
        self.check(harness.leads(30), self.mapping(
            {"lastName": {}, "emailAddress": {}, "status": {}}))
        self.assertEqual(self.suspects, {})
        self.assertNotIn("Looks wrong", self.run_.err)

    def test_stream(self):
        """New records and changes of status, owner and audited fields are noted."""
        there = [{"emailAddress": f"s{i}@r.example", "lastName": "S", "status": "New",
                  "title": "t", "opportunityAmount": "1",
                  "opportunityAmountCurrency": "USD"} for i in range(4)]
        for row in there:
            self.make(**row | {"opportunityAmount": 1})
        rows = [*there, {**there[0], "emailAddress": "new@r.example"}]
        rows[1] = rows[1] | {"status": "Dead"}
        rows[2] = rows[2] | {"title": "u"}
        rows[3] = rows[3] | {"opportunityAmount": "2"}
        mapping = self.mapping(dict.fromkeys(rows[0], {}), operation="upsert",
                               match=[EMAIL])
        summary = self.check(rows, mapping)
        self.assertEqual(summary["plan"]["toUpdate"], 3, self.run_)
        self.assertEqual((summary["streamNotes"], summary["assignmentMails"]), (3, 0))
        self.assertEqual((self.plan["stream"], self.plan["assignmentMails"]),
                         (True, False))
        for words in ("  each new Lead gets a note in the stream\n",
                      "  an update gets one where it changes status, opportunityAmount",
                      "hooks, formulas, workflows, webhooks and notifications run",
                      "  3 records get a note in the stream\n"):
            self.assertIn(words, self.run_.err)
        self.load(rows, mapping)
        self.assertIn("  each new Lead gets a note in the stream\n", self.run_text)


class Users(Checked):
    server_options = ("--admin", "boss", "--admin-password", "e2e-password")
    stored = True  # they are put into its file: no API user may make users

    def test_inactive(self):
        """However often they are named, and from the cache, too."""
        self.server.kill()
        with sqlite3.connect(self.folder / "server.db") as db:
            db.create_collation("UCI", lambda a, b: (a > b) - (a < b))
            db.executemany(
                "INSERT INTO e_User(id,deleted,userName,lastName,type,isActive,createdAt,"
                "modifiedAt,createdById) VALUES(?,0,?,?,'regular',?,'2026-01-01 00:00:00',"
                "'2026-01-01 00:00:00','system')",
                [(f"5e000000000000{i}ff", name, name.title(), active)
                 for i, (name, active) in
                 enumerate((("gone", 0), ("here", 1), ("left", 0)))])
        db.close()
        self.server.start()
        rows = [{"lastName": f"N{i}", "owner": ("gone", "here", "Left", "")[i % 4]}
                for i in range(600)]
        mapping = self.mapping({"lastName": {}, ("owner", "assignedUserId"):
                                {"lookup": {"by": ["userName"]}}})
        self.check(rows, mapping, 0, "--user", "boss", key=None,
                   env={"ESPOLOAD_PASSWORD": "e2e-password"})
        self.assertEqual(list(self.suspects), [("INACTIVE_USER", "owner")], self.run_)
        self.assertIn("  inactive owner: gone (150 rows)\n", self.run_.err)
        self.assertIn("  inactive owner: Left (150 rows)\n", self.run_.err)
        self.assertNotIn("inactive owner: here", self.run_.err)
        # others are not shown such users
        summary = self.check(rows, mapping, 1)
        self.assertEqual((summary["failed"], self.suspects), (300, {}), self.run_)
        self.assertIn("no User has the userName 'gone', or it is not active: EspoCRM shows "
                      "such users to administrators only", self.run_.err)


if __name__ == "__main__":
    harness.main()

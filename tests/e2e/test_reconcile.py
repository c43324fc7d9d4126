"""test_reconcile.py - reconcile: which rows and records it says differ, and in what."""
import json

import harness
import reconciled


def row(number, **changes):
    return {"lastName": f"Last{number}", "emailAddress": f"lead{number}@example.com",
            "description": f"text {number}", **changes}


class Classes(reconciled.Reconciled):
    """Every class, by either strategy."""

    def fill(self):
        self.ids = {i: self.make(**row(i)) for i in range(8)}
        self.ids["twin"] = self.make(**row(3, lastName="Twin"))
        rows = [row(0), row(1, description="other"), row(3), row(4), row(5), row(5),
                row(6, emailAddress="no address"), row(7, emailAddress=""),
                row(9, lastName="New")]
        self.write_csv("leads.csv", rows)

    def check(self, run):
        changed, = self.differences(run, "different")
        self.assertEqual(changed["line"], 3)
        self.assertEqual(changed["id"], self.ids[1])
        self.assertEqual(changed["fields"], [["description", "text 1", "other"]])
        new, = self.differences(run, "onlyFile")
        self.assertEqual(new["values"]["lastName"], "New")
        several, first, second = self.differences(run, "ambiguous")
        self.assertEqual(set(several["candidates"]), {self.ids[3], self.ids["twin"]})
        self.assertEqual((first["sameAsLine"], second["sameAsLine"]), (7, 6))
        errors = [e for e in run.events() if e["type"] == "error"]
        self.assertEqual([(e["line"], e["code"]) for e in errors],
                         [(8, "EMAIL_INVALID"), (9, "MATCH_NONE")])

    def test_sweep(self):
        self.fill()
        run = self.reconcile("--strategy", "sweep")
        self.assertCounts(run, equal=2, different=1, onlyFile=1, ambiguous=3, failed=2,
                          onlyCrm=3)
        self.check(run)
        gone = {e["id"] for e in self.differences(run, "onlyCrm")}
        self.assertEqual(gone, {self.ids[2], self.ids[6], self.ids[7]})
        self.assertEqual(run.events()[-1]["fields"], {"description": 1})

    def test_lookup(self):
        self.fill()
        run = self.reconcile("--strategy", "lookup")
        self.assertCounts(run, equal=2, different=1, onlyFile=1, ambiguous=3, failed=2)
        self.check(run)
        self.assertNotIn("onlyCrm", run.events()[-1])

    def test_text(self):
        """What a person reads, and the diff."""
        self.fill()
        self.write("m.json", json.dumps(self.mapping))
        run = self.espoload("reconcile", "leads.csv", "-m", "m.json", server=self.server,
                            expect=1)
        self.assertIn("9 rows compared = 2 equal + 1 different + 1 only in the file + "
                      "3 ambiguous + 2 unreadable", run.err)
        self.assertIn("9 records in EspoCRM, of which 3 only there", run.err)
        self.assertIn("description: 1 row\n    line 3: text 1 -> other\n", run.err)
        self.assertIn("line 6: ambiguous: line 7 of the file", run.err)
        self.assertIn("line 8, emailAddress: EMAIL_INVALID", run.err)
        self.assertIn("espoload import leads.fix.csv -m leads.fix.json", run.err)
        rows = self.read_csv("leads.diff.csv")
        self.assertEqual([r["@@"] for r in rows], ["->", "+++", "---", "---", "---"])
        self.assertEqual(rows[0]["description"], "text 1->other")
        self.assertEqual(rows[0]["lastName"], "Last1")
        self.assertFalse((self.folder / "leads.csv.reconcile.checkpoint").exists())
        again = self.espoload("reconcile", "leads.csv", "-m", "m.json",
                              server=self.server, expect=2)
        self.assertIn("leads.diff.csv is there already", again.err)

    def test_strategy(self):
        """A small file against many records is looked up; both directions need a sweep."""
        self.fill()
        self.write_csv("leads.csv", [row(0)])
        run = self.reconcile()
        self.assertEqual(run.events()[-1]["strategy"], "lookup")
        self.assertEqual(run.code, 0)
        run = self.reconcile("--only", "crm")
        self.assertEqual(run.events()[-1]["strategy"], "sweep")
        self.assertCounts(run, equal=1, onlyCrm=8)
        run = self.reconcile("--only", "crm", "--strategy", "lookup", expect=2)
        self.assertIn("--strategy lookup cannot", run.err)

    def test_only(self):
        self.fill()
        for only, signs in (("file", ["+++"]), ("crm", ["---"] * 3), ("changed", ["->"])):
            run = self.reconcile("--only", only, "--strategy", "sweep")
            self.assertCounts(run, equal=2, different=1, onlyFile=1, ambiguous=3,
                              failed=2, onlyCrm=3)
            self.assertEqual([r["@@"] for r in self.read_csv("leads.diff.csv")], signs)
            self.assertEqual((self.folder / "leads.fix.csv").exists(), only != "crm")

    def test_reads_nothing_twice(self):
        """Nothing is written, and a key that may only read is enough."""
        self.fill()
        before = self.server.rows()
        self.reconcile("--strategy", "sweep", "--propose-deletes")
        self.assertEqual(self.server.rows(), before)
        requests = self.server.counts()["requests"]
        self.assertFalse([r for r in requests if r.split()[0] in ("PUT", "DELETE")],
                         requests)


class Restricted(reconciled.Reconciled):
    """A user who reads his own records only knows of none that it is missing."""

    weak = "weak-key-3c8f1d2a77"  # its role reads its own contacts only
    server_options = ("--weak-key", weak)
    mapping = {**reconciled.Reconciled.mapping, "entityType": "Contact"}

    def test_hidden(self):
        self.make("Contact", **row(0))
        self.write_csv("leads.csv", [row(0), row(1)])
        self.write("m.json", json.dumps(self.mapping))
        for strategy in ("sweep", "lookup"):
            run = self.espoload("reconcile", "leads.csv", "-m", "m.json", "--force",
                                "--strategy", strategy, server=self.server, key=self.weak,
                                expect=1)
            self.assertIn("2 rows compared = 0 equal + 0 different + 2 only in", run.err)
            self.assertIn("espoload_weak may not read every Contact", run.err)
            self.assertTrue((self.folder / "leads.diff.csv").exists())
            self.assertFalse((self.folder / "leads.fix.csv").exists(), run)
        run = self.espoload("reconcile", "leads.csv", "-m", "m.json", "--force", "--json",
                            "--toward", "file", server=self.server, key=self.weak,
                            expect=1)
        self.assertFalse(run.events()[-1]["readsAll"])
        self.assertEqual(len(self.read_csv("leads.corrected.csv")), 2)
        run = self.reconcile()
        self.assertTrue(run.events()[-1]["readsAll"])
        self.assertCounts(run, equal=1, onlyFile=1)


class Comparing(reconciled.Reconciled):
    """What counts as equal."""

    server_options = ("--metadata-variant", "custom")

    def one(self, record, cells, *options, **changes):
        """The fields in which a record and a row differ."""
        self.server.reset()
        self.make(emailAddress="a@b.example", lastName="L", **record)
        cells = {"emailAddress": "a@b.example", "lastName": "L", **cells}
        self.write_csv("leads.csv", [cells])
        run = self.reconcile("--strategy", "sweep", *options, **changes)
        return [f[0] for e in self.differences(run, "different") for f in e["fields"]]

    def test_by_type(self):
        equal = [
            ({"opportunityAmount": 1234.5, "opportunityAmountCurrency": "USD"},
             {"opportunityAmount": "1234.50", "opportunityAmountCurrency": "USD"}),
            ({"cCDecimal": "12.3400"}, {"cCDecimal": "12.34"}),
            ({"cCDateTime": "2026-06-01 10:00:00"},
             {"cCDateTime": "2026-06-01T12:00:00+02:00"}),
            ({"cCMulti": ["Red", "Blue"]}, {"cCMulti": "Blue,Red"}),
            ({"doNotCall": True}, {"doNotCall": "yes"}),
            ({"phoneNumber": "+493012345678"}, {"phoneNumber": "+49 30 12345678"}),
            ({}, {"emailAddress": "A@B.example"}),
            ({"description": None}, {"description": ""}),
        ]
        for record, cells in equal:
            self.assertEqual(self.one(record, cells), [], (record, cells))
        different = [
            ({"cCFloat": 0.1}, {"cCFloat": "0.10001"}, "cCFloat"),
            ({"cCDateTime": "2026-06-01 10:00:00"},
             {"cCDateTime": "2026-06-01T12:00:00+01:00"}, "cCDateTime"),
            ({"cCMulti": ["Red", "Blue"]}, {"cCMulti": "Red"}, "cCMulti"),
            ({"cCMulti": ["Red"]}, {"cCMulti": "Blue,Red"}, "cCMulti"),
            ({"doNotCall": True}, {"doNotCall": "no"}, "doNotCall"),
            ({"description": "x"}, {"description": "X"}, "description"),
        ]
        for record, cells, field in different:
            self.assertEqual(self.one(record, cells), [field], (record, cells))

    def test_mapping(self):
        """The mapping's own formats and maps."""
        columns = [{"name": "Mail", "field": "emailAddress"},
                   {"name": "Betrag", "field": "cCFloat"},
                   {"name": "Datum", "field": "cCDate", "format": "%d.%m.%Y"},
                   {"name": "Stand", "field": "status",
                    "valueMap": {"neu": "New", "tot": "Dead"}, "onConflict": "keep"}]
        self.make(emailAddress="a@b.example", lastName="L", cCFloat=1234.5,
                  cCDate="2026-02-28", status="New")
        self.write_csv("leads.csv", [{"Mail": "a@b.example", "Betrag": "1.234,50",
                                      "Datum": "28.02.2026", "Stand": "neu"}])
        defaults = {"decimalChar": ",", "groupChar": "."}
        run = self.reconcile(columns=columns, defaults=defaults)
        self.assertEqual(run.code, 0, run)
        self.write_csv("leads.csv", [{"Mail": "a@b.example", "Betrag": "1.234,50",
                                      "Datum": "28.02.2026", "Stand": "tot"}])
        run = self.reconcile(columns=columns, defaults=defaults)
        fields, = [e["fields"] for e in self.differences(run, "different")]
        self.assertEqual(fields, [["status", "New", "Dead"]])  # though an import keeps it

    def test_options(self):
        record, cells = {"description": "Some text"}, {"description": "  some TEXT "}
        self.assertEqual(self.one(record, cells), ["description"])
        self.assertEqual(self.one(record, cells, "--trim"), ["description"])
        self.assertEqual(self.one(record, cells, "--fold-case"), ["description"])
        self.assertEqual(self.one(record, cells, "--trim", "--fold-case"), [])
        self.assertEqual(self.one(record, cells, "--ignore", "description"), [])
        self.write_csv("leads.csv", [{"emailAddress": "a@b.example"}])
        run = self.reconcile("--ignore", "descripton", expect=2)
        self.assertIn("did you mean 'description'", run.err)

    def test_long_texts(self):
        """Lists cut texts after 10,000 characters."""
        text = "x" * 12000
        for strategy in ("sweep", "lookup"):
            self.assertEqual(self.one({"description": text}, {"description": text},
                                      "--strategy", strategy), [])
            self.assertEqual(self.one({"description": text}, {"description": text + "y"},
                                      "--strategy", strategy), ["description"])


class Matching(reconciled.Reconciled):
    """Which record a row is about."""

    def test_ladder(self):
        """The first rule that finds a record."""
        self.mapping = {**self.mapping, "match": [["emailAddress"],
                                                  ["firstName", "lastName"]]}
        self.make(firstName="Ann", lastName="One", emailAddress="ann@x.example")
        self.make(firstName="Bob", lastName="Two")
        rows = [{"emailAddress": "ann@x.example", "firstName": "Anna", "lastName": "One"},
                {"emailAddress": "bob@x.example", "firstName": "bob", "lastName": "TWO"}]
        self.write_csv("leads.csv", rows)
        for strategy in ("sweep", "lookup"):
            run = self.reconcile("--strategy", strategy)
            self.assertCounts(run, different=2)
            fields = [[f[0] for f in e["fields"]]
                      for e in self.differences(run, "different")]
            self.assertEqual(sorted(fields[0]), ["firstName"])
            self.assertEqual(sorted(fields[1]), ["emailAddress", "firstName", "lastName"])

    def test_key(self):
        """--key in place of the ladder; without any it is refused."""
        self.make(lastName="One", emailAddress="one@x.example")
        self.write_csv("leads.csv", [{"lastName": "One", "emailAddress": "two@x.example"}])
        self.assertCounts(self.reconcile("--strategy", "sweep"), onlyFile=1, onlyCrm=1)
        self.assertCounts(self.reconcile("--strategy", "sweep", "--key", "lastName"),
                          different=1)
        run = self.espoload("reconcile", "leads.csv", "-m", "Lead: *=*", "--force",
                            server=self.server, expect=2)
        self.assertIn("--key", run.err)

    def test_other_addresses(self):
        """Lists show one address of a record; a row may be told by another one."""
        self.make(lastName="Two", emailAddressData=[
            {"emailAddress": "first@x.example", "primary": True},
            {"emailAddress": "second@x.example", "primary": False}])
        self.write_csv("leads.csv", [{"lastName": "Two",
                                      "emailAddress": "Second@x.example"}])
        for strategy in ("sweep", "lookup"):
            run = self.reconcile("--strategy", strategy)
            self.assertCounts(run, equal=1)

    def test_where(self):
        """What is outside of the filter is neither missing nor made anew."""
        inside = self.make(lastName="In", emailAddress="in@x.example", status="New")
        self.make(lastName="Out", emailAddress="out@x.example", status="Dead")
        self.make(lastName="More", emailAddress="more@x.example", status="Dead")
        self.write_csv("leads.csv", [
            {"lastName": "In", "emailAddress": "in@x.example"},
            {"lastName": "Out!", "emailAddress": "out@x.example"},
            {"lastName": "Not", "emailAddress": "not@x.example"}])
        run = self.reconcile("--where", "status=New")
        self.assertCounts(run, equal=1, onlyFile=2)
        self.assertEqual(run.events()[-1]["records"], 1, inside)
        self.assertEqual(run.events()[-1]["outside"], 1)
        self.assertEqual([r["lastName"] for r in self.read_csv("leads.fix.csv")], ["Not"])

    def test_links(self):
        """A cell that names a record at the other end of a link."""
        info = self.server.control("GET", "info")
        name, user = next(iter(info["users"].items()))
        self.make(lastName="One", emailAddress="one@x.example", assignedUserId=user)
        self.make(lastName="Two", emailAddress="two@x.example")
        columns = [{"name": "lastName", "field": "lastName"},
                   {"name": "emailAddress", "field": "emailAddress"},
                   {"name": "Owner", "field": "assignedUserId",
                    "lookup": {"entityType": "User", "by": ["userName"],
                               "onNone": "create"}}]
        del columns[2]["lookup"]["onNone"]
        self.write_csv("leads.csv", [
            {"lastName": "One", "emailAddress": "one@x.example", "Owner": name},
            {"lastName": "Two", "emailAddress": "two@x.example", "Owner": name},
            {"lastName": "Tri", "emailAddress": "tri@x.example", "Owner": "nobody"}])
        run = self.reconcile("--strategy", "sweep", columns=columns)
        self.assertCounts(run, equal=1, different=1, failed=1)
        fields, = [e["fields"] for e in self.differences(run, "different")]
        self.assertEqual(fields, [["assignedUserId", None, user]])
        self.fix()
        self.assertCounts(self.reconcile(columns=columns), equal=2, failed=1)


harness.main()

"""test_reconcile_fix.py - the fix of a reconciliation: imported, nothing differs any more,
for every field type and for values that are out to break it."""
import harness
import hostile
import reconciled


class Fix(reconciled.Reconciled):
    server_options = ("--metadata-variant", "custom")

    def columns(self):
        """All that may be written; what is empty is to be cleared, where that is allowed."""
        names = [n for n in self.rows_of("world.csv")[0]
                 if n not in ("id", "name", "createdAt", "modifiedAt", "createdById",
                              "modifiedById", "teamsNames", "cCNumber", "streamUpdatedAt",
                              "convertedAt", "createdAccountId", "createdContactId",
                              "createdOpportunityId")]
        kept = ("opportunityAmountCurrency", "cCDecimalCurrency", "status", "lastName",
                "cCExt", "doNotCall", "emailAddressIsOptedOut", "emailAddressIsInvalid",
                "phoneNumberIsOptedOut", "phoneNumberIsInvalid", "cCReq")
        return [{"name": n, "field": n, **({} if n in kept else {"empty": "null"})}
                for n in names]

    def records(self):
        info = self.server.control("GET", "info")
        return hostile.LEADS + [
            {"lastName": "Linked", "teamsIds": list(info["teams"].values()),
             "assignedUserId": list(info["users"].values())[0]}]

    def world(self, records):
        """The server with these records, and all of them in a file."""
        self.server.reset()
        for number, record in enumerate(records):
            self.make(**{**record, "title": f"T{number}"})
        self.espoload("export", "Lead", "-o", "world.csv", "--expand", "teams", "--force",
                      server=self.server)

    def test_all_types(self):
        """Each record gets the values of the next one: every field of every kind is set,
        changed and cleared somewhere."""
        records = self.records()
        self.world(records)
        self.mapping = {"version": 1, "entityType": "Lead", "match": [["title"]],
                        "columns": self.columns()}
        self.write("leads.csv", self.bytes_of("world.csv"))
        self.assertCounts(self.reconcile("--strategy", "sweep"), equal=len(records))
        self.world(records[1:] + records[:1])
        run = self.reconcile("--strategy", "sweep")
        summary = run.events()[-1]
        self.assertGreater(summary["different"], len(records) - 3)
        self.say(f"{len(summary['fields'])} fields differ")
        self.fix()
        run = self.reconcile("--strategy", "sweep")
        self.assertEqual(self.differences(run, "different"), [])
        self.assertCounts(run, equal=len(records))
        self.assertFalse((self.folder / "leads.fix.csv").exists())

    def test_creates(self):
        """Records that the CRM lacks; the fix applied twice makes none twice."""
        records = self.records()
        self.world(records)
        self.mapping = {"version": 1, "entityType": "Lead", "match": [["title"]],
                        "columns": self.columns()}
        self.write("leads.csv", self.bytes_of("world.csv"))
        self.write("again.csv", self.bytes_of("world.csv"))
        self.server.reset()
        self.assertCounts(self.reconcile("--strategy", "sweep"), onlyFile=len(records))
        self.fix()
        self.assertCounts(self.reconcile("--strategy", "sweep", name="again.csv"),
                          equal=len(records))
        self.assertEqual(self.fix().counts()["unchanged"], len(records))

    def test_word(self):
        """A value that is the word for clearing."""
        self.make(lastName="A", emailAddress="a@x.example", description="old")
        self.make(lastName="B", emailAddress="b@x.example", description="old")
        self.write_csv("leads.csv", [
            {"lastName": "A", "emailAddress": "a@x.example", "description": "(Clear)"},
            {"lastName": "B", "emailAddress": "b@x.example", "description": ""}])
        columns = [{"name": "description", "field": "description", "empty": "null"},
                   {"name": "*", "field": "*"}]
        self.reconcile(columns=columns)
        cells = [r["description"] for r in self.read_csv("leads.fix.csv")]
        self.assertEqual(cells, ["(Clear)", "(clear 1)"])
        self.fix()
        self.assertCounts(self.reconcile(columns=columns), equal=2)

    def test_addresses(self):
        """All e-mail addresses and phone numbers of a record, with types and marks."""
        self.make(lastName="A", title="a", emailAddressData=[
            {"emailAddress": "old@x.example", "primary": True},
            {"emailAddress": "gone@x.example", "primary": False}], phoneNumberData=[
            {"phoneNumber": "+493011111111", "primary": True, "type": "Mobile"}])
        self.make(lastName="B", title="b")
        columns = [{"name": "title", "field": "title"},
                   {"name": "lastName", "field": "lastName"},
                   {"name": "m1", "field": "emailAddressData", "mode": "replace"},
                   {"name": "m2", "field": "emailAddressData", "mode": "replace",
                    "optedOut": True},
                   {"name": "p1", "field": "phoneNumberData", "type": "Office",
                    "mode": "replace"},
                   {"name": "p2", "field": "phoneNumberData", "type": "Home",
                    "mode": "replace"}]
        self.write_csv("leads.csv", [
            {"title": "a", "lastName": "A", "m1": "new@x.example", "m2": "old@x.example",
             "p1": "+493011111111", "p2": "+493022222222"},
            {"title": "b", "lastName": "B", "m1": "b@x.example", "m2": "", "p1": "",
             "p2": "+493033333333"},
            {"title": "c", "lastName": "C", "m1": "c@x.example", "m2": "d@x.example",
             "p1": "+493044444444", "p2": ""}])
        for strategy in ("sweep", "lookup"):
            run = self.reconcile("--strategy", strategy, columns=columns,
                                 match=[["title"]])
            self.assertCounts(run, different=2, onlyFile=1)
        self.fix()
        run = self.reconcile(columns=columns, match=[["title"]])
        self.assertCounts(run, equal=3)

    def test_toward_file(self):
        """The file's own columns, formats and words, with what the CRM holds."""
        info = self.server.control("GET", "info")
        name, user = next(iter(info["users"].items()))
        columns = [{"name": "Mail", "field": "emailAddress"},
                   {"name": "Name", "split": {"pattern": "first last"},
                    "fields": ["firstName", "lastName"]},
                   {"name": "Betrag", "field": "cCFloat", "empty": "null"},
                   {"name": "Datum", "field": "cCDate", "format": "%d.%m.%Y"},
                   {"name": "Stand", "field": "status",
                    "valueMap": {"neu": "New", "tot": "Dead"}},
                   {"name": "Text", "field": "description", "empty": "null"},
                   {"name": "Wer", "field": "assignedUserId",
                    "lookup": {"entityType": "User", "by": ["userName", "name"]}}]
        self.mapping = {"version": 1, "entityType": "Lead", "match": [["emailAddress"]],
                        "columns": columns, "source": {"dialect": {"delimiter": ";"}},
                        "defaults": {"decimalChar": ",", "groupChar": "."}}
        self.make(emailAddress="a@x.example", firstName="Ann", lastName="A", cCFloat=1234.5,
                  cCDate="2026-02-28", status="Dead", description="a; \"b\"\nc")
        self.make(emailAddress="b@x.example", firstName="Bob", lastName="B")
        self.make(emailAddress="d@x.example", firstName="Dan", lastName="D", cCFloat=0.5,
                  assignedUserId=user)
        empty = {"Betrag": "", "Datum": "", "Stand": "", "Text": "", "Wer": "", "Rest": ""}
        self.write_csv("leads.csv", [
            {"Mail": "a@x.example", "Name": "Ann  A", **empty, "Betrag": "1.234,50",
             "Datum": "27.02.2026", "Stand": "neu", "Text": "x", "Rest": "kept"},
            {"Mail": "B@x.example", "Name": "Bob B", **empty, "Rest": "as it was"},
            {"Mail": "c@x.example", "Name": "Cy C", **empty},
            {"Mail": "no address", "Name": "", **empty}], delimiter=";")
        run = self.reconcile("--strategy", "sweep", "--toward", "file")
        self.assertCounts(run, different=1, equal=1, onlyFile=1, failed=1, onlyCrm=1)
        self.assertFalse((self.folder / "leads.fix.csv").exists())
        rows = self.read_csv("leads.corrected.csv", ";")
        self.assertEqual(rows[0], {
            "Mail": "a@x.example", "Name": "Ann  A", "Betrag": "1.234,50",
            "Datum": "28.02.2026", "Stand": "tot", "Text": "a; \"b\"\nc", "Wer": "",
            "Rest": "kept"})
        self.assertEqual(rows[1]["Mail"], "B@x.example")
        self.assertEqual(rows[1]["Rest"], "as it was")
        self.assertEqual(rows[2]["Mail"], "no address")
        self.assertEqual((rows[3]["Mail"], rows[3]["Betrag"]), ("d@x.example", "0,5"))
        self.assertEqual(len(rows), 4)
        self.write_csv("leads.csv", rows[:2] + rows[3:], delimiter=";")
        run = self.reconcile("--strategy", "sweep")
        self.assertCounts(run, equal=3)

    def test_deletes(self):
        for i in range(40):
            self.make(lastName=f"L{i}", emailAddress=f"l{i}@x.example")
        rows = [{"lastName": f"L{i}", "emailAddress": f"l{i}@x.example"} for i in range(40)]
        self.write_csv("leads.csv", rows[:38])
        delete = self.folder / "leads.delete.csv"
        self.assertCounts(self.reconcile("--strategy", "sweep"), equal=38, onlyCrm=2)
        self.assertFalse(delete.exists())
        for options, proposed in ((("--max-deletes", "1"), False),
                                  (("--max-deletes", "4%"), False),
                                  (("--max-deletes", "2"), True), ((), True)):
            run = self.reconcile("--propose-deletes", *options)
            self.assertEqual(delete.exists(), proposed, run)
            self.assertEqual(run.events()[-1]["deletesStopped"], not proposed)
        self.write_csv("leads.csv", rows[:37])
        self.reconcile("--propose-deletes")
        self.assertFalse(delete.exists(), "more than 5 %")
        self.write_csv("leads.csv", rows[:38] + [{"lastName": "X", "emailAddress": "?"}])
        run = self.reconcile("--propose-deletes")
        self.assertFalse(delete.exists(), "the row that cannot be read may be one of them")
        self.write_csv("leads.csv", rows[:38] + [{"lastName": "", "emailAddress": ""}])
        self.assertCounts(self.reconcile("--propose-deletes"), equal=38, failed=1,
                          onlyCrm=2)  # an empty row is about none
        self.assertEqual(self.fix(what="delete").counts()["deleted"], 2)
        self.assertCounts(self.reconcile("--strategy", "sweep"), equal=38, failed=1)


harness.main()

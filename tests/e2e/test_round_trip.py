"""test_round_trip.py - export, then import of that file: nothing changes, for every field
type and for values that are out to break it."""
import json

import exported
import harness

TEXTS = ["quote \" and 'single'", "line one\nline two", "cr\r\nlf", "=1+1", "+49 30",
         "-x", "@home", "007", "  blanks around  ", "a,b;c\td", "ünïcödé 😀", "\\N", "null",
         "x" * 10000, "y" * 25000, "\ufeffbom", "tab\tend", "percent %20 & <b>", "NaN", "-",
         "0", "false", "[\"looks\",\"like\"]", "{\"json\":1}", "1e5", "ends with \\"]

LEADS = [
    {"lastName": f"T{i}", "description": text} for i, text in enumerate(TEXTS)
] + [
    {"lastName": "Street", "addressStreet": "Road 1\nBack yard"},
    {"lastName": "Numbers", "cCInt": 7, "cCFloat": 0.1, "opportunityAmount": 1234.56,
     "opportunityAmountCurrency": "USD", "cCDecimal": "12.3400"},
    {"lastName": "Small", "cCFloat": 1e-7, "cCInt": 0, "cCDecimal": "0.1"},
    {"lastName": "Large", "cCFloat": 123456789012345.0, "cCInt": 100},
    {"lastName": "Negative", "cCFloat": -2.5},
    {"lastName": "Lists", "cCMulti": ["Red", "Blue"],
     "cCArray": ["a, b", "c;d", "[e]", "f \"g\"", "plain"], "cCChecklist": ["A"],
     "cCUrls": ["https://a.example/x,y", "https://b.example"]},
    {"lastName": "One", "cCArray": ["with, comma"], "cCMulti": ["Green"]},
    {"lastName": "Bracket", "cCArray": ["[x"]},
    {"lastName": "Times", "cCDate": "2026-02-28", "cCDateTime": "2026-10-25 00:30:00"},
    {"lastName": "Old", "cCDate": "1000-01-01", "cCDateTime": "9998-12-31 23:59:59"},
    {"lastName": "Bools", "doNotCall": True, "emailAddress": "b@x.example",
     "emailAddressIsOptedOut": True},
    {"lastName": "Enums", "status": "In Process", "source": "Web Site",
     "salutationName": "Dr."},
    {"lastName": "Urls", "website": "https://x.example/a?b=c&d=%C3%A4"},
    {"lastName": "Phone", "phoneNumber": "+493012345678"},
    {"lastName": "Empty", "description": "", "cCArray": [], "title": None},
    {"firstName": "Only", "lastName": "First and last", "middleName": "M"},
    {"lastName": "Id", "cCExt": "00012", "cCReq": "ABC"},
]


class RoundTrip(exported.Exported):
    server_options = ("--metadata-variant", "custom")

    def load(self, delimiter=","):
        """Imports what was exported; says that nothing would change."""
        self.write("m.json", json.dumps(self.mapping))
        plan = self.espoload("check", "out.csv", "-m", "m.json", "--plan", "plan.csv",
                             "--force", server=self.server)
        changes = [r for r in self.read_csv("plan.csv", delimiter)
                   if r["_action"] not in ("unchanged", "plan")]
        self.assertEqual(changes, [], plan)
        before = {r["id"]: r for r in self.server.rows()}
        run = self.espoload("import", "out.csv", "-m", "m.json", "--force",
                            server=self.server)
        self.assertEqual(run.counts()["unchanged"], run.counts()["rows"], run)
        self.assertEqual({r["id"]: r for r in self.server.rows()}, before)

    def fill(self):
        info = self.server.control("GET", "info")
        account = self.make("Account", name="Firm, \"quoted\"")
        for lead in LEADS:
            self.make(**lead)
        self.make(lastName="Linked", assignedUserId=list(info["users"].values())[0],
                  teamsIds=list(info["teams"].values()), createdAccountId=account)

    def all_columns(self):
        """Every attribute that may be written, and the id."""
        return list(self.rows_of()[0])

    def test_plain(self):
        """Names of attributes, the importer's own ways of reading."""
        self.fill()
        self.export("--expand", "teams")
        names = [n for n in self.all_columns()
                 if n not in ("createdAt", "modifiedAt", "createdById", "modifiedById",
                              "teamsNames", "cCNumber", "streamUpdatedAt", "convertedAt",
                              "createdAccountId", "createdContactId",
                              "createdOpportunityId")]
        self.mapping = {"version": 1, "entityType": "Lead", "operation": "update",
                        "match": [["id"]],
                        "columns": [{"name": n, "field": n} for n in names]}
        self.load()

    def test_mapping(self):
        """Through a mapping with formats of its own, guarded for a spreadsheet."""
        self.fill()
        columns = [{"name": "Id", "field": "id"}, {"name": "Last", "field": "lastName"},
                   {"name": "Text", "field": "description"},
                   {"name": "Float", "field": "cCFloat"},
                   {"name": "Int", "field": "cCInt"},
                   {"name": "Decimal", "field": "cCDecimal"},
                   {"name": "Amount", "field": "opportunityAmount"},
                   {"name": "Array", "field": "cCArray", "delimiter": ";"},
                   {"name": "Multi", "field": "cCMulti", "delimiter": "|"},
                   {"name": "Date", "field": "cCDate", "format": "%d.%m.%Y"},
                   {"name": "Time", "field": "cCDateTime",
                    "format": "%d.%m.%Y %H:%M:%S %z"},
                   {"name": "Call", "field": "doNotCall"},
                   {"name": "Status", "field": "status",
                    "valueMap": {"neu": "New", "in Arbeit": "In Process"}},
                   {"name": "Street", "field": "addressStreet"},
                   {"name": "Web", "field": "website"},
                   {"name": "Teams", "field": "teamsIds",
                    "lookup": {"entityType": "Team", "by": ["name"]}}]
        self.mapping = {"version": 1, "entityType": "Lead", "operation": "update",
                        "match": [["id"]], "columns": columns,
                        "source": {"formulaGuard": True,
                                   "dialect": {"delimiter": ";"}},
                        "defaults": {"decimalChar": ",", "timezone": "Europe/Berlin",
                                     "trueValues": ["ja"], "falseValues": ["nein"]}}
        self.write("m.json", json.dumps(self.mapping))
        run = self.export("-m", "m.json", "--excel", "--delimiter", ";")
        self.assertNotIn("would not be read back", run.err)
        self.load(";")


harness.main()

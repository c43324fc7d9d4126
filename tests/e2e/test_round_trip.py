"""test_round_trip.py - export, then import of that file: nothing changes, for every field
type and for values that are out to break it."""
import json

import exported
import harness
import hostile


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
        for lead in hostile.LEADS:
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

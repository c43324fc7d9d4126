"""test_labels.py - options by what people call them: labels in the user's language and in the
server's (German here), in any case; and what cannot be told is not guessed."""
import json

import harness
import planned


class Labels(planned.Planned):
    server_options = ("--metadata-variant", "custom")

    def values(self, field, cells, **column):
        """What each cell becomes: the stored value, or a code."""
        rows = [{"lastName": f"L{i}", "emailAddress": f"l{i}@l.example", field: cell}
                for i, cell in enumerate(cells)]
        self.server.reset()
        self.load(rows, self.mapping({"lastName": {}, "emailAddress": {},
                                      field: column}), expect=(0, 1))
        stored = {r["emailAddress"]: self.get(r["id"])[field] for r in self.server.rows()}
        return [stored.get(f"l{i}@l.example", result["_code"])
                for i, result in enumerate(self.results)]

    def test_status(self):
        cells = {"New": "New", "new": "New", "NEU": "New", "Zugewiesen": "Assigned",
                 "In Arbeit": "In Process", "in arbeit": "In Process",
                 "WIEDERERÖFFNET": "Recycled", "wiedereröffnet": "Recycled",
                 "Heiß": "ENUM_UNKNOWN", " Neu ": "New"}
        self.assertEqual(self.values("status", cells), list(cells.values()),
                         self.run_text)
        self.assertIn("'Heiß' is not an option of status", self.errors[0]["_message"])

    def test_source_and_industry(self):
        """Labels of the field itself, and of the field that its options are taken from."""
        cells = {"E-Mail": "Email", "anruf": "Call", "Webseite": "Web Site"}
        self.assertEqual(self.values("source", cells), list(cells.values()))
        label = json.loads((harness.SOURCE / "testdata/espo/i18n-default.json").read_text()
                           )["Account"]["options"]["industry"]["Banking"]
        self.assertNotEqual(label, "Banking")
        self.assertEqual(self.values("industry", [label, "banking"]), ["Banking"] * 2)

    def test_on_unknown(self):
        """null leaves the field empty; keep is refused, for EspoCRM would refuse it."""
        self.assertEqual(self.values("source", ["Anruf", "Messe"], onUnknown="null"),
                         ["Call", None])
        self.write_csv("k.csv", [{"lastName": "L", "source": "x"}])
        self.write("k.json", json.dumps(self.mapping({"lastName": {},
                                                      "source": {"onUnknown": "keep"}})))
        run = self.espoload("import", "k.csv", "-m", "k.json", server=self.server,
                            expect=2)
        self.assertIn("/columns/1/onUnknown", run.err)

    def test_value_map_first(self):
        """What the mapping says goes before what the label says."""
        self.assertEqual(
            self.values("status", ["Neu", "In Arbeit", "x"],
                        valueMap={"neu": "Dead"}, onUnknown="error"),
            ["Dead", "In Process", "VALUE_UNMAPPED"])

    def test_resumed(self):
        """The same labels hold for the rows that a resume sends."""
        rows = [{"lastName": f"L{i}", "status": "Zugewiesen"} for i in range(300)]
        self.server.fault("status", status=401, method="POST", every=40)
        self.load(rows, self.mapping({"lastName": {}, "status": {}}), "-j", "1", expect=4)
        self.server.clear_faults()
        self.espoload("resume", f"{self.name}.csv.checkpoint", server=self.server)
        self.assertEqual({self.get(r["id"])["status"] for r in self.server.rows()},
                         {"Assigned"})
        self.assertEqual(self.server.stored(), 300)


if __name__ == "__main__":
    harness.main()

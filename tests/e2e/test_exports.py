"""test_exports.py - what other systems export, through the mappings that are shipped: every
row arrives, nothing is edited by hand; and once more changes nothing."""
import csv

import harness
import planned

EXPORTS = {  # sample and mapping: what it fills, and options
    "salesforce-lead": ("Lead", ()),
    "salesforce-contact": ("Contact", ()),
    "salesforce-account": ("Account", ()),
    "hubspot-contact": ("Contact", ()),
    "google-contacts": ("Contact", ()),
    "outlook-contacts": ("Contact", ("--encoding", "windows-1252")),
}


class Exports(planned.Planned):
    def import_sample(self, name, *options):
        """The counts."""
        file = f"{name}.csv"
        (self.folder / file).write_bytes(
            (harness.SOURCE / "testdata/csv/exports" / file).read_bytes())
        before = self.server.counts()
        run = self.espoload("import", file, "-m", harness.SOURCE / f"mappings/{name}.json",
                            "--force", "-y", *options, server=self.server)
        self.requests = self.since(before)
        self.text = str(run)
        return {place: n for place, n in run.counts().items() if n and place != "rows"}

    def test_all(self):
        for name, (entity_type, options) in EXPORTS.items():
            with self.subTest(name):
                self.server.reset()
                sample = harness.SOURCE / f"testdata/csv/exports/{name}.csv"
                encoding = "cp1252" if options else "utf-8-sig"
                with open(sample, encoding=encoding, newline="") as file:
                    rows = list(csv.DictReader(file))
                counts = self.import_sample(name, *options)
                self.assertEqual(counts, {"created": len(rows)}, self.text)
                self.assertEqual(self.server.stored(entity_type), len(rows))
                counts = self.import_sample(name, *options)
                self.assertEqual(counts, {"unchanged": len(rows)}, self.text)
                self.assertEqual(self.writes(), 0)

    def record(self, entity_type, mail):
        status, answer = self.server.api("GET", entity_type + "?maxSize=200")
        self.assertEqual(status, 200)
        found = [r["id"] for r in answer["list"] if r.get("emailAddress") == mail]
        self.assertEqual(len(found), 1)
        return self.get(found[0], entity_type)

    def test_salesforce(self):
        self.import_sample("salesforce-lead")
        lead = self.record("Lead", "zoe.loewe@zuerich.example")
        self.assertEqual(
            [lead[n] for n in ("firstName", "salutationName", "accountName", "status",
                               "source", "industry", "phoneNumber", "doNotCall",
                               "emailAddressIsOptedOut", "description")],
            ["Zoë", "Ms.", "Zürich Versicherung, AG", "In Process", "Web Site",
             "Insurance", "+41446681800", True, True,
             'She said "call again"; then\nhung up.'])
        lead = self.record("Lead", "jeffg@jackson.example")
        self.assertEqual((lead["phoneNumber"], lead["addressStreet"]),
                         ("+14155552671", "1234 Main St\nSuite 500"))

    def test_companies(self):
        """Made once from their names, and linked."""
        self.import_sample("hubspot-contact")
        self.assertEqual(self.server.stored("Account"), 1)
        one, other = (self.record("Contact", mail) for mail in
                      ("bh@hub.example", "maria.nunez@hub.example"))
        self.assertEqual(one["accountId"], other["accountId"])
        self.assertIsNotNone(one["accountId"])

    def test_google(self):
        """All addresses, the types of numbers from their labels."""
        self.import_sample("google-contacts")
        contact = self.record("Contact", "kai@goo.example")
        self.assertEqual([a["emailAddress"] for a in contact["emailAddressData"]],
                         ["kai@goo.example", "kai.home@goo.example"])
        contact = self.record("Contact", "ana.z@goo.example")
        self.assertEqual([(p["phoneNumber"], p["type"]) for p in
                          contact["phoneNumberData"]], [("+37052123456", "Mobile")])

    def test_outlook(self):
        self.import_sample("outlook-contacts", "--encoding", "windows-1252")
        contact = self.record("Contact", "g.weiss@out.example")
        self.assertEqual((contact["lastName"], contact["addressStreet"],
                          contact["phoneNumber"]),
                         ("Weiß", "Hauptstraße 5", "+492211234567"))


if __name__ == "__main__":
    harness.main()

"""test_flags.py - people who have opted out stay so, and addresses that bounce: no import
clears or moves what is recorded of an e-mail address or a phone number."""
import harness
import planned

EMAIL = ["emailAddress"]


class Flags(planned.Planned):
    def person(self, entity_type, last, mail, phone=None, out=True, invalid=False):
        more = {} if phone is None else {"phoneNumberData": [
            {"phoneNumber": phone, "primary": True, "optOut": out, "type": "Mobile"}]}
        return self.make(entity_type, lastName=last, emailAddressData=[
            {"emailAddress": mail, "primary": True, "optOut": out, "invalid": invalid}],
            **more)

    def recorded(self, mail, entity_type="Contact"):
        """What is recorded of an address, as its owner has it."""
        status, answer = self.server.api("GET", entity_type + "?maxSize=200")
        self.assertEqual(status, 200)
        found = set()
        for record in answer["list"]:
            for item in self.get(record["id"], entity_type)["emailAddressData"]:
                if item["emailAddress"].lower() == mail.lower():
                    found.add((item["optOut"], item["invalid"]))
        self.assertEqual(len(found), 1, found)
        return found.pop()

    def test_the_server_clears_them(self):
        """What this is about: a plain POST by another client."""
        self.person("Contact", "Out", "out@g.example")
        self.assertEqual(self.recorded("out@g.example"), (True, False))
        self.make("Lead", lastName="L", emailAddress="out@g.example")
        self.assertEqual(self.recorded("out@g.example"), (False, False))

    def test_create(self):
        """Of other entity types, in any case, as a second address; with match and without."""
        self.person("Contact", "Out", "out@g.example", "+49301112233")
        self.person("Contact", "Bad", "Bad@g.example", out=False, invalid=True)
        self.make("Account", name="Firm", emailAddressData=[
            {"emailAddress": "first@g.example", "primary": True},
            {"emailAddress": "second@g.example", "primary": False, "optOut": True}])
        rows = [{"lastName": "A", "emailAddress": "OUT@g.example", "phoneNumber": ""},
                {"lastName": "B", "emailAddress": "bad@g.example", "phoneNumber": ""},
                {"lastName": "C", "emailAddress": "second@g.example", "phoneNumber": ""},
                {"lastName": "D", "emailAddress": "first@g.example", "phoneNumber": ""},
                {"lastName": "E", "emailAddress": "new@g.example", "phoneNumber": ""},
                {"lastName": "F", "emailAddress": "", "phoneNumber": "+49 30 1112233"}]
        columns = {"lastName": {}, "emailAddress": {}, "phoneNumber": {}}
        for match in ({}, {"match": [EMAIL]}, {"match": [EMAIL], "operation": "upsert"}):
            with self.subTest(**match):
                counts = self.load(rows, self.mapping(columns, **match))
                self.assertEqual(counts, {"created": 6}, self.run_text)
                self.assertEqual(self.recorded("out@g.example"), (True, False))
                self.assertEqual(self.recorded("bad@g.example"), (False, True))
                self.assertEqual(self.recorded("second@g.example", "Account"),
                                 (True, False))
                self.assertEqual(self.recorded("first@g.example", "Account"),
                                 (False, False))
                leads = {r["lastName"]: self.get(r["id"]) for r in self.server.rows()}
                self.assertEqual([leads[n]["emailAddressIsOptedOut"] for n in "ABCDE"],
                                 [True, False, True, False, False])
                self.assertTrue(leads["F"]["phoneNumberIsOptedOut"])
                for lead in leads.values():
                    self.server.api("DELETE", f"Lead/{lead['id']}")

    def test_change(self):
        """A new address does not take the flags of the old one along; one that is opted
        out stays so when somebody else gets it."""
        opted = self.person("Lead", "Opted", "old@g.example")
        fine = self.person("Lead", "Fine", "fine@g.example", out=False)
        self.person("Contact", "Out", "out@g.example")
        rows = [{"lastName": "Opted", "emailAddress": "new@g.example"},
                {"lastName": "Fine", "emailAddress": "out@g.example"}]
        counts = self.load(rows, self.mapping({"lastName": {}, "emailAddress": {}},
                                              operation="update", match=[["lastName"]]))
        self.assertEqual(counts, {"updated": 2}, self.run_text)
        self.assertFalse(self.get(opted)["emailAddressIsOptedOut"])
        self.assertTrue(self.get(fine)["emailAddressIsOptedOut"])
        self.assertEqual(self.recorded("out@g.example"), (True, False))
        counts = self.load(rows, self.mapping({"lastName": {}, "emailAddress": {}},
                                              operation="update", match=[["lastName"]]))
        self.assertEqual(counts, {"unchanged": 2}, self.run_text)

    def test_columns(self):
        """A file may say who has opted out; it cannot say that somebody has not."""
        self.person("Contact", "Out", "out@g.example")
        stays = self.person("Lead", "Stays", "stays@g.example")
        gets = self.person("Lead", "Gets", "gets@g.example", out=False)
        columns = {"lastName": {}, "emailAddress": {}, "emailAddressIsOptedOut": {}}
        rows = [{"lastName": last, "emailAddress": f"{last.lower()}@g.example",
                 "emailAddressIsOptedOut": out}
                for last, out in (("Out", "no"), ("Stays", "no"), ("Gets", "yes"),
                                  ("New", "yes"), ("Fine", "no"), ("Plain", ""))]
        mapping = self.mapping(columns, operation="upsert", match=[EMAIL])
        counts = self.load(rows, mapping)
        self.assertEqual(counts, {"created": 4, "updated": 1, "unchanged": 1},
                         self.run_text)
        self.assertEqual(self.recorded("out@g.example"), (True, False))
        self.assertTrue(self.get(stays)["emailAddressIsOptedOut"])
        self.assertTrue(self.get(gets)["emailAddressIsOptedOut"])
        leads = {r["lastName"]: self.get(r["id"])["emailAddressIsOptedOut"]
                 for r in self.server.rows()}
        self.assertEqual((leads["Out"], leads["New"], leads["Fine"], leads["Plain"]),
                         (True, True, False, False))
        self.assertEqual(self.load(rows, mapping), {"unchanged": 6}, self.run_text)

    def test_lost_answers(self):
        """Rows whose answers are lost are known again, flags and all."""
        for i in range(0, 60, 4):
            self.person("Contact", f"C{i}", f"x{i}@g.example")
        self.via = harness.Proxy(self, self.server, "swallow,method=POST,every=6",
                                 "black-hole,then=close,method=POST,every=11")
        rows = [{"lastName": f"L{i}", "emailAddress": f"x{i}@g.example"}
                for i in range(60)]
        counts = self.load(rows, self.mapping({"lastName": {}, "emailAddress": {}}),
                           "--settle", "0.3")
        self.assertEqual(counts, {"created": 60}, self.run_text)
        self.assertEqual(self.server.stored(), 60)
        for i in range(0, 60, 4):
            self.assertEqual(self.recorded(f"x{i}@g.example"), (True, False))

    def test_few_requests(self):
        """A handful of look-ups for 200 rows."""
        rows = [{"lastName": f"L{i}", "emailAddress": f"x{i}@g.example"}
                for i in range(1000)]
        self.load(rows, self.mapping({"lastName": {}, "emailAddress": {}}))
        asked = sum(n for kind, n in self.requests.items() if kind.startswith("GET ")
                    and kind.split()[1] in ("Lead", "Contact", "Account", "User"))
        self.assertLess(asked, 70, self.requests)

    def test_addresses_that_just_do_not_fit(self):
        """200 of these addresses are a few more than a URL holds. A batch is as large as
        what it holds then: not two requests for each."""
        rows = [{"lastName": f"L{i}", "emailAddress": f"somebody.{i:06}@longish.example"}
                for i in range(3000)]
        self.load(rows, self.mapping({"lastName": {}, "emailAddress": {}}))
        self.assertGreaterEqual(self.requests["GET Contact"], 15)
        self.assertLess(self.requests["GET Contact"], 26, self.requests)


if __name__ == "__main__":
    harness.main()

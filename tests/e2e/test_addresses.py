"""test_addresses.py - several e-mail addresses and phone numbers of one record: types,
marks, what is there already, and what becomes of lost answers."""
import harness
import planned

MAIL, MORE = ("Mail", "emailAddress"), ("Mail 2", "emailAddressData")
PHONE, MOBILE, THIRD = (("Phone", "phoneNumber"), ("Mobile", "phoneNumberData"),
                        ("Phone 3", "phoneNumberData"))
OUT = {"optedOut": {"column": "Out"}}
TYPED = {"type": {"column": "Label", "valueMap": {"Work": "Office"}, "onUnknown": "null"}}


class Addresses(planned.Planned):
    def row(self, last, mail="", more="", out="", phone="", mobile="", third="",
            label=""):
        return {"lastName": last, "Mail": mail, "Mail 2": more, "Out": out,
                "Phone": phone, "Mobile": mobile, "Phone 3": third, "Label": label}

    def columns(self, **more):
        return {"lastName": {}, MAIL: more, MORE: OUT, PHONE: {"type": "Office"},
                MOBILE: {"type": "Mobile"}, THIRD: TYPED}

    def upsert(self, rows, match=(["emailAddress"], ["lastName"]), expect=0, **more):
        mapping = self.mapping(self.columns(**more), operation="upsert",
                               match=list(match))
        return self.load(rows, mapping, expect=expect)

    def mails(self, id):
        return [(a["emailAddress"].lower(), a["primary"], a["optOut"], a["invalid"])
                for a in self.get(id)["emailAddressData"]]

    def phones(self, id):
        return [(a["phoneNumber"], a["type"], a["primary"])
                for a in self.get(id)["phoneNumberData"]]

    def id_of(self, last):
        found = [r["id"] for r in self.server.rows() if r["lastName"] == last]
        self.assertEqual(len(found), 1, last)
        return found[0]

    def test_create(self):
        """All of them, each once, in one POST; what others have recorded stays."""
        self.make("Contact", lastName="Out", emailAddressData=[
            {"emailAddress": "Second@a.example", "primary": True, "optOut": True,
             "invalid": True}])
        rows = [self.row("A", "first@a.example", "second@a.example", "no", "+4930123450",
                         "+491712345678", "+493099999", "Work"),
                self.row("B", "b@a.example", "B@a.example", "yes"),
                self.row("C", "", "only@a.example", "yes", "", "", "+4930111", "Whatever")]
        self.assertEqual(self.upsert(rows), {"created": 3}, self.run_text)
        self.assertEqual(self.requests["POST Lead"], 3, self.requests)
        self.assertEqual(self.mails(self.id_of("A")), [
            ("first@a.example", True, False, False),
            ("second@a.example", False, True, True)])
        self.assertEqual(self.phones(self.id_of("A")), [
            ("+4930123450", "Office", True), ("+491712345678", "Mobile", False),
            ("+493099999", "Office", False)])
        self.assertEqual(self.mails(self.id_of("B")), [("b@a.example", True, True, False)])
        self.assertEqual(self.mails(self.id_of("C")),
                         [("only@a.example", True, True, False)])
        self.assertEqual(self.phones(self.id_of("C")), [("+4930111", "Mobile", True)])
        self.assertEqual(self.upsert(rows), {"unchanged": 3}, self.run_text)
        self.assertNotIn("PUT Lead", self.requests)

    def test_several_in_one_cell(self):
        """The first is the primary one; no other column is needed for that."""
        mapping = self.mapping({"lastName": {}, MAIL: {"delimiter": ";"}},
                               operation="upsert", match=[["emailAddress"]])
        rows = [{"lastName": "A", "Mail": "a1@a.example; a2@a.example;A1@a.example;"},
                {"lastName": "B", "Mail": "b@a.example"},
                {"lastName": "C", "Mail": "c@a.example;none"}]
        self.assertEqual(self.load(rows, mapping, expect=1),
                         {"created": 2, "failed": 1}, self.run_text)
        self.assertEqual(self.mails(self.id_of("A")), [
            ("a1@a.example", True, False, False), ("a2@a.example", False, False, False)])
        self.assertEqual(self.mails(self.id_of("B")), [("b@a.example", True, False, False)])
        self.assertIn("'none'", self.run_text)
        self.assertEqual(self.load(rows[:2], mapping), {"unchanged": 2}, self.run_text)

    def person(self, last="P"):
        return self.make(lastName=last, emailAddressData=[
            {"emailAddress": f"{last.lower()}1@a.example", "primary": True,
             "optOut": False, "invalid": True},
            {"emailAddress": f"{last.lower()}2@a.example", "primary": False,
             "optOut": True, "invalid": False}], phoneNumberData=[
            {"phoneNumber": "+4930700", "type": "Home", "primary": True}])

    def test_append(self):
        """A new primary address leaves the old one, with its marks, as a further one; the
        address that a record was matched by never becomes its primary one."""
        p, q = self.person("P"), self.person("Q")
        rows = [self.row("P", "new@a.example", "p2@a.example", "no", "", "+491715"),
                self.row("Q", "q2@a.example", "q3@a.example")]
        self.assertEqual(self.upsert(rows), {"updated": 2}, self.run_text)
        self.assertEqual(sorted(self.mails(p)), [
            ("new@a.example", True, False, False), ("p1@a.example", False, False, True),
            ("p2@a.example", False, True, False)])
        self.assertEqual(self.phones(p), [("+4930700", "Home", True),
                                          ("+491715", "Mobile", False)])
        self.assertEqual(sorted(self.mails(q)), [
            ("q1@a.example", True, False, True), ("q2@a.example", False, True, False),
            ("q3@a.example", False, False, False)])
        self.assertEqual(self.upsert(rows), {"unchanged": 2}, self.run_text)

    def test_append_primary(self):
        """Where the column of the plain attribute appends, too, the primary one stays."""
        p = self.person()
        rows = [self.row("P", "new@a.example")]
        self.assertEqual(self.upsert(rows, [["lastName"]], mode="append"),
                         {"updated": 1}, self.run_text)
        self.assertEqual(sorted(self.mails(p)), [
            ("new@a.example", False, False, False), ("p1@a.example", True, False, True),
            ("p2@a.example", False, True, False)])

    def test_replace(self):
        """Those that the row does not have go; what stays keeps its marks."""
        p = self.person()
        rows = [self.row("P", "p2@a.example", "p3@a.example")]
        self.assertEqual(self.upsert(rows, [["lastName"]], mode="replace"),
                         {"updated": 1}, self.run_text)
        self.assertEqual(self.mails(p), [("p2@a.example", True, True, False),
                                         ("p3@a.example", False, False, False)])
        self.assertEqual(self.upsert(rows, [["lastName"]], mode="replace"),
                         {"unchanged": 1}, self.run_text)

    def test_conflicts(self):
        """onConflict holds for addresses, too."""
        for rule, want in (("fillBlank", {"unchanged": 1}), ("keep", {"unchanged": 1}),
                           ("error", {"failed": 1})):
            with self.subTest(rule):
                p = self.person(rule)
                columns = {"lastName": {}, MAIL: {"onConflict": rule},
                           MORE: {"onConflict": rule}}
                rows = [{"lastName": rule, "Mail": "x@a.example", "Mail 2": ""}]
                self.assertEqual(
                    self.load(rows, self.mapping(columns, operation="update",
                                                 match=[["lastName"]]),
                              expect="failed" in want), want, self.run_text)
                self.assertEqual(len(self.mails(p)), 2)

    def test_duplicate_updated(self):
        """EspoCRM names the record, once for each of its addresses."""
        p = self.person()
        columns = {"lastName": {}, MAIL: {}, MORE: {}}
        rows = [{"lastName": "P", "Mail": "p1@a.example", "Mail 2": "p9@a.example"}]
        counts = self.load(rows, self.mapping(columns, onDuplicate="update"))
        self.assertEqual(counts, {"updated": 1}, self.run_text)
        self.assertEqual(sorted(self.mails(p)), [
            ("p1@a.example", True, False, True), ("p2@a.example", False, True, False),
            ("p9@a.example", False, False, False)])

    def test_merged_rows(self):
        """Rows of one key give all their addresses."""
        rows = [{"lastName": "M", "Mail": "m@a.example", "Mail 2": "m1@a.example"},
                {"lastName": "M", "Mail": "", "Mail 2": "m2@a.example"},
                {"lastName": "M", "Mail": "", "Mail 2": ""}]
        columns = {"lastName": {}, MAIL: {}, MORE: {}}
        counts = self.load(rows, self.mapping(columns, operation="upsert",
                                              match=[["lastName"]], onRepeat="merge"))
        self.assertEqual(counts, {"created": 1, "skipped": 2}, self.run_text)
        self.assertEqual([a[:2] for a in self.mails(self.id_of("M"))],
                         [("m@a.example", True), ("m2@a.example", False)])

    def test_lost_answers(self):
        """Rows whose answers are lost are known again; rows that share one of their
        addresses never overlap."""
        self.via = harness.Proxy(self, self.server, "swallow,method=POST,every=6",
                                 "black-hole,then=close,method=POST,every=11")
        rows = [self.row(f"L{i}", f"x{i}@a.example", f"x{i + 1}@a.example", "",
                         "", f"+49171{1000 + i // 2}") for i in range(60)]
        mapping = self.mapping(self.columns(), onDuplicate="force")
        counts = self.load(rows, mapping, "--settle", "0.3")
        self.assertEqual(counts, {"created": 60}, self.run_text)
        self.assertEqual(self.server.stored(), 60)
        for i in (0, 17, 59):
            self.assertEqual([m[0] for m in self.mails(self.id_of(f"L{i}"))],
                             [f"x{i}@a.example", f"x{i + 1}@a.example"])


if __name__ == "__main__":
    harness.main()

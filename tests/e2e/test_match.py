"""test_match.py - the ladder: which record a row is about, and what is said when that is
not one, and not for sure."""
import harness
import planned

EMAIL, PHONE = ["emailAddress"], ["phoneNumber"]
NAMES = ["firstName", "lastName"]


class Ladder(planned.Planned):
    columns = {"emailAddress": {}, "phoneNumber": {"onConflict": "keep"},
               "firstName": {}, "lastName": {}, "title": {}}

    def upsert(self, match, columns=None, **root):
        root.setdefault("operation", "upsert")
        return self.mapping(columns or self.columns, match=match, **root)

    def row(self, **cells):
        return dict.fromkeys(self.columns, "") | cells

    def test_order_and_fallthrough(self):
        """The first rule whose cells are all filled and that finds one wins."""
        by_mail = self.make(lastName="One", emailAddress="one@m.example")
        by_phone = self.make(lastName="Two", phoneNumber="+49301234567")
        by_name = self.make(firstName="Tri", lastName="Three")
        rows = [
            self.row(emailAddress="one@m.example", phoneNumber="+49301234567", title="a"),
            self.row(emailAddress="new@m.example", phoneNumber="+49301234567", title="b"),
            self.row(firstName="Tri", lastName="Three", title="c"),
            self.row(firstName="Tri", lastName="Four", title="d"),
            self.row(lastName="Three", title="e"),
        ]
        counts = self.load(rows, self.upsert([EMAIL, PHONE, NAMES], onRepeat="inOrder"))
        self.assertEqual(counts, {"updated": 3, "created": 2}, self.run_text)
        self.assertIn("create or update Lead", self.run_text)
        self.assertIn("matched by emailAddress, else by phoneNumber, else by firstName + "
                      "lastName: a record that is there is updated where it differs; "
                      "rows about one record are written in their order", self.run_text)
        self.assertEqual([(r["_action"], r["_id"], r["_matchedBy"])
                          for r in self.results[:3]],
                         [("updated", by_mail, "emailAddress"),
                          ("updated", by_phone, "phoneNumber"),
                          ("updated", by_name, "firstName + lastName")])
        self.assertEqual([self.get(i)["title"] for i in (by_mail, by_phone, by_name)],
                         ["a", "b", "c"])
        # the rule that found nothing is not a key: its attribute is written
        self.assertEqual(self.get(by_phone)["emailAddress"], "new@m.example")

    def test_any_address(self):
        """A record is found by each of its addresses, and the key is not written back."""
        id = self.make(lastName="Many", emailAddressData=[
            {"emailAddress": "first@m.example", "primary": True},
            {"emailAddress": "second@m.example", "primary": False}],
            phoneNumberData=[{"phoneNumber": "+49301111111", "primary": True},
                             {"phoneNumber": "+49302222222", "primary": False}])
        counts = self.load([self.row(emailAddress="Second@M.example", title="x")],
                           self.upsert([EMAIL]))
        self.assertEqual(counts, {"updated": 1}, self.run_text)
        counts = self.load([self.row(phoneNumber="030 2222222", title="y")],
                           self.upsert([PHONE], defaults={"phoneCountry": "DE"}))
        self.assertEqual(counts, {"updated": 1}, self.run_text)
        record = self.get(id)
        self.assertEqual((record["emailAddress"], record["phoneNumber"], record["title"]),
                         ("first@m.example", "+49301111111", "y"))
        self.assertEqual(len(record["emailAddressData"]), 2)
        self.assertEqual(self.server.stored(), 1)

    def test_both_addresses_of_one_record(self):
        """One row has the address that lists show, another one that they do not."""
        id = self.make(lastName="Both", emailAddressData=[
            {"emailAddress": "shown@m.example", "primary": True},
            {"emailAddress": "hidden@m.example", "primary": False}])
        rows = [self.row(emailAddress="shown@m.example", title="by shown"),
                self.row(emailAddress="hidden@m.example", title="by hidden"),
                self.row(emailAddress="new@m.example", lastName="New")]
        counts = self.load(rows, self.upsert([EMAIL], onRepeat="inOrder"))
        self.assertEqual(counts, {"updated": 2, "created": 1}, self.run_text)
        self.assertEqual(self.get(id)["title"], "by hidden")
        self.assertEqual(self.server.stored(), 2)
        counts = self.load(rows, self.upsert([EMAIL]), expect=1)
        self.assertEqual(counts, {"updated": 1, "unchanged": 1, "failed": 1},
                         self.run_text)
        self.assertEqual(self.codes(), ["REPEATED"])

    def test_phone_by_digits(self):
        id = self.make(lastName="Dialled", phoneNumber="+49301234567")
        rows = [self.row(phoneNumber="+49 (30) 123-45 67", title="by digits")]
        counts = self.load(rows, self.upsert([PHONE]))
        self.assertEqual(counts, {"updated": 1}, self.run_text)
        self.assertEqual(self.get(id)["title"], "by digits")

    def test_blanks_and_case(self):
        """Blanks are collapsed and case is ignored; the record keeps its own spelling."""
        id = self.make(firstName="Anna Maria", lastName="van den Berg", title="same")
        rows = [self.row(firstName="  anna   MARIA ", lastName="Van  den\u00a0Berg",
                         title="same")]
        counts = self.load(rows, self.upsert([NAMES]))
        self.assertEqual(counts, {"unchanged": 1}, self.run_text)
        self.assertEqual(self.writes(), 0)
        self.assertEqual(self.get(id)["lastName"], "van den Berg")

    def test_collation_only(self):
        """What only the database takes for equal is not updated, and the row says so."""
        id = self.make(lastName="Müller", title="before")
        twin = self.make(lastName="Straße")
        rows = [self.row(lastName="Muller", title="after"),
                self.row(lastName="Strasse", title="after")]
        match = [["lastName"]]
        counts = self.load(rows, self.upsert(match), expect=1)
        self.assertEqual(counts, {"failed": 2}, self.run_text)
        self.assertEqual(self.codes(), ["MATCH_LOOSE"] * 2)
        for error, name, there in zip(self.errors, ("Müller", "Straße"), (id, twin)):
            self.assertIn("only EspoCRM's database", error["_message"])
            self.assertIn(name, error["_message"])
            self.assertIn(there, error["_message"])
        self.assertEqual(self.get(id)["title"], "before")
        self.assertEqual(self.writes(), 0)
        counts = self.load(rows[:1], self.upsert(match, onMatch="skip"))
        self.assertEqual(counts, {"skipped": 1}, self.run_text)
        self.assertEqual(self.results[0]["_matchedBy"], "lastName (for the database only)")

    def test_similar_beside_equal(self):
        """A record that is one row's by an equal key is still told to the row that is
        only similar, and to no other one."""
        self.make(lastName="Müller")
        rows = [self.row(lastName=name, title="x")
                for name in ("Müller", "Muller", "Möller", "Mueller", "Miller")]
        counts = self.load(rows, self.upsert([["lastName"]]), expect=1)
        self.assertEqual(counts, {"updated": 1, "failed": 1, "created": 3},
                         self.run_text)
        self.assertEqual([(e["_code"], e["lastName"]) for e in self.errors],
                         [("MATCH_LOOSE", "Muller")])

    def test_an_equal_one_outdoes_a_similar_one(self):
        self.make(lastName="Muller", title="other")
        id = self.make(lastName="Müller", title="before")
        counts = self.load([self.row(lastName="Müller", title="after")],
                           self.upsert([["lastName"]]))
        self.assertEqual(counts, {"updated": 1}, self.run_text)
        self.assertEqual(self.results[0]["_id"], id)

    def test_other_names_are_not_drawn_in(self):
        """A record that differs by the collation is held against the row that is like it,
        not against every row with as many letters."""
        self.make(lastName="Семён")
        rows = [self.row(lastName=name) for name in ("Семен", "Павел", "Ольга", "Мария")]
        counts = self.load(rows, self.upsert([["lastName"]]), expect=(0, 1))
        self.assertEqual(counts.get("created"), len(rows) - counts.get("failed", 0))
        self.assertLessEqual(counts.get("failed", 0), 1, self.run_text)

    def test_many(self):
        ids = [self.make(lastName="Twice", firstName=f) for f in ("A", "B", "C")]
        rows = [self.row(lastName="twice", title="new")]
        columns = {"lastName": {}, "title": {}}
        counts = self.load(rows, self.upsert([["lastName"]], columns), expect=1)
        self.assertEqual(counts, {"failed": 1}, self.run_text)
        self.assertEqual(self.codes(), ["MATCH_MANY"])
        for id in ids:
            self.assertIn(id, self.errors[0]["_message"])
        self.assertEqual(self.writes(), 0)
        counts = self.load(rows, self.upsert([["lastName"]], columns,
                                             onManyMatches="skip"))
        self.assertEqual(counts, {"skipped": 1}, self.run_text)
        self.assertEqual(self.writes(), 0)
        counts = self.load(rows, self.upsert([["lastName"]], columns,
                                             onManyMatches="first"))
        self.assertEqual(counts, {"updated": 1}, self.run_text)
        oldest = min(ids, key=lambda id: (self.get(id)["createdAt"], id))
        self.assertEqual(self.results[0]["_id"], oldest)
        self.assertEqual([self.get(id).get("title") for id in sorted(ids)].count("new"),
                         1)

    def test_on_match(self):
        columns = {"emailAddress": {}, "lastName": {}, "title": {}}
        rows = [{"emailAddress": "there@m.example", "lastName": "There", "title": "new"},
                {"emailAddress": "else@m.example", "lastName": "Else", "title": "new"}]
        for operation in ("create", "upsert"):
            self.server.reset()
            id = self.make(lastName="There", emailAddress="there@m.example", title="old")
            counts = self.load(rows, self.upsert([EMAIL], columns, onMatch="skip",
                                                 operation=operation))
            self.assertEqual(counts, {"skipped": 1, "created": 1}, self.run_text)
            self.assertEqual(self.results[0]["_id"], id)
            counts = self.load(rows, self.upsert([EMAIL], columns, onMatch="error",
                                                 operation=operation), expect=1)
            self.assertEqual(counts, {"failed": 2}, self.run_text)
            self.assertEqual(self.codes(), ["DUPLICATE"] * 2)
            self.assertIn(id, self.errors[0]["_message"])
            self.assertEqual(self.get(id)["title"], "old")
            self.assertEqual(self.writes(), 0)

    def test_by_id(self):
        """A known id is updated, an unknown one fails, an empty cell goes on."""
        id = self.make(lastName="Known", emailAddress="known@m.example")
        gone = self.make(lastName="Gone")
        self.server.api("DELETE", f"Lead/{gone}")
        columns = {("key", "id"): {}, "emailAddress": {}, "lastName": {}, "title": {}}
        rows = [{"key": id, "emailAddress": "", "lastName": "", "title": "by id"},
                {"key": gone, "emailAddress": "", "lastName": "X", "title": "no"},
                {"key": "5f0000000000000aa", "emailAddress": "", "lastName": "Y",
                 "title": "no"},
                {"key": "", "emailAddress": "fresh@m.example", "lastName": "Fresh",
                 "title": "new"}]
        counts = self.load(rows, self.upsert([["id"], EMAIL], columns), expect=1)
        self.assertEqual(counts, {"updated": 1, "failed": 2, "created": 1},
                         self.run_text)
        self.assertEqual(self.codes(), ["MATCH_NONE"] * 2)
        self.assertIn("id", self.errors[0]["_message"])
        self.assertEqual(self.get(id)["title"], "by id")
        self.assertEqual(self.server.stored(), 2)

    def test_all_keys_empty(self):
        """Nothing to match by: created, and EspoCRM's own check stays on."""
        self.make(firstName="Same", lastName="Name")
        rows = [self.row(firstName="Same", lastName="Name"),
                self.row(firstName="Other", lastName="Name")]
        counts = self.load(rows, self.upsert([EMAIL]), expect=1)
        self.assertEqual(counts, {"failed": 1, "created": 1}, self.run_text)
        self.assertEqual(self.codes(), ["DUPLICATE"])

    def test_new_rows_need_what_espocrm_requires(self):
        """An update may leave a required field out; a new record may not."""
        id = self.make(lastName="There", emailAddress="there@m.example")
        columns = {("key", "emailAddress"): {}, "title": {}}
        contact = self.mapping({"emailAddress": {}, "description": {}, "lastName": {}},
                               "Contact", operation="upsert", match=[EMAIL])
        counts = self.load([{"key": "there@m.example", "title": "x"}],
                           self.upsert([EMAIL], columns))
        self.assertEqual(counts, {"updated": 1}, self.run_text)
        self.assertEqual(self.get(id)["title"], "x")
        counts = self.load([{"emailAddress": "c@m.example", "description": "x",
                             "lastName": ""}], contact, expect=1)
        self.assertEqual(self.codes(), ["VALUE_REQUIRED"])


class Trouble(planned.Planned):
    """Look-ups that fail: nothing is written, and a resume does the rest."""

    rows = [{"emailAddress": f"t{i}@m.example", "lastName": f"T{i}"} for i in range(450)]

    def upsert(self):
        return self.mapping({"emailAddress": {}, "lastName": {}}, operation="upsert",
                            match=[EMAIL])

    def resumes(self):
        self.server.clear_faults()
        run = self.espoload("resume", f"{self.name}.csv.checkpoint", "--settle", "0.3",
                            server=self.server)
        self.assertEqual(self.read_outputs(run), {"created": len(self.rows)}, run)
        self.assertStored(self.server, self.rows, ("emailAddress", "lastName"))

    def fails(self, code, **fault):
        self.server.fault(method="GET", entity="Lead", **fault)
        counts = self.load(self.rows, self.upsert(), "--retries", "1", "--timeout", "2",
                           expect=code)
        self.assertEqual(sum(counts.values()), len(self.rows), self.run_text)
        self.assertEqual(counts.get("unprocessed", 0) + counts.get("created", 0),
                         len(self.rows), self.run_text)
        self.resumes()

    def test_500(self):
        self.fails(5, action="status", status=500, after=1)

    def test_403(self):
        self.fails(5, action="status", status=403, reason="no", after=1)

    def test_timeout(self):
        self.fails(5, action="hang", delayMs=60000)

    def test_cut(self):
        self.fails(5, action="truncate", after=2)

    def test_no_list(self):
        self.fails(5, action="status", status=200, body='{"total":1}',
                   contentType="application/json")

    def test_once(self):
        """One that fails and comes is no trouble at all."""
        self.server.fault("close", method="GET", entity="Lead", count=1)
        self.server.fault("status", method="GET", entity="Lead", count=1, status=503)
        counts = self.load(self.rows, self.upsert())
        self.assertEqual(counts, {"created": len(self.rows)}, self.run_text)

    def test_stopped(self):
        """Ctrl-C while the look-ups are under way."""
        import signal
        self.server.fault("slow", method="GET", entity="Lead", delayMs=1500)
        process = self.begin(self.rows, self.upsert())
        harness.wait_until("a look-up", lambda: self.server.counts()["faults"][0]["seen"])
        process.send(signal.SIGINT)
        counts = self.end(process, 130)
        self.assertEqual(counts, {"unprocessed": len(self.rows)}, self.run_text)
        self.resumes()


if __name__ == "__main__":
    harness.main()

"""test_own_records.py - a user whose role reads own records only. What such a user makes
and assigns to nobody no list shows again: that it is not shown proves nothing.
"""
import json

import harness
import planned

WEAK = "weak-key-7b20c4"
ME = "5e00000000000a003"
MADE = {"by": ["name"], "onNone": "create"}
SETTLE = ("--settle", "0.3")


def rows(count, **more):
    return [{"lastName": f"L{i}", "emailAddress": f"l{i}@x.example", **more}
            for i in range(count)]


class OwnRecords(planned.Planned):
    server_options = ("--weak-key", WEAK)

    def setUp(self):
        super().setUp()
        own = {"create": "yes", "read": "own", "edit": "own", "delete": "own"}
        self.server.set(assignmentPermission="all", weakRole={"Contact": own,
                                                               "Account": own})

    def lose(self, entity_type, **spec):
        self.server.fault("commit-then-close", method="POST", entity=entity_type, **spec)

    def plain(self, *more):
        return self.mapping({name: {} for name in ("lastName", "emailAddress", *more)},
                            "Contact", match=[["emailAddress"]])

    def assertOnce(self, entity_type, count):
        records = [r["name"] for r in self.server.rows(entity_type)]
        self.assertEqual(len(set(records)), count, records)
        self.assertEqual(len(records), count, records)

    def test_answers_lost(self):
        """Sent again, five of them would be there twice."""
        self.lose("Contact", every=4)
        counts = self.load(rows(20), self.plain(), *SETTLE, expect=1, key=WEAK)
        self.assertEqual(counts, {"created": 15, "unknown": 5}, self.run_text)
        self.assertOnce("Contact", 20)
        self.assertIn("your role does not show", self.errors[0]["_message"])
        self.assertIn("espoload_weak reads no more than own records of Contact",
                      self.run_text)

    def test_assigned_to_me(self):
        self.lose("Contact", every=4)
        counts = self.load(rows(20, assignedUserId=ME), self.plain("assignedUserId"),
                           *SETTLE, key=WEAK)
        self.assertEqual(counts, {"created": 20}, self.run_text)
        self.assertOnce("Contact", 20)

    def test_repeats(self):
        """A row that is about a record of this run finds it in no list."""
        file = rows(6) + rows(3)
        for policy, more in (("fail", {"failed": 3}), ("skip", {"skipped": 3}),
                             ("update", {"failed": 3})):
            with self.subTest(policy):
                mapping = self.plain()
                mapping["onDuplicate"] = policy
                before = self.server.stored("Contact")
                for row in file:
                    row["emailAddress"] = policy + row["emailAddress"]
                counts = self.load(file, mapping, expect=(0, 1), key=WEAK)
                self.assertEqual(counts, {"created": 6, **more}, self.run_text)
                self.assertEqual(self.server.stored("Contact"), before + 6)
                repeated = [r for r in self.results if r["_code"] == "REPEATED"]
                self.assertEqual(len(repeated), 3, self.run_text)
                self.assertRegex(repeated[0]["_message"], "line 2 of the file is about the "
                                 "same record [0-9a-f]{17}, which your role does not show")

    def test_repeats_by_another_address(self):
        """Or by an earlier rule than that of a record that is shown."""
        mapping = self.mapping({"lastName": {}, "emailAddress": {"delimiter": ";"}},
                               "Contact", match=[["emailAddress"], ["lastName"]],
                               operation="upsert")
        self.make("Contact", lastName="Shown", assignedUserId=ME)
        file = [{"lastName": "L", "emailAddress": "l@x.example;l2@x.example"},
                {"lastName": "M", "emailAddress": "l2@x.example"},
                {"lastName": "Shown", "emailAddress": "l@x.example"}]
        counts = self.load(file, mapping, expect=1, key=WEAK)
        self.assertEqual(counts, {"created": 1, "failed": 2}, self.run_text)
        self.assertEqual([r["_code"] for r in self.results], ["", "REPEATED", "REPEATED"])
        self.assertEqual(self.server.stored("Contact"), 2)

    def test_repeats_of_the_lost(self):
        """Whether the earlier row's record is there nobody can say."""
        self.lose("Contact", count=1)
        counts = self.load(rows(1) + rows(2), self.plain(), *SETTLE, expect=1, key=WEAK)
        self.assertEqual(counts, {"created": 1, "failed": 1, "unknown": 1}, self.run_text)
        self.assertOnce("Contact", 2)

    def test_none_can_be_made(self):
        """An account that is assigned to nobody could not be linked: none is made."""
        mapping = self.mapping({"lastName": {}, ("account", "accountId"):
                                {"lookup": MADE}}, "Contact", onDuplicate="force")
        self.write("m.json", json.dumps(mapping))
        self.write_csv("c.csv", [{"lastName": "C", "account": "Acme"}])
        for command in ("check", "import"):
            run = self.espoload(command, "c.csv", "-m", "m.json", server=self.server,
                                key=WEAK, expect=2)
            self.assertIn("reads only some of the Account records, and one that", run.err)
        self.assertEqual(self.server.stored("Account"), 0)
        self.assertEqual(self.server.stored("Contact"), 0)

    def test_made_for_a_link(self):
        """Where EspoCRM says that it assigns it to the user, and does not."""
        self.server.set(weakFields={"fieldTable": {"Account": {"assignedUser": {
            "read": "yes", "edit": "no"}}}})
        self.lose("Account", count=1)
        mapping = self.mapping({"lastName": {}, ("account", "accountId"):
                                {"lookup": MADE}}, "Contact", onDuplicate="force")
        contacts = [{"lastName": f"C{i}", "account": "Acme"} for i in range(5)]
        counts = self.load(contacts, mapping, *SETTLE, expect=1, key=WEAK)
        self.assertEqual(counts, {"failed": 5}, self.run_text)
        self.assertEqual(self.server.stored("Account"), 1)
        self.assertIn("your role does not show it", self.errors[0]["_message"])

    def test_undo(self):
        """What no list shows is not said to be gone."""
        hidden, shown = rows(3), rows(5, assignedUserId=ME)[3:]
        self.load([{**row, "assignedUserId": ""} for row in hidden] + shown,
                  self.plain("assignedUserId"), key=WEAK)
        run = self.espoload("undo", f"{self.name}.csv.checkpoint", "-y",
                            server=self.server, key=WEAK, expect=1)
        self.assertEqual(run.counts()["deleted"], 2, run)
        self.assertEqual(run.counts()["skipped"], 3, run)
        self.assertEqual(self.server.stored("Contact"), 3)
        kept = self.read_csv(f"{self.name}.undo.errors.csv")
        self.assertEqual([row["_code"] for row in kept], ["FORBIDDEN"] * 3)
        self.assertIn("or your role does not show it", kept[0]["_message"])
        run = self.espoload("undo", f"{self.name}.csv.checkpoint", "-y", "--force",
                            server=self.server)
        self.assertEqual(run.counts()["deleted"], 3, run)
        self.assertEqual(self.server.stored("Contact"), 0)

    def test_undo_of_made(self):
        """Somebody else's contact, which no list shows, may need the account."""
        self.server.set(weakRole={"Account": {level: "all" for level in
                                              ("read", "edit", "delete")}
                                  | {"create": "yes"}})
        mapping = self.mapping({"lastName": {}, "assignedUserId": {},
                                ("account", "accountId"): {"lookup": MADE}}, "Contact",
                               onDuplicate="force")
        self.load([{"lastName": "C", "assignedUserId": ME, "account": "Acme"}], mapping,
                  key=WEAK)
        run = self.espoload("undo", f"{self.name}.csv.checkpoint", "-y",
                            server=self.server, key=WEAK, expect=1)
        self.assertEqual(run.counts()["deleted"], 1, run)
        self.assertEqual(run.counts()["skipped"], 1, run)
        self.assertEqual(self.server.stored("Account"), 1)
        kept, = self.read_csv(f"{self.name}.undo.errors.csv")
        self.assertEqual(kept["_code"], "STILL_USED")
        self.assertIn("shows only some of the Contact records", kept["_message"])
        run = self.espoload("undo", f"{self.name}.csv.checkpoint", "-y", "--force",
                            server=self.server)
        self.assertEqual(run.counts()["deleted"], 1, run)
        self.assertEqual(self.server.stored("Account"), 0)


if __name__ == "__main__":
    harness.main()

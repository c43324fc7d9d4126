"""test_contact_title.py - a contact's title is the role in its link to the account, so
EspoCRM answers with a title that it forgets where there is no account."""
import json

import planned

SETTLE = ("--settle", "0.5", "--looks", "3")
COLUMNS = {"lastName": {}, "emailAddress": {}, "title": {},
           ("account", "accountId"): {"lookup": {"by": ["name"], "onNone": "create"}}}
BY_MAIL = {"operation": "upsert", "match": [["emailAddress"]]}


def person(name, title, account=""):
    return {"lastName": name, "emailAddress": f"{name}@t.example".lower(),
            "title": title, "account": account}


class ContactTitle(planned.Planned):
    def contacts(self):
        """{last name: (title, is there an account?)}, and no name twice."""
        records = [self.get(r["id"], "Contact") for r in self.server.rows("Contact")]
        found = {r["lastName"]: (r["title"], r["accountId"] is not None) for r in records}
        self.assertEqual(len(found), len(records))
        return found

    def told(self):
        return [(r["lastName"], r["_code"]) for r in self.results if r["_code"]]

    def undo(self, expect=0):
        run = self.espoload("undo", f"{self.name}.csv.checkpoint", "-y",
                            server=self.server, expect=expect)
        return {place: n for place, n in run.counts().items() if n and place != "rows"}

    def test_create(self):
        rows = [person("A", "Boss", "Acme"), person("B", "Clerk"), person("C", ""),
                person("D", "Chief", "Acme")]
        for more in ({}, BY_MAIL, {"match": [["emailAddress"]]}):
            with self.subTest(**more):
                counts = self.load(rows, self.mapping(COLUMNS, "Contact", **more), expect=1)
                self.assertEqual(counts, {"created": 4}, self.run_text)
                self.assertEqual(self.contacts(), {
                    "A": ("Boss", True), "B": (None, False), "C": (None, False),
                    "D": ("Chief", True)})
                self.assertEqual(self.told(), [("B", "NOT_STORED")])
                self.assertIn("only together with accountId", self.run_text)
                self.undo()
                self.assertEqual(self.contacts(), {})

    def test_check(self):
        """It is told before anything is sent."""
        rows = [person("A", "Boss", "Acme"), person("B", "Clerk"), person("C", "")]
        self.write_csv("c.csv", rows)
        for account in (True, False):
            columns = {k: v for k, v in COLUMNS.items()
                       if account or k != ("account", "accountId")}
            self.write("c.json", json.dumps(self.mapping(columns, "Contact")))
            run = self.espoload("check", "c.csv", "-m", "c.json", server=self.server)
            self.assertIn("row has a title but no accountId" if account
                          else "2 rows have a title but no accountId", run.err)
            self.assertIn("first in line 3" if account else "first in line 2", run.err)
            run = self.espoload("check", "c.csv", "-m", "c.json", "--json",
                                server=self.server)
            self.assertEqual(run.events()[-1]["notKept"], 1 if account else 2)

    def test_no_account_at_all(self):
        """A mapping without accounts, and without anything to ask the CRM for."""
        columns = {"lastName": {}, "title": {}}
        rows = [{"lastName": f"N{i}", "title": f"t{i % 2}"} for i in range(6)]
        counts = self.load(rows, self.mapping(columns, "Contact"), expect=1)
        self.assertEqual(counts, {"created": 6}, self.run_text)
        self.assertEqual([code for _, code in self.told()], ["NOT_STORED"] * 6)

    def test_change(self):
        """By what the record has: an account of its own is as good as one of the row's."""
        acme = self.make("Account", name="Acme")
        other = self.make("Account", name="Other")
        for name, account in (("A", acme), ("B", None), ("C", acme), ("D", acme)):
            self.make("Contact", lastName=name, accountId=account, title="old",
                      emailAddress=f"{name}@t.example".lower())
        before = self.contacts()
        self.assertEqual(before["B"], (None, False))
        rows = [person("A", "new"), person("B", "new"), person("C", "new", "Other"),
                person("D", "old", "Acme")]
        mapping = self.mapping(COLUMNS, "Contact", **BY_MAIL)
        counts = self.load(rows, mapping, expect=1)
        self.assertEqual(counts, {"updated": 2, "unchanged": 2}, self.run_text)
        self.assertEqual(self.contacts(), {"A": ("new", True), "B": (None, False),
                                           "C": ("new", True), "D": ("old", True)})
        self.assertEqual(self.told(), [("B", "NOT_STORED")])
        moved = [r for r in self.server.rows("Contact") if r["lastName"] == "C"]
        self.assertEqual(moved[0]["accountId"], other)
        checkpoint = self.name
        counts = self.load(rows, mapping, expect=1)
        self.assertEqual(counts, {"unchanged": 4}, self.run_text)
        self.name = checkpoint
        self.assertEqual(self.undo(), {"updated": 2})
        self.assertEqual(self.contacts(), before)

    def test_lost_answers(self):
        """Rows are told by what EspoCRM has kept of them."""
        rows = [{"lastName": f"L{i}", "title": "Boss", "account": ["", "Acme"][i % 2]}
                for i in range(20)]
        columns = {k: v for k, v in COLUMNS.items() if k != "emailAddress"}
        self.server.fault("commit-then-close", method="POST", entity="Contact", every=3)
        counts = self.load(rows, self.mapping(columns, "Contact"), *SETTLE, expect=1)
        self.assertEqual(counts, {"created": 20}, self.run_text)
        self.assertEqual(self.contacts(), {
            f"L{i}": (("Boss", True) if i % 2 else (None, False)) for i in range(20)})

    def test_reconcile(self):
        """A title that cannot be there is no difference."""
        acme = self.make("Account", name="Acme")
        self.make("Contact", lastName="A", emailAddress="a@t.example", accountId=acme,
                  title="old")
        self.make("Contact", lastName="B", emailAddress="b@t.example")
        columns = {"lastName": {}, "emailAddress": {}, "title": {}}
        self.write_csv("both.csv", [{k: v for k, v in person(n, "new").items()
                                     if k != "account"} for n in "AB"])
        self.write("both.json", json.dumps(self.mapping(columns, "Contact", **BY_MAIL)))
        run = self.espoload("reconcile", "both.csv", "-m", "both.json", "--json",
                            server=self.server, expect=1)
        summary = run.events()[-1]
        self.assertEqual((summary["different"], summary["equal"]), (1, 1), run)

    def test_export(self):
        acme = self.make("Account", name="Acme")
        self.make("Contact", lastName="A", accountId=acme, title="Boss")
        self.espoload("export", "Contact", "-o", "all.csv", server=self.server)
        self.assertEqual([r["title"] for r in self.read_csv("all.csv")], ["Boss"])


if __name__ == "__main__":
    planned.harness.main()

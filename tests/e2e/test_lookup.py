"""test_lookup.py - cells that name records at the other end of a link: found, refused,
left out, or made once."""
import collections
import sqlite3

import harness
import planned

SETTLE = ("--settle", "0.3")
SALES, SUPPORT = "5e0000000000007e1", "5e0000000000007e2"  # the server's teams


class Lookup(planned.Planned):
    def opportunities(self, lookup, **column):
        """A mapping of Opportunity, which no check for duplicates stands before."""
        return self.mapping(
            {"name": {}, "stage": {}, "amount": {}, "closeDate": {}, "amountCurrency": {},
             ("account", "accountId"): {"lookup": lookup, **column}}, "Opportunity")

    def rows(self, *accounts):
        return [{"name": f"O{i}", "stage": "Prospecting", "amount": "1",
                 "closeDate": "2030-01-01", "amountCurrency": "USD", "account": account}
                for i, account in enumerate(accounts)]

    def linked(self, attribute="accountId"):
        """{name of the row: what it links to}"""
        return {r["name"]: r.get(attribute) for r in self.server.rows("Opportunity")}

    def test_by_name(self):
        """Case and blanks do not matter; what is alike only for the collation does."""
        acme = self.make("Account", name="Acme Ltd")
        mueller = self.make("Account", name="Müller")
        rows = self.rows("Acme Ltd", "  ACME   ltd ", "", "Müller", "Muller", "Nobody")
        counts = self.load(rows, self.opportunities({"by": ["name"]}), expect=1)
        self.assertEqual(counts, {"created": 4, "failed": 2}, self.run_text)
        self.assertEqual(self.linked(),
                         {"O0": acme, "O1": acme, "O2": None, "O3": mueller})
        self.assertEqual(self.codes(), ["LOOKUP_NONE"] * 2)
        self.assertIn("only EspoCRM's database", self.errors[0]["_message"])
        self.assertIn(mueller, self.errors[0]["_message"])
        self.assertEqual((self.errors[1]["_field"], self.errors[1]["_value"]),
                         ("accountId", "Nobody"))

    def test_several_ways(self):
        """The attributes are tried in their order."""
        by_name = self.make("Account", name="One", emailAddress="acc1@l.example")
        by_mail = self.make("Account", name="Two", emailAddress="acc2@l.example")
        by_id = self.make("Account", name="Three")
        hidden = self.make("Account", name="Four", emailAddressData=[
            {"emailAddress": "acc4@l.example", "primary": True},
            {"emailAddress": "acc5@l.example", "primary": False}])
        rows = self.rows("one", "ACC2@l.example", by_id, "acc5@l.example",
                         "acc4@l.example")
        lookup = {"entityType": "Account", "by": ["id", "name", "emailAddress"]}
        counts = self.load(rows, self.opportunities(lookup))
        self.assertEqual(counts, {"created": 5}, self.run_text)
        self.assertEqual(self.linked(), {"O0": by_name, "O1": by_mail, "O2": by_id,
                                         "O3": hidden, "O4": hidden})

    def test_many(self):
        """All that it could be are named; or the oldest is taken."""
        ids = [self.make("Account", name="Twin") for _ in range(2)]
        counts = self.load(self.rows("Twin"), self.opportunities({"by": ["name"]}),
                           expect=1)
        self.assertEqual(counts, {"failed": 1}, self.run_text)
        self.assertEqual(self.codes(), ["LOOKUP_MANY"])
        for id in ids:
            self.assertIn(id, self.errors[0]["_message"])
        lookup = {"by": ["name"], "onMany": "first"}
        counts = self.load(self.rows("Twin"), self.opportunities(lookup))
        self.assertEqual(counts, {"created": 1}, self.run_text)
        self.assertIn(self.linked()["O0"], ids)

    def test_none(self):
        """error, null, skip; and null clears what an update finds."""
        acme = self.make("Account", name="Acme")
        rows = self.rows("Acme", "Nobody")
        for word, counts in (("error", {"created": 1, "failed": 1}),
                             ("null", {"created": 2}),
                             ("skip", {"created": 1, "skipped": 1})):
            for record in self.server.rows("Opportunity"):
                self.server.api("DELETE", f"Opportunity/{record['id']}")
            lookup = {"by": ["name"], "onNone": word}
            self.assertEqual(self.load(rows, self.opportunities(lookup), expect=(0, 1)),
                             counts, self.run_text)
            self.assertEqual(self.linked(), {"O0": acme} | (
                {"O1": None} if word == "null" else {}))
        self.assertIn("LOOKUP_NONE", self.why_skipped())
        mapping = self.mapping({"name": {}, ("account", "accountId"): {"lookup": {
            "by": ["name"], "onNone": "null"}}}, "Opportunity", operation="update",
            match=[["name"]])
        counts = self.load([{"name": "O0", "account": "Nobody"}], mapping)
        self.assertEqual(counts, {"updated": 1}, self.run_text)
        self.assertEqual(self.linked()["O0"], None)

    def why_skipped(self):
        """What the checkpoint holds of the last import."""
        with sqlite3.connect(self.folder / f"{self.name}.csv.checkpoint") as db:
            return [code for code, in db.execute("SELECT code FROM error")]

    def test_users(self):
        """By user name or name."""
        users = self.server.control("GET", "info")["users"]
        mapping = self.mapping({"lastName": {}, ("owner", "assignedUserId"): {
            "lookup": {"entityType": "User", "by": ["userName", "name"]}}})
        names = {r["userName"]: r["name"] for r in self.server.rows("User")}
        rows = [{"lastName": "U1", "owner": "joe"},
                {"lastName": "U2", "owner": names["joe"].upper()},
                {"lastName": "U3", "owner": "jane"}]
        counts = self.load(rows, mapping, expect=1)
        self.assertEqual(counts, {"created": 2, "failed": 1}, self.run_text)
        self.assertEqual([r["assignedUserId"] for r in self.server.rows()],
                         [users["joe"]] * 2)
        self.assertIn("userName or name", self.errors[0]["_message"])

    def test_create(self):
        """500 rows name one account that is not there, in several spellings: made once."""
        spellings = ("New  Corp", "new corp", " NEW CORP", "New Corp")
        rows = self.rows(*(spellings[i % 4] for i in range(500)))
        lookup = {"by": ["name"], "onNone": "create"}
        counts = self.load(rows, self.opportunities(lookup), "-j", "8")
        self.assertEqual(counts, {"created": 500}, self.run_text)
        self.assertMade({"New Corp": 500})
        counts = self.load(rows, self.opportunities(lookup))
        self.assertEqual(counts, {"created": 500}, self.run_text)
        self.assertMade({"New Corp": 1000})

    def assertMade(self, wanted):
        """There are these accounts, each once and with as many opportunities."""
        accounts = {r["id"]: " ".join(r["name"].split())
                    for r in self.server.rows("Account")}
        self.assertEqual(sorted(accounts.values()), sorted(wanted))
        links = collections.Counter(
            accounts[r["accountId"]] for r in self.server.rows("Opportunity"))
        self.assertEqual(links, wanted)

    def test_create_refused(self):
        self.server.fault("status", method="POST", entity="Account", status=403,
                          reason="Not for you")
        rows = self.rows("A", "B", "A", "")
        lookup = {"by": ["name"], "onNone": "create"}
        counts = self.load(rows, self.opportunities(lookup), expect=1)
        self.assertEqual(counts, {"failed": 3, "created": 1}, self.run_text)
        self.assertIn("Not for you", self.errors[0]["_message"])
        self.assertEqual(self.requests["POST Account"], 2)

    def test_create_fails_for_good(self):
        """A server that never manages to make it does not keep the run for ever."""
        self.server.fault("status", method="POST", entity="Account", status=500)
        lookup = {"by": ["name"], "onNone": "create"}
        counts = self.load(self.rows("A", ""), self.opportunities(lookup), *SETTLE,
                           expect=1)
        self.assertEqual(counts, {"failed": 1, "created": 1}, self.run_text)
        self.assertEqual(self.codes(), ["LOOKUP_NONE"])
        self.assertIn("500", self.errors[0]["_message"])

    def test_create_and_the_answer_is_lost(self):
        """The POST arrived, its answer did not: looked up, not sent again."""
        self.via = harness.Proxy(self, self.server,
                                 "swallow,method=POST,path=/Account,every=1,count=1")
        lookup = {"by": ["name"], "onNone": "create"}
        counts = self.load(self.rows(*["Lost Corp"] * 500), self.opportunities(lookup),
                           *SETTLE, "--timeout", "2")
        self.assertEqual(counts, {"created": 500}, self.run_text)
        self.assertMade({"Lost Corp": 500})
        self.assertEqual(self.requests["POST Account"], 1)

    def test_create_and_the_request_is_lost(self):
        """It never arrived: looked up until the settle time is over, then sent again."""
        self.server.fault("close", method="POST", entity="Account", count=1)
        lookup = {"by": ["name"], "onNone": "create"}
        counts = self.load(self.rows(*["Lost Corp"] * 300), self.opportunities(lookup),
                           *SETTLE)
        self.assertEqual(counts, {"created": 300}, self.run_text)
        self.assertMade({"Lost Corp": 300})

    def test_create_out_of_sight(self):
        """What was made is used, though look-ups do not show it."""
        self.server.fault("status", method="GET", entity="Account", status=200,
                          contentType="application/json", body='{"total":-2,"list":[]}')
        names = [f"Corp {i % 2}" for i in range(500)]
        lookup = {"by": ["name"], "onNone": "create"}
        counts = self.load(self.rows(*names), self.opportunities(lookup))
        self.assertEqual(counts, {"created": 500}, self.run_text)
        self.assertEqual(self.requests["POST Account"], 2)


class Teams(planned.Planned):
    """Sets of ids, by name: in place of what is there, or beside it."""

    columns = {"lastName": {}, "title": {}}

    def lead_mapping(self, mode, **lookup):
        return self.mapping({"lastName": {}, "title": {}, ("teams", "teamsIds"): {
            "delimiter": "|", "linkMultiple": mode,
            "lookup": {"entityType": "Team", "by": ["name"], **lookup}}},
            operation="upsert", match=[["lastName"]])

    def load_teams(self, mode, teams, title="", expect=0, **lookup):
        row = {"lastName": "Team player", "title": title, "teams": teams}
        return self.load([row], self.lead_mapping(mode, **lookup), expect=expect)

    def there(self):
        record = self.get(self.server.rows()[0]["id"])
        return sorted(record["teamsIds"]), record.get("title")

    def test_replace(self):
        self.assertEqual(self.load_teams("replace", "Sales|support"), {"created": 1})
        self.assertEqual(self.there(), ([SALES, SUPPORT], None))
        self.assertEqual(self.load_teams("replace", "Support|Sales"), {"unchanged": 1})
        self.assertEqual(self.load_teams("replace", "Support"), {"updated": 1})
        self.assertEqual(self.there(), ([SUPPORT], None))
        self.assertEqual(self.requests["PUT Lead"], 1)
        counts = self.load_teams("replace", "Support|Nobody", expect=1)
        self.assertEqual(counts, {"failed": 1}, self.run_text)
        self.assertEqual(self.codes(), ["LOOKUP_NONE"])

    def test_add(self):
        """Related, not replaced; a row with other changes takes both requests."""
        self.assertEqual(self.load_teams("add", "Sales"), {"created": 1})
        self.watch(method="POST", path="teams", contains=SUPPORT)
        self.watch(method="POST", path="teams", contains=SALES)
        self.assertEqual(self.load_teams("add", "Sales|Support"), {"updated": 1})
        self.assertEqual(self.watched(), [1, 0])  # those that are there are left out
        self.assertEqual(self.there(), ([SALES, SUPPORT], None))
        self.assertNotIn("PUT Lead", self.requests)
        self.assertEqual(self.load_teams("add", "Support"), {"unchanged": 1})
        self.assertEqual(self.writes(), 0)
        self.server.reset()
        self.make(lastName="Team player", teamsIds=[SALES])
        self.assertEqual(self.load_teams("add", "Support", title="new"), {"updated": 1})
        self.assertEqual(self.there(), ([SALES, SUPPORT], "new"))

    def test_add_and_the_answer_is_lost(self):
        self.make(lastName="Team player", teamsIds=[SALES])
        self.server.fault("commit-then-close", method="POST", path="teams", count=1)
        self.assertEqual(self.load_teams("add", "Support", title="new"), {"updated": 1})
        self.assertEqual(self.there(), ([SALES, SUPPORT], "new"))

    def test_add_refused_after_the_put(self):
        """The record was written, so the row is updated, and says what was not done."""
        self.make(lastName="Team player", teamsIds=[SALES])
        self.server.fault("status", method="POST", path="teams", status=403, reason="No")
        counts = self.load_teams("add", "Support", title="new", expect=1)
        self.assertEqual(counts, {"updated": 1}, self.run_text)
        self.assertIn("FORBIDDEN in column teams", self.run_text)
        self.assertEqual(self.there(), ([SALES], "new"))


class Kills(planned.Planned):
    stored = True

    def test_create(self):
        """`kill -9` while accounts are made: each is there once."""
        count, kills = harness.Setup.scaled((600, 30), (200, 10))
        names = [f"Corp {i // 10}" for i in range(count)]
        rows = [{"lastName": f"L{i}", "emailAddress": f"l{i}@l.example", "firm": name}
                for i, name in enumerate(names)]
        mapping = self.mapping(
            {"lastName": {}, "emailAddress": {}, ("firm", "accountId"): {
                "lookup": {"by": ["name"], "onNone": "create"}}}, "Contact",
            operation="upsert", match=[["emailAddress"]])
        self.server.set(delayMs=5)
        counts = self.load_killed(
            rows, mapping, SETTLE, kills,
            lambda done, left: done + (count * 1.1 - done) / left, pause=0.015)
        self.assertEqual(counts, {"created": count}, self.run_text)
        accounts = {r["id"]: r["name"] for r in self.server.rows("Account")}
        self.assertEqual(sorted(accounts.values()), sorted(set(names)))
        self.assertEqual({r["emailAddress"]: accounts[r["accountId"]]
                          for r in self.server.rows("Contact")},
                         {r["emailAddress"]: r["firm"] for r in rows})
        self.assertEqual(self.server.stored("Contact"), count)

    def done(self):
        requests = self.server.counts()["requests"]
        return requests.get("POST Contact", 0) + requests.get("POST Account", 0)


if __name__ == "__main__":
    harness.main()

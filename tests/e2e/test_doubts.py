"""test_doubts.py - doubts that are settled against odds: the server commits seconds after
the connection died, the look-ups fail, the run is killed in the middle of them.
"""
import harness
import planned

LATE_MS = 1200
SETTLE = ("--settle", "2.5")
SALES, SUPPORT = "5e0000000000007e1", "5e0000000000007e2"  # the server's teams
MADE = {"by": ["name"], "onNone": "create"}


class Doubts(planned.Planned):
    def late(self, method, entity="Lead", **spec):
        """The connection is closed at once, the work is done LATE_MS afterwards."""
        self.server.fault("delay-commit", delayMs=LATE_MS, method=method, entity=entity,
                          **spec)

    def contacts(self, count, account):
        return [{"lastName": f"C{i}", "account": account} for i in range(count)]

    def contact_mapping(self):
        return self.mapping({"lastName": {}, ("account", "accountId"): {"lookup": MADE}},
                            "Contact", onDuplicate="force")

    def assertMadeOnce(self, count):
        self.assertEqual(self.server.stored("Account"), 1)
        account = self.server.rows("Account")[0]["id"]
        self.assertEqual([r["accountId"] for r in self.server.rows("Contact")],
                         [account] * count)


class Late(Doubts):
    """Rows that are created: test_lost_answers, test_late."""

    def test_made_for_a_link(self):
        self.late("POST", "Account", count=1)
        counts = self.load(self.contacts(20, "Acme"), self.contact_mapping(), *SETTLE)
        self.assertEqual(counts, {"created": 20}, self.run_text)
        self.assertMadeOnce(20)

    def test_links_added(self):
        for i in range(10):
            self.make(lastName=f"L{i}", teamsIds=[SALES])
        mapping = self.mapping(
            {"lastName": {}, ("teams", "teamsIds"): {
                "delimiter": "|", "linkMultiple": "add",
                "lookup": {"entityType": "Team", "by": ["name"]}}},
            operation="upsert", match=[["lastName"]])
        self.late("PUT", every=3)
        counts = self.load([{"lastName": f"L{i}", "teams": "Support"} for i in range(10)],
                           mapping, *SETTLE, "--retries", "5")
        self.assertEqual(counts, {"updated": 10}, self.run_text)
        for row in self.server.rows():
            self.assertEqual(sorted(self.get(row["id"])["teamsIds"]), [SALES, SUPPORT])

    def test_deleted(self):
        for i in range(20):
            self.make(lastName=f"D{i}", emailAddress=f"d{i}@x.example")
        self.late("DELETE", every=4)
        mapping = self.mapping({"emailAddress": {}}, operation="delete",
                               match=[["emailAddress"]])
        rows = [{"emailAddress": f"d{i}@x.example"} for i in range(20)]
        counts = self.load(rows, mapping, *SETTLE, "--retries", "5")
        self.assertEqual(counts, {"deleted": 20}, self.run_text)
        self.assertEqual(self.server.stored(), 0)

    def test_undone(self):
        self.write_csv("leads.csv", harness.leads(20))
        self.import_csv("leads.csv", server=self.server)
        self.late("DELETE", every=4)
        run = self.espoload("undo", "leads.csv.checkpoint", "-y", "--retries", "5",
                            server=self.server)
        self.assertEqual(run.counts()["deleted"], 20, run)
        self.assertEqual(self.server.stored(), 0)


class Disturbed(Doubts):
    def looks(self, entity="Lead"):
        return self.server.counts()["requests"].get("GET " + entity, 0)

    def kill_while_settling(self, process, resume, entity="Lead", times=3):
        """All was sent. Killed once it is looked up, resumed, killed again; gives the
        last one, still running. A run that ends first has shown nothing, and fails."""
        for _ in range(times):
            begun = self.looks(entity)
            harness.wait_until("look-ups", lambda: self.looks(entity) > begun)
            self.assertTrue(process.running(), "it ended before it was killed")
            process.kill()
            self.processes.remove(process)
            process = self.start(*resume, server=self.via)
        return process

    def test_look_ups_fail(self):
        rows = harness.leads(60)
        self.write_csv("leads.csv", rows)
        self.server.fault("commit-then-close", method="POST", entity="Lead", every=5)
        self.server.fault("close", method="GET", entity="Lead", every=2)
        self.server.fault("status", status=500, method="GET", entity="Lead", every=3)
        run = self.import_csv("leads.csv", "--on-duplicate", "force", "--settle", "0.3",
                              "--retries", "8", server=self.server)
        self.assertEqual(run.counts()["created"], 60, run)
        self.server.clear_faults()
        self.assertStored(self.server, rows)

    def test_killed_while_settling(self):
        """Twelve rows in doubt, of which the server stores some late and some never."""
        rows = harness.leads(60)
        self.write_csv("leads.csv", rows)
        self.late("POST", every=7)
        self.server.fault("close", method="POST", entity="Lead", every=11)
        process = self.start_import("leads.csv", "--on-duplicate", "force", *SETTLE,
                                    server=self.server)
        harness.wait_until("POSTs", lambda: self.server.posts() >= 60)
        process = self.kill_while_settling(process, ["resume", "leads.csv.checkpoint"])
        run = self.finish(process, 0)
        self.assertEqual(run.counts()["created"], 60, run)
        self.assertStored(self.server, rows)
        self.assertResults(self.server, "leads.results.csv", 60)

    def test_killed_while_a_link_is_made(self):
        self.late("POST", "Account", count=1)
        process = self.begin(self.contacts(20, "Acme"), self.contact_mapping(), *SETTLE)
        harness.wait_until("the POST", lambda: self.server.posts("Account") == 1)
        process = self.kill_while_settling(
            process, ["resume", f"{self.name}.csv.checkpoint"], "Account", times=2)
        counts = self.end(process)
        self.assertEqual(counts, {"created": 20}, self.run_text)
        self.assertMadeOnce(20)


if __name__ == "__main__":
    harness.main()

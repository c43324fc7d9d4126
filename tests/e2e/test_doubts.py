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
        self.server.fault("delay-commit", method=method, entity=entity,
                          **{"delayMs": LATE_MS, **spec})

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


class Failing(Doubts):
    """The server fails at every change, for good: what the record holds tells."""

    server_options = ("--admin", "boss", "--admin-password", "e2e-password")

    def breaks(self, action, method, **spec):
        self.server.fault(action, status=500, method=method, entity="Lead", **spec)

    def people(self, **more):
        return [self.make(lastName=f"F{i}", emailAddress=f"f{i}@x.example", **more)
                for i in range(3)]

    def change(self, operation, expect):
        """Three rows; the counts, and what is said of them."""
        columns = {"emailAddress": {}}
        if operation == "update":
            columns.update({"title": {}, "description": {}})
        rows = [{"emailAddress": f"f{i}@x.example", "title": "new", "description": "d"}
                for i in range(3)]
        mapping = self.mapping(columns, operation=operation, match=[["emailAddress"]])
        return self.load([{c: r[c] for c in columns} for r in rows], mapping,
                         "--retries", "1", expect=expect)

    def undo(self, *options, **more):
        self.server.clear_faults()
        run = self.espoload("undo", f"{self.name}.csv.checkpoint", "-y", *options,
                            server=self.server, **more)
        return {place: n for place, n in run.counts().items() if n and place != "rows"}

    def test_updated_all_the_same(self):
        ids = self.people(title="old")
        self.breaks("commit-then-status", "PUT")
        self.assertEqual(self.change("update", 1), {"updated": 3}, self.run_text)
        self.assertEqual([self.get(id)["title"] for id in ids], ["new"] * 3)
        self.assertEqual({(r["_code"], r["_message"].partition(", but ")[2])
                          for r in self.results},
                         {("SERVER_ERROR", "the record holds all that was sent")})
        self.assertEqual(self.undo(), {"updated": 3})
        self.assertEqual([self.get(id)["title"] for id in ids], ["old"] * 3)

    def test_not_updated(self):
        ids = self.people(title="old")
        self.breaks("status", "PUT")
        self.assertEqual(self.change("update", 1), {"failed": 3}, self.run_text)
        self.assertEqual([self.get(id)["title"] for id in ids], ["old"] * 3)
        self.assertEqual({(r["_code"], r["_message"].partition(", and ")[2])
                          for r in self.errors},
                         {("SERVER_ERROR", "the record is as it was before")})

    def assertUnknown(self, ids, why):
        """Told with the record to look at."""
        self.assertEqual({r["_code"] for r in self.errors}, {"OUTCOME_UNKNOWN"})
        for id, row in zip(ids, self.errors, strict=True):
            self.assertIn(f", and {why}; look at {id}", row["_message"])

    def test_updated_in_part(self):
        """The record is neither as it was nor as it was sent. An undo sees to that."""
        ids = self.people(title="old", description="o")
        self.breaks("commit-then-status", "PUT", attribute="description")
        self.assertEqual(self.change("update", 1), {"unknown": 3}, self.run_text)
        self.assertEqual([(r["title"], r["description"]) for r in map(self.get, ids)],
                         [("new", "o")] * 3)
        self.assertUnknown(ids, "the record is neither as it was nor as it was sent")
        self.assertEqual(self.undo(), {"updated": 3})
        self.assertEqual([self.get(id)["title"] for id in ids], ["old"] * 3)

    def test_not_shown(self):
        """The record may not be read: nobody can say what became of it."""
        ids = self.people(title="old")
        self.breaks("status", "PUT")
        self.server.fault("status", status=403, reason="No read access.", method="GET",
                          path="Lead/")
        self.assertEqual(self.change("update", 1), {"unknown": 3}, self.run_text)
        self.assertUnknown(ids, "Lead records cannot be looked up: EspoCRM does not "
                                "allow it: No read access.")
        self.assertEqual(self.undo(), {"unchanged": 3})

    def test_deleted_all_the_same(self):
        ids = self.people()
        self.breaks("commit-then-status", "DELETE")
        self.assertEqual(self.change("delete", 1), {"deleted": 3}, self.run_text)
        self.assertEqual([self.get(id) for id in ids], [None] * 3)

    def test_not_deleted(self):
        """Whoever deletes them later has done so: they do not come back."""
        ids = self.people()
        self.breaks("status", "DELETE")
        self.assertEqual(self.change("delete", 1), {"failed": 3}, self.run_text)
        self.assertEqual([self.get(id) is None for id in ids], [False] * 3)
        self.server.clear_faults()
        self.server.api("DELETE", f"Lead/{ids[0]}")
        self.write("password", "e2e-password\n").chmod(0o600)
        self.undo("--user", "boss", "--password-file", "password", key=None)
        self.assertEqual([self.get(id) is None for id in ids], [True, False, False])

    def relate(self, action):
        """Two leads that hold a team get another: what they hold then."""
        ids = [self.make(lastName=f"L{i}", teamsIds=[SALES]) for i in range(2)]
        self.server.fault(action, status=500, method="POST", entity="Lead")
        mapping = self.mapping(
            {"lastName": {}, ("teams", "teamsIds"): {
                "linkMultiple": "add", "lookup": {"entityType": "Team", "by": ["name"]}}},
            operation="update", match=[["lastName"]])
        self.counts = self.load([{"lastName": f"L{i}", "teams": "Support"}
                                 for i in range(2)], mapping, *SETTLE, expect=1)
        return [sorted(self.get(id)["teamsIds"]) for id in ids]

    def test_related_all_the_same(self):
        self.assertEqual(self.relate("commit-then-status"), [[SALES, SUPPORT]] * 2)
        self.assertEqual(self.counts, {"updated": 2}, self.run_text)

    def test_not_related(self):
        """It is tried again, and does not hold the run up for ever."""
        self.assertEqual(self.relate("status"), [[SALES]] * 2)
        self.assertEqual(self.counts, {"failed": 2}, self.run_text)
        self.assertEqual({r["_code"] for r in self.errors}, {"SERVER_ERROR"})

    def test_undone_all_the_same(self):
        self.write_csv("leads.csv", harness.leads(5))
        self.import_csv("leads.csv", server=self.server)
        self.breaks("commit-then-status", "DELETE")
        run = self.espoload("undo", "leads.csv.checkpoint", "-y", "--retries", "1",
                            server=self.server, expect=1)
        self.assertEqual(run.counts()["deleted"], 5, run)
        self.assertIn("5 rows carry a remark", str(run))
        self.assertEqual(self.server.stored(), 0)

    def test_undo_resumed(self):
        """With a settle time of its own."""
        self.people(title="old")
        self.change("update", 0)
        self.breaks("status", "PUT")
        checkpoint = f"{self.name}.csv"
        process = self.start("undo", f"{checkpoint}.checkpoint", "-y", "--settle", "3600",
                             "--retries", "1", server=self.server)
        harness.wait_until("a PUT", lambda: self.server.counts()["requests"].get(
            "PUT Lead", 0) > 3)
        process.kill()
        self.processes.remove(process)
        run = self.espoload("resume", f"{checkpoint}.undo.checkpoint", "--settle", "0.3",
                            "--retries", "1", server=self.server, expect=1)
        self.assertEqual(run.counts()["failed"], 3, run)


class Looks(Doubts):
    def looks(self, *options):
        """One of three requests never arrives: how often the records are asked for."""
        self.server.clear_faults()
        self.server.fault("close", method="POST", entity="Lead", count=1)
        mapping = self.mapping({"lastName": {}}, onDuplicate="force")
        counts = self.load([{"lastName": f"K{i}"} for i in range(3)], mapping,
                           *options)
        self.assertEqual(counts, {"created": 3}, self.run_text)
        return self.requests["GET Lead"]

    def test_number(self):
        one = self.looks("--settle", "0.5", "--looks", "1")
        two = self.looks("--settle", "0.5", "--looks", "2")
        self.assertEqual(two - one, 1)
        self.assertGreater(self.looks("--settle", "3", "--looks", "20"), two)

    def resumed(self, *options):
        """The same of one that was begun with one look."""
        self.server.reset()
        self.server.fault("close", method="POST", entity="Lead", count=1)
        process = self.begin([{"lastName": "R"}], self.mapping({"lastName": {}},
                                                               onDuplicate="force"),
                             "--settle", "60", "--looks", "1")
        harness.wait_until("the POST", lambda: self.server.posts() == 1)
        process.kill()
        self.processes.remove(process)
        before = self.server.counts()
        self.espoload("resume", f"{self.name}.csv.checkpoint", "--settle", "0.5",
                      *options, server=self.server)
        self.assertEqual(self.server.stored(), 1)
        return self.since(before)["GET Lead"]

    def test_resumed(self):
        """The checkpoint keeps it; resume can say otherwise."""
        self.assertEqual(self.resumed(), 1)
        self.assertEqual(self.resumed("--looks", "3"), 3)


class Disturbed(Doubts):
    def looks(self, entity="Lead"):
        return self.server.counts()["requests"].get("GET " + entity, 0)

    def kill_while_settling(self, process, resume):
        """All was sent. Killed once it is looked up, resumed, killed again; gives the
        last one, still running. A run that ends first has shown nothing, and fails."""
        begun = self.looks()
        for _ in range(3):
            harness.wait_until("look-ups", lambda: self.looks() > begun)
            process = self.kill_and_resume(process, resume)
            begun = self.looks()
        return process

    def kill_and_resume(self, process, resume):
        self.assertTrue(process.running(), "it ended before it was killed")
        process.kill()
        self.processes.remove(process)
        return self.start(*resume, server=self.via)

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
        """Twice before the account is there."""
        late_ms = harness.Setup.scaled(6000, 12000)
        self.late("POST", "Account", count=1, delayMs=late_ms)
        process = self.begin(self.contacts(20, "Acme"), self.contact_mapping(),
                             "--settle", str(2 * late_ms / 1000))
        resume = ["resume", f"{self.name}.csv.checkpoint"]
        looks = 1  # and one after the POST, whose answer is lost
        for _ in range(2):
            harness.wait_until("a look-up", lambda: self.looks("Account") > looks)
            process = self.kill_and_resume(process, resume)
            looks = self.looks("Account")
        self.assertEqual(self.server.stored("Account"), 0)
        counts = self.end(process)
        self.assertEqual(counts, {"created": 20}, self.run_text)
        self.assertMadeOnce(20)


if __name__ == "__main__":
    harness.main()

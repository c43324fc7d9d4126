"""test_duplicates.py - rows that EspoCRM calls duplicates, under each policy, and values
that it takes without storing them (promise 3).
"""
import harness


def lead(first, last, mailbox, title):
    return {"firstName": first, "lastName": last, "title": title,
            "emailAddress": mailbox + "@e2e.example"}


class Duplicates(harness.Case):
    """The server holds two leads; of five rows, three are called duplicates of them: one
    by its address and changed, one by its address and equal, one by its name alone."""

    def setUp(self):
        super().setUp()
        self.server = harness.Server(self)
        self.there = [lead("Ada", "Lovelace", "ada", "Countess"),
                      lead("Alan", "Turing", "alan", "Fellow")]
        self.ids = []
        for record in self.there:
            status, answer = self.server.api("POST", "Lead", record)
            self.assertEqual(status, 200, answer)
            self.ids.append(answer["id"])
        self.rows = [lead("Grace", "Hopper", "grace", "Admiral"),
                     lead("Ada", "King", "ada", "Analyst"),
                     dict(self.there[1]),
                     lead("Ada", "Lovelace", "other", "Namesake"),
                     lead("Edsger", "Dijkstra", "edsger", "Professor")]
        self.write_csv("leads.csv", self.rows)

    def importing(self, policy, counts, expect):
        run = self.import_csv("leads.csv", "--on-duplicate", policy, server=self.server,
                              expect=expect)
        for place, count in counts.items():
            self.assertEqual(run.counts()[place], count, run)
        self.results = {r["title"]: r for r in self.read_csv("leads.results.csv")}
        return run

    def record(self, record_id):
        return self.server.api("GET", "Lead/" + record_id)[1]

    def test_fail(self):
        self.importing("fail", {"created": 2, "failed": 3}, 1)
        self.assertEqual(self.server.stored(), 4)
        errors = self.read_csv("leads.errors.csv")
        self.assertEqual([e["_code"] for e in errors], ["DUPLICATE"] * 3)
        self.assertIn(self.ids[0], errors[0]["_message"])

    def test_skip(self):
        self.importing("skip", {"created": 2, "skipped": 3}, 0)
        self.assertEqual(self.server.stored(), 4)
        self.assertFalse((self.folder / "leads.errors.csv").exists())
        self.assertEqual(self.record(self.ids[0])["title"], "Countess")

    def test_update(self):
        """Only over an equal key: a namesake is somebody else."""
        self.importing("update",
                       {"created": 2, "updated": 1, "unchanged": 1, "failed": 1}, 1)
        self.assertEqual(self.server.stored(), 4)
        ada = self.record(self.ids[0])
        self.assertEqual((ada["lastName"], ada["title"]), ("King", "Analyst"))
        self.assertEqual(self.results["Analyst"]["_id"], self.ids[0])
        self.assertEqual(self.results["Analyst"]["_matchedBy"], "emailAddress")
        self.assertEqual(self.results["Fellow"]["_action"], "unchanged")
        self.assertEqual(self.results["Namesake"]["_code"], "DUPLICATE")
        puts = self.server.counts()["requests"].get("PUT Lead")
        self.assertEqual(puts, 1, "what is equal is not sent")

    def test_force(self):
        self.importing("force", {"created": 5}, 0)
        self.assertEqual(self.server.stored(), 7)
        self.assertEqual(self.record(self.ids[0])["title"], "Countess")

    def test_mapping_s_own_policy(self):
        self.write("map.json",
                   '{"version": 1, "entityType": "Lead", "onDuplicate": "skip",'
                   ' "columns": [{"name": "*", "field": "*"}]}')
        run = self.espoload("import", "leads.csv", "-m", "map.json", server=self.server)
        self.assertEqual(run.counts()["skipped"], 3, run)

    def test_update_is_kept_through_a_kill(self):
        """A PUT whose answer was lost is planned again; what it did is not undone, and
        nothing is created for it."""
        proxy = harness.Proxy(self, self.server, "swallow,method=PUT,nth=1")
        run = self.import_csv("leads.csv", "--on-duplicate", "update", "--settle", "0.3",
                              server=proxy, expect=1)
        self.assertEqual(run.counts()["unknown"], 0, run)
        self.assertEqual(run.counts()["updated"], 1, run)
        self.assertEqual(self.server.stored(), 4)
        self.assertEqual(self.record(self.ids[0])["title"], "Analyst")

    def test_duplicates_within_the_file(self):
        """Rows of one address keep the file's order: the first is created."""
        rows = [dict(row, emailAddress=f"same{i % 40}@e2e.example")
                for i, row in enumerate(harness.leads(400))]
        self.write_csv("same.csv", rows)
        run = self.import_csv("same.csv", "-j", "8", server=self.server, expect=1)
        self.assertEqual(run.counts()["created"], 40, run)
        self.assertEqual(run.counts()["failed"], 360, run)
        self.assertStored(self.server, self.there + rows[:40])


class NotStored(harness.Case):
    """The server says 200 and has dropped a value: the row is done, and it is said."""

    def test_dropped_value(self):
        server = harness.Server(self)
        server.fault("drop", attribute="title", method="POST", entity="Lead", every=10)
        rows = harness.leads(100)
        self.write_csv("leads.csv", rows)
        run = self.import_csv("leads.csv", "-j", "1", server=server, expect=1)
        self.assertEqual(run.counts()["created"], 100, run)
        self.assertIn("NOT_STORED", run.err)
        results = self.read_csv("leads.results.csv")
        told = [r for r in results if r["_code"]]
        self.assertEqual([r["_code"] for r in told], ["NOT_STORED"] * 10)
        self.assertEqual({r["title"] for r in told},
                         {r["title"] for r in rows} - {r["title"] for r in server.rows()})
        self.assertIn("title", told[0]["_message"])
        run = self.espoload("status", "leads.csv.checkpoint", "--json", key=None)
        self.assertEqual(run.events()[-1]["warnings"], 10, run)

    def test_dropped_value_and_lost_answer(self):
        """A record that is not as it was sent proves nothing: it is named, not adopted,
        and nothing is sent again."""
        server = harness.Server(self)
        server.fault("drop", attribute="title", method="POST", entity="Lead", every=25)
        proxy = harness.Proxy(self, server, "swallow,method=POST,every=25")
        rows = harness.leads(100)
        self.write_csv("leads.csv", rows)
        run = self.import_csv("leads.csv", "-j", "1", "--settle", "0.3", server=proxy,
                              expect=1)
        self.assertEqual(run.counts()["created"], 96, run)
        self.assertEqual(run.counts()["unknown"], 4, run)
        self.assertEqual(server.stored(), 100)
        ids = {r["emailAddress"]: r["id"] for r in server.rows()}
        errors = self.read_csv("leads.errors.csv")
        self.assertEqual(len(errors), 4)
        for error in errors:
            self.assertEqual(error["_code"], "OUTCOME_UNKNOWN")
            self.assertIn(ids[error["emailAddress"]], error["_message"])


if __name__ == "__main__":
    harness.main()

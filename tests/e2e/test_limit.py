"""test_limit.py - a part of a file: so many rows now, the rest later; or not from the
beginning."""
import harness


class Limit(harness.Case):
    def setUp(self):
        super().setUp()
        self.server = harness.Server(self)
        self.rows = harness.leads(300)
        self.write_csv("leads.csv", self.rows)

    def test_limit(self):
        """Each call takes up as many as it may, and in the end all are there, once."""
        run = self.import_csv("leads.csv", "--limit", "10", server=self.server)
        self.assertEqual((run.counts()["created"], run.counts()["unprocessed"]), (10, 290))
        self.assertIn("espoload resume leads.csv.checkpoint", run.err)
        self.assertEqual({r["emailAddress"] for r in self.server.rows()},
                         {r["emailAddress"] for r in self.rows[:10]})
        run = self.espoload("resume", "leads.csv.checkpoint", "--limit", "100",
                            server=self.server)
        self.assertEqual((run.counts()["created"], run.counts()["unprocessed"]),
                         (110, 190))
        run = self.espoload("resume", "leads.csv.checkpoint", server=self.server)
        self.assertEqual(run.counts()["created"], 300)
        self.assertStored(self.server, self.rows)
        self.assertResults(self.server, "leads.results.csv", 300)

    def test_skip(self):
        """They count as skipped, whatever they hold, and a resume knows."""
        self.server.fault("status", status=401, method="POST", after=40)
        self.import_csv("leads.csv", "--skip", "100", "-j", "2", server=self.server,
                        expect=4)
        self.server.clear_faults()
        run = self.espoload("resume", "leads.csv.checkpoint", "--settle", "0.3",
                            server=self.server)
        self.assertEqual((run.counts()["created"], run.counts()["skipped"]), (200, 100))
        self.assertStored(self.server, self.rows[100:])

    def test_both(self):
        run = self.import_csv("leads.csv", "--skip", "290", "--limit", "5",
                              server=self.server)
        self.assertEqual((run.counts()["created"], run.counts()["skipped"],
                          run.counts()["unprocessed"]), (5, 290, 5))
        run = self.import_csv("leads.csv", "--skip", "1000", "--force", "-y",
                              server=self.server)
        self.assertEqual(run.counts()["skipped"], 300)


if __name__ == "__main__":
    harness.main()

"""test_pace.py - --jobs auto finds more workers than it began with, and the end of a run
says what limited it. How well it finds them is unit-knee's to say."""
import harness

SHARES = ("server", "network", "client", "rate", "pause", "settle")


class Pace(harness.Case):
    def run_rows(self, server, rows, *options):
        self.write_csv("leads.csv", harness.leads(rows))
        run = self.import_csv("leads.csv", "--on-duplicate", "force", "--json", *options,
                              server=server)
        last = run.events()[-1]
        self.assertAlmostEqual(sum(last["time"][name] for name in SHARES),
                               last["seconds"], delta=0.05 + last["seconds"] / 10)
        self.assertEqual(last["created"], rows)
        return run, last

    def test_sixteen_workers(self):
        server = harness.Server(self, "--delay", "100", "--workers", "16")
        _, last = self.run_rows(server, 600)
        self.assertGreater(server.counts()["maxConcurrent"], 4)
        self.assertEqual(last["time"]["limit"], "server")

    def test_one_worker(self):
        """It never gets what would have to queue."""
        server = harness.Server(self, "--delay", "20", "--workers", "1")
        _, last = self.run_rows(server, 150)
        self.assertLessEqual(server.counts()["maxConcurrent"], 4)

    def test_rate(self):
        server = harness.Server(self)
        run, last = self.run_rows(server, 60, "--rate", "30")
        self.assertEqual(last["time"]["limit"], "rate")
        self.assertIn("The limit is --rate: the server could do more.", run.err)

    def test_pause(self):
        server = harness.Server(self)
        server.fault("status", status=429, retryAfter=2, method="POST", nth=5, count=1)
        run, last = self.run_rows(server, 30)
        self.assertEqual(last["time"]["limit"], "pause")
        self.assertIn("waiting as the server asked", run.err)


if __name__ == "__main__":
    harness.main()

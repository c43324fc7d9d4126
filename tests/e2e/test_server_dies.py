"""test_server_dies.py - the server is killed, and comes back or does not, in the middle
of an import.
"""
import time

import harness


class ServerDies(harness.Case):
    def test_killed_and_restarted(self):
        """Down for a moment, several times: the run waits, or stops and is resumed."""
        rows = harness.leads(harness.Setup.scaled(5000, 2000))
        server = harness.Server(self, "--delay", "3", store=True)
        self.write_csv("leads.csv", rows)
        process = self.start_import("leads.csv", "--settle", "0.3", "--retries", "3",
                                    server=server)
        deaths = 4
        for death in range(1, deaths + 1):
            target = len(rows) * death // (deaths + 1)
            harness.wait_until("rows", lambda: server.stored() >= target, 60)
            server.kill()
            time.sleep(self.random.uniform(0, 0.5))
            server.start()
            if not process.running():
                self.finish(process, expect=5)
                process = self.resume(server)
        run = self.finish(process, expect=(0, 5))
        while run.code == 5:
            run = self.finish(self.resume(server), expect=(0, 5))
        self.assertEqual(run.counts()["created"], len(rows), run)
        self.assertStored(server, rows)
        self.assertResults(server, "leads.results.csv", len(rows))

    def test_gone_for_good(self):
        """The run stops, says so, and has not spent the file on a dead server."""
        rows = harness.leads(2000)
        server = harness.Server(self, "--delay", "3", store=True)
        self.write_csv("leads.csv", rows)
        process = self.start_import("leads.csv", "--settle", "0.3", "--retries", "1",
                                    server=server)
        harness.wait_until("rows", lambda: server.stored() >= 200)
        server.kill()
        run = self.finish(process, expect=5, seconds=60)
        counts = run.counts()
        self.assertGreater(counts["unprocessed"], 1000, run)
        self.assertLess(counts["unknown"], 30, run)
        self.assertIn("espoload resume leads.csv.checkpoint", run.err)
        server.start()
        self.finish(self.resume(server), expect=0)
        self.assertStored(server, rows)

    def resume(self, server):
        return self.start("resume", "leads.csv.checkpoint", "--settle", "0.3",
                          "--retries", "3", server=server)


if __name__ == "__main__":
    harness.main()

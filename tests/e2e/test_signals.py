"""test_signals.py - Ctrl-C once, twice, SIGTERM and SIGHUP: exit codes, what is left, and
that resume completes.
"""
import signal
import time

import harness


class Signals(harness.Case):
    def interrupt(self, *signals, slow=None, jobs=4):
        """Stops an import in its middle; gives server, rows and the run."""
        rows = harness.leads(3000)
        server = harness.Server(self, "--delay", "30")
        self.write_csv("leads.csv", rows)
        process = self.start_import("leads.csv", "-j", str(jobs), "--settle", "0.3",
                                    server=server)
        harness.wait_until("rows", lambda: server.stored() >= 20)
        if slow is not None:
            server.set(delayMs=slow)
            time.sleep(0.1)
        for number in signals:
            process.send(number)
            time.sleep(0.05)
        sent = time.monotonic()
        process.wait(30)
        self.assertLess(time.monotonic() - sent, 5)
        run = self.finish(process, expect=128 + signals[0])
        counts = run.counts()
        self.assertGreater(counts["unprocessed"], 1000, run)
        self.assertIn("espoload resume leads.csv.checkpoint", run.err)
        return server, rows, run

    def complete(self, server, rows):
        server.set(delayMs=0)
        run = self.espoload("resume", "leads.csv.checkpoint", "--settle", "0.3",
                            server=server)
        self.assertEqual(run.counts()["created"], len(rows), run)
        self.assertStored(server, rows)
        self.assertResults(server, "leads.results.csv", len(rows))
        self.assertFalse((self.folder / "leads.unprocessed.csv").exists())

    def unprocessed_is_right(self, server, rows, run):
        """What was not sent is in unprocessed.csv as it was, and only that."""
        there = {r["title"] for r in server.rows()}
        left = self.read_csv("leads.unprocessed.csv")
        self.assertEqual(len(left), run.counts()["unprocessed"], run)
        self.assertEqual(left, [r for r in rows if r["title"] not in there])

    def test_once(self):
        """What is in flight is waited for: nothing is in doubt."""
        server, rows, run = self.interrupt(signal.SIGINT)
        self.assertEqual(run.counts()["unknown"], 0, run)
        self.assertEqual(run.counts()["created"], server.stored(), run)
        self.unprocessed_is_right(server, rows, run)
        self.complete(server, rows)

    def test_terminated(self):
        server, rows, run = self.interrupt(signal.SIGTERM)
        self.assertEqual(run.counts()["unknown"], 0, run)
        self.unprocessed_is_right(server, rows, run)
        self.complete(server, rows)

    def test_hung_up(self):
        server, rows, run = self.interrupt(signal.SIGHUP)
        self.unprocessed_is_right(server, rows, run)
        self.complete(server, rows)

    def test_twice(self):
        """At once: what was in flight is in doubt, and settled later."""
        server, rows, run = self.interrupt(signal.SIGINT, signal.SIGINT, slow=1500,
                                           jobs=8)
        self.assertGreater(run.counts()["unknown"], 0, run)
        self.complete(server, rows)

    def test_while_connecting(self):
        """Before anything is sent there is nothing to resume."""
        server = harness.Server(self, "--delay", "3000")
        self.write_csv("leads.csv", harness.leads(3))
        process = self.start_import("leads.csv", server=server)
        # this question and the one that espoload waits for
        harness.wait_until("a request", lambda: server.counts()["inFlight"] >= 2)
        process.send(signal.SIGINT)
        run = self.finish(process, expect=130, seconds=5)
        self.assertLess(run.seconds, 2)
        self.assertEqual(server.stored(), 0)
        self.assertFalse((self.folder / "leads.csv.checkpoint").exists())

    def test_while_settling(self):
        """Rows in doubt stay in doubt, and are settled by the next run."""
        rows = harness.leads(40)
        server = harness.Server(self)
        proxy = harness.Proxy(self, server, "black-hole,then=close,method=POST,every=10")
        self.write_csv("leads.csv", rows)
        process = self.start_import("leads.csv", "--settle", "60", server=proxy)
        harness.wait_until("rows", lambda: server.stored() >= 36)
        time.sleep(0.3)
        process.send(signal.SIGINT)
        run = self.finish(process, expect=130, seconds=10)
        self.assertEqual(run.counts()["unknown"], 4, run)
        self.espoload("resume", "leads.csv.checkpoint", "--settle", "0.3", server=proxy)
        self.assertStored(server, rows)


if __name__ == "__main__":
    harness.main()

"""test_lost_answers.py - the server does the work and its answer never arrives: no row is
lost and none is doubled. Includes connections that die under a request, which libcurl
would answer by sending a POST again.

EspoCRM's own duplicate check is turned off in most of them, lest it hide what is wrong.
"""
import time

import harness

EVERY = 20
FORCE = ("--on-duplicate", "force")


class LostAnswers(harness.Case):
    def lose(self, *faults, options=FORCE, rows=5000):
        rows = harness.leads(harness.Setup.scaled(rows, rows // 4))
        server = harness.Server(self)
        proxy = harness.Proxy(self, server, *faults)
        self.write_csv("leads.csv", rows)
        run = self.import_csv("leads.csv", "--settle", "0.3", *options, server=proxy)
        stats = proxy.stop()
        fired = stats["faults"]["total"]
        self.say(f"{fired} faults in {stats['requests']['POST']} POSTs, "
                 f"{run.seconds:.1f} s")
        self.assertGreaterEqual(fired, len(rows) // EVERY // 2)
        self.assertEqual(run.counts()["created"], len(rows), run)
        self.assertStored(server, rows)
        self.assertResults(server, "leads.results.csv", len(rows))
        return stats

    def test_swallowed(self):
        self.lose(f"swallow,method=POST,every={EVERY}")

    def test_swallowed_and_reset(self):
        self.lose(f"swallow,method=POST,every={EVERY},then=reset")

    def test_cut_in_the_middle(self):
        self.lose(f"cut,method=POST,every={EVERY}")

    def test_cut_in_the_head(self):
        self.lose(f"cut,method=POST,every={EVERY},after-bytes=9", rows=2000)

    def test_reset(self):
        self.lose(f"reset,method=POST,every={EVERY},at=before")

    def test_kept_connection_dies(self):
        self.lose(f"close-idle,method=POST,every={EVERY}", rows=2000)
        # the request never reached the server, or did: either way once

    def test_request_cut(self):
        """Half a request reaches the server."""
        self.lose(f"cut,method=POST,every={EVERY},where=request", rows=2000)

    def test_silence(self):
        """Neither answer nor end of connection: the timeout decides."""
        self.lose(f"swallow,method=POST,every={EVERY},then=silence",
                  options=("--timeout", "0.5", "-j", "8", *FORCE), rows=1000)

    def test_late(self):
        """The server is done long after the connection broke: an early look-up finds
        nothing, and proves nothing."""
        rows = harness.leads(100)
        server = harness.Server(self)
        server.fault("delay-commit", delayMs=900, method="POST", entity="Lead",
                     every=EVERY)
        self.write_csv("leads.csv", rows)
        run = self.import_csv("leads.csv", *FORCE, "--timeout", "5", "--settle", "1.5",
                              server=server)
        self.assertEqual(run.counts()["created"], len(rows), run)
        time.sleep(1)  # had a row been sent again too soon, its twin comes now
        self.assertEqual(server.counts()["faults"][0]["fired"], len(rows) // EVERY)
        self.assertStored(server, rows)

    def test_gateway_errors(self):
        """502 and 504, with and without the work done; 500 likewise."""
        self.lose("answer,status=502,forward=yes,method=POST,every=40",
                  "answer,status=504,forward=no,method=POST,every=41",
                  "answer,status=500,forward=yes,method=POST,every=43", rows=3000)

    def test_slices_and_delays(self):
        """Slow is not lost."""
        stats = self.lose(f"slice,bytes=7,ms=1,method=POST,every={EVERY}",
                          f"delay,ms=30,method=POST,every={EVERY}", rows=2000)
        self.assertEqual(stats["answers"]["lost"], 0)

    def test_everything_at_random(self):
        """One request in ten is befallen by something, look-ups too; with the server's
        duplicate check, whose 409 then speaks of our own rows."""
        self.say(f"seed {self.seed}")
        self.lose("swallow,method=POST,probability=0.03",
                  "reset,method=POST,at=before,probability=0.02",
                  "cut,probability=0.02,between=20-9999999",
                  "black-hole,then=reset,method=POST,probability=0.02",
                  "answer,status=502,probability=0.02,between=20-9999999", rows=3000,
                  options=())


if __name__ == "__main__":
    harness.main()

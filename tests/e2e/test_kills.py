"""test_kills.py - `kill -9` at random instants, and the file is in the CRM once all the
same: promise 2.

The seed is printed; E2E_SEED=N repeats its instants (not the machine's timing).
"""
import time

import harness

NOBODY = "nobody at all"


def hard_rows(count, random):
    """Good rows, twins that only a count can tell apart, rows that share an address, rows
    without one, and rows that cannot be sent."""
    rows = harness.leads(count)
    for i, row in enumerate(rows):
        choice = random.random()
        if i > 0 and choice < 0.02:
            row.update(rows[i - 1])
        elif i > 0 and choice < 0.04:
            row["emailAddress"] = rows[i - 1]["emailAddress"]
        elif choice < 0.10:
            row["emailAddress"] = ""
        elif choice < 0.12:
            row["emailAddress"] = NOBODY
    return rows


class Kills(harness.Case):
    settle = ["--settle", "0.3"]
    hits_least = 0.8  # of the kills

    def setUp(self):
        super().setUp()
        self.server = harness.Server(self, "--delay", "8", store=True)
        self.via = self.server

    def test_killed_at_random(self):
        """5,000 rows, 200 kills."""
        self.kill_and_resume(*harness.Setup.scaled((5000, 200), (2000, 60)))

    def test_killed_while_answers_are_lost(self):
        """The same through a proxy that swallows, cuts and resets answers."""
        self.via = harness.Proxy(
            self, self.server, "swallow,method=POST,every=20",
            "cut,method=POST,every=21", "reset,method=POST,every=22,at=before")
        self.kill_and_resume(*harness.Setup.scaled((1500, 60), (600, 20)))

    def test_killed_together_with_the_server(self):
        """As when the power goes: both die at once, both come back."""
        self.kill_and_resume(*harness.Setup.scaled((1000, 30), (500, 12)),
                             server_too=True)

    def kill_and_resume(self, count, kills, server_too=False):
        """Import, then resume, each killed after a random time that is chosen so that
        the last kills meet the last rows; then the rest."""
        rows = hard_rows(count, self.random)
        self.good = [row for row in rows if row["emailAddress"] != NOBODY]
        self.write_csv("leads.csv", rows)
        self.arguments = self.begin()
        self.rate = 4 / 0.012  # rows a second, to begin with
        self.startup = self.time_of_startup()
        begun = time.monotonic()
        hits = sum(self.kill_one(kills - i, server_too) for i in range(kills))
        self.say(f"seed {self.seed}: {hits} of {kills} kills met a living process, "
                 f"{self.server.stored()} of {len(self.good)} rows were stored by then, "
                 f"{time.monotonic() - begun:.0f} s")
        self.assertGreater(hits, kills * self.hits_least)
        self.assertComplete(rows)

    def begin(self, *options):
        return ["import", "leads.csv", "-m", harness.PLAIN, "--on-duplicate", "force",
                *self.settle, *options]

    def next_command(self, run):
        """A kill may come before the checkpoint is there, or whole; then nothing was
        sent, resume says so, and the import is begun anew."""
        checkpoint = self.folder / "leads.csv.checkpoint"
        if run.code == 6:
            self.assertRegex(run.err, "never began|is not a checkpoint", run)
            self.assertEqual(self.server.stored(), 0)
            if "is not a checkpoint" in run.err:
                checkpoint.unlink()
            return self.begin("--force")
        if not checkpoint.exists():
            return self.begin()
        return ["resume", "leads.csv.checkpoint", *self.settle]

    def time_of_startup(self):
        """Seconds until the first row is sent."""
        self.write_csv("probe.csv", harness.leads(1, first=10 ** 6))
        return self.espoload("check", "probe.csv", "-m", harness.PLAIN, "--engine", "rest",
                             server=self.via).seconds

    def kill_one(self, kills_left, server_too):
        before = self.server.stored()
        rows_left = max(len(self.good) - before, 1)
        limit = self.startup + 2 * rows_left / kills_left / self.rate
        process = self.start(*self.arguments, server=self.via)
        time.sleep(self.random.uniform(0, limit))
        hit = process.running()
        if server_too:
            self.server.kill()
        process.kill()
        if server_too:
            self.server.start()
        run = self.finish(process)
        self.assertIn(run.code, (-9, 0, 1, 6), run)
        stored = self.server.stored() - before
        if stored > 4 * rows_left / kills_left:
            self.startup *= 0.8  # it must have begun sooner: the machine was busy before
        worked = run.seconds - self.startup
        if worked > 0.05 and rows_left > 1:
            rate = stored / worked
            self.rate = max(0.9 * self.rate + 0.1 * rate, 50)
        self.arguments = self.next_command(run)
        return hit

    def assertComplete(self, rows):
        run = self.espoload("resume", "leads.csv.checkpoint", *self.settle,
                            server=self.via, expect=1)
        bad = len(rows) - len(self.good)
        self.assertEqual(run.counts(), dict.fromkeys(harness.PLACES, 0) | {
            "rows": len(rows), "created": len(self.good), "failed": bad}, run)
        self.assertStored(self.server, self.good)
        self.assertResults(self.server, "leads.results.csv", len(rows))
        errors = self.read_csv("leads.errors.csv")
        self.assertEqual([e["_code"] for e in errors], ["EMAIL_INVALID"] * bad)
        self.assertFalse((self.folder / "leads.unprocessed.csv").exists())
        left = [path.name for path in self.folder.glob("leads*.tmp*")]
        self.say(f"{len(left)} temporary files were left behind")


if __name__ == "__main__":
    harness.main()

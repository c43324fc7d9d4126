"""test_memory.py - peak memory is that of the program and not of the file: promise 5."""
import harness

RSS_MAX_KB = 32 << 10  # design, "The performance budget"
GROWTH_KB = 4 << 10


class Memory(harness.Case):
    def leads(self, name, count, bad_every=50):
        with open(self.folder / name, "w", encoding="ascii") as file:
            file.write("firstName,lastName,emailAddress,phoneNumber,title,status,"
                       "addressCity,description\n")
            for i in range(count):
                bad = "" if i % bad_every else "@"
                file.write(f"Ada,Sample{i},lead{i}@{bad}e2e.example,+4930123{i:07},"
                           f"row {i},New,Berlin,Met at the fair; wants item {i}\n")

    def flat(self, small, large):
        for run in (small, large):
            self.say(f"{run.counts()['rows']:>9,} rows: {run.rss_kb:,} KiB peak, "
                     f"{run.seconds:.1f} s")
        if harness.Setup.small:
            return  # a sanitizer keeps what was freed
        self.assertLess(large.rss_kb, RSS_MAX_KB)
        self.assertLess(large.rss_kb, small.rss_kb + GROWTH_KB)

    def test_check(self):
        server = harness.Server(self)
        runs = []
        for count in (10_000, harness.Setup.scaled(1_000_000, 50_000)):
            self.leads("leads.csv", count)
            runs.append(self.espoload("check", "leads.csv", "-m", harness.PLAIN, "-o",
                                      f"errors{count}.csv", "--json", server=server,
                                      expect=1, seconds=200))
            self.assertEqual(runs[-1].counts()["failed"], count // 50)
        self.flat(*runs)

    def test_import(self):
        """With its checkpoint, its reports, and errors in between."""
        server = harness.Server(self)
        runs = []
        for count in (harness.Setup.scaled(10_000, 1000),
                      harness.Setup.scaled(100_000, 5000)):
            server.reset()
            self.leads(f"leads{count}.csv", count)
            runs.append(self.import_csv(f"leads{count}.csv", "--on-duplicate", "force",
                                        "-j", "8", server=server, expect=1, seconds=280))
            self.assertEqual(server.stored(), count - count // 50)
        self.flat(*runs)

    def test_all_rows_fail(self):
        """Errors are kept on disk, and rows that are not sent wait for nothing. (A run
        whose first 50 rows fail alike stops; who resumes it means it.)"""
        server = harness.Server(self)
        runs = []
        for count in (10_000, harness.Setup.scaled(200_000, 20_000)):
            self.leads(f"leads{count}.csv", count, bad_every=1)
            self.import_csv(f"leads{count}.csv", server=server, expect=3)
            runs.append(self.espoload("resume", f"leads{count}.csv.checkpoint",
                                      server=server, expect=1, seconds=100))
            self.assertEqual(runs[-1].counts()["failed"], count)
        self.flat(*runs)
        self.assertEqual(server.posts(), 0)
        self.assertLess(runs[-1].seconds, 60)

    def test_resume(self):
        """A run with many rows in doubt takes them up in little memory, too."""
        server = harness.Server(self, "--delay", "5")
        self.leads("leads.csv", harness.Setup.scaled(20_000, 2000))
        process = self.start_import("leads.csv", "--on-duplicate", "force", "-j", "64",
                                    server=server)
        harness.wait_until("rows", lambda: server.stored() >= 500)
        process.kill()
        server.set(delayMs=0)
        run = self.espoload("resume", "leads.csv.checkpoint", "--settle", "0.3", "-j",
                            "8", server=server, expect=1, seconds=200)
        self.say(f"resumed: {run.rss_kb:,} KiB peak")
        if not harness.Setup.small:
            self.assertLess(run.rss_kb, RSS_MAX_KB)
        self.assertEqual(run.counts()["unknown"], 0, run)


if __name__ == "__main__":
    harness.main()

"""test_long_run.py - a run through a proxy that misbehaves in a new way again and again,
killed and resumed all the time, ends with each row once: promise 2, over hours.

As part of the tests it is a small one, in which kills and faults come after so many
rows, whatever time these take. By hand, a real one, with its figures:
    E2E_ROWS=1000000 E2E_KILL=20 E2E_TURN=4 tests/e2e/test_long_run.py
(rows, seconds between two kills, seconds between two ways of misbehaving)
"""
import csv
import json
import os
import time
import urllib.parse

import harness

ROWS = int(os.environ.get("E2E_ROWS", 0))
KILL_SECONDS = float(os.environ.get("E2E_KILL", 20))
TURN_SECONDS = float(os.environ.get("E2E_TURN", 4))
BAD_EVERY = 1000  # one row of so many cannot be sent
GOES_ON = (-9, 0, 1, 3, 5, 6)  # what a run may end with: killed, done, stopped

WAYS = (  # of misbehaving: the faults of a proxy
    ["swallow,method=POST,every=20"],
    ["cut,method=POST,every=15"],
    ["reset,method=POST,every=15,at=before"],
    ["answer,status=503,retry-after=1,every=300"],
    [],
    ["answer,status=429,retry-after=1,every=300"],
    ["answer,status=502,every=60", "answer,status=500,forward=yes,every=70"],
    ["html,every=150", "html,forward=yes,every=170"],
    ["delay,ms=30,every=10"],
    ["slice,bytes=50,every=10"],
    ["close-idle,every=20", "close-idle,then=reset,every=31"],
    ["black-hole,then=close,every=25", "black-hole,then=reset,every=27"],
    ["swallow,then=reset,probability=0.1", "cut,where=request,probability=0.05"],
    ["refuse,ms=300,every=2000"],
)


class LongRun(harness.Case):
    settle = ["--settle", "2" if ROWS else "0.3"]

    def setUp(self):
        super().setUp()
        self.rows = ROWS or harness.Setup.scaled(2000, 1000)
        self.server = harness.Server(self, store=True)
        self.proxy, self.turns, self.kills, self.ends = None, 0, 0, {}
        self.peak_kb, self.port = 0, 0

    def write_rows(self):
        with open(self.folder / "leads.csv", "w", encoding="ascii") as file:
            file.write("firstName,lastName,emailAddress,status\n")
            for i in range(self.rows):
                mail = "nobody at all" if i % BAD_EVERY == 7 else f"l{i}@long.example"
                file.write(f"Ada,Sample{i},{mail},New\n")

    def turn(self):
        """Another proxy at the same port: what was under way is lost."""
        if self.proxy is not None:
            self.proxy.kill()
            self.processes.remove(self.proxy)
        faults = WAYS[self.turns % len(WAYS)]
        self.turns += 1
        port_file = self.folder / "proxy.port"
        port_file.unlink(missing_ok=True)
        self.proxy = self.spawn(
            [harness.Setup.bin / "faultproxy", "--listen", self.port, "--to",
             f"127.0.0.1:{self.server.port}", "--port-file", port_file, "--seed",
             self.random.getrandbits(32), *(o for f in faults for o in ("--fault", f))],
            "proxy")
        self.port = self.read_port(port_file, self.proxy)
        self.url = f"http://127.0.0.1:{self.port}"

    def now(self):
        """What kills and faults go by: seconds, or rows sent."""
        return time.monotonic() if ROWS else self.server.posts()

    def soon(self, seconds, share):
        return self.now() + self.random.uniform(0.5, 1.5) * (
            seconds if ROWS else self.rows / share)

    def run_once(self, command):
        """Until it ends, or is killed, not before it has sent a row: the finished run."""
        before, dies_at = self.server.posts(), self.soon(KILL_SECONDS, 12)
        process = self.start(*command, server=self)
        while process.running():
            now = self.now()
            if now > dies_at and self.server.posts() > before:
                break
            if now > self.turns_at:
                self.turn()
                self.turns_at = self.soon(TURN_SECONDS, 30)
            time.sleep(0.02)
        self.kills += process.running()
        process.kill()
        run = self.finish(process)
        self.assertIn(run.code, GOES_ON, run)
        self.ends[run.code] = self.ends.get(run.code, 0) + 1
        self.peak_kb = max(self.peak_kb, run.rss_kb)
        return run

    def next_command(self, run):
        """A kill may come before the run has begun: then nothing was sent."""
        if run.code == 6:
            self.assertRegex(run.err, "never began|is not a checkpoint", run)
            self.assertEqual(self.server.stored(), 0)
        if run.code == 6 or not (self.folder / "leads.csv.checkpoint").exists():
            return self.begin + ["--force"]
        return ["resume", "leads.csv.checkpoint", "-j", "16", "--force", *self.settle]

    def assertEachOnce(self):
        """By what the server holds, a page at a time."""
        seen, last = bytearray(self.rows), ""
        while True:
            search = json.dumps({
                "where": [{"type": "greaterThan", "attribute": "id", "value": last}],
                "orderBy": "id", "order": "asc", "maxSize": 200, "select": ["lastName"]})
            status, page = self.server.api(
                "GET", f"Lead?searchParams={urllib.parse.quote(search)}",
                headers={"X-No-Total": "true"})
            self.assertEqual(status, 200, page)
            if not page["list"]:
                break
            for record in page["list"]:
                seen[int(record["lastName"][6:])] += 1
            last = page["list"][-1]["id"]
        wrong = [(i, n) for i, n in enumerate(seen) if n != (i % BAD_EVERY != 7)]
        self.assertEqual(wrong[:20], [], f"{len(wrong)} rows are not there once")

    def assertResults(self):
        ids, created = set(), 0
        with open(self.folder / "leads.results.csv", encoding="utf-8",
                  newline="") as file:
            for number, row in enumerate(csv.DictReader(file, strict=True)):
                self.assertEqual(int(row["_line"]), number + 2)
                created += row["_action"] == "created"
                ids.add(row["_id"])
        self.assertEqual((number + 1, created), (self.rows, self.good))
        self.assertEqual(len(ids - {""}), created, "an id stands for two rows")

    def test_long_run(self):
        self.write_rows()
        self.good = sum(i % BAD_EVERY != 7 for i in range(self.rows))
        self.begin = ["import", "leads.csv", "-m", harness.PLAIN, "--on-duplicate",
                      "force", "-j", "16", *self.settle]
        begun = time.monotonic()
        self.turn()
        self.turns_at = self.soon(TURN_SECONDS, 30)
        run = self.run_once(self.begin)
        while run.code not in (0, 1):
            run = self.run_once(self.next_command(run))
        took = time.monotonic() - begun
        self.say(f"seed {self.seed}: {self.rows:,} rows in {took:.0f} s, {self.kills} "
                 f"kills, {self.turns} ways of misbehaving, runs by exit code {self.ends}")
        checkpoint = (self.folder / "leads.csv.checkpoint").stat().st_size
        self.say(f"{self.peak_kb:,} KiB peak, checkpoint {checkpoint / 2 ** 20:.1f} MiB, "
                 f"{self.server.posts():,} POSTs came")
        self.assertEqual(run.counts(), dict.fromkeys(harness.PLACES, 0) | {
            "rows": self.rows, "created": self.good, "failed": self.rows - self.good},
            run)
        self.assertGreater(self.kills, 1)
        self.assertEachOnce()
        self.assertResults()


if __name__ == "__main__":
    harness.main()

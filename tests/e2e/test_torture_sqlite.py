"""test_torture_sqlite.py - SQLite calls of small runs fail once, one by one: no crash, no
leak (with the sanitizers), no false success, and what goes on from there ends right."""
import contextlib
import json
import os
import random
import re
import sqlite3

import harness
import planned

LIBRARY = "libtorture-sqlite.so"
CODES = ("FULL", "IOERR", "BUSY", "NOMEM")
BIND_CODES = ("NOMEM", "TOOBIG")
# What is only told when all is done: where it cannot be read it is not told.
TOLD = re.compile(r"not bound: .*(FROM run| LIMIT \?$)", re.MULTILINE)
ENDS = (0, 1, 2, 4, 5, 6, 7, 8)  # all but a crash, and a sanitizer's complaint
SETTLE = ("--settle", "0.05")
ROWS = [{"lastName": "A", "emailAddress": "a@x.example", "status": "New"},
        {"lastName": "B", "emailAddress": "b@x.example", "status": "Nwe"},
        {"lastName": "C", "emailAddress": "c@x.example", "status": "Dead"},
        {"lastName": "D", "emailAddress": "d@x.example", "status": "Dead"}]
INTO_RUN = "INSERT OR REPLACE INTO run"
NOTES = ("samples.1", "statuses.1", "slowest.1", "times.1", "ended.rc", "ranMs", "runs")
FIT = 3  # rows that EspoCRM takes
SUMS = ("rows", "equal", "different", "onlyFile", "onlyCrm", "ambiguous", "failed")


class Torture(planned.Planned):
    def setUp(self):
        super().setUp()
        if "E2E_SEED" not in os.environ:  # the same places each time; a seed tries others
            self.random = random.Random(20261128)

    def tortured(self, at, *arguments, binds=None, expect=ENDS):
        """The command with SQLite call number `at` failing, or the value bound as that
        one to a statement that begins with `binds`; the run, and calls made."""
        count = self.folder / "count"
        count.unlink(missing_ok=True)
        codes = CODES if binds is None else BIND_CODES
        code = codes[at % len(codes)]
        library = str(harness.Setup.bin / LIBRARY)
        env = {"LD_PRELOAD": library, "TORTURE_CODE": code, "TORTURE_AT": str(at),
               "TORTURE_COUNT": str(count)}
        if binds is not None:
            env["TORTURE_BINDS"] = binds
        if harness.Setup.small:
            env["ASAN_OPTIONS"] = "verify_asan_link_order=0:exitcode=99"
        run = self.espoload(*arguments, server=self.server, expect=expect, env=env)
        self.what = f"{'call' if binds is None else 'bind'} {at}: {code}\n{run}"
        return run, int(count.read_text()) if count.exists() else 0

    def each(self, most, again, *arguments, setup):
        """Every call in turn, and every value bound, or as many as there is time for."""
        for binds in (None, ""):
            setup()
            _, calls = self.tortured(0, *arguments, binds=binds)
            self.assertGreater(calls, 10)
            few = harness.Setup.scaled(most, most // 4)
            places = range(1, calls + 1)
            if calls > few:
                places = sorted(self.random.sample(places, few))
            what = "calls" if binds is None else "values bound"
            self.say(f"{len(places)} of {calls} {what}")
            for at in places:
                setup()
                run, _ = self.tortured(at, *arguments, binds=binds)
                if binds is not None:
                    self.assertIn("not bound", run.err, self.what)
                    if TOLD.search(run.err) is None:
                        self.assertEqual(run.code, 7, f"false success: {self.what}")
                again(run)

    def clear(self, *names):
        for name in names:
            for path in self.folder.glob(name):
                path.unlink()

    # --- import

    def fresh(self):
        self.clear("t.*")
        self.write_csv("t.csv", ROWS)
        self.server.reset()

    def resume(self, run):
        """Goes on as the message says; each row is there once."""
        stored = self.server.stored()
        if run.code in (0, 1):
            self.assertEqual(stored, FIT, f"false success: {self.what}")
        if not (self.folder / "t.csv.checkpoint").exists():
            self.assertEqual(stored, 0, f"nothing knows of these: {self.what}")
            return
        again = self.espoload("resume", "t.csv.checkpoint", *SETTLE, "--force",
                              server=self.server, expect=(1, 6))
        if again.code == 6:
            self.assertIn("never began", again.err, self.what)
            self.assertEqual(stored, 0, self.what)
            return
        self.assertEqual(self.server.stored(), FIT, f"{self.what}\n{again}")
        self.assertEqual(len(self.read_csv("t.errors.csv")), 1, self.what)
        self.assertEqual(len(self.read_csv("t.results.csv")), len(ROWS), self.what)

    def test_import(self):
        self.each(40, self.resume, "import", "t.csv", "-m", harness.PLAIN,
                  "--on-duplicate", "force", *SETTLE, setup=self.fresh)

    def test_notes(self):
        """What the run took is noted last: where that fails, nobody is told that all is
        well, and what became of the rows is kept."""
        command = ["import", "t.csv", "-m", harness.PLAIN, "--on-duplicate", "force",
                   *SETTLE]
        kept = "what became of the rows is in the checkpoint"
        notes = 0
        self.fresh()
        _, binds = self.tortured(0, *command, binds=INTO_RUN)
        for at in range(binds, 0, -2):  # a key and a value each
            self.fresh()
            run, _ = self.tortured(at, *command, binds=INTO_RUN, expect=7)
            if kept not in run.err and notes:
                break
            if kept not in run.err:  # what is known of the files, which come last
                continue
            notes += 1
            self.assertEqual(self.server.stored(), FIT, self.what)
            self.assertEqual(run.counts()["created"], FIT, self.what)
            self.assertEqual(len(self.read_csv("t.results.csv")), len(ROWS), self.what)
            status = self.espoload("status", "t.csv.checkpoint", key=None)
            self.assertIn(f"{FIT} created", status.out, self.what)
            self.assertNotIn(" ran ", status.out, self.what)
            self.resume(run)
        self.assertEqual(notes, len(NOTES))

    def half(self):
        """An import that died with an answer under way."""
        self.fresh()
        self.server.fault("commit-then-close", method="POST", after=1, count=1)
        process = self.start("import", "t.csv", "-m", harness.PLAIN, "--on-duplicate",
                             "force", "-j", "1", "--settle", "30", server=self.server)
        harness.wait_until("a row", lambda: self.server.posts() >= 2)
        process.kill()
        self.finish(process)
        self.server.clear_faults()

    def test_resume(self):
        def go_on(run):
            if run.code == 6:  # it may not say so of a run that has begun
                self.assertNotIn("never began", run.err, self.what)
            for count in re.findall(r"unknown ([0-9,]+)", run.err):
                self.assertLessEqual(int(count.replace(",", "")), len(ROWS), self.what)
            self.resume(run)
        self.each(25, go_on, "resume", "t.csv.checkpoint", *SETTLE, "--force",
                  setup=self.half)

    def test_record_gone(self):
        """A row to be deleted finds no record, and the checkpoint cannot tell why."""
        self.write_csv("t.csv", [{"emailAddress": "gone@x.example"}])
        self.write("m.json", json.dumps(self.mapping(
            {"emailAddress": {}}, operation="delete", match=[["emailAddress"]])))
        self.tortured(1, "import", "t.csv", "-m", "m.json", "-y",
                      binds="SELECT id FROM image", expect=7)
        self.assertIn("cannot read the checkpoint", self.what)
        self.assertNotIn("out of memory", self.what)

    # --- undo

    def done(self):
        self.fresh()
        self.espoload("import", "t.csv", "-m", harness.PLAIN, "--on-duplicate", "force",
                      server=self.server, expect=1)

    def undo_again(self, run):
        if run.code == 0:
            self.assertEqual(self.server.stored(), 0, f"false success: {self.what}")
        checkpoint = self.folder / "t.csv.undo.checkpoint"
        again = self.espoload("resume", checkpoint.name, server=self.server,
                              expect=(0, 6)) if checkpoint.exists() else None
        if again is None or again.code == 6:
            if again is not None:
                self.assertIn("never began", again.err, self.what)
            self.assertEqual(self.server.stored(), FIT, self.what)
            self.espoload("undo", "t.csv.checkpoint", "-y", "--force", server=self.server)
        self.assertEqual(self.server.stored(), 0, f"{self.what}\n{again}")
        self.assertEqual(len(self.read_csv("t.undo.results.csv")), FIT, self.what)

    def test_undo(self):
        self.each(25, self.undo_again, "undo", "t.csv.checkpoint", "-y", setup=self.done)

    # --- export

    def exported(self):
        self.clear("t.out*")

    def test_export(self):
        """The whole file, or none."""
        for lead in harness.leads(5):
            self.server.api("POST", "Lead", lead)
        command = ["export", "Lead", "-o", "t.out.csv"]
        self.espoload(*command, server=self.server)
        whole = (self.folder / "t.out.csv").read_bytes()

        def go_on(run):
            out = self.folder / "t.out.csv"
            if run.code == 0:
                self.assertTrue(out.exists(), f"false success: {self.what}")
            checkpoint = self.folder / "t.out.csv.checkpoint"
            if not out.exists() and checkpoint.exists():
                again = self.espoload("resume", checkpoint.name, server=self.server,
                                      expect=(0, 2, 6))
                if again.code != 0:
                    self.espoload(*command, "--force", server=self.server)
            elif not out.exists():
                self.espoload(*command, server=self.server)
            self.assertEqual(out.read_bytes(), whole, self.what)
        self.each(20, go_on, *command, setup=self.exported)

    def test_export_counts(self):
        """What a resume must know of cells and records is kept last, or that is told."""
        for lead in harness.leads(5):
            self.server.api("POST", "Lead", lead)
        command = ["export", "Lead", "-o", "t.out.csv"]
        _, binds = self.tortured(0, *command, binds=INTO_RUN)
        for at in range(binds - 6, binds + 1, 2):
            self.exported()
            self.tortured(at, *command, binds=INTO_RUN, expect=7)

    def kept(self):
        with contextlib.closing(sqlite3.connect(self.folder / "t.state")) as db:
            return db.execute("SELECT * FROM written, fact WHERE key = 'since'").fetchall()

    def test_state_unread(self):
        """An incremental export that cannot read its state says so, and leaves it."""
        for lead in harness.leads(3):
            self.server.api("POST", "Lead", lead)
        command = ["export", "Lead", "-o", "t.out.csv", "--incremental", "t.state",
                   "--force"]
        self.espoload(*command, server=self.server)
        kept = self.kept()
        self.assertEqual(len(kept), 3)
        for sql in ("SELECT value FROM fact", "SELECT 1 FROM written"):
            self.tortured(1, *command, binds=sql, expect=7)
            self.assertIn("cannot read the state", self.what)
            self.assertEqual(self.kept(), kept, self.what)

    # --- reconcile

    def test_reconcile(self):
        """It tells the differences that there are, or that it could not."""
        for row in (ROWS[0], {"lastName": "Z", "emailAddress": "z@x.example"}):
            self.make(**row)
        self.write_csv("r.csv", [dict(ROWS[0], lastName="AA"), ROWS[2]])
        self.write("m.json", json.dumps(self.mapping(
            {"lastName": {}, "emailAddress": {}, "status": {}}, operation="upsert",
            match=[["emailAddress"]])))
        command = ["reconcile", "r.csv", "-m", "m.json", "--force", "--json"]

        def sums(run):
            return {k: v for k, v in run.events()[-1].items() if k in SUMS}
        told = sums(self.espoload(*command, server=self.server, expect=1))
        self.assertEqual((told["different"], told["onlyFile"]), (1, 1))

        def go_on(run):
            self.assertNotEqual(run.code, 0, f"false success: {self.what}")
            if run.code == 1:
                self.assertEqual(sums(run), told, self.what)
            again = self.espoload(*command, server=self.server, expect=1)
            self.assertEqual(sums(again), told, self.what)
        self.each(20, go_on, *command, setup=lambda: None)


if __name__ == "__main__":
    harness.main()

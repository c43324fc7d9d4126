"""test_reconcile_kills.py - reconciliations that are killed, stopped, cut off: what comes
out in the end is byte for byte what an undisturbed one writes."""
import json
import time

import reconciled
import harness


class Kills(reconciled.Reconciled):
    count = 3000
    server_options = ("--leads", count)
    files = ("leads.diff.csv", "leads.fix.csv", "leads.delete.csv")
    speed = ("--rate", "80", "-j", "3")
    checkpoint = "leads.csv.reconcile.checkpoint"

    def fill(self):
        """Every tenth row differs, every eleventh record has none, some rows are new."""
        self.espoload("export", "Lead", "--select", "emailAddress,lastName,description",
                      "-o", "all.csv", server=self.server)
        rows = self.rows_of("all.csv")
        for i, row in enumerate(rows):
            if i % 10 == 0:
                row["description"] = f"other {i}"
        rows = [r for i, r in enumerate(rows) if i % 30]
        rows += [{"emailAddress": f"new{i}@x.example", "lastName": "New",
                  "description": ""} for i in range(40)]
        self.random.shuffle(rows)
        self.write_csv("leads.csv", rows)
        self.write("m.json", json.dumps(self.mapping))

    def begin(self, *options, server=None):
        return self.start("reconcile", "leads.csv", "-m", "m.json", "--force",
                          "--propose-deletes", "--retries", "3", *self.speed, *options,
                          server=server or self.server)

    def outputs(self):
        return {name: self.bytes_of(name) for name in self.files}

    def calm(self, *options):
        self.fill()
        self.finish(self.begin(*options), expect=1)
        outputs = self.outputs()
        for name in self.files:
            (self.folder / name).unlink()
        return outputs

    def assertNoFile(self):
        self.assertNothing(*self.files)

    def go_on(self, process, server, expected):
        """Kills and resumes until it is done."""
        kills = 0
        while True:
            if kills < 20:
                time.sleep(self.random.uniform(0, 0.15))
                process.send(9)
            run = self.finish(process)
            if run.code == 1:
                break
            if run.code == -9:
                kills += 1
            else:
                self.assertIn(run.code, (5, 6), run)
            if run.code == 6 or not (self.folder / self.checkpoint).exists():
                (self.folder / self.checkpoint).unlink(missing_ok=True)
                process = self.begin(server=server)
            else:
                process = self.start("resume", self.checkpoint, "--retries", "3",
                                     *self.speed, server=server)
        self.assertEqual(self.outputs(), expected)
        self.assertFalse((self.folder / self.checkpoint).exists())
        return kills

    def test_killed(self):
        self.say(f"seed {self.seed}")
        expected = self.calm()
        kills = self.go_on(self.begin(), self.server, expected)
        self.say(f"{kills} kills")
        self.assertGreater(kills, 3)

    def killed(self, options, files, checkpoint, expect=1):
        """Undisturbed, then killed again and again: the same files. Few requests in a
        second, so that there is time to kill it in every stage."""
        self.files = files
        options = ("reconcile", *options, "--force")
        self.espoload(*options, server=self.server, expect=expect)
        expected = self.outputs()
        for name in files:
            (self.folder / name).unlink()
        process, kills = self.start(*options, "--rate", "20", server=self.server), 0
        for _ in range(15):
            time.sleep(self.random.uniform(0.1, 0.8))
            process.send(9)
            run = self.finish(process)
            if run.code == expect:
                break
            kills += run.code == -9
            self.assertFalse([name for name in files[1:]  # the diff comes first
                              if (self.folder / name).exists()
                              and self.bytes_of(name) != expected[name]])
            if run.code == 6:  # killed before it had begun
                self.assertIn("never began", run.err)
                (self.folder / checkpoint).unlink()
            if (self.folder / checkpoint).exists():
                process = self.start("resume", checkpoint, "--rate", "20",
                                     server=self.server)
            else:
                process = self.start(*options, "--rate", "20", server=self.server)
        else:
            self.finish(process, expect=expect, seconds=60)
        self.say(f"{kills} kills")
        self.assertGreater(kills, 1)
        self.assertEqual(self.outputs(), expected)
        self.assertFalse((self.folder / checkpoint).exists())

    def test_lookup_killed(self):
        """By look-ups what was found is kept, too."""
        self.fill()
        self.killed(("leads.csv", "-m", "m.json", "--strategy", "lookup"),
                    ("leads.diff.csv", "leads.fix.csv"), self.checkpoint)

    def test_base_killed(self):
        """Three-way: who has changed what, and the conflicts."""
        self.fill()
        self.espoload("export", "Lead", "--select", "id,emailAddress,lastName,description",
                      "-o", "base.csv", server=self.server)
        for i, row in enumerate(self.rows_of("base.csv")[:90]):
            if i % 5 == 0:
                self.server.api("PUT", f"Lead/{row['id']}", {"description": "by crm"})
            if i % 30 == 1:
                self.server.api("DELETE", f"Lead/{row['id']}")
        self.killed(("leads.csv", "-m", "m.json", "--base", "base.csv", "--strategy",
                     "sweep", "--propose-deletes"),
                    (*self.files, "leads.conflicts.csv"), self.checkpoint)

    def test_run_killed(self):
        """What an import has written is verified to its end."""
        self.fill()
        self.espoload("import", "leads.csv", "-m", "m.json", "--yes", server=self.server)
        for row in self.read_csv("leads.results.csv")[:900:9]:
            self.server.api("PUT", f"Lead/{row['_id']}", {"description": "by workflow"})
        self.killed(("--run", "leads.csv.checkpoint"),
                    ("leads.verify.diff.csv", "leads.verify.report.json"),
                    "leads.verify.checkpoint")

    def test_errors_killed(self):
        """What an import has left is told to its end."""
        self.fill()
        rows = self.read_csv("leads.csv")
        for i, row in enumerate(rows):
            row["status"] = "New" if i % 4 else "Nope"
        self.write_csv("leads.results.csv", [
            {**row, "_action": "failed" if i % 3 else "created"}
            for i, row in enumerate(rows)])
        self.killed(("--errors", "leads.results.csv", "-m", "m.json"),
                    ("leads.results.diff.csv", "leads.results.todo.csv"),
                    "leads.results.csv.reconcile.checkpoint")

    def test_cut_off(self):
        """A network that cuts and resets now and then."""
        expected = self.calm()
        proxy = harness.Proxy(self, self.server, "reset,every=7", "cut,every=5")
        kills = self.go_on(self.begin(server=proxy), proxy, expected)
        self.say(f"{kills} kills")

    def test_stopped(self):
        """Ctrl-C: exit 130, and status says how far it is."""
        expected = self.calm()
        before = self.server.counts()["total"]
        process = self.begin()
        harness.wait_until("pages", lambda: self.server.counts()["total"] > before + 15)
        process.send(2)
        run = self.finish(process, expect=130)
        self.assertNothing(*self.files)
        self.assertIn(f"espoload resume {self.checkpoint}", run.err)
        status = self.espoload("status", self.checkpoint, "--json").events()[-1]
        self.assertEqual(status["kind"], "reconcile")
        self.assertEqual(status["rowsOfFile"], 2940)
        self.assertIn("reconciliation of leads.csv",
                      self.espoload("status", self.checkpoint).out)
        self.espoload("resume", self.checkpoint, server=self.server, expect=1)
        self.assertEqual(self.outputs(), expected)

    def test_moving(self):
        """Records that are changed, deleted and made while the others are read: of what
        nobody touches all is told as it is, and what has come is found."""
        self.fill()
        rows = [r for r in self.rows_of("all.csv")[:600]]
        rows += [{"emailAddress": f"late{i}@x.example", "lastName": f"Late{i}",
                  "description": ""} for i in range(20)]
        self.write_csv("leads.csv", rows)
        ids = {r["emailAddress"]: r["id"] for r in self.server.rows()}
        before = self.server.counts()["total"]
        process = self.start("reconcile", "leads.csv", "-m", "m.json", "--force", "--json",
                             "--strategy", "sweep", "--rate", "20", "-j", "1",
                             server=self.server)
        harness.wait_until("pages", lambda: self.server.counts()["total"] > before + 9)
        for i in range(20):
            mail = rows[30 * i]["emailAddress"]
            if i % 2:
                self.server.api("DELETE", f"Lead/{ids[mail]}")
            else:
                self.server.api("PUT", f"Lead/{ids[mail]}",
                                {"emailAddress": f"moved{i}@x.example"})
            self.make(lastName=f"Late{i}", emailAddress=f"late{i}@x.example")
        run = self.finish(process, expect=1, seconds=60)
        self.check_sum(run)
        touched = {30 * i + 1 for i in range(20)}
        told = {e["row"]: e["class"] for e in run.events()
                if e["type"] == "difference" and e["class"] != "onlyCrm"}
        self.assertEqual(set(told) - touched, set(), run)

    def test_input_changed(self):
        """A checkpoint is of one file, one server, one user."""
        self.calm()
        before = self.server.counts()["total"]
        process = self.begin("--rate", "20")
        harness.wait_until("pages", lambda: self.server.counts()["total"] > before + 15)
        process.send(9)
        self.finish(process)
        text = self.bytes_of("leads.csv")
        self.write("leads.csv", text + b"x,y,z\n")
        run = self.espoload("resume", self.checkpoint, server=self.server, expect=6)
        self.assertIn("is not the file of this run", run.err)
        self.write("leads.csv", text)
        self.espoload("resume", self.checkpoint, server=self.server, expect=1)


harness.main()

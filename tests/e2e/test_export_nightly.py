"""test_export_nightly.py - exports of what changed since the last one, and of what is
gone."""
import os
import re
import sqlite3
import subprocess
import time

import exported
import harness

STATE = ("--incremental", "leads.state")


class Nightly(exported.Exported):
    server_options = ("--leads", 300, "--weak-key", "weak-key")

    def nightly(self, name, *options, **more):
        return self.export(*STATE, *options, output=name, **more)

    def test_changes(self):
        run = self.nightly("1.csv")
        self.assertIn("everything", run.err)
        self.assertEqual(len(self.ids_of("1.csv")), 300)
        run = self.nightly("2.csv")
        self.assertEqual(self.ids_of("2.csv"), [], run.err)
        ids = [r["id"] for r in self.server.rows()]
        self.server.api("PUT", f"Lead/{ids[5]}", {"title": "changed"})
        new = self.make(lastName="New")
        self.nightly("3.csv")
        self.assertEqual(set(self.ids_of("3.csv")), {ids[5], new})
        # twice within one second, once before and once after a run
        self.server.api("PUT", f"Lead/{ids[7]}", {"title": "a"})
        self.nightly("4.csv")
        self.server.api("PUT", f"Lead/{ids[7]}", {"title": "b"})
        self.nightly("5.csv")
        self.assertEqual([r["title"] for r in self.rows_of("4.csv")], ["a"])
        self.assertEqual([r["title"] for r in self.rows_of("5.csv")], ["b"])

    def test_state_waits_for_file(self):
        """A run that fails, whenever that is, leaves the changes to the next one."""
        self.nightly("1.csv")
        ids = [r["id"] for r in self.server.rows()]
        self.server.api("PUT", f"Lead/{ids[0]}", {"title": "changed"})
        self.server.fault("status", status=401, after=8)
        self.nightly("2.csv", expect=4)
        self.server.clear_faults()
        process = self.start("export", "Lead", "-o", "3.csv", *STATE, server=self.server,
                             prepare=harness.limit_file_size(20_000))
        self.finish(process, 7)
        self.nightly("4.csv")
        self.assertEqual(self.ids_of("4.csv"), [ids[0]])

    def test_resumed(self):
        self.nightly("1.csv")
        for id_ in [r["id"] for r in self.server.rows()][:250]:
            self.server.api("PUT", f"Lead/{id_}", {"title": "all"})
        self.server.fault("status", status=401, method="GET", contains="greaterThan%22")
        self.nightly("2.csv", "-j", "1", expect=4)
        self.server.clear_faults()
        self.espoload("resume", "2.csv.checkpoint", server=self.server)
        self.assertEqual(len(self.ids_of("2.csv")), 250)
        self.nightly("3.csv")
        self.assertEqual(self.ids_of("3.csv"), [])

    def test_deletions(self):
        run = self.nightly("1.csv", "--deletions")
        self.assertIn("from the next run on", run.err)
        ids = [r["id"] for r in self.server.rows()]
        gone = ids[10:200]
        for id_ in gone:
            self.server.api("DELETE", f"Lead/{id_}")
        run = self.nightly("2.csv", "--deletions")
        rows = self.rows_of("2.csv.deleted.csv")
        self.assertEqual([r["id"] for r in rows], sorted(gone))
        self.assertEqual({r["reason"] for r in rows}, {"deleted"})
        self.assertIn("190 records deleted since then", run.err)
        run = self.nightly("3.csv", "--deletions")
        self.assertEqual(self.rows_of("3.csv.deleted.csv"), [])

    def test_left_filter(self):
        """A record that is in the filter no more is not called deleted."""
        where = ("--where", "lastName~Last", "--deletions")
        self.nightly("1.csv", *where)
        ids = [r["id"] for r in self.server.rows()]
        self.server.api("PUT", f"Lead/{ids[3]}", {"lastName": "Married"})
        self.server.api("DELETE", f"Lead/{ids[4]}")
        self.nightly("2.csv", *where)
        self.assertEqual({r["id"]: r["reason"] for r in self.rows_of("2.csv.deleted.csv")},
                         {ids[3]: "filtered", ids[4]: "deleted"})

    def test_incomplete_sweep(self):
        """What was not read to the end proves nothing."""
        self.nightly("1.csv", "--deletions")
        self.make(lastName="New")
        self.server.fault("status", status=401, method="GET",
                          contains="select%22:%5B%22id%22%5D,%22where%22:%5B%5D")
        self.nightly("2.csv", "--deletions", "-j", "1", expect=4)
        self.assertFalse((self.folder / "2.csv.deleted.csv").exists())
        self.server.clear_faults()
        self.nightly("3.csv", "--deletions")
        self.assertEqual(self.rows_of("3.csv.deleted.csv"), [])
        self.assertEqual(len(self.ids_of("3.csv")), 1)

    def test_rights_change(self):
        self.nightly("1.csv", "--deletions")
        db = sqlite3.connect(self.folder / "leads.state")
        db.execute("UPDATE fact SET value = 'x' WHERE key = 'rights'")
        db.commit()
        db.close()
        self.server.api("DELETE", f"Lead/{self.server.rows()[0]['id']}")
        run = self.nightly("2.csv", "--deletions", expect=1)
        self.assertIn("rights of", run.err)
        self.assertFalse((self.folder / "2.csv.deleted.csv").exists())
        self.assertTrue((self.folder / "2.csv").exists())
        self.nightly("3.csv", "--deletions")

    def test_other_export(self):
        self.nightly("1.csv")
        for options, words in ((("--where", "status=New"), "other columns or another"),
                               (("--select", "id"), "other columns or another")):
            run = self.nightly("2.csv", *options, expect=2)
            self.assertIn(words, run.err)
        run = self.nightly("2.csv", entity_type="Contact", expect=2)
        self.assertIn("another entity type", run.err)
        self.write("text", "not a state")
        self.export("--incremental", "text", output="2.csv", expect=6)
        self.assertEqual(self.bytes_of("text"), b"not a state")
        for options in (("--order", "createdAt"), ("--limit", "3"), ("--sample", "3")):
            self.nightly("2.csv", *options, expect=2)
        self.export("--deletions", output="2.csv", expect=2)

    def run_template(self, command):
        """A line of cmd/nightly, with this server's address and key."""
        key = self.write("key", harness.KEY)
        key.chmod(0o600)
        self.assertIn(" -o ", command)
        command = re.sub(r"\S*/api-key\S*", str(key), command)
        command = re.sub(r"https://crm\.example\.com", self.server.url, command)
        command = command.replace("cd \"$HOME/exports\"", f"cd {self.folder}")
        command = re.sub(r"(^|\s)(/usr/bin/)?espoload ",
                         rf"\1{harness.Setup.bin / 'espoload'} ", command)
        done = subprocess.run(["sh", "-c", command], cwd=self.folder, text=True,
                              env={**os.environ, "ESPOLOAD_URL": self.server.url},
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout + done.stderr

    def test_templates(self):
        """What stands in cmd/nightly works as it stands."""
        nightly = harness.SOURCE / "cmd/nightly"
        line = [x for x in (nightly / "crontab").read_text().splitlines()
                if x and x[0] != "#"]
        self.assertEqual(len(line), 1)
        command = line[0].split(" ", 5)[5].replace("\\%", "%")
        self.assertEqual(self.run_template(command), "")
        self.assertEqual(len(list(self.folder.glob("leads-20??-??-??.csv.gz"))), 1)
        (self.folder / "leads.state").unlink()
        service = (nightly / "espoload-export.service").read_text()
        command = re.search(r"^ExecStart=((?:.*\\\n)*.*)$", service, re.M)[1]
        command = command.replace("\\\n", " ").replace("%%", "%")
        self.assertIn("300 records exported", self.run_template(command))

    def test_held(self):
        process = self.start("export", "Lead", "-o", "1.csv", *STATE, "--rate", "4", "-j",
                             "1", server=self.server)
        harness.wait_until("a checkpoint", (self.folder / "1.csv.checkpoint").exists)
        time.sleep(0.1)
        self.nightly("2.csv", expect=8)
        self.finish(process, 0)


harness.main()

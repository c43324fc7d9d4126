"""test_checkpoint.py - who may use a checkpoint and with what: a second run, another
file, another server, another user, no checkpoint at all; and status while a run goes on.
"""
import os
import signal
import sqlite3

import harness


class Checkpoint(harness.Case):
    def stopped(self, *options):
        """A run that was stopped by SIGTERM in its middle."""
        server = harness.Server(self, "--delay", "20", *options)
        rows = harness.leads(400)
        self.write_csv("leads.csv", rows)
        process = self.start_import("leads.csv", "--settle", "0.3", server=server)
        harness.wait_until("rows", lambda: server.stored() >= 20)
        process.send(signal.SIGTERM)
        self.finish(process, expect=143)
        return server, rows

    def test_second_run_is_refused(self):
        """Exit code 8, while the first run goes on undisturbed."""
        server = harness.Server(self, "--delay", "20")
        rows = harness.leads(400)
        self.write_csv("leads.csv", rows)
        process = self.start_import("leads.csv", server=server)
        harness.wait_until("rows", lambda: server.stored() >= 10)
        run = self.espoload("resume", "leads.csv.checkpoint", server=server, expect=8)
        self.assertIn("another run is working", run.err)
        self.import_csv("leads.csv", "--force", "--yes", server=server, expect=8)
        run = self.import_csv("leads.csv", server=server, expect=(2, 8))
        self.assertTrue(process.running())
        self.assertEqual(self.finish(process, expect=0).counts()["created"], 400)
        self.assertStored(server, rows)

    def test_lock_dies_with_its_holder(self):
        server = harness.Server(self, "--delay", "20")
        rows = harness.leads(100)
        self.write_csv("leads.csv", rows)
        process = self.start_import("leads.csv", server=server)
        harness.wait_until("rows", lambda: server.stored() >= 10)
        process.kill()
        self.espoload("resume", "leads.csv.checkpoint", "--settle", "0.3", server=server)
        self.assertStored(server, rows)

    def test_status_while_running(self):
        """Reads what is committed, sums up at any instant, and disturbs nothing."""
        server = harness.Server(self, "--delay", "20")
        rows = harness.leads(400)
        self.write_csv("leads.csv", rows)
        process = self.start_import("leads.csv", server=server)
        harness.wait_until("rows", lambda: server.stored() >= 10)
        created = []
        while process.running():
            run = self.espoload("status", "leads.csv.checkpoint", "--json", key=None)
            counts = run.counts()
            self.assertEqual(counts["rows"], 400, run)
            self.assertLessEqual(counts["created"], server.stored())
            created.append(counts["created"])
        self.finish(process, expect=0)
        self.assertGreater(len(set(created)), 3, created)
        self.assertEqual(created, sorted(created))
        run = self.espoload("status", "leads.csv.checkpoint", key=None)
        self.assertIn("400 rows = 400 created", run.out)

    def test_status_of_a_run_that_never_began(self):
        """Killed between making the checkpoint and writing into it what the run is."""
        server = harness.Server(self)
        self.write_csv("leads.csv", harness.leads(1))
        self.import_csv("leads.csv", server=server)
        with sqlite3.connect(self.folder / "leads.csv.checkpoint") as db:
            db.execute("DELETE FROM run")
            db.execute("DELETE FROM row")
        db.close()
        for option in ("--json", "--errors", "-v"):
            run = self.espoload("status", "leads.csv.checkpoint", option, expect=6)
            self.assertIn("never began", str(run))
            self.assertNotIn("1970", str(run))

    def test_status_tells_what_to_do_next(self):
        server, _ = self.stopped()
        run = self.espoload("status", "leads.csv.checkpoint", key=None)
        self.assertRegex(run.out, r"400 rows = \d+ created \+ \d+ unprocessed")
        self.assertIn("espoload resume leads.csv.checkpoint", run.out)
        self.assertIn(server.url, run.out)

    def test_reports_are_written_again(self):
        server, _ = self.stopped()
        for path in self.folder.glob("leads.*.csv"):
            path.unlink()
        server.kill()
        self.espoload("status", "leads.csv.checkpoint", "--results", "--errors", key=None)
        results = self.read_csv("leads.results.csv")
        left = self.read_csv("leads.unprocessed.csv")
        self.assertEqual(len(results), 400)
        self.assertEqual(len(left), sum(r["_id"] == "" for r in results))

    def test_file_changed(self):
        """Another size, another content of the same size, no file: exit 6, nothing sent;
        the file put back: resume completes."""
        server, rows = self.stopped()
        path = self.folder / "leads.csv"
        original = path.read_bytes()
        sent = server.posts()
        longer = original + b"One,More,more@e2e.example,x,New,\r\n"
        for changed, words in ((longer, "bytes"),
                               (original.replace(b"Sample399", b"Simple399"), "content"),
                               (b"", "bytes"), (None, "leads.csv")):
            if changed is None:
                path.unlink()
            else:
                path.write_bytes(changed)
            run = self.espoload("resume", "leads.csv.checkpoint", server=server,
                                expect=6 if changed is not None else (6, 7))
            self.assertIn(words, run.err)
            self.assertEqual(server.posts(), sent)
        path.write_bytes(original)
        self.espoload("resume", "leads.csv.checkpoint", "--settle", "0.3", server=server)
        self.assertStored(server, rows)

    def test_file_touched_is_the_same_file(self):
        server, rows = self.stopped()
        os.utime(self.folder / "leads.csv", (0, 0))
        self.espoload("resume", "leads.csv.checkpoint", "--settle", "0.3", server=server)
        self.assertStored(server, rows)

    def test_other_server_or_user(self):
        """Lost answers are looked up among one user's records on one server."""
        server, rows = self.stopped("--user", "carol", "--password", "e2e-password")
        sent = server.posts()
        other = harness.Server(self)
        run = self.espoload("resume", "leads.csv.checkpoint", "--url", other.url,
                            server=server, expect=2)
        self.assertIn("belongs to", run.err)
        run = self.espoload("resume", "leads.csv.checkpoint", server=server, expect=2,
                            key=None, env={"ESPOLOAD_USER": "carol",
                                           "ESPOLOAD_PASSWORD": "e2e-password"})
        self.assertIn("was begun as", run.err)
        self.assertEqual(server.posts(), sent)
        self.assertEqual(other.stored(), 0)

    def test_mapping_is_the_run_s_own(self):
        """The mapping file may change or go: the run keeps what it was begun with."""
        server = harness.Server(self, "--delay", "20")
        rows = harness.leads(300)
        self.write_csv("leads.csv", rows)
        self.write("map.json", '{"version": 1, "entityType": "Lead",'
                               ' "columns": [{"name": "*", "field": "*"}]}')
        process = self.start("import", "leads.csv", "-m", "map.json", server=server)
        harness.wait_until("rows", lambda: server.stored() >= 10)
        process.send(signal.SIGTERM)
        self.finish(process, expect=143)
        (self.folder / "map.json").unlink()
        self.espoload("resume", "leads.csv.checkpoint", server=server)
        self.assertStored(server, rows)

    def test_complete_run_is_left_as_it_is(self):
        server = harness.Server(self)
        rows = harness.leads(30)
        self.write_csv("leads.csv", rows)
        self.import_csv("leads.csv", server=server)
        before = server.posts()
        self.espoload("resume", "leads.csv.checkpoint", server=server)
        self.assertEqual(server.posts(), before)

    def test_import_again_is_refused(self):
        """Neither by accident nor with --force alone are rows sent again."""
        server = harness.Server(self)
        rows = harness.leads(30)
        self.write_csv("leads.csv", rows)
        self.import_csv("leads.csv", server=server)
        run = self.import_csv("leads.csv", server=server, expect=2)
        self.assertIn("espoload resume leads.csv.checkpoint", run.err)
        run = self.import_csv("leads.csv", "--force", server=server, expect=2)
        self.assertIn("--yes", run.err)
        self.assertEqual(server.stored(), 30)
        run = self.import_csv("leads.csv", "--force", "--yes", server=server, expect=1)
        self.assertEqual(run.counts()["failed"], 30, run)  # EspoCRM calls them duplicates
        self.assertStored(server, rows)

    def test_no_checkpoint(self):
        """Things that are none are neither read nor removed."""
        self.write_csv("leads.csv", harness.leads(3))
        server = harness.Server(self)
        self.write("text.checkpoint", "this is not SQLite\n" * 100)
        self.write("empty.checkpoint", b"")
        for name in ("text.checkpoint", "empty.checkpoint", "leads.csv"):
            before = (self.folder / name).read_bytes()
            self.espoload("resume", name, server=server, expect=6)
            self.espoload("status", name, key=None, expect=6)
            self.assertEqual((self.folder / name).read_bytes(), before)
        self.espoload("resume", "nowhere.checkpoint", server=server, expect=(2, 6, 7))
        self.assertFalse((self.folder / "nowhere.checkpoint").exists())
        self.import_csv("leads.csv", "--checkpoint", "text.checkpoint", "--force",
                        "--yes", server=server, expect=6)

    def test_damaged_checkpoint(self):
        """Torn in its middle: an error, not a fresh start and not a crash."""
        server, _ = self.stopped()
        path = self.folder / "leads.csv.checkpoint"
        data = bytearray(path.read_bytes())
        for at in range(4096, len(data), 512):
            data[at:at + 64] = b"\xa5" * 64
        path.write_bytes(data)
        sent = server.posts()
        run = self.espoload("resume", "leads.csv.checkpoint", server=server,
                            expect=(6, 7))
        self.assertIn("leads.csv.checkpoint", run.err)
        self.assertEqual(server.posts(), sent)

    def test_mode_and_place(self):
        """0600, beside the input, elsewhere on demand; reports beside the checkpoint."""
        server = harness.Server(self)
        (self.folder / "data").mkdir()
        (self.folder / "state").mkdir()
        self.write_csv("data/leads.csv", harness.leads(3))
        self.import_csv("data/leads.csv", server=server)
        checkpoint = self.folder / "data" / "leads.csv.checkpoint"
        self.assertEqual(checkpoint.stat().st_mode & 0o777, 0o600)
        self.assertResults(server, "data/leads.results.csv", 3)
        self.write_csv("data/more.csv", harness.leads(3, first=10))
        self.import_csv("data/more.csv", "--checkpoint", "state/run.checkpoint",
                        server=server)
        self.assertResults(server, "state/run.results.csv", 3)


if __name__ == "__main__":
    harness.main()

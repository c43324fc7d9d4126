"""test_export_ends.py - where an export goes, and how it ends: pipes, devices, closed
output, files that are there, runs that end while their files are put in place."""
import os
import signal
import subprocess
import threading
import time

import exported
import harness


class Ends(exported.Exported):
    server_options = ("--leads", 250)

    def shell(self, command, expect=0):
        """espoload under a shell's redirections; `$E` is the export so far."""
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, text=True, capture_output=True,
            timeout=60, env={**self.environment(self.server.url, harness.KEY),
                             "E": f"{harness.Setup.bin / 'espoload'} export Lead"})
        self.assertEqual(done.returncode, expect, done.stderr)
        return done

    def left(self):
        return sorted(p.name for p in self.folder.iterdir()
                      if not p.name.startswith(("run", "server")))

    def test_named_pipe(self):
        """It is opened once, when all is read, and nothing is put beside it."""
        self.export(output="calm.csv")
        os.mkfifo(self.folder / "pipe")
        got = []
        reader = threading.Thread(
            target=lambda: got.append((self.folder / "pipe").read_bytes()), daemon=True)
        reader.start()
        self.export(output="pipe", seconds=30)
        reader.join(10)
        self.assertEqual(got, [self.bytes_of("calm.csv")])
        self.assertEqual(self.left(), ["calm.csv", "calm.csv.manifest.json", "pipe"])

    def test_nobody_reads_the_pipe(self):
        os.mkfifo(self.folder / "pipe")
        process = self.start("export", "Lead", "-o", "pipe", server=self.server)
        harness.wait_until("the pages", lambda: self.server.counts()["requests"].get(
            "GET Lead", 0) >= 3)
        time.sleep(0.3)
        process.send(signal.SIGINT)
        self.finish(process, 130, seconds=10)

    def test_reader_stands_still(self):
        """Whoever asks a second time need not wait for it."""
        os.mkfifo(self.folder / "pipe")
        reader = os.open(self.folder / "pipe", os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        process = self.start("export", "Lead", "--jsonl", "-o", "pipe",
                             server=self.server)
        harness.wait_until("the pages", lambda: self.server.counts()["requests"].get(
            "GET Lead", 0) >= 3)
        for _ in range(3):
            time.sleep(0.3)
            process.send(signal.SIGTERM)
        self.finish(process, 143, seconds=10)

    def test_process_substitution(self):
        self.shell("$E -q --select id -o >(wc -l > count) && sleep 0.5")
        self.assertEqual((self.folder / "count").read_text().strip(), "251")

    def test_devices(self):
        there = set(os.listdir("/dev"))
        run = self.shell("$E -q -o /dev/full", expect=7)
        self.assertIn("No space left", run.stderr)
        run = self.shell("$E -q -o /dev/stdout --select id")
        self.assertEqual(len(run.stdout.splitlines()), 251)
        self.assertEqual({n for n in set(os.listdir("/dev")) - there if "full" in n
                          or "stdout" in n}, set())

    def test_closed_output(self):
        """Nothing else takes the place of standard output."""
        for redirection in (">&-", ">&- 2>&-", "<&- >&- 2>&-"):
            run = self.shell(f"$E -q -o - {redirection}", expect=7)
            if redirection == ">&-":
                self.assertIn("standard output: Bad file descriptor", run.stderr)

    def test_reader_leaves(self):
        run = self.shell("$E -q -o - | true; exit ${PIPESTATUS[0]}", expect=7)
        self.assertIn("standard output: Broken pipe", run.stderr)

    def test_parts_are_there(self):
        """Told before anything is read, not when it comes to the third part."""
        self.write("out-003.csv", "mine")
        run = self.export("--split-rows", "100", expect=2)
        self.assertIn("out-003.csv is there already", run.err)
        self.assertEqual(self.server.counts()["total"], 0)
        self.assertEqual(self.left(), ["out-003.csv"])

    def test_fewer_parts(self):
        """Of an earlier export that was longer nothing stays that looks like a part."""
        self.export("--split-rows", "50")
        self.export("--split-rows", "100", "--force")
        self.assertEqual([n for n in self.left() if n.startswith("out-")],
                         ["out-001.csv", "out-002.csv", "out-003.csv"])

    def test_part_fails(self):
        """The second part cannot be written; resume does not mind the first one."""
        self.export("--split-rows", "100", output="calm.csv")
        process = self.start("export", "Lead", "-o", "out.csv", "--split-rows", "100",
                             "--rate", "10", server=self.server)
        harness.wait_until("a checkpoint",
                           (self.folder / "out.csv.checkpoint").exists)
        (self.folder / "out-002.csv").mkdir()
        self.finish(process, 2)
        self.assertTrue((self.folder / "out-001.csv").exists())
        (self.folder / "out-002.csv").rmdir()
        self.espoload("resume", "out.csv.checkpoint", server=self.server)
        for i in (1, 2, 3):
            self.assertEqual(self.bytes_of(f"out-00{i}.csv"),
                             self.bytes_of(f"calm-00{i}.csv"))

    def test_file_is_in_place(self):
        """Broken off between the file and the state: resume finds its own file there,
        though it was not told to replace any."""
        nightly = ("--incremental", "leads.state", "--deletions")
        self.export(*nightly, output="1.csv")
        self.make(lastName="New")
        self.server.fault("status", status=401, method="GET",
                          contains="select%22:%5B%22id%22%5D,%22where%22:%5B%5D")
        self.export(*nightly, output="2.csv", expect=4)
        self.assertEqual(len(self.ids_of("2.csv")), 1)
        self.server.clear_faults()
        before = (self.folder / "2.csv").read_bytes()
        self.espoload("resume", "2.csv.checkpoint", server=self.server)
        self.assertEqual(self.bytes_of("2.csv"), before)
        self.assertEqual(self.rows_of("2.csv.deleted.csv"), [])
        self.export(*nightly, output="3.csv")
        self.assertEqual(self.ids_of("3.csv"), [])

    def test_other_file_is_in_place(self):
        """Somebody else's is not replaced; what was read is not lost."""
        process = self.start("export", "Lead", "-o", "out.csv", "--rate", "10",
                             server=self.server)
        harness.wait_until("a checkpoint",
                           (self.folder / "out.csv.checkpoint").exists)
        self.write("out.csv", "mine")
        run = self.finish(process, 7)
        self.assertIn("has appeared in the meantime", run.err)
        self.assertEqual(self.bytes_of("out.csv"), b"mine")
        (self.folder / "out.csv").unlink()
        self.espoload("resume", "out.csv.checkpoint", server=self.server)
        self.assertEqual(len(self.ids_of()), 250)


harness.main()

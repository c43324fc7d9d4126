"""test_export_kills.py - exports that are killed, cut off, refused: what comes out in the
end is byte for byte what an undisturbed export writes."""
import time

import exported
import harness


class Kills(exported.Exported):
    count = 3000
    server_options = ("--leads", count)

    def finish_export(self, process, server, kill=True):
        """Resumes until it is done; how often it was killed."""
        kills = 0
        while True:
            if kill and kills < 25:
                time.sleep(self.random.uniform(0, 0.12))
                process.send(9)
            run = self.finish(process)
            if run.code == 0:
                return kills
            if run.code == -9:
                kills += 1
            else:
                self.assertIn(run.code, (2, 5, 6), run)
            begun = (self.folder / "out.csv.gz.checkpoint").exists() and run.code != 6
            if not begun or run.code == 2:
                (self.folder / "out.csv.gz.checkpoint").unlink(missing_ok=True)
                process = self.begin(server)
            else:
                process = self.start("resume", "out.csv.gz.checkpoint", "--retries", "3",
                                     *self.speed, server=server)

    def pages(self):
        return self.server.counts()["requests"].get("GET Lead", 0)

    def begin_and_wait(self):
        """An export that is in the middle of its pages."""
        before = self.pages()
        process = self.begin(self.server)
        harness.wait_until("pages", lambda: self.pages() > before + 10)
        return process

    speed = ("--rate", "60", "-j", "3")

    def begin(self, server):
        return self.start("export", "Lead", "-o", "out.csv.gz", "--force", "--retries",
                          "3", *self.speed, server=server)

    def test_killed(self):
        self.say(f"seed {self.seed}")
        for i in range(3):
            self.make(lastName=f"Long{i}", description="x" * 12000)
        self.export(output="calm.csv.gz")
        kills = self.finish_export(self.begin(self.server), self.server)
        self.say(f"{kills} kills")
        self.assertGreater(kills, 3)
        self.assertEqual(self.bytes_of("out.csv.gz"), self.bytes_of("calm.csv.gz"))
        self.assertEqual(self.manifest("out.csv.gz")["hash"],
                         self.manifest("calm.csv.gz")["hash"])
        self.assertFalse((self.folder / "out.csv.gz.checkpoint").exists())

    def disturbed(self, *faults):
        """Each fault heals: the export gets through by itself, or is resumed."""
        self.export(output="calm.csv.gz")
        proxy = harness.Proxy(self, self.server, *faults)
        self.finish_export(self.begin(proxy), proxy, kill=False)
        stats = proxy.stop()
        self.assertGreaterEqual(stats["faults"]["total"], 3)
        self.assertEqual(self.bytes_of("out.csv.gz"), self.bytes_of("calm.csv.gz"))

    def test_cut(self):
        self.disturbed("cut,method=GET,every=5")

    def test_reset(self):
        self.disturbed("reset,method=GET,at=before,every=4")

    def test_gateway(self):
        self.disturbed("answer,status=502,forward=no,method=GET,every=5",
                       "answer,status=504,forward=yes,method=GET,every=7")

    def test_maintenance(self):
        """503 with Retry-After: waited for, no attempt lost."""
        self.export(output="calm.csv.gz")
        process = self.begin_and_wait()
        self.server.fault("status", status=503, retryAfter=1, count=3)
        self.finish(process, 0)
        self.assertEqual(self.bytes_of("out.csv.gz"), self.bytes_of("calm.csv.gz"))

    def test_key_expires(self):
        self.export(output="calm.csv.gz")
        self.server.fault("status", status=401, contains="greaterThan%22", after=4)
        run = self.finish(self.begin(self.server), 4)
        self.assertIn("espoload resume out.csv.gz.checkpoint", run.err)
        self.server.clear_faults()
        self.assertNothing("out.csv.gz")
        self.espoload("resume", "out.csv.gz.checkpoint", server=self.server)
        self.assertEqual(self.bytes_of("out.csv.gz"), self.bytes_of("calm.csv.gz"))

    def test_interrupted(self):
        self.export(output="calm.csv.gz")
        self.speed = ("--rate", "10", "-j", "3")  # it must not end before the signal comes
        process = self.begin_and_wait()
        process.send(2)
        run = self.finish(process, 130)
        self.assertIn("records read so far", run.err)
        status = self.espoload("status", "out.csv.gz.checkpoint").out
        self.assertIn("export of Lead", status)
        self.assertIn("espoload resume out.csv.gz.checkpoint", status)
        self.espoload("resume", "out.csv.gz.checkpoint", server=self.server)
        self.assertEqual(self.bytes_of("out.csv.gz"), self.bytes_of("calm.csv.gz"))

    def test_left_over(self):
        """A nightly export must not fail for ever because it failed once."""
        process = self.begin(self.server)
        harness.wait_until("a checkpoint",
                           (self.folder / "out.csv.gz.checkpoint").exists)
        process.send(9)
        self.finish(process)
        run = self.export(output="out.csv.gz")
        self.assertIn("3,000 records exported", run.err)

    def test_two_at_once(self):
        self.speed = ("--rate", "5", "-j", "1")
        process = self.begin(self.server)
        harness.wait_until("a checkpoint",
                           (self.folder / "out.csv.gz.checkpoint").exists)
        time.sleep(0.1)
        self.export(output="out.csv.gz", expect=8)
        self.finish(process, 0)


harness.main()

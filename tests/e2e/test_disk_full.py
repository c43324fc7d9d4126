"""test_disk_full.py - the disk fills up under the checkpoint or under the reports:
nothing more is sent, exit code 7, and with room again resume completes.
"""
import ctypes
import json
import os
import time

import harness

CLONE_NEWNS = 0x20000
MS_REC, MS_PRIVATE, MS_REMOUNT = 0x4000, 1 << 18, 32


def mount(source, target, kind, flags, data):
    if harness.libc.mount(source, target, kind, flags, data) != 0:
        raise OSError(ctypes.get_errno(), "mount")


class DiskFull(harness.Case):
    def full(self, server, rows, **options):
        """Runs into the wall; nothing is sent behind it."""
        run = self.import_csv("leads.csv", "--settle", "0.3", *options.pop("more", ()),
                              server=server, expect=7, **options)
        stored = server.stored()
        self.assertLess(stored, len(rows), run)
        self.assertRegex(run.err, r"disk|room|large|full")
        self.assertIn("espoload resume", run.err)
        time.sleep(0.2)
        self.assertEqual(server.stored(), stored, "sent after the end")
        return run

    def settle(self, server, rows, checkpoint="leads.csv.checkpoint"):
        run = self.espoload("resume", checkpoint, "--settle", "0.3", server=server)
        self.assertEqual(run.counts()["created"], len(rows), run)
        self.assertStored(server, rows)

    def test_limit_on_the_checkpoint(self):
        """A quota: writing beyond it fails."""
        rows = harness.leads(harness.Setup.scaled(5000, 2500))
        self.write_csv("leads.csv", rows)
        for limit in (40 << 10, 150 << 10):
            with self.subTest(limit=limit):
                server = harness.Server(self)
                (self.folder / "leads.csv.checkpoint").unlink(missing_ok=True)
                self.full(server, rows, more=["--force", "--yes"],
                          prepare=harness.limit_file_size(limit))
                self.settle(server, rows)

    def test_full_before_anything_is_sent(self):
        server = harness.Server(self)
        rows = harness.leads(10)
        self.write_csv("leads.csv", rows)
        self.import_csv("leads.csv", server=server, expect=7,
                        prepare=harness.limit_file_size(1000))
        self.assertEqual(server.stored(), 0)
        for leftover in self.folder.glob("leads.csv.checkpoint*"):
            leftover.unlink()
        self.import_csv("leads.csv", server=server)
        self.assertStored(server, rows)

    def test_no_room_for_the_reports(self):
        """All rows are in; the files are written again when there is room. What makes the
        reports large is a column that is not loaded: the checkpoint is without it."""
        server = harness.Server(self)
        rows = harness.leads(1000)
        for row in rows:
            row["description"] = "x" * 5000
        self.write_csv("leads.csv", rows)
        self.write("map.json", json.dumps({
            "version": 1, "entityType": "Lead", "columns": [
                {"name": name, "field": name} for name in rows[0] if name != "description"]
            + [{"name": "description", "ignore": True}]}))
        run = self.espoload("import", "leads.csv", "-m", "map.json", server=server,
                            expect=7, prepare=harness.limit_file_size(4 << 20))
        self.assertEqual(run.counts()["created"], len(rows), run)
        self.assertEqual(sorted(p.name for p in self.folder.glob("leads.*")),
                         ["leads.csv", "leads.csv.checkpoint"])
        self.espoload("status", "leads.csv.checkpoint", "--results", key=None)
        self.assertResults(server, "leads.results.csv", len(rows))

    def test_small_disk(self):
        """A file system of its own, in a mount name space that ends with this program."""
        if harness.libc.unshare(CLONE_NEWNS) != 0:
            self.skipTest("needs the right to mount")
        disk = self.folder / "disk"
        disk.mkdir()
        path = os.fsencode(disk)
        try:
            mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None)
            mount(b"tmpfs", path, b"tmpfs", 0, b"size=512k")
        except OSError as error:
            self.skipTest(str(error))
        self.addCleanup(harness.libc.umount2, path, 2)
        server = harness.Server(self)
        rows = harness.leads(5000)
        self.write_csv("leads.csv", rows)
        checkpoint = "disk/leads.csv.checkpoint"
        self.full(server, rows, more=["--checkpoint", checkpoint])
        self.espoload("status", checkpoint, key=None)
        self.espoload("resume", checkpoint, "--settle", "0.3", server=server, expect=7)
        mount(b"tmpfs", path, b"tmpfs", MS_REMOUNT, b"size=64m")
        self.settle(server, rows, checkpoint)
        self.assertResults(server, "disk/leads.results.csv", len(rows))


if __name__ == "__main__":
    harness.main()

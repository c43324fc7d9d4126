"""test_usage.py - what is wrong before anything is sent: exit code 2, a message that
names the place, and a server that has seen no row. And --max-errors, exit code 3.
"""
import json

import harness


class Usage(harness.Case):
    def setUp(self):
        super().setUp()
        self.server = harness.Server(self)
        self.write_csv("leads.csv", harness.leads(3))

    def refused(self, words, *arguments, expect=2, **options):
        run = self.espoload(*arguments, server=options.pop("server", self.server),
                            expect=expect, **options)
        for word in (words if isinstance(words, tuple) else (words,)):
            self.assertIn(word, run.err)
        self.assertNotIn("Traceback", run.err)
        self.assertEqual(self.server.stored(), 0)
        self.assertEqual(sorted(p.name for p in self.folder.glob("leads.csv?*")), [])
        return run

    def test_command_line(self):
        m = ("-m", harness.PLAIN)
        self.refused("improt", "improt", "leads.csv")
        self.refused("FILE", "import")
        self.refused("mapping", "import", "leads.csv")
        self.refused("--colour-of-sky", "import", "leads.csv", *m, "--colour-of-sky")
        self.refused(("-j", "256"), "import", "leads.csv", *m, "-j", "0")
        self.refused("--jobs", "import", "leads.csv", *m, "--jobs", "many")
        self.refused("retries", "import", "leads.csv", *m, "--retries", "-1")
        self.refused("on-duplicate", "import", "leads.csv", *m, "--on-duplicate", "maybe")
        self.refused("max-errors", "import", "leads.csv", *m, "--max-errors", "120%")
        self.refused("delimiter", "import", "leads.csv", *m, "--delimiter", "::")
        self.refused("two.csv", "import", "leads.csv", "two.csv", *m)
        self.refused("CHECKPOINT", "resume")
        self.refused("pipe", "check", "-", *m)

    def test_server_s_address(self):
        m = ("-m", harness.PLAIN)
        self.refused("--url", "import", "leads.csv", *m, server=None)
        for url in ("ftp://crm.example", "http://", "crm example", ""):
            self.refused("", "import", "leads.csv", *m, "--url", url)

    def test_mapping(self):
        """Every problem with its place, and the nearest valid name."""
        good = {"version": 1, "entityType": "Lead",
                "columns": [{"name": "emailAddress", "field": "emailAddress"}]}
        bad = {
            "/columns/0/feild": dict(good, columns=[{"name": "emailAddress",
                                                     "feild": "emailAddress"}]),
            "/version": dict(good, version=7),
            "/columns": {"version": 1, "entityType": "Lead"},
            "/operation": dict(good, operation="replace"),
            "/defaults/empty": dict(good, defaults={"empty": "never"}),
        }
        for pointer, mapping in bad.items():
            with self.subTest(pointer=pointer):
                self.write("map.json", json.dumps(mapping))
                self.refused(pointer, "import", "leads.csv", "-m", "map.json")
        self.write("map.json", json.dumps(good)[:-5])
        self.refused("map.json", "import", "leads.csv", "-m", "map.json")
        self.refused("nowhere.json", "import", "leads.csv", "-m", "nowhere.json",
                     expect=(2, 7))

    def test_mapping_against_server_and_file(self):
        self.refused("emailAddress", "import", "leads.csv", "-m",
                     "Lead: emailAddress=emailAdress")
        self.refused("E-Mail", "import", "leads.csv", "-m", "Lead: E-Mail=emailAddress")
        self.refused("Laed", "import", "leads.csv", "-m", "Laed: *=*")

    def test_outputs_are_not_overwritten(self):
        for name in ("leads.results.csv", "leads.errors.csv", "leads.unprocessed.csv"):
            path = self.write(name, "precious")
            self.refused(name, "import", "leads.csv", "-m", harness.PLAIN)
            self.assertEqual(path.read_text(), "precious")
            path.unlink()

    def test_dry_run_sends_nothing(self):
        run = self.refused("3", "import", "leads.csv", "-m", harness.PLAIN, "-n",
                           expect=0)
        self.assertIn("nothing was sent", run.err)

    def test_input(self):
        """Files that are none: exit 6 or 7, with the name."""
        m = ("-m", harness.PLAIN)
        (self.folder / "folder").mkdir()
        self.write("empty.csv", b"")
        self.write("blank.csv", b"\r\n\r\n")
        self.refused("nowhere.csv", "import", "nowhere.csv", *m, expect=(2, 6, 7))
        self.refused("folder", "import", "folder", *m, expect=(2, 6, 7))
        self.refused("empty.csv", "import", "empty.csv", *m, expect=6)
        self.refused("blank.csv", "import", "blank.csv", *m, expect=6)
        self.write("twice.csv", b"title,title\r\na,b\r\n")
        self.refused("title", "import", "twice.csv", *m, expect=(2, 6))

    def test_help_and_version(self):
        for arguments in (["--help"], ["help"], ["--version"], ["import", "--help"],
                          ["help", "import"], []):
            run = self.espoload(*arguments, key=None)
            self.assertIn("espoload", run.out)
            self.assertEqual(run.err, "")


class MaxErrors(harness.Case):
    def rows(self, count, every):
        rows = harness.leads(count)
        for row in rows[every - 1::every]:
            row["emailAddress"] = "broken"
        return rows, [r for r in rows if r["emailAddress"] != "broken"]

    def test_number(self):
        """Stops soon behind the tenth; what is left is sent by resume."""
        server = harness.Server(self, "--delay", "2")
        rows, good = self.rows(2000, 20)
        self.write_csv("leads.csv", rows)
        run = self.import_csv("leads.csv", "--max-errors", "10", server=server, expect=3)
        counts = run.counts()
        self.assertGreater(counts["failed"], 10, run)
        self.assertLess(counts["failed"], 30, run)
        self.assertEqual(counts["unknown"], 0, run)
        self.assertIn("--max-errors 10", run.err)
        self.assertEqual(len(self.read_csv("leads.errors.csv")), counts["failed"])
        run = self.espoload("resume", "leads.csv.checkpoint", server=server, expect=1)
        self.assertEqual(run.counts()["failed"], 100, run)
        self.assertStored(server, good)

    def test_percent(self):
        server = harness.Server(self)
        rows, good = self.rows(1000, 10)
        self.write_csv("leads.csv", rows)
        run = self.import_csv("leads.csv", "--max-errors", "5%", server=server, expect=3)
        self.assertIn("--max-errors 5%", run.err)
        run = self.espoload("resume", "leads.csv.checkpoint", "--max-errors", "20%",
                            server=server, expect=1)
        self.assertStored(server, good)

    def test_not_reached(self):
        server = harness.Server(self)
        rows, good = self.rows(200, 20)
        self.write_csv("leads.csv", rows)
        self.import_csv("leads.csv", "--max-errors", "10", server=server, expect=1)
        self.assertStored(server, good)


if __name__ == "__main__":
    harness.main()

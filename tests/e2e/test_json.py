"""test_json.py - what scripts rely on: --json, -q, and where output goes."""
import json
import os
import subprocess

import jsonschema

import harness


class Json(harness.Case):
    def setUp(self):
        super().setUp()
        self.server = harness.Server(self)
        self.rows = harness.leads(300)
        for row in self.rows[9::10]:
            row["emailAddress"] = "bro\"ken\u2028\\ \U0001f600"
        self.write_csv("leads.csv", self.rows)
        self.bad = 30

    def adds_up(self, run):
        """run.events() has checked that each line is an object with a type."""
        events = run.events()
        last = events[-1]
        self.assertEqual([e["type"] for e in events].count("summary"), 1)
        self.assertEqual(last["type"], "summary")
        self.assertEqual(last["rows"], sum(last[p] for p in harness.PLACES), last)
        return events

    def test_import(self):
        run = self.import_csv("leads.csv", "--json", server=self.server, expect=1)
        events = self.adds_up(run)
        last = events[-1]
        errors = [e for e in events if e["type"] == "error"]
        self.assertEqual(len(errors), last["failed"])
        self.assertEqual((last["rows"], last["created"], last["failed"]), (300, 270, 30))
        self.assertEqual(events[0]["type"], "plan")
        self.assertEqual({e["code"] for e in errors}, {"EMAIL_INVALID"})
        self.assertEqual({e["value"] for e in errors}, {self.rows[9]["emailAddress"]})
        self.assertEqual(len({e["line"] for e in errors}), 30)
        self.assertEqual(len(self.read_csv(last["files"]["results"])), 300)
        self.assertEqual(len(self.read_csv(last["files"]["errors"])), 30)
        self.assertIsNone(last["files"]["unprocessed"])

    def test_check(self):
        run = self.espoload("check", "leads.csv", "-m", harness.PLAIN, "--json",
                            server=self.server, expect=1)
        events = self.adds_up(run)
        self.assertEqual(len([e for e in events if e["type"] == "error"]), 30)
        self.assertEqual(events[-1]["fine"], 270)

    def test_status_and_resume(self):
        self.import_csv("leads.csv", server=self.server, expect=1)
        events = self.adds_up(self.espoload("status", "leads.csv.checkpoint", "--json",
                                            key=None))
        causes = [e for e in events if e["type"] == "cause"]
        self.assertEqual([(c["code"], c["rows"]) for c in causes],
                         [("EMAIL_INVALID", self.bad)])
        self.adds_up(self.espoload("resume", "leads.csv.checkpoint", "--json",
                                   server=self.server, expect=1))

    def test_ping(self):
        run = self.espoload("ping", "Lead", "Account", "--json", server=self.server)
        self.assertEqual([e["type"] for e in run.events()], ["ping", "ping"])
        self.assertTrue(run.events()[0]["create"])
        run = self.espoload("ping", "Lead", "Nothing", "--json", server=self.server)
        self.assertEqual([(e["entityType"], e["access"], e["create"])
                          for e in run.events()],
                         [("Lead", True, True), ("Nothing", False, False)])

    def test_first_line(self):
        """Whoever reads the lines learns first what they are."""
        run = self.espoload("ping", "Lead", "--json", server=self.server)
        first = run.lines()[0]
        self.assertEqual((first["type"], first["schema"], first["command"]),
                         ("run", 1, "ping"))

    def test_failure(self):
        """A command that does not come to a summary says why in its last line; one that
        does says it there."""
        run = self.espoload("import", "none.csv", "-m", harness.PLAIN, "--json",
                            server=self.server, expect=6)
        last = run.events()[-1]
        self.assertEqual((last["type"], last["exit"]), ("failure", 6))
        self.assertIn("none.csv", last["error"]["message"])
        self.server.fault("status", status=401, method="POST", entity="Lead", after=100)
        last = self.import_csv("leads.csv", "--json", server=self.server,
                               expect=4).events()[-1]
        self.assertEqual((last["type"], last["complete"]), ("summary", False))
        self.assertIn("key", last["error"]["message"])

    def test_schema_is_strict(self):
        """The check of every line can fail: a member that the schema does not know, one
        that is missing, and one of another type."""
        jsonschema.Draft202012Validator.check_schema(
            json.loads(harness.OutputSchema.path.read_text(encoding="utf-8")))
        good = self.espoload("ping", "Lead", "--json", server=self.server).events()[0]
        harness.OutputSchema.check(good)
        for bad in ({**good, "more": 1}, {**good, "create": "yes"},
                    {k: v for k, v in good.items() if k != "url"},
                    {**good, "type": "pong"}):
            self.assertRaises(AssertionError, harness.OutputSchema.check, bad)

    def test_stopped_run(self):
        """A run that ends early ends with its summary all the same."""
        self.server.fault("status", status=401, method="POST", entity="Lead", after=100)
        run = self.import_csv("leads.csv", "--json", server=self.server, expect=4)
        last = self.adds_up(run)[-1]
        self.assertGreater(last["unprocessed"], 0)
        self.assertEqual(len(self.read_csv(last["files"]["unprocessed"])),
                         last["unprocessed"])

    def test_names_are_not_given_twice(self):
        """A JSON object whose names repeat is read differently by every reader."""
        def unique(pairs):
            names = [name for name, _ in pairs]
            self.assertEqual(len(names), len(set(names)), names)
            return dict(pairs)
        run = self.import_csv("leads.csv", "--json", server=self.server, expect=1)
        for line in run.out.split("\n")[:-1]:
            json.loads(line, object_pairs_hook=unique)

    def test_output_goes_where_it_belongs(self):
        """Without --json an import prints nothing on stdout; -q is quiet; no escapes off
        a terminal."""
        run = self.import_csv("leads.csv", server=self.server, expect=1)
        self.assertEqual(run.out, "")
        self.assertNotIn("\033", run.err)
        run = self.espoload("resume", "leads.csv.checkpoint", "-q", server=self.server,
                            expect=1)
        self.assertEqual((run.out, run.err), ("", ""))
        run = self.espoload("check", "leads.csv", "-m", harness.PLAIN, "-q",
                            server=self.server, expect=1)
        self.assertEqual((run.out, run.err), ("", ""))

    def test_reader_goes_away(self):
        """A closed pipe ends nothing half-way: the rows are in, or the run can be
        resumed."""
        reader, writer = os.pipe()
        os.close(reader)
        process = subprocess.run(
            [harness.Setup.bin / "espoload", "import", "leads.csv", "-m", harness.PLAIN,
             "--json"], cwd=self.folder, stdout=writer, stderr=subprocess.PIPE,
            timeout=60, env=self.environment(self.server.url, harness.KEY))
        os.close(writer)
        self.assertIn(process.returncode, (1, 7), process.stderr)
        if (self.folder / "leads.csv.checkpoint").exists():
            self.espoload("resume", "leads.csv.checkpoint", server=self.server, expect=1)
            self.assertEqual(self.server.stored(), 270)
        else:
            self.assertEqual(self.server.stored(), 0)


if __name__ == "__main__":
    harness.main()

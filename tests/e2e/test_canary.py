"""test_canary.py - a few rows first, shown as they stand in EspoCRM, before the others
follow; and each row once, whatever the answer."""
import gzip
import json
import time

import harness
import planned

EMAIL = ["emailAddress"]
COLUMNS = {"emailAddress": {}, "lastName": {}, "title": {}, "status": {},
           "doNotCall": {}}


class Canary(planned.Planned):
    def setUp(self):
        super().setUp()
        self.map = self.mapping(COLUMNS, operation="upsert", match=[EMAIL])

    def rows_of(self, count):
        """Rare values stand at the end, where nobody looks."""
        rows = [{"emailAddress": f"c{i}@c.example", "lastName": f"C{i}", "title": "t",
                 "status": "New", "doNotCall": "no"} for i in range(count)]
        rows[-2]["status"] = "Recycled"
        rows[-5]["status"] = "Dead"
        rows[-9]["doNotCall"] = "yes"
        rows[-12]["title"] = ""
        return rows

    def there_now(self):
        return {r["emailAddress"] for r in self.server.rows()}

    def resume(self, *options, expect=0):
        run = self.espoload("resume", f"{self.name}.csv.checkpoint", "--settle", "0.3",
                            *options, server=self.server, expect=expect)
        return self.read_outputs(run)

    def once(self, rows):
        """Every row ended, and none was sent twice."""
        self.assertStored(self.server, rows, ("emailAddress", "title", "status"))
        self.assertResults(self.server, f"{self.name}.results.csv", len(rows))
        self.assertEqual(self.server.posts(), len(rows))

    def test_no_terminal(self):
        """It stops behind the canary, which shows all there is to be shown."""
        rows = self.rows_of(400)
        counts = self.load(rows, self.map, "--canary", "5", expect=130)
        self.assertEqual(counts, {"created": 5, "unprocessed": 395}, self.run_text)
        self.assertEqual(self.there_now(),
                         {rows[i]["emailAddress"] for i in (0, -2, -5, -9, -12)})
        self.assertIn("no terminal to ask", self.run_text)
        self.assertIn("go on with the other rows: espoload resume rows1.csv.checkpoint; or",
                      self.run_text)
        self.assertIn("5 rows were chosen, which show 12 of the 12 actions and values",
                      self.run_text)
        self.assertIn("    status: nothing -> Recycled\n", self.run_text)
        self.assertEqual([r["_action"] for r in self.results if r["_id"]],
                         ["created"] * 5)
        self.assertEqual(self.resume(), {"created": 400}, self.run_text)
        self.once(rows)

    def test_yes(self):
        """One call, one run."""
        rows = self.rows_of(300)
        counts = self.load(rows, self.map, "--canary", "20", "--yes", "--json")
        self.assertEqual(counts, {"created": 300}, self.run_text)
        self.once(rows)

    def test_json(self):
        id = self.make(**self.rows_of(20)[3] | {"title": "old", "doNotCall": False})
        process = self.begin(self.rows_of(20), self.map, "--canary", "20", "-y", "--json")
        run = self.finish(process, 0)
        shown = [e for e in run.events() if e["type"] == "canary"]
        self.assertEqual([e["line"] for e in shown], list(range(2, 22)))
        self.assertEqual((shown[3]["action"], shown[3]["id"], shown[3]["changes"]),
                         ("updated", id, {"title": ["old", "t"]}))
        self.assertEqual(shown[0]["changes"]["lastName"], [None, "C0"])

    def test_actions(self):
        """What was there before, and what the server made of the row."""
        rows = self.rows_of(60)
        same = self.make(**rows[50] | {"doNotCall": False})
        other = self.make(**rows[55] | {"doNotCall": False, "title": "before"})
        self.server.fault("drop", attribute="title", method="POST", entity="Lead")
        counts = self.load(rows, self.map, "--canary", "8", expect=130)
        self.assertEqual(counts, {"created": 6, "unchanged": 1, "updated": 1,
                                  "unprocessed": 52}, self.run_text)
        self.assertIn(f"unchanged {same}, matched by emailAddress\n", self.run_text)
        self.assertIn(f"updated {other}, matched by emailAddress\n    title: before -> t\n",
                      self.run_text)
        self.assertIn("NOT_STORED in column title", self.run_text)
        self.assertIn("    title: nothing -> nothing  (the row has t)\n", self.run_text)
        self.server.clear_faults()
        self.assertEqual(self.resume(expect=1), {"created": 58, "unchanged": 1,
                                                 "updated": 1}, self.run_text)

    def test_stopped_in_it(self):
        """A resume carries out the rest of the canary first, and asks all the same."""
        rows = self.rows_of(200)
        self.server.fault("status", status=401, method="POST", after=4)
        self.load(rows, self.map, "--canary", "10", "-j", "1", expect=4)
        self.server.clear_faults()
        few = self.there_now()
        self.assertEqual(len(few), 4)
        counts = self.resume(expect=130)
        self.assertEqual(counts, {"created": 10, "unprocessed": 190}, self.run_text)
        self.assertLess(few, self.there_now())
        self.assertEqual(self.resume("--yes"), {"created": 200}, self.run_text)
        self.assertStored(self.server, rows, ("emailAddress", "title", "status"))
        self.assertResults(self.server, f"{self.name}.results.csv", 200)

    def test_killed(self):
        """At any moment: every row once in the end."""
        rows = self.rows_of(120)
        for delay in (0.05, 0.1, 0.2, 0.3):
            with self.subTest(delay):
                self.server.reset()
                self.server.set(delayMs=3)
                process = self.begin(rows, self.map, "--canary", "30", "-y", "-j", "2")
                time.sleep(delay)
                process.kill()
                self.finish(process)
                if not (self.folder / f"{self.name}.csv.checkpoint").exists():
                    continue
                run = self.espoload("resume", f"{self.name}.csv.checkpoint", "-y",
                                    "--settle", "0.3", server=self.server,
                                    expect=(0, 6))
                if run.code == 6:  # it never began
                    self.assertRegex(run.err, "never began|is not a checkpoint")
                    continue
                self.assertStored(self.server, rows, ("emailAddress", "title", "status"))
                self.assertResults(self.server, f"{self.name}.results.csv", 120)

    def test_repeats(self):
        """Of rows about one record the first comes first."""
        for match, posts in (([EMAIL], "REPEATED"), (None, "DUPLICATE")):
            self.server.reset()
            rows = self.rows_of(40)
            rows[-5]["emailAddress"] = rows[7]["emailAddress"]  # it shows "Dead"
            mapping = dict(self.map)
            if match is None:
                mapping = self.mapping(COLUMNS)
            counts = self.load(rows, mapping, "--canary", "5", expect=130)
            self.assertIn(rows[7]["emailAddress"], self.there_now())
            self.assertNotIn("Dead", {r["status"] for r in self.server.rows()})
            self.assertEqual(self.resume(expect=1), {"created": 39, "failed": 1},
                             self.run_text)
            self.assertEqual(self.codes(), [posts])

    def test_with_plan_skip_and_gzip(self):
        rows = self.rows_of(50)
        self.write_csv("g.csv", rows)
        text = (self.folder / "g.csv").read_bytes()
        self.write("g.csv.gz", gzip.compress(text))
        self.write("g.json", json.dumps(self.map))
        self.espoload("check", "g.csv.gz", "-m", "g.json", "--plan", "plan.csv",
                      server=self.server)
        lines = self.read_csv("plan.csv")
        del lines[-2], lines[5]
        self.write_csv("plan.csv", lines)
        self.name, self.before = "g", self.server.counts()
        counts = self.end(self.start(
            "import", "g.csv.gz", "-m", "g.json", "--plan", "plan.csv", "--canary", "4",
            "--skip", "2", "--checkpoint", "g.csv.checkpoint", server=self.server), 130)
        self.assertEqual(counts, {"created": 4, "unprocessed": 46}, self.run_text)
        self.assertNotIn("Recycled", {r["status"] for r in self.server.rows()})
        self.assertEqual(self.resume(), {"created": 46, "skipped": 4}, self.run_text)

    def test_usage(self):
        rows = self.rows_of(20)
        for options in (("--canary", "0"), ("--canary", "201"),
                        ("--canary", "5", "--limit", "3"), ("--canary", "5", "-n")):
            process = self.begin(rows, self.map, *options)
            self.assertIn("--canary", self.finish(process, 2).err)
        self.assertEqual(self.server.posts(), 0)
        # more than there are, and none that could be taken
        self.assertEqual(self.load(rows, self.map, "--canary", "200"), {"created": 20},
                         self.run_text)
        bad = [row | {"emailAddress": "x"} for row in rows]
        self.assertEqual(self.load(bad, self.map, "--canary", "2", expect=1),
                         {"failed": 20}, self.run_text)

    def answer(self, word):
        """Asks on a terminal and types an answer; the exit code and what was shown."""
        self.write_csv("t.csv", self.rows_of(30))
        self.write("t.json", json.dumps(self.map))
        return self.on_terminal("import", "t.csv", "-m", "t.json", "--canary", "3",
                                "--force", "--no-progress", prompt="[y/N]", answer=word)

    def test_terminal(self):
        code, shown = self.answer("n")
        self.assertEqual(code, 130, shown)
        self.assertIn("The canary's 3 rows are above. Go on with the other 27 rows? [y/N]",
                      shown)
        self.assertEqual(self.server.stored(), 3)
        self.server.reset()
        (self.folder / "t.csv.checkpoint").unlink()
        code, shown = self.answer("y")
        self.assertEqual(code, 0, shown)
        self.assertEqual(self.server.stored(), 30)


if __name__ == "__main__":
    harness.main()

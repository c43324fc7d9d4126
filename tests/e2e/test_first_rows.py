"""test_first_rows.py - a mapping that is wrong for all rows shows in the first ones: the run
stops before the others are spent on it."""
import json

import harness
import planned


class FirstRows(planned.Planned):
    columns = {"firstName": {}, "lastName": {}, "emailAddress": {}, "status": {}}

    def rows(self, count, bad):
        return [{"firstName": "F", "lastName": f"L{i}", "emailAddress": f"a{i}@f.example",
                 "status": "Nonsense" if bad(i) else "New"} for i in range(count)]

    def test_stops(self):
        """50 rows, one cause: nothing was written, and a resume goes on all the same."""
        counts = self.load(self.rows(400, lambda i: i < 50), self.mapping(self.columns),
                           expect=3)
        self.assertEqual(counts["failed"], 50, self.run_text)
        self.assertEqual(counts["failed"] + counts["unprocessed"], 400, self.run_text)
        self.assertEqual(self.server.stored(), 0)
        self.assertIn("ENUM_UNKNOWN", self.run_text)
        self.assertIn("--force", self.run_text)
        run = self.espoload("resume", f"{self.name}.csv.checkpoint", server=self.server,
                            expect=1)
        self.assertEqual(run.counts()["created"], 350, run)
        self.assertEqual(run.counts()["failed"], 50, run)

    def test_server_says_no(self):
        """The same when the server refuses them."""
        self.server.fault("status", status=403, reason="No create access.", method="POST")
        counts = self.load(self.rows(300, lambda i: False), self.mapping(self.columns),
                           "-j", "2", expect=3)
        self.assertLess(counts["failed"], 70, self.run_text)
        self.assertGreaterEqual(counts["failed"], 50, self.run_text)
        self.assertEqual(counts["failed"] + counts["unprocessed"], 300, self.run_text)

    def test_goes_on(self):
        """Not all of them, or not for one cause, or there are no more."""
        for name, count, bad in (("one is good", 200, lambda i: i != 30),
                                 ("no more rows", 50, lambda i: True),
                                 ("later ones", 200, lambda i: i > 0)):
            with self.subTest(name):
                counts = self.load(self.rows(count, bad), self.mapping(self.columns),
                                   expect=1)
                self.assertNotIn("unprocessed", counts, self.run_text)
        rows = self.rows(200, lambda i: True)
        rows[7]["status"] = ""
        rows[7]["emailAddress"] = "no mail"
        self.assertNotIn("unprocessed",
                         self.load(rows, self.mapping(self.columns), expect=1))

    def test_max_errors_0(self):
        """None at all."""
        counts = self.load(self.rows(100, lambda i: i == 20), self.mapping(self.columns),
                           "--max-errors", "0", "-j", "1", expect=3)
        self.assertEqual(counts["failed"], 1, self.run_text)
        self.assertGreater(counts["unprocessed"], 50)
        self.assertIn("--max-errors 0", self.run_text)


class Next(planned.Planned):
    """What to type next is what was typed before, without what was for that once."""

    def test_errors_file(self):
        rows = [{"lastName": f"N{i}", "status": "Nonsense" if i == 1 else "New"}
                for i in range(3)]
        self.write_csv("some leads.csv", rows)
        self.write("m.json", json.dumps(self.mapping({"lastName": {}, "status": {}})))
        run = self.espoload("import", "some leads.csv", "-m", "m.json", "--on-duplicate",
                            "skip", "-j", "2", "--url", self.server.url, "--settle", "9",
                            server=self.server, expect=1)
        self.assertIn("espoload import 'some leads.errors.csv' -m m.json --on-duplicate "
                      f"skip --url {self.server.url} -j 2\n", run.err)

    def test_resume(self):
        self.server.fault("status", status=401, method="POST", every=5)
        rows = [{"lastName": f"N{i}"} for i in range(300)]
        self.write_csv("r.csv", rows)
        run = self.espoload("import", "r.csv", "-m", "Lead: *=*", "-j", "1", "--url",
                            self.server.url, "--rate", "500", server=self.server, expect=4)
        self.assertIn("espoload resume r.csv.checkpoint -j 1 --rate 500\n", run.err)


if __name__ == "__main__":
    harness.main()

"""test_value_map.py - a valueMap in a CSV file of its own."""
import json

import harness
import planned


class ValueMap(planned.Planned):
    rows = [{"lastName": f"L{i}", "Status": cell}
            for i, cell in enumerate(("neu", "KALT", "In Process", "-", ""))]

    def mapping_with(self, value_map, **more):
        return self.mapping({"lastName": {}, ("Status", "status"):
                             {"valueMap": value_map, **more}})

    def test_file(self):
        """Beside the mapping, wherever the program is called; in any encoding that says
        what it is."""
        (self.folder / "maps").mkdir()
        (self.folder / "maps/s.csv").write_bytes(
            "From;To\r\nneu;New\r\nkalt;Dead\r\n\"In Process\";In Process\r\n-;Recycled\r\n"
            .encode("utf-16"))
        self.write_csv("rows.csv", self.rows)
        self.write("maps/m.json", json.dumps(self.mapping_with("s.csv")))
        run = self.espoload("import", "rows.csv", "-m", "maps/m.json", server=self.server)
        self.assertEqual(run.counts()["created"], 5, str(run))
        self.assertEqual({r["lastName"]: r["status"] for r in self.server.rows()},
                         {"L0": "New", "L1": "Dead", "L2": "In Process",
                          "L3": "Recycled", "L4": "New"})

    def test_resume(self):
        """The checkpoint has what the file said when the run began."""
        self.write("s.csv", "from,to\nneu,New\n")
        self.write_csv("rows.csv", self.rows[:1] * 3)
        self.write("m.json", json.dumps(self.mapping_with("s.csv")))
        self.espoload("import", "rows.csv", "-m", "m.json", "--limit", "1",
                      "--on-duplicate", "force", server=self.server, expect=None)
        (self.folder / "s.csv").unlink()
        run = self.espoload("resume", "rows.csv.checkpoint", server=self.server)
        self.assertEqual(run.counts()["created"], 3, str(run))

    def test_wrong(self):
        """Refused before anything is sent, with file and line."""
        cases = (("neu,New\n", "line 1: the file of a valueMap must begin with the header"),
                 ("from,to,more\nneu,New,x\n", "line 1"),
                 ("from,to\nneu,New\nneu,Dead\n", "line 3: 'neu' stands there twice"),
                 ("from,to\n,New\n", "line 2: the first cell is empty"),
                 ("from,to\nneu,New\nkalt\n", "line 3"),
                 ("from,to\nneu,Nwe\n", "/columns/1/valueMap/neu"),
                 (None, "s.csv"))
        self.write_csv("rows.csv", self.rows)
        self.write("m.json", json.dumps(self.mapping_with("s.csv")))
        before = self.server.counts()
        for text, want in cases:
            with self.subTest(text):
                (self.folder / "s.csv").unlink(missing_ok=True)
                if text is not None:
                    self.write("s.csv", text)
                run = self.espoload("import", "rows.csv", "-m", "m.json",
                                    server=self.server, expect=(2, 6))
                self.assertIn(want, run.err)
                self.assertIn("s.csv" if "columns" not in want else "Nwe", run.err)
        self.assertFalse([k for k in self.since(before) if k.startswith("POST")])


if __name__ == "__main__":
    harness.main()

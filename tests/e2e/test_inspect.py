"""test_inspect.py - what a file is, without a server: encoding, delimiter, columns with a
likely type, and what is odd about its cells."""
import gzip
import json

import harness

NO_SERVER = {"key": None}


class Inspect(harness.Case):
    def inspect(self, name, *options, expect=0, **more):
        """The events; self.input, self.columns by name, self.problems by column."""
        run = self.espoload("inspect", name, "--json", *options, expect=expect,
                            **NO_SERVER, **more)
        events = run.events()
        self.run_ = run
        self.input = next((e for e in events if e["type"] == "input"), None)
        self.columns = {e["name"]: e for e in events if e["type"] == "column"}
        self.problems = [(e.get("name"), e["code"]) for e in events
                         if e["type"] == "problem"]
        return events

    def types(self):
        return {name: column["likelyType"] for name, column in self.columns.items()}

    def test_types(self):
        lines = ["Name;Mail;Datum;Zeit;Betrag;Zahl;PLZ;Aktiv;Tel;Seite;Art;leer"]
        for i in range(60):
            lines.append(f"Person {i};p{i}@i.example;{i % 28 + 1:02}.03.2024;"
                         f"2024-03-{i % 28 + 1:02} 10:{i:02};1.{100 + i},50;{i * 7};"
                         f"0{1000 + i};{'ja' if i % 2 else 'nein'};+49 30 12345{i:02};"
                         f"https://www.i{i}.example/;{'AB'[i % 2]};")
        self.write("t.csv", "\n".join(lines) + "\n")
        self.inspect("t.csv")
        self.assertEqual(self.types(), {
            "Name": "text", "Mail": "email", "Datum": "date", "Zeit": "datetime",
            "Betrag": "decimal", "Zahl": "integer", "PLZ": "text", "Aktiv": "bool",
            "Tel": "phone", "Seite": "url", "Art": "enum", "leer": "empty"}, self.run_)
        self.assertEqual(self.columns["Datum"]["format"], "%d.%m.%Y")
        self.assertEqual((self.columns["Betrag"]["decimalChar"],
                          self.columns["Betrag"]["groupChar"]), (",", "."))
        self.assertEqual({v["value"]: v["count"] for v in self.columns["Art"]["values"]},
                         {"A": 30, "B": 30})
        self.assertEqual((self.input["delimiter"], self.input["rows"],
                          self.input["encodingBy"]), (";", 60, "ascii"))

    def test_problems(self):
        """Each is told with the line of the first."""
        rows = [("MÃ¼ller", "1.2E+10", "01/02/2024", "x@i.example"),
                (" Bob", "493012345", "02/03/2024", "n/a"),
                ("'Ada", "493012346", "03/04/2024", "y@i.example"),
                ("Z\u200boë", "493012347", "04/05/2024", "z@i.example")]
        self.write("p.csv", "Name;Telefon;Datum;Mail\n"
                   + "".join(";".join(r) + "\n" for r in rows * 5))
        self.inspect("p.csv")
        for problem in (("Name", "MOJIBAKE"), ("Name", "BLANKS_AROUND"),
                        ("Datum", "AMBIGUOUS_DATES")):
            self.assertIn(problem, self.problems, self.run_)
        self.assertTrue(any(name == "Telefon" for name, _ in self.problems))
        lines = {(e.get("name"), e["code"]): e["line"] for e in self.run_.events()
                 if e["type"] == "problem"}
        self.assertEqual(lines["Name", "MOJIBAKE"], 2)
        self.assertEqual(lines["Name", "BLANKS_AROUND"], 3)

    def test_title_above_the_header(self):
        lines = ["Kundenliste 11/2026;;;;", ";;;;", "Nachname;Vorname;Ort;;",
                 "Byron;Ada;London;;", "Hopper;Grace;New York;;"]
        self.write("title.csv", "\n".join(lines) + "\n")
        self.inspect("title.csv")
        self.assertIn((None, "HEADER_TITLE"), self.problems)
        self.write("spare.csv", "\n".join(lines[2:]) + "\n")
        self.inspect("spare.csv")
        self.assertNotIn((None, "HEADER_TITLE"), self.problems)
        server = harness.Server(self)
        run = self.espoload("map", "title.csv", "Lead", server=server)
        self.assertIn("if the first line is a title", run.err)
        run = self.espoload("map", "spare.csv", "Lead", server=server)
        self.assertNotIn("title", run.err)

    def test_serial_dates_and_a_sum(self):
        """What spreadsheets leave in a file, told with what to do there."""
        lines = ["Name;Amount;Close Date", *(f"D{i};{i},50;{45291 + 9 * i}"
                                             for i in range(9)), "Summe;40,50;"]
        self.write("sum.csv", "\n".join(lines) + "\n")
        self.inspect("sum.csv")
        self.assertIn(("Close Date", "SERIAL_DATES"), self.problems, self.run_)
        told = [e for e in self.run_.events() if e.get("code") == "TOTALS_ROW"]
        self.assertEqual([e["line"] for e in told], [11])
        self.inspect("sum.csv", "--rows", "5")
        self.assertNotIn((None, "TOTALS_ROW"), self.problems)
        self.write("sum.csv", "\n".join([*lines, "D10;1;45299"]) + "\n")
        self.inspect("sum.csv")
        self.assertNotIn((None, "TOTALS_ROW"), self.problems)
        server = harness.Server(self)
        run = self.espoload("map", "sum.csv", "Opportunity", server=server)
        self.assertIn("the numbers in which spreadsheets keep dates", run.err)
        run = self.espoload(
            "check", "sum.csv", "-m", "Opportunity: Name=name, Amount=amount, "
            "Close Date=closeDate", server=server, expect=1)
        self.assertIn("'45291' looks like the number in which a spreadsheet keeps the day "
                      "2023-12-31", run.err)

    def test_how_it_is_written(self):
        text = "Name;Stadt\r\nJürgen;Köln\r\n"
        for data, encoding, by in (
                (text.encode("utf-8"), "UTF-8", "valid"),
                (text.encode("utf-8-sig"), "UTF-8", "mark"),
                (b"\xff\xfe" + text.encode("utf-16-le"), "UTF-16LE", "mark"),
                (text.encode("cp1252"), "windows-1252", "guessed")):
            with self.subTest(encoding, by=by):
                self.write("w.csv", data)
                self.inspect("w.csv")
                self.assertEqual((self.input["encoding"].lower(),
                                  self.input["encodingBy"]), (encoding.lower(), by))
                self.assertEqual(self.columns["Name"]["values"][0]["value"], "Jürgen")
                self.assertEqual(self.input["lineEnds"]["crlf"], 2)
        self.write("z.csv.gz", gzip.compress(text.encode()))
        self.inspect("z.csv.gz")
        self.assertTrue(self.input["gzip"])

    def test_bad_rows(self):
        self.write("b.csv", "a,b\n1,2\n3\n4,5,6\n7,8\n")
        self.inspect("b.csv")
        self.assertEqual((self.input["rows"], self.input["badRows"]), (4, 2))
        self.assertEqual(self.columns["a"]["cells"], 2)

    def test_no_file(self):
        """Nothing to look at, or nothing that can be: said, with the exit code."""
        self.write("empty.csv", "")
        self.write("cut.csv.gz", gzip.compress(b"a,b\n" * 5000)[:40])
        self.inspect("empty.csv", expect=6)
        self.inspect("cut.csv.gz", expect=6)
        self.inspect("nosuch.csv", expect=6)
        self.write("header.csv", "a,b\n")
        self.inspect("header.csv")
        self.assertEqual(self.input["rows"], 0)

    def test_pipe_and_rows(self):
        self.write("s.csv", "a;b\n" + "1;2\n" * 500)
        with open(self.folder / "s.csv", "rb") as file:
            self.inspect("-", "--rows", "100", stdin=file)
        self.assertEqual(self.columns["a"]["cells"], 100)
        self.assertEqual(self.input["rows"], 500)

    def test_for_a_person(self):
        """What a mapping must say stands there to be pasted."""
        self.write("h.csv", "Datum;Betrag\n" + "".join(
            f"{i + 13}.02.2024;1.{i}00,50\n" for i in range(9)))
        run = self.espoload("inspect", "h.csv", **NO_SERVER)
        self.assertIn('Datum:  "format": "%d.%m.%Y"', run.out)
        self.assertIn('Betrag:  "decimalChar": ",", "groupChar": "."', run.out)


if __name__ == "__main__":
    harness.main()

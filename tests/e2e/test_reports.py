"""test_reports.py - reports that are read again: what could not be read stays unreadable
until it is corrected, and a spreadsheet program opens them as they are meant.
"""
import csv

import harness

HEADER = "firstName,lastName,emailAddress,title"
BROKEN = {  # what stands in the file: its code, and how it is corrected
    "Ada,Short,s@e2e.example": ("ROW_RAGGED", ["Ada", "Short", "s@e2e.example", "t"]),
    "Ada,Long,l@e2e.example,t,one more": ("ROW_RAGGED", ["Ada", "Long, one more",
                                                         "l@e2e.example", "t"]),
    'Ada,"Stray" quote,q@e2e.example,t': ("ROW_QUOTE", ["Ada", '"Stray" quote',
                                                        "q@e2e.example", "t"]),
    "Ada,Nul\0l,n@e2e.example,t": ("ROW_NUL", ["Ada", "Nul", "n@e2e.example", "t"]),
    "Ada,B\udce4d,b@e2e.example,t": ("ROW_ENCODING", ["Ada", "Bäd", "b@e2e.example",
                                                      "t"]),
    "Ada,Wrong,no address,t": ("EMAIL_INVALID", ["Ada", "Wrong", "w@e2e.example", "t"]),
}


def text_of(lines, header=HEADER, newline="\n"):
    return newline.join([header, *lines, ""]).encode("utf-8", "surrogateescape")


def good(i):
    return f"Zoë,Lovelace{i},a{i}@e2e.example,t{i}"


class Reports(harness.Case):
    def setUp(self):
        super().setUp()
        self.server = harness.Server(self)

    def codes(self, name, expect=1, mapping=harness.PLAIN):
        run = self.espoload("check", name, "-m", mapping, "--json", server=self.server,
                            expect=expect)
        return [e["code"] for e in run.events() if e["type"] == "error"]

    def rewrite(self, name, out, change):
        """As somebody with a spreadsheet program would."""
        path = self.folder / name
        with open(path, encoding="utf-8-sig", newline="",
                  errors="surrogateescape") as file:
            header, *rows = list(csv.reader(file, strict=True))
        with open(self.folder / out, "w", encoding="utf-8-sig", newline="",
                  errors="surrogateescape") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            for row in rows:
                self.assertEqual(len(row), len(header), row)
                writer.writerow(change(dict(zip(header, row))))

    def test_errors_file_uncorrected_and_corrected(self):
        """Read again as it is, each row fails as it did, and nothing is stored, however
        often; corrected it loads."""
        lines = [line for i, b in enumerate(BROKEN) for line in (good(i), b)]
        self.write("in.csv", text_of(lines))
        wanted = [code for code, _ in BROKEN.values()]
        self.import_csv("in.csv", server=self.server, expect=1)
        self.assertEqual(self.server.stored(), len(BROKEN))
        name = "in.errors.csv"
        for _ in range(3):
            self.assertEqual(self.codes(name), wanted)
            self.import_csv(name, server=self.server, expect=1)
            self.assertEqual(self.server.stored(), len(BROKEN))
            name = name.replace(".csv", ".errors.csv")
        errors = self.read_csv(name)
        self.assertEqual([e["_code"] for e in errors], wanted)
        marks = [e["_raw"] for e in errors]
        texts = [b.replace("\0", "\\x00").replace("\udce4", "\\xE4") for b in BROKEN]
        self.assertEqual(marks[:-1], [f"{c}: {t}" for c, t in zip(wanted, texts)][:-1])
        self.assertEqual(marks[-1], "")

        right = iter([cells for _, cells in BROKEN.values()])
        self.rewrite(name, "right.csv", lambda row: [
            *next(right), *[row[n] for n in row if n[0] == "_" and n != "_raw"], ""])
        self.import_csv("right.csv", server=self.server)
        self.assertEqual(self.server.stored(), 2 * len(BROKEN))
        self.assertEqual({r["lastName"] for r in self.server.rows()},
                         {cells[1] for _, cells in BROKEN.values()}
                         | {f"Lovelace{i}" for i in range(len(BROKEN))})

    def test_errors_file_of_check(self):
        self.write("in.csv", text_of([good(1), good(2), *BROKEN]))
        self.espoload("check", "in.csv", "-m", harness.PLAIN, "-o", "todo.csv",
                      server=self.server, expect=1)
        self.assertEqual(self.codes("todo.csv"), [code for code, _ in BROKEN.values()])

    def test_results_and_unprocessed(self):
        """What was not sent is in unprocessed.csv, and unreadable rows stay unreadable
        there and among the results."""
        lines = [good(i) for i in range(900)] + [b for b in BROKEN if "@" in b]
        self.write("in.csv", text_of(lines))
        self.server.fault("status", status=401, method="POST", entity="Lead", after=20,
                          count=1000)
        self.import_csv("in.csv", "-j", "1", server=self.server, expect=4)
        self.server.clear_faults()
        wanted = [BROKEN[b][0] for b in BROKEN if "@" in b]
        self.assertEqual(self.codes("in.unprocessed.csv"), wanted)
        self.assertEqual(self.codes("in.results.csv"), wanted)
        stored = self.server.stored()
        self.import_csv("in.unprocessed.csv", server=self.server, expect=1)
        self.assertEqual(len(self.server.rows()), 900, stored)

    def test_without_header(self):
        """The mark is the last cell where there are no names of columns."""
        mapping = self.write("map.json", """{"version": 1, "entityType": "Lead",
            "operation": "create", "source": {"dialect": {"header": false}}, "columns": [
            {"name": "column1", "field": "firstName"},
            {"name": "column2", "field": "lastName"},
            {"name": "column3", "field": "emailAddress"}]}""")
        text = text_of([good(1), *list(BROKEN)[:3]]).split(b"\n", 1)[1]
        self.write("in.csv", text)
        self.espoload("import", "in.csv", "-m", mapping, server=self.server, expect=1)
        self.assertEqual(self.codes("in.errors.csv", mapping=mapping),
                         ["ROW_RAGGED", "ROW_RAGGED", "ROW_QUOTE"])
        self.espoload("import", "in.errors.csv", "-m", mapping, server=self.server,
                      expect=1)
        self.assertEqual(self.server.stored(), 1)

    def test_broken_cell_of_several_lines(self):
        """Its lines look like records and are none: they fail with it, by their lines,
        in check and import, and are kept."""
        cell = ['1,"He called', "Bob,Bobson,b@e2e.example,t", 'and said "no", then',
                "Eve,Evil,e@e2e.example,t", 'hung up",s@e2e.example,t']
        self.write("in.csv", text_of([good(1), *cell, good(2)], newline="\r\n"))
        run = self.espoload("check", "in.csv", "-m", harness.PLAIN, server=self.server,
                            expect=1)
        self.assertIn("lines 3 to 7", run.err)
        run = self.import_csv("in.csv", server=self.server, expect=1)
        self.assertEqual((run.counts()["rows"], run.counts()["failed"]), (3, 1))
        self.assertEqual({r["lastName"] for r in self.server.rows()},
                         {"Lovelace1", "Lovelace2"})
        errors = self.read_csv("in.errors.csv")
        self.assertEqual([(e["_line"], e["_raw"]) for e in errors],
                         [("3", "ROW_QUOTE: " + "\r\n".join(cell))])
        self.assertIn("lines 3 to 7", errors[0]["_message"])

    def test_padding(self):
        """Delimiters at the end of each line do no harm; a delimiter that should have been
        quoted, in front of an empty cell, does not pass for one of them. So it is after a
        resume."""
        lines = [good(i) + ",," for i in range(1, 300)]
        lines += ["Ada,Love,lace,x@e2e.example,,,", good(300) + ",,x"]
        self.write("in.csv", text_of(lines))
        self.server.fault("status", status=401, method="POST", entity="Lead", after=20,
                          count=1000)
        self.import_csv("in.csv", "-j", "1", server=self.server, expect=4)
        self.server.clear_faults()
        self.espoload("resume", "in.csv.checkpoint", server=self.server, expect=1)
        self.assertEqual({r["lastName"] for r in self.server.rows()},
                         {f"Lovelace{i}" for i in range(1, 300)})
        errors = self.read_csv("in.errors.csv")
        self.assertEqual([e["_code"] for e in errors], ["ROW_RAGGED"] * 2)

    def test_byte_order_mark(self):
        """Reports on a file that Excel made are opened right by Excel: they begin with a
        mark, and are read again whatever --encoding says."""
        lines = [good(1), list(BROKEN)[0], "Zoë,Wrong,nö,t"]
        shapes = {"utf-8-sig": (b"", "utf-8-sig", ()), "utf-16": (b"", "utf-16", ()),
                  "sep": (b"sep=,\r\n", "utf-8-sig", ()),
                  "windows-1252": (b"", "windows-1252", ("--encoding", "windows-1252"))}
        for shape, (before, encoding, options) in shapes.items():
            with self.subTest(shape=shape):
                self.server.reset()
                text = text_of(lines, newline="\r\n").decode()
                self.write("in.csv", before + text.encode(encoding))
                self.import_csv("in.csv", "--force", "--yes", *options,
                                server=self.server, expect=1)
                self.assertEqual({r["firstName"] for r in self.server.rows()}, {"Zoë"})
                for report in ("results", "errors"):
                    data = (self.folder / f"in.{report}.csv").read_bytes()
                    self.assertEqual(data[:3], b"\xef\xbb\xbf")
                    self.assertIn("Zoë".encode(), data)
                self.assertEqual(self.codes("in.errors.csv"),
                                 ["ROW_RAGGED", "EMAIL_INVALID"])
                self.import_csv("in.errors.csv", "--force", "--yes", *options,
                                server=self.server, expect=1)
                self.assertEqual(self.server.stored(), 1)
        self.write("in.csv", text_of(lines))
        self.import_csv("in.csv", "--force", "--yes", server=self.server, expect=1)
        data = (self.folder / "in.errors.csv").read_bytes()
        self.assertEqual(data[:9], b"firstName")  # no mark, where there was none

    def test_few_damaged_rows(self):
        """One name in an old encoding among plain ones: the message says what to do."""
        lines = [good(i).replace("ë", "e") for i in range(50)]
        self.write("in.csv", text_of([*lines, "J\udce4n,Old,o@e2e.example,t"]))
        run = self.espoload("check", "in.csv", "-m", harness.PLAIN, server=self.server,
                            expect=6)
        self.assertIn("--encoding utf-8", run.err)
        self.assertIn("1 of 51", run.err)
        self.import_csv("in.csv", "--encoding", "utf-8", server=self.server, expect=1)
        self.assertEqual(self.server.stored(), 50)
        self.assertEqual(self.codes("in.errors.csv"), ["ROW_ENCODING"])


class Parents(harness.Case):
    """parentId is nothing without parentType, nor without its record."""

    MAPPING = "Task: n=name, u=assignedUserId, p=parentId, t=parentType"

    def test_parent(self):
        server = harness.Server(self)
        status, account = server.api("POST", "Account", {"name": "Parent"})
        self.assertEqual(status, 200)
        status, user = server.api("GET", "App/user")
        who = user["user"]["id"]
        self.write("in.csv", "n,u,p,t\n"
                   f"one,{who},{account['id']},Account\ntwo,{who},{account['id']},\n")
        run = self.espoload("check", "in.csv", "-m",
                            "Task: n=name, u=assignedUserId, p=parentId", server=server,
                            expect=2)
        self.assertIn("map a column to parentType", run.err)
        self.espoload("import", "in.csv", "-m", self.MAPPING, server=server, expect=1)
        errors = self.read_csv("in.errors.csv")
        self.assertEqual([(e["n"], e["_code"], e["_field"]) for e in errors],
                         [("two", "VALUE_REQUIRED", "parentType")])
        self.assertEqual([t["name"] for t in server.rows("Task")], ["one"])
        self.write("gone.csv", f"t,p,n,u\nAccount,{'e' * 17},three,{who}\n")
        self.espoload("import", "gone.csv", "-m", self.MAPPING, server=server, expect=1)
        errors = self.read_csv("gone.errors.csv")
        self.assertEqual([(e["_code"], e["_value"]) for e in errors],
                         [("LINK_MISSING", "e" * 17)])
        self.assertTrue(errors[0]["_message"].startswith("p: "), errors)


class Edited(harness.Case):
    """What somebody has corrected is not written over."""

    def test_edited(self):
        server = harness.Server(self)
        rows = harness.leads(20)
        rows[3]["emailAddress"] = "no mail"
        self.write_csv("leads.csv", rows)
        self.import_csv("leads.csv", server=server, expect=1)
        again = [("resume", "leads.csv.checkpoint"),
                 ("status", "leads.csv.checkpoint", "--errors")]
        for words in again:  # as the run wrote it: nothing is lost
            self.espoload(*words, server=server, expect=(0, 1))
        path = self.folder / "leads.errors.csv"
        ours, theirs = path.read_text(), path.read_text().replace("no mail", "a@b.example")
        path.write_text(theirs)
        for words in again:
            with self.subTest(words):
                run = self.espoload(*words, server=server, expect=2)
                self.assertIn("leads.errors.csv has been changed", run.err)
                self.assertEqual(path.read_text(), theirs)
                self.espoload(*words, "--force", server=server, expect=(0, 1))
                self.assertEqual(path.read_text(), ours)
                path.write_text(theirs)
        run = self.espoload("status", "leads.csv.checkpoint", "--results", server=server)
        self.assertEqual(path.read_text(), theirs)

    def test_there_before_and_killed(self):
        """import --force may replace what is there, and so may the resume of its run."""
        server = harness.Server(self, "--delay", "5")
        self.write_csv("leads.csv", harness.leads(400))
        (self.folder / "leads.errors.csv").write_text("of somebody\n")
        self.import_csv("leads.csv", server=server, expect=2)
        process = self.start("import", "leads.csv", "-m", "Lead: *=*", "--force",
                             server=server)
        harness.wait_until("some are stored", lambda: server.stored() > 20)
        process.kill()
        self.espoload("resume", "leads.csv.checkpoint", "--settle", "0.3", server=server)
        self.assertEqual(server.stored(), 400)
        self.assertFalse((self.folder / "leads.errors.csv").exists())


if __name__ == "__main__":
    harness.main()

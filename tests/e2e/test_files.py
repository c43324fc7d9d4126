"""test_files.py - files that somebody else made: encodings, line ends, delimiters, broken
rows, broken gzip.
"""
import gzip
import io
import json
import sys
import zlib

import harness

HEADER = "firstName,lastName,emailAddress,title"
RSS_MAX_KB = 32 << 10  # design, "The performance budget"


def text_of(rows, delimiter=",", newline="\r\n"):
    lines = [HEADER.replace(",", delimiter)]
    lines += [delimiter.join(row[name] for name in HEADER.split(",")) for row in rows]
    return newline.join(lines) + newline


class Files(harness.Case):
    def setUp(self):
        super().setUp()
        self.server = harness.Server(self)

    def check(self, name, *options, expect=0):
        return self.check_csv(name, *options, expect=expect, rss_max_kb=RSS_MAX_KB)

    def refused(self, name, words, *options, expect=6):
        """Nothing is sent of a file that cannot be read as a whole."""
        run = self.import_csv(name, *options, server=self.server, expect=expect)
        self.assertIn(words, run.err)
        self.assertEqual(self.server.stored(), 0)
        self.assertFalse((self.folder / (name + ".checkpoint")).exists())
        self.check(name, *options, expect=expect)
        return run

    def imported(self, data, rows, *options):
        self.server.reset()
        self.write("in.csv", data)
        self.import_csv("in.csv", "--force", "--yes", *options, server=self.server)
        self.assertStored(self.server, rows, ("firstName", "lastName", "emailAddress"))

    def test_encodings_and_line_ends(self):
        """However it is written, the same records arrive."""
        rows = harness.leads(30)
        for i, row in enumerate(rows):
            row["firstName"] = ("Zoë", "Đorđe", "Łukasz", "李", "Ünal")[i % 5]
        text = text_of(rows)
        shapes = {
            "UTF-8": text.encode(),
            "UTF-8 with BOM": text.encode("utf-8-sig"),
            "UTF-16 little": b"\xff\xfe" + text.encode("utf-16-le"),
            "UTF-16 big": b"\xfe\xff" + text.encode("utf-16-be"),
            "UTF-32 little": b"\xff\xfe\0\0" + text.encode("utf-32-le"),
            "LF": text_of(rows, newline="\n").encode(),
            "CR": text_of(rows, newline="\r").encode(),
            "no last line end": text.encode().rstrip(),
            "semicolons": text_of(rows, ";").encode(),
            "tabs": text_of(rows, "\t").encode(),
            "bars": text_of(rows, "|").encode(),
            "sep=;": b"sep=;\r\n" + text_of(rows, ";").encode(),
            "BOM and sep=": b"\xef\xbb\xbfsep=;\r\n" + text_of(rows, ";").encode(),
            "blank lines": text.replace("\r\n", "\r\n\r\n").encode(),
            "gzip": gzip.compress(text.encode()),
            "gzip, two members": gzip.compress(text.encode()[:500])
                                 + gzip.compress(text.encode()[500:]),
            "gzip of UTF-16": gzip.compress(b"\xff\xfe" + text.encode("utf-16-le")),
        }
        for shape, data in shapes.items():
            with self.subTest(shape=shape):
                self.imported(data, rows)

    def test_windows_1252(self):
        """Not UTF-8 and no BOM: asks, showing a sample; told, reads it as meant."""
        rows = harness.leads(30)
        for row in rows:
            row["firstName"] = "Müller-Lüdenscheidt"
        data = text_of(rows).encode("windows-1252")
        self.write("old.csv", data)
        run = self.refused("old.csv", "--encoding")
        self.assertIn("Müller", run.err)
        self.imported(data, rows, "--encoding", "windows-1252")
        self.server.reset()
        self.refused("old.csv", "klingon", "--encoding", "klingon", expect=(2, 6))

    def test_broken_rows(self):
        """Each fails with its line and its reason; its neighbours do not."""
        def row(i, cells=None):
            return (cells or f"Zoë,Lovelace{i},a{i}@e2e.example,t{i}") + "\n"
        broken = {
            "Ada,Short,s@e2e.example": "ROW_RAGGED",
            "Ada,Long,l@e2e.example,t,one more": "ROW_RAGGED",
            'Ada,"Stray" quote,q@e2e.example,t': "ROW_QUOTE",
            "Ada,Nul\0l,n@e2e.example,t": "ROW_NUL",
            "Ada,B\udce4d,b@e2e.example,t": "ROW_ENCODING",
        }
        text, expected, line = HEADER + "\n", [], 2
        for i, (cells, code) in enumerate(broken.items()):
            text += row(i) + row(i, cells)
            expected.append((line + 1, code))
            line += 2
        text += row(90) + 'Ada,"two\nlines",m@e2e.example,t\n' + row(91)
        text += 'Ada,"never closed,u@e2e.example,t\n' + row(92)
        expected.append((line + 4, "ROW_QUOTE"))
        self.write("broken.csv", text.encode("utf-8", "surrogateescape"))
        run = self.check("broken.csv", expect=1)
        found, fine = run.row_errors()
        self.assertEqual(found, expected, run)
        self.assertEqual(fine, len(broken) + 4)
        self.import_csv("broken.csv", server=self.server, expect=1)
        self.assertEqual(len(self.server.rows()), fine)
        errors = self.read_csv("broken.errors.csv")
        self.assertEqual([(int(e["_line"]), e["_code"]) for e in errors], expected)

    def test_long_cell_arrives_whole(self):
        """A text of 1 MB, with everything in it that needs escaping."""
        text = ("\\\"\t/\x7f€😀\r\n" * 70000)[:1 << 20].strip()
        buffer = io.StringIO()
        writer = harness.csv.writer(buffer)
        writer.writerow(["lastName", "description"])
        writer.writerow(["Long", text])
        self.write("long.csv", buffer.getvalue())
        self.import_csv("long.csv", server=self.server)
        status, record = self.server.api("GET", "Lead/" + self.server.rows()[0]["id"])
        self.assertEqual((status, record["description"]), (200, text))

    def test_broken_gzip(self):
        """Truncated, damaged, or with something behind it: exit 6, nothing sent."""
        rows = harness.leads(2000)
        good = gzip.compress(text_of(rows).encode())
        crc = bytearray(good)
        crc[-6] ^= 0xFF
        middle = bytearray(good)
        middle[len(good) // 2] ^= 0xFF
        for shape, data in {"truncated": good[:-9], "no trailer": good[:-8],
                            "cut in half": good[:len(good) // 2], "head only": good[:10],
                            "bad checksum": bytes(crc), "damaged": bytes(middle),
                            "trailing garbage": good + b"garbage behind the end",
                            "half a second member": good + good[:20]}.items():
            with self.subTest(shape=shape):
                self.write("leads.csv.gz", data)
                self.refused("leads.csv.gz", "leads.csv.gz")

    def test_not_a_csv(self):
        """An Excel file, a database, noise: an error and not a million rows."""
        noise = self.random.randbytes(100_000)
        for shape, data in {"xlsx": b"PK\x03\x04\x14\0\x06\0" + noise,
                            "zlib": zlib.compress(b"a,b\n" * 1000), "noise": noise,
                            "NULs": b"\0" * 10000}.items():
            with self.subTest(shape=shape):
                self.write("file.csv", data)
                run = self.espoload("check", "file.csv", "-m", harness.PLAIN,
                                    server=self.server, expect=(2, 6))
                self.assertLess(len(run.err), 5000)

    def test_changing_file(self):
        """A file that grows while it is read is not the file that was checked."""
        rows = harness.leads(400)
        self.server.process.kill()
        self.server = harness.Server(self, "--delay", "20")
        path = self.write("grow.csv", text_of(rows))
        process = self.start_import("grow.csv", server=self.server)
        harness.wait_until("rows", lambda: self.server.stored() >= 10)
        with open(path, "a", encoding="ascii") as file:
            file.write("Ada,Late,late@e2e.example,late\r\n")
        run = self.finish(process, expect=(0, 6))
        self.assertLessEqual(run.counts()["created"], 400, run)
        self.assertNotIn("late", [r["title"] for r in self.server.rows()])


class Stdin(harness.Case):
    """import reads a pipe; the checkpoint keeps a copy, because resume needs it."""

    def test_pipe(self):
        server = harness.Server(self)
        rows = harness.leads(300)
        path = self.write_csv("leads.csv", rows)
        with open(path, "rb") as file:
            self.import_csv("-", server=server, stdin=file)
        self.assertStored(server, rows)
        self.assertResults(server, "stdin.results.csv", 300)

    def test_pipe_gzipped_and_resumed(self):
        server = harness.Server(self, "--delay", "10")
        rows = harness.leads(400)
        path = self.write("leads.gz", gzip.compress(text_of(rows).encode()))
        with open(path, "rb") as file:
            process = self.start_import("-", "--checkpoint", "run.checkpoint",
                                        server=server, stdin=file)
        path.unlink()
        harness.wait_until("rows", lambda: server.stored() >= 20)
        process.kill()
        self.espoload("resume", "run.checkpoint", "--settle", "0.3", server=server)
        self.assertStored(server, rows)

    def test_nothing_is_left_of_a_refused_pipe(self):
        server = harness.Server(self)
        path = self.write("bad.bin", b"")
        with open(path, "rb") as file:
            self.import_csv("-", server=server, stdin=file, expect=6)
        self.assertEqual([p.name for p in self.folder.glob("stdin*")], [])


if __name__ == "__main__":
    harness.main()

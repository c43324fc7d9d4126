"""test_huge.py - rows and cells whose size would fill the memory: they fail, their
neighbours do not, and the memory stays within the budget.
"""
import gzip

import harness

HEADER = "firstName,lastName,emailAddress,title"
RSS_MAX_KB = 32 << 10  # design, "The performance budget"


class Huge(harness.Case):
    def setUp(self):
        super().setUp()
        self.server = harness.Server(self)

    def check(self, name, mapping=harness.PLAIN, expect=1):
        return self.check_csv(name, mapping=mapping, expect=expect, rss_max_kb=RSS_MAX_KB)

    def test_huge_line(self):
        """One line of 200 MB: its row fails, the others are fine, the memory stays."""
        size = harness.Setup.scaled(200, 40) << 20
        with open(self.folder / "huge.csv", "wb") as file:
            file.write((HEADER + "\nAda,One,a1@e2e.example,t\nAda,").encode())
            for _ in range(size >> 20):
                file.write(b"x" * (1 << 20))
            file.write(b",a2@e2e.example,t\nAda,Three,a3@e2e.example,t\n")
        run = self.check("huge.csv")
        self.assertEqual(run.row_errors(), ([(3, "ROW_TOO_LARGE")], 2), run)
        (self.folder / "huge.csv").unlink()

    def test_huge_cell(self):
        """A cell of 100 MB, quoted as it should be: in one line it fails alone. Of many
        lines each that follows fails by itself; the last one seems to open a cell, into
        which the next row falls."""
        size = harness.Setup.scaled(100, 40) << 20
        for shape, piece in {"one line": b"x" * (1 << 20),
                             "lines": (b"x" * 65535 + b"\n") * 16}.items():
            with self.subTest(shape=shape):
                with open(self.folder / "cell.csv", "wb") as file:
                    file.write((HEADER + "\nAda,One,a1@e2e.example,t\nAda,\"").encode())
                    for _ in range(size >> 20):
                        file.write(piece)
                    file.write(b"\",a2@e2e.example,t\nAda,Three,a3@e2e.example,t\n")
                run = self.check("cell.csv")
                found, fine = run.row_errors()
                if shape == "one line":
                    self.assertEqual((found, fine), ([(3, "ROW_TOO_LARGE")], 2), run)
                else:
                    self.assertEqual((found[0], fine), ((3, "ROW_QUOTE"), 1))
        (self.folder / "cell.csv").unlink()

    def test_huge_quoted_cell(self):
        """A quote that is never closed swallows no more than its row's cap."""
        lines = harness.Setup.scaled(2_000_000, 200_000)
        with open(self.folder / "open.csv", "w", encoding="ascii") as file:
            file.write(HEADER + '\nAda,"Open,a0@e2e.example,t\n')
            for i in range(lines):
                file.write(f"Ada,Row{i},a{i}@e2e.example,t\n")
        run = self.check("open.csv")
        found, fine = run.row_errors()
        self.assertEqual(found, [(2, "ROW_QUOTE")], found[:10])
        self.assertEqual(fine, lines)
        (self.folder / "open.csv").unlink()

    def test_bomb(self):
        """A gzip of a few KB that unpacks to a line of 300 MB."""
        size = harness.Setup.scaled(300, 40) << 20
        with gzip.open(self.folder / "bomb.csv", "wb", compresslevel=1) as file:
            file.write((HEADER + "\nAda,").encode())
            for _ in range(size >> 20):
                file.write(b"y" * (1 << 20))
            file.write(b",a2@e2e.example,t\n")
        run = self.check("bomb.csv")
        self.assertEqual(run.row_errors(), ([(2, "ROW_TOO_LARGE")], 0), run)

    def test_many_columns(self):
        names = [f"c{i}" for i in range(9999)] + ["lastName"]
        line = ",".join(["v"] * 9999 + ["Wide"]) + "\n"
        self.write("wide.csv", ",".join(names) + "\n" + line * 50)
        run = self.check("wide.csv", "Lead: lastName=lastName", 0)
        self.assertEqual(run.row_errors(), ([], 50), run)
        self.write("wider.csv", ",".join(["x", *names]) + "\nv," + line)
        run = self.check("wider.csv", "Lead: lastName=lastName", 6)
        self.assertIn("wider.csv", run.err)


if __name__ == "__main__":
    harness.main()

"""test_instructions.py - what a row costs the processor, counted in instructions.

Callgrind counts them on any machine alike, where a clock would not. The figures are those
of two runs of different length, so that what a run costs by itself does not count. They
are in instructions.json; `python3 test_instructions.py --update` writes them anew, when a
change is meant to cost what it costs.
"""
import json
import pathlib
import re
import shutil
import sys
import unittest

import harness

FIGURES = pathlib.Path(__file__).with_name("instructions.json")
CALLGRIND = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
MORE = 1.25  # times the figure: other compilers and libraries are to pass
FEW, MANY = 100, 600
UPDATE = "--update" in sys.argv
FLAT = ("Lead: firstName=firstName, lastName=lastName, emailAddress=emailAddress, "
        "status=status")


@unittest.skipUnless(shutil.which("valgrind"), "valgrind is not installed")
class Instructions(harness.Case):
    def setUp(self):
        super().setUp()
        if harness.Setup.small:
            self.skipTest("the sanitizers cost more than the program")

    def count(self, rows, *arguments, server, expect=0):
        process = self.spawn([*CALLGRIND, harness.Setup.bin / "espoload", *arguments],
                             "callgrind", env=self.environment(server.url, harness.KEY))
        run = self.finish(process, expect, seconds=200)
        return int(re.search(r"Collected : (\d+)", run.err)[1])

    def compare(self, name, few, many):
        figure = round((many - few) / (MANY - FEW))
        figures = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
        self.say(f"{name}: {figure:,} instructions a row; {figures.get(name, 0):,} kept")
        if UPDATE:
            figures[name] = figure
            FIGURES.write_text(json.dumps(figures, indent=2) + "\n")
            return
        self.assertLess(figure, figures[name] * MORE,
                        f"{name} has become dearer; where that is meant: "
                        "tests/e2e/test_instructions.py --update")

    def both(self, name, run):
        server = harness.Server(self)
        counts = []
        for rows in (FEW, MANY):
            server.reset()
            file = f"leads-{rows}.csv"
            self.write_csv(file, harness.leads(rows))
            counts.append(run(rows, file, server))
        self.compare(name, *counts)

    def stored(self, rows, server):
        """So many leads in the CRM, by a run that is not counted."""
        file = f"stored-{rows}.csv"
        self.write_csv(file, harness.leads(rows))
        self.import_csv(file, "--on-duplicate", "force", server=server)

    def test_check(self):
        self.both("check", lambda rows, file, server: self.count(
            rows, "check", file, "-m", FLAT, server=server))

    def test_import(self):
        self.both("import", lambda rows, file, server: self.count(
            rows, "import", file, "-m", FLAT, "--engine", "rest", "-j", "4",
            "--on-duplicate", "force", server=server))

    def test_export(self):
        def run(rows, file, server):
            self.stored(rows, server)
            return self.count(rows, "export", "Lead", "-o", f"out-{rows}.csv", "--select",
                              "id,firstName,lastName,emailAddress,status", "-j", "1",
                              server=server)
        self.both("export", run)

    def test_reconcile(self):
        def run(rows, file, server):
            self.stored(rows, server)
            return self.count(rows, "reconcile", file, "-m", FLAT, "--key",
                              "emailAddress", "-j", "1", server=server)
        self.both("reconcile", run)


if __name__ == "__main__":
    if UPDATE:
        sys.argv.remove("--update")
    harness.main()

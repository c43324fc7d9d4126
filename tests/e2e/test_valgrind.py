"""test_valgrind.py - the program as it is released, under valgrind: no invalid access, no
value that was never set, no leak, on good ends and bad ones."""
import json
import shutil
import unittest

import harness

VALGRIND = ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full",
            "--show-leak-kinds=definite,indirect,possible",
            "--errors-for-leak-kinds=definite,indirect,possible"]
# What OpenSSL and libcurl keep to the end is theirs.


@unittest.skipUnless(shutil.which("valgrind"), "valgrind is not installed")
class Valgrind(harness.Case):
    def setUp(self):
        super().setUp()
        if harness.Setup.small:
            self.skipTest("the sanitizers are at work already")

    def valgrind(self, *arguments, server, expect):
        process = self.spawn([*VALGRIND, harness.Setup.bin / "espoload", *arguments],
                             "valgrind", env=self.environment(server.url, harness.KEY))
        return self.finish(process, expect, seconds=200)

    def test_import(self):
        """A file with everything in it, through every command."""
        server = harness.Server(self)
        rows = harness.leads(60)
        rows[5]["emailAddress"] = "no mail"
        rows[9]["status"] = "Nonsense"
        self.write_csv("leads.csv", rows)
        with open(self.folder / "leads.csv", "a", encoding="utf-8") as file:
            file.write('ragged,row\r\n"stray" quote,x\r\n')
        self.write("m.json", json.dumps({
            "version": 1, "entityType": "Lead", "operation": "upsert",
            "match": [["emailAddress"], ["firstName", "lastName"]],
            "columns": [{"name": "*", "field": "*"}]}))
        for words, expect in (
                (("inspect", "leads.csv"), 0), (("ping",), 0),
                (("check", "leads.csv", "-m", "m.json"), 1),
                (("import", "leads.csv", "-m", "m.json"), 1),
                (("status", "leads.csv.checkpoint", "--json"), 0),
                (("resume", "leads.csv.checkpoint"), 1),
                (("import", "leads.csv", "-m", "m.json", "--force", "-y"), 1)):
            with self.subTest(words):
                self.valgrind(*words, server=server, expect=expect)

    def test_merge(self):
        """Rows of one key, in a file that cannot be sought."""
        server = harness.Server(self)
        rows = harness.leads(20) + harness.leads(15) + harness.leads(15)
        for row in rows[20:]:
            row["firstName"] = row["status"] = ""
        self.write_csv("leads.csv", rows, encoding="utf-16")
        self.write("m.json", json.dumps({
            "version": 1, "entityType": "Lead", "match": [["emailAddress"]],
            "onRepeat": "merge", "columns": [{"name": "*", "field": "*"}]}))
        self.valgrind("check", "leads.csv", "-m", "m.json", server=server, expect=0)
        self.valgrind("import", "leads.csv", "-m", "m.json", server=server, expect=0)
        self.assertStored(server, rows[:20])

    def test_trouble(self):
        """Answers that are lost, a key that is refused, a mapping that is none."""
        server = harness.Server(self)
        proxy = harness.Proxy(self, server, "swallow,method=POST,every=9",
                              "cut,method=GET,path=searchParams,nth=3")
        self.write_csv("leads.csv", harness.leads(40))
        self.valgrind("import", "leads.csv", "-m", "Lead: *=*", "--settle", "0.3",
                      server=proxy, expect=0)
        self.valgrind("import", "leads.csv", "-m", "Lead: nothing=lastName", "--force",
                      "-y", server=server, expect=2)
        server.fault("status", status=401, method="POST", every=7)
        self.write_csv("more.csv", harness.leads(40, first=100))
        self.valgrind("import", "more.csv", "-m", "Lead: *=*", server=server, expect=4)


if __name__ == "__main__":
    harness.main()

"""test_export_doubts.py - exports beside a server that is in the way: records that lists
show and that may not be read, answers too large, addresses too long, sweeps that miss
records; and what a run that fails must not cost."""
import gzip
import json
import sqlite3
import urllib.request

import exported
import harness

NIGHTLY = ("--incremental", "leads.state", "--deletions")
SWEEP = "select%22:%5B%22id%22%5D"


class Reads(exported.Exported):
    server_options = ("--leads", 20)

    def test_given_away(self):
        """Refused once: the page is listed again, and nothing is missing."""
        ids = [self.make(lastName=f"Long{i}", description="x" * 10001) for i in range(3)]
        self.server.fault("status", status=403, method="GET", path=f"Lead/{ids[1]}",
                          reason="No 'read' access.", count=2)
        self.server.fault("status", status=403, method="GET", path=f"Lead/{ids[2]}",
                          reason="No 'read' access.", count=1)
        self.export()
        rows = {r["id"]: r["description"] for r in self.rows_of()}
        self.assertEqual(len(rows), 23)
        for id_ in ids:
            self.assertEqual(rows[id_], "x" * 10001)

    def test_never_to_be_read(self):
        """Never left out without a word: a list that shows it is the better witness."""
        id_ = self.make(lastName="Long", description="x" * 10001)
        for status, code in ((403, 4), (404, 5)):
            self.server.fault("status", status=status, method="GET", path=f"Lead/{id_}",
                              reason="No 'read' access.")
            run = self.export(expect=code)
            self.assertIn(f"lists show Lead {id_}, but it cannot be read", run.err)
            self.assertNothing()
            self.server.clear_faults()
        self.export("--where", f"id!={id_}")
        self.assertEqual(len(self.rows_of()), 20)

    def test_odd_ids(self):
        """Ids of records that another program has written into the database."""
        ids = ["a/b", 'a"b', "a\\b", "a b", "ü", "-x", "😀", "a%2Fb"]
        page = json.dumps({"total": -2, "list": [{"id": id_} for id_ in ids]})
        self.server.fault("status", status=200, method="GET", path="Lead", body=page,
                          contentType="application/json")
        self.export("--select", "id")
        self.assertEqual(sorted(self.ids_of()), sorted(ids))

    def test_large_page(self):
        """A page of long texts, each character six bytes of JSON, is more than is read
        into memory: smaller pages are asked for."""
        count = 150
        for i in range(count):
            self.make(lastName=f"Long{i}", description="\U0001f600" * 9999)
        self.export("--select", "id,description", "--where", "lastName~Long")
        rows = self.rows_of()
        self.assertEqual(len(rows), count)
        self.assertEqual({r["description"] for r in rows}, {"\U0001f600" * 9999})

    def make_huge(self, name, text):
        """The test server takes 16 MiB: the text must not be six times as long."""
        body = json.dumps({"lastName": name, "description": text}, ensure_ascii=False)
        request = urllib.request.Request(
            f"{self.server.url}/api/v1/Lead", body.encode(), method="POST",
            headers={"X-Api-Key": harness.KEY, "Content-Type": "application/json",
                     "X-Skip-Duplicate-Check": "true"})
        with urllib.request.urlopen(request) as answer:
            answer.read()

    def test_large_records(self):
        """Longer than any list, and more of them than fit into memory at once."""
        count, size = harness.Setup.scaled(8, 2), 5_000_000
        for i in range(count):
            self.make_huge(f"Huge{i}", chr(0xe0 + i) * size)
        run = self.export("--select", "id,lastName,description", "--where",
                          "lastName~Huge", "-j", "1", output="out.jsonl.gz",
                          *("--jsonl",), seconds=200)
        with gzip.open(self.folder / "out.jsonl.gz", "rt") as file:
            for line in file:
                record = json.loads(line)
                count -= 1
                self.assertEqual(record["description"],
                                 chr(0xe0 + int(record["lastName"][4:])) * size)
        self.assertEqual(count, 0)
        if not harness.Setup.small:
            self.say(f"{run.rss_kb} KB"); self.assertLess(run.rss_kb, 200_000)

    def test_long_address(self):
        """The server takes no address of more than 8 KB: that is said, and what to do."""
        for more in (("--select", "id"), (), ("--select", "id", "--limit", "5")):
            run = self.export("--where", "id in " + ",".join(f"{i:017x}" for i in
                                                             range(2000)), *more, expect=2)
            self.assertIn("48 KB (status 4", run.err)
            self.assertIn("fewer values", run.err)
            self.assertNotIn("searchParams", run.err)
            self.assertNothing()

    def test_link_page_limit(self):
        """The server's page limit goes down while members are read."""
        account = self.make("Account", name="Firm")
        for k in range(130):
            self.make("Contact", lastName=f"C{k}", accountId=account)
        process = self.start("export", "Account", "--link", "contacts", "-o", "out.csv",
                             "--rate", "5", server=self.server)
        harness.wait_until("the list", lambda: self.server.counts()["requests"].get(
            "GET Account", 0) >= 2)
        self.server.set(settings={"recordListMaxSizeLimit": 50})
        self.finish(process, 0)
        self.assertEqual(len(self.rows_of()), 130)

    def test_currencies(self):
        """Amounts in several currencies: the server's order is not ours, so its Nth one
        does not tell where to stop."""
        for i in range(4):
            self.make(lastName=f"Rich{i}", opportunityAmount=i)
        run = self.export("--order", "opportunityAmount:desc", "--limit", "3")
        self.assertNotIn("all of them are read", run.err)
        self.server.kill()
        self.server = harness.Server(self, "--leads", 5, "--currencies", "USD,EUR")
        for i in range(4):
            self.make(lastName=f"Rich{i}", opportunityAmount=i)
        run = self.export("--order", "opportunityAmount:desc", "--limit", "3", "--force")
        self.assertIn("all of them are read to find the first 3", run.err)


class Costs(exported.Exported):
    server_options = ("--leads", 300)

    def break_off(self, name="out.csv", *options):
        """An export that has read a page, and was then refused."""
        self.server.fault("status", status=401, method="GET", contains="greaterThan%22")
        self.export("-j", "1", *options, output=name, expect=4)
        self.server.clear_faults()

    def test_mistyped(self):
        """What was read before is thrown away by an export that begins, not by one that
        cannot."""
        self.break_off()
        self.export("--where", "status=Nwe", expect=2)
        self.export(key="wrong", expect=4)
        run = self.espoload("resume", "out.csv.checkpoint", server=self.server)
        self.assertIn("300 records exported", run.err)

    def test_one_file_for_two(self):
        """Names that would make one file take another's place."""
        for options, words in (
                (("--incremental", "out.csv"), "output and the state are one file"),
                (("--incremental", "./out.csv", "--force"), "and the state are one"),
                (("--checkpoint", "out.csv"), "output and the checkpoint are one file"),
                (("--incremental", "out.csv.checkpoint"), "checkpoint and the state")):
            run = self.export(*options, expect=2)
            self.assertIn(words, run.err)
        self.assertEqual(self.server.counts()["total"], 0)
        self.assertNothing()

    def test_filter_of_the_server(self):
        """What only the server knows to be wrong is wrong usage all the same."""
        for where in ('{"type":"equals","attribute":"nosuch","value":1}',
                      '{"type":"nosuch","attribute":"id","value":1}'):
            for more in ((), ("--select", "id")):
                run = self.export("--where", where, *more, expect=2)
                self.assertIn("check --where", run.err)
                self.assertNothing()

    def test_old_sweep(self):
        """Ids of a sweep that was broken off are none of a new export's."""
        self.export(*NIGHTLY, output="1.csv")
        self.server.fault("status", status=401, method="GET",
                          contains=SWEEP + ",%22where%22:%5B%7B%22type%22:%22"
                          "greaterThan%22,%22attribute%22:%22id")
        self.export(*NIGHTLY, "-j", "1", output="2.csv", expect=4)
        self.server.clear_faults()
        self.assertTrue((self.folder / "2.csv.checkpoint.ids").exists())
        (self.folder / "2.csv.checkpoint").unlink()
        gone = self.server.rows()[3]["id"]
        self.server.api("DELETE", f"Lead/{gone}")
        self.export(*NIGHTLY, "--force", output="2.csv")
        self.assertEqual([r["id"] for r in self.rows_of("2.csv.deleted.csv")], [gone])

    def test_sweep_misses(self):
        """Neither sweep nor list shows them, and yet they are there: not deleted."""
        self.export(*NIGHTLY, output="1.csv")
        ids = sorted(r["id"] for r in self.server.rows())
        self.server.api("DELETE", f"Lead/{ids[7]}")
        self.server.fault("status", status=200, method="GET", contains=SWEEP,
                          contentType="application/json",
                          body=json.dumps({"total": 0, "list": []}))
        run = self.export(*NIGHTLY, output="2.csv")
        self.assertEqual([r["id"] for r in self.rows_of("2.csv.deleted.csv")], [ids[7]])
        self.assertIn("1 record deleted since then", run.err)
        self.server.clear_faults()
        self.server.api("DELETE", f"Lead/{ids[8]}")
        self.export(*NIGHTLY, output="3.csv")
        self.assertEqual([r["id"] for r in self.rows_of("3.csv.deleted.csv")], [ids[8]])

    def test_told_before(self):
        """Where nothing is told, no file says what an earlier run has told."""
        for _ in range(2):
            self.export(*NIGHTLY, "--force")
        self.assertEqual(self.rows_of("out.csv.deleted.csv"), [])
        db = sqlite3.connect(self.folder / "leads.state")
        db.execute("UPDATE fact SET value = 'x' WHERE key = 'rights'")
        db.commit()
        db.close()
        self.export(*NIGHTLY, "--force", expect=1)
        self.assertFalse((self.folder / "out.csv.deleted.csv").exists())


harness.main()

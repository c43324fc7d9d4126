"""test_bulk.py - the bulk engine: whole chunks through the Import, each row once, and the
same records as by REST.
"""
import http.client
import json
import re
import signal
import sqlite3
import time

import harness

FORCE = ("--on-duplicate", "force")
BY_MAIL = {"version": 1, "entityType": "Lead", "operation": "upsert",
           "match": [["emailAddress"]],
           "columns": [{"name": n, "field": n} for n in (
               "firstName", "lastName", "emailAddress", "title", "status",
               "description")]}
# What differs between two records that are told apart by nothing else.
OWN = ("id", "createdAt", "modifiedAt", "streamUpdatedAt")


class Bulk(harness.Case):
    engine = "bulk"

    def setUp(self):
        super().setUp()
        self.server = harness.Server(self)

    def map(self, mapping=BY_MAIL, name="map.json"):
        self.write(name, json.dumps(mapping))
        return name

    def carry(self, rows, *options, mapping=BY_MAIL, name="leads.csv", **more):
        self.write_csv(name, rows)
        return self.espoload("import", name, "-m", self.map(mapping), *options,
                             server=more.pop("server", self.server), **more)

    def carried(self, run):
        """Rows by bulk, by rest, and imports, as the summary says."""
        found = re.search(r"by bulk ([\d,]+) rows? in ([\d,]+) imports?", run.err)
        rest = re.search(r"by rest ([\d,]+)", run.err)
        number = lambda match, group: int(match[group].replace(",", "")) if match else 0
        return number(found, 1), number(rest, 1), number(found, 2)


class Writes(Bulk):
    def test_create(self):
        rows = harness.leads(1000)
        run = self.carry(rows)
        self.assertStored(self.server, rows)
        results = self.assertResults(self.server, "leads.results.csv", 1000)
        for row in results:
            self.assertRegex(row["_id"], "^[0-9a-f]{17}$")
        bulk, rest, imports = self.carried(run)
        self.assertEqual((bulk, rest), (1000, 0), run)
        self.assertEqual(self.server.posts(), 0)
        status, left = self.server.api("GET", "Import")
        self.assertEqual(left["total"], 0, "logs that were left behind")
        self.assertEqual(self.server.counts()["files"], 0)
        self.assertLess(imports, 1000 / 25)

    def test_keep_log(self):
        self.carry(harness.leads(100), "--keep-import-log")
        status, left = self.server.api("GET", "Import")
        self.assertEqual(sum(i["importedCount"] for i in left["list"]), 100)

    def test_update(self):
        """The same file twice changes nothing; other values change what they change."""
        rows = harness.leads(300)
        self.carry(rows)
        before = {r["emailAddress"]: r["id"] for r in self.server.rows()}
        run = self.carry(rows, name="again.csv")
        self.assertEqual(run.counts()["unchanged"], 300, run)
        for i, row in enumerate(rows):
            row["title"] = f"title {i}"
            if i % 3 == 0:
                row["description"] = ""
        mapping = json.loads(json.dumps(BY_MAIL))
        mapping["columns"][5]["empty"] = "null"
        run = self.carry(rows, name="other.csv", mapping=mapping)
        self.assertEqual(run.counts()["updated"], 300, run)
        bulk, rest, imports = self.carried(run)
        self.assertEqual(bulk + rest, 300, run)
        self.assertLess(rest, 25, "more than an Import may leave over")
        self.assertStored(self.server, rows)
        after = {r["emailAddress"]: r for r in self.server.rows()}
        self.assertEqual({m: r["id"] for m, r in after.items()}, before)
        for row in rows:
            self.assertEqual(after[row["emailAddress"]]["description"] or "",
                             row["description"])

    def test_refused_rows(self):
        """Every reason of every row, beside its column."""
        rows = harness.leads(100)
        rows[10]["title"] = rows[90]["title"] = "wrong"
        self.server.set(refuseAt="wrong")
        run = self.carry(rows, expect=1)
        self.assertEqual((run.counts()["created"], run.counts()["failed"]), (98, 2), run)
        errors = self.read_csv("leads.errors.csv")
        self.assertEqual([e["_code"] for e in errors],
                         ["SERVER_VALIDATION; SERVER_VALIDATION"] * 2)
        results = self.read_csv("leads.results.csv")
        bad = [r for r in results if r["_action"] == "failed"]
        self.assertEqual([r["_id"] for r in bad], ["", ""])
        self.assertIn("firstName", bad[0]["_message"])
        self.assertIn("lastName", bad[0]["_message"])

    def test_lanes(self):
        """Rows of one key, one after the other: the last one counts."""
        rows = [{"firstName": "A", "lastName": "B", "title": f"t{i}", "status": "New",
                 "emailAddress": f"k{i % 20}@lane.example", "description": ""}
                for i in range(400)]
        mapping = dict(BY_MAIL, onRepeat="inOrder")
        run = self.carry(rows, mapping=mapping)
        self.assertEqual(run.counts()["created"], 20, run)
        self.assertEqual({r["emailAddress"]: r["title"] for r in self.server.rows()},
                         {f"k{i % 20}@lane.example": f"t{i}" for i in range(380, 400)})


class Chosen(Bulk):
    """Which engine, and why."""
    engine = "auto"

    def test_auto(self):
        run = self.carry(harness.leads(30))
        self.assertIn("engine: bulk (", run.err)
        run = self.carry(harness.leads(10, first=100), name="few.csv")
        self.assertIn("engine: rest (for so few rows", run.err)
        run = self.import_csv("leads.csv", "--checkpoint", "x.checkpoint", "--force",
                              "--yes", server=self.server, expect=(0, 1))
        self.assertIn("engine: rest (the mapping has no match rules", run.err)

    def test_no_right(self):
        server = harness.Server(self, "--weak-key", "weak-key")
        rows = [{"name": f"Firm {i}", "website": f"https://f{i}.example"}
                for i in range(30)]
        mapping = {"version": 1, "entityType": "Account", "operation": "upsert",
                   "match": [["name"]], "columns": [
                       {"name": "name", "field": "name"},
                       {"name": "website", "field": "website"}]}
        run = self.carry(rows, server=server, key="weak-key", mapping=mapping,
                         expect=1)
        self.assertIn("engine: rest (the user's role does not have the right to Import",
                      run.err)
        run = self.carry(rows, "--engine", "bulk", server=server, key="weak-key",
                         mapping=mapping, name="b.csv", expect=2)
        self.assertIn("right to Import", run.err)
        self.assertFalse((self.folder / "b.csv.checkpoint").exists())

    def test_unmatched_rest(self):
        """A row that no rule applies to is for EspoCRM's own check."""
        rows = harness.leads(60)
        rows[7]["emailAddress"] = ""
        run = self.carry(rows)
        self.assertEqual(self.carried(run)[:2], (59, 1), run)
        self.assertIn("1 with EspoCRM's own check for duplicates", run.err)
        self.assertStored(self.server, rows)


    def test_none_by_bulk(self):
        """Not one row fits into an Import: that is said, too."""
        rows = harness.leads(30)
        for row in rows:
            row["description"] = "a\rb"
        run = self.carry(rows)
        self.assertIn("engine: bulk (", run.err)
        self.assertIn("  by rest 30: 30 with a carriage return in a value\n", run.err)


class Faults(Bulk):
    """The Import is carried out, or not, and its answer does not arrive."""

    def lose(self, *faults, rows=1500, options=()):
        rows = harness.leads(harness.Setup.scaled(rows, rows // 3))
        proxy = harness.Proxy(self, self.server, *faults)
        run = self.carry(rows, "--settle", "1", *options, server=proxy)
        stats = proxy.stop()
        fired = stats["faults"]["total"]
        self.say(f"{fired} faults in {stats['requests']['POST']} POSTs, "
                 f"{run.seconds:.1f} s")
        self.assertGreaterEqual(fired, 3)
        self.assertEqual(run.counts()["created"], len(rows), run)
        self.assertStored(self.server, rows)
        self.assertResults(self.server, "leads.results.csv", len(rows))
        self.assertEqual(self.server.posts(), 0)
        status, left = self.server.api("GET", "Import")
        self.assertEqual(left["total"], 0, "logs that were left behind")

    def test_swallowed(self):
        self.lose("swallow,method=POST,every=3")

    def test_reset_before(self):
        self.lose("reset,method=POST,every=4,at=before")

    def test_cut(self):
        self.lose("cut,method=POST,every=3")

    def test_request_cut(self):
        self.lose("cut,method=POST,every=3,where=request")

    def test_gateway(self):
        """504 while PHP runs on; 502 with nothing done; 500 with all done."""
        self.lose("answer,status=504,forward=yes,method=POST,every=5",
                  "answer,status=502,forward=no,method=POST,every=6",
                  "answer,status=500,forward=yes,method=POST,every=7")

    def test_page(self):
        self.server.fault("commit-then-html", method="POST", path="Import", every=3)
        rows = harness.leads(500)
        run = self.carry(rows, "--settle", "1")
        self.assertEqual(run.counts()["created"], 500, run)
        self.assertStored(self.server, rows)

    def test_late(self):
        """The answer is lost at once, and the work is done a second later."""
        self.server.fault("delay-commit", delayMs=900, method="POST",
                          contains="attachmentId", every=2)
        rows = harness.leads(400)
        run = self.carry(rows, "--settle", "5")
        self.assertEqual(run.counts()["created"], 400, run)
        time.sleep(1)
        self.assertStored(self.server, rows)

    def test_everything(self):
        self.say(f"seed {self.seed}")
        self.lose("swallow,method=POST,probability=0.08",
                  "reset,method=POST,at=before,probability=0.08",
                  "cut,probability=0.03,between=20-9999999",
                  "answer,status=502,probability=0.03,between=20-9999999", rows=3000)

    def test_updates(self):
        rows = harness.leads(600)
        self.carry(rows)
        for i, row in enumerate(rows):
            row["title"] = f"other {i}"
        proxy = harness.Proxy(self, self.server, "swallow,method=POST,every=3",
                              "reset,method=POST,every=5,at=before")
        run = self.carry(rows, "--settle", "0.5", name="u.csv", server=proxy)
        self.assertGreaterEqual(proxy.stop()["faults"]["total"], 3)
        self.assertEqual(run.counts()["updated"], 600, run)
        self.assertStored(self.server, rows)

    def test_breaks_off(self):
        """A row that the Import dies of: the others get in, and that one is told."""
        rows = harness.leads(200)
        rows[77]["title"] = "poison"
        self.server.set(dieAt="poison")
        run = self.carry(rows, "--settle", "0.3", expect=1)
        self.assertEqual((run.counts()["created"], run.counts()["failed"]), (199, 1), run)
        bad = self.read_csv("leads.errors.csv")
        self.assertEqual([r["title"] for r in bad], ["poison"])
        self.assertIn("breaks off", bad[0]["_message"])

    def test_never_arrives(self):
        """The network loses an Import several times: that is no fault of its rows."""
        self.server.fault("close", method="POST", contains="attachmentId", count=6)
        rows = harness.leads(1)
        run = self.carry(rows, "--settle", "0.5", "--retries", "0")
        self.assertEqual(run.counts()["created"], 1, run)
        self.assertEqual(self.carried(run), (1, 0, 1), run)
        self.assertEqual(self.server.counts()["files"], 0, "of Imports that never came")
        self.assertStored(self.server, rows)

    def test_trouble(self):
        """A row that fails for no reason that is told is tried again, not for ever."""
        rows = harness.leads(60)
        rows[7]["title"] = "trouble"
        self.server.set(troubleAt="trouble", troubles=2)
        run = self.carry(rows)
        self.assertEqual(run.counts()["created"], 60, run)
        self.server.reset()
        self.server.set(troubles=1000)
        run = self.carry(rows, name="bad.csv", expect=1)
        self.assertEqual((run.counts()["created"], run.counts()["failed"]), (59, 1), run)
        bad = self.read_csv("bad.errors.csv")
        self.assertEqual([r["title"] for r in bad], ["trouble"])
        self.assertIn("does not say why", bad[0]["_message"])

    def test_too_large(self):
        """A row that the web server takes in no file goes by REST."""
        rows = harness.leads(100)
        rows[7]["title"] = rows[70]["title"] = "too large"
        self.server.fault("status", status=413, path="Import/file", contains="too large")
        run = self.carry(rows)
        self.assertEqual(run.counts()["created"], 100, run)
        self.assertEqual(self.carried(run)[:2], (98, 2), run)
        self.assertStored(self.server, rows)

    def test_short_lists(self):
        """A server that shows few records at a time."""
        self.server.set(settings={"recordListMaxSizeLimit": 20})
        rows = harness.leads(300)
        rows[7]["title"] = "wrong"
        self.server.set(refuseAt="wrong")
        run = self.carry(rows, expect=1)
        self.assertEqual((run.counts()["created"], run.counts()["failed"]), (299, 1), run)

    def test_right_taken(self):
        """The right to Import is gone in the middle: nothing is lost, and it is said."""
        rows = harness.leads(600)
        self.server.fault("status", status=403, path="Import", method="POST", after=5,
                          reason="", body="")
        run = self.carry(rows, expect=4)
        self.assertIn("role lacks the right", run.err)
        bulk, rest, imports = self.carried(run)
        self.assertEqual(bulk, run.counts()["created"], run)
        self.server.clear_faults()
        run = self.espoload("resume", "leads.csv.checkpoint", "--engine", "rest",
                            "--settle", "0.5", server=self.server)
        self.assertEqual(run.counts()["created"], 600, run)
        self.assertStored(self.server, rows)

    def test_server_gone(self):
        """Nothing answers any more: it stops soon, and a resume makes up for it."""
        rows = harness.leads(2000)
        self.server.fault("close", after=25)
        run = self.carry(rows, "--retries", "1", expect=(4, 5))
        self.server.clear_faults()
        self.assertGreater(run.counts()["unprocessed"], 500, run)
        run = self.espoload("resume", "leads.csv.checkpoint", "--settle", "0.3",
                            server=self.server)
        self.assertEqual(run.counts()["created"], 2000, run)
        self.assertStored(self.server, rows)


class Unfinished(Bulk):
    """The Import writes a record's row first, and its addresses after that."""

    def setUp(self):
        super().setUp()
        self.rows = harness.leads(80)
        self.rows[33]["title"] = "half"
        self.mail = self.rows[33]["emailAddress"]
        self.server.set(halfAt="half")

    def puts(self):
        return self.server.counts()["requests"].get("PUT Lead", 0)

    def half(self):
        """The record that is there without its e-mail address."""
        return next((r for r in self.server.rows()
                     if r["title"] == "half" and not r.get("emailAddress")), None)

    def begin(self, settle):
        self.write_csv("leads.csv", self.rows)
        process = self.start("import", "leads.csv", "-m", self.map(), "--settle", settle,
                             server=self.server)
        return process, harness.wait_until("half a record", self.half)

    def test_completed(self):
        """The server dies in between: what is lacking is written once more."""
        run = self.carry(self.rows, "--settle", "1")
        self.assertEqual(run.counts()["created"], 80, run)
        self.assertStored(self.server, self.rows)
        self.assertEqual((self.server.posts(), self.puts()), (0, 1))
        self.assertNotIn("NOT_STORED", run.err)

    def test_late(self):
        """It is only late: nothing is written twice, and nothing is called missing."""
        process, record = self.begin("5")
        self.server.api("PUT", "Lead/" + record["id"], {"emailAddress": self.mail})
        run = self.finish(process, 0)
        self.assertEqual(run.counts()["created"], 80, run)
        self.assertStored(self.server, self.rows)
        self.assertEqual(self.puts(), 1, "only that of the test")
        self.assertLess(run.seconds, 4)

    def test_stopped(self):
        """Ctrl-C while it is waited for: it stays in doubt, and a resume goes on."""
        process, record = self.begin("10")
        time.sleep(3.5)
        process.send(signal.SIGINT)
        run = self.finish(process, 130, seconds=15)
        self.assertGreaterEqual(run.counts()["unknown"], 1, run)
        self.assertEqual(self.puts(), 0)
        run = self.espoload("resume", "leads.csv.checkpoint", "--settle", "1",
                            server=self.server)
        self.assertEqual(run.counts()["created"], 80, run)
        self.assertStored(self.server, self.rows)
        self.assertEqual(self.puts(), 1)

    def test_changed(self):
        """Somebody has worked on it since: it is left alone, and told."""
        process, record = self.begin("3")
        time.sleep(1.1)
        self.server.api("PUT", "Lead/" + record["id"], {"title": "by hand"})
        run = self.finish(process, 1)
        self.assertIn("NOT_STORED", run.err)
        self.assertEqual(self.puts(), 1, "only that of the test")
        self.assertIn("by hand", [r["title"] for r in self.server.rows()])

    def test_log_of_killed(self):
        """The logs of Imports whose run was killed are removed by who takes it up."""
        self.rows[33]["title"] = "whole"
        self.server.fault("slow", delayMs=2000, method="POST", contains="attachmentId",
                          count=2)
        for keep in ([], ["--keep-import-log"]):
            name = f"leads{len(keep)}.csv"
            self.write_csv(name, self.rows)
            process = self.start("import", name, "-m", self.map(), *keep,
                                 server=self.server)
            before = self.server.counts()["requests"].get("POST Import", 0)
            harness.wait_until("Imports", lambda: self.server.counts()["requests"].get(
                "POST Import", 0) >= before + 3)
            time.sleep(0.8)
            process.kill()
            time.sleep(2)
            run = self.espoload("resume", name + ".checkpoint", "--settle", "2",
                                server=self.server)
            self.assertStored(self.server, self.rows)
            status, left = self.server.api("GET", "Import")
            self.assertEqual(left["total"] > 0, bool(keep))
            self.assertEqual(self.server.counts()["files"] > 0, bool(keep))
            for row in self.rows:
                row["title"] += " once more"

    def import_rows(self, lines):
        """An Import of these lines; what it answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port)
        connection.request("POST", "/api/v1/Import/file", lines,
                           {"X-Api-Key": self.server.key, "Content-Type": "text/csv"})
        file = json.loads(connection.getresponse().read())["attachmentId"]
        connection.close()
        status, answer = self.server.api("POST", "Import", {
            "entityType": "Lead", "attachmentId": file, "action": "create",
            "delimiter": ",", "attributeList": ["lastName", "emailAddress", "title", "id"],
            "skipDuplicateChecking": True})
        self.assertEqual(status, 200)
        return answer

    def test_many_logs(self):
        """More logs than one list shows, each of a run that was killed; of some files
        no Import came."""
        for page, logs in (None, 230), (20, 50):
            with self.subTest(page=page):
                self.server.reset()
                if page is not None:
                    self.server.set(settings={"recordListMaxSizeLimit": page})
                name = f"leads{logs}.csv"
                self.write_csv(name, self.rows[:30])
                self.server.fault("close", method="POST", contains="attachmentId")
                process = self.start("import", name, "-m", self.map(), "--engine", "bulk",
                                     server=self.server)
                harness.wait_until("Imports", lambda: self.server.counts()[
                    "requests"].get("POST Import", 0) >= 4)
                process.kill()
                self.processes.remove(process)
                self.server.clear_faults()
                for i in range(logs):
                    self.import_rows(f'"L{i}","l{i}@x.example","","{i:017x}"\n')
                with sqlite3.connect(self.folder / f"{name}.checkpoint") as checkpoint:
                    files = checkpoint.execute(
                        "SELECT value FROM run WHERE key = 'import.files'").fetchone()[0]
                    files += "".join(log["fileId"] + " " for log in self.logs())
                    checkpoint.execute("UPDATE run SET value = ? WHERE key = "
                                       "'import.files'", (files,))
                run = self.espoload("resume", f"{name}.checkpoint", "--settle", "1",
                                    server=self.server)
                self.assertEqual(run.counts()["created"], 30, run)
                self.assertEqual(self.logs(), [])
                self.assertEqual(self.server.counts()["files"], 0)

    def logs(self):
        """All Imports that the server has."""
        found, total = [], 1
        while len(found) < total:
            status, answer = self.server.api("GET",
                                             f"Import?maxSize=20&offset={len(found)}")
            self.assertEqual(status, 200)
            found += answer["list"]
            total = answer["total"]
        return found

    def import_late(self, ids):
        """What an Import does that the run has begun that was killed."""
        lines = "".join(f'"{row["lastName"]}","{row["emailAddress"]}","{row["title"]}",'
                        f'"{made}"\n' for row, made in zip(self.rows, ids))
        return self.import_rows(lines)["countCreated"]

    def test_resumed_by_rest(self):
        """The ids that were given do not protect what goes by REST: it waits until the
        Import of the run that died is over."""
        self.rows = [dict(row, title=f"t{i}") for i, row in enumerate(self.rows)]
        columns = [{"name": n, "field": n} for n in ("lastName", "emailAddress", "title")]
        self.write_csv("leads.csv", self.rows)
        self.server.fault("close", method="POST", contains="attachmentId")
        process = self.start("import", "leads.csv", "-m", self.map(
            dict(BY_MAIL, columns=columns)), server=self.server)
        harness.wait_until("Imports", lambda: self.server.counts()["requests"].get(
            "POST Import", 0) >= 4)
        process.kill()
        self.server.clear_faults()
        with sqlite3.connect(self.folder / "leads.csv.checkpoint") as checkpoint:
            ids = [r[0] for r in checkpoint.execute("SELECT id FROM row ORDER BY record")]
        self.assertEqual(len(ids), 80)
        process = self.start("resume", "leads.csv.checkpoint", "--engine", "rest",
                             "--settle", "4", server=self.server)
        time.sleep(1)
        self.assertEqual(self.import_late(ids[:60]), 60)
        run = self.finish(process, 0)
        self.assertEqual(run.counts()["created"], 80, run)
        self.assertStored(self.server, self.rows)
        self.assertEqual(self.server.posts(), 20)


if __name__ == "__main__":
    harness.main()

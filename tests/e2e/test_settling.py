"""test_settling.py - whose is the record? Answers that are lost while something like the row
is in the CRM: another row's record, one of an earlier run, one of another client.
"""
import harness

NAMES = "Lead: First name=firstName, Last name=lastName, Title=title"


def lead(mailbox, title, last="Lovelace"):
    return {"firstName": "Ada", "lastName": last, "title": title,
            "emailAddress": mailbox + "@e2e.example"}


class Rivals(harness.Case):
    """The row whose request never arrived looks like the one that did."""

    def importing(self, rows, *faults, options=(), expect=0):
        self.server = harness.Server(self)
        self.proxy = harness.Proxy(self, self.server, *faults)
        self.write_csv("names.csv", [
            {"First name": first, "Last name": last, "Title": title}
            for first, last, title in rows])
        run = self.espoload("import", "names.csv", "-m", NAMES, "-j", "2", "--settle", "1",
                            *options, server=self.proxy, expect=expect)
        self.results = self.read_csv("names.results.csv")
        return run

    def check_created(self, rows):
        there = {r["id"]: r for r in self.server.rows()}
        self.assertEqual(len(there), len(rows))
        self.assertEqual([r["_action"] for r in self.results], ["created"] * len(rows))
        self.assertEqual(len({r["_id"] for r in self.results}), len(rows))
        for row, result in zip(rows, self.results):
            record = there[result["_id"]]
            self.assertEqual([record.get(a) or "" for a in
                              ("firstName", "lastName", "title")], list(row))

    def test_neighbour_under_way(self):
        """The other row's record is there, and its answer comes late."""
        rows = [("", "Mueller", ""), ("Bob", "Mueller", "")]
        self.importing(rows, "black-hole,method=POST,nth=1,then=close",
                       "delay,method=POST,nth=2,ms=3000,where=answer")
        self.check_created(rows)

    def test_neighbour_in_doubt(self):
        """Both answers are lost, and one of the requests."""
        rows = [("", "Mueller", ""), ("Bob", "Mueller", "")]
        self.importing(rows, "black-hole,method=POST,nth=1,then=close",
                       "swallow,method=POST,nth=2")
        self.check_created(rows)

    def test_both_there(self):
        rows = [("Bob", "Mueller", "Clerk"), ("Bob", "Mueller", "")]
        self.importing(rows, "swallow,method=POST,nth=1", "swallow,method=POST,nth=2",
                       options=("--on-duplicate", "force"))
        self.check_created(rows)

    def test_equal_rows(self):
        """Of three equal rows, the second's request never arrives."""
        rows = [("Bob", "Mueller", "Clerk")] * 3
        self.importing(rows, "swallow,method=POST,nth=1",
                       "black-hole,method=POST,nth=2,then=close",
                       options=("--on-duplicate", "force"))
        self.check_created(rows)

    def test_another_client(self):
        """The same user makes somebody of that name meanwhile."""
        server = harness.Server(self)
        proxy = harness.Proxy(self, server, "black-hole,method=POST,nth=1,then=close")
        self.write_csv("names.csv", [{"First name": "", "Last name": "Mueller",
                                      "Title": ""}])
        process = self.start("import", "names.csv", "-m", NAMES, "--settle", "3",
                             server=proxy)
        harness.wait_until("the look-up", lambda: server.counts()["requests"].get(
            "GET Lead", 0) >= 2)
        status, other = server.api("POST", "Lead", {"firstName": "Eve",
                                                    "lastName": "Mueller"})
        self.assertEqual(status, 200, other)
        run = self.finish(process, 1)
        self.assertEqual(run.counts()["unknown"], 1, run)
        self.assertIn("look in EspoCRM for the unknown row of names.errors.csv", run.err)
        [error] = self.read_csv("names.errors.csv")
        self.assertEqual(error["_code"], "OUTCOME_UNKNOWN")
        self.assertIn(other["id"], error["_message"])
        self.assertNotEqual(error["_advice"], "")
        self.assertEqual(server.stored(), 1)


class LostRefusals(harness.Case):
    """The server said 409 and nobody heard it: what was there before is not the row's."""

    def importing(self, policy, there, row, expect):
        self.server = harness.Server(self)
        status, self.record = self.server.api("POST", "Lead", there)
        self.assertEqual(status, 200, self.record)
        proxy = harness.Proxy(self, self.server, "swallow,method=POST,nth=1")
        self.write_csv("leads.csv", [row])
        run = self.import_csv("leads.csv", "--on-duplicate", policy, "--settle", "0.5",
                              server=proxy, expect=expect)
        self.assertEqual(proxy.stop()["faults"]["total"], 1)
        self.assertEqual(self.server.stored(), 1)
        self.now = self.server.api("GET", "Lead/" + self.record["id"])[1]
        [result] = self.read_csv("leads.results.csv")
        return run, result

    def test_update(self):
        run, result = self.importing("update", lead("ada", "Countess"),
                                     lead("ada", "Analyst"), 0)
        self.assertEqual(run.counts()["updated"], 1, run)
        self.assertEqual(result["_id"], self.record["id"])
        self.assertEqual(self.now["title"], "Analyst")

    def test_update_of_an_equal_one(self):
        run, _ = self.importing("update", lead("ada", "Countess"), lead("ada", "Countess"),
                                0)
        self.assertEqual(run.counts()["unchanged"], 1, run)

    def test_fail(self):
        run, result = self.importing("fail", lead("ada", "Countess"),
                                     lead("ada", "Countess"), 1)
        self.assertEqual(run.counts()["failed"], 1, run)
        self.assertEqual(result["_code"], "DUPLICATE")

    def test_skip(self):
        run, _ = self.importing("skip", lead("ada", "Countess"), lead("ada", "Analyst"), 0)
        self.assertEqual(run.counts()["skipped"], 1, run)
        self.assertEqual(self.now["title"], "Countess")

    def test_killed_and_resumed(self):
        """What was there before the run is still known when it is resumed."""
        server = harness.Server(self)
        there = lead("ada", "Countess")
        status, record = server.api("POST", "Lead", there)
        self.assertEqual(status, 200, record)
        proxy = harness.Proxy(self, server, "swallow,method=POST,nth=1,then=silence")
        self.write_csv("leads.csv", [there])
        process = self.start_import("leads.csv", "--on-duplicate", "update", "--settle",
                                    "0.5", server=proxy)
        harness.wait_until("a POST", lambda: server.posts() == 2)
        process.kill()
        run = self.espoload("resume", "leads.csv.checkpoint", server=proxy)
        self.assertEqual(run.counts()["unchanged"], 1, run)
        self.assertEqual(server.stored(), 1)


class WithinTheFile(harness.Case):
    def test_update_over_own_record(self):
        """Two rows of one address: the second is said to write over the first."""
        server = harness.Server(self)
        self.write_csv("leads.csv", [lead("ada", "Countess"), lead("eve", "Clerk", "Eve"),
                                     lead("ada", "Analyst"), lead("ada", "Analyst")])
        run = self.import_csv("leads.csv", "--on-duplicate", "update", server=server,
                              expect=1)
        self.assertEqual([run.counts()[p] for p in ("created", "updated", "unchanged")],
                         [2, 1, 1], run)
        results = self.read_csv("leads.results.csv")
        self.assertEqual([r["_code"] for r in results], ["", "", "DUPLICATE", ""])
        self.assertIn("line 2 ", results[2]["_message"])
        self.assertIn("1 row", run.err)
        events = self.espoload("status", "leads.csv.checkpoint", "--json",
                               key=None).events()
        self.assertEqual(events[-1]["warnings"], 1)


if __name__ == "__main__":
    harness.main()

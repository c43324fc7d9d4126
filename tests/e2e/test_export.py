"""test_export.py - exports: every record once, whole values, files as they were asked
for."""
import csv
import hashlib
import io
import json
import os
import stat
import threading

import exported
import harness


class Whole(exported.Exported):
    """What is in EspoCRM is in the file."""

    server_options = ("--leads", 1234)

    def test_all(self):
        run = self.export()
        there = {r["id"]: r for r in self.server.rows()}
        rows = self.rows_of()
        self.assertEqual(len(rows), 1234)
        self.assertEqual([r["id"] for r in rows], sorted(there))
        for row in rows:
            for name, value in row.items():
                wanted = there[row["id"]][name]
                if isinstance(wanted, bool):
                    wanted = str(wanted).lower()
                self.assertEqual(value, "" if wanted is None else str(wanted), name)
        self.assertIn("1,234 records exported", run.err)
        self.assertFalse((self.folder / "out.csv.checkpoint").exists())

    def test_manifest(self):
        self.export("--where", "lastName~Last00", output="out.csv.gz")
        manifest = self.manifest("out.csv.gz")
        data = self.bytes_of("out.csv.gz")
        self.assertEqual(manifest["bytes"], len(data))
        self.assertEqual(manifest["hash"], "sha256:" + hashlib.sha256(data).hexdigest())
        self.assertEqual(manifest["rows"], len(self.rows_of("out.csv.gz")))
        self.assertEqual([f["name"] for f in manifest["schema"]["fields"]],
                         list(self.rows_of("out.csv.gz")[0]))
        self.assertEqual(manifest["compression"], "gz")
        self.assertEqual(manifest["espoload"]["filter"]["where"],
                         [{"type": "contains", "attribute": "lastName",
                           "value": "Last00"}])
        self.assertEqual(manifest["espoload"]["entityType"], "Lead")

    def test_parallel(self):
        """Ranges that are read at once give the same file; each page is asked for once."""
        self.export("-j", "1", output="one.csv")
        before = self.server.counts()["requests"]["GET Lead"]
        self.export("-j", "4", output="four.csv")
        asked = self.server.counts()["requests"]["GET Lead"] - before
        self.assertEqual(self.bytes_of("one.csv"), self.bytes_of("four.csv"))
        self.assertLessEqual(asked, 1234 // 200 + 1 + 12)

    def test_never_by_offset(self):
        self.server.fault("status", status=500, contains="offset%22:2", method="GET")
        self.export("-j", "1")
        self.assertEqual(len(self.rows_of()), 1234)

    def test_listed_twice(self):
        """Parallel writers leave two primary addresses: the server then lists the record
        twice."""
        for i in range(3):
            self.server.control("POST", "primary", {
                "entity": "Lead", "id": self.server.rows()[100 * i]["id"],
                "address": f"second{i}@example.com"})
        run = self.export()
        self.assertEqual(len(self.rows_of()), 1234)
        self.assertEqual(len(set(self.ids_of())), 1234)
        self.assertIn("3 records listed more than once by EspoCRM, written once", run.err)

    def test_page_limit_changes(self):
        process = self.start("export", "Lead", "-o", "out.csv", "--rate", "10", "-j", "1",
                             server=self.server)
        harness.wait_until("a page", lambda: self.server.counts()["requests"].get(
            "GET Lead", 0) > 4)
        self.server.set(settings={"recordListMaxSizeLimit": 50})
        self.finish(process, 0)
        self.assertEqual(len(set(self.ids_of())), 1234)

    def test_name_beside_email(self):
        """EspoCRM answers the e-mail address as the name, unless its parts come, too."""
        self.export("--select", "id,name,emailAddress", "--limit", "5")
        for row in self.rows_of():
            self.assertNotIn("@", row["name"])

    def test_stuck(self):
        """A server, or a cache, that gives the same page again and again."""
        self.server.fault("status", status=200, contentType="application/json",
                          method="GET", contains="greaterThan", body=json.dumps(
                              {"total": -1, "list": self.list(maxSize=3, orderBy="id",
                                                              select=["id"])}))
        run = self.export("--select", "id", "-j", "1", expect=5)
        self.assertIn("does not go on", run.err)
        self.assertNothing()


class Moving(exported.Exported):
    """A table that changes while it is read."""

    server_options = ("--leads", 1000)

    def change(self, ids, round_):
        """Deletes, changes and inserts, as colleagues do."""
        for id_ in ids:
            status, _ = self.server.api("DELETE", f"Lead/{id_}")
            self.assertEqual(status, 200)
        for i in range(len(ids)):
            self.make(lastName=f"New{round_}-{i}", emailAddress=f"n{round_}-{i}@x.example")
        return ids

    def test_offset_pager_fails(self):
        """What our exports are not: proves that the changes would be seen."""
        there = [r["id"] for r in self.server.rows()]
        gone = there[:150:3]
        seen = []
        for page in range(5):
            seen += [r["id"] for r in self.list(maxSize=200, offset=page * 200,
                                                orderBy="id", order="asc",
                                                select=["id"])]
            if page == 0:
                self.change(gone, 0)
        stayed = set(there) - set(gone)
        self.assertTrue(stayed - set(seen), "an offset pager missed nothing")

    def test_keyset(self):
        there = [r["id"] for r in self.server.rows()]
        doomed = there[:600:3]
        touched = there[1::7]
        done = threading.Event()

        def meddle():
            for round_ in range(20):
                self.change(doomed[round_ * 10:round_ * 10 + 10], round_)
                for id_ in touched[round_ * 7:round_ * 7 + 7]:
                    self.server.api("PUT", f"Lead/{id_}", {"title": f"t{round_}"})
            done.set()

        for jobs in ("1", "3"):
            with self.subTest(jobs=jobs):
                done.clear()
                thread = threading.Thread(target=meddle)
                process = self.start("export", "Lead", "-o", f"o{jobs}.csv", "-j", jobs,
                                     "--rate", "8", server=self.server)
                thread.start()
                self.finish(process, 0)
                thread.join()
                self.assertTrue(done.is_set())
                ids = self.ids_of(f"o{jobs}.csv")
                self.assertEqual(len(ids), len(set(ids)), "a record came twice")
                missed = set(there) - set(doomed) - set(ids)
                self.assertFalse(missed, "records that were there all the time")
                there = [r["id"] for r in self.server.rows()]
                doomed = there[:600:3]


class Values(exported.Exported):
    """Values come whole."""

    def test_long_texts(self):
        texts = ["x" * 9999, "x" * 10000, "ä" * 10000, "😀" * 10001, "line\n\"q\" " * 3000,
                 "short", None, "\\" * 10050]
        ids = {self.make(lastName=f"L{i}", description=text): text
               for i, text in enumerate(texts)}
        run = self.export("--select", "id,description")
        rows = {r["id"]: r["description"] for r in self.rows_of()}
        for id_, text in ids.items():
            self.assertEqual(rows[id_], text or "")
        self.assertIn("5 records read by id as well", run.err)

    def test_addresses(self):
        id_ = self.make(lastName="Many", emailAddressData=[
            {"emailAddress": "one@x.example", "primary": True},
            {"emailAddress": "two@x.example", "primary": False},
            {"emailAddress": "three@x.example", "primary": False}],
            phoneNumberData=[{"phoneNumber": "+493011111111", "primary": True,
                              "type": "Mobile"},
                             {"phoneNumber": "+493022222222", "primary": False,
                              "type": "Office"}])
        self.make(lastName="None")
        run = self.export("--select", "id,emailAddress", "--expand", "emails,phones")
        row = {r["id"]: r for r in self.rows_of()}[id_]
        self.assertEqual(row["emailAddress"], "one@x.example")
        self.assertEqual(row["emailAddressData"],
                         "one@x.example;two@x.example;three@x.example")
        self.assertEqual(row["phoneNumberData"], "+493011111111;+493022222222")
        self.assertIn("one more request for each record that has one", run.err)
        self.assertIn("1 record read by id as well", run.err)

    def test_links(self):
        info = self.server.control("GET", "info")
        teams = [info["teams"]["Sales"], info["teams"]["Support"]]
        id_ = self.make(lastName="Teamed", teamsIds=teams)
        self.make(lastName="Alone")
        run = self.export("--select", "id", "--expand", "teams")
        row = {r["id"]: r for r in self.rows_of()}
        self.assertEqual(sorted(row[id_]["teamsIds"].split(",")), sorted(teams))
        self.assertEqual(sorted(row[id_]["teamsNames"].split(",")), ["Sales", "Support"])
        self.assertEqual([r["teamsIds"] for i, r in row.items() if i != id_], [""])
        self.assertIn("a query of its own", run.err)

    def test_vanishes(self):
        """Deleted between the list and the reading by its id: left out, and said."""
        goes = self.make(lastName="Long", description="x" * 10000)
        stays = self.make(lastName="Stays", description="x" * 10000)
        process = self.start("export", "Lead", "-o", "out.csv", "--where",
                             "lastName in Long,Stays", "--rate", "2", "-j", "1",
                             server=self.server)
        harness.wait_until("the page", lambda: self.server.counts()["requests"].get(
            "GET Lead", 0) >= 3)
        self.server.api("DELETE", f"Lead/{goes}")
        run = self.finish(process, 0)
        self.assertEqual(self.ids_of(), [stays])
        self.assertIn("1 record deleted, or hidden from you, while being read", run.err)

    def test_null_and_empty(self):
        null = self.make(lastName="Null")
        empty = self.make(lastName="Empty", description="")
        self.export("--select", "id,description", "--null", "\\N")
        rows = {r["id"]: r["description"] for r in self.rows_of()}
        self.assertEqual(rows[null], "\\N")
        self.assertIn(rows[empty], ("", "\\N"))  # as EspoCRM has stored it


class Files(exported.Exported):
    """Files as they were asked for."""

    server_options = ("--leads", 250)

    def test_excel(self):
        self.make(lastName="F", addressStreet="=1+1", description="+49 30")
        self.make(lastName="G", addressStreet="'=x", description="-5")
        self.export("--excel", "--delimiter", ";")
        data = self.bytes_of()
        self.assertTrue(data.startswith(b"\xef\xbb\xbf"))
        self.assertNotIn(b"\n", data.replace(b"\r\n", b""))
        rows = {r["lastName"]: r for r in self.rows_of(delimiter=";")}
        self.assertEqual(rows["F"]["addressStreet"], "'=1+1")
        self.assertEqual(rows["F"]["description"], "'+49 30")
        self.assertEqual(rows["G"]["addressStreet"], "''=x")
        self.assertEqual(rows["G"]["description"], "-5")

    def test_guard_is_undone(self):
        values = ["=1+1", "'=x", "''+y", "-5", "-x", "@a", "\tb", "'quoted'", "+49"]
        for i, value in enumerate(values):
            self.make(lastName=f"Guard{i}", description=value)
        mapping = {"version": 1, "entityType": "Lead", "operation": "update",
                   "match": [["id"]], "source": {"formulaGuard": True},
                   "columns": [{"name": "id", "field": "id"},
                               {"name": "description", "field": "description"}]}
        self.write("m.json", json.dumps(mapping))
        self.export("--excel", "--where", "lastName~Guard", "--select", "id,description")
        run = self.espoload("import", "out.csv", "-m", "m.json", server=self.server)
        self.assertEqual(run.counts()["unchanged"], len(values), run)

    def test_jsonl(self):
        self.export("--jsonl", "--select", "id,doNotCall,opportunityAmount,lastName",
                    output="out.jsonl.gz")
        import gzip
        lines = gzip.decompress(self.bytes_of("out.jsonl.gz")).decode().splitlines()
        records = [json.loads(line) for line in lines]
        there = {r["id"]: r for r in self.server.rows()}
        self.assertEqual(len(records), 250)
        for record in records:
            self.assertEqual(record, {n: there[record["id"]][n] for n in record})

    def test_split(self):
        run = self.export("--split-rows", "100", output="out.csv.gz")
        names = [f"out-00{i}.csv.gz" for i in (1, 2, 3)]
        rows = [self.rows_of(name) for name in names]
        self.assertEqual([len(r) for r in rows], [100, 100, 50])
        self.export(output="whole.csv")
        self.assertEqual(sum(rows, []), self.rows_of("whole.csv"))
        resources = self.manifest("out.csv.gz")["resources"]
        self.assertEqual([r["path"] for r in resources], names)
        self.assertEqual([r["rows"] for r in resources], [100, 100, 50])
        self.assertIn("out-001.csv.gz to out-003.csv.gz", run.err)

    def test_labels(self):
        self.export("--headers", "labels", "--select", "id,firstName,emailAddress",
                    "--limit", "1")
        self.assertEqual(list(self.rows_of()[0]), ["ID", "First Name", "Email"])
        self.export("--headers", "both", "--select", "firstName", "--limit", "1",
                    "--force")
        self.assertEqual(list(self.rows_of()[0]), ["First Name (firstName)"])

    def test_stdout(self):
        self.export(output="file.csv")
        run = self.export(output="-")
        self.assertEqual(run.out.encode(), self.bytes_of("file.csv"))
        self.assertEqual([p.name for p in self.folder.glob("*.checkpoint*")], [])

    def test_name_with_date(self):
        self.export("--select", "id", output="leads-%Y%m%d.csv")
        names = [p.name for p in self.folder.glob("leads-2*.csv")]
        self.assertEqual(len(names), 1)
        self.assertRegex(names[0], r"^leads-20\d{6}\.csv$")

    def test_order_and_limit(self):
        there = sorted(self.server.rows(), key=lambda r: (r["lastName"].lower(), r["id"]))
        self.export("--order", "lastName:desc", "--limit", "10")
        self.assertEqual(self.ids_of(), [r["id"] for r in there[::-1][:10]])
        for i in range(30):
            self.make(lastName=f"A{i}", opportunityAmount=i * 10.5)
        before = self.server.counts()["requests"]["GET Lead"]
        self.export("--order", "opportunityAmount:desc", "--limit", "5",
                    "--select", "opportunityAmount", output="top.csv", *("-j", "1"))
        asked = self.server.counts()["requests"]["GET Lead"] - before
        self.assertEqual([r["opportunityAmount"] for r in self.rows_of("top.csv")],
                         ["304.5", "294", "283.5", "273", "262.5"])
        self.assertLessEqual(asked, 3)
        self.export("--limit", "7", output="seven.csv")
        self.assertEqual(self.ids_of("seven.csv"),
                         sorted(r["id"] for r in self.server.rows())[:7])

    def test_sample(self):
        self.export("--sample", "10", output="few.csv")
        self.export("--sample", "100", output="many.csv")
        there = {r["id"] for r in self.server.rows()}
        for name, count in (("few.csv", 10), ("many.csv", 100)):
            ids = self.ids_of(name)
            self.assertEqual(len(set(ids)), count)
            self.assertLessEqual(set(ids), there)

    def test_json(self):
        run = self.export("--json")
        summary = run.events()[-1]
        self.assertEqual(summary["type"], "summary")
        self.assertEqual(summary["records"], 250)
        self.assertTrue(summary["complete"])
        self.assertEqual(summary["output"], str((self.folder / "out.csv").resolve()))

    def test_mapping(self):
        """An import mapping read backwards; its import changes nothing."""
        info = self.server.control("GET", "info")
        account = self.make("Account", name="Löwe, AG")
        self.make(firstName="Zoë", lastName="Löwe", status="New", doNotCall=True,
                  opportunityAmount=1234.5, description="one\ntwo\nthree",
                  emailAddress="zoe@x.example", teamsIds=[info["teams"]["Sales"]],
                  emailAddressData=[{"emailAddress": "zoe@x.example", "primary": True},
                                    {"emailAddress": "b@x.example", "primary": False}])
        mapping = {
            "version": 1, "entityType": "Lead", "operation": "update",
            "match": [["emailAddress"]],
            "defaults": {"decimalChar": ",", "timezone": "Europe/Berlin",
                         "trueValues": ["ja"], "falseValues": ["nein"]},
            "columns": [
                {"name": "Mail", "field": "emailAddress"},
                {"name": "Mail 2", "field": "emailAddressData", "mode": "append"},
                {"name": "Name", "fields": ["lastName", "firstName"],
                 "split": {"pattern": "last, first"}},
                {"name": "Status", "field": "status", "valueMap": {"neu": "New"}},
                {"name": "Umsatz", "field": "opportunityAmount"},
                {"name": "Anruf verboten", "field": "doNotCall"},
                {"names": ["Notiz 1", "Notiz 2"], "join": "\n", "field": "description"},
                {"name": "Teams", "field": "teamsIds",
                 "lookup": {"entityType": "Team", "by": ["name"]}},
                {"name": "intern", "ignore": True}]}
        del account
        self.write("m.json", json.dumps(mapping))
        self.export("-m", "m.json", "--where", "emailAddress=zoe@x.example")
        self.assertEqual(self.rows_of(), [{
            "Mail": "zoe@x.example", "Mail 2": "b@x.example", "Name": "Löwe, Zoë",
            "Status": "neu", "Umsatz": "1234,5", "Anruf verboten": "ja",
            "Notiz 1": "one", "Notiz 2": "two\nthree", "Teams": "Sales"}])
        run = self.espoload("import", "out.csv", "-m", "m.json", server=self.server)
        self.assertEqual(run.counts()["unchanged"], 1, run)

    def test_name_of_a_parent(self):
        """A list shows it only beside the parent's id and type; without, it is null."""
        account = self.make("Account", name="Löwe, AG")
        task = {"dateEnd": "2026-12-01 08:00:00", "assignedUserId": "5e00000000000a001"}
        self.make("Task", name="T", parentType="Account", parentId=account, **task)
        self.write("m.json", json.dumps({
            "version": 1, "entityType": "Task", "operation": "update",
            "match": [["name"]], "columns": [
                {"name": "Task", "field": "name"},
                {"const": "Account", "field": "parentType"},
                {"name": "About", "field": "parentId",
                 "lookup": {"entityType": "Account", "by": ["name"]}}]}))
        self.export("-m", "m.json", entity_type="Task")
        self.assertEqual(self.rows_of(), [{"Task": "T", "About": "Löwe, AG"}])
        self.export("--select", "parentName", "--force", entity_type="Task")
        self.assertEqual(self.rows_of(), [{"parentName": "Löwe, AG"}])

    def test_mapping_transforms(self):
        """Cells that the mapping's transforms would turn into something else are told."""
        self.make(lastName="Mixed", title="Buyer")
        self.make(lastName="UPPER", title="Buyer")
        self.write("m.json", json.dumps({
            "version": 1, "entityType": "Lead", "columns": [
                {"name": "Last", "field": "lastName", "transforms": ["upper"]}]}))
        run = self.export("-m", "m.json", "--where", "title=Buyer", "--where",
                          "lastName in Mixed,UPPER")
        self.assertEqual(sorted(r["Last"] for r in self.rows_of()), ["Mixed", "UPPER"])
        self.assertIn("1 cell would not be read back", run.err)

    def test_mapping_cannot(self):
        """A name that the mapping would take apart in another way is told."""
        self.make(firstName="Anna", lastName="von der Heide")
        self.make(firstName="Anna Maria", lastName="Schmidt")
        self.write("m.json", json.dumps({
            "version": 1, "entityType": "Lead", "columns": [
                {"name": "Name", "fields": ["firstName", "lastName"],
                 "split": {"pattern": "first last"}}]}))
        run = self.export("-m", "m.json", "--where", "firstName~Anna")
        self.assertEqual(sorted(r["Name"] for r in self.rows_of()),
                         ["Anna Maria Schmidt", "Anna von der Heide"])
        self.assertIn("1 cell would not be read back", run.err)


class Filters(exported.Exported):
    """Which records."""

    server_options = ("--leads", 30)

    def count(self, *conditions, options=()):
        where = [o for c in conditions for o in ("--where", c)]
        self.export("--select", "id,lastName", "--force", *where, *options)
        return len(self.rows_of())

    def test_conditions(self):
        self.make(lastName="Big", opportunityAmount=5000, status="Assigned",
                  doNotCall=True, source="Web Site", description="please call")
        self.make(lastName="Small", opportunityAmount=10, status="Dead")
        for wanted, *conditions in (
                (1, "lastName=Big"), (31, "lastName!=Big"), (1, "opportunityAmount>=5000"),
                (1, "opportunityAmount<11"), (2, "opportunityAmount not null"),
                (30, "opportunityAmount null"), (1, "status=Assigned"),
                (2, "status in Assigned,Dead"), (1, "doNotCall=true"),
                (1, "description~call"), (0, "description~c_ll"), (0, "description~c%l"), (0, "createdAt<2000-01-01"),
                (32, "createdAt>=2000-01-01"), (1, "status=Dead", "lastName~mal"),
                (1, '[{"type":"equals","attribute":"lastName","value":"Big"}]'),
                (2, '{"type":"or","value":[{"type":"equals","attribute":"lastName",'
                    '"value":"Big"},{"type":"equals","attribute":"lastName",'
                    '"value":"Small"}]}'),
                (1, "source in \"Web Site\", Call")):
            with self.subTest(conditions):
                self.assertEqual(self.count(*conditions), wanted)

    def test_refused(self):
        for condition, words in (
                ("lastNam=x", "did you mean 'lastName'"), ("lastName", "no operator"),
                ("status=Nwe", "Nwe"), ("createdAt>=gestern", "gestern"),
                ("opportunityAmount>many", "many"), ("lastName=", "empty value"),
                ('[{"type":"equals","attribute":"lastName"}]', 'no "value"'),
                ('[{"type":', "is not valid"), ("doNotCall=perhaps", "=true or =false"),
                ("=x", "name of a field")):
            with self.subTest(condition):
                run = self.export("--where", condition, expect=2)
                self.assertIn(words, run.err)
        self.assertEqual(self.server.counts()["requests"].get("GET Lead", 0), 0)
        self.assertNothing()

    def test_filters(self):
        self.assertEqual(self.count(options=("--filter", "actual")), 30)
        self.assertEqual(self.count(options=("--bool-filter", "onlyMy")), 0)
        run = self.export("--filter", "nosuch", "--force", expect=(1, 2, 5))
        self.assertIn("nosuch", run.err)
        self.assertEqual(self.count(options=("--text", "Last000003")), 1)


class Links(exported.Exported):
    """Who belongs to whom."""

    def test_members(self):
        accounts = [self.make("Account", name=f"Firm {i}") for i in range(5)]
        pairs = []
        for i, account in enumerate(accounts[:4]):
            for k in range((1, 0, 7, 230)[i]):  # more than a page
                contact = self.make("Contact", lastName=f"C{i}-{k}", accountId=account)
                pairs.append((account, contact))
        shared = pairs[0][1]
        self.server.api("POST", f"Account/{accounts[4]}/contacts", {"id": shared})
        pairs.append((accounts[4], shared))
        run = self.export("--link", "contacts", entity_type="Account")
        rows = self.rows_of()
        self.assertEqual(list(rows[0]), ["accountId", "contactId"])
        self.assertEqual([tuple(r.values()) for r in rows], sorted(pairs))
        self.assertIn("one more request for each record", run.err)
        self.export("--link", "contacts", "--where", "name=Firm 2", "--force",
                    entity_type="Account")
        self.assertEqual(len(self.rows_of()), 7)

    def test_resumed(self):
        accounts = [self.make("Account", name=f"Firm {i}") for i in range(30)]
        for account in accounts:
            for k in range(3):
                self.make("Contact", lastName=f"C{k}", accountId=account)
        self.export("--link", "contacts", entity_type="Account", output="calm.csv")
        self.server.fault("status", status=401, method="GET", path="/contacts", after=20)
        self.export("--link", "contacts", entity_type="Account", expect=4)
        self.server.clear_faults()
        self.espoload("resume", "out.csv.checkpoint", server=self.server)
        self.assertEqual(self.bytes_of(), self.bytes_of("calm.csv"))
        self.assertEqual(len(self.rows_of()), 90)

    def test_refused(self):
        for link, words in (("assignedUser", "not a link of Account to several"),
                            ("nosuch", "not a link of Account"), ("../x", "not a link")):
            run = self.export("--link", link, entity_type="Account", expect=2)
            self.assertIn(words, run.err)
        self.export("--link", "contacts", "--select", "id", entity_type="Account",
                    expect=2)
        self.assertNothing()


class Refusals(exported.Exported):
    """Nothing is half written, and the exit code tells why."""

    server_options = ("--leads", 500, "--weak-key", "weak-key")

    def test_names(self):
        for options, code, words in (
                (("--select", "id,firstNam"), 2, "did you mean 'firstName'"),
                (("--select", "id,account"), 2, "account"),
                (("--select", "address"), 2, "did you mean 'addressCity'"),
                (("--select", "id,id"), 2, "twice"), (("--select", ","), 2, "no attribute"),
                (("--expand", "faxes"), 2, "faxes"), (("--order", "x"), 2, "x"),
                (("--order", "lastName:down"), 2, "FIELD:desc"),
                (("--limit", "3", "--sample", "3"), 2, "together"),
                (("--delimiter", "ab"), 2, "one character")):
            with self.subTest(options):
                run = self.export(*options, expect=code)
                self.assertIn(words, run.err)
                self.assertNothing()

    def test_entity(self):
        run = self.export(entity_type="Leed", expect=2)
        self.assertIn("Leed", run.err)
        self.assertNothing()

    def test_rights(self):
        run = self.export(key="weak-key", entity_type="Opportunity", expect=(2, 4))
        self.assertIn("Opportunity", run.err)
        self.assertNothing()

    def test_key(self):
        run = self.export(key="wrong", expect=4)
        self.assertNothing()
        del run

    def test_existing(self):
        self.write("out.csv", "mine")
        run = self.export(expect=2)
        self.assertIn("--force", run.err)
        self.assertEqual(self.bytes_of(), b"mine")
        self.export("--force")
        self.assertEqual(len(self.rows_of()), 500)

    def test_folder(self):
        run = self.export(output="nowhere/out.csv", expect=7)
        self.assertIn("nowhere", run.err)
        if os.getuid() != 0:
            (self.folder / "shut").mkdir(mode=0o500)
            self.export(output="shut/out.csv", expect=7)
        self.assertEqual(self.server.counts()["total"], 0)

    def test_full_disk(self):
        run = self.start("export", "Lead", "-o", "out.csv", server=self.server,
                         prepare=harness.limit_file_size(100_000))
        run = self.finish(run, 7)
        self.assertIn("resume", run.err)
        self.assertNothing()
        self.espoload("resume", "out.csv.checkpoint", server=self.server)
        self.assertEqual(len(self.rows_of()), 500)

    def test_modes(self):
        """The checkpoint holds people's data: nobody else may read it."""
        self.server.set(delayMs=20)
        process = self.start("export", "Lead", "-o", "out.csv", "--rate", "5", "-j", "1",
                             server=self.server)
        path = self.folder / "out.csv.checkpoint"
        harness.wait_until("a checkpoint", path.exists)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.finish(process, 0)

    def test_usage(self):
        self.assertIn("-o", self.espoload("export", "Lead", server=self.server,
                                          expect=2).err)
        self.write("c.json", json.dumps({"version": 1, "entityType": "Contact",
                                         "columns": [{"name": "a", "field": "lastName"}]}))
        run = self.export("-m", "c.json", expect=2)
        self.assertIn("Contact", run.err)


del csv, io
harness.main()

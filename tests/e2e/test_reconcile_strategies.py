"""test_reconcile_strategies.py - a sweep and look-ups say the same of every row: over random
tables of names that are alike, whose records only the database takes for equal, that have
several addresses, or that are there several times."""
import json

import harness
import reconciled

# What a collation takes for each other, and what looks as if it did.
LAST = ["Müller", "Muller", "MULLER", "Mueller", "Muller ", "Straße", "Strasse", "STRASSE",
        "Ødegård", "Odegard", "Sørensen", "Sorensen", "Æbler", "Aebler", "Νίκος", "Νικος",
        "Чайковский", "Чаиковскии", "王小明", "王小名", "O'Neil", "O’Neil", "Zoe\u0308",
        "Zoë", "Zoe", "Łódź", "Lodz", "Ｓｍｉｔｈ", "Smith"]
FIRST = ["", "Ann", "ÄNN", "Änn", "José", "Jose", "René", "Rene"]
MAILS = ["muller", "müller", "MULLER", "jose", "josé", "zoe", "zoë", "smith", "nikos"]
ALIKE = ({"firstName": "Łucja", "lastName": "Gonçalves"},
         {"firstName": "Łucja", "lastName": "Goncalves"})  # as EspoCRM and the file have it
PHONES = ["", "+49301234567", "+49301234568", "+49301234569"]


class Strategies(reconciled.Reconciled):
    rounds = 6

    def record(self):
        choice = self.random.choice
        record = {"lastName": choice(LAST), "firstName": choice(FIRST) or None,
                  "description": choice(["a", "b"])}
        mails = list({choice(MAILS) + choice(["@x.example", "@y.example"]): 1
                      for _ in range(self.random.randrange(3))})
        if mails:
            record["emailAddressData"] = [{"emailAddress": m, "primary": i == 0}
                                          for i, m in enumerate(mails)]
        if choice(PHONES):
            record["phoneNumber"] = choice(PHONES[1:])
        return record

    def row(self):
        choice = self.random.choice
        return {"lastName": choice(LAST), "firstName": choice(FIRST),
                "emailAddress": choice(["", choice(MAILS) + choice(["@x.example",
                                                                    "@Y.example"])]),
                "phoneNumber": choice(PHONES), "description": choice(["a", "b"])}

    def told(self, strategy, match, *options):
        """All that is said of the rows, and the fix."""
        run = self.reconcile("--strategy", strategy, *options, match=match)
        rows = [e for e in run.events() if e["type"] in ("difference", "error")
                and e.get("class") != "onlyCrm"]
        diff = self.folder / "leads.diff.csv"
        lines = diff.read_bytes().split(b"\n")[1:-1] if diff.exists() else []
        fix = self.folder / "leads.fix.csv"
        summary = {k: v for k, v in run.events()[-1].items()
                   if k in (*reconciled.CLASSES, "loose", "fields")}
        return (rows, [line for line in lines if not line.startswith(b"---")],
                fix.read_bytes() if fix.exists() else None, summary)

    def test_alike(self):
        self.say(f"seed {self.seed}")
        rules = ([["emailAddress"]], [["lastName"]], [["firstName", "lastName"]],
                 [["emailAddress"], ["lastName"]], [["phoneNumber"], ["emailAddress"]],
                 [["emailAddress", "lastName"], ["firstName", "lastName"]])
        for match in rules[:harness.Setup.scaled(len(rules), 3)]:
            self.server.reset()
            for _ in range(60):
                self.server.api("POST", "Lead", self.record(),
                                {"X-Skip-Duplicate-Check": "true"})
            self.server.api("POST", "Lead", ALIKE[0])
            rows = [self.row() for _ in range(40)]
            rows[self.random.randrange(len(rows))] = {**self.row(), **ALIKE[1],
                                                      "emailAddress": "", "phoneNumber": ""}
            self.write_csv("leads.csv", rows)
            sweep, lookup = self.told("sweep", match), self.told("lookup", match)
            for ours, theirs in zip(sweep, lookup):
                self.assertEqual(ours, theirs, match)
            if any("lastName" in rule for rule in match):
                self.assertGreater(sweep[3]["loose"], 0, match)
            # what is said of a row does not depend on those beside it
            said = {id(rows[e["row"] - 1]): e for e in sweep[0]
                    if "row" in e}
            self.random.shuffle(rows)
            self.write_csv("some.csv", rows[:7])
            run = self.reconcile("--strategy", "lookup", name="some.csv", match=match)
            for event in run.events():
                if "candidates" in event:
                    before = said[id(rows[event["row"] - 1])]
                    self.assertTrue("sameAsLine" in before or
                                    before["candidates"] == event["candidates"],
                                    (before, event))


class Loosely(reconciled.Reconciled):
    mapping = {**reconciled.Reconciled.mapping, "match": [["lastName"]]}

    def test_told(self):
        """By name and with both values; neither missing nor too many; no deletion."""
        record = self.make(lastName="Müller")
        self.make(lastName="Meier")
        self.write_csv("leads.csv", [{"lastName": "Muller", "description": ""},
                                     {"lastName": "Meier", "description": ""}])
        for strategy in ("sweep", "lookup"):
            run = self.reconcile("--strategy", strategy)
            self.assertCounts(run, equal=1, ambiguous=1)
            self.assertEqual(run.events()[-1]["loose"], 1)
            event, = self.differences(run, "ambiguous")
            self.assertEqual(event["candidates"], [record])
            self.assertEqual(event["loosely"], [["lastName", "Müller", "Muller"]])
            self.assertFalse((self.folder / "leads.fix.csv").exists())
            self.write("m.json", json.dumps(self.mapping))
            text = self.espoload("reconcile", "leads.csv", "-m", "m.json", "--force",
                                 "--strategy", strategy, server=self.server, expect=1).err
            self.assertIn("line 2: ambiguous: only EspoCRM's database takes lastName "
                          f"'Muller' for 'Müller': {record}", text)
            self.assertIn("1 of the ambiguous: only EspoCRM's database", text)
        run = self.reconcile("--propose-deletes", "--max-deletes", "100%")
        self.assertFalse((self.folder / "leads.delete.csv").exists())
        self.write("m.json", json.dumps(self.mapping))
        result = self.espoload("import", "leads.csv", "-m", "m.json", "--json",
                               server=self.server, expect=1)
        self.assertEqual(result.counts()["failed"], 1)  # an import says so, too
        self.assertEqual([r["_code"] for r in self.read_csv("leads.errors.csv")],
                         ["MATCH_LOOSE"])

    def test_many(self):
        """Of more records than are named none is called missing in the file."""
        ids = sorted(self.make(lastName="Same", description=str(i)) for i in range(25))
        self.write_csv("leads.csv", [{"lastName": "Same", "description": ""}])
        for strategy in ("sweep", "lookup"):
            run = self.reconcile("--strategy", strategy)
            self.assertCounts(run, ambiguous=1)
            event, = self.differences(run, "ambiguous")
            self.assertEqual(event["candidates"], ids[:10])
        self.write("m.json", json.dumps(self.mapping))
        run = self.espoload("reconcile", "leads.csv", "-m", "m.json", "--force",
                            server=self.server, expect=1)
        self.assertIn(f"several records match: {', '.join(ids[:10])} and 15 more", run.err)


harness.main()

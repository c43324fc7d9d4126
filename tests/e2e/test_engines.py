"""test_engines.py - the engines agree: hostile values of every kind of field, created and
then changed by either engine, leave the same records. (One thing differs, as the README
says: an update through the Import gives an amount that is empty the default currency.)
"""
import json
import random
import re

import harness

TEXTS = ["plain", "it's \"quoted\"", '"', '""', '"""', '",', "a,b", "a;b", "x\ny", "\n lead",
         "trail \n", "back\\slash", "\\", '\\"', "\\n", "=1+1", "@SUM(A1)", "+49", "-", "0",
         "00", "-0", "false", "true", "null", "[]", "[1,2]", '["x"]', "{}", '{"a":1}', "%20",
         "100%", "äöü ß", "😀 👩‍👩‍👧", "日本語", "  both  ", "\ttab\t", "a\tb", "&amp;",
         "\u00a0nbsp\u00a0", "\u200bzero", "1e5", "0.10", "2024-02-30", "2024-01-01", "'",
         "$HOME `x`", "a\rb", "a\r\nb", "\ufeffmark", "NaN", "0x10", "\u2028", "\x7f",
         "\x01control", "ä" * 45, "y" * 99]
NAMES = [text for text in TEXTS if not set(text) & set("<>=")]
LONG = ["z" * 9001, "ü" * 8999, "line\n" * 900]
COLORS, BOXES = ["Red", "Green", "Blue"], ["A", "B"]
URLS = ["https://a.example/b?c=1&d=%20", "https://a.example/(x)", "a.example",
        "https://a.example/x?y=%C3%A4"]


def one_of(values):
    return lambda rng: rng.choice(values)


def some_of(values):
    return lambda rng: "|".join(rng.sample(values, rng.randint(1, min(3, len(values)))))


def two_of(values):
    return lambda rng: rng.choice(values) + rng.choice(values)


FIELDS = {
    "firstName": one_of(NAMES),
    "salutationName": one_of(["Mr.", "Ms."]),
    "title": one_of(NAMES),
    "accountName": two_of(NAMES),
    "status": one_of(["New", "Assigned", "Dead"]),
    "source": one_of(["Call", "Email", "Other"]),
    "opportunityAmount": one_of(["0", "1", "0.5", "3.10", "99999999.99"]),
    "website": one_of(URLS),
    "addressStreet": one_of(TEXTS),
    "addressPostalCode": one_of(["01234", "0"]),
    "phoneNumber": lambda rng: f"+4930{rng.randrange(10**6, 10**7)}",
    "emailAddressIsOptedOut": one_of(["true", "false"]),
    "doNotCall": one_of(["true", "false", "1", "0"]),
    "description": two_of(TEXTS + LONG),
    "cCMulti": some_of(COLORS),
    "cCArray": some_of([t for t in TEXTS if "|" not in t and t[0] != "["]),
    "cCChecklist": some_of(BOXES),
    "cCUrls": some_of(URLS),
    "cCFloat": one_of(["0", "0.5", "-0.25", "1e3", "123456.789", "1e-7"]),
    "cCInt": one_of(["0", "1", "-5", "100"]),
    "cCDate": one_of(["2024-02-29", "1970-01-01", "2999-12-31", "1900-01-01"]),
    "cCDateTime": one_of(["2024-02-29 12:34:56", "1999-12-31 23:59:59"]),
    "cCDecimal": one_of(["0", "1", "0.5", "3.10", "99999999.9999"]),
    "cCExt": lambda rng: rng.choice(TEXTS)[:60],
}
LISTS = ("cCMulti", "cCArray", "cCChecklist", "cCUrls")
NEVER_NULL = ("doNotCall", "emailAddressIsOptedOut", "status")
AMOUNTS = ("opportunityAmount", "cCDecimal")
# of the moment, or of the order in which records come
OWN = ("id", "createdAt", "modifiedAt", "streamUpdatedAt", "cCNumber")


class Agree(harness.Case):
    def setUp(self):
        super().setUp()
        self.server = harness.Server(self, "--metadata-variant", "custom")
        self.count = harness.Setup.scaled(300, 80)
        self.say(f"seed {self.seed}")

    def make(self, phase):
        """A phase's rows and mapping: the same for both engines. Changes are of a few
        columns each, so that many rows share them."""
        rng = random.Random(f"{self.seed} {phase}")
        names = list(FIELDS)
        if phase > 0:
            names = rng.sample([n for n in names if n not in (
                "phoneNumber", "emailAddressIsOptedOut")], 3)
        rows = []
        for i in range(self.count):
            row = {"emailAddress": f"r{i}@agree.example", "lastName": f"L{i}"}
            for name in names:
                filled = rng.random() < (0.8 if phase > 0 else 0.35)
                row[name] = FIELDS[name](rng) if filled else ""
            if phase == 0:
                row["lastName"] += rng.choice(NAMES)[:90]
                row["cCReq"] = "".join(rng.sample("AXZ", 2))
            rows.append(row)
        columns = []
        for name in rows[0]:
            column = {"name": name, "field": name}
            if name in LISTS:
                column["delimiter"] = "|"
            if phase > 0 and name in FIELDS and name not in NEVER_NULL:
                column["empty"] = "null"
            columns.append(column)
        if phase > 0:
            columns = [c for c in columns if c["name"] != "lastName"]
            rows = [{n: v for n, v in row.items() if n != "lastName"} for row in rows]
        operation = "update" if phase > 0 else "upsert"
        return rows, {"version": 1, "entityType": "Lead", "operation": operation,
                      "match": [["emailAddress"]], "columns": columns}

    def records(self):
        """All records by e-mail address, whole, as a reader sees them."""
        found = {}
        for row in self.server.rows():
            status, record = self.server.api("GET", "Lead/" + row["id"])
            self.assertEqual(status, 200)
            self.assertNotIn(row["emailAddress"], found)
            for name in OWN:
                record.pop(name, None)
            for item in record.get("phoneNumberData", []):
                item.pop("id", None)
            found[row["emailAddress"]] = record
        return found

    def by(self, engine, phases):
        """What each phase leaves, and what it did with each row."""
        left = []
        self.server.reset()
        for phase in range(phases):
            rows, mapping = self.make(phase)
            name = f"{engine}{phase}.csv"
            self.write_csv(name, rows)
            self.write("map.json", json.dumps(mapping))
            run = self.espoload("import", name, "-m", "map.json", "--engine", engine,
                                "--max-errors", "100%", server=self.server,
                                expect=(0, 1))
            found = re.search(r"by bulk ([\d,]+) rows", run.err)
            carried = int(found[1].replace(",", "")) if found else 0
            results = [(r["_line"], r["_action"], r["_code"])
                       for r in self.read_csv(f"{engine}{phase}.results.csv")]
            left.append((results, self.records(), carried, run))
        return left

    def assertSame(self, one, other, phase):
        self.assertEqual(set(one), set(other))
        for mail, record in one.items():
            twin = other[mail]
            for name in AMOUNTS:
                if phase > 0 and record.get(name) is None:
                    record.pop(name + "Currency", None)
                    twin.pop(name + "Currency", None)
            self.assertEqual(record, twin, mail)

    def test_agree(self):
        phases = harness.Setup.scaled(7, 4)
        bulk, rest = self.by("bulk", phases), self.by("rest", phases)
        for phase in range(phases):
            with self.subTest(phase=phase):
                self.assertEqual(bulk[phase][0], rest[phase][0], bulk[phase][3])
                self.assertSame(bulk[phase][1], rest[phase][1], phase)
        carried = [one[2] for one in bulk]
        self.say(f"rows by bulk, of {self.count} in each phase: {carried}")
        self.assertGreater(carried[0], self.count / 4)
        self.assertGreater(sum(carried[1:]), self.count * (phases - 1) / 4)


if __name__ == "__main__":
    harness.main()

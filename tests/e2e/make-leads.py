#!/usr/bin/env python3
"""make-leads.py - writes testdata/csv/leads-5000.csv.gz and leads-5000.expected.json.

For maintainers, when the file is to change; the tests read what is committed. The same
program makes the same text each time. The rows that are not listed as broken are taken by
EspoCRM 9.1 through mappings/lead.json, with the server's duplicate check on.

Usage: make-leads.py [--check] (compares with what is committed instead of writing)
"""
import gzip
import io
import json
import pathlib
import random
import sys
import unicodedata

from lead_words import DATES, LOCALES, NOTES, TITLES

RECORDS = 5000
FOLDER = pathlib.Path(__file__).resolve().parent.parent.parent / "testdata" / "csv"
HEADER = ("First Name,Last Name,E-Mail,Phone,Company,Job Title,Website,Status,Source,"
          "Industry,Street,City,State,Postal Code,Country,Opportunity Amount,Currency,"
          "Do Not Call,Assigned User,Notes").split(",")
ATTRIBUTES = ("firstName,lastName,emailAddress,phoneNumber,accountName,title,website,"
              "status,source,industry,addressStreet,addressCity,addressState,"
              "addressPostalCode,addressCountry,opportunityAmount,"
              "opportunityAmountCurrency,doNotCall,assignedUserId,description").split(",")
STATUS = {"New": "New", "Assigned": "Assigned", "In Process": "In Process", "Dead": "Dead",
          "Recycled": "Recycled", "new": "New", "assigned": "Assigned",
          "in process": "In Process"}
SOURCE = {"": None, "Call": "Call", "Email": "Email", "Web Site": "Web Site",
          "Partner": "Partner", "Campaign": "Campaign", "Other": "Other",
          "Existing Customer": "Existing Customer", "Public Relations": "Public Relations",
          "web site": "Web Site", "call": "Call", "email": "Email"}
INDUSTRY = ["", "Legal", "Banking", "Food & Beverage", "Real Estate", "Software", "Shipping",
            "Testing, Inspection & Certification", "Apparel & Accessories", "Education",
            "Venture Capital", "Water", "Manufacturing"]
BOOL = {"yes": True, "no": False, "true": True, "false": False, "1": True, "0": False,
        "x": True, "": False}
BLANK_BEHIND = (1200, 2600, 4100)  # record numbers that a blank line follows
SAMPLES = 60


def fold(text):
    """Coarser than any collation: what is different here is different for every server."""
    text = text.casefold()
    for letters, plain in (("łøđıœæ", "lodiea"), ("ς", "σ")):
        text = text.translate(str.maketrans(letters, plain))
    text = unicodedata.normalize("NFKD", text)
    return "".join(c for c in text if c.isalnum())


def ascii_of(text):
    text = unicodedata.normalize("NFKD", text.translate(str.maketrans("łøđıßœŁØĐŒæ",
                                                                      "lodisoLODOa")))
    return "".join(c for c in text if c.isascii() and c.isalnum()).lower()


def amount(rng):
    """As the file spells it, and its value."""
    value = rng.randrange(100, 25_000_000)
    whole, cents = divmod(value, 100)
    text = rng.choice([f"{whole:,}.{cents:02}", f"{whole}.{cents:02}", f"{whole:,}"])
    return text, float(whole) if "." not in text else value / 100


class Maker:
    def __init__(self):
        self.rng = random.Random(20240331)
        self.names = set()
        self.phones = set()
        self.number = 0

    def name(self, locale):
        while True:
            first = self.rng.choice(locale["first"].split())
            last = self.rng.choice(locale["last"].split())
            if self.rng.random() < 0.1:
                first += " " + self.rng.choice(locale["first"].split())
            if (fold(first), fold(last)) not in self.names:
                self.names.add((fold(first), fold(last)))
                return first, last

    def phone(self, locale):
        while True:
            shape = self.rng.choice(locale["phones"])
            if shape.startswith("+1"):  # 0100 to 0199 are set aside for fiction
                text = shape[:-2] + f"{self.rng.randrange(100):02}"
            else:
                head = next(i for i, c in enumerate(shape) if c == "#")
                text = shape[:head] + "".join(
                    str(self.rng.randrange(1, 10)) if c == "#" else
                    str(self.rng.randrange(10)) if c == "0" else c for c in shape[head:])
            digits = "+" + "".join(c for c in text if c.isdigit())
            # the few fictional numbers of the United States come more than once
            if digits not in self.phones or digits.startswith("+1"):
                self.phones.add(digits)
                return text, digits

    def company(self, locale, last):
        word = last if self.rng.random() < 0.5 else self.rng.choice(locale["last"].split())
        return self.rng.choice(locale["firms"]).format(w=word)

    def note(self):
        return self.rng.choice(NOTES).replace("{d}", self.rng.choice(DATES))

    def lead(self):
        """A good row: its cells by header, and what EspoCRM is to hold, by attribute."""
        rng = self.rng
        self.number += 1
        key = rng.choices(list(LOCALES), weights=[8, 8, 5, 4, 3, 2, 3, 2, 2, 2, 4, 2])[0]
        locale = LOCALES[key]
        first, last = self.name(locale)
        postal, city = rng.choice(locale["cities"])
        street = rng.choice(locale["streets"]).format(n=rng.randrange(1, 200))
        local = ".".join(x for x in (ascii_of(first)[:20], ascii_of(last)[:20]) if x) or "info"
        mail = f"{local}.{self.number}@example-{rng.randrange(40)}.{locale['domain']}"
        phone, digits = self.phone(locale) if rng.random() < 0.85 else ("", None)
        money, value = amount(rng) if rng.random() < 0.6 else ("", None)
        cells = {
            "First Name": first, "Last Name": last,
            "E-Mail": mail.title() if rng.random() < 0.03 else mail, "Phone": phone,
            "Company": self.company(locale, last) if rng.random() < 0.8 else "",
            "Job Title": rng.choice(TITLES) if rng.random() < 0.7 else "",
            "Website": self.website(locale), "Status": rng.choice(list(STATUS)),
            "Source": rng.choice(list(SOURCE)), "Industry": rng.choice(INDUSTRY),
            "Street": street, "City": city, "State": "CA" if key == "us" else "",
            "Postal Code": postal, "Country": locale["country"],
            "Opportunity Amount": money, "Currency": "USD" if money else "",
            "Do Not Call": rng.choice(list(BOOL)), "Assigned User": "",
            "Notes": self.note() if rng.random() < 0.6 else ""}
        expected = {a: cells[h] or None for h, a in zip(HEADER, ATTRIBUTES)}
        expected.update(phoneNumber=digits, opportunityAmount=value,
                        status=STATUS[cells["Status"]], source=SOURCE[cells["Source"]],
                        doNotCall=BOOL[cells["Do Not Call"]])
        return cells, expected

    def website(self, locale):
        if self.rng.random() < 0.5:
            return ""
        host = f"www.example-{self.rng.randrange(40)}.{locale['domain']}"
        return self.rng.choice(["https://{}", "http://{}/", "{}", "https://{}/en?id=7#top",
                                "https://{}/~home/a_b-c.html"]).format(host)


def cell_text(text):
    if text == "" or not any(c in text for c in '",\r\n;'):
        return text
    return '"' + text.replace('"', '""') + '"'


def line_text(cells):
    return ",".join(cell_text(cells[h]) for h in HEADER)


def change(**values):
    """A break of cells: header with _ for blanks and dashes -> value."""
    names = {h.replace(" ", "_").replace("-", "_"): h for h in HEADER}
    return {names[name]: value for name, value in values.items()}


# Rows that fail because of a cell: what is changed, the codes in the order of the columns.
CELL_BREAKS = [
    (change(Last_Name="Long" * 75), ["VALUE_TOO_LONG"], "last name of 300 characters"),
    (change(Job_Title="T" * 101), ["VALUE_TOO_LONG"], "job title of 101 characters"),
    (change(Postal_Code="1" * 41), ["VALUE_TOO_LONG"], "postal code of 41 characters"),
    (change(Status="Qualified"), ["ENUM_UNKNOWN"], "status that does not exist"),
    (change(Status="in-process"), ["ENUM_UNKNOWN"], "status spelt with a hyphen"),
    (change(Source="Trade Fair"), ["ENUM_UNKNOWN"], "source that does not exist"),
    (change(Source="WEB-SITE"), ["ENUM_UNKNOWN"], "source in capitals, with a hyphen"),
    (change(Industry="Legal Services"), ["ENUM_UNKNOWN"], "industry that does not exist"),
    (change(Opportunity_Amount="5", Currency="XYZ"), ["CURRENCY_UNKNOWN"], "currency XYZ"),
    (change(Opportunity_Amount="5", Currency="usd"), ["CURRENCY_UNKNOWN"],
     "currency in the wrong case, which no valueMap translates"),
    (change(E_Mail="a@b"), ["EMAIL_INVALID"], "no dot behind the @"),
    (change(E_Mail="anna@localhost"), ["EMAIL_INVALID"], "a host, not a domain"),
    (change(E_Mail="anna@example.com; otto@example.com"), ["EMAIL_INVALID"], "two addresses"),
    (change(E_Mail="anna@example.com,otto@example.com"), ["EMAIL_INVALID"],
     "two addresses with a comma"),
    (change(E_Mail="Anna Example <anna@example.com>"), ["EMAIL_INVALID"], "name <address>"),
    (change(E_Mail="anna..example@example.com"), ["EMAIL_INVALID"], "two dots in a row"),
    (change(E_Mail="anna@example..com"), ["EMAIL_INVALID"], "two dots behind the @"),
    (change(E_Mail="anna@example.com."), ["EMAIL_INVALID"], "a dot at the end"),
    (change(E_Mail="anna.@example.com"), ["EMAIL_INVALID"], "a dot before the @"),
    (change(E_Mail="anna.example.com"), ["EMAIL_INVALID"], "no @"),
    (change(E_Mail="info@müller.example"), ["EMAIL_INVALID"], "a domain with an umlaut"),
    (change(E_Mail="anna otto@example.com"), ["EMAIL_INVALID"], "a blank inside"),
    (change(E_Mail="mailto:anna@example.com"), ["EMAIL_INVALID"], "a mailto link"),
    (change(Phone="030 1234567"), ["PHONE_INVALID"], "national number"),
    (change(Phone="(415) 555-0123"), ["PHONE_INVALID"], "national number, United States"),
    (change(Phone="001 555"), ["PHONE_INVALID"], "00 instead of +, and too short"),
    (change(Phone="+49 30 1234567 (office)"), ["PHONE_INVALID"],
     "letters, which EspoCRM would store as digits"),
    (change(Phone="call the office"), ["PHONE_INVALID"], "letters only"),
    (change(Phone="+11111-22222-33333"), ["PHONE_INVALID"], "too many digits"),
    (change(Phone="1.2E+10"), ["PHONE_SCIENTIFIC"], "a spreadsheet's number"),
    (change(Phone="+49 30 1234567 ext. 89"), ["PHONE_INVALID"],
     "extension, which EspoCRM would drop"),
    (change(Phone="+49 30 1234567; +49 171 1234567"), ["PHONE_INVALID"], "two numbers"),
    (change(Phone="+1 555"), ["PHONE_INVALID"], "too short"),
    (change(Phone="+999 123 4567"), ["PHONE_INVALID"], "no such country"),
    (change(Opportunity_Amount="12a", Currency="USD"), ["NUMBER_INVALID"], "a letter"),
    (change(Opportunity_Amount="1.234,50", Currency="USD"), ["NUMBER_INVALID"],
     "comma and point the other way round"),
    (change(Opportunity_Amount="12,34.50", Currency="USD"), ["NUMBER_INVALID"],
     "grouped, but not in threes"),
    (change(Opportunity_Amount="(1,234.50)", Currency="USD"), ["NUMBER_INVALID"],
     "parentheses for a minus"),
    (change(Opportunity_Amount="1200 EUR", Currency="USD"), ["NUMBER_INVALID"],
     "currency beside the amount"),
    (change(Opportunity_Amount="-500", Currency="USD"), ["NUMBER_RANGE"], "negative amount"),
    (change(Do_Not_Call="maybe"), ["BOOL_INVALID"], "neither true nor false"),
    (change(Do_Not_Call="2"), ["BOOL_INVALID"], "a number that is no truth value"),
    (change(Website="not a url"), ["URL_INVALID"], "blanks"),
    (change(Website="www"), ["URL_INVALID"], "no dot"),
    (change(First_Name="<b>Anna</b>"), ["VALUE_PATTERN"], "markup in a name"),
    (change(Company="A=B GmbH"), ["VALUE_PATTERN"], "= in a company's name"),
    (change(City="<Berlin>"), ["VALUE_PATTERN"], "< > in a city"),
    (change(Assigned_User="Carol Smith"), ["ID_INVALID"], "a name where an id should be"),
    (change(First_Name="", Last_Name="", E_Mail="", Phone="", Company=""),
     ["VALUE_REQUIRED"], "nothing that names the lead"),
    ({h: "" for h in HEADER}, ["ROW_EMPTY"], "delimiters and nothing else"),
    (change(E_Mail="anna@", Phone="12345", Do_Not_Call="perhaps"),
     ["EMAIL_INVALID", "PHONE_INVALID", "BOOL_INVALID"], "three errors at once"),
    (change(Last_Name="L" * 101, Status="Hot", Opportunity_Amount="n.n.", Currency="USD"),
     ["VALUE_TOO_LONG", "ENUM_UNKNOWN", "NUMBER_INVALID"], "three other errors at once"),
]


def without_quotes(cells):
    return ",".join(cells[h] for h in HEADER)


# Rows that are no record: a function from cells to bytes, the code, how many cells differ.
LINE_BREAKS = [
    (lambda c: line_text(c).rpartition(",")[0], "ROW_RAGGED", change(Notes=""),
     "one cell too few"),
    (lambda c: "Total: 5000 leads", "ROW_RAGGED", {}, "a line of totals"),
    (lambda c: line_text(c) + ",", "ROW_RAGGED", {}, "one cell too many, empty"),
    (without_quotes, "ROW_RAGGED",
     change(Company="Smith, Jones & Partners", Job_Title="Buyer", Notes=""),
     "a comma that is not quoted"),
    (without_quotes, "ROW_RAGGED",
     change(Opportunity_Amount="1,234.50", Currency="USD", Company="", Job_Title="Buyer",
            Notes=""), "an amount that is not quoted"),
    (lambda c: line_text(c).replace("STREET", "Main Street 1\r\nBack yard"), "ROW_RAGGED",
     change(Street="STREET"), "a line break that is not quoted, which makes two records"),
    (lambda c: line_text(c)[:-4] + 'Wants 19" racks', "ROW_QUOTE", change(Notes="NOTE"),
     "a quote inside a cell that is not quoted"),
    (lambda c: line_text(c).replace("FIRM", '"ACME" GmbH'), "ROW_QUOTE",
     change(Company="FIRM", Notes="short"), "text behind the closing quote"),
    (lambda c: line_text(c).replace("FIRM", '"ACME GmbH'), "ROW_QUOTE",
     change(Company="FIRM", Job_Title="CEO", Notes="short"), "a quote that is never closed"),
    (lambda c: line_text(c)[:-4] + '"Never mind', "ROW_QUOTE", change(Notes="NOTE"),
     "the same in the last cell"),
    (lambda c: line_text(c)[:-4] + '"He said \\"yes\\" twice"', "ROW_QUOTE",
     change(Notes="NOTE"), "quotes with backslashes"),
    (lambda c: line_text(c).replace("FIRST", "An\0na"), "ROW_NUL",
     change(First_Name="FIRST"), "NUL in a name"),
    (lambda c: line_text(c)[:-4] + '"a note, with \0 in it"', "ROW_NUL",
     change(Notes="NOTE"), "NUL in a quoted cell"),
    (lambda c: line_text(c).encode().replace(b"LAST", b"M\xfcller"), "ROW_ENCODING",
     change(Last_Name="LAST"), "a byte of windows-1252"),
    (lambda c: line_text(c).encode()[:-4] + b"caf\xc3", "ROW_ENCODING",
     change(Notes="NOTE"), "a sequence cut off"),
    (lambda c: line_text(c).encode()[:-4] + b"\xed\xa0\x80", "ROW_ENCODING",
     change(Notes="NOTE"), "a surrogate"),
    (lambda c: line_text(c).encode()[:-4] + b"\xc0\xaf", "ROW_ENCODING",
     change(Notes="NOTE"), "an overlong form"),
]


def server_breaks(cells, earlier):
    """Rows that only the server refuses: cells, code, what is wrong. earlier: good rows."""
    by_mail, by_name, copied = earlier
    swapped = "".join(c.lower() if c.isupper() else c.upper() if c.isascii() else c
                      for c in by_name["First Name"])
    return [
        ({**cells[0], "E-Mail": by_mail["E-Mail"].upper()}, "DUPLICATE",
         "the e-mail address of an earlier row, in capitals"),
        ({**cells[1], "First Name": swapped, "Last Name": by_name["Last Name"]}, "DUPLICATE",
         "the name of an earlier row, in another case"),
        (dict(copied), "DUPLICATE", "an earlier row once more"),
        ({**cells[2], "Assigned User": "000000000000000ff"}, "LINK_MISSING",
         "a user that does not exist"),
    ]


def special_rows(maker):
    """Good rows that look as if they were not."""
    rows = []
    for values in (
            {"Notes": ("All of this is one cell, and it is fine. " * 500)[:19999] + "."},
            {"First Name": ""},
            {"First Name": "", "Last Name": "", "Phone": ""},
            {"Last Name": "", "E-Mail": ""},
            {"Last Name": "é" * 100},
            {"Opportunity Amount": "", "Currency": "USD"},
            {"Opportunity Amount": "0.00", "Currency": "USD"},
            {"Street": "Hinterhaus\n3. Stock\nHauptstraße 5"},
            {"Company": "n/a", "Website": "-"},
            {"Notes": "=HYPERLINK(\"http://example.com\";\"click\")"}):
        cells, expected = maker.lead()
        cells.update(values)
        for header, value in values.items():
            attribute = ATTRIBUTES[HEADER.index(header)]
            expected[attribute] = None if value in ("", "n/a", "-") else value
        if "Opportunity Amount" in values:
            expected["opportunityAmount"] = 0.0 if values["Opportunity Amount"] else None
        if values.get("Phone") == "":
            expected["phoneNumber"] = None
        rows.append((cells, expected))
    return rows


class Writer:
    """The text as it grows, with the places of its records."""

    def __init__(self):
        self.out = io.BytesIO()
        self.line = 1
        self.record = 0
        self.broken = []
        self.samples = []
        self.put(",".join(HEADER), 0)

    def put(self, text, records=1):
        data = text if isinstance(text, bytes) else text.encode()
        self.out.write(data + b"\r\n")
        self.line += data.count(b"\n") + 1
        self.record += records
        if self.record in BLANK_BEHIND:
            self.out.write(b"\r\n")
            self.line += 1

    def breaks(self, codes, stage, what, line=None):
        self.broken.append({"record": self.record + 1, "line": line or self.line,
                            "codes": codes, "stage": stage, "what": what})

    def good(self, cells, expected, sample):
        if sample:
            self.samples.append({"record": self.record + 1, "line": self.line,
                                 "attributes": expected})
        self.put(line_text(cells))


def make():
    maker, writer = Maker(), Writer()
    specials = special_rows(maker)
    kinds = ["cell"] * len(CELL_BREAKS) + ["line"] * len(LINE_BREAKS) + ["special"] * len(
        specials)
    maker.rng.shuffle(kinds)
    # places of what is not ordinary: all over the first nine tenths, two apart at least
    places = sorted(maker.rng.sample(range(40, RECORDS * 9 // 10, 2), len(kinds)))
    queue = {"cell": iter(CELL_BREAKS), "line": iter(LINE_BREAKS), "special": iter(specials)}
    plan = dict(zip(places, kinds))
    earlier, at_end = [], None
    while writer.record < RECORDS:
        number = writer.record + 1
        cells, expected = maker.lead()
        if number > RECORDS - 100 and at_end is None and number % 20 == 0:
            at_end = iter(server_breaks([maker.lead()[0] for _ in range(3)], earlier))
        refused = next(at_end, None) if at_end and number % 20 == 1 else None
        kind = plan.get(number)
        if refused:
            cells, code, what = refused
            writer.breaks([code], "server", what)
            writer.put(line_text(cells))
        elif kind == "cell":
            values, codes, what = next(queue["cell"])
            cells.update(values)
            writer.breaks(codes, "cell", what)
            writer.put(line_text(cells))
        elif kind == "line":
            to_text, code, values, what = next(queue["line"])
            put_broken_line(writer, to_text({**cells, **values}), code, what)
        elif kind == "special":
            writer.good(*next(queue["special"]), True)
        else:
            if len(earlier) < 3 and number > 100 and cells["First Name"].isascii() and (
                    cells["Notes"] == ""):
                earlier.append(cells)
            writer.good(cells, expected, number % (RECORDS // SAMPLES) == 1)
    return writer


def put_broken_line(writer, text, code, what):
    data = text if isinstance(text, bytes) else text.encode()
    records = 2 if b"Back yard" in data else 1
    first, _, _ = data.partition(b"\r\n")
    writer.breaks([code], "csv", what)
    if records == 2:
        writer.breaks([code], "csv", what + " (the second)", writer.line + 1)
        writer.broken[-1]["record"] += 1
    writer.put(data, records)


def expectations(writer):
    codes = {}
    for entry in writer.broken:
        for code in entry["codes"]:
            codes[code] = codes.get(code, 0) + 1
    return {
        "about": "What leads-5000.csv.gz must give with mappings/lead.json into an empty "
                 "EspoCRM 9.1 whose currency is USD, its duplicate check on. stage: csv = "
                 "no record can be read, cell = found before anything is sent, server = "
                 "refused by EspoCRM. Codes are in the order of the columns.",
        "mapping": "mappings/lead.json",
        "records": writer.record,
        "lines": writer.line - 1,
        "blank_lines": len(BLANK_BEHIND),
        "created": writer.record - len(writer.broken),
        "failed": len(writer.broken),
        "failed_by_stage": {s: sum(e["stage"] == s for e in writer.broken)
                            for s in ("csv", "cell", "server")},
        "codes": dict(sorted(codes.items())),
        "broken": writer.broken,
        "samples": writer.samples,
    }


def expected_text(expected):
    """One entry a line, so that a change can be read."""
    lists = {name: expected.pop(name) for name in ("broken", "samples")}
    text = json.dumps(expected, indent=2, ensure_ascii=False)[:-2]
    for name, entries in lists.items():
        rows = ",\n".join("    " + json.dumps(e, ensure_ascii=False) for e in entries)
        text += f',\n  "{name}": [\n{rows}\n  ]'
    return text + "\n}\n"


def main():
    writer = make()
    assert writer.record == RECORDS, writer.record
    data = writer.out.getvalue()
    text = expected_text(expectations(writer))
    csv_path, json_path = FOLDER / "leads-5000.csv.gz", FOLDER / "leads-5000.expected.json"
    if "--check" in sys.argv[1:]:
        same = (gzip.decompress(csv_path.read_bytes()) == data
                and json_path.read_text(encoding="utf-8") == text)
        sys.exit(0 if same else "make-leads.py: the committed files differ")
    packed = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, packed, mtime=0) as stream:
        stream.write(data)
    csv_path.write_bytes(packed.getvalue())
    json_path.write_text(text, encoding="utf-8")
    print(f"{csv_path.name}: {len(data)} bytes, {len(packed.getvalue())} packed")


if __name__ == "__main__":
    main()

"""test_html_report.py - the page about a run: its numbers are those of the run, and no
value becomes markup."""
import html.parser
import json
import re

import harness
import planned


class Page(html.parser.HTMLParser):
    """What a browser takes for elements."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.data = ""
        self.inside = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.inside = dict(attrs).get("id") if tag == "script" else None
        for name, value in attrs:
            assert name not in ("src", "href"), (tag, name, value)

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside == "data":
            self.data += data


FRAME = ["html", "head", "meta", "meta", "meta", "title", "style", "body", "main",
         "noscript", "script", "script"]
HOSTILE = ("</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>",
           "<!-- x", "]]>", "\u2028", "\"'&amp;", "{{x}}")


class HtmlReport(planned.Planned):
    def page(self, name="rows1"):
        text = (self.folder / f"{name}.report.html").read_text(encoding="utf-8")
        page = Page(text)
        self.assertEqual(page.tags, FRAME)
        self.assertIn("default-src 'none'", text)
        return json.loads(page.data)

    def lead_mapping(self, **root):
        return self.mapping({"lastName": {}, "emailAddress": {}, "title": {},
                             "description": {}}, **root)

    def test_numbers(self):
        there = self.make(lastName="There", emailAddress="t@x.example", title="Old")
        rows = [{"lastName": f"L{i}", "emailAddress": f"l{i}@x.example", "title": "New",
                 "description": ""} for i in range(40)]
        rows[3]["emailAddress"] = "none"
        rows[5]["title"] = "x" * 300
        rows[7].update(emailAddress="t@x.example", lastName="There")
        self.load(rows, self.lead_mapping(operation="upsert", match=[["emailAddress"]]),
                  expect=1)
        page = self.page()
        counts = page["counts"]
        self.assertEqual((counts["created"], counts["updated"], counts["failed"]),
                         (37, 1, 2))
        self.assertEqual(counts["rows"], sum(counts[p] for p in harness.PLACES))
        self.assertEqual(sorted(c[0] for c in page["causes"]),
                         ["EMAIL_INVALID", "VALUE_TOO_LONG"])
        self.assertEqual([e[0] for e in page["errors"]], [5, 7])
        (line, id_, before, after), = page["changes"]
        self.assertEqual((line, id_), (9, there))
        self.assertEqual((before["title"], after["title"]), ("Old", "New"))
        self.assertEqual(page["run"]["entityType"], "Lead")
        sent = sum(n for part in page["statuses"] for key, n in part.items()
                   if key.isdigit())
        self.assertGreater(sent, 38)

    def test_slowest(self):
        """The row that EspoCRM took longest for stands first; at most twenty do, each
        once."""
        self.server.fault("slow", delayMs=700, method="POST", entity="Lead", after=9,
                          count=1)
        rows = [{"lastName": f"L{i}", "emailAddress": f"l{i}@x.example", "title": "",
                 "description": ""} for i in range(40)]
        self.load(rows, self.lead_mapping(), "-j", "1")
        (slowest,) = self.page()["slowest"]
        self.assertEqual(len(slowest), 20)
        self.assertEqual(slowest[0][:2], [11, "created"])
        self.assertGreaterEqual(slowest[0][2], 700_000)
        times = [row[2] for row in slowest]
        self.assertEqual(times, sorted(times, reverse=True))
        self.assertEqual(len({row[0] for row in slowest}), 20)

    def test_times(self):
        """The shares of time are those that the summary tells, of each part of the run."""
        rows = [{"lastName": f"L{i}", "emailAddress": f"l{i}@x.example", "title": "",
                 "description": ""} for i in range(8)]
        self.server.fault("slow", delayMs=300, method="POST", entity="Lead")
        run = self.finish(self.begin(rows, self.lead_mapping(), "-j", "1", "--limit", "5",
                                     "--json"), 0)
        (first,) = self.page()["times"]
        told = run.events()[-1]["time"]
        self.assertEqual(sorted(first), sorted(set(told) - {"cpu", "limit"}))
        self.assertGreaterEqual(first["server"], 1300)
        self.assertAlmostEqual(first["server"] / 1000, told["server"], delta=0.1)
        self.espoload("resume", "rows1.csv.checkpoint", "--rate", "2", "-j", "1",
                      server=self.server)
        again, second = self.page()["times"]
        self.assertEqual(again, first)
        self.assertGreaterEqual(second["rate"], 200)

    def test_hostile(self):
        rows = [{"lastName": f"L{i}", "emailAddress": value, "title": "",
                 "description": value} for i, value in enumerate(HOSTILE)]
        self.load(rows, self.lead_mapping(), expect=1)
        page = self.page()
        self.assertEqual([e[4] for e in page["errors"]], list(HOSTILE))

    def test_bad_bytes(self):
        self.write("b.csv", b"lastName,emailAddress\r\nA\xff,x\r\nB,y\r\n")
        self.espoload("import", "b.csv", "-m", "Lead: *=*", "--encoding",
                      "utf-8", server=self.server, expect=1)
        self.assertEqual(len(self.page("b")["errors"]), 2)

    def test_in_parts(self):
        rows = [{"lastName": f"L{i}", "emailAddress": f"l{i}@x.example", "title": "",
                 "description": ""} for i in range(60)]
        self.load(rows, self.lead_mapping(), "--limit", "30")
        self.assertEqual(self.page()["counts"]["unprocessed"], 30)
        self.espoload("resume", "rows1.csv.checkpoint", server=self.server)
        page = self.page()
        self.assertEqual(page["counts"]["created"], 60)
        self.assertEqual(len(page["samples"]), 2)
        self.assertLessEqual(page["samples"][0][-1][0], page["samples"][1][0][0] + 1)
        (self.folder / "rows1.report.html").unlink()
        self.espoload("status", "rows1.csv.checkpoint", "--report")
        self.assertEqual(self.page(), page)

    def test_secrets(self):
        self.load([{"lastName": "L", "emailAddress": "l@x.example", "title": "",
                    "description": ""}], self.lead_mapping())
        text = (self.folder / "rows1.report.html").read_text()
        self.assertNotIn(harness.KEY, text)
        self.assertFalse(re.search(r"https?://(?!127\.0\.0\.1|www\.w3\.org)", text))


harness.main()

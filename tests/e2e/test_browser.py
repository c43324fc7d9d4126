"""test_browser.py - the HTML pages in a real browser: rows full of markup and scripts are
shown as they are, and run nothing.
"""
import html.parser
import http.server
import shutil
import subprocess
import threading
import unittest

import harness

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


def attacks(url):
    run = f"document.title='pwned';fetch('{url}/run')"
    return [
        f"<script>{run}</script>",
        f"</script><script>{run}</script>",
        f"--></script><script>{run}</script>",
        f"<img src={url}/image onerror=\"{run}\">",
        f"\"><svg onload=\"{run}\">",
        f"'><iframe src={url}/frame></iframe>",
        f"<a href=\"javascript:{run}\">x</a>",
        f"<style>@import url({url}/style)</style>",
        f"<meta http-equiv=refresh content=\"0;url={url}/meta\">",
        f"<body onload={run}><details open ontoggle={run}>",
        f"${{{run}}}{{{{{run}}}}}",
        f"<!--<script>{run}//",
    ]


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.title, self.text, self.live = [], "", "", []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name.startswith("on") or "javascript:" in (value or ""):
                self.live.append((tag, name, value))

    def handle_data(self, data):
        if self.lasttag == "title":
            self.title += data
        if self.lasttag not in ("script", "style"):
            self.text += data


class Listener(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_error(404)

    def log_message(self, *_):
        pass


@unittest.skipUnless(BROWSER, "needs chromium")
class Browser(harness.Case):
    def setUp(self):
        super().setUp()
        self.server = harness.Server(self)
        self.listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
        self.listener.asked = []
        threading.Thread(target=self.listener.serve_forever).start()
        self.addCleanup(self.listener.server_close)
        self.addCleanup(self.listener.shutdown)
        self.attacks = attacks(f"http://127.0.0.1:{self.listener.server_port}")

    def show(self, name):
        """The page as it is when its scripts have run."""
        run = subprocess.run(
            [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-extensions",
             "--no-first-run", f"--user-data-dir={self.folder}/profile",
             "--virtual-time-budget=5000", "--dump-dom", (self.folder / name).as_uri()],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120, check=True,
            env={"HOME": str(self.folder), "PATH": "/usr/bin:/bin"})
        return Page(run.stdout.decode("utf-8"))

    def check(self, page):
        """Nothing has run, nothing could, and all of it can be read."""
        self.assertNotIn("pwned", page.title)
        self.assertEqual(page.live, [])
        for tag in ("img", "svg", "iframe", "details"):
            self.assertNotIn(tag, page.tags)
        self.assertEqual(page.tags.count("style"), 1)
        self.assertEqual(self.listener.asked, [])
        for text in self.attacks:
            self.assertIn(text, page.text)

    def test_the_test(self):
        """A page that does not escape is noticed."""
        self.write("bad.html", "<title>ok</title>" + self.attacks[0] + self.attacks[3])
        page = self.show("bad.html")
        self.assertEqual(page.title, "pwned")
        self.assertEqual(len(page.live), 1)
        self.assertIn("/image", self.listener.asked)

    def test_report(self):
        rows = [{"lastName": f"L{i}{text}", "emailAddress": text, "title": "t",
                 "description": text} for i, text in enumerate(self.attacks)]
        self.write_csv("rows.csv", rows)
        self.import_csv("rows.csv", "--max-errors", "100%", server=self.server, expect=1)
        self.check(self.show("rows.report.html"))

    def test_times(self):
        """Where the time went is shown in words, of all parts of the run together."""
        self.server.fault("slow", delayMs=400, method="POST", entity="Lead")
        self.write_csv("rows.csv", [{"lastName": f"L{i}"} for i in range(6)])
        self.import_csv("rows.csv", "--limit", "3", "-j", "1", server=self.server)
        self.espoload("resume", "rows.csv.checkpoint", "-j", "1", server=self.server)
        text = self.show("rows.report.html").text
        self.assertRegex(text, r"Where the time went.*[5-9]\d % the server")
        self.assertNotIn("waiting", text)

    def test_differences(self):
        for i, text in enumerate(self.attacks):
            status, _ = self.server.api("POST", "Lead", {
                "lastName": f"L{i}", "emailAddress": f"l{i}@x.example",
                "description": text}, {"X-Skip-Duplicate-Check": "true"})
            self.assertEqual(status, 200)
        self.write_csv("rows.csv", [
            {"lastName": f"L{i}", "emailAddress": f"l{i}@x.example",
             "description": text[::-1] + text} for i, text in enumerate(self.attacks)])
        self.espoload("reconcile", "rows.csv", "-m", harness.PLAIN, "--key",
                      "emailAddress", "--html", server=self.server, expect=1)
        self.check(self.show("rows.diff.html"))


if __name__ == "__main__":
    harness.main()

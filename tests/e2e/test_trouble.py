"""test_trouble.py - servers that are busy, in maintenance, unreachable, or not EspoCRM at
all: the run waits, or stops and says why, and no row is lost either way.
"""
import http.server
import socket
import threading
import time

import harness


class Trouble(harness.Case):
    def importing(self, server, rows, *options, expect=0, **more):
        self.write_csv("leads.csv", rows)
        return self.import_csv("leads.csv", "--settle", "0.3", *options, server=server,
                               expect=expect, **more)

    def test_too_many_requests(self):
        """429 with Retry-After is obeyed, by everybody, and costs no row an attempt."""
        rows = harness.leads(500)
        server = harness.Server(self)
        proxy = harness.Proxy(
            self, server, "answer,status=429,retry-after=1,method=POST,every=150,count=3")
        run = self.importing(proxy, rows, "--retries", "0")
        self.assertEqual(run.counts()["created"], 500, run)
        self.assertGreaterEqual(run.seconds, 3)
        self.assertStored(server, rows)
        self.assertEqual(proxy.stop()["requests"]["POST"], 503)

    def test_maintenance(self):
        """EspoCRM's own 503, JSON that calls itself HTML."""
        rows = harness.leads(100)
        server = harness.Server(self)
        server.fault("status", status=503, method="POST", entity="Lead", after=50,
                     count=4, reason="Application is in maintenance mode.", retryAfter=1,
                     body='{"message": "Application is in maintenance mode."}')
        run = self.importing(server, rows, "--retries", "0")
        self.assertEqual(run.counts()["created"], 100, run)
        self.assertGreaterEqual(run.seconds, 1)
        self.assertRegex(run.err, r"waiting \d+ s: EspoCRM is in maintenance mode \(status "
                         "503\\): Application is in maintenance mode.")
        self.assertStored(server, rows)

    def test_maintenance_at_the_start(self):
        """Nobody sits before a program that waits without a word."""
        server = harness.Server(self)
        server.fault("status", status=503, method="GET", count=1, retryAfter=1,
                     body='{"message": "Application is in maintenance mode."}')
        run = self.espoload("ping", "--retries", "0", server=server)
        self.assertRegex(run.err, r"waiting \d+ s: EspoCRM is in maintenance mode")
        server.clear_faults()
        server.fault("status", status=503, method="GET", count=1, retryAfter=1, body="")
        run = self.espoload("ping", "-q", server=server)
        self.assertEqual(run.err, "")

    def proxy_s_503(self, *forward):
        rows = harness.leads(100)
        server = harness.Server(self)
        proxy = harness.Proxy(
            self, server,
            ",".join(("answer", "status=503", "method=POST", "every=40",
                      "retry-after=1") + forward))
        run = self.importing(proxy, rows, "--on-duplicate", "force", "--settle", "0.5")
        self.assertEqual(run.counts()["created"], 100, run)
        self.assertStored(server, rows)

    def test_proxy_s_503(self):
        """Retry-After is obeyed, and the row is looked up before it is sent again."""
        self.proxy_s_503()

    def test_proxy_s_503_after_the_work_was_done(self):
        """A proxy that gives up waiting says 503, too: the record is there."""
        self.proxy_s_503("forward=yes")

    def test_web_pages(self):
        """Three answers in a row that are no JSON stop the run; nothing is doubled."""
        rows = harness.leads(500)
        server = harness.Server(self)
        proxy = harness.Proxy(self, server,
                              "html,method=POST,forward=yes,between=100-200")
        run = self.importing(proxy, rows, "-j", "1", expect=5)
        self.assertGreaterEqual(run.counts()["unknown"], 1, run)
        self.assertIn("3 answers in a row were not EspoCRM's", run.err)
        self.assertIn("log-in page", run.err)
        while True:
            run = self.espoload("resume", "leads.csv.checkpoint", "--settle", "0.3",
                                server=proxy, expect=(0, 5))
            if run.code == 0:
                break
        self.assertEqual(run.counts()["created"], 500, run)
        self.assertStored(server, rows)

    def test_one_web_page(self):
        rows = harness.leads(100)
        server = harness.Server(self)
        proxy = harness.Proxy(self, server, "html,method=POST,forward=yes,nth=20",
                              "html,method=POST,forward=no,nth=40")
        run = self.importing(proxy, rows)
        self.assertEqual(run.counts()["created"], 100, run)
        self.assertStored(server, rows)

    def test_nobody_there(self):
        """Refused connection: exit 5 at once, no checkpoint, no report."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
            self.write_csv("leads.csv", harness.leads(3))
            run = self.import_csv("leads.csv", "--url", url, "--retries", "1", expect=5)
        self.assertLess(run.seconds, 5)
        self.assertIn("cannot be reached", run.err)
        self.assertEqual([p.name for p in self.folder.glob("leads*")], ["leads.csv"])

    def test_no_such_host(self):
        self.write_csv("leads.csv", harness.leads(3))
        run = self.import_csv("leads.csv", "--url", "http://no-such-host.invalid",
                              "--retries", "0", expect=5, seconds=60)
        self.assertIn("no-such-host.invalid", run.err)

    def test_host_with_an_umlaut(self):
        """As names of hosts are written in the DNS, also in the locale of cron."""
        run = self.espoload("ping", "--url", "http://m\u00fcnchen.invalid", "--retries",
                            "0", expect=5, env={"LC_ALL": "C"}, seconds=60)
        self.assertIn("xn--mnchen-3ya.invalid", run.err)

    def test_silent_server(self):
        """Accepts and never answers: the timeout ends it."""
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            run = self.espoload("ping", "--url", url, "--timeout", "0.5", "--retries",
                                "0", expect=5, seconds=20)
        self.assertLess(run.seconds, 5)

    def test_not_espocrm(self):
        """Another web server: said, and nothing sent to it but GETs."""
        self.write_csv("leads.csv", harness.leads(3))
        for answer, expected in ((404, 2), (200, 5), (301, 2), (500, 5)):
            with self.subTest(answer=answer), OtherServer(answer) as other:
                run = self.import_csv("leads.csv", "--url", other.url, "--retries", "0",
                                      expect=expected)
                self.assertEqual(set(other.methods), {"GET"}, run)
                self.assertEqual([p.name for p in self.folder.glob("leads*")],
                                 ["leads.csv"])
                if answer == 301:
                    self.assertIn("https://elsewhere.example", run.err)

    def test_lookup_fails(self):
        """Look-ups that fail leave their rows in doubt, not lost and not sent again."""
        rows = harness.leads(60)
        server = harness.Server(self)
        proxy = harness.Proxy(self, server, "swallow,method=POST,every=20",
                              "answer,status=502,method=GET,path=searchParams,count=6,between=20-999")
        run = self.importing(proxy, rows, "--retries", "1", expect=5)
        self.assertEqual(run.counts()["unknown"], 3, run)
        for _ in range(3):
            run = self.espoload("resume", "leads.csv.checkpoint", "--settle", "0.3",
                                "--retries", "1", server=proxy, expect=(0, 5))
        self.assertEqual(run.code, 0, run)
        self.assertStored(server, rows)

    def test_rate(self):
        """--rate is kept."""
        rows = harness.leads(100)
        server = harness.Server(self)
        run = self.importing(server, rows, "--rate", "50")
        self.assertGreaterEqual(run.seconds, 1.9)
        self.assertStored(server, rows)

    def test_jobs(self):
        """Never more in flight than asked for."""
        rows = harness.leads(200)
        server = harness.Server(self, "--delay", "10")
        for jobs in (1, 3):
            server.reset()
            self.importing(server, rows, "-j", str(jobs), "--force", "--yes")
            self.assertEqual(server.counts()["maxConcurrent"], jobs)


class OtherServer:
    """Answers everything with one status, and is not EspoCRM."""

    def __init__(self, status):
        methods = self.methods = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                methods.append(self.command)
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                page = b"<html><body>Welcome</body></html>"
                self.send_response(status)
                if status == 301:
                    self.send_header("Location", "https://elsewhere.example" + self.path)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True,
                                       kwargs={"poll_interval": 0.02})

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()


if __name__ == "__main__":
    harness.main()

"""test_watch.py - what tells others of a run: --metrics and --notify-command."""
import json
import pathlib
import re
import signal
import time

import harness

LINE = re.compile(r'([a-z_]+)\{((?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)+)\} (-?[0-9.]+)')
PAIR = re.compile(r'([a-z]+)="((?:[^"\\\n]|\\["\\n])*)"')


def parse(text):
    """The text format of Prometheus, read strictly: {name: {labels: value}}, labels as a
    frozenset of pairs. Each family has HELP and TYPE in front and its samples in one
    block, counters end in _total and nothing else does, no sample comes twice."""
    assert text.endswith("\n"), text
    families, kind, name = {}, {}, None
    lines = text.split("\n")[:-1]
    while lines:
        line = lines.pop(0)
        if line.startswith("# HELP "):
            name, words = line[7:].split(" ", 1)
            assert words.endswith(".") and name not in families, line
            type_line = lines.pop(0).split(" ")
            assert type_line[:3] == ["#", "TYPE", name], type_line
            kind[name] = type_line[3]
            assert kind[name] in ("counter", "gauge"), type_line
            assert (kind[name] == "counter") == name.endswith("_total"), name
            families[name] = {}
            continue
        found = LINE.fullmatch(line)
        assert found and found[1] == name, line
        labels = frozenset(PAIR.findall(found[2]))
        assert labels not in families[name], line
        families[name][labels] = float(found[3])
    return families


class Watch(harness.Case):
    def setUp(self):
        super().setUp()
        self.server = harness.Server(self)
        rows = harness.leads(60)
        rows[3]["emailAddress"] = "none"
        self.write_csv("leads.csv", rows)
        self.write_csv("fine.csv", harness.leads(20, first=1000))

    def metrics(self, name="nightly.prom"):
        return parse((self.folder / name).read_text(encoding="utf-8"))

    def one(self, families, name, **labels):
        """The value of the only sample with these labels."""
        found = [value for key, value in families[name].items()
                 if set(labels.items()) <= key]
        self.assertEqual(len(found), 1, (name, labels, families[name]))
        return found[0]

    def watched(self, name, *options, **more):
        return self.import_csv(name, "--metrics", "nightly.prom", *options,
                               server=self.server, **more)

    # --- metrics

    def test_numbers(self):
        begun = time.time()
        self.watched("leads.csv", expect=1)
        families = self.metrics()
        for outcome, rows in (("created", 59), ("failed", 1), ("updated", 0)):
            self.assertEqual(self.one(families, "espoload_rows_total", run="nightly",
                                      command="import", entity="Lead",
                                      outcome=outcome), rows)
        counted = self.server.counts()["requests"]
        self.assertEqual(self.one(families, "espoload_requests_total", status="200"),
                         sum(counted.values()))
        self.assertEqual(self.one(families, "espoload_exit_code"), 1)
        self.assertEqual(self.one(families, "espoload_running"), 0)
        self.assertEqual(self.one(families, "espoload_rows_unprocessed"), 0)
        self.assertGreater(self.one(families, "espoload_sent_bytes_total"), 59 * 100)
        self.assertGreater(self.one(families, "espoload_received_bytes_total"), 59 * 100)
        self.assertGreater(self.one(families, "espoload_duration_seconds"), 0)
        done = self.one(families, "espoload_last_completion_timestamp_seconds")
        self.assertTrue(begun - 2 <= done <= time.time() + 1, done)
        self.assertNotIn("espoload_last_success_timestamp_seconds", families)
        text = (self.folder / "nightly.prom").read_text()
        self.assertIn(f'server="{self.server.url}"', text)
        self.assertNotIn(harness.KEY, text)
        self.assertEqual((self.folder / "nightly.prom").stat().st_mode & 0o444, 0o444)

    def test_failure_keeps_the_last_success(self):
        self.watched("fine.csv")
        success = self.one(self.metrics(), "espoload_last_success_timestamp_seconds")
        self.server.kill()
        self.watched("leads.csv", "--retries", "0", expect=5)
        families = self.metrics()
        self.assertEqual(self.one(families, "espoload_exit_code", entity="Lead"), 5)
        self.assertEqual(self.one(families, "espoload_last_success_timestamp_seconds"),
                         success)
        self.assertNotIn("espoload_rows_total", families)
        self.watched("none.csv", expect=6)
        self.assertEqual(self.one(self.metrics(), "espoload_exit_code"), 6)

    def test_while_it_runs(self):
        """The numbers are there while the run goes on, and after a kill they say that it
        has not come to an end."""
        self.watched("fine.csv")
        self.server.set(delayMs=20)
        process = self.start_import("leads.csv", "--metrics", "nightly.prom", "-j", "1",
                                    server=self.server)
        families = harness.wait_until("a run that goes on", lambda: (
            lambda f: f if self.one(f, "espoload_running") == 1 else None)(
                self.metrics()))
        process.kill()
        self.finish(process)
        self.assertEqual(self.one(families, "espoload_exit_code"), 0)  # of the last one
        self.assertEqual(self.one(self.metrics(), "espoload_running"), 1)

    def test_other_commands(self):
        self.watched("leads.csv", expect=1)
        self.espoload("export", "Lead", "-o", "out.csv", "--metrics", "export.prom",
                      server=self.server)
        self.assertEqual(self.one(self.metrics("export.prom"), "espoload_rows_total",
                                  command="export", outcome="exported"), 59)
        self.write("lead.json", json.dumps({
            "version": 1, "entityType": "Lead", "operation": "upsert",
            "match": [["emailAddress"]],
            "columns": [{"name": n, "field": n} for n in
                        ("firstName", "lastName", "emailAddress", "title", "status",
                         "description")]}))
        self.espoload("reconcile", "leads.csv", "-m", "lead.json", "--metrics",
                      "reconcile.prom", server=self.server, expect=1)
        self.assertEqual(self.one(self.metrics("reconcile.prom"), "espoload_rows_total",
                                  command="reconcile", outcome="equal"), 59)
        self.espoload("undo", "leads.csv.checkpoint", "-y", "--metrics", "undo.prom",
                      server=self.server)
        self.assertEqual(self.one(self.metrics("undo.prom"), "espoload_rows_total",
                                  command="undo", outcome="deleted"), 59)
        self.espoload("resume", "leads.csv.undo.checkpoint", "--metrics", "resume.prom",
                      server=self.server)
        self.assertEqual(self.one(self.metrics("resume.prom"), "espoload_exit_code",
                                  command="undo", entity="Lead"), 0)

    def test_refused_before_anything_is_sent(self):
        run = self.import_csv("leads.csv", "--metrics", "none/nightly.prom",
                              server=self.server, expect=(2, 7))
        self.assertIn("--metrics", run.err)
        self.assertEqual(self.server.posts(), 0)

    def test_dry_run_tells_nobody(self):
        self.watched("leads.csv", "-n", "--notify-command", "touch told", expect=1)
        self.assertFalse((self.folder / "nightly.prom").exists())
        self.assertFalse((self.folder / "told").exists())

    def test_labels_are_escaped(self):
        name = 'a"b\\c.prom'
        self.import_csv("fine.csv", "--metrics", name, server=self.server)
        self.one(self.metrics(name), "espoload_exit_code", run='a\\"b\\\\c')

    # --- notify

    def notified(self, name="leads.csv", command="cat > notice.json; env > notice.env",
                 **more):
        run = self.import_csv(name, "--notify-command", command, server=self.server,
                              **more)
        notice = json.loads((self.folder / "notice.json").read_text())
        harness.OutputSchema.check(notice)
        env = dict(line.split("=", 1) for line in
                   (self.folder / "notice.env").read_text().splitlines() if "=" in line)
        return run, notice, env

    def test_notice(self):
        run, notice, env = self.notified(expect=1)
        self.assertEqual((notice["exit"], notice["command"], notice["entityType"]),
                         (1, "import", "Lead"))
        harness.OutputSchema.check(notice["summary"])
        self.assertEqual((notice["summary"]["created"], notice["summary"]["failed"]),
                         (59, 1))
        self.assertIsNone(notice["error"])
        self.assertEqual(notice["message"], "59 created, 1 failed")
        self.assertEqual((env["ESPOLOAD_EXIT"], env["ESPOLOAD_COMMAND"],
                          env["ESPOLOAD_ENTITY"], env["ESPOLOAD_SERVER"],
                          env["ESPOLOAD_MESSAGE"]),
                         ("1", "import", "Lead", self.server.url, notice["message"]))
        self.assertEqual(run.out, "")

    def test_no_secrets(self):
        secrets = {"ESPOLOAD_PASSWORD": "top-secret-1", "ESPOLOAD_HMAC_KEY": ""}
        _, _, env = self.notified(expect=1, env=secrets, seconds=60)
        text = json.dumps(env) + (self.folder / "notice.json").read_text()
        for secret in (harness.KEY, "top-secret-1"):
            self.assertNotIn(secret, text)
        self.assertNotIn("ESPOLOAD_API_KEY", env)
        self.assertIn("ESPOLOAD_URL", env)  # what is no secret stays

    def test_failures_are_told(self):
        self.server.fault("status", status=401, method="POST", entity="Lead", after=20)
        _, notice, env = self.notified(expect=4)
        self.assertEqual((notice["exit"], env["ESPOLOAD_EXIT"]), (4, "4"))
        self.assertIn("key", notice["error"]["message"])
        self.assertGreater(notice["summary"]["unprocessed"], 0)
        _, notice, _ = self.notified("none.csv", expect=6)
        self.assertIsNone(notice["summary"])
        self.assertIn("none.csv", notice["message"])

    def test_signal_is_told(self):
        self.server.set(delayMs=20)
        process = self.start_import("leads.csv", "-j", "1", "--notify-command",
                                    "cat > notice.json", server=self.server)
        harness.wait_until("the first row", lambda: self.server.stored() > 0)
        process.send(signal.SIGTERM)
        self.finish(process, expect=143)
        self.assertEqual(json.loads((self.folder / "notice.json").read_text())["exit"],
                         143)

    def test_its_failure_is_told_and_changes_nothing(self):
        run = self.import_csv("fine.csv", "--notify-command", "exit 3",
                              server=self.server, expect=0)
        self.assertIn("--notify-command failed with exit code 3", run.err)
        # one that does not read what it is told is none
        run = self.import_csv("leads.csv", "--notify-command", "exec <&-; true",
                              server=self.server, expect=1)
        self.assertNotIn("notify", run.err)

    def test_other_commands_are_told(self):
        self.import_csv("fine.csv", server=self.server)
        for arguments in (("export", "Lead", "-o", "o.csv"),
                          ("undo", "fine.csv.checkpoint", "-y"),
                          ("resume", "fine.csv.undo.checkpoint")):
            self.espoload(*arguments, "--notify-command", "cat > notice.json",
                          server=self.server)
            notice = json.loads((self.folder / "notice.json").read_text())
            harness.OutputSchema.check(notice)
            self.assertEqual(notice["summary"]["complete"], True, notice)

    def test_hangs(self):
        """A second Ctrl-C ends a command that does not come to an end, with what it has
        started."""
        process = self.start_import("fine.csv", "--notify-command",
                                    "sleep 300 & echo $! > pid; wait",
                                    server=self.server)
        pid_file = self.folder / "pid"
        harness.wait_until("the command",
                           lambda: pid_file.exists() and pid_file.read_text().strip())
        process.send(signal.SIGINT)
        run = self.finish(process, expect=0)
        self.assertIn("stopped by a signal", run.err)
        pid = int(pid_file.read_text())

        def gone():
            try:
                stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
            except OSError:
                return True
            return stat.rsplit(")", 1)[1].split()[0] == "Z"
        harness.wait_until("its child to be gone", gone)


if __name__ == "__main__":
    harness.main()

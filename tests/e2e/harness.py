"""harness.py - what the end-to-end tests share: processes, servers, CSVs, and the checks
that hold for every run.

Promises: no process and no file of a test outlives it, even when the test fails or is
killed; ports are chosen by the kernel; every run's sum is checked (each row ends in
exactly one place), every line of --json is held to mappings/output.schema.json, and no
run may print a complaint of a sanitizer. Needs Python's standard library and jsonschema.

A test file is a program: it defines classes that derive from Case and calls main(). Its
first arguments name the programs under test; what follows goes to unittest, so that
`test_kills.py --bin build/test/bin Kills.test_import` runs a single test.
"""
import argparse
import collections
import csv
import ctypes
import gzip
import http.client
import json
import os
import pathlib
import pty
import random
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

import jsonschema

KEY = "e2e-key-5f0c2b7d9a1e4836"  # of the server's user; must never be seen in any file
SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
PLACES = ("created", "updated", "unchanged", "skipped", "deleted", "failed", "unknown",
          "unprocessed")
COMPLAINTS = ("AddressSanitizer", "LeakSanitizer", "runtime error:")
PR_SET_PDEATHSIG = 1

libc = ctypes.CDLL(None, use_errno=True)


class OutputSchema:
    """mappings/output.schema.json, stricter than it is for others: a member that it does
    not name is an error here."""

    path = SOURCE / "mappings" / "output.schema.json"
    validators = {}

    @classmethod
    def validator(cls, name):
        if not cls.validators:
            schema = json.loads(cls.path.read_text(encoding="utf-8"))
            for definition in schema["$defs"].values():
                if "properties" in definition:
                    definition.setdefault("additionalProperties", False)
            for key in schema["$defs"]:
                part = {"$schema": schema["$schema"], "$ref": f"#/$defs/{key}",
                        "$defs": schema["$defs"]}
                cls.validators[key] = jsonschema.Draft202012Validator(part)
        assert name in cls.validators, f"{name} is not in {cls.path.name}"
        return cls.validators[name]

    @classmethod
    def check(cls, line):
        """line: an object of --json, or of --notify-command."""
        name = line["type"]
        if name == "summary":
            name += "." + line["kind"]
        error = jsonschema.exceptions.best_match(cls.validator(name).iter_errors(line))
        assert error is None, f"{error.message} at {error.json_path} of {line}"
        if "unprocessed" in line:  # each row is in one place, also while the run goes on
            assert line["rows"] == sum(line[place] for place in PLACES), line


class Setup:
    """What main() was told; the same for all tests of a program."""

    bin = SOURCE / "build" / "test" / "bin"
    small = False  # slow build (sanitizers): fewer rows, no bounds on memory and time

    @classmethod
    def scaled(cls, count, smaller):
        return smaller if cls.small else count


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--bin", type=pathlib.Path, default=Setup.bin)
    parser.add_argument("--small", action="store_true")
    known, rest = parser.parse_known_args()
    Setup.bin = known.bin.resolve()
    Setup.small = known.small
    # a stopping ctest sends SIGTERM: leave through the clean-up
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    unittest.main(module="__main__", argv=[sys.argv[0], "-v", *rest])


def wait_until(what, holds, seconds=30):
    """Polls until holds() gives something true, and returns that. Asks less often what
    costs more to be asked."""
    end = time.monotonic() + seconds
    while True:
        asked = time.monotonic()
        value = holds()
        if value:
            return value
        now = time.monotonic()
        if now > end:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(min(max(0.005, 5 * (now - asked)), 0.3))


class Process:
    """A child that dies with the test. Its output goes to files, never to pipes that
    could fill up."""

    def __init__(self, arguments, folder, name, env=None, stdin=None, prepare=None):
        self.arguments = [str(a) for a in arguments]
        self.out_path = folder / f"{name}.stdout"
        self.err_path = folder / f"{name}.stderr"
        self.usage = None
        self.own_rss_kb = 0  # at its highest, as far as it was seen
        self.started = time.monotonic()
        parent = os.getpid()

        def before_exec():
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)
            if prepare is not None:
                prepare()

        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.popen = subprocess.Popen(
                self.arguments, stdin=subprocess.DEVNULL if stdin is None else stdin,
                stdout=out, stderr=err, cwd=folder, env=env, preexec_fn=before_exec)
        self.pid = self.popen.pid

    def running(self):
        """Reaps the child when it is over, keeping its resource usage."""
        if self.popen.returncode is None:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid != 0:
                self._ended(status, usage)
        return self.popen.returncode is None

    def _look_at_memory(self):
        try:
            with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
                found = re.search(r"VmHWM:\s+(\d+) kB", file.read())
        except OSError:
            return
        if found:
            self.own_rss_kb = max(self.own_rss_kb, int(found[1]))

    def rss_kb(self):
        """The system counts what the parent had when it forked, too: a higher number is
        the child's own; else it is what was seen while it ran."""
        parent = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if self.usage.ru_maxrss > parent or self.own_rss_kb == 0:
            return self.usage.ru_maxrss
        return self.own_rss_kb

    def _ended(self, status, usage):
        self.popen.returncode = os.waitstatus_to_exitcode(status)
        self.usage = usage
        self.seconds = time.monotonic() - self.started

    def send(self, number):
        if self.running():
            os.kill(self.pid, number)

    def wait(self, seconds=120):
        end = self.started + seconds
        pause = 0.001
        while self.running():
            self._look_at_memory()
            if time.monotonic() > end:
                self.kill()
                raise AssertionError(f"not over after {seconds} s: {self.arguments}\n"
                                     + self.err_path.read_text(errors="replace")[-3000:])
            time.sleep(pause)
            pause = min(pause * 1.5, 0.02)
        return self.popen.returncode

    def kill(self):
        self.send(signal.SIGKILL)
        if self.popen.returncode is None:
            _, status, usage = os.wait4(self.pid, 0)
            self._ended(status, usage)


class Run:
    """One finished run of espoload."""

    def __init__(self, process):
        self.code = process.popen.returncode
        self.out = process.out_path.read_text(encoding="utf-8")
        self.err = process.err_path.read_text(encoding="utf-8")
        self.arguments = process.arguments
        self.seconds = process.seconds
        self.cpu_seconds = process.usage.ru_utime + process.usage.ru_stime
        self.rss_kb = process.rss_kb()

    def __str__(self):
        return (f"{' '.join(self.arguments)}\nexit code {self.code} after "
                f"{self.seconds:.1f} s\n--- stdout\n{self.out[-3000:]}\n--- stderr\n"
                f"{self.err[-4000:]}")

    def lines(self):
        """The whole lines of --json (the last one of a killed run may be cut)."""
        return [json.loads(line) for line in self.out.split("\n")[:-1]]

    def events(self):
        """The lines of --json behind the first one, which says what they are."""
        first, *events = self.lines() or [{"type": "run"}]
        assert first["type"] == "run", self
        return events

    def row_errors(self):
        """Of a check with --json: (line, code) of every error, and how many rows are
        fine."""
        events = self.events()
        return ([(e["line"], e["code"]) for e in events if e["type"] == "error"],
                events[-1]["fine"])

    def check_json(self):
        for line in self.lines():
            OutputSchema.check(line)
        assert all(line["type"] != "run" for line in self.events()), self

    def counts(self):
        """The sum of promise 1, from the last line of --json or from the text: a dict of
        "rows" and PLACES, or None when the run did not get so far."""
        if "--json" in self.arguments:
            last = (self.events() or [{"type": ""}])[-1]
            if last["type"] != "summary" or "created" not in last:  # of inspect
                return None
            return {name: last[name] for name in ("rows", *PLACES)}
        found = re.findall(r"^ *([\d,]+) rows?((?: [=+] [\d,]+ [a-z]+)*)$",
                           self.err + self.out, re.M)
        if not found:
            return None
        counts = dict.fromkeys(PLACES, 0)
        counts["rows"] = int(found[-1][0].replace(",", ""))
        for number, word in re.findall(r"[=+] ([\d,]+) ([a-z]+)", found[-1][1]):
            counts[word] = int(number.replace(",", ""))
        return counts


class Server:
    """The stand-in for EspoCRM. With a store it comes back as it was after a kill."""

    def __init__(self, case, *options, store=False, key=KEY):
        self.case = case
        self.options = list(options)
        if store:
            self.options += ["--store", case.folder / "server.db"]
        self.key = key
        self.port = 0
        self.process = None
        self.start()

    def start(self):
        port_file = self.case.folder / "server.port"
        port_file.unlink(missing_ok=True)
        self.process = self.case.spawn(
            [Setup.bin / "espocrm-testd", "--port", self.port, "--port-file", port_file,
             "--api-key", self.key, *self.options], "server")
        self.port = self.case.read_port(port_file, self.process)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def kill(self):
        self.process.kill()

    def request(self, method, path, body=None, headers=None):
        """Status and parsed body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, {"Content-Type": "application/json",
                                                    **(headers or {})})
            answer = connection.getresponse()
            text = answer.read().decode("utf-8")
        finally:
            connection.close()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def api(self, method, path, body=None, headers=None):
        return self.request(method, "/api/v1/" + path, body,
                            {"X-Api-Key": self.key, **(headers or {})})

    def control(self, method, name, body=None):
        status, answer = self.request(method, "/_testd/" + name, body)
        assert status == 200, (name, status, answer)
        return answer

    def counts(self):
        """total, requests and statuses by kind, records by type, maxConcurrent."""
        return self.control("GET", "counts")

    def posts(self, entity_type="Lead"):
        """POSTs that came, whatever became of them."""
        return self.counts()["requests"].get("POST " + entity_type, 0)

    def stored(self, entity_type="Lead"):
        """Records that are there."""
        return self.counts()["records"][entity_type]

    def rows(self, entity_type="Lead"):
        """All records, as a client sees them."""
        rows, last = [], ""
        while True:
            where = [{"type": "greaterThan", "attribute": "id", "value": last}]
            parameters = json.dumps({"where": where, "orderBy": "id", "order": "asc",
                                     "maxSize": 200})
            status, answer = self.api(
                "GET", f"{entity_type}?searchParams={urllib.parse.quote(parameters)}",
                headers={"X-No-Total": "true"})
            assert status == 200, (status, answer)
            if not answer["list"]:
                return rows
            rows += answer["list"]
            last = rows[-1]["id"]

    def fault(self, action, **spec):
        """Arms one fault beside those that are there; see tests/espocrm/README.md."""
        self.control("POST", "fault", {"action": action, **spec})

    def clear_faults(self):
        self.control("DELETE", "fault")

    def set(self, **settings):
        self.control("POST", "set", settings)

    def reset(self):
        self.control("POST", "reset")


class Proxy:
    """Stands before a server and lets things go wrong."""

    def __init__(self, case, server, *faults):
        port_file = case.folder / f"proxy{len(case.processes)}.port"
        options = [o for fault in faults for o in ("--fault", fault)]
        self.stats_file = port_file.with_suffix(".stats")
        self.process = case.spawn(
            [Setup.bin / "faultproxy", "--listen", 0, "--to", f"127.0.0.1:{server.port}",
             "--port-file", port_file, "--stats-file", self.stats_file, *options],
            f"proxy{len(case.processes)}")
        self.port = case.read_port(port_file, self.process)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def stop(self):
        """Ends it and gives its counts."""
        self.process.send(signal.SIGTERM)
        self.process.wait()
        return json.loads(self.stats_file.read_text())


class Case(unittest.TestCase):
    """A test with a folder of its own, and with everything it started."""

    maxDiff = None
    engine = "rest"  # --engine, unless a run says otherwise

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="espoload-e2e-"))
        self.processes = []
        self.seed = int(os.environ.get("E2E_SEED", random.SystemRandom().getrandbits(32)))
        self.random = random.Random(self.seed)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.addCleanup(self._kill_all)
        begun = time.monotonic()
        self.addCleanup(lambda: self.say(f"{time.monotonic() - begun:.1f} s"))

    def _kill_all(self):
        for process in self.processes:
            process.kill()

    def say(self, text):
        print(f"  {text}", file=sys.stderr, flush=True)

    def spawn(self, arguments, name, **options):
        process = Process(arguments, self.folder, name, **options)
        self.processes.append(process)
        return process

    def read_port(self, path, process):
        def read():
            if not process.running():
                raise AssertionError(f"{process.arguments}: "
                                     + process.err_path.read_text(errors="replace"))
            text = path.read_text() if path.exists() else ""
            return int(text) if text.endswith("\n") or text.isdigit() else 0
        return wait_until(f"a port in {path}", read)

    # --- running espoload

    def environment(self, url, key):
        kept = ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TMPDIR")
        env = {name: os.environ[name] for name in kept if name in os.environ}
        env.update(HOME=str(self.folder), XDG_CONFIG_HOME=str(self.folder / "config"),
                   TERM="dumb", LC_ALL="C.UTF-8")
        if Setup.small:  # told apart from the program's own exit codes
            env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":exitcode=99"
        env["ESPOLOAD_ENGINE"] = self.engine
        if url is not None:
            env["ESPOLOAD_URL"] = url
        if key is not None:
            env["ESPOLOAD_API_KEY"] = key
        return env

    def start(self, *arguments, server=None, key=KEY, env=None, stdin=None, prepare=None):
        """Starts espoload against a server or proxy and does not wait for it."""
        self.run_number = getattr(self, "run_number", 0) + 1
        environment = self.environment(None if server is None else server.url, key)
        environment.update(env or {})
        return self.spawn([Setup.bin / "espoload", *arguments], f"run{self.run_number}",
                          env=environment, stdin=stdin, prepare=prepare)

    def finish(self, process, expect=None, seconds=120):
        """Waits for a run, and checks what holds for every run. expect: exit code, or
        several that are fine, or None for a run that was killed."""
        process.wait(seconds)
        self.processes.remove(process)
        run = Run(process)
        for complaint in COMPLAINTS:
            self.assertNotIn(complaint, run.err, run)
        if "--json" in run.arguments:
            run.check_json()
        if expect is not None:
            expected = expect if isinstance(expect, tuple) else (expect,)
            self.assertIn(run.code, expected, run)
            counts = run.counts()
            if counts is not None:
                self.assertEqual(counts["rows"], sum(counts[p] for p in PLACES), run)
        process.out_path.unlink()
        process.err_path.unlink()
        return run

    def espoload(self, *arguments, expect=0, seconds=120, **options):
        return self.finish(self.start(*arguments, **options), expect, seconds)

    def on_terminal(self, *arguments, prompt, answer, seconds=60):
        """Runs espoload on a terminal of its own and types the answer once the prompt is
        there: exit code, what was shown."""
        environment = self.environment(self.server.url, KEY)
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(Setup.bin / "espoload", ["espoload", *arguments], environment)
        shown, end, typed = b"", time.monotonic() + seconds, False
        while time.monotonic() < end:
            if select.select([terminal], [], [], 0.2)[0]:
                try:
                    shown += os.read(terminal, 4096)
                except OSError:  # nobody is there any more
                    break
            if not typed and prompt.encode() in shown:
                os.write(terminal, answer.encode() + b"\n")
                typed = True
        os.close(terminal)
        status = os.waitpid(pid, 0)[1]
        return os.waitstatus_to_exitcode(status), shown.decode("utf-8")

    def check_csv(self, name, *options, rss_max_kb, mapping=None, expect=0):
        """Checks a file, and that no more memory was taken than it may."""
        run = self.espoload("check", name, "-m", mapping or PLAIN, "--json", *options,
                            server=self.server, expect=expect, seconds=100)
        self.say(f"{name}: {run.rss_kb} KiB, {run.seconds:.1f} s")
        if not Setup.small:
            self.assertLess(run.rss_kb, rss_max_kb, run)
        return run

    def import_csv(self, name, *options, **more):
        """Imports a file whose columns are named as the attributes."""
        return self.espoload("import", name, "-m", PLAIN, *options, **more)

    def start_import(self, name, *options, **more):
        return self.start("import", name, "-m", PLAIN, *options, **more)

    # --- files

    def write_csv(self, name, rows, delimiter=",", encoding="utf-8", newline="\r\n"):
        """rows: dicts with the same keys."""
        path = self.folder / name
        with open(path, "w", encoding=encoding, newline="",
                  errors="surrogateescape") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter,
                                    lineterminator=newline)
            writer.writeheader()
            writer.writerows(rows)
        return path

    def write(self, name, data):
        path = self.folder / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
        return path

    def read_csv(self, name, delimiter=","):
        """Bytes of a broken row that are no UTF-8 come through as surrogates."""
        with open(self.folder / name, encoding="utf-8-sig", newline="",
                  errors="surrogateescape") as file:
            reader = csv.DictReader(file, delimiter=delimiter, strict=True)
            rows = list(reader)
        for row in rows:
            self.assertNotIn(None, row, f"{name}: a row with too many cells")
            self.assertNotIn(None, row.values(), f"{name}: a row with too few cells")
        return rows

    # --- checks

    def assertStored(self, server, rows, attributes=("emailAddress", "title")):
        """The server holds each of the rows exactly once, and nothing else."""
        def keys(records):
            return collections.Counter(
                tuple(r.get(a) or None for a in attributes) for r in records)
        wanted, there = keys(rows), keys(server.rows())
        self.assertEqual(wanted, there,
                         f"missing: {list((wanted - there).items())[:20]}\n"
                         f"too many: {list((there - wanted).items())[:20]}")

    def assertResults(self, server, name, count):
        """The results file has every row once, and its ids are the server's."""
        results = self.read_csv(name)
        self.assertEqual(len(results), count)
        lines = [int(r["_line"]) for r in results]
        self.assertEqual(lines, sorted(set(lines)), "lines of the results file")
        ids = [r["_id"] for r in results if r["_action"] == "created"]
        self.assertEqual(len(ids), len(set(ids)), "an id stands for two rows")
        there = {r["id"]: r for r in server.rows()}
        for row in results:
            if row["_action"] == "created":
                record = there[row["_id"]]
                self.assertEqual(record.get("emailAddress") or "",
                                 row.get("emailAddress", "").lower())
        return results


def leads(count, first=1):
    """Rows that EspoCRM takes, no two of which it calls duplicates."""
    return [{"firstName": f"Ada{i % 97}", "lastName": f"Sample{i}",
             "emailAddress": f"lead{i}@e2e.example", "title": f"row {i}",
             "status": ("New", "Assigned", "Dead")[i % 3],
             "description": f"Line one of {i}\nline two, with a \"quote\""}
            for i in range(first, first + count)]


# Columns named as the attributes.
PLAIN = "Lead: *=*"


def limit_file_size(count):
    """To be called in a child: writing beyond count bytes fails, as on a full disk."""
    def prepare():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (count, count))
    return prepare

"""planned.py - what the tests of matching, updating and looking up share: mappings as
dicts, one import per call, and counts of what reached the server."""
import json
import time

import harness

WRITES = ("POST", "PUT", "PATCH", "DELETE")


class Planned(harness.Case):
    """A server of its own, and files that are numbered as they are imported."""

    server_options = ()
    count = 0
    checks = True  # harness.Server.counts() is asked before each import

    def setUp(self):
        super().setUp()
        self.server = harness.Server(self, *self.server_options, store=self.stored)
        self.via = self.server

    stored = False

    def make(self, entity_type="Lead", **attributes):
        """A record that is there before; its id."""
        status, answer = self.server.api("POST", entity_type, attributes,
                                         {"X-Skip-Duplicate-Check": "true"})
        assert status == 200, (status, answer)
        return answer["id"]

    def get(self, id, entity_type="Lead"):
        """The record, or None when it is not there."""
        status, answer = self.server.api("GET", f"{entity_type}/{id}")
        self.assertIn(status, (200, 404), answer)
        return answer if status == 200 else None

    def mapping(self, columns, entityType="Lead", **root):
        """columns: {name of column and attribute, or (name, attribute): what else}."""
        made = []
        for key, more in columns.items():
            name, field = key if isinstance(key, tuple) else (key, key)
            made.append({"name": name, "field": field, **more})
        return {"version": 1, "entityType": entityType, **root, "columns": made}

    def load(self, rows, mapping, *options, expect=0, **more):
        """Imports rows by mapping; keeps results by line and errors by line."""
        process = self.begin(rows, mapping, *options, **more)
        return self.end(process, expect)

    def begin(self, rows, mapping, *options, **more):
        self.count += 1
        self.name = f"rows{self.count}"
        self.write_csv(f"{self.name}.csv", rows)
        self.write(f"{self.name}.json", json.dumps(mapping))
        self.before = self.server.counts()
        return self.start("import", f"{self.name}.csv", "-m", f"{self.name}.json",
                          *options, server=self.via, **more)

    def load_killed(self, rows, mapping, options, kills, goal, pause):
        """Imports rows and kills it again and again: goal(done, kills that are left) says
        how many writes are to be done (self.done()) at each kill. The counts at the end."""
        process = self.begin(rows, mapping, *options)
        checkpoint = f"{self.name}.csv.checkpoint"
        hits = 0
        for i in range(kills):
            wanted, end = goal(self.done(), kills - i), time.monotonic() + 5
            while (self.done() < wanted and process.running()
                   and time.monotonic() < end):
                time.sleep(0.003)
            time.sleep(self.random.uniform(0, pause))
            hits += process.running()
            process.kill()
            run = self.finish(process)
            self.assertIn(run.code, (-9, 0), run)
            if (self.folder / checkpoint).exists():
                process = self.start("resume", checkpoint, *options, server=self.server)
            else:
                process = self.begin(rows, mapping, *options)
        counts = self.end(process)
        self.say(f"seed {self.seed}: {hits} of {kills} kills met a living process")
        return counts

    def end(self, process, expect=0, seconds=120):
        run = self.finish(process, expect, seconds)
        self.requests = self.since(self.before)
        return self.read_outputs(run)

    def read_outputs(self, run):
        """The counts of the run; self.results and self.errors in the file's order."""
        path = self.folder / f"{self.name}.results.csv"
        self.results = self.read_csv(path.name) if path.exists() else []
        path = self.folder / f"{self.name}.errors.csv"
        self.errors = self.read_csv(path.name) if path.exists() else []
        self.run_text = str(run)
        counts = run.counts()
        self.assertIsNotNone(counts, run)
        return {place: n for place, n in counts.items() if n and place != "rows"}

    def since(self, before):
        """Requests by kind since then."""
        now = self.server.counts()["requests"]
        return {kind: n - before["requests"].get(kind, 0) for kind, n in now.items()
                if n > before["requests"].get(kind, 0)}

    def writes(self):
        """Requests of the last import that could change something."""
        return sum(n for kind, n in self.requests.items() if kind.split()[0] in WRITES)

    def lookups(self, entity_type="Lead"):
        return self.requests.get("GET " + entity_type, 0)

    def actions(self):
        return [row["_action"] for row in self.results]

    def codes(self):
        return [row["_code"] for row in self.errors]

    def watch(self, **spec):
        """Counts the requests that a fault would hit, and lets them through."""
        self.server.fault("slow", delayMs=0, **spec)

    def watched(self):
        return [fault["fired"] for fault in self.server.counts()["faults"]]

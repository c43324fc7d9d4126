"""exported.py - what the tests of export share: a server with records, exports by name."""
import csv
import gzip
import io
import json
import urllib.parse

import harness


class Exported(harness.Case):
    """A server of its own."""

    server_options = ()
    stored = False

    def setUp(self):
        super().setUp()
        self.server = harness.Server(self, *self.server_options, store=self.stored)

    def make(self, entity_type="Lead", **attributes):
        """A record; its id."""
        status, answer = self.server.api("POST", entity_type, attributes,
                                         {"X-Skip-Duplicate-Check": "true"})
        assert status == 200, (status, answer)
        return answer["id"]

    def export(self, *options, entity_type="Lead", output="out.csv", server=None, **more):
        return self.espoload("export", entity_type, "-o", output, *options,
                             server=server or self.server, **more)

    def bytes_of(self, name="out.csv"):
        return (self.folder / name).read_bytes()

    def rows_of(self, name="out.csv", delimiter=","):
        """Records as dicts, whatever the file is packed and marked with."""
        data = self.bytes_of(name)
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        text = data.decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter,
                                   strict=True))

    def ids_of(self, name="out.csv"):
        return [row["id"] for row in self.rows_of(name)]

    def manifest(self, name="out.csv"):
        return json.loads((self.folder / f"{name}.manifest.json").read_text())

    def list(self, entity_type="Lead", **parameters):
        """One page, as a client that pages by offset asks for it."""
        status, answer = self.server.api(
            "GET", f"{entity_type}?searchParams="
                   f"{urllib.parse.quote(json.dumps(parameters))}")
        assert status == 200, (status, answer)
        return answer["list"]

    def assertNothing(self, *names):
        """Neither the file nor half of it."""
        there = {path.name for path in self.folder.iterdir()}
        for name in names or ("out.csv",):
            self.assertFalse([n for n in there if n.startswith(name)
                              and not n.startswith(f"{name}.checkpoint")], there)

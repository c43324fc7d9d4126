"""test_identity.py - a field that keeps run and row of each new record: lost answers are
settled by it, also where rows and records are alike."""
import json

import harness
import planned


class Identity(planned.Planned):
    columns = {"lastName": {}, "title": {}}

    def test_lost_answers(self):
        """Rows without an address, many of them alike; with the field and without."""
        for turn in range(2):
            rows = [{"lastName": f"Same{i % 7}", "title": "t"} for i in range(60)]
            self.server.reset()
            self.via = harness.Proxy(self, self.server, "swallow,method=POST,every=4",
                                     "reset,method=POST,every=7,at=before")
            more = {"identity": "addressCity"} if turn else {}
            counts = self.load(rows, self.mapping(self.columns, onDuplicate="force",
                                                  **more), "--settle", "0.5", "-j", "8")
            self.assertEqual(counts, {"created": 60}, self.run_text)
            self.assertEqual(self.server.stored(), 60)
            by = {result["_matchedBy"] for result in self.results} - {""}
            self.assertEqual(by, {"identity"} if turn else {"fingerprint"})
        kept = {lead["id"]: lead["addressCity"] for lead in self.server.rows()}
        for number, result in enumerate(self.results, 1):
            self.assertRegex(kept[result["_id"]], rf"^[0-9a-f]{{16}}-{number}$")

    def test_more_than_a_list_shows(self):
        """Of 240 rows that have nothing but one name: a list of 200 cannot tell of a
        record that is not in it, and of the identity there is one."""
        rows = [{"lastName": "Same", "title": f"t{i}"} for i in range(240)]
        late = "method=POST,between=225-9999"
        self.via = harness.Proxy(self, self.server, f"swallow,{late},every=4",
                                 f"black-hole,then=reset,{late},every=5")
        for turn, code in enumerate((1, 0)):
            self.server.reset()
            more = {"identity": "addressCity"} if turn else {}
            counts = self.load(rows, self.mapping(self.columns, onDuplicate="force",
                                                  **more),
                               "--settle", "0.5", "-j", "4", expect=code)
            if turn:
                self.assertEqual(counts, {"created": 240}, self.run_text)
                self.assertEqual(self.server.stored(), 240)
            else:
                self.assertGreater(counts["unknown"], 0, self.run_text)
                self.assertIn("too many records", self.run_text)

    def test_refused(self):
        columns = self.columns | {"addressCity": {}}
        rows = [{"lastName": "A", "title": "t", "addressCity": "1"}]
        self.write_csv("r.csv", rows)
        for field, words in (("addressCity", "fills 'addressCity' already"),
                             ("description", "type varchar"),
                             ("createdAt", "/identity")):
            self.write("r.json", json.dumps(
                self.mapping(columns, identity=field)))
            run = self.espoload("import", "r.csv", "-m", "r.json", server=self.server,
                                expect=2)
            self.assertIn(words, run.err)
        self.assertEqual(self.server.stored(), 0)


if __name__ == "__main__":
    harness.main()

"""test_reconcile_diff.py - FILE.diff.csv read as daff reads it: applied to an export of the
CRM it gives what the CRM holds once the fix is imported."""
import json
import re

import harness
import hostile
import reconciled


def plain(cell):
    """NULL behind underscores is a text; daff takes one of them away."""
    return cell[1:] if re.fullmatch(r"_+NULL", cell) else cell


def patch(rows, diff):
    """The rows after a diff, by id; new ones have none."""
    rows = {row["id"]: dict(row) for row in rows}
    added = []
    for change in diff:
        action = change.pop("@@")
        if action == "+++":
            added.append({name: plain(cell) for name, cell in change.items()})
        elif action == "---":
            old = rows.pop(change["id"])
            assert old == {name: plain(cell) for name, cell in change.items()}, old
        else:
            assert re.fullmatch("-+>", action), action
            row = rows[change["id"]]
            for name, cell in change.items():
                was, arrow, now = cell.partition(action)
                assert plain(was) == row[name], (name, cell, row[name])
                row[name] = plain(now) if arrow else row[name]
    return list(rows.values()) + added


class Diff(reconciled.Reconciled):
    server_options = ("--metadata-variant", "custom")

    def test_patch(self):
        texts = hostile.TEXTS + ["->", "a->b", "-->x", "NULL", "_NULL", "___NULL", "...",
                                 "+++", "@@", "--->->"]
        texts = [t for t in texts if t.strip() == t and "\r" not in t]
        names = ["lastName", "emailAddress", "description", "cCInt"]
        select = ("--select", "id," + ",".join(names))
        for i, text in enumerate(texts):
            self.make(lastName=f"L{i}", emailAddress=f"m{i}@x.example", description=text,
                      cCInt=i)
        count = len(texts)
        self.write_csv("leads.csv", [
            {"lastName": f"L{i}", "emailAddress": f"m{i}@x.example",
             "description": texts[(i + i % 3) % count], "cCInt": i - i % 2}
            for i in range(2, count + 3)])
        self.mapping = {**self.mapping, "columns": [
            {"name": n, "field": n} for n in names]}
        before = self.export(*select, output="before.csv") and self.rows_of("before.csv")
        run = self.reconcile("--propose-deletes", "--max-deletes", "2")
        self.assertEqual(run.events()[-1]["onlyFile"], 3)
        patched = patch(before, self.read_csv("leads.diff.csv"))
        self.fix()
        self.fix(what="delete")
        self.export(*select, output="after.csv")
        order = [lambda row: row["emailAddress"]] * 2
        after = [{**row, "id": "" if row["emailAddress"] in
                  {f"m{i}@x.example" for i in range(count, count + 3)} else row["id"]}
                 for row in self.rows_of("after.csv")]
        self.assertEqual(sorted(patched, key=order[0]), sorted(after, key=order[1]))

    def test_page(self):
        """The page holds every difference, whatever is in it."""
        texts = hostile.TEXTS + ["</script><script>alert(1)</script>", "<!-- <script>",
                                 "\u2028"]
        texts = [t for t in texts if len(t) < 1000]
        for i in range(len(texts)):
            self.make(lastName=f"L{i}", emailAddress=f"m{i}@x.example", description="old")
        self.make(lastName="Gone", emailAddress="gone@x.example")
        self.write_csv("leads.csv", [
            {"lastName": f"L{i}", "emailAddress": f"m{i}@x.example", "description": text}
            for i, text in enumerate(texts)] + [
            {"lastName": "New", "emailAddress": "new@x.example", "description": "n"},
            {"lastName": "Bad", "emailAddress": "bad", "description": ""}])
        run = self.reconcile("--html", "--strategy", "sweep")
        page = self.bytes_of("leads.diff.html").decode("utf-8")
        self.assertEqual(run.events()[-1]["html"], str(self.folder / "leads.diff.html"))
        self.assertEqual(page.count("<script"), 2)
        data = json.loads(re.search('<script type="application/json" id="data">(.*?)'
                                    "</script>", page, re.S).group(1))
        fields = data["fields"]
        changed = [[fields[f], old, new] for c, _, _, values in data["rows"] if c == 1
                   for f, old, new in values]
        self.assertEqual(changed, [["description", "old", t] for t in texts])
        self.assertEqual([r[0] for r in data["rows"]], [1] * len(texts) + [2, 4, 5])
        self.assertIn("no @", data["rows"][-2][3][0][2])
        self.assertFalse(re.search("(src|href)=", page))


harness.main()

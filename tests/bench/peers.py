"""peers.py - other programs that compare two CSV files, and what they find, in one form:
a dict from the key of a row to "+" (new), "-" (gone) or {column: (old, new)}.

daff aligns tables whatever their order, and keeps them in memory; tabular-data-differ reads
two sorted files side by side. Both run on node: `npm install daff tabular-data-differ` in
some folder, which is then named with --peers.
"""
import csv
import json
import re

DIFFER = """
const {diff} = require("tabular-data-differ");
(async () => {
    const context = await diff({oldSource: process.argv[2], newSource: process.argv[3],
                                keys: [process.argv[4]]}).start();
    const out = require("fs").createWriteStream(process.argv[5]);
    out.write(JSON.stringify(context.columns) + "\\n");
    for await (const d of context.diffs())
        if (d.status !== "same")
            out.write(JSON.stringify([d.status, d.oldRow, d.newRow]) + "\\n");
    out.end();
})();
"""


def daff(peers, old, new, key, out):
    """The command."""
    return [peers / "node_modules" / ".bin" / "daff", "diff", "--id", key, "--unordered",
            "--context", "0", "--all-columns", "--output", out, old, new]


def differ(script, old, new, key, out):
    return ["node", script, old, new, key, out]


def differ_found(path, key):
    with open(path, encoding="utf-8") as file:
        columns = json.loads(next(file))
        at, found = columns.index(key), {}
        for line in file:
            status, old, new = json.loads(line)
            if status == "modified":
                found[new[at]] = {c: (a, b) for c, a, b in zip(columns, old, new)
                                  if a != b}
            else:
                found[(new or old)[at]] = "+" if status == "added" else "-"
    return found


def tabular_found(path, key):
    """Of a tabular diff, as daff and espoload write it."""
    found = {}
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            action = row.pop("@@")
            row.pop("id", None)
            if action in ("+++", "---"):
                found[row[key]] = action[0]
            elif re.fullmatch("-+>", action):
                cells = {name: cell.partition(action) for name, cell in row.items()}
                found[cells[key][2] or cells[key][0]] = {
                    name: (old, new) for name, (old, arrow, new) in cells.items() if arrow}
    return found

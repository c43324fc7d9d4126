"""stages.py - what a row costs, split by stage: instructions by callgrind, system calls
by strace. Instructions are the same on every machine; what the kernel does for sockets
and disk is not among them."""
import re
import shutil
import subprocess

# Each function with all it calls; a stage is some of them, less some that it contains.
STAGES = (
    ("read", ("source_read",), ()),
    ("decode", ("decode_read",), ("source_read",)),
    ("csv", ("csv_reader_next",), ("decode_read",)),
    ("map", ("program_run",), ()),
    ("json", ("json_append_record",), ()),
    ("plan and look-ups", ("batch_advance",), ()),
    ("wire (libcurl)", ("transport_do_poll", "transport_do_submit"),
     ("courier_answered",)),
    ("answers", ("verdict_of", "outcome_of"), ()),
    ("journal (SQLite)", ("sqlite3_step",), ()),
    ("report", ("outputs_write",), ()),
)


def have_callgrind():
    return shutil.which("valgrind") and shutil.which("callgrind_annotate")


def inclusive(path):
    """Instructions of each function and what it calls; recursive ones once."""
    text = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100",
                           path], capture_output=True, text=True, check=True).stdout
    costs = {}
    line = re.compile(r"^ *([\d,]+) \([^)]*\)  [^\n]*?:([A-Za-z_][\w.]*)", re.M)
    for cost, name in line.findall(text):
        name = name.split(".")[0]
        costs[name] = max(costs.get(name, 0), int(cost.replace(",", "")))
    total = re.search(r"([\d,]+) \([^)]*\)  PROGRAM TOTALS", text)[1]
    return costs, int(total.replace(",", ""))


def split(path, rows):
    """(stage, instructions a row) and what is left over, start included."""
    costs, total = inclusive(path)
    lines, seen = [], 0
    for stage, functions, less in STAGES:
        cost = (sum(costs.get(f, 0) for f in functions)
                - sum(costs.get(f, 0) for f in less))
        if cost > 0:
            lines.append((stage, cost / rows))
            seen += cost
    lines.append(("all else, the start of the program among it", (total - seen) / rows))
    return lines, total / rows


def system_calls(path):
    """Of `strace -c -f -o path`: all calls, and the most frequent."""
    calls = {}
    for line in open(path, encoding="utf-8"):
        fields = line.split()
        if len(fields) >= 5 and fields[0][0].isdigit() and fields[-1] != "total":
            calls[fields[-1]] = int(fields[3])
    return sum(calls.values()), sorted(calls.items(), key=lambda c: -c[1])[:5]

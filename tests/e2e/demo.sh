#!/bin/sh
# demo.sh BIN - espoload in half a minute, against the test server: proves a key, checks a
# messy file of 5,000 leads, imports it, is killed in the middle, resumes, corrects what
# failed, and counts. Leaves nothing behind but what it printed.
set -eu

bin=$(cd "$1" && pwd)
source=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d "${TMPDIR:-/tmp}/espoload-demo-XXXXXX")
server=

clean_up() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

bold= plain=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
    bold=$(printf '\033[1m') plain=$(printf '\033[0m')
fi

say() {
    printf '\n%s# %s%s\n' "$bold" "$*" "$plain"
}

# Prints a command as a user would type it, and runs it. Exit code 1 tells that some rows
# failed, which a messy file is meant to show.
run() {
    printf '%s$ espoload %s%s\n' "$bold" "$*" "$plain"
    code=0
    "$bin/espoload" "$@" 2>&1 || code=$?
    [ "$code" -le 1 ] || exit "$code"
}

# A number out of the control interface of the test server.
stored() {
    python3 - "$ESPOLOAD_URL" <<'PYTHON'
import json
import sys
import urllib.request

with urllib.request.urlopen(sys.argv[1] + "/_testd/counts") as answer:
    print(json.load(answer)["records"]["Lead"])
PYTHON
}

cd "$folder"
# what the user's own shell has must not meet it
for name in $(env | sed -n 's/^\(ESPOLOAD_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
ESPOLOAD_API_KEY=demo-$$-key
export ESPOLOAD_API_KEY
# 8 ms for each request: about what a fast EspoCRM takes
"$bin/espocrm-testd" --port 0 --port-file port --api-key "$ESPOLOAD_API_KEY" \
    --currencies USD,EUR --delay 8 >server.log 2>&1 &
server=$!
while [ ! -s port ]; do
    kill -0 "$server" 2>/dev/null || { cat server.log; exit 1; }
    sleep 0.05
done
ESPOLOAD_URL=http://127.0.0.1:$(cat port)
export ESPOLOAD_URL
cp "$source/testdata/csv/leads-5000.csv.gz" leads.csv.gz
cp "$source/mappings/lead.json" lead.json

say "What may this key do?"
run ping

say "What would an import refuse? Nothing is sent."
run check leads.csv.gz -m lead.json

say "Import, and kill -9 in the middle of it."
printf '%s$ espoload import leads.csv.gz -m lead.json -j 8%s\n' "$bold" "$plain"
"$bin/espoload" import leads.csv.gz -m lead.json -j 8 2>import.log &
import=$!
tries=0
while [ "$(stored)" -lt 1500 ] && [ "$tries" -lt 600 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
kill -9 "$import"
wait "$import" 2>/dev/null || true
head -2 import.log
echo "Killed. The server holds $(stored) leads."

say "What does the checkpoint know?"
run status leads.csv.gz.checkpoint

say "Go on. Rows whose answers were lost are looked up before they are sent again."
run resume leads.csv.gz.checkpoint -j 8 --settle 1

say "Correct the rows that failed, as you would in a spreadsheet, and import that file."
python3 - leads.errors.csv <<'PYTHON'
import csv
import sys

# Bytes that are no UTF-8 are passed through: those cells are about to be replaced.
with open(sys.argv[1], newline="", encoding="utf-8-sig",
          errors="surrogateescape") as file:
    rows = list(csv.DictReader(file))
for row in rows[:3]:
    print(f"  line {row['_line']}: {row['_code']}: {row['_message'][:90]}")
print(f"  ... {len(rows)} rows; all corrected now")
for row in rows:
    for name in row:
        if not name.startswith("_"):
            row[name] = ""
    row["Last Name"] = "Corrected " + row["_line"]
    row["_raw"] = ""  # of rows that were no readable record: now they are
with open("corrected.csv", "w", newline="", encoding="utf-8") as file:
    writer = csv.DictWriter(file, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
PYTHON
run import corrected.csv -m lead.json

say "5,000 rows in the file; in the server now:"
count=$(stored)
echo "$count leads"
[ "$count" = 5000 ] || { echo "expected 5000" >&2; exit 1; }

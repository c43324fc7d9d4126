"""test_readme.py - the README does what it says: every block of commands is run, and
where a block shows output, this is what comes.

A block in `sh` is a script. One in `console` has commands behind `$`, with what they
print below: `...` alone stands for any lines, at the end of a line for its rest; times,
rates and ids are not compared; what is below `$ cat FILE` is that file, and is written.
Each section has a folder and a server of its own; its blocks run one after the other.

A block that no test can run has `<!-- not run: REASON -->` above it.
"""
import os
import re
import subprocess

import harness

README = harness.SOURCE / "README.md"
SITE = "https://crm.example.com"
NOT_RUN_MAX = 4  # more blocks than these are not excused

LEADS = """E-Mail,First Name,Last Name,Title,Status
ada@example.com,Ada,Lovelace,Countess,New
grace@example.com,Grace,Hopper,Rear Admiral,In Process
alan@example.com,Alan,Turing,Dr.,Assigned
"""

# What has been done before the first block of a section.
SETUP = {
    "Taking a run back": "espoload import leads.csv -m lead.json",
    "Export": "espoload import leads.csv -m lead.json; rm leads.*",
    "Reconcile": "espoload import leads.csv -m lead.json; cp leads.csv fair.csv\n"
                 "sed -i s/Countess/Analyst/ leads.csv",
}

FENCE = re.compile(r"(?:^<!-- not run: (?P<why>[^\n]+) -->\n)?"
                   r"^```(?P<kind>[a-z]*)\n(?P<body>.*?)^```$", re.M | re.S)


class Block:
    def __init__(self, match, text):
        before = text[:match.start()]
        self.why_not = match["why"]
        self.kind = match["kind"]
        self.body = match["body"]
        self.line = before.count("\n") + 1
        self.section = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", before,
                                                      flags=re.M | re.S), re.M)[-1]

    def __str__(self):
        return f"README.md:{self.line}"


def blocks():
    text = README.read_text(encoding="utf-8")
    return [Block(m, text) for m in FENCE.finditer(text)]


def commands(block):
    """[command, lines below it or None] in their order."""
    if block.kind == "sh":
        return [(block.body, None)]
    found = []
    for line in block.body.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    for _, lines in found:
        while lines and not lines[-1]:
            lines.pop()
    return found


def plain(line):
    """Without what is different each time."""
    line = re.sub(r"\b\d[\d,.]* (s|ms|us)(?=\W|$)", "TIME", line)
    line = re.sub(r"\b\d[\d,.]* (B|rows/s|records/s|requests?)(?=\W|$)", r"# \1", line)
    line = re.sub(r"\b[0-9a-f]{17}\b", "ID", line)
    return re.sub(r"\s+", " ", line).rstrip()


def fits(shown, printed):
    """Do the lines that were printed look as shown?"""
    if not shown:
        return not printed
    if shown[0].strip() == "...":
        return any(fits(shown[1:], printed[i:]) for i in range(len(printed) + 1))
    if not printed:
        return False
    first = plain(shown[0])
    same = (plain(printed[0]).startswith(first[:-3].rstrip()) if first.endswith("...")
            else plain(printed[0]) == first)
    return same and fits(shown[1:], printed[1:])


class Readme(harness.Case):
    def section(self, name):
        """A folder as the section finds it."""
        self.folder = self.root / str(len(list(self.root.iterdir())))
        self.folder.mkdir()
        self.server = harness.Server(self)
        for path, text in (("key", harness.KEY + "\n"), ("leads.csv", LEADS)):
            self.write(path, text).chmod(0o600)
        if name == "A draft of the mapping":
            sample = harness.SOURCE / "testdata" / "csv" / "samples" / "leads-german.csv"
            self.write("leads.csv", sample.read_bytes())
        elif name not in ("espoload", "Use it"):  # there it is drafted
            mapping = (harness.SOURCE / "mappings" / "lead.json").read_text()
            self.write("lead.json", mapping.replace(
                '"operation": "create"',
                '"operation": "upsert", "match": [["emailAddress"]]'))
        if name in SETUP:
            self.run_shell(SETUP[name])

    def run_shell(self, script):
        """What the commands print on both streams; 0 and 1 are fine exit codes."""
        env = self.environment(self.server.url, harness.KEY)
        env.update(PATH=f"{harness.Setup.bin}:{os.environ['PATH']}", ESPOLOAD_YES="yes",
                   ESPOLOAD_NO_PROGRESS="yes", ESPOLOAD_ENGINE="auto")
        begin = ("espoload() { command espoload \"$@\" || [ $? = 1 ]; }\n"
                 "less() { cat; }\n"
                 "set -eu -o pipefail\n")
        done = subprocess.run(
            ["bash", "-c", begin + script.replace(SITE, self.server.url)],
            cwd=self.folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=120, check=False)
        out = done.stdout.decode().replace(self.server.url, SITE)
        for complaint in harness.COMPLAINTS:
            self.assertNotIn(complaint, out)
        self.assertEqual(done.returncode, 0, f"{script}\n{out}")
        return out.splitlines()

    def run_block(self, block):
        for command, shown in commands(block):
            written = re.fullmatch(r"cat (\S+)", command)
            if written:
                self.write(written[1], "\n".join(shown) + "\n")
                continue
            printed = self.run_shell(command)
            if shown is not None and not fits(shown, printed):
                self.fail(f"{block}: $ {command}\n--- shown\n" + "\n".join(shown)
                          + "\n--- printed\n" + "\n".join(printed))

    def test_blocks(self):
        self.root = self.folder
        section = None
        ran = 0
        for block in blocks():
            if block.kind not in ("sh", "console") or block.why_not:
                continue
            with self.subTest(block=str(block)):
                if block.section != section:
                    section = block.section
                    self.section(section)
                self.run_block(block)
                ran += 1
        self.say(f"{ran} blocks")

    def test_few_are_left_out(self):
        left_out = [b for b in blocks() if b.why_not]
        self.assertLessEqual(len(left_out), NOT_RUN_MAX)
        for block in blocks():
            self.assertIn(block.kind, ("sh", "console", "json", "text"), block)
            if block.kind in ("json", "text"):  # no way to leave commands out by the word
                self.assertNotRegex(block.body, r"(?m)^(\$ )?espoload ", block)

    def test_comparison(self):
        """What this test goes by: it must see a difference."""
        self.assertTrue(fits(["a", "...", "c 1.5 s"], ["a", "b", "x", "c 2 s"]))
        self.assertTrue(fits(["in 3 s, wor..."], ["in 4 s, words"]))
        self.assertFalse(fits(["a"], ["b"]))
        self.assertFalse(fits(["a"], ["a", "b"]))
        self.assertFalse(fits(["a", "..."], []))
        self.assertFalse(fits(["3 rows"], ["4 rows"]))


if __name__ == "__main__":
    harness.main()

"""test_docs.py - man pages and completions as those who use them: man and mandoc find
nothing to complain of, and bash, zsh and fish complete what they should. (That they hold
the same options as the program, unit-docs tests.)

What is not installed is left out: only bash is sure to be there.
"""
import json
import os
import pty
import re
import select
import shutil
import subprocess
import time
import unittest
import zlib

import harness

TOPICS = ["errors", "exit-codes", "mapping"]

# What is on the line, and what is offered for its last word.
CASES = [
    ("re", ["reconcile", "resume"]),
    ("help ex", ["exit-codes", "export"]),
    ("help m", ["map", "mapping"]),
    ("import --on-", ["--on-duplicate"]),
    ("import --on-duplicate ", ["fail", "force", "mapping", "skip", "update"]),
    ("import --on-duplicate f", ["fail", "force"]),
    ("--engine r", ["rest"]),
    ("import --engine b", ["bulk"]),
    ("import leads.csv -m lead", ["lead.json", "leads.csv", "leads.csv.checkpoint"]),
    ("import le", ["lead.json", "leads.csv", "leads.csv.checkpoint"]),
    ("undo le", ["leads.csv.checkpoint"]),
    ("check leads.csv --pl", ["--plan"]),
    ("reconcile --strategy ", ["auto", "lookup", "sweep"]),
    ("import --no-p", ["--no-progress"]),
]


def program(name):
    return unittest.skipUnless(shutil.which(name), f"{name} is not installed")


class Docs(harness.Case):
    def setUp(self):
        super().setUp()
        self.docs = harness.Setup.bin.parent / "cmd" / "docs"
        listed = self.espoload("--help").out.split("\nCommands:\n")[1].split("\n\n")[0]
        self.commands = re.findall(r"^  (\w+) ", listed, re.M)
        self.assertIn("import", self.commands)
        self.cases = [("", self.commands + ["help"])] + CASES
        for name in ("lead.json", "leads.csv", "leads.csv.checkpoint", "other.txt"):
            self.write(name, "")

    def pages(self):
        pages = sorted(self.docs.glob("espoload*.[157]"))
        self.assertEqual(
            {p.name.rsplit(".", 1)[0] for p in pages},
            {"espoload"} | {f"espoload-{name}" for name in self.commands + TOPICS})
        return pages

    def shell(self, *command):
        env = dict(os.environ, HOME=str(self.folder), LC_ALL="C.UTF-8")
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True,
                              text=True, timeout=60, check=False)
        self.assertEqual(done.stderr, "", command)
        return done.stdout

    @program("man")
    def test_man(self):
        for page in self.pages():
            done = subprocess.run(
                ["man", "--warnings=w", "-E", "UTF-8", "-l", page], text=True,
                env=dict(os.environ, MANWIDTH="80", LC_ALL="C.UTF-8"),
                capture_output=True, timeout=60, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), page)
            text = re.sub(".\b", "", done.stdout)
            self.assertLess(text.index("\nNAME\n"), text.index("EXAMPLE")
                            if "EXAMPLE" in text else len(text))
            self.assertLessEqual(max(len(line) for line in text.splitlines()), 80, page)

    @program("mandoc")
    def test_mandoc(self):
        for page in self.pages():
            self.assertEqual(self.shell("mandoc", "-T", "lint", "-W", "style", page), "")

    def test_install(self):
        """All that a package needs, in the folders that GNU wants."""
        prefix = self.folder / "usr"
        done = subprocess.run(["cmake", "--install", self.docs.parent.parent, "--prefix",
                               prefix], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        there = {str(p.relative_to(prefix)) for p in prefix.rglob("*") if p.is_file()}
        wanted = {f"share/man/man{p.suffix[1:]}/{p.name}" for p in self.pages()}
        wanted |= {f"share/espoload/mappings/{p.name}"
                   for p in (harness.SOURCE / "mappings").glob("*.json")}
        wanted |= {f"share/doc/espoload/{name}" for name in (
            "README.md", "copyright", "nightly/crontab",
            "nightly/espoload-export.service", "nightly/espoload-export.timer")}
        wanted |= {"bin/espoload", "share/bash-completion/completions/espoload",
                   "share/zsh/site-functions/_espoload",
                   "share/fish/vendor_completions.d/espoload.fish"}
        self.assertEqual(there, wanted)

    def test_help_is_the_man_page(self):
        """The same text, laid out twice."""
        for name in self.commands:
            text = self.espoload("help", name).out
            self.assertEqual(text, self.espoload(name, "--help").out)
            self.assertLessEqual(max(len(line) for line in text.splitlines()), 80)
        for name in TOPICS:
            self.assertIn(f"espoload-{name} - ", self.espoload("help", name).out)
        self.assertIn("valueMap", self.espoload("help", "ENUM_UNKNOWN").out)
        self.assertIn("ENUM_UNKNWN", self.espoload("help", "ENUM_UNKNWN", expect=2).err)
        self.assertIn("extra", self.espoload("help", "map", "extra", expect=2).err)

    def test_help_for_programs(self):
        """The same lists as JSON lines; harness holds each line to the schema."""
        def lines(*args):
            run = self.espoload(*args, "--json")
            self.assertEqual(run.lines()[0]["command"], "help")
            return run.events()
        self.assertEqual({line["name"] for line in lines("help")},
                         set(self.commands) | set(TOPICS))
        self.assertEqual(lines("help"), lines("--help"))
        page, = lines("help", "mapping")
        self.assertEqual((page["kind"], page["text"]),
                         ("topic", self.espoload("help", "mapping").out))
        page, = lines("map", "--help")
        self.assertEqual((page["kind"], page["text"]),
                         ("command", self.espoload("help", "map").out))
        reasons = lines("help", "errors")
        self.assertGreater(len(reasons), 40)
        for reason in reasons[::20]:
            self.assertEqual(lines("help", reason["code"]), [reason])
            self.assertEqual(" ".join(self.espoload("help", reason["code"]).out.split()),
                             " ".join(reason[key] for key in ("code", "meaning", "advice")))
        codes = {line["code"]: line["name"] for line in lines("help", "exit-codes")}
        self.assertEqual((codes[0], codes[4], codes[130]), ("ok", "refused", "interrupted"))

    def test_version(self):
        """Of the program and of what it runs with, for a person and for a program."""
        lines = self.espoload("--version").out.splitlines()
        self.assertRegex(lines[0], r"^espoload \d+\.\d+\.\d+ \(\d{4}-\d\d-\d\d\)$")
        libraries = dict(re.split(r"\s+", line.strip(), maxsplit=1) for line in lines[1:])
        self.assertLessEqual({"libcurl", "TLS", "SQLite", "jansson", "PCRE2", "zlib",
                              "libcsv", "libcrypto", "libphonenumber"}, set(libraries))
        self.assertEqual(libraries["zlib"], zlib.ZLIB_RUNTIME_VERSION)
        program = harness.Setup.bin / "espoload"
        event = json.loads(self.shell(program, "--version", "--json"))
        self.assertEqual(event["type"], "version")
        self.assertEqual(event["libraries"], libraries)
        self.assertEqual(f"espoload {event['version']} ({event['date']})", lines[0])

    def test_bash(self):
        script = """
            source "$1"; shift
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
            $(complete -p espoload | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
            printf '%s\\n' "${COMPREPLY[@]}"
        """
        for line, wanted in self.cases + [("import --engine=b", ["bulk"]),
                                     ("import --engine=", ["auto", "bulk", "rest"])]:
            # as bash takes the line apart: "=" is a word of its own
            words = [w for part in line.split(" ") for w in re.split("(=)", part) if w]
            if line.endswith(" ") or not line:
                words.append("")
            out = self.shell("bash", "-uc", script, "bash", self.docs / "espoload.bash",
                             "espoload", *words)
            self.assertEqual(sorted(out.split()), sorted(wanted), line)

    @program("fish")
    def test_fish(self):
        for line, wanted in self.cases:
            out = self.shell("fish", "--no-config", "-c",
                             f"source {self.docs}/espoload.fish; "
                             f"complete -C 'espoload {line}'")
            found = [entry.split("\t")[0] for entry in out.splitlines()]
            if line.startswith("undo"):  # fish puts other files behind those
                found = found[:len(wanted)]
            self.assertEqual(sorted(found), sorted(wanted), line)

    @program("zsh")
    def test_zsh(self):
        """zsh completes on a terminal only: one is played to it."""
        screen = Screen(["zsh", "-f", "-i"], self.folder)
        self.addCleanup(screen.close)
        screen.type("PS1='> '; TERM=dumb; zstyle ':completion:*' list-colors ''\n"
                    f"fpath=({self.docs} $fpath); autoload -Uz compinit\n"
                    "compinit -D -u; LISTMAX=0; unsetopt auto_menu always_last_prompt\n"
                    "zstyle ':completion:*' verbose no; print rea''dy\n")
        screen.until("ready")
        for line, wanted in self.cases:
            screen.type(f"espoload {line}\t\t")
            for word in wanted:
                tail = word[len(line.split(" ")[-1]):] if len(wanted) == 1 else word
                screen.until(tail)
            self.assertNotIn("other.txt", screen.seen)
            screen.type("\x15")  # the line is thrown away
            screen.type("print do''ne\n")
            screen.until("done")


class Screen:
    """A program on a pseudo terminal."""

    def __init__(self, command, folder):
        self.seen = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ.update(HOME=str(folder), TERM="dumb", LC_ALL="C.UTF-8")
            os.execvp(command[0], command)

    def type(self, text):
        self.seen = ""
        os.write(self.fd, text.encode())

    def until(self, word):
        end = time.monotonic() + 30
        while word not in self.seen:
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"{word!r} does not come: {self.seen!r}")
            self.seen += os.read(self.fd, 65536).decode(errors="replace")

    def close(self):
        os.close(self.fd)  # a hang-up ends it
        os.waitpid(self.pid, 0)


if __name__ == "__main__":
    harness.main()

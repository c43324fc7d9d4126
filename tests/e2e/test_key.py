"""test_key.py - keys that are wrong, revoked or badly kept, and that no secret is ever
seen where it could be read.
"""
import os

import harness


class Key(harness.Case):
    def test_wrong_key_is_tried_once(self):
        """Ten failures in a minute lock the address out, valid keys included."""
        server = harness.Server(self)
        self.write_csv("leads.csv", harness.leads(100))
        for command in (["import", "leads.csv", "-m", harness.PLAIN, "-j", "8"],
                        ["check", "leads.csv", "-m", harness.PLAIN], ["ping"]):
            server.reset()
            run = self.espoload(*command, server=server, key="wrong-key", expect=4)
            counts = server.counts()
            self.assertEqual(counts["statuses"].get("401"), 1, counts)
            self.assertEqual(counts["total"], 1, counts)
            self.assertIn("401", run.err)
        self.assertFalse((self.folder / "leads.csv.checkpoint").exists())

    def test_revoked_in_mid_run(self):
        """All stop at once; with the key back, resume completes."""
        server = harness.Server(self, "--delay", "3")
        rows = harness.leads(1000)
        self.write_csv("leads.csv", rows)
        server.fault("status", status=401, method="POST", entity="Lead", after=300)
        run = self.import_csv("leads.csv", "-j", "8", server=server, expect=4)
        self.assertLessEqual(server.counts()["statuses"]["401"], 8)
        self.assertEqual(run.counts()["unknown"], 0, run)
        self.assertEqual(run.counts()["failed"], 0, run)
        self.assertEqual(run.counts()["created"], server.stored(), run)
        self.assertIn("espoload resume", run.err)
        self.espoload("resume", "leads.csv.checkpoint", server=server, expect=4)
        server.clear_faults()
        self.espoload("resume", "leads.csv.checkpoint", server=server)
        self.assertStored(server, rows)

    def test_no_right_to_create(self):
        """Found out before the first row is sent: one sentence, not a 403 for each."""
        weak = "weak-key-of-the-tests"
        server = harness.Server(self, "--weak-key", weak)
        self.write_csv("leads.csv", harness.leads(50))
        run = self.espoload("ping", "Lead", server=server, key=weak)
        self.assertRegex(run.out, "Lead +create no")
        run = self.import_csv("leads.csv", server=server, key=weak, expect=4)
        self.assertIn("create", run.err)
        self.assertEqual(server.posts(), 0)
        self.assertFalse((self.folder / "leads.csv.checkpoint").exists())

    def test_files_with_the_key(self):
        """Only its owner may read it; one line end is no part of it."""
        server = harness.Server(self)
        path = self.write("key", harness.KEY + "\n")
        os.chmod(path, 0o644)
        run = self.espoload("ping", "--api-key-file", "key", server=server, key=None,
                            expect=2)
        self.assertIn("chmod 600", run.err)
        self.assertEqual(server.counts()["total"], 0)
        os.chmod(path, 0o600)
        self.espoload("ping", "--api-key-file", "key", server=server, key=None)
        self.espoload("ping", "--password-command", "cat key", server=server, key=None)
        self.espoload("ping", "--api-key-file", "none", server=server, key=None,
                      expect=(2, 7))

    def test_no_key_without_a_terminal(self):
        server = harness.Server(self)
        self.write_csv("leads.csv", harness.leads(1))
        run = self.import_csv("leads.csv", server=server, key=None, expect=2,
                              prepare=os.setsid)
        self.assertIn("no API key was given", run.err)
        self.assertIn("--api-key-file", run.err)
        self.assertEqual(server.counts()["total"], 0)

    def test_key_as_an_argument_is_refused(self):
        server = harness.Server(self)
        run = self.espoload("ping", "--api-key", harness.KEY, server=server, key=None,
                            expect=2)
        self.assertNotIn(harness.KEY, run.err + run.out)
        self.assertIn("--api-key-file", run.err)
        self.assertEqual(server.counts()["total"], 0)

    def test_key_is_seen_nowhere(self):
        """Not in the checkpoint, the logs, the reports, the output, the command line."""
        server = harness.Server(self, "--delay", "10")
        proxy = harness.Proxy(self, server, "swallow,method=POST,every=20")
        rows = harness.leads(200)
        rows[5]["emailAddress"] = "not one"
        self.write_csv("leads.csv", rows)
        process = self.start_import("leads.csv", "-vv", "--log-file", "log", "--json",
                                    "--settle", "0.3", server=proxy)
        harness.wait_until("rows", lambda: server.stored() >= 10)
        command_line = (harness.pathlib.Path("/proc") / str(process.pid) / "cmdline")
        self.assertNotIn(harness.KEY.encode(), command_line.read_bytes())
        for path in self.folder.glob("leads.csv.checkpoint*"):
            self.assertNotIn(harness.KEY.encode(), path.read_bytes(), path)
        run = self.finish(process, expect=1)
        self.assertIn("POST", run.err)
        self.assertGreater((self.folder / "log").stat().st_size, 1000)
        self.assertNotIn(harness.KEY, run.err + run.out)
        for path in self.folder.iterdir():
            if path.is_file() and not path.name.startswith(("server", "proxy")):
                self.assertNotIn(harness.KEY.encode(), path.read_bytes(), path)
        self.assertEqual((self.folder / "log").stat().st_mode & 0o077, 0)

    def test_password_is_seen_nowhere(self):
        """A password is sent once, for a token; neither is ever shown."""
        secret = "pass word:with a colon"
        server = harness.Server(self, "--user", "carol", "--password", secret)
        self.write("password", secret + "\n").chmod(0o600)
        self.write_csv("leads.csv", harness.leads(20))
        run = self.import_csv("leads.csv", "-vv", "--log-file", "log", "--user", "carol",
                              "--password-file", "password", server=server, key=None)
        self.assertEqual(run.counts()["created"], 20, run)
        for text in (run.err, run.out, (self.folder / "log").read_text()):
            self.assertNotIn(secret, text)
            self.assertNotRegex(text, r"(?i)authorization: *\w")
        (self.folder / "password").unlink()
        for path in self.folder.glob("leads*"):
            self.assertNotIn(secret.encode(), path.read_bytes(), path)


if __name__ == "__main__":
    harness.main()

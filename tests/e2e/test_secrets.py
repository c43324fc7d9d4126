"""test_secrets.py - keys and passwords are nowhere but where they must be, and go to
nobody but the server: files, logs, core dumps, TLS.
"""
import os
import resource
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import threading
import unittest

import harness

LEFT_OUT = ("server", "proxy", "secret")  # files that are not the program's


class Files(harness.Case):
    """After one run of every command, as loud as it can be."""

    def everything(self, server, secrets, *who, env=None):
        rows = harness.leads(30)
        rows[3]["emailAddress"] = "not one"
        self.write_csv("leads.csv", rows)
        common = ("-vv", "--log-file", "log", *who)
        m = ("-m", "Lead: *=*")
        for arguments, expect in (
                (("ping", "Lead"), 0), (("map", "leads.csv", "Lead", "-o", "m.json"), 0),
                (("check", "leads.csv", *m, "--plan", "plan.csv"), 1),
                (("import", "leads.csv", *m, "--json"), 1),
                (("import", "leads.csv", *m), 2), (("status", "leads.csv.checkpoint"), 0),
                (("resume", "leads.csv.checkpoint"), (0, 1)),
                (("export", "Lead", "-o", "out.csv"), 0),
                (("export", "Lead", "-o", "inc.csv", "--incremental", "state",
                  "--deletions"), 0),
                (("reconcile", "leads.csv", *m, "--key", "emailAddress", "--html"), 1),
                (("undo", "leads.csv.checkpoint", "-y"), (0, 1))):
            options = common if arguments[0] != "status" else ()
            run = self.espoload(*arguments, *options, server=server, key=None, env=env,
                                expect=expect)
            for secret in secrets:
                self.assertNotIn(secret, run.out + run.err, arguments)
        self.search(secrets)

    def search(self, secrets):
        seen = [path for path in self.folder.rglob("*") if path.is_file()
                and not path.name.startswith(LEFT_OUT) and path.name != "leads.csv"]
        self.assertGreater(len(seen), 15)
        for path in seen:
            content = path.read_bytes()
            for secret in secrets:
                self.assertNotIn(secret.encode(), content, path)
        for path in seen:  # exports and drafts go by the umask, like any program's
            if not path.name.startswith(("out.csv", "inc.csv", "m.json")):
                self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600, path)

    def test_api_key(self):
        self.everything(harness.Server(self), [harness.KEY],
                        env={"ESPOLOAD_API_KEY": harness.KEY})

    def test_password(self):
        password = "a-pass word:with-colon"
        server = harness.Server(self, "--user", "carol", "--password", password)
        self.write("secret", password + "\n").chmod(0o600)
        self.everything(server, [password], "--user", "carol", "--password-file",
                        "secret")

    def test_links_to_key_files(self):
        """It is the file that counts, not what leads to it."""
        server = harness.Server(self)
        key = self.write("secret", harness.KEY + "\n")
        (self.folder / "link").symlink_to(key)
        key.chmod(0o644)
        run = self.espoload("ping", "--api-key-file", "link", server=server, key=None,
                            expect=2)
        self.assertIn("chmod 600", run.err)
        key.chmod(0o600)
        self.espoload("ping", "--api-key-file", "link", server=server, key=None)


class Memory(harness.Case):
    def abort(self, process):
        """Ends it as a crash would; was a core dumped?"""
        os.kill(process.pid, signal.SIGABRT)
        _, status, usage = os.wait4(process.pid, 0)
        process._ended(status, usage)
        self.assertEqual(os.WTERMSIG(status), signal.SIGABRT)
        return os.WCOREDUMP(status)

    @unittest.skipIf(harness.Setup.small, "a build with sanitizers may be dumped")
    def test_core_dump(self):
        def allow():
            hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
            resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

        control = self.spawn([sys.executable, "-c", "input()"], "control", prepare=allow,
                             stdin=subprocess.PIPE)
        if not self.abort(control):
            self.skipTest("nothing is dumped on this machine")
        server = harness.Server(self, "--delay", "20")
        self.write_csv("leads.csv", harness.leads(500))
        process = self.start_import("leads.csv", server=server, prepare=allow)
        harness.wait_until("rows", lambda: server.stored() >= 20)
        self.assertFalse(self.abort(process))


class Tls:
    """A server before the server that speaks TLS, with a certificate of its own."""

    def __init__(self, case, server, name):
        self.server = server
        self.certificate = case.folder / "server.pem"
        key = case.folder / "server.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out",
             self.certificate, "-days", "2", "-subj", "/CN=e2e", "-addext",
             f"subjectAltName={name}"], check=True, stderr=subprocess.DEVNULL)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, key)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.socket.getsockname()[1]}"
        self.closing = False
        self.threads = []
        self.begin(self.accept)
        case.addCleanup(self.close)

    def begin(self, target, *arguments):
        self.threads.append(threading.Thread(target=target, args=arguments))
        self.threads[-1].start()

    def accept(self):
        while True:
            raw, _ = self.socket.accept()
            if self.closing:
                raw.close()
                return
            self.begin(self.serve, raw)

    def serve(self, raw):
        """One connection; a client that does not like the certificate leaves."""
        try:
            raw.settimeout(20)
            with self.context.wrap_socket(raw, server_side=True) as client, \
                    socket.create_connection(("127.0.0.1", self.server.port)) as server:
                forward = threading.Thread(target=self.copy, args=(server, client))
                forward.start()
                self.copy(client, server)
                forward.join()
        except OSError:
            pass

    def copy(self, source, sink):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.closing = True
        socket.create_connection(self.socket.getsockname()).close()
        for thread in self.threads:
            thread.join()
        self.socket.close()


@unittest.skipUnless(shutil.which("openssl"), "needs openssl to make a certificate")
class Certificates(harness.Case):
    def setUp(self):
        super().setUp()
        self.server = harness.Server(self)

    def test_own_authority(self):
        tls = Tls(self, self.server, "IP:127.0.0.1")
        run = self.espoload("ping", "-vv", server=tls, expect=5)
        self.assertIn("certificate", run.err)
        self.assertEqual(run.err.count(" unsent: "), 1)  # it is not tried again
        self.assertIn("--cacert", run.err)
        self.assertEqual(self.server.counts()["total"], 0)
        self.write_csv("leads.csv", harness.leads(20))
        self.import_csv("leads.csv", "--retries", "0", server=tls, expect=5)
        self.assertEqual(self.server.counts()["total"], 0)
        self.import_csv("leads.csv", "--cacert", tls.certificate, "--force", server=tls)
        self.assertEqual(self.server.stored(), 20)
        self.espoload("ping", server=tls, env={"SSL_CERT_FILE": str(tls.certificate)})
        self.espoload("ping", "--cacert", "nothing.pem", server=tls, expect=2)

    def test_certificate_of_another(self):
        tls = Tls(self, self.server, "DNS:crm.example")
        run = self.espoload("ping", "--cacert", tls.certificate, "--retries", "0",
                            server=tls, expect=5)
        self.assertIn("127.0.0.1", run.err)
        self.assertEqual(self.server.counts()["total"], 0)

    def test_insecure(self):
        """Works, and is never silent."""
        tls = Tls(self, self.server, "DNS:crm.example")
        for options in ((), ("-q",), ("--json",)):
            run = self.espoload("ping", "--insecure", *options, server=tls)
            self.assertIn("warning: --insecure", run.err)
        run = self.espoload("ping", server=tls, env={"ESPOLOAD_INSECURE": "1"})
        self.assertIn("warning: --insecure", run.err)


if __name__ == "__main__":
    harness.main()

"""test_limits.py - a server that is out to fill the memory or to keep its client for ever:
each way ends soon, in bounded memory, with words that name it.
"""
import gzip
import socket
import threading
import time

import harness

RSS_MAX_KB = 32 << 10
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MEGABYTE = b" " * (1 << 20)


class Hostile:
    """Answers every request with what `answer`, a generator of bytes, gives; pause: the
    seconds between two pieces."""

    def __init__(self, case, answer, pause=0):
        self.answer, self.pause = answer, pause
        self.closing = threading.Event()
        self.sent = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.threads = [threading.Thread(target=self.accept)]
        self.threads[0].start()
        case.addCleanup(self.close)

    def accept(self):
        while not self.closing.is_set():
            connection, _ = self.socket.accept()
            thread = threading.Thread(target=self.serve, args=(connection,))
            self.threads.append(thread)
            thread.start()

    def serve(self, connection):
        with connection:
            try:
                connection.settimeout(30)
                if not connection.recv(65536):
                    return
                for piece in self.answer():
                    connection.sendall(piece)
                    self.sent += len(piece)
                    if self.closing.wait(self.pause):
                        return
            except OSError:
                pass  # the client has had enough

    def close(self):
        self.closing.set()
        socket.create_connection(self.socket.getsockname()).close()
        for thread in self.threads:
            thread.join()
        self.socket.close()


def endless(head, piece):
    def answer():
        yield head
        while True:
            yield piece
    return answer


def long(head, piece=MEGABYTE, count=500):
    def answer():
        yield head
        for _ in range(count):
            yield piece
    return answer


class Limits(harness.Case):
    def ping(self, server, *options):
        begun = time.monotonic()
        run = self.espoload("ping", "--timeout", "2", "--retries", "1", *options,
                            server=server, expect=5)
        self.say(f"{server.sent >> 10:,} KiB sent: {run.rss_kb:,} KiB peak, "
                 f"{time.monotonic() - begun:.1f} s: {run.err.strip()}")
        if not harness.Setup.small:
            self.assertLess(run.rss_kb, RSS_MAX_KB, run)
        return run

    def too_large(self, answer, *options):
        """Half a gigabyte is not waited for."""
        server = Hostile(self, answer)
        run = self.ping(server, "--timeout", "60", *options)
        self.assertIn("too large", run.err)
        self.assertIn("check the URL", run.err)
        self.assertLess(server.sent, 100 << 20)

    def test_long_answer(self):
        self.too_large(long(OK + b"Content-Length: 524288000\r\n\r\n"))

    def test_long_answer_of_unknown_length(self):
        self.too_large(long(OK + b"Transfer-Encoding: chunked\r\n\r\n",
                            b"100000\r\n" + MEGABYTE + b"\r\n"))

    def test_long_answer_until_close(self):
        self.too_large(long(OK + b"Connection: close\r\n\r\n"))

    def test_packed_answer(self):
        """Not asked for, so it is not unpacked: no JSON."""
        packed = gzip.compress(b"{" + MEGABYTE * 100, 1)
        head = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
        run = self.ping(Hostile(self, long(head, packed, 1)))
        self.assertIn("JSON", run.err)

    def test_headers_without_end(self):
        server = Hostile(self, endless(OK, b"X-More: " + b"x" * 1000 + b"\r\n"))
        self.assertIn("headers do not end", self.ping(server).err)

    def test_header_without_end(self):
        self.ping(Hostile(self, endless(OK + b"X-More: ", b"x" * 1000)))

    def test_never_more_than_a_hundred(self):
        server = Hostile(self, endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100))
        self.assertIn("headers do not end", self.ping(server).err)

    def test_drips(self):
        """A byte now and then is no progress: the timeout is of the whole request."""
        for name, head in {"headers": OK + b"X-More: ",
                           "body": OK + b"Content-Length: 100000\r\n\r\n"}.items():
            with self.subTest(of=name):
                run = self.ping(Hostile(self, endless(head, b" "), pause=0.1))
                self.assertIn("timed out", run.err)


if __name__ == "__main__":
    harness.main()

"""front.py - nginx before the stand-in: over TLS, or as a null server, which answers what
is posted by itself, always with the same recorded body but for its id. Needs nginx and
openssl."""
import json
import shutil
import socket
import subprocess

import harness

CONFIG = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log crit;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 60s; tcp_nodelay on;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  client_max_body_size 64m;
  upstream standin {{
    server 127.0.0.1:{port}; keepalive 128; keepalive_requests 100000000;
  }}
  map $request_id $record_id {{ "~^(?<first>.{{17}})" $first; }}
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffers 64 16k;
  large_client_header_buffers 8 16k;
  server {{
    listen 127.0.0.1:{plain} backlog=1024;
    listen 127.0.0.1:{tls} ssl backlog=1024;
    ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    default_type application/json;
    {null}
    location / {{ proxy_pass http://standin; }}
  }}
}}
"""
NULL = """location = /api/v1/Lead {{
      if ($request_method = POST) {{ return 200 '{body}'; }}
      proxy_pass http://standin;
    }}"""


def available():
    return all(shutil.which(name) for name in ("nginx", "openssl"))


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Front:
    """url is what espoload is given: plain or, after over_tls(), https."""

    def __init__(self, case, server, record=None):
        self.folder = case.folder / f"front{len(case.processes)}"
        self.folder.mkdir()
        self.plain, self.tls = free_ports(2)
        self.secure = False
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj",
             "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
             self.folder / "key.pem", "-out", self.folder / "cert.pem"],
            check=True, capture_output=True)
        null = ""
        if record is not None:
            status, stored = server.api("POST", "Lead", record,
                                        {"X-Skip-Duplicate-Check": "true"})
            assert status == 200, stored
            server.reset()
            stored["id"] = "$record_id"
            for name, value in record.items():
                if "%d" in value:
                    del stored[name]  # what each row has of its own is not answered
            null = NULL.format(body=json.dumps(stored).replace("'", ""))
        (self.folder / "nginx.conf").write_text(CONFIG.format(
            folder=self.folder, port=server.port, plain=self.plain, tls=self.tls,
            null=null))
        case.spawn(["nginx", "-c", self.folder / "nginx.conf"], self.folder.name)
        harness.wait_until("nginx", self.answers)

    def answers(self):
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.plain)) == 0

    def over_tls(self, secure):
        self.secure = secure
        return self

    @property
    def certificate(self):
        return self.folder / "cert.pem"

    @property
    def url(self):
        return (f"https://localhost:{self.tls}" if self.secure
                else f"http://127.0.0.1:{self.plain}")

"""TLS: no request and no token to a server that cannot prove who it is."""

import http.client
import http.server
import os
import shutil
import socket
import ssl
import subprocess
import threading

import invariants
from harness import Skip, check, equal
from workspace import ADMIN, small_month


class Forwarder(http.server.BaseHTTPRequestHandler):
    """Hands every request on to the sandbox."""
    protocol_version = "HTTP/1.1"
    sandbox_port = 0
    seen = []

    def forward(self):
        self.seen.append(dict(self.headers))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        c = http.client.HTTPConnection("127.0.0.1", self.sandbox_port, timeout=20)
        c.request(self.command, self.path, body or None, {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")})
        r = c.getresponse()
        data = r.read()
        c.close()
        self.send_response_only(r.status)
        for k, v in r.getheaders():
            if k.lower() not in ("connection", "content-length", "transfer-encoding"):
                self.send_header(k, v)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = forward

    def log_message(self, *args):
        pass


class QuietServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


def certificate(t, name, san):
    if not shutil.which("openssl"):
        raise Skip("openssl is needed to make certificates")
    folder = t.folder("tls")
    cert, key = os.path.join(folder, name + ".pem"), os.path.join(folder, name + ".key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                    "-subj", f"/CN={name}", "-addext", f"subjectAltName={san}"], check=True, capture_output=True)
    return cert, key


def serve(sandbox, cert, key, version=None):
    """Returns the port, and the list of requests that came through."""
    handler = type("Handler", (Forwarder,), {"sandbox_port": sandbox.port, "seen": []})
    server = QuietServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    if version is not None:
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = version
        context.set_ciphers("ALL:@SECLEVEL=0")
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1], handler.seen


def refused(p, port, seen, what, ca=None):
    p.configure({"awork": {"base_url": f"https://127.0.0.1:{port}/api/v1", "ca_file": ca, "retry_minutes": "0"}})
    r = p.run()
    equal(r.code, 69, f"{what}: {r}")
    equal(seen, [], f"{what}: requests that came through")
    check(ADMIN not in r.err, f"{what}: token in the message")
    equal(p.runs(), [], f"{what}: folders")


def test_certificates(t):
    sb, p = t.both(small_month(6, 1))
    cert, key = certificate(t, "good", "IP:127.0.0.1")
    port, seen = serve(sb, cert, key)
    refused(p, port, seen, "a certificate of nobody")
    wrong, wrong_key = certificate(t, "wrong", "DNS:api.example.org")
    wrong_port, wrong_seen = serve(sb, wrong, wrong_key)
    refused(p, wrong_port, wrong_seen, "the certificate of another host", wrong)
    refused(p, port, seen, "another authority", wrong)
    p.configure({"awork": {"base_url": f"https://127.0.0.1:{port}/api/v1", "ca_file": cert}})
    p.run(code=0)
    equal(len(sb.billed()), 6, "billed")
    check(all(x["Authorization"] == f"Bearer {ADMIN}" for x in seen), "the token goes to the right server")
    invariants.holds(p, sb)


def test_old_tls(t):
    sb, p = t.both(small_month(6, 1))
    cert, key = certificate(t, "good", "IP:127.0.0.1")
    port, seen = serve(sb, cert, key, ssl.TLSVersion.TLSv1_1)
    refused(p, port, seen, "TLS 1.1", cert)


def hang(port):
    """Sockets that make connections to ::1 hang at this port: the queue of the first is full."""
    full = socket.socket(socket.AF_INET6)
    full.bind(("::1", port))
    full.listen(0)
    others = []
    for _ in range(4):
        c = socket.socket(socket.AF_INET6)
        c.setblocking(False)
        c.connect_ex(full.getsockname())
        others.append(c)
    return [full, *others]


def test_ipv6_is_dead(t):
    """A name with an address of each kind, and only the one of IPv4 answers: the other refuses, or its connections hang."""
    sb, p = t.both(small_month(6, 1))
    cert, key = certificate(t, "good", "DNS:awork.test")
    port, _ = serve(sb, cert, key)
    hosts = os.path.join(t.folder("hosts"), "hosts")
    with open(hosts, "w", encoding="ascii") as f:
        f.write("::1 awork.test\n127.0.0.1 awork.test\n")
    p.prefix = ["unshare", "-m", "sh", "-c", f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh"]
    if subprocess.run([*p.prefix, "getent", "ahostsv6", "awork.test"], capture_output=True, check=False).returncode != 0:
        raise Skip("no mount namespace for a hosts file of its own (root), or no IPv6 on loopback")
    p.configure({"awork": {"base_url": f"https://awork.test:{port}/api/v1", "ca_file": cert, "retry_minutes": "0"}})
    for dead in (lambda: [], lambda: hang(port)):
        held = dead()
        r = p.run(code=0)
        check(r.seconds < 20, f"{r.seconds} s")
        for s in held:
            s.close()
        equal(len(sb.billed()), 6, "billed")
        sb.reset()
        shutil.rmtree(p.out)
        os.mkdir(p.out, 0o750)
        os.unlink(p.ledger)


def test_a_missing_authority_file(t):
    sb, p = t.both(small_month(6, 1))
    port, seen = serve(sb, *certificate(t, "good", "IP:127.0.0.1"))
    p.configure({"awork": {"base_url": f"https://127.0.0.1:{port}/api/v1", "ca_file": "nowhere.pem", "retry_minutes": "0"}})
    r = p.run()
    check(r.code in (66, 69, 78) and seen == [], f"{r}")
    check("nowhere.pem" in r.err, f"the file is not named: {r.err}")
    equal(p.runs(), [], "folders")

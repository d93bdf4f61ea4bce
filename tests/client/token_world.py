"""What the tests of pamjwt-token need: a person's machine with ssh keys and an agent, a real provider, a broken one."""
import base64
import contextlib
import html
import http.cookiejar
import http.server
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

import jwt
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from jwcrypto import jwk

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent / "tools/machine"), str(TESTS / "system")]
import host  # noqa: E402
import provider as provider_module  # noqa: E402

TOKEN = os.environ.get("PAMJWT_TOKEN_PROGRAM", "pamjwt-token")
KEY_TYPES = {"ed25519": ["-t", "ed25519"], "ecdsa-256": ["-t", "ecdsa", "-b", "256"], "ecdsa-384": ["-t", "ecdsa", "-b", "384"],
             "ecdsa-521": ["-t", "ecdsa", "-b", "521"], "rsa": ["-t", "rsa", "-b", "2048"]}
AUTHENTICATOR = os.environ.get("PAMJWT_AUTHENTICATOR", "authenticator.so")
FIDO_TYPES = {"sk-ed25519": ["-t", "ed25519-sk", "-w", AUTHENTICATOR], "sk-ecdsa": ["-t", "ecdsa-sk", "-w", AUTHENTICATOR]}
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def thumbprint(public_file):
    """RFC 7638, by jwcrypto and cryptography: the judge of ours."""
    return jwk.JWK.from_pyca(load_ssh_public_key(pathlib.Path(public_file).read_bytes())).thumbprint()


def start_provider(folder, robot_key, **how):
    """The real oidc-provider, with clients of every kind."""
    ca = host.CertificateAuthority(folder / "ca")
    public = robot_key.export_public(as_dict=True)
    clients = [
        {"client_id": "laptop", "token_endpoint_auth_method": "none", "grant_types": [DEVICE, "refresh_token"]},
        {"client_id": "robot", "client_secret": "s3cret/+ :", "grant_types": ["client_credentials"]},
        {"client_id": "nonce-robot", "client_secret": "s3cret", "grant_types": ["client_credentials"]},
        {"client_id": "posting-robot", "client_secret": "s3cret", "token_endpoint_auth_method": "client_secret_post",
         "grant_types": ["client_credentials"]},
        {"client_id": "key-robot", "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [public]},
         "token_endpoint_auth_signing_alg": "ES256", "grant_types": ["client_credentials"]},
        {"client_id": "broker", "client_secret": "s3cret", "grant_types": [EXCHANGE]},
    ]
    running = provider_module.Provider(ca, folder / "provider", f"https://127.0.0.1:{free_port()}", clients, **how)
    running.start()
    return running


@contextlib.contextmanager
def shifted_provider(folder, robot_key, shift):
    """A provider without nonces whose clock is wrong."""
    library = subprocess.run(["faketime", "-f", "+0", "printenv", "LD_PRELOAD"], stdout=subprocess.PIPE, text=True, check=True).stdout
    running = start_provider(folder / "shifted", robot_key, nonces=False,
                             env={"LD_PRELOAD": library.strip(), "FAKETIME": shift, "FAKETIME_DONT_FAKE_MONOTONIC": "1"})
    try:
        yield running
    finally:
        running.stop()


class Machine:
    """A user's machine: a home, a runtime directory, an ssh-agent if one was started, client.conf."""

    def __init__(self, folder, ca_file):
        self.folder = folder
        self.ca_file = ca_file
        self.runtime = folder / "runtime"
        self.runtime.mkdir(mode=0o700)
        self.conf = folder / ".config" / "pamjwt" / "client.conf"
        self.conf.parent.mkdir(parents=True)
        self.env = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_RUNTIME_DIR": str(self.runtime), "LC_ALL": "C.UTF-8"}
        self.agent = None

    def start_agent(self):
        path = self.folder / "agent"
        self.agent = subprocess.Popen(["ssh-agent", "-D", "-P", AUTHENTICATOR, "-a", str(path)], stdout=subprocess.DEVNULL)
        self.env["SSH_AUTH_SOCK"] = str(path)
        host.wait_for("the agent", lambda: self.listens(path))

    @staticmethod
    def listens(path):
        """The socket is there a moment before the agent listens on it."""
        with socket.socket(socket.AF_UNIX) as s:
            return s.connect_ex(str(path)) == 0

    def stop_agent(self):
        if self.agent:
            self.agent.terminate()
            self.agent.wait()
            self.agent = None

    def key(self, kind, name="id", passphrase=""):
        path = self.folder / f"{name}-{kind}"
        host.run("ssh-keygen", "-q", *{**KEY_TYPES, **FIDO_TYPES}[kind], "-N", passphrase, "-f", path)
        return path

    def add(self, *args):
        host.run("ssh-add", "-q", "-S", AUTHENTICATOR, *args, env=self.env)

    def secret(self, name, text):
        return host.write(self.folder / name, text, 0o600)

    def write_conf(self, issuer, section=None, **hosts):
        """[issuer/acme] of these options, and [host/NAME] of hosts."""
        hosts = {name: {"issuer": "acme", "match": "*.acme.example", "resource": "ssh://%h", **more} for name, more in hosts.items()}
        sections = {"issuer/acme": {"ca_file": self.ca_file, **issuer}, **{f"host/{name}": more for name, more in hosts.items()},
                    **(section or {})}
        text = "\n".join(f"[{name}]\n" + "".join(f"{k} = {v}\n" for k, v in more.items()) for name, more in sections.items())
        host.write(self.conf, text, 0o600)

    def start(self, *args, **env):
        return subprocess.Popen([TOKEN, *args], env={**self.env, **env}, stdin=subprocess.DEVNULL, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *args, wrapper=(), **env):
        return subprocess.run([*wrapper, TOKEN, *args], env={**self.env, **env}, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)

    def token(self, *args, name="db1.acme.example", **env):
        """The token for a host; it must be given."""
        done = self.run("--host", name, *args, **env)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def refused(self, *args, name="db1.acme.example", status=1, **env):
        """The error if there is no token: one sentence on one line."""
        done = self.run("--host", name, *args, **env)
        assert (done.returncode, done.stdout) == (status, ""), done.stdout + done.stderr
        assert done.stderr.startswith("pamjwt-token: ") and done.stderr.count("\n") == 1, done.stderr
        return done.stderr

    def kept(self):
        return [p for p in self.runtime.rglob("kept-*") if not p.name.endswith(".lock")]


class Browser:
    """A browser without a face: cookies, forms, redirects. It opens the URL of a device code and does what a person does."""

    def __init__(self, ca_file):
        context = ssl.create_default_context(cafile=str(ca_file))
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context),
                                                  urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.url = self.page = None

    def open(self, url, fields=None):
        data = urllib.parse.urlencode(fields).encode() if fields is not None else None
        with self.opener.open(urllib.request.Request(url, data=data, headers={"Accept": "text/html"}), timeout=20) as reply:
            self.url, self.page = reply.url, reply.read().decode()

    def submit(self, **fields):
        """The page's form, with these fields filled in besides its own hidden ones."""
        action = re.search(r'<form[^>]*action="([^"]*)"', self.page)
        assert action, self.page
        hidden = {}
        for tag in re.findall(r"<input[^>]*>", self.page):
            name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
            if 'type="hidden"' in tag and name:
                hidden[name[1]] = html.unescape(value[1]) if value else ""
        self.open(urllib.parse.urljoin(self.url, html.unescape(action[1])), {**hidden, **fields})

    def approve(self, url, code, person):
        self.open(url)
        self.submit(user_code=code)
        self.submit()                                  # yes, this is the code that the device shows
        self.submit(login=person, password="whatever")
        self.submit()                                  # yes, the client may have that
        assert "Sign-in Success" in self.page, self.page

    def deny(self, url, code):
        self.open(url)
        self.submit(user_code=code)
        self.submit(abort="yes")


def read_code(process):
    """(url, code) out of what a person reads, and the text so far."""
    lines = []
    while True:
        line = process.stderr.readline()
        assert line, "".join(lines)
        lines.append(line)
        code = re.fullmatch(r"    ([A-Z0-9-]{6,20})\n", line)
        if code:
            return next(line.strip() for line in lines if line.startswith("    http")), code[1]


def finish(process):
    """(standard output, the rest of standard error) of one whose standard error was begun to be read."""
    err = process.stderr.read()
    out = process.stdout.read()
    process.wait(60)
    return out, err


class BrokenProvider:
    """An HTTPS provider that answers what a test wants: replies[path] is a list of (status, headers, body), the last repeats."""

    def __init__(self, certificate):
        self.port = free_port()
        self.issuer = f"https://127.0.0.1:{self.port}"
        self.requests = []  # (path, form, headers, time)
        self.replies = {"/.well-known/openid-configuration": [(200, {}, self.document())]}
        self.date = None
        self.forward = None  # answers a POST instead, given (path, headers, body)
        broken = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                broken.requests.append((self.path, dict(urllib.parse.parse_qsl(body)), dict(self.headers), time.monotonic()))
                if broken.forward and self.command == "POST":
                    status, headers, body = broken.forward(self.path, dict(self.headers), body)
                else:
                    waiting = broken.replies.get(self.path, [(404, {}, "no such page")])
                    status, headers, body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
                body = (json.dumps(body) if isinstance(body, dict) else body).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                with contextlib.suppress(OSError):
                    self.end_headers()
                    self.wfile.write(body)

            do_GET = do_POST = answer

            def date_time_string(self, timestamp=None):
                return super().date_time_string(broken.date or timestamp)

            def log_message(self, *args):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def document(self, **more):
        return {"issuer": self.issuer, "token_endpoint": f"{self.issuer}/token",
                "device_authorization_endpoint": f"{self.issuer}/device", **more}

    def says(self, path, *replies):
        """Bodies with status 200, or (status, body)."""
        self.replies[path] = [(reply[0], reply[2] if len(reply) > 2 else {}, reply[1]) if isinstance(reply, tuple) else (200, {}, reply)
                              for reply in replies]

    def asked(self, path):
        return [request for request in self.requests if request[0] == path]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class RepeatingProxy:
    """An HTTP proxy that opens TLS with the provider's own certificate and sends each POST on twice."""

    def __init__(self, provider):
        self.provider = provider
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*provider.certificate)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                one, _ = self.listener.accept()
                threading.Thread(target=self.one, args=(one,), daemon=True).start()

    @staticmethod
    def read_message(stream):
        """Head and body of a request or an answer, as they came."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = stream.recv(1)
            if not byte:
                return head
            head += byte
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        body = b""
        while length and len(body) < int(length[1]):
            body += stream.recv(65536)
        return head + body

    def one(self, connection):
        assert self.read_message(connection).startswith(b"CONNECT ")
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with self.context.wrap_socket(connection, server_side=True) as inside:
            request = self.read_message(inside)
            for _ in range(2 if request.startswith(b"POST") else 1):
                answer = self.ask(request)
            inside.sendall(answer)

    def ask(self, request):
        context = ssl.create_default_context(cafile=str(self.provider.ca.file))
        url = urllib.parse.urlsplit(self.provider.issuer)
        request = re.sub(rb"(?i)\r\nconnection: [^\r]*", b"", request).replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
        with context.wrap_socket(socket.create_connection((url.hostname, url.port)), server_hostname=url.hostname) as outside:
            outside.sendall(request)
            answer = b""
            while block := outside.recv(65536):
                answer += block
        return answer


def unsigned(ttl=300, **claims):
    """What pamjwt-token takes for a JWT: it judges no signature, the host does."""
    def part(data):
        return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")

    now = int(time.time())
    return f'{part({"alg": "ES256"})}.{part({"exp": now + ttl, "aud": "ssh://db1.acme.example", **claims})}.{"A" * 86}'

"""A throw-away certificate authority, a scripted identity provider, and the caller: keys_driver."""

import datetime
import http.server
import ipaddress
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from jwcrypto import jwk

BUILD = pathlib.Path(__file__).resolve().parents[2] / "build"
DRIVER = os.environ.get("PAMJWT_KEYS_DRIVER", str(BUILD / "tests/fetch/keys_driver"))
HELPER = os.environ.get("PAMJWT_FETCH", str(BUILD / "fetch/pamjwt-fetch"))
FETCH_UID = 64099
PUBLIC, ADDRESSES = "203.0.113.7", ["203.0.113.7", "10.9.8.7", "169.254.169.254", "fd00:9:8::7", "2001:db8::7"]
SLOW = bool(os.environ.get("PAMJWT_SLOW"))  # under a sanitizer


def root() -> bool:
    return os.geteuid() == 0


# ---- certificates ----


def _name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(ca):
    """Python 3.13 looks at it, as RFC 5280 section 4.2.1.3 has it."""
    return x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, content_commitment=False,
                         key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
                         decipher_only=False)


class Authority:
    """One CA and the server certificates that it signs, as files."""

    def __init__(self, folder: pathlib.Path, name="Throw-away CA"):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.subject = _name(name)
        self.cert = self._sign(self.subject, self.key, ca=True)
        self.file = folder / f"{name.split()[0]}.pem"
        self.file.write_bytes(self.cert.public_bytes(serialization.Encoding.PEM))

    def _sign(self, subject, key, ca=False, hosts=(), days=(-1, 30)):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days=days[0]))
            .not_valid_after(now + datetime.timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .add_extension(_usage(ca), critical=True)
        )
        if hosts:
            names = [
                x509.IPAddress(ipaddress.ip_address(h)) if h[0].isdigit() or ":" in h else x509.DNSName(h)
                for h in hosts
            ]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def server(self, hosts=("127.0.0.1", "localhost", *ADDRESSES), days=(-1, 30), self_signed=False) -> pathlib.Path:
        """A PEM file with certificate and key."""
        key = ec.generate_private_key(ec.SECP256R1())
        signer = self
        if self_signed:
            signer = Authority.__new__(Authority)
            signer.key, signer.subject = key, _name("self")
        cert = signer._sign(_name("self" if self_signed else hosts[0]), key, hosts=hosts, days=days)
        handle, path = tempfile.mkstemp(suffix=".pem", dir=self.folder)
        with os.fdopen(handle, "wb") as f:
            f.write(cert.public_bytes(serialization.Encoding.PEM))
            f.write(
                key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
        return pathlib.Path(path)


# ---- keys ----


def new_key(kid):
    return jwk.JWK.generate(kty="EC", crv="P-256", kid=kid)


def jwks(*kids) -> dict:
    return {"keys": [new_key(k).export_public(as_dict=True) for k in kids]}


# ---- the identity provider ----


class Answer:
    """What one path is answered with."""

    def __init__(self, body=b"", status=200, headers=None, delay=0.0, raw=None):
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.status = status
        self.headers = dict(headers or {})
        self.delay = delay
        self.raw = raw  # a function of the handler, for answers that are no HTTP


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        idp = self.server.idp
        with idp.mutex:
            idp.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
            answer = idp.answers.get(self.path, Answer(b"not here", 404))
        if answer.delay:
            time.sleep(answer.delay)
        try:
            if answer.raw:
                answer.raw(self)
                return
            etag = answer.headers.get("ETag")
            if etag and self.headers.get("If-None-Match") == etag:
                answer = Answer(b"", 304, answer.headers)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if "Content-Length" not in answer.headers:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
        except (OSError, ValueError):
            pass
        finally:
            self.close_connection = True


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def process_request(self, request, client_address):
        self.idp.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request, client_address):
        pass  # handshakes that fail are what some tests are about


def _server_class(address):
    return type("Server", (_Server,), {"address_family": socket.AF_INET6 if ":" in address else socket.AF_INET})


class Idp:
    """An issuer on https://127.0.0.1:PORT (or plain http, on a given port)."""

    def __init__(self, pem=None, port=0, tls=True, context=None, address="127.0.0.1"):
        self.requests, self.answers, self.mutex = [], {}, threading.Lock()
        self.server = _server_class(address)((address, port), _Handler)
        self.server.idp, self.connections = self, 0
        self.port = self.server.server_address[1]
        if tls:
            if context is None:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(pem)
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.url = f"{'https' if tls else 'http'}://{f'[{address}]' if ':' in address else address}:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        self.describe()
        self.keys("k1")

    def describe(self, **changes):
        document = {"issuer": self.url, "jwks_uri": self.url + "/jwks", **changes}
        self.answers["/.well-known/openid-configuration"] = Answer(document)

    def keys(self, *kids, **answer):
        self.answers["/jwks"] = Answer(jwks(*kids), **answer)

    def answer(self, *args, **kwargs):
        self.answers["/jwks"] = Answer(*args, **kwargs)

    def asked(self, path="/jwks") -> int:
        with self.mutex:
            return sum(1 for p, _ in self.requests if p == path)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


# ---- a host, and logins on it ----


class Host:
    """The directories of one host, and the settings of one issuer on it."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.cache, self.lock = folder / "cache", folder / "lock"
        self.cache.mkdir(mode=0o755)
        self.lock.mkdir(mode=0o700)
        self.settings = {"cache": self.cache, "lock": self.lock, "helper": HELPER, "min_refresh": 60}

    @property
    def file(self) -> pathlib.Path:
        return self.cache / "acme.json"

    def command(self, *flags, **settings):
        merged = {**self.settings, **settings}
        return [DRIVER, *(f"{k}={v}" for k, v in merged.items() if v is not None), *flags]

    def get(self, *flags, prefix=(), expect=0, **settings) -> dict:
        done = subprocess.run(
            [*prefix, *self.command(*flags, **settings)], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == expect, done.stderr
        result = json.loads(done.stdout)
        assert result["leaked_fds"] == 0
        assert not result["zombie"]
        assert result["changed_signals"] == 0
        return result

    def start(self, *flags, prefix=(), **settings) -> subprocess.Popen:
        return subprocess.Popen(
            [*prefix, *self.command(*flags, **settings)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def forget_attempts(self):
        """As if min_refresh had passed."""
        for note in self.lock.iterdir():
            note.unlink()

    def cached(self):
        """(first line, key set) of the cache file, or None."""
        if not self.file.exists():
            return None
        first, second = self.file.read_text().splitlines()
        return json.loads(first), json.loads(second)

    def cached_kids(self):
        content = self.cached()
        return [k["kid"] for k in content[1]["keys"]] if content else None


def wait_for(condition, seconds=5):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen"
        time.sleep(0.01)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def temporary_folder() -> pathlib.Path:
    """Readable on the way down, since the helper is another user."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="pjwt-fetch-"))
    path.chmod(0o755)
    return path


def remove(path: pathlib.Path):
    shutil.rmtree(path, ignore_errors=True)

"""oidc-provider as a process, and tokens from it by client credentials."""
import base64
import json
import pathlib
import ssl
import subprocess
import time
import urllib.parse
import urllib.request

import jwt
from jwcrypto import jwk

import host

FOLDER = pathlib.Path(__file__).parent / "oidc-provider"
KEY_KINDS = (
    {"kty": "RSA", "size": 2048, "alg": "RS256"},
    {"kty": "EC", "crv": "P-256", "alg": "ES256"},
    {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA"},
)


def new_keys(generation):
    """Private keys, one an algorithm; the generation is in their kid, so that a rotation changes every kid."""
    return [jwk.JWK.generate(use="sig", kid=f"{kind['alg']}-{generation}", **kind) for kind in KEY_KINDS]


class Provider:
    def __init__(self, ca, folder, issuer=host.ISSUER, clients=None, nonces=True, env=None):
        """clients: further ones, as RFC 7591 describes them; nonces: for DPoP proofs; env: variables more."""
        self.issuer = issuer
        self.name = urllib.parse.urlsplit(issuer).hostname
        self.ca = ca
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.certificate = ca.certificate(self.name)
        self.keys = new_keys(1)
        self.clients = clients
        self.nonces = nonces
        self.env = env or {}
        self.process = None

    def start(self):
        """Starts it with self.keys; does nothing when it runs."""
        if self.process:
            return
        text = json.dumps({"keys": [key.export(as_dict=True) for key in self.keys]})
        jwks = host.write(self.folder / "keys.json", text, 0o600)
        command = ["node", FOLDER / "provider.mjs", self.issuer, *self.certificate, jwks]
        if self.clients:
            command.append(host.write(self.folder / "clients.json", json.dumps(self.clients), 0o600))
            command += [] if self.nonces else ["no-nonces"]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=open(self.folder / "provider.log", "a"), text=True,
            env={"PATH": "/usr/bin:/bin", "NODE_ENV": "production", **self.env})
        first = self.process.stdout.readline()
        assert first.strip() == "ready", (self.folder / "provider.log").read_text()

    def stop(self):
        """The endpoint is down from here on."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    def rotate(self, generation):
        """New keys; the old ones are withdrawn."""
        self.stop()
        self.keys = new_keys(generation)
        self.start()

    def _open(self, url, data=None, headers=None):
        context = ssl.create_default_context(cafile=str(self.ca.file))
        request = urllib.request.Request(url, data=data, headers=headers or {})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                             urllib.request.HTTPSHandler(context=context))
        with opener.open(request, timeout=20) as reply:
            return json.load(reply)

    def token(self, person, *, audience=f"ssh://{host.HOSTNAME}", alg="ES256", ttl=300, **claims):
        """A JWT access token for a person (alice, bob, mallory, root, nobody-here)."""
        basic = base64.b64encode(f"{person}:{person}".encode()).decode()
        form = urllib.parse.urlencode({"grant_type": "client_credentials", "resource": audience}).encode()
        headers = {"Authorization": f"Basic {basic}", "x-alg": alg, "x-ttl": str(ttl), "x-claims": json.dumps(claims)}
        return self._open(f"{self.issuer}/token", form, headers)["access_token"]


class KeysEndpoint:
    """An issuer of our own: signs with PyJWT, serves its key set by an Endpoint that can also answer nonsense."""

    issuer = "https://keys.acme.example"
    path = "/certs"

    def __init__(self, ca):
        self.certificate = ca.certificate("keys.acme.example")
        self.key = jwk.JWK.generate(kty="EC", crv="P-256", alg="ES256", use="sig", kid="key-1")
        self.endpoint = None

    def __enter__(self):
        self.endpoint = host.Endpoint(self.certificate)
        self.serve_keys()
        return self

    def __exit__(self, *_):
        self.down()

    def down(self):
        if self.endpoint:
            self.endpoint.close()
            self.endpoint = None

    def serve_keys(self, **headers):
        self.endpoint.json(self.path, json.dumps({"keys": [self.key.export_public(as_dict=True)]}), **headers)

    def conf(self, **options):
        """Configuration text: this issuer, and a grant for all users by sub."""
        options = {"issuer": self.issuer, "audience": "ssh://%h", "jwks": self.issuer + self.path,
                   "ca_file": "/etc/ssl/throwaway/ca.pem", "timeout": "3s", **options}
        return "\n".join(["[issuer/keys]", *(f"{k} = {v}" for k, v in options.items()), "",
                          "[grant/all]", "issuer = keys", "services = sshd sudo su", ""])

    def token(self, sub, key=None, ttl=300, **claims):
        key = key or self.key
        now = int(time.time())
        body = {"iss": self.issuer, "sub": sub, "aud": f"ssh://{host.HOSTNAME}", "iat": now, "exp": now + ttl, **claims}
        return jwt.encode(body, key.export_to_pem(private_key=True, password=None), "ES256", {"kid": key["kid"]})

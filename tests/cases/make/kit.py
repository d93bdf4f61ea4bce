"""What the makers of cases share: the usual token, the usual keys, and writing a case as a folder of small files."""
import json
import pathlib

import jose

HERE = pathlib.Path(__file__).resolve().parent
NOW = 1700000000
ISSUER = "https://issuer.example"
AUDIENCE = "ssh://host.example"
KEYS = json.loads((HERE / "private-keys.json").read_text())
RING = ("rsa", "p256", "p384", "p521", "k256", "ed25519", "ed448")
HMACS = ("hs256", "hs384", "hs512")

CLAIMS = {"iss": ISSUER, "sub": "alice", "aud": AUDIENCE, "iat": NOW - 60, "exp": NOW + 300}


def claims(**changes):
    """The usual claims with some changed, added, or (None) left out. NULL stands for JSON's null."""
    out = {**CLAIMS, **changes}
    return {k: (None if v is NULL else v) for k, v in out.items() if v is not None}


class NULL:  # noqa: D101  (a claim that is JSON null; None means: not there)
    pass


def ring(*names):
    return jose.jwks(*(jose.public(KEYS[name]) for name in names or RING))


def signed(payload=None, key="p256", alg="ES256", header=None, **more):
    """The usual token: by P-256 and with its kid, unless said otherwise. header replaces the whole header."""
    if header is None:
        header = {"alg": alg, "kid": key, **more}
        header = {k: v for k, v in header.items() if v is not None}
    return jose.token(KEYS[key], header, claims() if payload is None else payload, alg)


class Cases:
    """Collects cases of one folder; files that are the same as the folder's defaults are simply not given."""

    def __init__(self):
        self.files = {}

    def put(self, path, content):
        content = jose.as_bytes(content)
        assert path not in self.files, f"two cases of one name: {path}"
        self.files[path] = content

    def default(self, folder, **files):
        for name, content in files.items():
            self.put(f"{folder}/{name}", content)

    def add(self, name, about, expect, ids="", **files):
        """
        name: FOLDER/CASE. expect: the reason, then a piece of the detail or a further demand a line.
        ids: of docs/attacks.md; the second line of `about`. files: token, keys, options and so on; None leaves one out.
        """
        self.put(f"{name}/about", about + "\n" + (ids + "\n" if ids else ""))
        self.put(f"{name}/expect", expect if expect.endswith("\n") else expect + "\n")
        for file, content in files.items():
            if content is None:
                continue
            content = jose.as_bytes(content)
            if file in ("token", "json", "now") or (file == "options" and not content.endswith(b"\n")):
                content += b"\n"  # one final newline, which the runner takes off again
            self.put(f"{name}/{file}", content)

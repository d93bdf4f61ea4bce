"""The real binary, run as a user would run it."""

import json
import os
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
PAMJWT = os.environ["PAMJWT"]

# Every algorithm that OpenSSL 3.0 has. PyJWT 2.6 knows neither Ed25519 nor Ed448 as names of an algorithm.
ALGS = ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
        "ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519", "Ed448"]


class Result:
    def __init__(self, process):
        self.status = process.returncode
        self.out = process.stdout.decode("utf-8", "surrogateescape")
        self.err = process.stderr.decode("utf-8", "surrogateescape")

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def line(self):
        assert self.out.endswith("\n"), self.out
        return self.out[:-1]


@pytest.fixture(scope="session")
def pamjwt():
    """pamjwt("decode", token, ..., input=..., status=...) runs the command and checks its exit status."""
    def run(*args, input=b"", status=0, **kwargs):
        if isinstance(input, str):
            input = input.encode()
        if "stdin" not in kwargs:
            kwargs["input"] = input
        result = Result(subprocess.run([PAMJWT, *map(str, args)], capture_output=True, timeout=60, **kwargs))
        assert result.status == status, f"{args}: status {result.status}\n{result.out}\n{result.err}"
        return result
    return run


@pytest.fixture(scope="session")
def keys(tmp_path_factory, pamjwt):
    """One private JWK file an algorithm, made once by `keygen`."""
    folder = tmp_path_factory.mktemp("keys")
    made = {}
    for alg in ALGS:
        path = folder / f"{alg}.jwk"
        bits = ["--bits", "2048"] if alg[:2] in ("RS", "PS") else []
        pamjwt("keygen", "--alg", alg, "--kid", f"key-{alg}", "--out", path, *bits)
        made[alg] = path
    return made


@pytest.fixture(scope="session")
def auth0():
    """A real token of a real provider, with its key set."""
    return HERE / "data" / "auth0-token.txt", HERE / "data" / "auth0-jwks.json"

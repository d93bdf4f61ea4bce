"""What bench.py measures in one process: the programs that verify, and the tokens and keys that they are given."""
import json
import subprocess
import time

import host
import jwt
from jwcrypto import jwk

from names import AUDIENCE, ISSUER

ALGORITHMS = {
    "RS256": {"kty": "RSA", "size": 2048}, "PS256": {"kty": "RSA", "size": 2048}, "ES256": {"kty": "EC", "crv": "P-256"},
    "ES384": {"kty": "EC", "crv": "P-384"}, "EdDSA": {"kty": "OKP", "crv": "Ed25519"}, "HS256": {"kty": "oct", "size": 256}}


class Contender:
    """A program that answers lines `ALG SECONDS` with a rate."""

    def __init__(self, argv):
        self.process = subprocess.Popen([str(a) for a in argv], text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def rate(self, alg, seconds):
        self.process.stdin.write(f"{alg} {seconds}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        return None if answer in ("", "none") else float(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def write_cases(world, folder):
    folder.mkdir(mode=0o700)
    for alg, kind in ALGORITHMS.items():
        key = jwk.JWK.generate(**kind, kid="k", alg=alg)
        secret = alg == "HS256"
        material = jwt.utils.base64url_decode(key["k"]) if secret else key.export_to_pem(private_key=True, password=None)
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": now, "exp": now + 36000, "jti": "4711",
                  "groups": ["staff", "linux-users"]}
        (folder / f"{alg}.token").write_text(jwt.encode(claims, material, alg, {"kid": "k"}))
        (folder / f"{alg}.jwk").write_text(key.export(private_key=secret))
        if secret:
            (folder / f"{alg}.secret").write_bytes(material)
        else:
            (folder / f"{alg}.pem").write_bytes(key.export_to_pem())
    make_ml_dsa(world, folder)


def make_ml_dsa(world, folder):
    """Only where OpenSSL knows it (3.5): our own command signs, since PyJWT cannot."""
    private = folder / "ML-DSA-65.private"
    made = subprocess.run(["openssl", "genpkey", "-algorithm", "ML-DSA-65", "-out", private], stderr=subprocess.DEVNULL)
    if made.returncode != 0:
        return
    host.run("openssl", "pkey", "-in", private, "-pubout", "-out", folder / "ML-DSA-65.pem")
    jwks = host.run("pamjwt", "keys", folder / "ML-DSA-65.pem", "--public").stdout
    (folder / "ML-DSA-65.jwk").write_text(jwks)
    now = int(time.time())
    claims = json.dumps({"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": now, "exp": now + 36000})
    token = host.run("pamjwt", "encode", "-", "--key", private, "--alg", "ML-DSA-65", input=claims).stdout.strip()
    (folder / "ML-DSA-65.token").write_text(token)
    ALGORITHMS["ML-DSA-65"] = {}

"""An issuer without an endpoint: its keys lie in a file, its tokens have any length and any claims."""
import json
import time

import jwt
from jwcrypto import jwk

import host

ISSUER = "https://local.acme.example"
KEYS = "/etc/security/local-jwks.json"
SECTION = f"""\
[issuer/local]
issuer = {ISSUER}
audience = ssh://%h
jwks = file://{KEYS}
leeway = 0s
"""
GRANT = """\
[grant/local]
issuer = local
services = sshd sudo sudo-i su
"""


class LocalIssuer:
    def __init__(self):
        self.key = jwk.JWK.generate(kty="EC", crv="P-256", kid="local")
        host.write(KEYS, json.dumps({"keys": [self.key.export_public(as_dict=True)]}))

    def _sign(self, claims, header):
        pem = self.key.export_to_pem(private_key=True, password=None)
        return jwt.encode(claims, pem, "ES256", {"kid": "local", **header})

    def token(self, sub, *, length=None, ttl=300, **claims):
        """A token, with exactly `length` bytes if one is given."""
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": f"ssh://{host.HOSTNAME}", "sub": sub, "iat": now, "exp": now + ttl, **claims}
        if length is None:
            return self._sign(claims, {})
        for header_pad in range(4):  # base64url has no lengths of 4n+1: another header reaches the others
            missing = length - len(self._sign({**claims, "pad": ""}, {"x": "y" * header_pad}))
            for pad in range(max(0, missing * 3 // 4 - 3), missing * 3 // 4 + 4):
                token = self._sign({**claims, "pad": "x" * pad}, {"x": "y" * header_pad})
                if len(token) == length:
                    return token
        raise AssertionError(f"no token has {length} bytes")


def parts(token):
    """A token as pamjwt-askpass sends it: II/NN: and 500 bytes each; the last is shorter, if need be empty."""
    count = len(token) // 500 + 1
    return [f"{i + 1:02}/{count:02}:{token[500 * i:500 * (i + 1)]}" for i in range(count)]

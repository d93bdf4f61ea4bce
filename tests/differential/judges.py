"""Three judges of one token: the library (ctypes), PyJWT and jwcrypto. Each answers (accepted, word, claims)."""
import calendar
import ctypes
import datetime
import json
import time
import warnings

import jwcrypto.jwk
import jwcrypto.jws
import jwcrypto.jwt
import jwt
import jwt.api_jwt
from jwt.algorithms import get_default_algorithms

from generate import LEEWAY
from jose import PRIVATE
from kit import AUDIENCE, ISSUER, NOW

warnings.simplefilter("ignore")


class FixedDatetime(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.datetime.fromtimestamp(NOW, tz)


jwt.api_jwt.datetime = FixedDatetime
jwcrypto.jwt.time = type("time", (), {"time": staticmethod(lambda: NOW)})
assert calendar.timegm(FixedDatetime.now(datetime.timezone.utc).utctimetuple()) == NOW and time.time() > NOW


class Ours:
    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        for name in ("ours_judge", "ours_json"):
            getattr(self.lib, name).restype = ctypes.c_char_p
        self.detail = ctypes.create_string_buffer(1024)
        self.out = ctypes.create_string_buffer(1 << 20)

    def judge(self, case, flags=0):
        keys = json.dumps(case.jwks).encode()
        word = self.lib.ours_judge(case.token, ctypes.c_size_t(len(case.token)), keys, ctypes.c_size_t(len(keys)), " ".join(case.allowed).encode(),
                                   ISSUER.encode(), AUDIENCE.encode(), ctypes.c_int64(LEEWAY), ctypes.c_int64(NOW), ctypes.c_uint(flags), self.detail, self.out,
                                   ctypes.c_size_t(len(self.out))).decode()
        return word == "ok", word, json.loads(self.out.value) if word == "ok" else self.detail.value.decode(errors="replace")

    def json(self, text):
        word = self.lib.ours_json(text, ctypes.c_size_t(len(text)), self.detail, self.out, ctypes.c_size_t(len(self.out))).decode()
        return word == "ok", self.out.value if word == "ok" else self.detail.value.decode(errors="replace")


KNOWN = set(get_default_algorithms()) - {"none"}
CACHE = {}


def cached(kind, make, jwk):
    """Keys are made once: RSA and EC checks cost more than all the rest."""
    name = kind + json.dumps(jwk, sort_keys=True)
    if name not in CACHE:
        try:
            CACHE[name] = make(jwk)
        except Exception as error:  # noqa: BLE001  (both libraries throw all kinds)
            CACHE[name] = error
    return CACHE[name]


def usable(kind, make, keys, kid):
    """As PyJWKClient picks: the key of this kid; without one, all. Keys that the library cannot read are left out."""
    out = []
    for jwk in keys:
        key = cached(kind, make, jwk)
        if not isinstance(key, Exception) and (kid is None or jwk.get("kid") == kid):
            out.append(key)
    return out


def first_that_holds(keys, verify):
    error = KeyError("no key")
    for key in keys:
        try:
            return True, "ok", verify(key)
        except Exception as e:  # noqa: BLE001
            error = e
    return False, type(error).__name__, str(error)[:100]


def pyjwt(case):
    def make(jwk):
        public = {k: v for k, v in jwk.items() if k not in PRIVATE or jwk.get("kty") == "oct"}  # it takes no private key to verify
        return jwt.PyJWK(public, algorithm="EdDSA" if jwk.get("kty") == "OKP" else None).key

    def verify(key):
        return jwt.decode(case.token.decode("latin-1"), key, algorithms=[a for a in case.allowed if a in KNOWN], audience=AUDIENCE, issuer=ISSUER, leeway=LEEWAY,
                          options={"require": ["exp", "iss", "aud"]})
    try:
        kid = jwt.get_unverified_header(case.token.decode("latin-1")).get("kid")
    except Exception as error:  # noqa: BLE001
        return False, type(error).__name__, str(error)[:100]
    return first_that_holds(usable("pyjwt", make, case.keys, kid), verify)


def jwcrypto_(case):
    def verify(key):
        token = jwcrypto.jwt.JWT(algs=case.allowed, check_claims=False)
        token.leeway = LEEWAY
        token.deserialize(case.token.decode("latin-1"), key)
        claims = json.loads(token.claims)
        token._check_claims = {"iss": ISSUER, "aud": AUDIENCE, "exp": None, **({"nbf": None} if "nbf" in claims else {})}
        token._check_provided_claims()
        return claims

    try:
        jws = jwcrypto.jws.JWS()
        jws.deserialize(case.token.decode("latin-1"))
        kid = jws.jose_header.get("kid")
    except Exception as error:  # noqa: BLE001
        return False, type(error).__name__, str(error)[:100]
    return first_that_holds(usable("jwcrypto", lambda jwk: jwcrypto.jwk.JWK(**jwk), case.keys, kid), verify)

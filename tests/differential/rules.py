"""Where we are stricter than a judge, or know more: every allowed disagreement has a rule here, and a rule looks at the
token and the keys by itself before it excuses anything. README.md has the same rules in words."""
import base64
import json
import math
import re

from generate import ALL, LEEWAY
from kit import AUDIENCE, ISSUER, NOW

CURVE_OF = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "ES256K": "secp256k1", "Ed25519": "Ed25519", "Ed448": "Ed448"}
KTY_OF = {"R": "RSA", "P": "RSA", "E": "EC", "H": "oct"}
SIZES = {"P-256": 32, "P-384": 48, "P-521": 66, "secp256k1": 32, "Ed25519": 32, "Ed448": 57}


def canonical(text):
    """Is this strict base64url?"""
    if not re.fullmatch(rb"[A-Za-z0-9_-]*", text) or len(text) % 4 == 1:
        return False
    return base64.urlsafe_b64encode(base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))).rstrip(b"=") == text


def lenient(part):
    part = re.sub(rb"[^A-Za-z0-9_+/-]", b"", part).replace(b"+", b"-").replace(b"/", b"_")
    part = part[:-1] if len(part) % 4 == 1 else part
    return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))


class NotStrict(ValueError):
    pass


def pairs(items):
    out = dict(items)
    if len(out) != len(items):
        raise NotStrict("duplicate")
    return out


def integer(text):
    value = int(text)
    if not -2**63 <= value < 2**63:
        raise NotStrict("integer")
    return value


def fraction(text):
    value = float(text)
    if math.isinf(value):
        raise NotStrict("infinite")
    return value


def constant(text):
    raise NotStrict(text)


def walk(value, depth=1):
    if isinstance(value, (dict, list)) and depth > 16:
        raise NotStrict("depth")
    if isinstance(value, dict):
        for k, v in value.items():
            walk(k)
            walk(v, depth + 1)
    elif isinstance(value, list):
        for v in value:
            walk(v, depth + 1)
    elif isinstance(value, str):
        value.encode()  # a lone surrogate raises
        if "\x00" in value:
            raise NotStrict("NUL")


def strict_object(data):
    """Python's reading of exactly the JSON that we take; raises for anything else."""
    text = data.decode("utf-8")
    if text.startswith("\ufeff"):
        raise NotStrict("BOM")
    value = json.loads(text, object_pairs_hook=pairs, parse_int=integer, parse_float=fraction, parse_constant=constant)
    if not isinstance(value, dict):
        raise NotStrict("no object")
    walk(value)
    return value


def is_strict(data):
    try:
        strict_object(data)
    except (ValueError, RecursionError):
        return False
    return True


class Seen:
    """A token as the most lenient reader would see it."""

    def __init__(self, case):
        self.case = case
        self.parts = case.token.split(b".")
        self.raw = [lenient(p) for p in self.parts[:3]] + [b""] * 3
        self.header, self.claims = self.load(0), self.load(1)
        kid = self.header.get("kid")
        self.picked = [k for k in case.keys if kid is None or k.get("kid") == kid]

    def load(self, i):
        try:
            value = json.loads(self.raw[i].decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            value = None
        return value if isinstance(value, dict) else {}


def b64_member(key, name):
    value = key.get(name)
    return isinstance(value, str) and canonical(value.encode())


def key_is_bad(key, keys):
    """A key that our rules refuse (design: RSA sizes, canonical numbers, use, key_ops, alg)."""
    alg, kty = key.get("alg"), key.get("kty")
    if "use" in key and key["use"] != "sig":
        return True
    if "key_ops" in key and (not isinstance(key["key_ops"], list) or "verify" not in key["key_ops"]):
        return True
    if "alg" in key and (not isinstance(alg, str) or not alg_fits(alg, key)):
        return True
    if "kid" in key and (not isinstance(key["kid"], str) or key["kid"] == ""):
        return True
    if "kid" in key and sum(k.get("kid") == key["kid"] and k.get("kty") == kty for k in keys) > 1:
        return True
    if kty == "RSA":
        if not (b64_member(key, "n") and b64_member(key, "e")):
            return True
        n = lenient(key["n"].encode())
        return n[:1] == b"\0" or lenient(key["e"].encode())[:1] == b"\0" or int.from_bytes(n, "big").bit_length() < 2048 or key.get("kid") == "roca"
    size = SIZES.get(key.get("crv"))
    if kty in ("EC", "OKP"):
        return any(not b64_member(key, m) or len(lenient(key[m].encode())) != size for m in (("x", "y") if kty == "EC" else ("x",)))
    return kty != "oct" or not b64_member(key, "k")


def alg_fits(alg, key):
    if alg in ("EdDSA", "Ed25519", "Ed448"):
        return key.get("kty") == "OKP" and (alg == "EdDSA" or key.get("crv") == alg)
    if alg not in ALL or KTY_OF[alg[0]] != key.get("kty"):
        return False
    if alg[0] == "H":
        return isinstance(key.get("k"), str) and len(lenient(key["k"].encode())) >= int(alg[2:]) // 8
    return alg not in CURVE_OF or key.get("crv") == CURVE_OF[alg]


def signs(key, case):
    """Is it the public half of the key that signed? A key that is left out as bad verifies nothing, kid or not."""
    from kit import KEYS
    value = lambda k, m: int.from_bytes(lenient(str(k.get(m)).encode()), "big") if k.get(m) else None  # noqa: E731
    return any(value(key, m) is not None and value(key, m) == value(KEYS[case.signer], m) for m in ("n", "x", "k"))


def number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def claim_types_are_wrong(claims):
    for name in ("exp", "nbf", "iat"):
        if name in claims and not (number(claims[name]) and 0 <= claims[name] < 253402300800):
            return True
    for name in ("iss", "sub", "jti"):
        if name in claims and (not isinstance(claims[name], str) or claims[name] == ""):
            return True
    aud = claims.get("aud", "x")
    items = aud if isinstance(aud, list) else [aud]
    return not items or any(not isinstance(a, str) or a == "" for a in items)


# Our reason -> what must be true of the token for the refusal to be right, though a judge accepts.
STRICTER = {
    "bad-base64url": lambda s: not all(canonical(p) for p in s.parts),
    "malformed": lambda s: len(s.parts) != 3 or b"" in s.parts,
    "too-long": lambda s: len(s.case.token) > 32768,
    "bad-json": lambda s: not (is_strict(s.raw[0]) and is_strict(s.raw[1])),
    "bad-header": lambda s: (any(n in s.header and not isinstance(s.header[n], str) for n in ("kid", "typ", "cty")) or "zip" in s.header or
                             s.header.get("kid") == "" or len(str(s.header.get("kid"))) > 1024 or str(s.header.get("cty")).upper() == "JWT"),
    "bad-crit": lambda s: "crit" in s.header,
    "bad-b64": lambda s: s.header.get("b64", True) is not True,
    "no-fitting-key": lambda s: not any(alg_fits(s.header.get("alg"), k) and k.get("alg", s.header.get("alg")) == s.header.get("alg") and
                                        not key_is_bad(k, s.case.keys) for k in s.picked),
    "bad-key": lambda s: any(key_is_bad(k, s.case.keys) for k in s.picked),
    "bad-keyset": lambda s: ({"oct"} < {k.get("kty") for k in s.case.keys} and bool({"RSA", "EC", "OKP", "AKP"} & {k.get("kty") for k in s.case.keys})) or
    all(key_is_bad(k, s.case.keys) for k in s.case.keys),
    "bad-signature": lambda s: "kid" not in s.header and any(signs(k, s.case) and (key_is_bad(k, s.case.keys) or k.get("alg", s.case.alg) != s.case.alg or
                                                                                    not alg_fits(s.case.alg, k))
                                                             for k in s.case.keys),
    "claim-type": lambda s: claim_types_are_wrong(s.claims),
    "claim-missing": lambda s: any(n not in s.claims for n in ("exp", "iss", "aud")),
    "expired": lambda s: math.floor(s.claims["exp"]) + LEEWAY <= NOW,
    "not-yet-valid": lambda s: math.ceil(s.claims["nbf"]) - LEEWAY > NOW,
    "issued-in-future": lambda s: math.floor(s.claims["iat"]) - LEEWAY > NOW,
    "bad-issuer": lambda s: s.claims["iss"] != ISSUER,
    "bad-audience": lambda s: AUDIENCE not in (s.claims["aud"] if isinstance(s.claims["aud"], list) else [s.claims["aud"]]),
    "bound": lambda s: "cnf" in s.claims,
    "unknown-kid": lambda s: not any(k.get("kid") == s.header.get("kid") for k in s.case.keys),
}

# A judge that refuses what we accept: why that is no fault of ours.
LOOSER = {
    "pyjwt": {
        "RFC 9864 names": lambda s: s.header.get("alg") in ("Ed25519", "Ed448"),
        "iat with a fraction": lambda s: isinstance(s.claims.get("iat"), float) and math.floor(s.claims["iat"]) <= NOW + LEEWAY < s.claims["iat"],
    },
    "jwcrypto": {
        "RFC 9864 names": lambda s: s.header.get("alg") in ("Ed25519", "Ed448"),
        "the claim typ must be a string": lambda s: "typ" in s.claims and not isinstance(s.claims["typ"], str),
        "a crv in a key type that has none": lambda s: any("crv" in k and k.get("kty") in ("RSA", "oct") for k in s.picked),
        "jwk, jku, x5u, x5c": lambda s: any(n in s.header for n in ("jwk", "jku", "x5u", "x5c")),
    },
}


def excuse(case, ours, judge, verdict):
    """The name of the rule that allows the disagreement, or None."""
    seen = Seen(case)
    if not ours[0]:
        try:
            return ours[1] if ours[1] in STRICTER and STRICTER[ours[1]](seen) else None
        except (KeyError, TypeError, ValueError):
            return None
    for name, holds in LOOSER[judge].items():
        if holds(seen):
            return f"{judge}: {name}"
    return None

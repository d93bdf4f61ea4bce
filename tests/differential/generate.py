"""Tokens by seed: good ones of every algorithm, and mutations of header, claims, encoding, signature and keys."""
import pathlib
import random
import sys

MAKE = pathlib.Path(__file__).resolve().parent.parent / "cases/make"
sys.path.insert(0, str(MAKE))

import jose  # noqa: E402
from kit import AUDIENCE, CLAIMS, ISSUER, KEYS, NOW  # noqa: E402

ALGS = {"rsa": ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"], "rsa-other": ["RS256", "PS256"], "rsa-e3": ["RS256"],
        "p256": ["ES256"], "p256-other": ["ES256"], "p384": ["ES384"], "p521": ["ES512"], "k256": ["ES256K"],
        "ed25519": ["EdDSA", "Ed25519"], "ed448": ["EdDSA", "Ed448"], "hs256": ["HS256"], "hs384": ["HS384"], "hs512": ["HS512"]}
ALL = sorted({a for algs in ALGS.values() for a in algs})
LEEWAY = 10


class Case:
    """What is judged. parts and signature stay apart until the end, so that a mutation can touch one of them."""

    def __init__(self, rng):
        self.rng = rng
        self.labels = []
        self.key = rng.choice(sorted(ALGS))
        self.alg = rng.choice(ALGS[self.key])
        self.signer = self.key
        self.sign_alg = self.alg
        family = ("hs256", "hs384", "hs512") if self.key.startswith("hs") else tuple(k for k in ALGS if not k.startswith("hs"))
        others = [k for k in family if k != self.key]
        chosen = [self.key] + rng.sample(others, rng.randrange(0, len(others)))
        rng.shuffle(chosen)
        self.keys = [jose.public(KEYS[k]) for k in chosen]
        self.header = {"alg": self.alg, "typ": "JWT"}
        if rng.random() < 0.7:
            self.header["kid"] = self.key
        if rng.random() < 0.2:
            self.header["x-" + self.word()] = self.value()
        self.claims = dict(CLAIMS)
        for _ in range(rng.randrange(0, 4)):
            self.claims["c-" + self.word()] = self.value()
        self.allowed = ALL if rng.random() < 0.8 else [self.alg] + rng.sample(ALL, 3)
        self.header_text = self.claims_text = None  # raw texts in place of the objects
        self.encode = jose.b64u  # of the payload; mutations of the encoding replace parts at the end
        self.change_signature = lambda s: s
        self.change_token = lambda t: t
        self.header_edit = self.claims_edit = lambda t: t

    def word(self):
        return "".join(self.rng.choice("abcdeXYZ019_\u00e4\u20ac") for _ in range(self.rng.randrange(1, 6)))

    def value(self, depth=0):
        r = self.rng
        kind = r.randrange(8 if depth < 3 else 6)
        if kind == 0:
            return r.choice([0, 1, -1, 2**31, -2**31, 2**53, 2**63 - 1, -2**63, r.randrange(10**9)])
        if kind == 1:
            return r.choice([0.5, -1.25, 1e20, 1e-7, 3.0])
        if kind == 2:
            return r.choice([True, False, None])
        if kind <= 5:
            return "".join(r.choice(["a", "B", " ", "\u00e4", "\u20ac", "\U0001f600", "\"", "\\", "/", "\n", "\x7f"]) for _ in range(r.randrange(8)))
        if kind == 6:
            return [self.value(depth + 1) for _ in range(r.randrange(4))]
        return {f"k{i}": self.value(depth + 1) for i in range(r.randrange(4))}

    def build(self):
        header = self.header_text if self.header_text is not None else jose.compact_json(self.header)
        claims = self.claims_text if self.claims_text is not None else jose.compact_json(self.claims)
        header, claims = self.header_edit(header), self.claims_edit(claims)
        message = jose.signing_input(header, claims)
        try:
            signature = jose.sign(KEYS[self.signer], self.sign_alg, message)
        except (KeyError, ValueError, OverflowError):
            signature = b"\1" * 64
        try:
            signature = self.change_signature(signature)
        except (OverflowError, ValueError):  # made for the signature of another key type, which a second mutation put here
            pass
        token = message + b"." + jose.b64u(signature).encode()
        self.token = self.change_token(token)
        self.jwks = jose.jwks(*self.keys)
        return self


# --- mutations: each takes the case and says in a word what it did ------------------------------------------------

def drop(d, k):
    d.pop(k, None)


HEADER = {
    "alg-other": lambda c: c.header.update(alg=c.rng.choice(ALL)),
    "alg-none": lambda c: c.header.update(alg=c.rng.choice(["none", "None", "NONE", "nOnE"])),
    "alg-odd": lambda c: c.header.update(alg=c.rng.choice(["foo", "", "HS1", "es256", "RS256 ", "A128KW", 1, None, ["ES256"]])),
    "alg-missing": lambda c: drop(c.header, "alg"),
    "kid-unknown": lambda c: c.header.update(kid=c.rng.choice(["nobody", c.key + " ", c.key.upper(), "../../dev/null"])),
    "kid-other": lambda c: c.header.update(kid=c.rng.choice(sorted(ALGS))),
    "kid-odd": lambda c: c.header.update(kid=c.rng.choice([1, None, [], {}, "", True, "x" * 2000])),
    "kid-none": lambda c: drop(c.header, "kid"),
    "typ": lambda c: c.header.update(typ=c.rng.choice(["at+jwt", "application/jwt", "", 1, None, "logout+jwt"])),
    "crit": lambda c: c.header.update(c.rng.choice([{"crit": ["x"], "x": 1}, {"crit": []}, {"crit": ["exp"], "exp": 1}, {"crit": "b64"},
                                                    {"crit": ["b64"], "b64": True}, {"crit": ["b64", "b64"], "b64": True}, {"crit": ["b64"]}, {"crit": None}])),
    "b64": lambda c: c.header.update(b64=c.rng.choice([True, False, "false", 0, None])),
    "own-key": lambda c: c.header.update(c.rng.choice([{"jwk": jose.public(KEYS["p256-other"])}, {"jku": "https://evil.example"}, {"x5u": "https://evil.example"},
                                                       {"x5c": ["AAAA"]}, {"x5t": "AAAA"}])),
    "cty-zip": lambda c: c.header.update(c.rng.choice([{"cty": "JWT"}, {"cty": "json"}, {"cty": 1}, {"zip": "DEF"}, {"enc": "A128GCM"}])),
    "not-object": lambda c: setattr(c, "header_text", c.rng.choice(["[]", "1", "null", '"x"', "", "{", "{}"])),
    "duplicate": lambda c: setattr(c, "header_edit", lambda t: t[:-1] + c.rng.choice([',"alg":"none"}', ',"\\u0061lg":"ES256"}', ',"typ":"x"}', ',"k":1,"k":1}'])),
    "spaces": lambda c: setattr(c, "header_edit", lambda t: " " + t.replace(",", " , ").replace(":", "\t:\r\n") + "\n"),
}
TIMES = [NOW, NOW - LEEWAY, NOW - LEEWAY + 1, NOW + LEEWAY, NOW + LEEWAY + 1, NOW - 1, NOW + 1, 0, -1, 1, 2**31, 2**32 + 1, 253402300799, 253402300800,
         2**53, 2**63 - 1, 2**63, 2**64, 1e300, NOW + 0.5, NOW - LEEWAY + 0.5, NOW + LEEWAY + 0.5, float(NOW), "1700000300", "x", "", None, True, False, [], {},
         [NOW + 300], (NOW + 300) * 1000]


def set_time(name):
    return lambda c: c.claims.update({name: c.rng.choice(TIMES)})


def raw_member(texts):
    return lambda c: setattr(c, "claims_edit", lambda t: t[:-1] + "," + c.rng.choice(texts) + "}")


CLAIM = {
    "exp": set_time("exp"), "nbf": set_time("nbf"), "iat": set_time("iat"),
    "exp-missing": lambda c: drop(c.claims, "exp"), "iss-missing": lambda c: drop(c.claims, "iss"), "aud-missing": lambda c: drop(c.claims, "aud"),
    "iss": lambda c: c.claims.update(iss=c.rng.choice([ISSUER + "/", ISSUER[:-1], ISSUER.upper(), "", None, 1, [ISSUER], {}, "x"])),
    "aud": lambda c: c.claims.update(aud=c.rng.choice([[AUDIENCE], ["x", AUDIENCE], [AUDIENCE, 1], [1], [], "", None, 0, {}, AUDIENCE + "x", [[AUDIENCE]], "x",
                                                       [AUDIENCE, ""], [AUDIENCE, None], True, {AUDIENCE: 1}])),
    "sub": lambda c: c.claims.update(sub=c.rng.choice(["", None, 1, 0, [], {}, True, "root", "x" * 300])),
    "sub-missing": lambda c: drop(c.claims, "sub"),
    "jti": lambda c: c.claims.update(jti=c.rng.choice(["x", "", 1, None, []])),
    "cnf": lambda c: c.claims.update(cnf=c.rng.choice([{"jkt": "x"}, {}, None, "x"])),
    "typ-claim": lambda c: c.claims.update(typ=c.rng.choice(["x", 1])),
    "not-object": lambda c: setattr(c, "claims_text", c.rng.choice(["[]", "1", "null", '"x"', "", "{", "{}", "{}{}", "x"])),
    "duplicate": raw_member(['"sub":"root"', '"s\\u0075b":"root"', '"exp":9999999999', '"a":{"b":1,"b":2}', '"aud":"x"']),
    "nul": raw_member(['"x":"a\\u0000b"', '"a\\u0000":1', '"x":"a\x00"']),
    "surrogate": raw_member(['"x":"\\ud800"', '"x":"\\udc00\\ud800"', '"x":"\\ud83d\\ude00"']),
    "numbers": raw_member(['"x":NaN', '"x":Infinity', '"x":1e400', '"x":9223372036854775808', '"x":01', '"x":1.', '"x":.5', '"x":+1', '"x":-0', '"x":1e5',
                           '"x":-9223372036854775808', '"x":1E-400', '"x":0x10', '"x":123456789012345678901234567890']),
    "syntax": raw_member(['"x":1,', "'x':1", "x:1", '"x":tru', '"x":[1,]', '"x":"\t"', '"x":"\\x"', '"x":{}}{', '"x":1/**/']),
    "depth": lambda c: setattr(c, "claims_edit", lambda t, n=c.rng.choice([10, 14, 15, 16, 30, 900]): t[:-1] + ',"x":' + "[" * n + "]" * n + "}"),
    "bad-utf8": lambda c: setattr(c, "claims_edit", lambda t, s=c.rng.choice([b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xc3"]):
                                  t.encode()[:-1] + b',"x":"' + s + b'"}'),
    "encoding": lambda c: setattr(c, "claims_edit", lambda t, e=c.rng.choice(["utf-16", "utf-16-le", "utf-32", "utf-8-sig"]): t.encode(e)),
    "spaces": lambda c: setattr(c, "claims_edit", lambda t: "\n\t " + t + " \r\n"),
    "wide": lambda c: c.claims.update({f"m{i}": i for i in range(c.rng.choice([100, 1000, 2400]))}),
    "long": lambda c: c.claims.update(x="a" * c.rng.choice([1000, 8000, 20000, 30000])),
}
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def in_part(c, change):
    """Changes one of the three parts of the finished token."""
    i = c.rng.randrange(3)

    def edit(token):
        parts = token.split(b".")
        parts[i] = change(parts[i])
        return b".".join(parts)
    c.change_token = edit


def spare(part):
    if len(part) % 4 == 0 or not part:
        return part
    return part[:-1] + ALPHABET[ALPHABET.index(chr(part[-1])) | (1 if len(part) % 4 == 3 else 5)].encode()


def insert(c, text):
    return lambda part, at=c.rng.random(): part[:int(at * len(part))] + text + part[int(at * len(part)):]


def as_json(token):
    parts = token.decode().split(".")
    return jose.compact_json({"protected": parts[0], "payload": parts[1], "signature": parts[2]}).encode()


ENCODING = {
    "padding": lambda c: in_part(c, lambda p: p + b"=" * (-len(p) % 4 or 1)),
    "spare-bits": lambda c: in_part(c, spare),
    "white-space": lambda c: in_part(c, insert(c, c.rng.choice([b" ", b"\n", b"\t", b"\r\n"]))),
    "odd-letter": lambda c: in_part(c, insert(c, c.rng.choice([b"?", b"#", b"\\", b"\xc3\xa4", b"%41", b"~", b"*"]))),
    "stray-letter": lambda c: in_part(c, lambda p: p + b"A"),
    "standard-alphabet": lambda c: setattr(c, "change_token", lambda t: t.replace(b"-", b"+").replace(b"_", b"/")),
    "around": lambda c: setattr(c, "change_token", lambda t, a=c.rng.choice([(b" ", b""), (b"", b"\n"), (b"", b" "), (b"Bearer ", b""), (b"", b"\r\n"),
                                                                             (b".", b""), (b"", b"."), (b"", b".AAAA")]): a[0] + t + a[1]),
    "cut": lambda c: setattr(c, "change_token", lambda t, at=c.rng.random(): t[:int(at * len(t))]),
    "part-gone": lambda c: in_part(c, lambda p: b""),
    "json": lambda c: setattr(c, "change_token", as_json),
    "byte": lambda c: setattr(c, "change_token", lambda t, at=c.rng.random(), b=c.rng.randrange(1, 128): flip(t, int(at * len(t)), b)),
    "two-parts": lambda c: setattr(c, "change_token", lambda t: b".".join(t.split(b".")[:2])),
}


def flip(data, at, mask=1):
    if not data:
        return data
    at %= len(data)
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1:]


def other_s(c):
    curve = KEYS[c.signer].get("crv")
    if curve not in jose.ORDERS:
        return
    width, order = jose.ec_width(curve), jose.ORDERS[curve]
    how = c.rng.randrange(5)

    def change(sig):
        r, s = int.from_bytes(sig[:width], "big"), int.from_bytes(sig[width:], "big")
        r, s = [(r, order - s), (s, r), (0, s), (r, 0), (r, order)][how]
        return jose.ecdsa_bytes(curve, r, s)
    c.change_signature = change


def der(c):
    curve = KEYS[c.signer].get("crv")
    if curve in jose.ORDERS:
        width = jose.ec_width(curve)
        c.change_signature = lambda s: jose.der(0x30, jose.der_integer(int.from_bytes(s[:width], "big")) + jose.der_integer(int.from_bytes(s[width:], "big")))


def plus_order(c):
    if KEYS[c.signer].get("crv") == "Ed25519":
        c.change_signature = lambda s: s[:32] + (int.from_bytes(s[32:], "little") + jose.ED25519_ORDER).to_bytes(33, "little")[:32]


def salt(c):
    if c.sign_alg.startswith("PS"):
        n = c.rng.choice([0, 20, 31, 33, 100])

        def change(_, key=c.signer, bits=c.sign_alg[2:]):
            return jose.rsa_raw(KEYS[key], int.from_bytes(jose.pss_block(KEYS[key], b"other message", bits, salt_len=n), "big"))
        c.change_signature = change


SIGNATURE = {
    "flip": lambda c: setattr(c, "change_signature", lambda s, at=c.rng.randrange(512): flip(s, at, 1 << at % 8)),
    "cut": lambda c: setattr(c, "change_signature", lambda s, n=c.rng.choice([1, 2, 16]): s[:-n]),
    "longer": lambda c: setattr(c, "change_signature", lambda s, w=c.rng.randrange(2): (b"\0" * w) + s + (b"\0" * (1 - w))),
    "zeros": lambda c: setattr(c, "change_signature", lambda s: bytes(len(s))),
    "ones": lambda c: setattr(c, "change_signature", lambda s: b"\xff" * len(s)),
    "empty": lambda c: setattr(c, "change_signature", lambda s: b""),
    "other-key": lambda c: setattr(c, "signer", c.rng.choice([k for k in ALGS if k != c.key and KEYS[k]["kty"] == KEYS[c.key]["kty"] and
                                                               KEYS[k].get("crv") == KEYS[c.key].get("crv")] or [c.key])),
    "other-alg": lambda c: setattr(c, "sign_alg", c.rng.choice(ALGS[c.key])),
    "other-s": other_s, "der": der, "plus-order": plus_order, "salt": salt,
}


def change_key(c, **changes):
    for i, key in enumerate(c.keys):
        if key.get("kid") == c.key:
            c.keys[i] = {k: v for k, v in {**key, **changes}.items() if v is not DROP}


DROP = object()


def longer(key, member):
    value = key.get(member)
    return {member: jose.b64u(b"\0" + jose.unb64u(value))} if isinstance(value, str) else {}


KEY = {
    "alg-same": lambda c: change_key(c, alg=c.alg),
    "alg-other": lambda c: change_key(c, alg=c.rng.choice(ALL + ["RSA-OAEP", "", 1, None])),
    "use": lambda c: change_key(c, use=c.rng.choice(["sig", "enc", "", 1, None])),
    "key-ops": lambda c: change_key(c, key_ops=c.rng.choice([["verify"], ["sign"], [], ["verify", "sign"], "verify", ["encrypt"], None])),
    "no-kid": lambda c: change_key(c, kid=DROP),
    "kid-odd": lambda c: change_key(c, kid=c.rng.choice([1, "", None, []])),
    "twice": lambda c: c.keys.append({**jose.public(KEYS["p256-other"]), "kid": c.key} if c.rng.random() < .5 else dict(c.keys[0])),
    "unknown-kty": lambda c: c.keys.insert(0, c.rng.choice([{"kty": "XYZ", "kid": "x"}, {}, {"kty": "AKP", "alg": "ML-DSA-65", "pub": "AAAA"}, {"kty": 1}])),
    "bad-beside": lambda c: c.keys.insert(0, c.rng.choice([{"kty": "RSA", "n": "AA", "e": "AQAB", "kid": "b"}, {"kty": "EC", "crv": "P-257", "x": "AA", "y": "AA"},
                                                           {"kty": "OKP", "crv": "X25519", "x": "AA"}])),
    "private": lambda c: change_key(c, **{k: v for k, v in KEYS[c.key].items() if k in jose.PRIVATE}),
    "oct-beside": lambda c: c.keys.append(jose.public(KEYS[c.rng.choice(["hs256", "p256"])], kid="beside")),
    "leading-zero": lambda c: change_key(c, **longer(KEYS[c.key], c.rng.choice(["n", "e", "x", "y"]))),
    "padded": lambda c: change_key(c, **{m: KEYS[c.key][m] + "=" for m in ("n", "x", "k") if m in KEYS[c.key]}),
    "wrong-curve": lambda c: change_key(c, crv=c.rng.choice(["P-256", "P-384", "P-521", "Ed25519", "Ed448", "secp256k1"])),
    "missing": lambda c: change_key(c, **{c.rng.choice(["n", "e", "x", "y", "k", "kty", "crv"]): DROP}),
    "gone": lambda c: setattr(c, "keys", [k for k in c.keys if k.get("kid") != c.key] or [jose.public(KEYS["p256"], kid="left")]),
    "weak": lambda c: weak(c),
    "x5c": lambda c: change_key(c, x5c=["AAAA"], x5t="AAAA"),
}


def weak(c):
    """The key becomes one that is too weak or broken, and signs."""
    c.key = c.signer = c.rng.choice(["rsa-1024", "rsa-2047", "roca"])
    c.alg = c.sign_alg = c.header["alg"] = c.rng.choice(["RS256", "PS256"])
    c.header["kid"] = c.key
    c.keys = [jose.public(KEYS[c.key]), jose.public(KEYS["p256"])]
    c.allowed = ALL


GROUPS = {"header": HEADER, "claims": CLAIM, "encoding": ENCODING, "signature": SIGNATURE, "key": KEY}


def generate(seed):
    rng = random.Random(seed)
    case = Case(rng)
    count = rng.choices([0, 1, 2], [25, 60, 15])[0]
    for _ in range(count):
        group = rng.choices(list(GROUPS), [3, 4, 2, 2, 3])[0]
        name = rng.choice(sorted(GROUPS[group]))
        GROUPS[group][name](case)
        case.labels.append(f"{group}:{name}")
    return case.build()

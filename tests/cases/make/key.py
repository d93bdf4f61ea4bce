"""KEY: key selection and trust (docs/attacks.md section 2), and keys that are wrong by themselves (SIG)."""
import datetime
import json

import jose
from jose import b64u, jwks, number, public, unb64u
from kit import HMACS, KEYS, claims, ring, signed

POLICY = "issuer https://issuer.example\naudience ssh://host.example"
HMAC = f"{POLICY}\nalgorithms HS256 HS384 HS512"
GOOD = public(KEYS["p256"])


def as_number(value, size=None):
    return b64u(value.to_bytes(size or max(1, (value.bit_length() + 7) // 8), "big"))


def headers(c):
    """Keys that the token itself brings along."""
    evil = KEYS["p256-other"]
    base = {"alg": "ES256"}
    der = unb64u(evil["x"])
    rows = {"key-01-jwk": ("KEY-01", {"jwk": public(evil)}), "key-02-jku": ("KEY-02", {"jku": "https://evil.example/jwks"}),
            "key-03-x5u": ("KEY-03", {"x5u": "https://evil.example/x.pem"}),
            "key-04-x5c": ("KEY-04", {"x5c": [__import__("base64").b64encode(der).decode()]})}
    for name, (ids, more) in rows.items():
        for label, header, expect in (("no-kid", {**base, **more}, "bad-signature"),
                                      ("kid-of-a-good-key", {**base, "kid": "p256", **more}, "bad-signature"),
                                      ("unknown-kid", {**base, "kid": "p256-other", **more}, "unknown-kid")):
            c.add(f"key/{name}-{label}", f"The header brings {list(more)[0]}; the token is signed with that key.", expect,
                  ids + (" KEY-09" if label == "unknown-kid" else ""), token=jose.token(evil, header, claims()))
        c.add(f"key/{name}-ignored", "Such a header with a good signature: what it brings is not looked at.", "ok", ids,
              token=jose.token(KEYS["p256"], {**base, "kid": "p256", **more}, claims()))


def kids(c):
    t = lambda kid, key="p256", alg="ES256": jose.token(KEYS[key], {"alg": alg, "kid": kid}, claims())  # noqa: E731
    for name, kid in {"path": "../../dev/null", "proc": "/proc/sys/kernel/randomize_va_space", "url": "https://evil.example/k",
                      "file": "file:///etc/passwd", "command": "|id", "backticks": "`id`"}.items():
        c.add(f"key/key-06-kid-{name}", "A kid is compared, never opened.", "unknown-kid", "KEY-06", token=t(kid))
    for name, key in {"empty": "", "zero": "0", "one-newline": "2\n"}.items():
        forged = {"kty": "oct", "k": b64u(key.encode())}
        c.add(f"key/key-06-kid-file-with-known-content-{name}", "HS256 under what such a file holds.", "unknown-kid",
              "KEY-06", token=jose.token(forged, {"alg": "HS256", "kid": "../../dev/null"}, claims()),
              keys=ring(*HMACS), options=HMAC)
    for name, kid in {"sql": "' OR '1'='1", "union": "x' UNION SELECT 'secret' --", "ldap": "*)(kid=*", "shell": "$(id)",
                      "format": "%s%s%n", "star": "*", "regex": ".*", "escape": "\x1b[31m"}.items():
        c.add(f"key/key-07-kid-{name}", "A kid that some other system would run.", "unknown-kid", "KEY-07", token=t(kid))
    for name, value in {"number": "1", "object": "{}", "null": "null", "true": "true", "array": '["p256"]'}.items():
        c.add(f"key/key-08-kid-{name}", f"kid is {value}, no string.", "bad-header\nkid", "KEY-08",
              token=jose.token(KEYS["p256"], f'{{"alg":"ES256","kid":{value}}}', claims(), "ES256"))
    c.add("key/key-08-kid-empty", "An empty kid is a kid, and no key has it.", "bad-header\nkid", "KEY-08", token=t(""))
    c.add("key/key-08-kid-empty-is-not-no-kid", "An empty kid does not mean any key.", "bad-header\nkid", "KEY-08",
          token=t(""), keys=jwks(public(KEYS["p256"], kid=None)))
    c.add("key/key-08-kid-64-kb", "A kid larger than a token may be.", "too-long", "KEY-08", token=t("a" * 65536))
    c.add("key/key-08-kid-2-kb", "A long kid.", "bad-header\nkid", "KEY-08", token=t("a" * 2048))
    c.add("key/key-08-kid-nul", "A kid that C would truncate.", "bad-json", "KEY-08 PRS-13",
          token=jose.token(KEYS["p256"], '{"alg":"ES256","kid":"p256\\u0000x"}', claims(), "ES256"))
    c.add("key/key-08-kid-bad-utf8", "A kid that is not UTF-8.", "bad-json", "KEY-08 PRS-14",
          token=jose.token(KEYS["p256"], b'{"alg":"ES256","kid":"p256\xff"}', claims(), "ES256"))
    c.add("key/key-09-unknown-kid", "No fallback to any key where a kid is named.", "unknown-kid", "KEY-09",
          token=t("nobody"))
    c.add("key/key-09-unknown-kid-single-key", "Not even when there is but one key, and it would hold.", "unknown-kid",
          "KEY-09", token=t("nobody"), keys=jwks(GOOD))
    c.add("key/key-09-kid-and-keys-without-kid", "A key without a kid is not the one that the token names.",
          "unknown-kid", "KEY-09", token=t("p256"), keys=jwks(public(KEYS["p256"], kid=None)))
    c.add("key/key-09-kid-of-another-good-key", "The kid names another key of the set.", "bad-signature", "KEY-09",
          token=t("p256-other"), keys=ring("p256", "p256-other"))
    c.add("key/key-10-no-kid", "No kid: the one key that fits is tried.", "ok\nkid p256", "KEY-10", token=t_nokid())
    others = [public(jose.ec_jwk("P-256", 1000 + i), kid=f"o{i}") for i in range(16)]
    c.add("key/key-10-no-kid-sixteenth", "No kid, ours is the 16th that fits.", "ok\nkid p256", "KEY-10",
          token=t_nokid(), keys=jwks(*others[:15], GOOD))
    c.add("key/key-10-no-kid-seventeenth", "No kid, ours is the 17th: it is not tried any more.",
          "bad-signature", "KEY-10", token=t_nokid(), keys=jwks(*others, GOOD))
    c.add("key/key-10-no-kid-others-do-not-count", "Keys that do not fit the alg do not count.", "ok\nkid p256", "KEY-10",
          token=t_nokid(), keys=jwks(*[public(KEYS["rsa"], kid=f"r{i}") for i in range(20)], GOOD))
    c.add("key/key-10-no-kid-nothing-fits", "No kid, and no key for this alg.", "no-fitting-key", "KEY-10",
          token=t_nokid(), keys=ring("rsa", "p384", "ed25519"))
    twin = public(KEYS["p256-other"], kid="p256")
    for name, keys in {"evil-second": (GOOD, twin), "evil-first": (twin, GOOD), "same-key-twice": (GOOD, GOOD)}.items():
        c.add(f"key/key-11-kid-twice-{name}", "Two keys with one kid and kty: neither is used.", "bad-keyset", "KEY-11",
              token=t("p256"), keys=jwks(*keys))
        c.add(f"key/key-11-kid-twice-{name}-beside-others", "The same beside a third key, which stays.", "bad-key\nkid",
              "KEY-11", token=t("p256"), keys=jwks(*keys, public(KEYS["rsa"])))
        c.add(f"key/key-11-kid-twice-{name}-no-kid", "A token without kid does not get at them either.", "no-fitting-key",
              "KEY-11", token=t_nokid(), keys=jwks(*keys, public(KEYS["rsa"])))
    c.add("key/key-11-kid-twice-other-kty", "One kid, two key types: alg decides.", "ok", "KEY-11", token=t("p256"),
          keys=jwks(public(KEYS["rsa"], kid="p256"), GOOD))
    c.add("key/key-11-kid-thrice", "Three keys with one kid.", "bad-key", "KEY-11", token=t("p256"),
          keys=jwks(GOOD, twin, GOOD, public(KEYS["rsa"])))
    c.add("key/key-11-no-kid-twice", "Two keys without a kid are not twins.", "ok", "KEY-11", token=t_nokid(),
          keys=jwks(public(KEYS["p256-other"], kid=None), public(KEYS["p256"], kid=None)))
    for name, kid in {"upper": "P256", "blank": "p256 ", "prefix": "p25", "suffix": "p2560"}.items():
        c.add(f"key/key-12-kid-{name}", "Almost the kid.", "unknown-kid", "KEY-12", token=t(kid))
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    c.add("key/key-12-kid-normal-form", "The same text in another normal form.", "unknown-kid", "KEY-12",
          token=t(decomposed), keys=jwks(public(KEYS["p256"], kid=composed)))
    c.add("key/key-12-kid-same-letters", "The same bytes.", "ok", "KEY-12", token=t(composed),
          keys=jwks(public(KEYS["p256"], kid=composed)))


def t_nokid():
    return signed(header={"alg": "ES256"})


def one(c, name, ids, about, key, note="", reason="bad-key"):
    """A key that must be skipped, beside a good one that must stay; some also alone, where the set has nothing left."""
    c.add(f"keyset/{name}", about, f"ok\nusable 1\nkey 0 {reason} {note}".rstrip(), ids + " KEY-21", keys=jwks(key, GOOD))
    if not ids.startswith(("KEY-19", "KEY-22", "KEY-23")):
        c.add(f"keyset/{name}-alone", about, "bad-keyset", ids + " KEY-20", keys=jwks(key))


def mixed(c):
    c.add("keyset/key-13-oct-and-public", "HMAC and public keys in one set: the whole set is refused.", "bad-keyset",
          "KEY-13", keys=ring("hs256", "p256"))
    c.add("keyset/key-13-public-and-oct", "The same in the other order.", "bad-keyset", "KEY-13", keys=ring("p256", "hs256"))
    c.add("keyset/key-13-oct-beside-broken-public", "A broken public key makes the set no better.", "bad-keyset", "KEY-13",
          keys=jwks(public(KEYS["hs256"]), public(KEYS["p256"], x="AA")))
    c.add("keyset/key-13-broken-oct-beside-public", "A secret that is too short is still a secret.", "bad-keyset", "KEY-13",
          keys=jwks({"kty": "oct", "k": "AA", "kid": "a"}, GOOD))
    c.add("keyset/key-13-oct-from-the-network", "An HMAC key from the network.", "bad-keyset", "KEY-13",
          keys=ring("hs256"), options="public_only")
    c.add("keyset/key-13-oct-and-public-from-the-network", "An HMAC key among public ones.", "bad-keyset", "KEY-13",
          keys=ring("p256", "hs256"), options="public_only")
    c.add("keyset/key-13-oct-local", "HMAC keys from a local file.", "ok\nusable 3", "KEY-13", keys=ring(*HMACS))
    for name in ("rsa", "p256", "ed25519"):
        c.add(f"key/key-14-private-{name}", "Private members are left alone; the public half verifies.",
              f"ok\nkid {name}", "KEY-14", keys=jwks(KEYS[name]), options="public_only\n" + POLICY,
              token=signed(key=name, alg={"rsa": "RS256", "p256": "ES256", "ed25519": "EdDSA"}[name]))


def purposes(c):
    one(c, "key-15-use-enc", "KEY-15", "A key for encryption.", public(KEYS["rsa"], use="enc"), "use")
    for name, use in {"number": 1, "null": None, "array": ["sig"], "empty": "", "upper": "SIG"}.items():
        key = {**public(KEYS["rsa"]), "use": use}
        one(c, f"key-15-use-{name}", "KEY-15 KEY-19", f"use is {use!r}.", key, "use")
    one(c, "key-16-ops-without-verify", "KEY-16", "key_ops without verify.", public(KEYS["rsa"], key_ops=["encrypt"]), "key_ops")
    one(c, "key-16-ops-sign-only", "KEY-16", "key_ops sign only.", public(KEYS["rsa"], key_ops=["sign"]), "key_ops")
    one(c, "key-16-ops-verify-and-encrypt", "KEY-16", "key_ops of a key that is for more than signatures.",
        public(KEYS["rsa"], key_ops=["verify", "encrypt"]), "key_ops")
    one(c, "key-16-ops-verify-twice", "KEY-16", "key_ops names verify twice (RFC 7517 section 4.3 forbids it).",
        public(KEYS["rsa"], key_ops=["verify", "verify"]), "key_ops")
    one(c, "key-16-ops-empty", "KEY-16", "key_ops empty.", public(KEYS["rsa"], key_ops=[]), "key_ops")
    for name, ops in {"string": "verify", "number": 1, "object": {}, "non-string-member": ["verify", 1], "null": None}.items():
        key = {**public(KEYS["rsa"]), "key_ops": ops}
        one(c, f"key-16-ops-{name}", "KEY-16 KEY-19", f"key_ops is {ops!r}.", key, "key_ops")
    one(c, "key-16-use-enc-ops-verify", "KEY-16", "use and key_ops contradict each other.",
        public(KEYS["rsa"], use="enc", key_ops=["verify"]), "use")
    one(c, "key-16-use-sig-ops-encrypt", "KEY-16", "The other way round.",
        public(KEYS["rsa"], use="sig", key_ops=["encrypt"]), "key_ops")
    c.add("keyset/key-16-use-sig-ops-verify", "Both say signatures.", "ok\nusable 1", "KEY-16",
          keys=jwks(public(KEYS["rsa"], use="sig", key_ops=["verify"])))
    c.add("keyset/key-16-ops-sign-verify", "As WebCrypto writes a private key.", "ok\nusable 1", "KEY-16",
          keys=jwks(public(KEYS["rsa"], key_ops=["sign", "verify"])))
    c.add("key/key-15-use-enc-token", "A token under the kid of an encryption key.", "bad-key", "KEY-15",
          token=signed(key="rsa", alg="RS256"), keys=jwks(public(KEYS["rsa"], use="enc"), GOOD))
    c.add("key/key-16-ops-token", "A token under the kid of a key whose key_ops lacks verify.", "bad-key", "KEY-16",
          token=signed(key="rsa", alg="RS256"), keys=jwks(public(KEYS["rsa"], key_ops=["wrapKey"]), GOOD))


def labels(c):
    for name, key, alg in [("es256-on-p384", "p384", "ES256"), ("es384-on-p256", "p256", "ES384"), ("a256gcm-rsa", "rsa", "A256GCM"),
                           ("es521", "p521", "ES521"), ("es224", "p256", "ES224"), ("rs256-on-ec", "p256", "RS256"),
                           ("es256-on-rsa", "rsa", "ES256"), ("hs256-on-rsa", "rsa", "HS256"), ("eddsa-on-ec", "p256", "EdDSA"),
                           ("ed448-on-ed25519", "ed25519", "Ed448"), ("none", "rsa", "none"), ("empty", "rsa", ""),
                           ("es256-on-k256", "k256", "ES256"), ("es256k-on-p256", "p256", "ES256K"), ("lower", "rsa", "rs256"),
                           ("rsa-oaep", "rsa", "RSA-OAEP"), ("ecdh-es", "p256", "ECDH-ES")]:
        bad = public(KEYS[key], alg=alg, kid="bad")
        one(c, f"key-17-alg-{name}", "KEY-17 SIG-20" if key == "ed25519" else "KEY-17", f"alg {alg!r} on a {key} key.", bad, "alg")
    bad = {**public(KEYS["p256"], kid="bad"), "kty": "RSA"}
    one(c, "key-18-ec-labelled-rsa", "KEY-18", "An EC key labelled RSA.", bad)
    bad = {**public(KEYS["rsa"], kid="bad"), "kty": "EC"}
    one(c, "key-18-rsa-labelled-ec", "KEY-18", "An RSA key labelled EC.", bad)
    for name, key, crv in [("p256-as-p384", "p256", "P-384"), ("p384-as-p256", "p384", "P-256"), ("p256-as-k256", "p256", "secp256k1"),
                           ("k256-as-p256", "k256", "P-256")]:
        one(c, f"key-18-{name}", "KEY-18 SIG-08", "A point that belongs to another curve.", public(KEYS[key], crv=crv, kid="bad"))
    for name, crv in {"unknown": "P-257", "missing": None, "empty": "", "lower": "p-256", "number": 256, "brainpool": "BP-256",
                      "ed25519-in-ec": "Ed25519"}.items():
        one(c, f"key-18-crv-{name}", "KEY-18 KEY-19", f"crv is {crv!r}.", public(KEYS["p256-other"], crv=crv, kid="bad"))
    one(c, "sig-20-x25519", "SIG-20 KEY-17", "An X25519 key is for key agreement.", public(KEYS["ed25519"], crv="X25519", kid="bad"))
    one(c, "sig-20-x448", "SIG-20", "An X448 key is for key agreement.", public(KEYS["ed25519"], crv="X448", kid="bad"))
    one(c, "sig-20-ed25519-as-ed448", "SIG-20 KEY-23", "32 bytes that say Ed448.", public(KEYS["ed25519"], crv="Ed448", kid="bad"))
    one(c, "sig-20-ed448-as-ed25519", "SIG-20 KEY-23", "57 bytes that say Ed25519.", public(KEYS["ed448"], crv="Ed25519", kid="bad"))
    one(c, "sig-20-okp-p256", "SIG-20", "An OKP key with an EC curve.", public(KEYS["ed25519"], crv="P-256", kid="bad"))


def shapes(c):
    base = public(KEYS["rsa"], kid="bad")
    for member, values in {"n": [1, [], {}, True, None, ""], "e": [3, ["AQAB"], {}, False, None, ""],
                           "kty": [True, 1, [], None, "", "rsa", "RSA2"], "alg": [8384, [], {}, True], "kid": [1, [], {}, True]
                           }.items():
        for i, value in enumerate(values):
            bad = {**base, member: value}
            one(c, f"key-19-rsa-{member}-{i}", "KEY-19", f"{member} is {value!r}.", bad)
    for member in ("n", "e", "kty"):
        one(c, f"key-19-rsa-without-{member}", "KEY-19", f"{member} is missing.", public(base, **{member: None}))
    for key in ("p256-other", "ed25519"):
        base = public(KEYS[key], kid="bad")
        for member in ("x", "y", "crv") if key.startswith("p") else ("x", "crv"):
            for i, value in enumerate([1, [], None, ""]):
                one(c, f"key-19-{key}-{member}-{i}", "KEY-19", f"{member} is {value!r}.", {**base, member: value})
            one(c, f"key-19-{key}-without-{member}", "KEY-19", f"{member} is missing.", public(base, **{member: None}))
    for i, value in enumerate([1, [], None, ""]):
        c.add(f"keyset/key-19-oct-k-{i}", f"k is {value!r}.", "ok\nusable 1\nkey 0 bad-key " + ("the secret is empty" if value == "" else "k"), "KEY-19 KEY-28",
              keys=jwks({"kty": "oct", "kid": "bad", "k": value}, public(KEYS["hs256"])))
    for name, text in {"keys-missing": "{}", "keys-null": '{"keys":null}', "keys-object": '{"keys":{}}', "keys-string": '{"keys":"x"}',
                       "keys-empty": '{"keys":[]}', "keys-numbers": '{"keys":[1,2]}', "keys-strings": '{"keys":["a"]}',
                       "keys-arrays": '{"keys":[[]]}', "keys-nulls": '{"keys":[null]}', "html": "<html>login</html>",
                       "error": '{"error":"not found"}', "text": "hello", "dashes": "-----", "empty-object-key": '{"keys":[{}]}'}.items():
        c.add(f"keyset/key-20-{name}", "Nothing here is a key.", "bad-keyset", "KEY-20", keys=text)
    c.add("keyset/key-20-top-level-array", "An array of keys is not a key set.", "bad-keyset\nneither JSON nor PEM", "KEY-20", keys=[GOOD])
    c.add("keyset/key-20-empty", "An empty file.", "bad-keyset\nneither JSON nor PEM", "KEY-20", keys="")
    c.add("keyset/key-20-cut", "A truncated key set.", "bad-json", "KEY-20", keys=json.dumps(ring())[:-9])
    c.add("keyset/key-20-duplicate-member", "A key with x twice.", "bad-json", "KEY-20",
          keys='{"keys":[' + json.dumps(GOOD)[:-1] + ',"x":"AA"}]}')
    c.add("keyset/key-20-garbage-behind", "Text after the key set.", "bad-json", "KEY-20", keys=json.dumps(ring()) + "x")
    c.add("keyset/key-20-newline-behind", "A newline after the key set.", "ok\nusable 7", "KEY-20", keys=json.dumps(ring()) + "\n")
    c.add("keyset/key-20-too-large", "More than 1 MiB.", "bad-keyset\n1048576", "KEY-20 PRS-16",
          keys='{"keys":[' + json.dumps(GOOD) + '],"x":"' + "a" * (1024 * 1024) + '"}')
    for name, value in {"number": 1, "string": "x", "array": [], "null": None, "empty": {}}.items():
        c.add(f"keyset/key-21-entry-{name}", f"An entry that is {value!r} beside a good key.", "ok\nusable 1", "KEY-21",
              keys=jwks(value, GOOD))
    # akp: a byte too short, since with OpenSSL 3.5 a whole ML-DSA key is usable; the unit test of key sets asks which.
    for name, key in {"unknown-kty": {"kty": "XYZ", "kid": "x"}, "akp": {"kty": "AKP", "alg": "ML-DSA-44", "kid": "m",
                      "pub": b64u(bytes(1311))}, "akp-unknown": {"kty": "AKP", "alg": "FN-DSA-512", "kid": "m", "pub": "AAAA"},
                      "unknown-crv": {"kty": "OKP", "crv": "Bandersnatch", "x": "AAAA", "kid": "b"}}.items():
        ids = "KEY-21 SIG-26" if name.startswith("akp") else "KEY-21"
        c.add(f"keyset/key-21-{name}", "A key of a kind that is not known does not spoil the others.", "ok\nusable 1\nkey 0 bad-key",
              ids, keys=jwks(key, GOOD))
    c.add("keyset/key-21-single-jwk", "One JWK in place of a set.", "ok\nusable 1", "KEY-21", keys=GOOD)
    c.add("keyset/key-21-further-members", "Unknown members.", "ok\nusable 1", "KEY-21",
          keys={"keys": [{**GOOD, "x-foo": {"a": [1]}, "exp": 1}], "next": "x"})


def encodings(c):
    for member, key in (("n", "rsa"), ("e", "rsa"), ("x", "p256-other"), ("y", "p256-other"), ("x", "ed25519")):
        base = public(KEYS[key], kid="bad")
        value = base[member]
        for name, text in {"padded": value + "=", "padded-twice": value + "==", "blank": value[:2] + " " + value[2:],
                           "newline": value + "\n", "plain-alphabet": value[:2] + "+/" + value[4:], "pads-inside": value[:2] + "===" + value[2:],
                           "high": value[:2] + "\u00e4" + value[2:], "spare-bits": bumped(value)}.items():
            if text is None:
                continue
            one(c, f"key-22-{key}-{member}-{name}", "KEY-22", f"{member} is not strict base64url ({name}).", {**base, member: text}, member)
    for key, member in (("p256-other", "x"), ("p256-other", "y"), ("p384", "x"), ("p521", "y"), ("ed25519", "x"), ("ed448", "x")):
        base = public(KEYS[key], kid="bad")
        raw = unb64u(base[member])
        for name, value in {"short": raw[1:], "short-behind": raw[:-1], "long": b"\0" + raw, "long-behind": raw + b"\0", "twice": raw + raw,
                            "one": b"\1"}.items():
            one(c, f"key-23-{key}-{member}-{name}", "KEY-23", f"{member} has {len(value)} bytes in place of {len(raw)}.",
                {**base, member: b64u(value)}, member)
    k = KEYS["hs256"]
    for name, text in {"padded": k["k"] + "=", "blank": k["k"] + " ", "plain-alphabet": "+/" + k["k"][2:]}.items():
        c.add(f"keyset/key-22-oct-k-{name}", "k is not strict base64url.", "ok\nusable 1\nkey 0 bad-key k", "KEY-22",
              keys=jwks({**k, "k": text, "kid": "bad"}, public(KEYS["hs384"])))


def bumped(text):
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    if len(text) % 4 == 0:
        return None
    return text[:-1] + alphabet[alphabet.index(text[-1]) + 1]


def secrets(c):
    for bits, size in ((256, 32), (384, 48), (512, 64)):
        for n, expect in ((size - 1, "no-fitting-key"), (size, "ok")):
            key = {"kty": "oct", "kid": "k", "k": b64u(b"s" * n)}
            c.add(f"key/key-28-hs{bits}-{n}-bytes", f"HS{bits} needs {size} bytes; the key has {n}.",
                  expect if n > 31 else "bad-keyset\n32", "KEY-28",
                  token=jose.token(key, {"alg": f"HS{bits}", "kid": "k"}, claims()), keys=jwks(key), options=HMAC)
    for name, secret in {"empty": b"", "one-byte": b"s", "word": b"secret", "31-bytes": b"s" * 31}.items():
        t = jose.token({"kty": "oct", "k": b64u(secret)}, {"alg": "HS256"}, claims())
        c.add(f"key/key-28-secret-{name}", "A secret that is too short.", "bad-keyset\nsecret", "KEY-28 HDR-08", token=t, secret=secret, options=HMAC)
        c.add(f"key/key-28-secret-{name}-weak-allowed", "The same with weak_secret; an empty secret is refused all the same.",
              "ok" if secret else "bad-keyset\nempty", "KEY-28", token=t, secret=secret, options=HMAC + "\nweak_secret")
    c.add("key/key-28-secret-with-nul", "A secret that C would truncate: all of it counts.", "bad-signature", "KEY-28",
          token=jose.token({"k": b64u(b"s" * 32)}, {"alg": "HS256"}, claims()), secret=b"s" * 32 + b"\0x", options=HMAC)


def numbers(c):
    """RSA and EC keys whose numbers are weak or wrong."""
    k = public(KEYS["rsa"], kid="bad")
    n = number(k["n"])
    p = number(KEYS["rsa"]["p"])
    for name, e in {"0": 0, "1": 1, "2": 2, "even": 65536, "65538": 65538, "over-32-bits": 2**32 + 1, "64-bits": 2**64 + 1,
                    "n-minus-2": n - 2, "n": n, "over-n": n + 2}.items():
        one(c, f"sig-09-e-{name}", "SIG-09", f"The public exponent is {name}.", {**k, "e": as_number(e)}, "e")
    for name, e in {"3": 3, "5": 5, "17": 17, "largest": 2**32 - 1}.items():
        c.add(f"keyset/sig-09-e-{name}-good", f"The public exponent {e} is odd and in range.", "ok\nusable 1", "SIG-09",
              keys=jwks({**k, "e": as_number(e)}))
    for name in ("rsa-1024", "rsa-2047"):
        one(c, f"sig-10-{name}", "SIG-10", "A modulus of fewer than 2048 bits.", public(KEYS[name]), "bits")
    for bits in (8, 16, 512):
        one(c, f"sig-10-modulus-{bits}", "SIG-10", f"A modulus of {bits} bits.", {**k, "n": as_number((1 << bits) - 1)})
    one(c, "sig-10-2048-bits-by-leading-zeros", "SIG-10 SIG-12", "1024 bits that look like 2048.",
        {**k, "n": as_number(number(KEYS["rsa-1024"]["n"]), 256)})
    odd = lambda bits: int.from_bytes(jose.derived({}, b"%d" % bits, bits // 8), "big") | 1 | 1 << (bits - 1)  # noqa: E731
    c.add("keyset/sig-11-modulus-8192", "8192 bits are the largest.", "ok\nusable 1", "SIG-11", keys=jwks({**k, "n": as_number(odd(8192))}))
    for bits in (8200, 16384, 65536):
        one(c, f"sig-11-modulus-{bits}", "SIG-11", "A modulus that costs too much.", {**k, "n": as_number(odd(bits))})
    c.add("keyset/sig-11-prime-modulus", "A prime modulus is not searched for its factors (CVE-2023-6237): reading is quick.",
          "ok", "SIG-11", keys=jwks({**k, "n": as_number(2**4253 - 1)}))
    one(c, "sig-12-leading-zero", "SIG-12", "n with a zero byte in front (RFC 7518 section 6.3.1.1 forbids it).",
        {**k, "n": b64u(b"\0" + unb64u(k["n"]))})
    one(c, "sig-12-even", "SIG-12", "An even modulus.", {**k, "n": as_number(n - 1)})
    one(c, "sig-12-zero", "SIG-12", "n = 0.", {**k, "n": "AA"})
    one(c, "sig-12-zeros", "SIG-12", "n = 0 in 256 bytes.", {**k, "n": b64u(bytes(256))})
    one(c, "sig-12-e-leading-zero", "SIG-12 SIG-09", "e with a zero byte in front.", {**k, "e": "AAEAAQ"})
    assert p
    one(c, "sig-13-roca", "SIG-13", "A modulus with the fingerprint of CVE-2017-15361.", public(KEYS["roca"], kid="bad"), "ROCA")
    c.add("key/sig-13-roca-token", "A good signature under a ROCA key.", "bad-key", "SIG-13", token=signed(key="roca", alg="RS256"),
          keys=jwks(public(KEYS["roca"]), GOOD))
    e = public(KEYS["p256-other"], kid="bad")
    x, y = number(e["x"]), number(e["y"])
    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    points = {"off-curve": (x, y ^ 1), "infinity": (0, 0), "x-zero-y-one": (0, 1), "swapped": (y, x), "x-over-p": (prime + 1, y),
              "all-ones": (2**256 - 1, 2**256 - 1), "y-is-p": (x, prime)}
    for name, (px, py) in points.items():
        one(c, f"sig-08-{name}", "SIG-08", f"A point that is not on the curve: {name}.", {**e, "x": as_number(px, 32), "y": as_number(py, 32)})
        c.add(f"key/sig-08-{name}-token", "A token under the kid of such a key; a login makes the key when it is needed.", "bad-key",
              "SIG-08", token=jose.token(KEYS["p256-other"], {"alg": "ES256", "kid": "bad"}, claims()),
              keys=jwks({**e, "x": as_number(px, 32), "y": as_number(py, 32)}, GOOD))
        c.add(f"key/sig-08-{name}-beside-good", "A token without kid: such a key does not affect the good one after it.", "ok\nkid p256",
              "SIG-08 KEY-21", token=t_nokid(), keys=jwks({**e, "x": as_number(px, 32), "y": as_number(py, 32)}, GOOD))
    compressed = bytes([2 + (y & 1)]) + unb64u(e["x"])
    one(c, "sig-08-compressed", "SIG-08 KEY-23", "A compressed point in x, no y.", public({**e, "x": b64u(compressed)}, y=None))
    one(c, "sig-08-uncompressed-in-x", "SIG-08 KEY-23", "A whole point in x.",
        {**e, "x": b64u(b"\4" + unb64u(e["x"]) + unb64u(e["y"]))})
    one(c, "sig-08-negated-mod-p-plus", "SIG-08", "y + p, where it would fit.", {**e, "y": as_number(2**256 - 1, 32)})
    for hexa in ("0100000000000000000000000000000000000000000000000000000000000000",
                 "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                 "0000000000000000000000000000000000000000000000000000000000000000",
                 "0000000000000000000000000000000000000000000000000000000000000080",
                 "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                 "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
                 "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                 "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
                 # the same points in spellings that are not canonical
                 "0100000000000000000000000000000000000000000000000000000000000080",
                 "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                 "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                 "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                 "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                 "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"):
        raw = bytes.fromhex(hexa)
        bad = {"kty": "OKP", "crv": "Ed25519", "kid": "bad", "x": b64u(raw)}
        one(c, f"sig-19-small-order-{hexa[:8]}-{hexa[-2:]}", "SIG-19", "A point of small order: some signature holds for every message.", bad)
        # R = the neutral element, S = 0 holds under the neutral element as key, for any message
        c.add(f"key/sig-19-token-{hexa[:8]}-{hexa[-2:]}", "A token that holds under a small-order key for any message.",
              "bad-key", "SIG-19", token=jose.join({"alg": "EdDSA", "kid": "bad"}, claims(), b"\1" + bytes(63)), keys=jwks(bad, GOOD))
    off = {"kty": "OKP", "crv": "Ed25519", "kid": "bad", "x": b64u(b"\2" + bytes(31))}
    c.add("key/sig-19-ed25519-no-point", "32 bytes that are no point: OpenSSL finds out when it verifies.", "bad-signature",
          "SIG-19 SIG-08", token=jose.token(KEYS["ed25519"], {"alg": "EdDSA", "kid": "bad"}, claims()), keys=jwks(off, GOOD))
    one(c, "sig-19-ed448-identity", "SIG-19", "Ed448's neutral element.",
        {"kty": "OKP", "crv": "Ed448", "kid": "bad", "x": b64u(b"\1" + bytes(56))})
    one(c, "sig-19-ed448-minus-identity", "SIG-19", "Ed448's point of order 2.",
        {"kty": "OKP", "crv": "Ed448", "kid": "bad", "x": b64u((2**448 - 2**224 - 2).to_bytes(56, "little") + b"\0")})
    for name, sign in (("order-4", 0), ("order-4-negative", 0x80)):
        one(c, f"sig-19-ed448-{name}", "SIG-19", "Ed448's points of order 4 (y = 0).",
            {"kty": "OKP", "crv": "Ed448", "kid": "bad", "x": b64u(bytes(56) + bytes([sign]))})


def certificates(c):
    """x5c, x5t: what a key says about itself is not used; and PEM in all its forms."""
    wrong = "MIIDBzCCAe+gAwIBAgIJNtD9Ozi6j2jJMA0GCSqGSIb3DQEBCwUAMCExHzAd"
    for name, more in {"x5c-other": {"x5c": [wrong]}, "x5c-garbage": {"x5c": ["not base64 at all"]}, "x5c-number": {"x5c": 1},
                       "x5t-other": {"x5t": "AAAA"}, "x5t-s256-other": {"x5t#S256": b64u(bytes(32))}, "x5u": {"x5u": "https://evil.example"}
                       }.items():
        c.add(f"key/key-05-{name}", "The key's own certificate is not looked at: n and e count.", "ok\nkid p256", "KEY-05",
              token=signed(), keys=jwks({**GOOD, **more}))
    algs = {"rsa": "RS256", "p256": "ES256", "p384": "ES384", "p521": "ES512", "ed25519": "EdDSA", "ed448": "EdDSA"}
    for key, alg in algs.items():
        for form in ("spki", "pkcs8") + (("pkcs1", "traditional") if key == "rsa" else ("traditional",) if key.startswith("p") else ()):
            c.add(f"key/pem-{form}-{key}", f"The key as PEM ({form}).", "ok", "", token=signed(header={"alg": alg}, key=key, alg=alg),
                  keys=jose.pem(KEYS[key], form))
    c.add("key/pem-certificate", "The key in a certificate; its dates and names are not checked.", "ok", "",
          token=signed(header={"alg": "RS256"}, key="rsa", alg="RS256"), keys=certificate())
    c.add("key/pem-two-keys", "Two blocks: both are tried where the token has no kid.", "ok", "KEY-10", token=t_nokid(),
          keys=jose.pem(KEYS["p256-other"]) + jose.pem(KEYS["p256"]))
    c.add("key/pem-kid", "A PEM key has no name, and the administrator named the file: the token's kid does not matter.", "ok", "", token=signed(),
          keys=jose.pem(KEYS["p256"]))
    good = jose.pem(KEYS["p256"])
    der = __import__("base64").b64decode(b"".join(good.split(b"\n")[1:-2]))
    c.add("keyset/pem-rsa-1024", "A weak key as PEM.", "bad-keyset", "SIG-10", keys=jose.pem(KEYS["rsa-1024"]))
    c.add("keyset/pem-rsa-1024-beside-good", "A weak key as PEM beside a good one.", "ok\nusable 1\nkey 0 bad-key", "SIG-10 KEY-21",
          keys=jose.pem(KEYS["rsa-1024"]) + good)
    c.add("keyset/pem-roca", "A ROCA key as PEM.", "bad-keyset", "SIG-13", keys=jose.pem(KEYS["roca"]))
    c.add("keyset/pem-small-order", "A small-order Ed25519 key as PEM.", "bad-keyset", "SIG-19",
          keys=jose.pem_block("PUBLIC KEY", bytes.fromhex("302a300506032b6570032100") + b"\1" + bytes(31)))
    c.add("keyset/pem-x25519", "An X25519 key as PEM.", "bad-keyset", "SIG-20",
          keys=jose.pem_block("PUBLIC KEY", bytes.fromhex("302a300506032b656e032100") + bytes(range(32))))
    c.add("keyset/pem-cut", "PEM without its end.", "bad-keyset", "KEY-20", keys=good[:-30])
    c.add("keyset/pem-garbage-inside", "PEM around something else.", "bad-keyset", "KEY-20", keys=jose.pem_block("PUBLIC KEY", b"hello"))
    c.add("keyset/pem-der-cut", "PEM around truncated DER.", "bad-keyset", "KEY-20", keys=jose.pem_block("PUBLIC KEY", der[:-5]))
    c.add("keyset/pem-der-more", "PEM around a key with four extra bytes.", "bad-keyset", "KEY-20", keys=jose.pem_block("PUBLIC KEY", der + b"more"))
    c.add("keyset/pem-certificate-garbage", "A certificate that is none.", "bad-keyset", "KEY-20", keys=jose.pem_block("CERTIFICATE", b"hello"))
    c.add("keyset/pem-encrypted", "An encrypted private key: there is no passphrase prompt.", "bad-keyset", "KEY-20", keys=encrypted())
    c.add("keyset/pem-ssh", "An OpenSSH public key is not PEM.", "bad-keyset\nneither JSON nor PEM", "HDR-07 KEY-20", keys=jose.pem(KEYS["p256"], "ssh") + b"\n")
    c.add("keyset/pem-point-off-curve", "An EC point off the curve as PEM.", "bad-keyset", "SIG-08",
          keys=jose.pem_block("PUBLIC KEY", der[:-1] + bytes([der[-1] ^ 1])))
    c.add("keyset/pem-der-not-armoured", "DER without PEM around it.", "bad-keyset\nneither JSON nor PEM", "KEY-20", keys=der)
    c.add("keyset/pem-key-exponent-1", "An RSA key with e = 1 as PEM.", "bad-keyset", "SIG-09", keys=rsa_spki(number(KEYS["rsa"]["n"]), 1))
    c.add("keyset/pem-key-exponent-large", "An RSA key with e over 2^32 as PEM.", "bad-keyset", "SIG-09", keys=rsa_spki(number(KEYS["rsa"]["n"]), 2**64 + 1))
    c.add("keyset/pem-key-even", "An even modulus as PEM.", "bad-keyset", "SIG-12", keys=rsa_spki(number(KEYS["rsa"]["n"]) - 1, 65537))
    c.add("keyset/pem-dsa", "A DSA key as PEM.", "bad-keyset", "KEY-17", keys=DSA)
    c.add("keyset/pem-explicit-curve", "An EC key with explicit parameters that are P-256's own.", "ok\nusable 1", "SIG-08", keys=EXPLICIT)
    c.add("keyset/pem-explicit-other-generator", "CVE-2020-0601: the generator is the public point, so the private key is known (1).",
          "bad-keyset", "SIG-08", keys=other_generator())


def other_generator():
    """EXPLICIT with its own public point in the place of P-256's generator."""
    text = b"".join(EXPLICIT.split(b"\n")[1:-2])
    der = __import__("base64").b64decode(text)
    generator = bytes.fromhex("046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                              "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")
    assert der.count(generator) == 1
    return jose.pem_block("PUBLIC KEY", der.replace(generator, der[-65:]))


def rsa_spki(n, e):
    key = jose.der(0x30, jose.der_integer(n) + jose.der_integer(e))
    return jose.pem_block("PUBLIC KEY", jose.der(0x30, bytes.fromhex("300d06092a864886f70d0101010500") + jose.der(3, b"\0" + key)))


def certificate():
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "issuer.example")])
    key = jose.crypto_key(KEYS["rsa"], True)
    day = datetime.datetime(2020, 1, 1)
    cert = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day + datetime.timedelta(days=1))
    return cert.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def encrypted():
    """Made once (encryption is never the same twice): a P-256 key under the passphrase `x`."""
    return ENCRYPTED


ENCRYPTED = b"""-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjCsWDIjuIcewICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEIahR+2YuySt2DkV8TRbit4EgZB/
FecjIJ9KfzYcV7HCy7d9B6y45HADiSGHJdxvQbW5hCAf79gYqtNLYdZ+dhDN5QZk
07WbZNw50e/k+qtgU2kt0QY4nniWM4DdBPdqbR1lj9jqP6o+HcUcDR6l8JgAvvCb
N78p9eYsDk3Jcm7f3BCx1gPAFeXfJiYXDutHBBc6iSCQByZCGTScVPyw7lY3NtE=
-----END ENCRYPTED PRIVATE KEY-----
"""
DSA = b"""-----BEGIN PUBLIC KEY-----
MIIDQjCCAjUGByqGSM44BAEwggIoAoIBAQDxe7YpE66ls1Llv8SkECZZEGHSqcDD
DwtX+zqV4zXznWbidKd0WIa+ShwMgrQHBTbRehnH9I0GbKr9Vvz24et9qGIQ8SVC
jSK7LoskYgEMRUO2TZ6LksPg5Sb3+perkbYtXxLPsFnHnDO8N8DeGJFw8ngEThK+
/pGp1UQ8iulvPluOfUTysthu438JS8YTai5dPZ2pLi6iek3PHAFhygiuVjcvqKPO
3AuE30JCTtURzIP8i71h873MPV65ql4jljlOKvIplYZ8Zvutmaa/age3IzAS7rgO
7+Yof52LCAsNi15XrYHK+Qc8xh52vjxXtlLkrLlIC9kNQ0WeQJDWPjwdAh0A1uOJ
URDuMaJxYpomgpKg4RDvvRWIwCPpiBRyZwKCAQAX+7c1JFjKwgzyMAjNPucIdoTR
uXOmxcebcfT2CmkGAu7+OZRAtXo7phe1oGLXpUariH1IQDLm0AaGKs2RtRnxt1HM
cH4lynD9Pac5kxy0qLDdqGTFhI5iEL0bZ38gRYXAksxOu9ZZs5lD9/VVlALPNpAB
X9Z0rbIISSwRNwd9vFcbiTL03I+Y7sSQAD9kKBF1R8OmwcsjSD160GSbHK9pDYuZ
GSWbhrz576uBOTqU17207Td3jzVsGQwb1msI08ON8eU2KE4HBCPb0Ckq60lN16nV
uNKRas7d9yJ+13KMhDQkIdBOs6MiYiYbHqJR9dyamhY1qc9KDJFv3ayE4q8+A4IB
BQACggEAaPomojWi+yrHUybWnxy8U1/ORv2LrXP9zSdebyqlfkQs6ZYeME7TDOvE
jy0lG5J6Oiio0mlRPZNtSmgrMyzeCHxUb+oP/Hi9dcEV1u6D7Mdq0gc5i2KCwl5h
yqKHER8ZyFM3pT5+xDxYdqlj1bRWdvylqy2u1ox1JHIseUiVCG3auGWTU0KZYReK
YQcmpSV2MQ3tV8q7xJ/DptcN3DLwbVHbSWKtSOe4gxThHOupDM1SaMsFDV46VTas
Dn8MmXWpn+7NZd5cHh6bkWE2+KcowicurShGOHZUx4+7aTTWzq1BPYbktooSFpTV
c6NSd7fPLE4YPfDjZ9aLLnV2Pg6PBg==
-----END PUBLIC KEY-----
"""
EXPLICIT = b"""-----BEGIN PUBLIC KEY-----
MIIBSzCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAA
AAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA////
///////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSd
NgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5
RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA
//////////+85vqtpxeehPO5ysL8YyVRAgEBA0IABMJxkHVPFH1FAINMxWgUFQYS
bvJzAKsm9XQ6oyTHfSyNA2+CzqdF2f1J/q4CgTJ2l+443YYPxyNrol80tNW02g0=
-----END PUBLIC KEY-----
"""


def make(c):
    headers(c)
    kids(c)
    mixed(c)
    purposes(c)
    labels(c)
    shapes(c)
    encodings(c)
    secrets(c)
    numbers(c)
    certificates(c)

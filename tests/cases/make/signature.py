"""SIG: signatures and key mathematics (docs/attacks.md section 5). Keys that are wrong by themselves are in key.py."""
import hashlib

import jose
from jose import ORDERS, b64u, ec_width, ecdsa_bytes, ecdsa_numbers, public, rsa_raw, signing_input, unb64u
from kit import KEYS, claims, ring, signed

ALL = "issuer https://issuer.example\naudience ssh://host.example\nalgorithms RS256 RS384 RS512 PS256 PS384 PS512 " \
      "ES256 ES384 ES512 ES256K EdDSA Ed25519 Ed448 HS256 HS384 HS512"
ROWS = [("RS256", "rsa"), ("RS384", "rsa"), ("RS512", "rsa"), ("PS256", "rsa"), ("PS384", "rsa"), ("PS512", "rsa"),
        ("ES256", "p256"), ("ES384", "p384"), ("ES512", "p521"), ("ES256K", "k256"), ("EdDSA", "ed25519"),
        ("EdDSA", "ed448"), ("HS256", "hs256"), ("HS384", "hs384"), ("HS512", "hs512")]


def put(c, name, ids, about, alg, key, signature, expect="bad-signature", **files):
    """The usual token of this key with the signature that the function makes of the signing input."""
    header = {"alg": alg, "kid": key}
    body = files.pop("payload", claims())
    keys = files.pop("keys", ring(*(["hs256", "hs384", "hs512"] if key.startswith("hs") else [])))
    token = jose.join(header, body, signature(signing_input(header, body)))
    c.add(f"signature/{name}", about, expect, ids, token=token, keys=keys, options=ALL, **files)


def changed(c):
    for alg, key in ROWS:
        label = f"{alg.lower()}-{key}"
        good = lambda m: jose.sign(KEYS[key], alg, m)  # noqa: E731
        flip = lambda s, i: s[:i] + bytes([s[i] ^ 1]) + s[i + 1:]  # noqa: E731
        rows = {"first-bit": lambda m: bytes([good(m)[0] ^ 0x01]) + good(m)[1:], "last-bit": lambda m: flip(good(m), -1)[: len(good(m))] if False else good(m)[:-1] + bytes([good(m)[-1] ^ 1]),
                "cut": lambda m: good(m)[:-1], "longer": lambda m: good(m) + b"\x00", "longer-before": lambda m: b"\x00" + good(m),
                "zeros": lambda m: bytes(len(good(m))), "ones": lambda m: b"\xff" * len(good(m)), "one-byte": lambda m: b"\x00",
                "half": lambda m: good(m)[: len(good(m)) // 2], "twice": lambda m: good(m) * 2}
        for name, make_signature in rows.items():
            ids = "SIG-01 SIG-23" if alg.startswith("HS") and name in ("cut", "half", "one-byte") else \
                "SIG-01 SIG-15" if alg[0] in "RP" and name in ("cut", "longer", "longer-before") else "SIG-01"
            put(c, f"sig-01-{label}-{name}", ids, f"Changed {alg} signature: {name}.", alg, key, make_signature)
        token = jose.token(KEYS[key], {"alg": alg, "kid": key}, claims()).decode().split(".")
        keys = ring("hs256", "hs384", "hs512") if alg.startswith("HS") else None
        other = b64u(jose.as_bytes(claims(sub="root")))
        c.add(f"signature/sig-01-{label}-payload-changed", "Another payload under the same signature.", "bad-signature",
              "SIG-01", token=".".join((token[0], other, token[2])), keys=keys, options=ALL)
        header = b64u(jose.as_bytes({"kid": key, "alg": alg}))
        c.add(f"signature/sig-01-{label}-header-changed", "The same header in another order.", "bad-signature",
              "SIG-01", token=".".join((header, token[1], token[2])), keys=keys, options=ALL)


def ecdsa(c):
    for alg, key in (("ES256", "p256"), ("ES384", "p384"), ("ES512", "p521")):
        k, curve, bits = KEYS[key], KEYS[key]["crv"], alg[2:]
        n, width = ORDERS[curve], ec_width(curve)
        label = alg.lower()

        def rs(f, k=k, bits=bits, curve=curve):
            return lambda m: f(*ecdsa_numbers(k, m, bits))

        der = lambda r, s: jose.der(0x30, jose.der_integer(r) + jose.der_integer(s))  # noqa: E731
        put(c, f"sig-02-{label}-der", "SIG-02", "The signature as DER.", alg, key, rs(der))
        put(c, f"sig-02-{label}-der-cut-to-size", "SIG-02", "DER truncated to the right length.", alg, key,
            rs(lambda r, s: der(r, s)[: 2 * width]))
        put(c, f"sig-03-{label}-leading-zeros", "SIG-03", "r and s each with a zero in front.", alg, key,
            rs(lambda r, s: ecdsa_bytes(curve, r, s, width + 1)))
        put(c, f"sig-03-{label}-trailing-zeros", "SIG-03", "Two zeros at the end.", alg, key,
            rs(lambda r, s: ecdsa_bytes(curve, r, s) + b"\0\0"))
        put(c, f"sig-03-{label}-zeros-between", "SIG-03", "Two zeros between r and s.", alg, key,
            rs(lambda r, s: r.to_bytes(width, "big") + b"\0\0" + s.to_bytes(width, "big")))
        put(c, f"sig-04-{label}-huge", "SIG-04", "A signature of 10000 bytes.", alg, key,
            rs(lambda r, s: ecdsa_bytes(curve, r, s, 5000)))
        for rname, r in (("0", 0), ("1", 1), ("n-1", n - 1), ("n", n)):
            for sname, s in (("0", 0), ("1", 1), ("n-1", n - 1), ("n", n)):
                put(c, f"sig-05-{label}-r-{rname}-s-{sname}", "SIG-05 SIG-06", f"r = {rname}, s = {sname}.", alg, key,
                    lambda m, r=r, s=s: ecdsa_bytes(curve, r, s))
        put(c, f"sig-05-{label}-r-good-s-0", "SIG-05", "A good r, s = 0.", alg, key, rs(lambda r, s: ecdsa_bytes(curve, r, 0)))
        put(c, f"sig-05-{label}-r-0-s-good", "SIG-05", "r = 0, a good s.", alg, key, rs(lambda r, s: ecdsa_bytes(curve, 0, s)))
        big = (1 << (8 * width)) - 1
        put(c, f"sig-06-{label}-s-plus-n", "SIG-06", "s + n, where it fits, else all ones.", alg, key,
            rs(lambda r, s: ecdsa_bytes(curve, r, s + n if s + n <= big else big)))
        put(c, f"sig-06-{label}-r-plus-n", "SIG-06", "r + n, where it fits, else all ones.", alg, key,
            rs(lambda r, s: ecdsa_bytes(curve, r + n if r + n <= big else big, s)))
        put(c, f"sig-06-{label}-r-all-ones", "SIG-06", "r is as large as it gets.", alg, key,
            rs(lambda r, s: ecdsa_bytes(curve, big, s)))
        put(c, f"sig-07-{label}-other-s", "SIG-07",
            "n - s is as good as s: ECDSA is malleable, so no signature may serve as an id.", alg, key,
            rs(lambda r, s: ecdsa_bytes(curve, r, n - s)), "ok")
        put(c, f"sig-01-{label}-s-first", "SIG-01", "s, then r.", alg, key, rs(lambda r, s: ecdsa_bytes(curve, s, r)))


def rsa_paddings(c):
    k = KEYS["rsa"]
    size = jose.rsa_size(k)
    sha = lambda m: hashlib.sha256(m).digest()  # noqa: E731
    info = jose.DIGEST_INFO["256"]
    raw = lambda block: rsa_raw(k, int.from_bytes(block, "big"))  # noqa: E731
    pad = lambda t, ff=b"\xff": b"\x00\x01" + ff * (size - len(t) - 3) + b"\x00" + t  # noqa: E731
    blocks = {
        "garbage-behind": lambda m: b"\x00\x01" + b"\xff" * 8 + b"\x00" + info + sha(m) + bytes(size - 8 - 3 - len(info) - 32),
        "garbage-in-parameters": lambda m: b"\x00\x01" + b"\xff" * 8 + b"\x00" + jose.der(0x30, jose.der(
            0x30, bytes.fromhex("0609608648016503040201") + jose.der(4, b"x" * (size - 80))) + jose.der(4, sha(m))),
        "short-padding": lambda m: (b"\x00\x01\xff\x00" + info + sha(m)).ljust(size, b"\0"),
        "no-padding": lambda m: (b"\x00\x01\x00" + info + sha(m)).rjust(size, b"\0"),
        "type-2": lambda m: b"\x00\x02" + pad(info + sha(m))[2:],
        "type-0": lambda m: b"\x00\x00" + pad(info + sha(m))[2:],
        "padding-not-ff": lambda m: pad(info + sha(m), b"\xfe"),
        "one-byte-not-ff": lambda m: pad(info + sha(m)).replace(b"\xff\xff\xff\x00", b"\xff\xfe\xff\x00"),
        "no-zero": lambda m: pad(info + sha(m)).replace(b"\xff\x00" + info[:2], b"\xff\xff" + info[:2]),
        "no-digestinfo": lambda m: pad(sha(m)),
        "null-missing": lambda m: pad(bytes.fromhex("302f300b0609608648016503040201") + b"\x04\x20" + sha(m)),
        "null-twice": lambda m: pad(bytes.fromhex("3033300f0609608648016503040201050005000420") + sha(m)),
        "long-length": lambda m: pad(bytes.fromhex("308131300d060960864801650304020105000420") + sha(m)),
        "sha512-info": lambda m: pad(jose.DIGEST_INFO["512"] + sha(m).ljust(64, b"\0")),
        "sha384-of-it": lambda m: pad(jose.DIGEST_INFO["384"] + hashlib.sha384(m).digest()),
        "sha1-of-it": lambda m: pad(bytes.fromhex("3021300906052b0e03021a05000414") + hashlib.sha1(m).digest()),
        "md5-of-it": lambda m: pad(bytes.fromhex("3020300c06082a864886f70d020505000410") + hashlib.md5(m).digest()),
        "other-hash": lambda m: pad(info + sha(m + b"x")),
        "bytes-behind-in-sequence": lambda m: pad(bytes.fromhex("3033300d060960864801650304020105000420") + sha(m) + b"\x05\x00"),
        "pss": lambda m: jose.pss_block(k, m, "256"),
        "zero": lambda m: b"\0" * size, "one": lambda m: (1).to_bytes(size, "big"),
    }
    for name, block in blocks.items():
        put(c, f"sig-14-rs256-{name}", "SIG-14", f"A PKCS#1 v1.5 block that is wrong: {name}.", "RS256", "rsa",
            lambda m, block=block: raw(block(m)))
    # e = 3: a cube root of a block with garbage behind needs no private key (Bleichenbacher 2006)
    e3 = KEYS["rsa-e3"]

    def cube_root(m):
        n3 = jose.rsa_size(e3)
        low = (b"\x00\x01\xff\xff\xff\xff\xff\xff\xff\xff\x00" + info + sha(m)).ljust(n3, b"\0")
        value = int.from_bytes(low, "big")
        root = 1
        while True:  # Newton
            step = (2 * root + value // (root * root)) // 3 if root > 1 else 1 << (value.bit_length() // 3 + 1)
            if root > 1 and step >= root:
                break
            root = step
        return (root + 1).to_bytes(n3, "big")

    put(c, "sig-14-rs256-e3-cube-root", "SIG-14", "e = 3: a forged cube root, made without the private key.", "RS256",
        "rsa-e3", cube_root, keys=ring("rsa-e3"))
    put(c, "sig-14-rs256-e3-good", "SIG-14 SIG-09", "e = 3 with a true signature.", "RS256", "rsa-e3",
        lambda m: jose.sign(e3, "RS256", m), "ok", keys=ring("rsa-e3"))
    n = jose.number(k["n"])
    for name, value in {"plus-n": lambda s: s + n, "minus": lambda s: n - s, "zero": lambda s: 0, "one": lambda s: 1,
                        "n": lambda s: n, "n-minus-1": lambda s: n - 1}.items():
        # s + n is the same number under the modulus; where it needs more bytes than n has, its length gives it away
        def other(m, value=value):
            v = value(int.from_bytes(jose.sign(k, "RS256", m), "big"))
            return v.to_bytes(max(size, (v.bit_length() + 7) // 8), "big")
        put(c, f"sig-15-rs256-s-{name}", "SIG-15 SIG-14", f"The signature as a number: {name}.", "RS256", "rsa", other)
    put(c, "sig-15-rs256-leading-zero-dropped", "SIG-15", "A signature without its leading zero byte.", "RS256", "rsa",
        lambda m: jose.sign(k, "RS256", m)[1:], payload=leading_zero(k))
    put(c, "sig-15-rs256-leading-zero", "SIG-15", "The same signature whole.", "RS256", "rsa",
        lambda m: jose.sign(k, "RS256", m), "ok", payload=leading_zero(k))
    for alg in ("PS256", "PS384", "PS512"):
        bits = alg[2:]
        digest = int(bits) // 8
        pss = lambda m, **how: rsa_raw(k, int.from_bytes(jose.pss_block(k, m, bits, **how), "big"))  # noqa: E731
        for name, salt in {"0": 0, "20": 20, "digest-1": digest - 1, "digest+1": digest + 1,
                           "longest": size - digest - 2}.items():
            put(c, f"sig-16-{alg.lower()}-salt-{name}", "SIG-16", f"A salt of {salt} bytes; RFC 7518 section 3.5 wants {digest}.",
                alg, "rsa", lambda m, salt=salt, pss=pss: pss(m, salt_len=salt))
        other = "512" if bits != "512" else "256"
        put(c, f"sig-16-{alg.lower()}-mgf-{other}", "SIG-16", "Another hash in MGF1.", alg, "rsa",
            lambda m, pss=pss, other=other: pss(m, mgf_bits=other))
        put(c, f"sig-16-{alg.lower()}-pkcs1", "SIG-16", "A PKCS#1 v1.5 signature.", alg, "rsa",
            lambda m, bits=bits: jose.sign(k, "RS" + bits, m))
        good = lambda m, bits=bits: bytearray(jose.pss_block(k, m, bits))  # noqa: E731

        def trailer(m, good=good):
            block = good(m)
            block[-1] = 0xCC
            return rsa_raw(k, int.from_bytes(block, "big"))
        put(c, f"sig-16-{alg.lower()}-trailer", "SIG-16", "Trailer 0xcc in place of 0xbc.", alg, "rsa", trailer)


def leading_zero(key):
    for i in range(4000):
        body = claims(x=i)
        if jose.sign(key, "RS256", signing_input({"alg": "RS256", "kid": "rsa"}, body))[0] == 0:
            return body
    raise AssertionError


def restricted_pss(c):
    """A key whose SubjectPublicKeyInfo says id-RSASSA-PSS (RFC 4055) is for PS* only."""
    k = KEYS["rsa"]
    rsa_key = jose.der(0x30, jose.der_integer(jose.number(k["n"])) + jose.der_integer(65537))

    def spki(parameters):
        algorithm = jose.der(0x30, bytes.fromhex("06092a864886f70d01010a") + parameters)
        return jose.pem_block("PUBLIC KEY", jose.der(0x30, algorithm + jose.der(3, b"\0" + rsa_key)))

    sha256 = bytes.fromhex("300d06096086480165030402010500")
    mgf = jose.der(0x30, bytes.fromhex("06092a864886f70d010108") + sha256)
    limited = jose.der(0x30, jose.der(0xA0, sha256) + jose.der(0xA1, mgf) + jose.der(0xA2, jose.der_integer(32)))
    for name, pem in {"any": spki(b""), "sha256": spki(limited)}.items():
        for alg in ("RS256", "PS256", "PS512"):
            expect = "ok" if alg == "PS256" or (alg, name) == ("PS512", "any") else "no-fitting-key"
            token = jose.token(k, {"alg": alg}, claims())
            c.add(f"signature/sig-17-pss-key-{name}-{alg.lower()}",
                  f"An id-RSASSA-PSS key ({name}) and a good {alg} token: {expect}.", expect, "SIG-17", token=token,
                  keys=pem)


def eddsa(c):
    k = KEYS["ed25519"]
    order = jose.ED25519_ORDER

    def s_plus(times):
        def make_signature(m):
            sig = jose.sign(k, "EdDSA", m)
            return sig[:32] + (int.from_bytes(sig[32:], "little") + times * order).to_bytes(32, "little")
        return make_signature

    put(c, "sig-18-ed25519-s-plus-l", "SIG-18", "S + L: the same point, another spelling (RFC 8032 section 5.1.7).",
        "EdDSA", "ed25519", s_plus(1))
    put(c, "sig-18-ed25519-s-plus-8l", "SIG-18", "S + 8 L.", "EdDSA", "ed25519", s_plus(8))
    put(c, "sig-18-ed25519-s-is-l", "SIG-18", "S = L.", "EdDSA", "ed25519",
        lambda m: jose.sign(k, "EdDSA", m)[:32] + order.to_bytes(32, "little"))
    order448 = 2**446 - 13818066809895115352007386748515426880336692474882178609894547503885

    def s448(m):
        sig = jose.sign(KEYS["ed448"], "EdDSA", m)
        return sig[:57] + (int.from_bytes(sig[57:], "little") + order448).to_bytes(57, "little")
    put(c, "sig-18-ed448-s-plus-l", "SIG-18", "S + L for Ed448.", "EdDSA", "ed448", s448)
    put(c, "sig-20-ed25519-of-64-bytes-as-ed448", "SIG-20", "An Ed25519 signature under the kid of the Ed448 key.",
        "EdDSA", "ed448", lambda m: jose.sign(k, "EdDSA", m))
    put(c, "sig-20-ed448-as-ed25519", "SIG-20", "An Ed448 signature under the kid of the Ed25519 key.", "EdDSA",
        "ed25519", lambda m: jose.sign(KEYS["ed448"], "EdDSA", m))
    # R small-order, S = 0: holds for every message under a small-order key, which key.py shows is refused on load
    put(c, "sig-19-ed25519-identity-r-s-0", "SIG-19", "R the neutral element and S = 0, under a good key.", "EdDSA",
        "ed25519", lambda m: b"\x01" + bytes(63))


def wrong_keys(c):
    for alg, key, other in (("RS256", "rsa", "rsa-other"), ("PS256", "rsa", "rsa-other"), ("ES256", "p256", "p256-other")):
        put(c, f"sig-01-{alg.lower()}-other-key", "SIG-01", "Signed by another key than the kid's.", alg, key,
            lambda m, alg=alg, other=other: jose.sign(KEYS[other], alg, m))
    zero = {"kty": "oct", "kid": "hs256", "k": b64u(bytes(32))}
    put(c, "sig-01-hs256-zero-key", "SIG-01", "Signed by a key of zeros.", "HS256", "hs256",
        lambda m: jose.sign(zero, "HS256", m))
    put(c, "sig-01-hs256-empty-key", "SIG-01 HDR-08", "Signed by the empty key.", "HS256", "hs256",
        lambda m: jose.sign({"k": ""}, "HS256", m))
    put(c, "sig-26-es256-beside-unsupported-keys", "SIG-26 KEY-21",
        "A good token, its key beside keys that this OpenSSL or version does not know.", "ES256", "p256",
        lambda m: jose.sign(KEYS["p256"], "ES256", m), "ok\nkid p256",
        keys=jose.jwks({"kty": "AKP", "alg": "ML-DSA-65", "kid": "m", "pub": b64u(bytes(1952))},
                       {"kty": "XYZ", "kid": "x"}, public(KEYS["p256"])))
    assert unb64u("") == b"" and signed()


def make(c):
    changed(c)
    ecdsa(c)
    rsa_paddings(c)
    restricted_pss(c)
    eddsa(c)
    wrong_keys(c)

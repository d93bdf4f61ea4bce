"""HDR: header and algorithm (docs/attacks.md section 1)."""
import hashlib
import hmac
import json

import jose
from jose import b64u, public, signing_input
from kit import AUDIENCE, KEYS, claims, ring, signed

ALL = "algorithms RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ES256K EdDSA Ed25519 Ed448 HS256 HS384 HS512"


def accepted(c):
    """Every algorithm once, so that the refusals below are not refusals of everything."""
    rows = [(alg, "rsa") for alg in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")]
    rows += [("ES256", "p256"), ("ES384", "p384"), ("ES512", "p521"), ("EdDSA", "ed25519"), ("Ed25519", "ed25519"),
             ("EdDSA", "ed448"), ("Ed448", "ed448")]
    for alg, key in rows:
        token = jose.token(KEYS[key], {"alg": alg, "typ": "JWT", "kid": key}, claims())
        c.add(f"header/accepts-{alg.lower()}-{key}", f"A good {alg} token under the default algorithms.",
              f"ok\nkid {key}", "SIG-21" if key.startswith("ed") else "", token=token)
    for bits in ("256", "384", "512"):
        key = f"hs{bits}"
        token = jose.token(KEYS[key], {"alg": f"HS{bits}", "kid": key}, claims())
        c.add(f"header/accepts-hs{bits}", f"A good HS{bits} token, where the administrator named it.",
              f"ok\nkid {key}", token=token, keys=ring("hs256", "hs384", "hs512"), options=ALLOW_ALL)
    token = jose.token(KEYS["k256"], {"alg": "ES256K", "kid": "k256"}, claims())
    c.add("header/accepts-es256k-when-named", "ES256K where the administrator named it.", "ok\nkid k256", "SIG-27",
          token=token, options=ALLOW_ALL)
    c.add("header/sig-27-es256k-not-named", "A good ES256K token, but ES256K is not listed.", "alg-not-allowed\nES256K",
          "SIG-27", token=token)


ALLOW_ALL = f"issuer https://issuer.example\naudience {AUDIENCE}\n{ALL}"


def no_algorithm(c):
    body = claims()
    for name, text in [("none", "none"), ("none-capital", "None"), ("none-upper", "NONE"), ("none-mixed", "nOnE"),
                       ("none-two-upper", "noNE")]:
        ids = "HDR-01" if text == "none" else "HDR-02"
        token = jose.join({"alg": text, "typ": "JWT"}, body, b"")
        c.add(f"header/{ids.lower()}-{name}", f"alg {text} and an empty signature.", "unknown-alg", ids, token=token)
        token = jose.join({"alg": text, "typ": "JWT"}, body, b"\x00")
        c.add(f"header/{ids.lower()}-{name}-some-signature", f"alg {text} and one byte where the signature would be.",
              "unknown-alg", ids, token=token)
    token = jose.join({"alg": "none"}, body, b"\x00")
    c.add("header/hdr-01-none-with-every-algorithm-allowed", "No configuration can bring none into being.",
          "unknown-alg", "HDR-01", token=token, options=ALLOW_ALL)
    rows = [("blank-behind", '{"alg":"none "}', "unknown-alg"), ("blank-before", '{"alg":" none"}', "unknown-alg"),
            ("nul-behind", '{"alg":"none\\u0000"}', "bad-json"), ("escaped", '{"alg":"n\\u006fne"}', "unknown-alg"),
            ("nul-before", '{"alg":"\\u0000none"}', "bad-json")]
    for name, header, reason in rows:
        c.add(f"header/hdr-03-none-{name}", f"The header {header}.", reason, "HDR-03",
              token=jose.join(header, body, b"\x00"))
    header = '{"alg":"ES256\\u0000none","kid":"p256"}'
    c.add("header/hdr-03-es256-nul-none", "An alg that a C string would truncate to ES256; the signature is good.",
          "bad-json", "HDR-03 PRS-13", token=jose.token(KEYS["p256"], header, body, "ES256"))
    for name, text in [("foo", "foo"), ("empty", ""), ("hs1", "HS1"), ("rs1", "RS1"), ("rs256-blank", "RS256 "),
                       ("lower", "es256"), ("prefix", "ES2567"), ("cut", "ES25"), ("es521", "ES521"),
                       ("enc", "A256GCM"), ("dir", "dir")]:
        token = jose.token(KEYS["p256"], {"alg": text, "kid": "p256"}, body, "ES256")
        c.add(f"header/hdr-04-unknown-alg-{name}", f"alg \"{text}\" is not a known algorithm; the signature is a good ES256 one.",
              "unknown-alg", "HDR-04", token=token)
    c.add("header/hdr-04-unknown-alg-empty-signature", "An unknown alg must not end as empty equals empty.",
          "unknown-alg", "HDR-04", token=jose.join({"alg": "foo"}, body, b""))
    for name, value in [("number", "256"), ("array", '["ES256"]'), ("object", '{"ES256":1}'), ("null", "null"),
                        ("true", "true")]:
        header = f'{{"alg":{value},"kid":"p256"}}'
        c.add(f"header/hdr-05-alg-{name}", f"alg is not a string: {value}.", "bad-header\nalg", "HDR-05",
              token=jose.token(KEYS["p256"], header, body, "ES256"))
    c.add("header/hdr-05-alg-missing", "A header without alg.", "bad-header\nalg", "HDR-05",
          token=jose.token(KEYS["p256"], '{"kid":"p256"}', body, "ES256"))


def hmac_of(secret, header, payload=None, digest=hashlib.sha256):
    payload = claims() if payload is None else payload
    return jose.join(header, payload, hmac.new(secret, signing_input(header, payload), digest).digest())


def confusion(c):
    """HDR-06 and HDR-07: the attacker knows every text of the public key, and uses it as an HMAC secret."""
    key = KEYS["rsa"]
    texts = {"pem": jose.pem(key), "pem-no-newline": jose.pem(key).rstrip(b"\n"), "pkcs1": jose.pem(key, "pkcs1"),
             "ssh": jose.pem(key, "ssh"), "jwk": json.dumps(public(key)).encode(), "modulus": jose.unb64u(key["n"]),
             "empty": b""}
    for name, secret in texts.items():
        ids = "HDR-06" if name.startswith("pem") else "HDR-08" if name == "empty" else "HDR-07"
        header = {"alg": "HS256", "kid": "rsa"}
        c.add(f"header/{ids.lower()}-rsa-{name}-as-secret", f"HS256 under the public key's {name} text, HMAC allowed.",
              "no-fitting-key", ids + " HDR-09", token=hmac_of(secret, header), keys=ring("rsa"), options=ALLOW_ALL)
        c.add(f"header/{ids.lower()}-rsa-{name}-as-secret-no-kid", "The same without a kid.", "no-fitting-key",
              ids + " HDR-09", token=hmac_of(secret, {"alg": "HS256"}), keys=ring("rsa"), options=ALLOW_ALL)
    pem = jose.pem(key)
    c.add("header/hdr-06-pem-key-file-hs256", "The key file is PEM, the token HS256 under the PEM text.",
          "no-fitting-key", "HDR-06", token=hmac_of(pem, {"alg": "HS256"}), keys=pem, options=ALLOW_ALL)
    c.add("header/hdr-06-default-algorithms", "The same under the default algorithms, which hold no HMAC.",
          "alg-not-allowed\nHS256", "HDR-06", token=hmac_of(pem, {"alg": "HS256"}), keys=pem)
    for name, text in [("leading-newline", b"\n" + pem), ("leading-blanks", b"   \t" + pem),
                       ("text-before", b"Subject: CN = x\n" + pem)]:
        c.add(f"header/hdr-07-pem-{name}-hs256", "PEM that does not begin at the first byte is still no secret.",
              "bad-keyset" if text[:1] == b" " else "no-fitting-key", "HDR-07", token=hmac_of(text, {"alg": "HS256"}), keys=text, options=ALLOW_ALL)
    ec = KEYS["p256"]
    for name, secret in [("pem", jose.pem(ec)), ("x", jose.unb64u(ec["x"])), ("jwk", json.dumps(public(ec)).encode())]:
        c.add(f"header/hdr-07-ec-{name}-as-secret", f"HS256 under the EC key's {name}.", "no-fitting-key", "HDR-07",
              token=hmac_of(secret, {"alg": "HS256", "kid": "p256"}), keys=ring("p256"), options=ALLOW_ALL)
    ed = KEYS["ed25519"]
    c.add("header/hdr-07-ed25519-x-as-secret", "HS256 under the 32 public bytes of an Ed25519 key.", "no-fitting-key",
          "HDR-07", token=hmac_of(jose.unb64u(ed["x"]), {"alg": "HS256", "kid": "ed25519"}), keys=ring("ed25519"),
          options=ALLOW_ALL)
    secrets = {"pem": pem, "pem-behind-blanks": b"  \n" + pem, "pkcs1": jose.pem(key, "pkcs1"),
               "pkcs8": jose.pem(key, "pkcs8"), "ssh": jose.pem(key, "ssh"), "jwk": json.dumps(public(key)).encode(),
               "jwks": json.dumps(ring("rsa")).encode(),
               "jwk-broken": json.dumps(public(key)).encode() + b",", "jwk-behind-newlines": b"\n\n" + json.dumps(public(key)).encode(),
               "certificate": b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
               "der": __import__("base64").b64decode(b"".join(pem.split(b"\n")[1:-2]))}
    for name, secret in secrets.items():
        c.add(f"header/hdr-07-secret-is-{name}", f"A secret that is the {name} text of a public key is refused.",
              "bad-keyset\nthe secret is the text of a public or private key", "HDR-07", token=hmac_of(secret, {"alg": "HS256"}), secret=secret, options=ALLOW_ALL)


def mismatch(c):
    for alg, pinned, key in [("RS512", "RS256", "rsa"), ("PS256", "RS256", "rsa"), ("RS256", "PS256", "rsa"),
                             ("RS256", "RS512", "rsa"), ("Ed25519", "EdDSA", "ed25519")]:
        token = jose.token(KEYS[key], {"alg": alg, "kid": key}, claims())
        expect = "no-fitting-key\n" + pinned
        ids = "HDR-10 HDR-11" + (" SIG-21" if pinned == "EdDSA" else "")
        c.add(f"header/hdr-11-{alg.lower()}-under-key-pinned-{pinned.lower()}",
              f"A good {alg} signature; the key is for {pinned}.", expect, ids, token=token,
              keys=jose.jwks(public(KEYS[key], alg=pinned)))
    token = jose.token(KEYS["rsa"], {"alg": "RS512", "kid": "rsa"}, claims())
    c.add("header/hdr-10-alg-not-in-policy", "The issuer allows RS256 only.", "alg-not-allowed\nRS512",
          "HDR-10 HDR-11", token=token, options=ALLOW_ALL.replace(ALL, "algorithms RS256"))
    # The header says RS256, which is allowed and fits; the signature is RS512's.
    token = jose.token(KEYS["rsa"], {"alg": "RS256", "kid": "rsa"}, claims(), "RS512")
    c.add("header/hdr-10-header-alg-is-what-verifies", "Header RS256, signature RS512.", "bad-signature", "HDR-10",
          token=token)
    for alg, key in [("ES256", "rsa"), ("RS256", "p256"), ("EdDSA", "p256"), ("ES256", "ed25519"), ("ES384", "p256"),
                     ("ES256", "p384"), ("ES256K", "p256"), ("ES256", "k256"), ("Ed448", "ed25519"),
                     ("Ed25519", "ed448"), ("HS256", "p256")]:
        other = {"p256": "ES256", "rsa": "RS256", "ed25519": "EdDSA", "p384": "ES384", "k256": "ES256K",
                 "ed448": "EdDSA"}[key]
        token = jose.token(KEYS[key], {"alg": alg, "kid": key}, claims(), other)
        ids = "SIG-20 HDR-09" if key.startswith("ed4") or alg == "Ed448" else "HDR-09"
        c.add(f"header/hdr-09-{alg.lower()}-with-kid-of-{key}", f"alg {alg}, but the kid's key is {key}.",
              "no-fitting-key", ids, token=token, options=ALLOW_ALL)


def extensions(c):
    def with_header(name, ids, header, reason, about, piece=""):
        c.add(f"header/{name}", about, reason + ("\n" + piece if piece else ""), ids,
              token=jose.token(KEYS["p256"], header, claims(), "ES256"))

    base = '"alg":"ES256","kid":"p256"'
    with_header("hdr-13-crit-unknown", "HDR-13", f'{{{base},"crit":["x"],"x":1}}', "bad-crit",
                "crit names an unknown extension.")
    with_header("hdr-13-crit-unknown-uri", "HDR-13",
                f'{{{base},"crit":["http://example.invalid/UNDEFINED"],"http://example.invalid/UNDEFINED":true}}',
                "bad-crit", "RFC 7515 appendix E.")
    for name, crit, more in [("empty", "[]", ""), ("string", '"exp"', ""), ("null", "null", ""),
                             ("number-inside", "[1]", ""), ("twice", '["x","x"]', ',"x":1'),
                             ("registered", '["alg"]', ""), ("exp", '["exp"]', ',"exp":1'), ("absent", '["x"]', ""),
                             ("object", "{}", ""), ("empty-name", '[""]', ',"":1'), ("crit", '["crit"]', ""),
                             ("true", "true", ""), ("unknown-beside-b64", '["x"]', ',"x":1,"b64":true'),
                             ("b64-twice", '["b64","b64"]', ',"b64":true'), ("b64-and-unknown", '["b64","x"]', ',"b64":true,"x":1'),
                             ("empty-beside-b64", "[]", ',"b64":true'), ("b64-absent", '["b64"]', "")]:
        with_header(f"hdr-14-crit-{name}", "HDR-14", f'{{{base},"crit":{crit}{more}}}', "bad-crit",
                    f"crit {crit} breaks the rules of RFC 7515 section 4.1.11.")
    with_header("hdr-15-b64-false-crit", "HDR-15", f'{{{base},"crit":["b64"],"b64":false}}', "bad-b64", "b64=false, in crit.")
    with_header("hdr-15-b64-false", "HDR-15", f'{{{base},"b64":false}}', "bad-b64", "b64=false, not in crit.")
    for name, value in [("string-false", '"false"'), ("zero", "0"), ("null", "null"), ("string-true", '"true"')]:
        with_header(f"hdr-15-b64-{name}", "HDR-15", f'{{{base},"b64":{value}}}', "bad-b64", f"b64 is {value}.")
    with_header("hdr-14-crit-b64-true", "HDR-14 HDR-15", f'{{{base},"crit":["b64"],"b64":true}}', "ok",
                "crit may name b64, which is understood, when it is there and true.")
    with_header("hdr-15-b64-true", "HDR-15", f'{{{base},"b64":true}}', "ok", "b64=true is the default.")
    with_header("hdr-17-zip", "HDR-17", f'{{{base},"zip":"DEF"}}', "bad-header", "zip belongs to encrypted tokens.", "zip")
    import zlib
    deflated = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = deflated.compress(jose.compact_json(claims()).encode()) + deflated.flush()
    c.add("header/hdr-17-zip-deflated", "A payload that would be good claims once inflated.", "bad-header\nzip",
          "HDR-17", token=jose.token(KEYS["p256"], {"alg": "ES256", "kid": "p256", "zip": "DEF"}, body))
    for name, value in [("jwt", '"JWT"'), ("lower", '"jwt"'), ("media-type", '"application/jwt"')]:
        with_header(f"hdr-18-nested-cty-{name}", "HDR-18", f'{{{base},"cty":{value}}}', "bad-header",
                    "A nested JWT.", "cty")
    inner = signed()
    c.add("header/hdr-18-nested-payload", "The payload is a JWT, not claims.", "bad-json", "HDR-18 PRS-10",
          token=jose.token(KEYS["p256"], {"alg": "ES256", "kid": "p256"}, inner))
    with_header("hdr-18-cty-number", "HDR-18", f'{{{base},"cty":1}}', "bad-header", "cty is not a string.", "cty")
    for name, typ, reason in [("logout", '"logout+jwt"', "bad-typ"), ("dpop", '"dpop+jwt"', "bad-typ"),
                              ("secevent", '"secevent+jwt"', "bad-typ"), ("id-token", '"JWT"', "bad-typ"),
                              ("absent", None, "bad-typ"), ("at-jwt", '"at+jwt"', "ok"), ("case", '"AT+JWT"', "ok"),
                              ("prefixed", '"application/at+jwt"', "ok"),
                              ("prefixed-case", '"Application/At+Jwt"', "ok"),
                              ("other-prefix", '"text/at+jwt"', "bad-typ"), ("suffix", '"at+jwt2"', "bad-typ"),
                              ("prefix", '"at+jw"', "bad-typ"), ("empty", '""', "bad-typ"),
                              ("twice", '"application/application/at+jwt"', "bad-typ")]:
        header = f"{{{base}" + (f',"typ":{typ}' if typ else "") + "}"
        c.add(f"header/hdr-21-typ-{name}", f"The policy wants at+jwt; typ is {typ}.", reason, "HDR-21 CLM-19",
              token=jose.token(KEYS["p256"], header, claims(), "ES256"),
              options=f"issuer https://issuer.example\naudience {AUDIENCE}\ntyp at+jwt")
    for name, value in [("number", "1"), ("null", "null"), ("array", '["at+jwt"]'), ("object", "{}")]:
        with_header(f"hdr-22-typ-{name}", "HDR-22", f'{{{base},"typ":{value}}}', "bad-header", "typ is not a string.",
                    "typ")
    for name, text in [("array", '["alg","ES256"]'), ("string", '"ES256"'), ("number", "1"), ("null", "null"),
                       ("empty", ""), ("true", "true")]:
        with_header(f"hdr-23-header-{name}", "HDR-23", text, "malformed" if name == "empty" else "bad-json",
                    "The header is not a JSON object.")
    with_header("hdr-23-header-empty-object", "HDR-23", "{}", "bad-header", "An empty header.")
    with_header("clm-22-claims-in-the-header", "CLM-22",
                f'{{{base},"iss":"https://other.example","sub":"root","aud":"x","exp":1}}', "ok",
                "Claims in the header are never read (RFC 7519 section 5.3): these would be refused.")
    c.add("header/clm-22-exp-only-in-the-header", "exp is in the header and not among the claims.",
          "claim-missing\nexp", "CLM-22", token=signed(claims(exp=None), exp=1700000300))


def sizes(c):
    huge = jose.token(KEYS["p256"], {"alg": "ES256", "kid": "p256", "x": "a" * 32768}, claims())
    c.add("header/hdr-24-header-over-the-limit", "A header of 32 KiB and more, well signed.", "too-long",
          "HDR-24 HDR-16", token=huge)
    header = '{"alg":"ES256","kid":"p256","b64":false,"crit":["b64"]}'
    c.add("header/hdr-16-b64-false-huge-payload", "b64=false and a payload over the limit: the size comes first.",
          "too-long", "HDR-16", token=jose.token(KEYS["p256"], header, "x" * 33000, "ES256"))


def jwe(c):
    part = b64u(b'{"alg":"RSA-OAEP","enc":"A256GCM"}')
    pbes = b64u(b'{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2s":"AAAA","p2c":2147483647}')
    zipped = b64u(b'{"alg":"dir","enc":"A256GCM","zip":"DEF"}')
    for name, ids, first in [("rsa-oaep", "HDR-19", part), ("pbes2-count", "HDR-20", pbes), ("zip", "HDR-20", zipped)]:
        c.add(f"header/{ids.lower()}-jwe-{name}", "Five parts: an encrypted token is not a signed one.", "malformed", ids,
              token=f"{first}.QUJD.QUJD.QUJD.QUJD")
    unsigned = jose.join({"alg": "none"}, claims(), b"").decode()
    c.add("header/hdr-19-jwe-around-an-unsigned-token", "JWE whose content would be an unsigned JWT.", "malformed",
          "HDR-19", token=f"{part}.QUJD.QUJD.{b64u(unsigned.encode())}.QUJD")


def make(c):
    accepted(c)
    no_algorithm(c)
    confusion(c)
    mismatch(c)
    extensions(c)
    sizes(c)
    jwe(c)

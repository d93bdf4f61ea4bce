#!/usr/bin/python3
"""Makes the fuzzers' first corpus of the cases: corpus.py FOLDER writes FOLDER/TARGET/... and FOLDER/dict."""
import base64
import hashlib
import pathlib
import re
import sys

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path += [str(TESTS / "cases"), str(TESTS / "pamstack")]
sys.dont_write_bytecode = True

import casefile  # noqa: E402
import stacks  # noqa: E402

WORDS = """alg kid typ cty crit b64 zip jwk jku x5c x5u enc none JWT at+jwt application/ RS256 PS384 ES256 ES512 ES256K
EdDSA Ed25519 Ed448 HS256 ML-DSA-44 keys kty crv use key_ops verify sign sig RSA EC OKP oct AKP P-256 P-384 P-521 secp256k1
X25519 AQAB pub iss sub aud exp nbf iat jti azp client_id cnf acr auth_time email email_verified groups
https://issuer.example ssh://host.example alice 1700000000 1700000300 253402300799 253402300800 9223372036854775807
9223372036854775808 1e400 1e-400 -0 0.5 true false null NaN Infinity \\u0000 \\ud800 \\udc00 \\u0061 \\" -----BEGIN
-----END eyJ e30 [issuer/ [grant/ [service/ [host] issuer audience jwks algorithms leeway max_lifetime user services
match. regex: glob: %{sub} %{preferred_username} %h strip_suffix one_use max_age also host_name sshd sudo file:///
yes no 30s 5m 24h 7d 2w bind ssh-key bind_services publickey ssh-ed25519 ssh-rsa ecdsa-sha2-nistp256 ecdsa-sha2-nistp384
ecdsa-sha2-nistp521 nistp256 nistp384 nistp521 sk-ssh-ed25519@openssh.com sk-ecdsa-sha2-nistp256@openssh.com
-cert-v01@openssh.com ssh: jkt hostbased account password session required requisite sufficient optional include substack
@include success=done default=die module_unknown=ignore new_authtok_reqd=reset 4294967295 pam_unix.so require_token""".split()
BYTES = [b"\x00", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\r\n", b"..", b"{}", b"[]",
         b'{"', b'":"', b'","', b" = ", b"\n[", b"-----BEGIN PUBLIC KEY-----\n", b"-----END PUBLIC KEY-----\n"]


def decoded(part):
    try:
        return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    except ValueError:
        return b""


def pem_bodies(text):
    labels = [b"PUBLIC KEY", b"PRIVATE KEY", b"RSA PUBLIC KEY", b"RSA PRIVATE KEY", b"EC PRIVATE KEY", b"CERTIFICATE"]
    for label, body in re.findall(rb"-----BEGIN ([A-Z ]+)-----\n(.*?)-----END", text, re.S):
        if label in labels:
            try:
                yield bytes([labels.index(label)]) + base64.b64decode(body)
            except ValueError:
                pass


WIRE = [b'{"name":"acme","issuer":"https://issuer.example","jwks":"https://issuer.example/keys","timeout_ms":5000,"cool_down_ms":60000,'
        b'"ca_fd":3,"bearer_fd":4,"force":true,"wait":false}',
        b'{"ok":true,"asked_boot_ms":1,"max_age":60,"issuer":"https://issuer.example","source":"https://issuer.example/keys"}\n{"keys":[]}\n',
        b'{"ok":true,"asked_boot_ms":1,"max_age":-1,"source":"x","not_modified":true,"etag":"e"}\n\n',
        b'{"ok":false,"reason":"fetch-failed","detail":"x","asked_boot_ms":1}\n\n',
        b"jti acme:1 j1\nsub https://issuer.example alice\nkid acme:1 k\nissued_before https://i.example 2026-11-24T10:00:00Z\nuser bob\n",
        b'{"version":1,"uid":1000,"user":"alice","service":"sshd","rhost":"192.0.2.7","issuer":"acme","grant":"staff","iss":"https://issuer.example",'
        b'"sub":"a","jti":"j","kid":"k","alg":"ES256","typ":"JWT","claims":"{}","since":1,"exp":2,"until":3,"session_before":0,"session_until_exp":false}']
# Answers, each ended by NUL; \x01 and a letter are 500 of it (fuzz_parts.c).
PARTS = [b"eyJa.b.c\0", b"01/02:\x01a\0" b"02/02:b.c\0", b"01/03:\x01a\0" b"02/03:\x01b\0" b"03/03:\0", b"01/01:a\0", b"01/02:\x01a\0" * 3,
         b"\x01eeyJaaa\0", b"\x01eeyJaaa\0\0", b"02/03:\x01a\0" b"01/03:\x01b\0", b"01/66:\x01a\0", b" 'Bearer eyJa' \0", b"\b\n\r\x7fINCORRECT" * 20,
         b"".join(b"%02d/66:\x01x\0" % n for n in range(1, 66)) + b"66/66:" + b"x" * 268 + b"\0"]
def ssh_string(*parts):
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


AGENT = [b"\x05", b"\x0c\0\0\0\1" + ssh_string(b"key", b"comment"), b"\x00\x0e" + ssh_string(ssh_string(b"ssh-ed25519", b"s" * 64)),
         b"\x01\x0e" + ssh_string(ssh_string(b"ecdsa-sha2-nistp256", ssh_string(b"\x00" + b"\xff" * 32, b"\x11" * 31))),
         b"\x04\x0e" + ssh_string(ssh_string(b"rsa-sha2-256", b"s" * 255)),
         *(kind + b" " + base64.b64encode(ssh_string(kind, *parts)) + b" me\n" for kind, *parts in (
             (b"ssh-ed25519", b"k" * 32), (b"ecdsa-sha2-nistp256", b"nistp256", b"\x04" + b"k" * 64),
             (b"ssh-rsa", b"\1\0\1", b"\0" + b"\xee" * 256), (b"sk-ssh-ed25519@openssh.com", b"k" * 32, b"ssh:"))),
         *(b"-----BEGIN OPENSSH PRIVATE KEY-----\n" + base64.encodebytes(
             b"openssh-key-v1\0" + ssh_string(b"none", b"none", b"") + b"\0\0\0\1" + ssh_string(b"blob", b"abcdabcd" + secret)) +
           b"-----END OPENSSH PRIVATE KEY-----\n" for secret in (
               ssh_string(b"ssh-ed25519", b"k" * 32, b"s" * 32 + b"k" * 32, b"me") + b"\1\2\3",
               ssh_string(b"ecdsa-sha2-nistp256", b"nistp256", b"\x04" + b"k" * 64, b"d" * 32, b"me"),
               ssh_string(b"ssh-rsa", b"n" * 256, b"\1\0\1", b"d" * 256, b"i" * 128, b"p" * 128, b"q" * 128, b"me")))]
RESPONSES = [b'{"access_token":"eyJ.eyJ.s","token_type":"DPoP","expires_in":300,"refresh_token":"r"}',
           b'{"error":"slow_down","error_description":"wait"}', b'{"error":"use_dpop_nonce"}',
           b'{"device_code":"d","user_code":"ABCD-EFGH","verification_uri":"https://a.example/d","verification_uri_complete":"https://a.example/d?c=1",'
           b'"expires_in":600,"interval":5}',
           b"[issuer/acme]\nissuer = https://a.example\nclient_id = x\nscope = openid\n[host/a]\nmatch = *.acme.example\nissuer = acme\nkey = ~/k.pub\n"
           b"resource = ssh://%h\n[sudo]\nissuer = acme\n",
           b"[issuer/a]\nissuer = https://a.example\nclient_id = x\nflow = client_credentials\nclient_secret_file = /s\n[host/b]\nmatch = x\ncommand = y\n"]
PATTERNS = [b"refs/tags/v*\nrefs/tags/v1.2", b"**/x?\na/b/xy", b"([a-z]+)-(users|admins)\nabc-users", b"(?:a|b){2,3}[^c-e]\\d\\w.\naab1xz",
            b"%{sub}-\\1\nx", b"(a*)*b\naaaaaaaaaaaaaaaaaaaaaaaac", b"\xc3\xa4[\xe2\x82\xac-\xf0\x9f\x98\x80]+\n\xc3\xa4\xe2\x82\xac", b"%%\\\\x\ny"]


def ssh_keys():
    """A key of each type, as its blob (first byte 0) and as sshd's line (first byte 1); blobs with a byte less or more."""
    text = (TESTS / "unit" / "sshkeys.h").read_text()
    for name, base64_text in re.findall(r'{"([^"]+)",\s*((?:"[^"]*"\s*)+),', text):
        encoded = "".join(re.findall(r'"([^"]*)"', base64_text))
        blob = base64.b64decode(encoded)
        yield from (b"\0" + blob, b"\0" + blob[:-1], b"\0" + blob + b"\0", b"\1publickey %s %s\n" % (name.encode(), encoded.encode()))


def of_token(token):
    yield "token", token
    for i, part in enumerate(token.split(b".")[:3]):
        yield "b64url", part[:4000]
        if i == 1:
            yield "claims", decoded(part)
            yield "grant", decoded(part)
            yield "audit", decoded(part)[:600]
        if i < 2:
            yield "json", decoded(part)


def of_keys(keys):
    yield "keyset", keys
    for body in pem_bodies(keys):
        yield "pem", body
    if keys[:1] == b"{":
        yield "json", keys


def of_case(case):
    """What the fields of a case are to the parsers; nothing very long."""
    fields = {"token": case.token, "keys": case.keys, "keys2": case.keys2, "secret": case.secret, "conf": case.conf,
              "json": case.json}
    for name, data in fields.items():
        if data is None or len(data) > 40000:
            continue
        if name == "token":
            yield from of_token(data)
        elif name == "conf":
            yield "conf", data.replace(b"@KEYS@", b"/k").replace(b"@KEYS2@", b"/k2")
            yield "ini", data
        elif name == "json":
            yield "json", data
        else:
            yield from of_keys(data)


def seeds():
    """Pairs of target and input."""
    for data in ssh_keys():
        yield "sshkey", data
    for data in WIRE:
        yield "wire", data
    for data in PARTS:
        yield "parts", data
    for data in AGENT:
        yield "agent", data
    for data in RESPONSES:
        yield "response", data
    for data in PATTERNS:
        yield "pattern", data
    for number in range(200):
        files = stacks.make(f"corpus/{number}").files
        texts = ["".join(files.get("/etc/pam.d/" + name, [])).encode("latin-1") for name in ("svc", "other", "inc0")]
        yield "pamstack", bytes([number % 4]) + b"\xff".join(texts)
    for path in casefile.files():
        for case in casefile.load(path):
            yield from of_case(case)
    for path in sorted(TESTS.parent.glob("etc/**/*.conf")):
        yield "ini", path.read_bytes()
        yield "conf", path.read_bytes()


def main():
    top = pathlib.Path(sys.argv[1])
    for target, data in seeds():
        folder = top / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)
    quote = lambda b: '"' + "".join(chr(c) if 32 <= c < 127 and c not in b'"\\' else f"\\x{c:02x}" for c in b) + '"'  # noqa: E731
    words = [w.encode() for w in WORDS] + BYTES
    (top / "dict").write_text("\n".join(quote(w) for w in words) + "\n")


if __name__ == "__main__":
    main()

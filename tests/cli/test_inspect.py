"""pamjwt inspect: never looks like a verified result, and says what is odd."""

import base64
import json
import re

import pytest
from conftest import ROOT

NOW = 1_700_000_000


def b64(data):
    return base64.urlsafe_b64encode(data.encode() if isinstance(data, str) else data).rstrip(b"=").decode()


def token(claims, **header):
    return ".".join([b64(json.dumps({"alg": "RS256", "kid": "k"} | header)), b64(json.dumps(claims)), b64(b"s" * 32)])


GOOD = {"iss": "https://i", "sub": "alice", "aud": "ssh://db1", "iat": NOW - 10, "exp": NOW + 300}


def notes(pamjwt, given, status=0):
    return pamjwt("inspect", given, "--now", NOW, "--json", status=status).json["notes"]


def test_every_line_is_marked(pamjwt, auth0):
    for given, status in ((f"@{auth0[0]}", 0), (token(GOOD | {"x": "a\nb", "y\nz": 1}), 0), ("opaque", 1)):
        lines = pamjwt("inspect", given, status=status).out.splitlines()
        assert lines and all(line.startswith("UNVERIFIED ") for line in lines)


def test_json_says_that_nothing_is_verified(pamjwt):
    result = pamjwt("inspect", token(GOOD), "--json").json
    assert result["verified"] is False and "ok" not in result and "claims" not in result
    assert result["unverified"]["claims"] == GOOD


def test_an_ordinary_token_has_nothing_odd(pamjwt):
    assert notes(pamjwt, token(GOOD)) == []


@pytest.mark.parametrize("claims, header, said", [
    ({"exp": NOW - 7200}, {}, "expired 2 hours ago"),
    ({"exp": None}, {}, "exp is not a time"),
    ({"exp": 1_700_000_000_000}, {}, "milliseconds"),
    ({"nbf": NOW + 60}, {}, "not valid yet"),
    ({"iat": NOW + 600}, {}, "issued in the future"),
    ({"iat": NOW - 86400 * 3}, {}, "more than a day"),
    ({"aud": "00000003-0000-0000-c000-000000000000"}, {}, "Microsoft Graph"),
    ({"aud": "account"}, {}, "Keycloak"),
    ({"aud": "https://expenses-api"}, {}, "meant for another API"),
    ({"aud": ["a", "https://t.auth0.com/userinfo"]}, {}, "userinfo"),
    ({"aud": ["a", "b"]}, {}, "2 audiences"),
    ({"gty": "client-credentials"}, {}, "program"),
    ({"typ": "Refresh"}, {}, "refresh token"),
    ({"at_hash": "x"}, {}, "ID token"),
    ({"events": {}}, {}, "logout token"),
    ({"cnf": {}}, {}, "bound to a key"),
    ({"email": "a@b"}, {}, "email_verified is not true"),
    ({"_claim_names": {}}, {}, "too many groups"),
    ({}, {"alg": "none"}, "the token is not signed"),
    ({}, {"alg": "HS256"}, "can also forge it"),
    ({}, {"alg": "ES256K"}, "listed in the issuer's algorithms"),
    ({}, {"alg": "XX"}, "is not supported"),
    ({}, {"jku": "https://x"}, "never fetched"),
    ({}, {"jwk": {}}, "never used"),
    ({}, {"nonce": "x"}, "Microsoft"),
    ({}, {"typ": "logout+jwt"}, "not a token for logins"),
    ({"x": "a" * 400}, {}, "511 bytes that sudo"),
    ({"x": "a" * 900}, {}, "1023 bytes that an ssh prompt"),
])
def test_odd_things_are_named(pamjwt, claims, header, said):
    assert any(said in note for note in notes(pamjwt, token(GOOD | claims, **header)))


@pytest.mark.parametrize("missing, said", [("exp", "no exp"), ("aud", "no aud"), ("iss", "no iss"), ("sub", "no sub")])
def test_missing_claims_are_named(pamjwt, missing, said):
    assert any(said in note for note in notes(pamjwt, token({k: v for k, v in GOOD.items() if k != missing})))


@pytest.mark.parametrize("given, said", [
    ("a.b.c.d.e", "JWE"),
    ("ghp_0123456789abcdefghij", "GitHub"),
    ("ya29.a0AfH6SMB", "Google"),
    ("hunter2", "opaque"),
    ("eyJhbGciOiJSUzI1NiJ9.eyJ", "truncated"),
    ("{}", "key or a document"),
    ("Bearer abc", "not part of it"),
    (token(GOOD, crit=["x"]), "bad-crit"),
    (token(GOOD, b64=False), "b64=false"),
    (b64('{"alg":"RS256"}') + "." + b64("text") + ".AAAA", "not a JSON object"),
])
def test_what_is_not_a_signed_token(pamjwt, given, said):
    assert any(said in note for note in notes(pamjwt, given, status=1)), said


def test_nothing_that_a_terminal_obeys(pamjwt):
    hostile = token(GOOD | {"a\x1b[2J": "\x1b]0;x\x07\x9b1m\u202e"})
    for args in ([], ["--json"]):
        out = pamjwt("inspect", hostile, *args).out
        assert not set(out) & set("\x1b\x07\x9b\u202e")


INVISIBLE = [0xad, *range(0x200b, 0x2010), 0x2028, 0x202e, *range(0x2060, 0x2065), 0x2066, 0x3164, 0xfeff, 0xe0000, 0xe0041, 0xe007f]


def test_nothing_that_a_reader_does_not_see(pamjwt):
    """RVW-13: what one tool shows as `alice` may be another name; letters of any language stay as they are."""
    letters = "".join(map(chr, INVISIBLE))
    hostile = token(GOOD | {"sub": f"ali{letters}ce \u00e9\u65e5\U0001f511", f"n{letters}": 1})
    out = pamjwt("inspect", hostile).out
    assert not set(out) & set(letters) and "\u00e9\u65e5\U0001f511" in out
    text = pamjwt("inspect", hostile, "--json").out
    assert not set(text) & set(letters)
    found = json.loads(text)
    assert f"ali{letters}ce \u00e9\u65e5\U0001f511" in json.dumps(found, ensure_ascii=False), "it is still the same JSON"


def test_documents_and_the_askpass_program_state_the_sizes_of_the_table():
    """lib/judge/clients.h and parts.h define the sizes; files that are not C repeat them."""
    sizes = {name: int(number) for header in ("clients.h", "parts.h") for name, number in re.findall(
        r"^#define PJWT_(\w+) +(\d+)\b", (ROOT / "lib/judge" / header).read_text(), re.M)}
    ssh, sudo, terminal, body = (str(sizes[name]) for name in ("SSH_MOST", "SUDO_MOST", "TERMINAL_MOST", "PARTS_BODY"))
    full = sizes["PARTS_HEAD"] + sizes["PARTS_BODY"]
    stated = {
        "README.md": (ssh, sudo), "man/pamjwt-askpass.1": (ssh, sudo, body, str(full)),
        "man/pam_jwt.8.in": (ssh, str(sizes["SUDO_MOST"] + 1), body, str(full)), "docs/sudo.md": (sudo, terminal),
        "docs/clients.md": (ssh, str(sizes["SUDO_MOST"] + 1), body, str(full)), "docs/troubleshooting.md": (ssh,),
        "client/pamjwt-askpass": (f"whole_at_most={full - 1}", f"part_size={body}"),
    }
    for path, texts in stated.items():
        for text in texts:
            assert re.search(rf"\b{text}\b", (ROOT / path).read_text()), (path, text)

"""pamjwt decode: exit statuses, what is printed and where, every check that can be asked for or skipped."""

import base64
import json
import os

import jwt as pyjwt
import pytest

SECRET = "0123456789abcdef0123456789abcdef"
NOW = 1_700_000_000


def b64(data):
    return base64.urlsafe_b64encode(data.encode() if isinstance(data, str) else data).rstrip(b"=").decode()


def token(claims, **header):
    return pyjwt.encode(claims, SECRET, algorithm="HS256", headers=header or None)


@pytest.fixture
def decode(pamjwt):
    def run(given, *args, **kwargs):
        return pamjwt("decode", given, "--secret", SECRET, "--now", NOW, *args, **kwargs)
    return run


@pytest.mark.parametrize("claims, args, reason", [
    ({"exp": NOW}, [], "expired"),
    ({"exp": NOW - 10}, ["--leeway", "10s"], "expired"),
    ({"exp": "soon"}, [], "claim-type"),
    ({"nbf": NOW + 1}, [], "not-yet-valid"),
    ({"iat": NOW + 100}, [], "issued-in-future"),
    ({"iss": "a"}, ["--issuer", "b"], "bad-issuer"),
    ({}, ["--issuer", "b"], "claim-missing"),
    ({"aud": "a"}, [], "bad-audience"),
    ({"aud": "a"}, ["--audience", "b", "--audience", "c"], "bad-audience"),
    ({}, ["--audience", "b"], "claim-missing"),
    ({"sub": "a"}, ["--subject", "b"], "bad-subject"),
    ({"sub": "a"}, ["--require", "sub,jti"], "claim-missing"),
    ({}, ["--require", "exp"], "claim-missing"),
    ({}, ["--alg", "HS384,HS512"], "alg-not-allowed"),
    ({}, ["--typ", "at+jwt"], "bad-typ"),
])
def test_refused(decode, claims, args, reason):
    plain = decode(token(claims), *args, status=1)
    assert plain.out == "" and plain.err.startswith(f"pamjwt: {reason}: ")
    result = decode(token(claims), *args, "--json", status=1)
    assert result.json["ok"] is False and result.json["reason"] == reason and result.json["detail"]
    assert set(result.json) == {"ok", "reason", "detail"}


@pytest.mark.parametrize("claims, args", [
    ({"exp": NOW + 1}, []),
    ({"exp": NOW - 9}, ["--leeway", "10s"]),
    ({"exp": NOW - 9}, ["--skip", "exp"]),
    ({"nbf": NOW + 10}, ["--leeway", "10s"]),
    ({"nbf": NOW + 9999, "iat": NOW + 9999}, ["--skip", "nbf,iat"]),
    ({"aud": "a"}, ["--skip", "aud"]),
    ({"aud": ["x", "b"]}, ["--audience", "a", "--audience", "b"]),
    ({"sub": "a", "jti": "j"}, ["--subject", "a", "--require", "jti"]),
    ({"iss": "https://i"}, ["--issuer", "https://i"]),
    ({}, ["--alg", "RS256,HS256"]),
    ({}, ["--typ", "jwt"]),
])
def test_accepted(decode, claims, args):
    assert decode(token(claims), *args).json == claims


def test_the_claims_are_printed_exactly_as_signed(pamjwt):
    text = '{ "b":1.50,\n"a":"\\u00e9é\\/" ,"big":123456789012345678 }'
    signed = pamjwt("encode", "-", "--jws", "--secret", SECRET, input=text).line
    assert pamjwt("decode", signed, "--secret", SECRET).out == text + "\n"


def test_complete_and_json(decode):
    given = token({"a": 1})
    assert decode(given, "--complete").json == {
        "header": {"typ": "JWT", "alg": "HS256"} | pyjwt.get_unverified_header(given), "payload": {"a": 1},
        "signature": given.split(".")[2]}
    assert decode(given, "--json").json == {
        "ok": True, "header": pyjwt.get_unverified_header(given), "claims": {"a": 1}}


def test_tokens_from_file_descriptor_and_standard_input(pamjwt, tmp_path):
    given = token({"a": 1})
    path = tmp_path / "token"
    path.write_text(f"  {given}\r\n")
    assert pamjwt("decode", f"@{path}", "--secret", SECRET).json == {"a": 1}
    assert pamjwt("decode", "-", "--secret", SECRET, input=given + "\n").json == {"a": 1}
    read, write = os.pipe()
    os.write(write, given.encode())
    os.close(write)
    assert pamjwt("decode", f"@/dev/fd/{read}", "--secret", SECRET, pass_fds=[read]).json == {"a": 1}
    os.close(read)


def test_files_that_cannot_be_read(pamjwt, tmp_path):
    given = token({})
    assert "file-open" in pamjwt("decode", f"@{tmp_path}/none", "--secret", SECRET, status=2).err
    assert "file-open" in pamjwt("decode", given, "--key", tmp_path / "none", status=2).err
    assert "file-open" in pamjwt("decode", given, "--key", tmp_path, status=2).err
    big = tmp_path / "big"
    big.write_bytes(b"a" * (5 * 1024 * 1024))
    assert "file-size" in pamjwt("decode", f"@{big}", "--secret", SECRET, status=2).err


@pytest.mark.parametrize("args", [[], ["--secret", "a", "--key", "b"], ["--jwks", "a", "--discover", "b"]])
def test_exactly_one_source_of_keys(pamjwt, args):
    assert "one of" in pamjwt("decode", token({}), *args, status=2).err


@pytest.mark.parametrize("args", [["--skip", "sub"], ["--alg", "none"], ["--alg", "HS256,"], ["--leeway", "soon"],
                                  ["--now", "x"], ["--leeway", "1", "--leeway", "2"]])
def test_usage_errors(pamjwt, args):
    assert pamjwt("decode", token({}), "--secret", SECRET, *args, status=2).err.startswith("pamjwt: usage: ")


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", "none "])
def test_unsigned_tokens(pamjwt, alg):
    """HDR-01, HDR-02, HDR-03: an unsigned token is never accepted, whatever its spelling."""
    unsigned = b64(json.dumps({"alg": alg})) + "." + b64("{}") + "."
    pamjwt("decode", unsigned, "--secret", SECRET, status=1)


def test_a_public_key_is_no_secret(pamjwt, keys, tmp_path):
    """HDR-06, HDR-07: an RSA key never verifies an HMAC, in whatever form it is given."""
    from jwcrypto import jwk
    pem = jwk.JWK.from_json(keys["RS256"].read_text()).export_to_pem()
    path = tmp_path / "public.pem"
    path.write_bytes(pem)
    signing_input = b64('{"alg":"HS256"}') + "." + b64("{}")
    forged = signing_input + "." + b64(pyjwt.algorithms.HMACAlgorithm(
        pyjwt.algorithms.HMACAlgorithm.SHA256).sign(signing_input.encode(), pem))
    assert pamjwt("decode", forged, "--key", path, status=1).out == ""
    as_secret = pamjwt("decode", forged, "--secret", f"@{path}", status=2)
    assert "text of a public or private key" in as_secret.err
    assert "text of a public or private key" in pamjwt("encode", "{}", "--secret", f"@{path}", status=2).err


def test_output_that_cannot_be_written_is_no_success(pamjwt):
    import subprocess
    from conftest import PAMJWT
    with open("/dev/full", "wb") as full:
        process = subprocess.run([PAMJWT, "decode", token({}), "--secret", SECRET], stdout=full, stderr=subprocess.PIPE)
    assert process.returncode == 2 and b"standard output" in process.stderr


def on_terminal(args, stdin=None):
    """Output and error of a run on a terminal."""
    import pty
    import subprocess
    from conftest import PAMJWT
    main, side = pty.openpty()
    process = subprocess.Popen([PAMJWT, *args], stdin=subprocess.DEVNULL, stdout=side, stderr=side)
    os.close(side)
    text = b""
    while True:
        try:
            block = os.read(main, 4096)
        except OSError:
            break
        if not block:
            break
        text += block
    process.wait()
    os.close(main)
    return text.decode("utf-8", "surrogateescape")


def test_a_terminal_is_warned_of_a_token_that_others_can_see(tmp_path):
    path = tmp_path / "secret"
    path.write_text(SECRET)
    text = on_terminal(["decode", token({}), "--secret", f"@{path}"])
    assert "other users on this host can read the token" in text
    given = tmp_path / "token"
    given.write_text(token({}))
    assert "others" not in on_terminal(["decode", f"@{given}", "--secret", f"@{path}"])


def test_a_terminal_never_gets_what_it_could_obey(tmp_path):
    text = on_terminal(["decode", token({"a": "\x9b31m", "b": "\u202egnp"}), "--secret", SECRET])
    assert "\x9b" not in text and "\u202e" not in text
    assert json.loads(text[text.index("{"):]) == {"a": "\x9b31m", "b": "\u202egnp"}, "it is still the same JSON"


def test_a_detail_that_quotes_the_token_is_escaped(pamjwt):
    hostile = b64('{"alg":"\\u001b[31mRS\\u009b"}') + "." + b64("{}") + ".AA"
    result = pamjwt("decode", hostile, "--secret", SECRET, status=1)
    assert "\x1b" not in result.err and "\x9b" not in result.err and "\\x1b" in result.err

"""pamjwt encode: exact bytes, the header's order, claims from options, secrets that stay off the command line."""

import base64
import json
import os
import subprocess

import pytest
from conftest import PAMJWT, ROOT

SECRET = "0123456789abcdef0123456789abcdef"


def parts(token):
    return [base64.urlsafe_b64decode(p + "=" * (-len(p) % 4)) for p in token.split(".")]


def header(token):
    return parts(token)[0].decode()


def payload(token):
    return parts(token)[1].decode()


def encode(pamjwt, *args, **kwargs):
    return pamjwt("encode", *args, "--secret", SECRET, **kwargs).line


@pytest.mark.parametrize("given, signed", [
    ('{"b": 1, "a" : [ 1 , 2 ] , "c":{ } }', '{"b":1,"a":[1,2],"c":{}}'),
    ('{"n": 1.50, "e": 1E3, "big": 123456789012345678}', '{"n":1.50,"e":1E3,"big":123456789012345678}'),
    ('{"s": "a b\\" c\\\\", "t": " { } "}', '{"s":"a b\\" c\\\\","t":" { } "}'),
    ('{"u": "\\u00e9 é"}', '{"u":"\\u00e9 é"}'),
    ('\n{\t"a":\r\n true}\n', '{"a":true}'),
    ("{}", "{}"),
])
def test_json_is_signed_as_written_without_its_white_space(pamjwt, given, signed):
    assert payload(encode(pamjwt, given)) == signed


@pytest.mark.parametrize("bad", ["", "[]", '"x"', "{", '{"a":1,"a":2}', '{"a":NaN}', "{'a':1}", '{"a":1} x', '{"a":01}'])
def test_what_is_no_strict_json_is_not_signed(pamjwt, bad):
    result = pamjwt("encode", bad, "--secret", SECRET, status=2)
    assert result.out == "" and "pamjwt: bad-json: " in result.err


def test_claims_of_options_come_behind_in_a_fixed_order(pamjwt):
    token = encode(pamjwt, '{"x":1}', "--jti", "j", "--exp", "+5m", "--nbf", "-1h", "--iat", "now", "--audience", "a",
                   "--subject", "alice", "--issuer", "https://i", "--now", 1000000)
    assert payload(token) == ('{"x":1,"iss":"https://i","sub":"alice","aud":"a","iat":1000000,"nbf":996400,'
                              '"exp":1000300,"jti":"j"}')


def test_several_audiences_become_a_list(pamjwt):
    assert payload(encode(pamjwt, "--audience", "a", "--audience", 'b"')) == '{"aud":["a","b\\""]}'


def test_random_jti_differs(pamjwt):
    one, two = (json.loads(payload(encode(pamjwt, "--jti", "random")))["jti"] for _ in range(2))
    assert one != two and len(one) == 22


def test_a_claim_may_not_have_two_answers(pamjwt):
    assert "set both in the JSON and by --issuer" in pamjwt("encode", '{"iss":null}', "--issuer", "x", "--secret", SECRET,
                                                     status=2).err


@pytest.mark.parametrize("time", ["tomorrow", "+5x", "", "+", "1.5", "-", "+99999999999w"])
def test_bad_times_are_refused(pamjwt, time):
    assert "--exp requires" in pamjwt("encode", "--exp", time, "--secret", SECRET, status=2).err


@pytest.mark.parametrize("extra, expected", [
    ('{"cty":"x","a":[1]}', '{"typ":"JWT","alg":"HS256","cty":"x","a":[1]}'),
    ('{"typ":"at+jwt"}', '{"typ":"at+jwt","alg":"HS256"}'),
    ('{"typ":null}', '{"alg":"HS256"}'),
    ('{"z":1,"kid":"k","alg":"HS256"}', '{"typ":"JWT","alg":"HS256","kid":"k","z":1}'),
])
def test_header_parameters(pamjwt, extra, expected):
    assert header(encode(pamjwt, "{}", "--header", extra)) == expected


def test_the_alg_of_the_header_is_used(pamjwt):
    long = SECRET * 2
    token = pamjwt("encode", "--header", '{"alg":"HS512"}', "--secret", long).line
    assert header(token) == '{"typ":"JWT","alg":"HS512"}' and len(parts(token)[2]) == 64


def test_header_and_options_may_not_contradict(pamjwt):
    for option, member in (("--alg", "alg"), ("--kid", "kid")):
        assert "different values" in pamjwt("encode", option, "HS256", "--header", json.dumps({member: "HS384"}),
                                            "--secret", SECRET, status=2).err


def test_kid_comes_from_the_key_and_can_be_left_out(pamjwt, keys):
    assert header(pamjwt("encode", "--key", keys["ES256"]).line) == '{"typ":"JWT","alg":"ES256","kid":"key-ES256"}'
    assert header(pamjwt("encode", "--key", keys["ES256"], "--kid", "").line) == '{"typ":"JWT","alg":"ES256"}'


def test_jws_signs_bytes_as_they_are(pamjwt):
    token = pamjwt("encode", "-", "--jws", "--secret", SECRET, input=b"\x00 any \xff bytes\n").line
    assert parts(token)[1] == b"\x00 any \xff bytes\n"
    process = pamjwt("decode", token, "--jws", "--secret", SECRET)
    assert process.out.encode("utf-8", "surrogateescape") == b"\x00 any \xff bytes\n"


def test_an_empty_secret_never_works(pamjwt, tmp_path):
    empty = tmp_path / "empty"
    empty.write_text("\n")
    for secret in ("", f"@{empty}"):
        assert "the secret is empty" in pamjwt("encode", "{}", "--secret", secret, status=2).err


def test_a_key_file_never_holds_a_short_secret(pamjwt, tmp_path):
    path = tmp_path / "short.jwk"
    path.write_text('{"kty":"oct","k":"c2VjcmV0"}')
    assert "48 bits" in pamjwt("encode", "{}", "--key", path, status=2).err


def test_secret_from_file_descriptor_and_standard_input(pamjwt, tmp_path):
    expected = encode(pamjwt, "{}")
    path = tmp_path / "secret"
    path.write_text(SECRET + "\n")
    assert pamjwt("encode", "{}", "--secret", f"@{path}").line == expected
    assert pamjwt("encode", "{}", "--secret", "-", input=SECRET + "\n").line == expected
    read, write = os.pipe()
    os.write(write, SECRET.encode())
    os.close(write)
    assert pamjwt("encode", "{}", "--secret", f"@/dev/fd/{read}", pass_fds=[read]).line == expected
    os.close(read)


def test_standard_input_serves_once(pamjwt):
    assert "standard input" in pamjwt("encode", "-", "--secret", "-", status=2).err


def test_one_of_secret_and_key(pamjwt, keys):
    pamjwt("encode", "{}", status=2)
    pamjwt("encode", "{}", "--secret", SECRET, "--key", keys["ES256"], status=2)


@pytest.mark.parametrize("alg, why", [("none", "proves nothing"), ("HS25", "did you mean HS256"), ("foo", "unknown algorithm")])
def test_unknown_algorithms(pamjwt, alg, why):
    """HDR-01, HDR-04: "none" is not an algorithm for encode either."""
    assert why in pamjwt("encode", "{}", "--secret", SECRET, "--alg", alg, status=2).err


@pytest.mark.parametrize("key, alg", [("ES256", "ES384"), ("RS256", "HS256"), ("RS256", "RS512"), ("EdDSA", "Ed448")])
def test_a_key_signs_only_what_it_fits(pamjwt, keys, key, alg):
    assert "bad-key" in pamjwt("encode", "{}", "--key", keys[key], "--alg", alg, status=2).err


def test_a_weak_rsa_key_does_not_sign(pamjwt, tmp_path):
    path = tmp_path / "weak.pem"
    subprocess.run(["openssl", "genrsa", "-out", path, "1024"], check=True, capture_output=True)
    assert "1024 bits" in pamjwt("encode", "{}", "--key", path, status=2).err


def test_an_encrypted_key_is_named_as_such(pamjwt, tmp_path):
    path = tmp_path / "locked.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ED25519", "-aes256", "-pass", "pass:x", "-out", path], check=True,
                   capture_output=True)
    assert "encrypted" in pamjwt("encode", "{}", "--key", path, status=2).err


def test_a_set_of_private_keys_needs_a_kid(pamjwt, keys, tmp_path):
    path = tmp_path / "set.jwks"
    path.write_text(json.dumps({"keys": [json.loads(keys[a].read_text()) for a in ("ES256", "EdDSA")]}))
    assert "--kid" in pamjwt("encode", "{}", "--key", path, status=2).err
    assert '"alg":"EdDSA"' in header(pamjwt("encode", "{}", "--key", path, "--kid", "key-EdDSA").line)
    assert "unknown-kid" in pamjwt("encode", "{}", "--key", path, "--kid", "x", status=2).err


def test_json_output(pamjwt):
    result = pamjwt("encode", "{}", "--secret", SECRET, "--json").json
    assert result == {"ok": True, "token": encode(pamjwt, "{}")}


def test_sizes_and_modes_of_new_keys(pamjwt, tmp_path):
    path = tmp_path / "new.jwk"
    public = pamjwt("keygen", "--alg", "RS256", "--bits", "2048", "--out", path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["kid"] == public.json["keys"][0]["kid"]
    assert len(public.json["keys"][0]["kid"]) == 43
    assert "file-write" in pamjwt("keygen", "--out", path, status=2).err, "an existing file is never replaced"
    for alg, bits in (("RS256", 1024), ("RS256", 16384), ("ES256", 256), ("HS256", 128)):
        assert "--bits" in pamjwt("keygen", "--alg", alg, "--bits", bits, status=2).err


# --- RVW-17: a private key that other users can read ---


@pytest.mark.parametrize("mode, word", [(0o644, "read"), (0o640, "read"), (0o604, "read"), (0o620, "use or change"), (0o600, None),
                                        (0o400, None)])
@pytest.mark.parametrize("how", ["--key", "--key -", "--secret @"])
def test_a_key_that_others_can_read_is_reported(pamjwt, tmp_path, mode, word, how):  # RVW-17
    path = tmp_path / "private"
    if how == "--secret @":
        path.write_text("0123456789abcdef0123456789abcdef")
        args = ["--secret", f"@{path}"]
    else:
        pamjwt("keygen", "--alg", "ES256", "--out", path)
        args = ["--key", "-" if how == "--key -" else path]
    path.chmod(mode)
    with open(path, "rb") as stdin:
        result = pamjwt("encode", "{}", *args, **({"stdin": stdin} if how == "--key -" else {}))
    name = "standard input" if how == "--key -" else path
    what = "secret" if how == "--secret @" else "private key"
    said = f"pamjwt: warning: {name}: other users can {word} this {what} (mode {mode:04o}); it should have mode 0600\n"
    assert result.err == (said if word else "") and result.line.count(".") == 2


def test_a_new_key_in_a_file_that_others_can_read_is_reported(pamjwt, tmp_path):  # RVW-17
    for mode, warned in ((0o644, True), (0o640, True), (0o600, False)):
        path = tmp_path / f"{mode:o}"
        path.touch(mode=mode)
        path.chmod(mode)
        with open(path, "wb") as out:
            done = subprocess.run([PAMJWT, "keygen"], stdout=out, stderr=subprocess.PIPE, text=True, check=True)
        assert ("use --out FILE" in done.stderr and f"mode {mode:04o}" in done.stderr) == warned
        assert json.loads(path.read_text())["d"]
    assert pamjwt("keygen").err == "", "a pipe is no file"


def test_no_recipe_writes_a_private_key_by_redirection():  # RVW-17
    pages = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "man/pamjwt.1"]
    found = [line for page in pages for line in page.read_text().replace("\\-", "-").splitlines() if "pamjwt keygen" in line and ">" in line]
    assert found and all("--out " in line for line in found), found

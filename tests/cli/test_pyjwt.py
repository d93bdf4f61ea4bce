"""docs/pyjwt.md: the table is complete, and input for which PyJWT raises an exception gets the reason listed there."""

import inspect
import json
import re

import jwt as pyjwt
import pytest
from conftest import ROOT
from jwcrypto import jwk

PAGE = (ROOT / "docs" / "pyjwt.md").read_text()
SECRET = "0123456789abcdef0123456789abcdef"
NOW = 1_700_000_000
# Two that are never raised by themselves, and one that says how PyJWT was installed.
BASES = {"PyJWTError", "InvalidTokenError", "MissingCryptographyError"}


def table(title):
    rows = PAGE.split(f"## {title}\n")[1].split("\n## ")[0]
    return [[cell.strip() for cell in row.strip("|").split(" | ")]
            for row in rows.splitlines() if row.startswith("| `")]


def reason_of():
    return {row[0].strip("`"): row[1].strip("`") for row in table("Exceptions")}


def test_every_exception_maps_to_one_reason_of_its_own():
    ours = set(re.findall(r'^PJWT_REASON\(\w+, "([^"]+)"', (ROOT / "lib/base/reasons.def").read_text(), re.M))
    mapped = reason_of()
    assert set(mapped.values()) <= ours
    assert len(set(mapped.values())) == len(mapped), "one to one"
    theirs = {n for n, o in vars(pyjwt.exceptions).items() if inspect.isclass(o) and issubclass(o, Exception)
              and not issubclass(o, Warning)}
    assert theirs - BASES <= set(mapped)


def test_every_parameter_of_encode_and_decode_is_in_the_table():
    for call in (pyjwt.encode, pyjwt.decode, pyjwt.api_jwt.PyJWT().decode_complete):
        for name in set(inspect.signature(call).parameters) - {"kwargs", "self", "jwt", "detached_payload", "verify"}:
            word = {"payload": "payload", "key": "key", "algorithm": 'algorithm="RS256"'}.get(name, name)
            assert word in PAGE, name
    for option in pyjwt.PyJWT._get_default_options():
        named = {"verify_exp": "verify_exp", "verify_nbf": "nbf", "verify_iat": "iat", "verify_aud": "aud",
                 "verify_iss": "iss"}.get(option, option)
        assert named in PAGE, option


def test_every_option_that_the_table_names_exists(pamjwt):
    helps = "".join(pamjwt(c, "--help").out for c in ("encode", "decode", "inspect", "keygen", "keys", "refresh"))
    for option in set(re.findall(r"(--[a-z][a-z-]+)", PAGE)) - {"--help-reasons"}:
        assert re.search(rf"^  {option}\b", helps, re.M), option


def both(pamjwt, token, exception, reason, key=SECRET, ours=("--secret", SECRET), args=(), status=1, **options):
    """PyJWT raises the exception, and ours names its reason."""
    with pytest.raises(exception):
        pyjwt.decode(token, key, **({"algorithms": ["HS256"]} | options))
    assert reason_of()[exception.__name__] == reason
    assert pamjwt("decode", token, *ours, *args, "--json", status=status).json["reason"] == reason


def hs256(claims, secret=SECRET, **headers):
    return pyjwt.encode(claims, secret, algorithm="HS256", headers=headers or None)


def test_decode_error(pamjwt):
    both(pamjwt, "JWT_STRING", pyjwt.DecodeError, "malformed")


def test_signature(pamjwt):
    both(pamjwt, hs256({}, "another secret that is long enough"), pyjwt.InvalidSignatureError, "bad-signature")


def test_expired(pamjwt):
    both(pamjwt, hs256({"exp": NOW}), pyjwt.ExpiredSignatureError, "expired")


def test_immature(pamjwt):
    both(pamjwt, hs256({"nbf": 4102444800}), pyjwt.ImmatureSignatureError, "not-yet-valid")


def test_issued_in_the_future(pamjwt):
    token = hs256({"iat": 4102444800})
    with pytest.raises(pyjwt.ImmatureSignatureError):
        pyjwt.decode(token, SECRET, algorithms=["HS256"])
    assert pamjwt("decode", token, "--secret", SECRET, "--json", status=1).json["reason"] == "issued-in-future"
    with pytest.raises(pyjwt.InvalidIssuedAtError):
        pyjwt.decode(hs256({"iat": "x"}), SECRET, algorithms=["HS256"])
    assert pamjwt("decode", hs256({"iat": "x"}), "--secret", SECRET, "--json", status=1).json["reason"] == "claim-type"


def test_audience(pamjwt):
    both(pamjwt, hs256({"aud": "a"}), pyjwt.InvalidAudienceError, "bad-audience", args=["--audience", "b"], audience="b")
    both(pamjwt, hs256({"aud": "a"}), pyjwt.InvalidAudienceError, "bad-audience")


def test_issuer(pamjwt):
    both(pamjwt, hs256({"iss": "a"}), pyjwt.InvalidIssuerError, "bad-issuer", args=["--issuer", "b"], issuer="b")


def test_missing_claim(pamjwt):
    both(pamjwt, hs256({}), pyjwt.MissingRequiredClaimError, "claim-missing", args=["--require", "exp"],
         options={"require": ["exp"]})


def test_algorithm(pamjwt):
    both(pamjwt, hs256({}), pyjwt.InvalidAlgorithmError, "alg-not-allowed", args=["--alg", "HS384"],
         algorithms=["HS384"])


def test_key_of_another_kind(pamjwt, keys, tmp_path):
    pem = tmp_path / "public.pem"
    pem.write_bytes(jwk.JWK.from_json(keys["RS256"].read_text()).export_to_pem())
    both(pamjwt, hs256({}), pyjwt.InvalidKeyError, "no-fitting-key", key=pem.read_bytes(), ours=("--key", pem))


def test_key_sets(pamjwt, tmp_path):
    """PyJWKSetError for a set without a usable key. Ours says so as an error of what the caller gave."""
    with pytest.raises(pyjwt.exceptions.PyJWKSetError):
        pyjwt.PyJWKSet([])
    path = tmp_path / "empty.json"
    path.write_text('{"keys":[]}')
    result = pamjwt("decode", hs256({}), "--key", path, "--json", status=2).json
    assert result["reason"] == reason_of()["PyJWKSetError"] == "bad-keyset"


def test_keys(pamjwt, tmp_path):
    odd = {"kty": "RSA", "kid": "odd", "alg": "XX", "n": "AQAB", "e": "AQAB"}
    with pytest.raises(pyjwt.exceptions.PyJWKError):
        pyjwt.PyJWK(odd)
    good = json.loads(pamjwt("keygen", "--kid", "good").out)
    path = tmp_path / "mixed.json"
    path.write_text(json.dumps({"keys": [odd, {k: v for k, v in good.items() if k != "d"}]}))
    listed = {k["kid"]: k.get("reason") for k in pamjwt("keys", path, "--json").json["keys"]}
    assert listed == {"odd": reason_of()["PyJWKError"], "good": None}


def test_unknown_kid_of_a_client(pamjwt, auth0):
    other = auth0[1].with_name("auth0-jwks-no-matching-kid.json")
    result = pamjwt("decode", f"@{auth0[0]}", "--jwks", other, "--skip", "exp,aud", "--json", status=1).json
    assert result["reason"] == reason_of()["PyJWKClientError"]

"""What the first users were shown, call by call: encode, decode, expiry with leeway, issuers, a real key set."""

import json
import re

SEED = ("eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzb21lIjoicGF5bG9hZCJ9."
        "Joh1R2dYzkRvDkqv3sygm5YyK8Gi4ShZqbhK2gxcs2U")
AUTH0_CLAIMS = {
    "iss": "https://dev-87evx9ru.auth0.com/",
    "sub": "aW4Cca79xReLWUz0aE2H6kD0O3cXBVtC@clients",
    "aud": "https://expenses-api",
    "iat": 1572006954,
    "exp": 1572006964,
    "azp": "aW4Cca79xReLWUz0aE2H6kD0O3cXBVtC",
    "gty": "client-credentials",
}


def test_the_first_example_gives_the_exact_bytes(pamjwt):
    assert pamjwt("encode", '{"some": "payload"}', "--secret", "secret", "--alg", "HS256").line == SEED
    assert pamjwt("encode", '{"some": "payload"}', "--secret", "secret").line == SEED


def test_the_short_secret_works_with_a_warning(pamjwt):
    result = pamjwt("decode", SEED, "--secret", "secret", "--alg", "HS256")
    assert result.line == '{"some":"payload"}'
    assert "48 bits" in result.err and "warning" in result.err


def test_no_warning_for_a_secret_as_long_as_the_digest(pamjwt):
    secret = "0123456789abcdef" * 2
    token = pamjwt("encode", "{}", "--secret", secret)
    assert token.err == ""
    assert pamjwt("decode", token.line, "--secret", secret).err == ""


def test_not_a_token_is_refused(pamjwt):
    assert pamjwt("decode", "JWT_STRING", "--secret", "secret", status=1).err.startswith("pamjwt: malformed: ")


def test_expired_and_then_within_leeway(pamjwt):
    token = pamjwt("encode", "{}", "--secret", "secret", "--exp", "+30s", "--now", 1000).line
    assert pamjwt("decode", token, "--secret", "secret", "--now", 1029).json == {"exp": 1030}
    late = pamjwt("decode", token, "--secret", "secret", "--now", 1032, status=1)
    assert re.search(r"^pamjwt: expired: .*1030.*1032", late.err, re.M) and late.out == ""
    assert pamjwt("decode", token, "--secret", "secret", "--now", 1032, "--leeway", "10s").json == {"exp": 1030}
    assert pamjwt("decode", token, "--secret", "secret", "--now", 1032, "--leeway", "10").json == {"exp": 1030}


def test_issuer_and_a_wrong_one(pamjwt):
    token = pamjwt("encode", '{"some": "payload", "iss": "urn:foo"}', "--secret", "secret").line
    assert pamjwt("decode", token, "--secret", "secret", "--issuer", "urn:foo").json == {
        "some": "payload", "iss": "urn:foo"}
    wrong = pamjwt("decode", token, "--secret", "secret", "--issuer", "urn:bar", status=1)
    assert "pamjwt: bad-issuer: " in wrong.err
    assert pamjwt("decode", token, "--secret", "secret").json["iss"] == "urn:foo"


def test_the_real_token_against_its_real_key_set(pamjwt, auth0):
    token, jwks = auth0
    result = pamjwt("decode", f"@{token}", "--jwks", jwks, "--alg", "RS256", "--audience", "https://expenses-api",
                    "--skip", "exp")
    assert result.json == AUTH0_CLAIMS
    assert list(result.json) == list(AUTH0_CLAIMS), "the order is that of the signed bytes"


def test_the_real_token_has_expired(pamjwt, auth0):
    token, jwks = auth0
    result = pamjwt("decode", f"@{token}", "--key", jwks, "--audience", "https://expenses-api", "--json", status=1)
    assert result.json["ok"] is False and result.json["reason"] == "expired"


def test_the_real_token_at_its_own_time(pamjwt, auth0):
    token, jwks = auth0
    pamjwt("decode", f"@{token}", "--key", jwks, "--audience", "https://expenses-api", "--now", 1572006960)


def test_the_real_token_needs_its_audience(pamjwt, auth0):
    token, jwks = auth0
    assert "bad-audience" in pamjwt("decode", f"@{token}", "--key", jwks, "--skip", "exp", status=1).err
    assert "bad-audience" in pamjwt("decode", f"@{token}", "--key", jwks, "--skip", "exp", "--audience",
                                    "https://other", status=1).err


def test_a_key_set_without_the_kid_verifies_nothing(pamjwt, auth0):
    token, jwks = auth0
    other = jwks.with_name("auth0-jwks-no-matching-kid.json")
    result = pamjwt("decode", f"@{token}", "--key", other, "--skip", "exp,aud", status=1)
    assert result.err.startswith("pamjwt: unknown-kid: ")


def test_keys_lists_the_real_key_set(pamjwt, auth0):
    kid = "NEE1QURBOTM4MzI5RkFDNTYxOTU1MDg2ODgwQ0UzMTk1QjYyRkRFQw"
    key, = pamjwt("keys", auth0[1], "--json").json["keys"]
    assert (key["kid"], key["kty"], key["alg"], key["bits"], key["usable"]) == (kid, "RSA", "RS256", 2048, True)
    assert kid in pamjwt("keys", auth0[1]).out
    assert json.loads(pamjwt("keys", auth0[1], "--public").out)["keys"][0]["kid"] == kid

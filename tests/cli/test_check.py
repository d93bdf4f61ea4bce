"""pamjwt check TOKEN: the decision of a login, stage by stage, and the line that decided."""

import pytest

NOW = 1_700_000_000
CONF = """[issuer/acme]
issuer = https://login.acme.example
audience = ssh://db1
jwks = file://{jwks}
max_lifetime = 1h
[grant/staff]
issuer = acme
user = root
match.groups = linux
services = sshd sudo
[service/sudo]
max_age = 5m
"""


@pytest.fixture(scope="module")
def key(pamjwt, tmp_path_factory):
    folder = tmp_path_factory.mktemp("check")
    (folder / "jwks.json").write_text(pamjwt("keygen", "--kid", "k1", "--out", folder / "key.jwk").out)
    (folder / "pam_jwt.conf").write_text(CONF.format(jwks=folder / "jwks.json"))
    return folder


@pytest.fixture
def token(pamjwt, key):
    def make(*args, claims='{"groups":["linux"]}', exp="+5m"):
        return pamjwt("encode", claims, "--key", key / "key.jwk", "--issuer", "https://login.acme.example", "--subject",
                      "s1", "--iat", "now", "--exp", exp, "--now", NOW, "--audience", "ssh://db1", *args).line
    return make


@pytest.fixture
def check(pamjwt, key):
    def run(token, *args, **kwargs):
        return pamjwt("check", token, "--config", key / "pam_jwt.conf", "--user", "root", "--now", NOW, *args, **kwargs)
    return run


def test_accepted_with_every_stage_and_the_lines_that_decided(check, token, key):
    out = check(token()).out
    stages = [line.split()[:2] for line in out.splitlines()[1:-1]]
    names = [s for s, _ in stages]
    assert names[:6] == ["token", "issuer", "keys", "keys", "verify", "claims"]
    assert set(names[6:]) == {"service", "grant"}
    assert {o for _, o in stages} == {"ok"}
    assert f"{key}/pam_jwt.conf:2" in out and f"{key}/pam_jwt.conf:6" in out
    assert out.splitlines()[-1] == "accepted: root may use sshd by grant staff"


@pytest.mark.parametrize("args, reason", [
    (["--user", "daemon"], "no-grant"),
    (["--user", "no-such-user-here"], "unknown-user"),
    (["--service", "su"], "service"),
    (["--service", "sudo"], "claim-missing"),
    (["--now", NOW + 10000], "expired"),
])
def test_refused_with_the_reason_of_the_login(pamjwt, key, token, args, reason):
    base = {"--config": key / "pam_jwt.conf", "--user": "root", "--now": NOW} | dict([args])
    flat = [word for pair in base.items() for word in pair]
    result = pamjwt("check", token(), *flat, status=1)
    assert f"pamjwt: {reason}: " in result.err and "accepted" not in result.out
    as_json = pamjwt("check", token(), *flat, "--json", status=1).json
    assert as_json["ok"] is False and as_json["reason"] == reason and as_json["detail"]
    assert as_json["steps"][-1]["outcome"] == reason


def test_groups_and_lifetime(check, token):
    assert "pamjwt: no-grant: " in check(token(claims='{"groups":["windows"]}'), status=1).err
    assert "pamjwt: lifetime: " in check(token(exp="+2h"), status=1).err


def test_what_was_not_verified_is_marked(check, token):
    good = token()
    forged = good[:-8] + ("AAAAAAAA" if good[-8:] != "AAAAAAAA" else "BBBBBBBB")
    out = check(forged, status=1).out.splitlines()[1:]
    assert out and all(" UNVERIFIED " in line for line in out)
    assert check(forged, "--json", status=1).json["verified"] is False
    assert "UNVERIFIED" not in check(good).out


def test_the_token_is_trimmed_as_a_login_does(check, token, tmp_path):
    check(f'  "Bearer {token()}"  ')
    check("-", input=f"Bearer {token()}\r\n")
    path = tmp_path / "token"
    path.write_text(token() + "\n")
    check(f"@{path}")


def test_what_has_no_shape_of_a_token_goes_to_the_next_module(check):
    assert "pamjwt: not-a-token: " in check("hunter2", status=1).err


def test_accepted_as_json(check, token):
    result = check(token(), "--json").json
    assert result["ok"] and result["grant"] == "staff" and result["verified"] and result["reason"] == "ok"


def test_the_token_is_never_printed(check, token):
    given = token()
    for args in ([], ["--json"], ["--service", "su"]):
        status = 1 if "su" in args else 0
        result = check(given, *args, status=status)
        for part in given.split("."):
            assert part not in result.out + result.err

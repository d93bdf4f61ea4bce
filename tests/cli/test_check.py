"""pamjwt check TOKEN: the decision of a login, stage by stage, and the line that decided."""

import json
import subprocess

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
    assert set(names[6:]) == {"bind", "service", "grant"}
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


@pytest.fixture(scope="module")
def ssh_key(tmp_path_factory):
    """A real ssh key, its thumbprint by jwcrypto, and another key."""
    folder = tmp_path_factory.mktemp("ssh")
    for name in ("id", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "alice at home", "-f", folder / name], check=True)
    crypto = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    jwk = pytest.importorskip("jwcrypto.jwk")
    return folder / "id.pub", jwk.JWK.from_pyca(crypto.load_ssh_public_key((folder / "id.pub").read_bytes())).thumbprint(), folder / "other.pub"


def test_a_bound_token_with_the_key_that_the_login_would_have(check, token, ssh_key):
    mine, jkt, other = ssh_key
    bound = token(claims=json.dumps({"groups": ["linux"], "cnf": {"jkt": jkt}}))
    assert "pamjwt: bound: the token has cnf" in check(bound, status=1).err
    steps = check(bound, "--ssh-key", mine, "--json").json["steps"]
    assert [s["value"] for s in steps if s["stage"] == "bind"] == [f"cnf {jkt}, key {jkt} (ssh-ed25519)"]
    assert "pamjwt: other-key: cnf identifies the key " + jkt in check(bound, "--ssh-key", other, status=1).err
    assert "pamjwt: bound: " in check(bound, "--service", "sudo", status=1).err
    assert "pamjwt: other-key: " in check(bound, "--service", "sudo", "--ssh-key", other, status=1).err
    assert "pamjwt: claim-missing: " in check(bound, "--service", "sudo", "--ssh-key", mine, status=1).err  # max_age, the next requirement


def test_a_file_that_is_no_ssh_key_is_named(check, token, key):
    assert "pamjwt: bad-proof: the ssh key: " in check(token(), "--ssh-key", key / "jwks.json", status=1).err
    assert "pamjwt: file-open: " in check(token(), "--ssh-key", key / "nothing", status=2).err


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


@pytest.mark.parametrize("line, line_number, what", [
    ("user alice\nnonsense\n", 2, "expected jti, sub, kid, issued_before, user or uid"),
    ("# why\n\nsub acne s1\n", 3, "there is no issuer section with the name 'acne'"),
    ("user alice", 1, "the last line does not end with a newline"),
])
def test_without_a_token_the_revocation_list_is_read_too(pamjwt, key, tmp_path, line, line_number, what):
    listed = tmp_path / "revoked"
    listed.write_text(line)
    args = ("check", "--config", key / "pam_jwt.conf", "--revoked", listed)
    assert f"pamjwt: config: {listed}:{line_number}: {what}" in pamjwt(*args, status=2).err
    result = pamjwt(*args, "--json", status=2).json
    assert not result["ok"] and result["reason"] == "config"
    assert [(e["file"], e["line"]) for e in result["errors"]] == [(str(listed), line_number)]
    assert result["errors"][0]["text"].startswith(what)


def test_a_list_that_others_can_write_is_an_error(pamjwt, key, tmp_path):
    listed = tmp_path / "revoked"
    listed.write_text("user alice\n")
    listed.chmod(0o666)
    err = pamjwt("check", "--config", key / "pam_jwt.conf", "--revoked", listed, status=2).err
    assert f"pamjwt: config: {listed}: mode 0666" in err


def test_a_good_list_or_none_is_no_error(pamjwt, key, tmp_path):
    listed = tmp_path / "revoked"
    for _ in range(2):
        assert "good" in pamjwt("check", "--config", key / "pam_jwt.conf", "--revoked", listed).out
        listed.write_text("sub acme s1\nuser alice\n")


def test_the_account_of_each_line_is_named(pamjwt, key, tmp_path):  # RVW-01
    listed = tmp_path / "revoked"
    listed.write_text("user root\nuser no-such-account\nsub acme s1\nuid 0\nuid 4000000000\n")
    args = ("check", "--config", key / "pam_jwt.conf", "--revoked", listed)
    result = pamjwt(*args)
    assert [line for line in result.out.splitlines() if "refuses" in line] == [
        f"{listed}:1: refuses uid 0, root", f"{listed}:4: refuses uid 0, root", f"{listed}:5: refuses uid 4000000000"]
    assert f"pamjwt: warning: {listed}:2: user no-such-account: there is no such account on this host" in result.err
    result = pamjwt(*args, "--json").json
    assert [(a["line"], a["uid"], a.get("user")) for a in result["revoked_accounts"]] == [
        (1, 0, "root"), (4, 0, "root"), (5, 4000000000, None)]
    assert [w["line"] for w in result["warnings"] if w["file"] == str(listed)] == [2]


def test_errors_of_the_configuration_and_of_the_list_in_one_run(pamjwt, tmp_path):
    (tmp_path / "conf").write_text("[issuer/acme]\nisuer = https://login.acme.example\naudience = a\n")
    (tmp_path / "revoked").write_text("nonsense\n")
    err = pamjwt("check", "--config", tmp_path / "conf", "--revoked", tmp_path / "revoked", status=2).err
    assert f"{tmp_path}/conf:2: " in err and f"{tmp_path}/revoked:1: " in err

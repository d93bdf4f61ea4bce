"""pamjwt check, keys and refresh over a configuration: every error in one run, file sources, names of issuers."""

import base64
import json
import subprocess

import pytest
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from jwcrypto import jwk

GOOD = """[issuer/acme]
issuer = https://login.acme.example
audience = ssh://db1
jwks = file://{jwks}
[grant/staff]
issuer = acme
services = sshd sudo
"""


@pytest.fixture
def conf(pamjwt, tmp_path):
    jwks = tmp_path / "jwks.json"
    jwks.write_text(pamjwt("keygen", "--kid", "k1", "--out", tmp_path / "key.jwk").out)
    path = tmp_path / "pam_jwt.conf"
    path.write_text(GOOD.format(jwks=jwks))
    return path


def test_a_good_configuration(pamjwt, conf):
    assert pamjwt("check", "--config", conf).line == f"{conf}: good; issuers: 1, grants: 1, services: 0"
    result = pamjwt("check", "--config", conf, "--json").json
    assert result["ok"] is True and result["errors"] == []


def test_every_error_in_one_run_with_file_line_and_key(pamjwt, conf):
    conf.write_text(conf.read_text().replace("audience", "audiense").replace("issuer = acme", "issuer = acne")
                    + "leeway = 5\n")
    result = pamjwt("check", "--config", conf, status=2)
    assert result.out == ""
    lines = result.err.splitlines()
    assert any(line.startswith(f"pamjwt: config: {conf}:3: audiense: ") and "audience" in line for line in lines)
    assert any(f"{conf}:6: issuer: " in line and "acme" in line for line in lines)
    assert any(f"{conf}:8: leeway: " in line for line in lines)
    as_json = pamjwt("check", "--config", conf, "--json", status=2).json
    assert {(e["line"], e["key"]) for e in as_json["errors"]} >= {(3, "audiense"), (6, "issuer"), (8, "leeway")}


def test_files_that_are_not_to_be_trusted(pamjwt, conf, tmp_path):
    conf.chmod(0o666)
    assert "pamjwt: file-mode: " in pamjwt("check", "--config", conf, status=2).err
    conf.chmod(0o644)
    link = tmp_path / "link.conf"
    link.symlink_to(conf)
    pamjwt("check", "--config", link, status=2)
    assert "file-open" in pamjwt("check", "--config", tmp_path / "none", status=2).err
    assert pamjwt("check", "--config", tmp_path / "none", "--json", status=2).json["reason"] == "file-open"


def test_errors_of_a_broken_configuration_stop_every_command(pamjwt, conf):
    conf.write_text("nonsense\n")
    for args in (["keys", "acme"], ["refresh"], ["check", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIn0.eyJpc3MiOiJhIn0.AAAA"]):
        assert f"{conf}:1: " in pamjwt(*args, "--config", conf, status=2).err


def test_an_issuer_by_name(pamjwt, conf):
    assert "k1" in pamjwt("keys", "acme", "--config", conf).out
    assert "did you mean acme" in pamjwt("keys", "acmee", "--config", conf, status=2).err
    assert "did you mean acme" in pamjwt("refresh", "acmee", "--config", conf, status=2).err


def test_refresh_of_a_file_source_has_nothing_to_do(pamjwt, conf):
    result = pamjwt("refresh", "--config", conf, "--json").json
    assert result["ok"] and result["issuers"][0]["from_file"] and not result["issuers"][0]["fetched"]
    pamjwt("refresh", "--check-age", "--config", conf)


@pytest.mark.parametrize("args", [["--now", "5"], ["--older-than", "5s"], ["--force", "--check-age"]])
def test_refresh_options_that_do_not_go_together(pamjwt, conf, args):
    assert "--check-age" in pamjwt("refresh", *args, "--config", conf, status=2).err


def test_keys_names_what_cannot_be_used(pamjwt, conf, tmp_path, keys):
    """KEY-21: one bad key is shown with its reason and does not spoil the others."""
    good = json.loads(pamjwt("keys", keys["ES256"], "--public").out)["keys"][0]
    weak = {"kty": "RSA", "kid": "weak", "n": "AQAB" * 43 + "AQ", "e": "AQAB"}
    path = tmp_path / "mixed.json"
    path.write_text(json.dumps({"keys": [good, weak, {"kty": "XX", "kid": "odd"}]}))
    result = pamjwt("keys", path)
    assert "unusable: bad-key: " in result.out
    usable = {k["kid"]: k["usable"] for k in pamjwt("keys", path, "--json").json["keys"]}
    assert usable == {"key-ES256": True, "weak": False, "odd": False}
    public = json.loads(pamjwt("keys", path, "--public").out)["keys"]
    assert [k["kid"] for k in public] == ["key-ES256"]


def test_keys_asks_openssl_about_points(pamjwt, tmp_path, keys):
    """SIG-08: a login leaves the point of a key that it does not need alone; `keys` shows that it is on no curve."""
    good, off = (json.loads(pamjwt("keys", keys[a], "--public").out)["keys"][0] for a in ("EdDSA", "ES256"))
    off["y"] = off["y"][:-1] + ("A" if off["y"][-1] != "A" else "E")
    path = tmp_path / "off.json"
    path.write_text(json.dumps({"keys": [good, off]}))
    assert {k["kid"]: k["usable"] for k in pamjwt("keys", path, "--json").json["keys"]} == {
        good["kid"]: True, off["kid"]: False}


def test_keys_never_shows_a_secret(pamjwt, keys):
    secret = json.loads(keys["HS256"].read_text())["k"]
    for args in ([], ["--json"], ["--thumbprint"]):
        assert secret not in pamjwt("keys", keys["HS256"], *args).out
    assert "no public key" in pamjwt("keys", keys["HS256"], "--public", status=2).err


def test_keys_public_holds_nothing_private(pamjwt, keys):
    for alg in ("RS256", "ES256", "EdDSA"):
        key, = json.loads(pamjwt("keys", keys[alg], "--public").out)["keys"]
        assert not set(key) & {"d", "p", "q", "dp", "dq", "qi", "k"}


def fido_line(line):
    """The FIDO key with an ssh-ed25519 key inside (PROTOCOL.u2f)."""
    def string(data):
        return len(data).to_bytes(4, "big") + data

    raw = base64.b64decode(line.split()[1])[-32:]
    blob = string(b"sk-ssh-ed25519@openssh.com") + string(raw) + string(b"ssh:")
    return f"sk-ssh-ed25519@openssh.com {base64.b64encode(blob).decode()} me@laptop\n"


def test_keys_and_decode_read_public_ssh_keys(pamjwt, tmp_path):
    """As a judge: jwcrypto. Of a certificate and of a FIDO key the inner one counts, as in cnf.jkt."""
    for name, kind in (("ed25519", ["ed25519"]), ("ecdsa", ["ecdsa", "-b", "384"]), ("rsa", ["rsa", "-b", "2048"])):
        subprocess.run(["ssh-keygen", "-q", "-t", *kind, "-N", "", "-f", tmp_path / name], check=True)
        public = tmp_path / f"{name}.pub"
        judged = jwk.JWK.from_pyca(load_ssh_public_key(public.read_bytes()))
        assert pamjwt("keys", public, "--thumbprint").line == judged.thumbprint()
        assert json.loads(pamjwt("keys", public, "--public").out)["keys"][0].items() >= judged.export_public(as_dict=True).items()
        token = pamjwt("encode", '{"sub":"alice"}', "--key", tmp_path / name).line
        assert pamjwt("decode", token, "--key", public).json == {"sub": "alice"}
        assert "bad-signature" in pamjwt("decode", token[:-8] + "AAAAAAAA", "--key", public, status=1).err
    line = (tmp_path / "ed25519.pub").read_text()
    subprocess.run(["ssh-keygen", "-q", "-s", tmp_path / "rsa", "-I", "x", "-n", "alice", tmp_path / "ed25519.pub"], check=True)
    (tmp_path / "sk.pub").write_text(fido_line(line))
    plain = pamjwt("keys", tmp_path / "ed25519.pub", "--thumbprint").line
    for name in ("ed25519-cert.pub", "sk.pub"):
        assert pamjwt("keys", tmp_path / name, "--thumbprint").line == plain


@pytest.mark.parametrize("change, says", [
    (lambda line: line.replace("ssh-ed25519 ", "ssh-rsa ", 1), "it does not match the preceding type"),
    (lambda line: line.replace("AAAA", "AAA", 1), "it is not strict base64"),
    (lambda line: line.split()[0] + " \n", "it is missing"),
    (lambda line: " ".join([line.split()[0], line.split()[1][:-4]]), "Ed25519 key does not have 32 bytes"),
])
def test_an_ssh_key_that_is_none(pamjwt, tmp_path, change, says):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "id"], check=True)
    public = tmp_path / "id.pub"
    public.write_text(change(public.read_text()))
    assert says in pamjwt("keys", public, status=1).err

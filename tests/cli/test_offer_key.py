"""pamjwt offer-key: any key that the client holds, for users that a bound token could log in as, and for no one else (REV-01)."""
import base64
import subprocess

import pytest

CONF = """[issuer/acme]
issuer = https://login.acme.example
audience = ssh://db1
jwks = file:///nonexistent
[grant/staff]
issuer = acme
user = {user}
bind = ssh-key
"""


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    """TYPE BASE64 of keys, and of a certificate."""
    folder = tmp_path_factory.mktemp("keys")
    for kind in ("ed25519", "ecdsa", "rsa"):
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", folder / kind], check=True)
    subprocess.run(["ssh-keygen", "-q", "-s", folder / "rsa", "-I", "x", "-n", "daemon", folder / "ed25519.pub"], check=True)
    return {name: (folder / f"{name}.pub").read_text().split()[:2] for name in ("ed25519", "ecdsa", "rsa", "ed25519-cert")}


@pytest.fixture
def offer(pamjwt, tmp_path):
    def run(user, words, spelt="daemon root", status=0, text=CONF):
        path = tmp_path / "pam_jwt.conf"
        path.write_text(text.format(user=spelt))
        return pamjwt("offer-key", user, *words, "--config", path, status=status)
    return run


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_the_very_key_comes_back(offer, key, kind):
    assert offer("daemon", key[kind]).out == " ".join(key[kind]) + "\n"


def test_never_for_root_though_a_grant_spells_it(offer, key):
    result = offer("root", key["ed25519"], status=1)
    assert result.out == "" and "pamjwt: system-account: no key is printed for uid 0" in result.err


def test_not_for_names_that_no_grant_can_make(offer, key):
    assert "pamjwt: unknown-user: " in offer("no-such-user-here", key["ed25519"], "no-such-user-here", status=1).err
    assert "pamjwt: no-grant: " in offer("daemon", key["ed25519"], "bin", status=1).err
    assert "pamjwt: no-grant: " in offer("daemon", key["ed25519"], "%{sub}", status=1).err  # a system account has to be spelt
    assert "pamjwt: no-grant: " in offer("daemon", key["ed25519"], status=1, text=CONF.replace("bind = ssh-key\n", "")).err


def test_no_certificate_and_nothing_that_is_no_key(offer, key):
    assert "does not accept certificates" in offer("daemon", key["ed25519-cert"], status=1).err
    assert "pamjwt: bad-proof: " in offer("daemon", [key["rsa"][0], key["ed25519"][1]], status=1).err
    assert "pamjwt: bad-proof: " in offer("daemon", ["ssh-ed25519", "AAAA\nssh-ed25519 " + key["ed25519"][1]], status=1).err
    short = base64.b64decode(key["ed25519"][1])[:-1]
    result = offer("daemon", ["ssh-ed25519", base64.b64encode(short).decode()], status=1)
    assert result.out == "" and "pamjwt: bad-proof: " in result.err


def test_a_configuration_that_is_not_understood_gives_no_key(offer, key):
    assert offer("daemon", key["ed25519"], status=2, text="[issuer/x]\nx = y\n").out == ""


def test_as_json(offer, key):
    assert offer("daemon", [*key["ed25519"], "--json"]).json == {"ok": True, "type": key["ed25519"][0], "key": key["ed25519"][1]}

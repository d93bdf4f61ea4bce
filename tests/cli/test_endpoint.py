"""Keys from a real HTTPS endpoint with a CA of its own: by pamjwt-fetch, never by the command itself."""

import json
import os
import pathlib
import pty
import shutil
import subprocess
import sys
import time

import pytest
from conftest import PAMJWT, ROOT

sys.path.insert(0, str(ROOT / "tests" / "fetch"))
import world  # noqa: E402

NOBODY_KNOWN = 12345  # root would need the user _pamjwt; an unprivileged user fetches as itself
OTHER = {"user": NOBODY_KNOWN, "group": NOBODY_KNOWN, "extra_groups": []} if os.geteuid() == 0 else {}


@pytest.fixture(scope="session")
def folder():
    made = world.temporary_folder()
    made.chmod(0o755)
    yield made
    world.remove(made)


@pytest.fixture(scope="session")
def authority(folder):
    return world.Authority(folder)


@pytest.fixture
def idp(authority):
    server = world.Idp(authority.server())
    yield server
    server.stop()


@pytest.fixture(scope="session")
def programs(folder):
    """Copies of the command and the helper that other users can reach: a checkout may be in root's home."""
    return [shutil.copy(program, folder) for program in (PAMJWT, world.HELPER)]


@pytest.fixture
def somebody(pamjwt, programs):
    """The command as an unprivileged user."""
    def run(*args, **kwargs):
        return pamjwt(*args, executable=programs[0], **OTHER, **kwargs)
    return run


@pytest.fixture
def user(somebody, programs):
    """The same, with the helper."""
    def run(*args, **kwargs):
        return somebody(*args, "--fetch", programs[1], **kwargs)
    return run


@pytest.fixture
def real(idp, auth0):
    """The provider serves the real key set."""
    token, jwks = auth0
    idp.answer(jwks.read_bytes())
    return token


def test_the_real_token_through_an_endpoint(user, idp, authority, real):
    result = user("decode", "-", "--jwks", idp.url + "/jwks", "--ca-file", authority.file, "--alg", "RS256",
                  "--audience", "https://expenses-api", "--skip", "exp", input=real.read_text())
    assert result.json["sub"] == "aW4Cca79xReLWUz0aE2H6kD0O3cXBVtC@clients"
    assert idp.asked() == 1


def test_keys_of_an_address(user, idp, authority, real):
    assert user("keys", idp.url + "/jwks", "--ca-file", authority.file, "--json").json["keys"][0]["alg"] == "RS256"


def test_discovery(user, idp, authority, real):
    args = ["decode", "-", "--ca-file", authority.file, "--skip", "exp,aud", "--discover"]
    assert user(*args, idp.url, input=real.read_text()).json["gty"] == "client-credentials"
    idp.describe(issuer="https://somebody.else")
    assert "fetch-failed" in user(*args, idp.url, input=real.read_text(), status=1).err, "NET-19"


def test_without_the_ca_nothing_is_believed(user, idp, real):
    result = user("decode", "-", "--jwks", idp.url + "/jwks", "--skip", "exp,aud", input=real.read_text(), status=1)
    assert result.err.startswith("pamjwt: fetch-failed: ") and result.out == "", "NET-04"


def test_an_endpoint_without_keys(user, idp, authority, real):
    idp.answer(b"<html>", status=404)
    result = user("decode", "-", "--jwks", idp.url + "/jwks", "--ca-file", authority.file, "--json",
                  input=real.read_text(), status=1)
    assert result.json["reason"] in ("fetch-failed", "no-keys")


def test_a_secret_never_comes_from_the_network(user, idp, authority, pamjwt):
    """KEY-13: an HMAC key that an endpoint hands out is public."""
    secret = "0123456789abcdef0123456789abcdef"
    token = pamjwt("encode", "{}", "--secret", secret).line
    idp.answer({"keys": [{"kty": "oct", "k": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}]})
    user("decode", token, "--jwks", idp.url + "/jwks", "--ca-file", authority.file, status=1)


def test_nothing_is_left_behind_and_no_second_request_is_refused(user, idp, authority, real):
    for _ in range(3):
        user("keys", idp.url + "/jwks", "--ca-file", authority.file)
    assert idp.asked() == 3


def test_the_command_has_no_network_library():
    tree = subprocess.run(["ldd", PAMJWT], capture_output=True, text=True, check=True).stdout
    assert "libcurl" not in tree and "libssl" not in tree


@pytest.fixture
def tmp_path():
    """Not below pytest's own directory: another pytest started meanwhile makes that accessible only to its owner."""
    made = world.temporary_folder()
    made.chmod(0o755)
    yield made
    world.remove(made)


@pytest.fixture
def host(folder, idp, authority, tmp_path):
    conf = tmp_path / "pam_jwt.conf"
    conf.write_text(f"""[issuer/acme]
issuer = {idp.url}
audience = ssh://db1
ca_file = {authority.file}
[grant/staff]
issuer = acme
""")
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o755)
    if os.geteuid() == 0:
        os.chown(cache, NOBODY_KNOWN, NOBODY_KNOWN)
    return ["--config", conf, "--cache", cache]


def test_refresh_fills_the_cache_and_keys_shows_it(user, somebody, host, idp):
    assert "no-keys" in somebody("keys", "acme", *host, status=1).err
    assert "no-keys" in somebody("refresh", "--check-age", *host, status=1).err
    first = user("refresh", *host, "--json").json
    assert first["ok"] and first["issuers"][0]["fetched"] and first["issuers"][0]["stored"]
    again = user("refresh", *host).line
    assert again.startswith("acme: 1 key, cached from ") and idp.asked() == 1
    assert user("refresh", "acme", "--force", *host).line.startswith("acme: 1 key, fetched from ")
    assert idp.asked() == 2
    shown = somebody("keys", "acme", *host).out
    assert "k1" in shown and idp.url in shown and "next refresh" in shown
    assert somebody("keys", "issuer/acme", *host, "--json").json["cache"]["asked_at"] > 0


def test_on_a_terminal_refresh_says_whom_it_asks(host, idp, programs):
    """Progress, for what may take five seconds an issuer; a pipe gets the result alone."""
    terminal, end = pty.openpty()
    command, helper = programs
    done = subprocess.run([command, "refresh", *host, "--fetch", helper], stdout=subprocess.PIPE, stderr=end, text=True,
                          check=True, **OTHER)
    assert os.read(terminal, 1000).decode() == f"acme: {idp.url}\r\n"
    assert done.stdout.startswith("acme: 1 key, fetched from ")
    os.close(terminal)
    os.close(end)


def test_check_age_for_monitoring(user, somebody, host):
    user("refresh", *host)
    asked = somebody("keys", "acme", *host, "--json").json["cache"]["asked_at"]
    check = ["refresh", "--check-age", *host]
    assert "asked for" in somebody(*check).line
    half_week = 302400
    somebody(*check, "--now", asked + half_week)
    assert "stale-keys" in somebody(*check, "--now", asked + half_week + 1, status=1).err
    assert "stale-keys" in somebody(*check, "--now", asked + 61, "--older-than", "60s", status=1).err


def test_refresh_fails_when_one_issuer_fails(user, host, idp, tmp_path):
    conf = pathlib.Path(host[1])
    conf.write_text(conf.read_text() + """[issuer/dead]
issuer = https://127.0.0.1:9
audience = ssh://db1
timeout = 1s
""")
    result = user("refresh", *host, status=1)
    assert result.line.startswith("acme: 1 key") and "pamjwt: fetch-failed: dead: " in result.err
    both = user("refresh", *host, "--json", status=1).json
    assert [i["ok"] for i in both["issuers"]] == [True, False] and both["ok"] is False


def test_a_failing_endpoint_leaves_the_keys_and_is_told(user, somebody, host, idp):
    """NET-09, NET-10."""
    user("refresh", *host)
    idp.answer(b"<html>captive portal</html>")
    assert "pamjwt: " in user("refresh", "--force", *host, status=1).err
    assert "k1" in somebody("keys", "acme", *host).out


def test_doctor_and_the_age_of_the_keys(user, somebody, host, authority, tmp_path):
    """Of a host whose refresh has stopped: in time, too late, and with a clock that was set back."""
    from test_doctor import Host
    root = tmp_path / "root"
    root.mkdir(mode=0o755)
    system = Host(root, somebody, "/nonexistent")
    shutil.copytree(authority.file.parent, f"{root}{authority.file.parent}", dirs_exist_ok=True)
    text = pathlib.Path(host[1]).read_text().replace("audience = ssh://db1", "audience = ssh://db1\nmax_lifetime = 1h")
    pathlib.Path(host[1]).write_text(text + "match.groups = linux\nservices = sshd sudo sudo-i\n")

    user("refresh", *host)
    asked = somebody("keys", "acme", *host, "--json").json["cache"]["asked_at"]
    day = 86400
    for now, finding in ((asked, None), (asked + 4 * day, "keys-old"), (asked + 8 * day, "keys-stale"),
                         (asked - 600, "clock keys-cache")):
        found = {f["id"] for f in system.doctor(*host, "--now", now)}
        assert found - {"config-warning"} == set((finding or "").split()), found


@pytest.mark.parametrize("away, said", [(0, None), (-20, None), (-120, "120 s ahead of"), (3600, "behind")])
def test_doctor_compares_the_clock_with_the_issuer_s_date(user, somebody, host, idp, authority, tmp_path, away, said):
    from email.utils import formatdate
    from test_doctor import Host
    root = tmp_path / "root"
    root.mkdir(mode=0o755)
    system = Host(root, somebody, "/nonexistent")
    shutil.copytree(authority.file.parent, f"{root}{authority.file.parent}", dirs_exist_ok=True)
    answer = idp.answers["/jwks"]
    answer.headers["Date"] = formatdate(time.time() + away, usegmt=True)
    user("refresh", *host)
    found = [f["what"] for f in system.doctor(*host) if f["id"] == "clock"]
    assert len(found) == (said is not None), found
    if said == "behind":
        assert " s behind that of " + idp.url in found[0]
    elif said:
        assert "ahead of that of " + idp.url in found[0]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_never_fetches_without_the_helper_s_user(pamjwt, host):
    if subprocess.run(["getent", "passwd", "_pamjwt"], capture_output=True).returncode == 0:
        pytest.skip("this host has the user _pamjwt")
    result = pamjwt("refresh", *host, "--fetch", world.HELPER, status=1)
    assert "acme: " in result.err and not list(pathlib.Path(host[3]).iterdir())

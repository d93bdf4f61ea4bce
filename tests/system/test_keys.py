"""Keys from the endpoint: cached ones are used if it is down or responds with nonsense; without any, no token can be verified."""
import stat

import pytest
from jwcrypto import jwk

import host
from conftest import forget_keys, make_old, use_stack

pytestmark = pytest.mark.usefixtures("conf")


def authenticate(user, token, service="sshd"):
    """What PAM answers, in pamtester's words."""
    return host.run("pamtester", service, user, "authenticate", input=token + "\n", check=False).stdout


ACCEPTED = "successfully authenticated"
UNAVAILABLE = "Authentication service cannot retrieve authentication info"


@pytest.mark.asan
def test_the_first_login_fetches_and_stores_the_keys(conf, provider, log):
    use_stack("token-only")
    assert ACCEPTED in authenticate("alice", provider.token("alice")), log.text()[-2000:]
    stored = (host.CACHE / "acme.json").stat()
    assert (stat.S_IMODE(stored.st_mode), stored.st_uid) == (0o644, 0)
    assert '"d"' not in (host.CACHE / "acme.json").read_text()


@pytest.mark.asan
def test_cached_keys_serve_when_the_endpoint_is_down(stack, sshd, provider):
    first, second = provider.token("alice"), provider.token("alice")
    assert host.ssh("alice", first).ok
    provider.stop()
    assert host.ssh("alice", second).ok


@pytest.mark.asan
def test_with_the_network_cut_old_keys_serve_until_max_stale_and_the_log_says_how_old_they_are(conf, keys_endpoint, log):
    conf(keys_endpoint.conf(max_stale="1d"))
    use_stack("token-only")
    assert ACCEPTED in authenticate("alice", keys_endpoint.token("alice"))
    keys_endpoint.down()
    make_old(7200)
    mark = log.mark()
    assert ACCEPTED in authenticate("alice", keys_endpoint.token("alice"))
    (warning,) = [m for m in log.since(mark) if "keys issuer='keys' age=" in m]
    assert 7200 <= int(warning.split(" age=")[1].split()[0]) < 7230 and " reason=fetch-failed " in warning, warning
    shown = host.run("pamjwt", "keys", "keys").stdout
    assert all(word in shown for word in ("key-1", "source ", "asked for ", "next refresh", "last resort")), shown
    assert "last error   fetch-failed: " in shown, shown
    make_old(86400)
    mark = log.mark()
    assert UNAVAILABLE in authenticate("alice", keys_endpoint.token("alice"))
    assert [a["reason"] for a in log.audits(mark)] == ["stale-keys"]


@pytest.mark.asan
def test_without_keys_and_endpoint_nobody_can_judge(conf, provider, log):
    use_stack("token-only")
    token = provider.token("alice")
    provider.stop()
    mark = log.mark()
    assert UNAVAILABLE in authenticate("alice", token)
    assert {a["reason"] for a in log.audits(mark)} <= {"no-keys", "fetch-failed"} and log.audits(mark)


def test_rotated_keys_are_found_by_their_kid(conf, provider, machine):
    conf((host.CONF.read_text()).replace("leeway = 0s", "leeway = 0s\nmin_refresh = 1s"))
    use_stack("token-only")
    assert ACCEPTED in authenticate("alice", provider.token("alice"))
    provider.rotate(2)
    host.time.sleep(1.5)
    assert ACCEPTED in authenticate("alice", provider.token("alice"))


NONSENSE = {
    "HTML": (200, {"Content-Type": "text/html"}, b"<!doctype html><title>Sign in</title>"),
    "404": (404, {}, b'{"keys":[]}'),
    "nothing": (200, {"Content-Type": "application/json"}, b""),
    "an empty set": (200, {"Content-Type": "application/json"}, b'{"keys":[]}'),
    "more than a megabyte": (200, {"Content-Type": "application/json"}, b'{"keys":[' + b" " * (1 << 20) + b"]}"),
}


@pytest.mark.asan
@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_from_the_endpoint_keeps_the_old_keys(conf, keys_endpoint, what):
    conf(keys_endpoint.conf(refresh="1s", min_refresh="1s"))
    use_stack("token-only")
    assert ACCEPTED in authenticate("alice", keys_endpoint.token("alice"))
    before = len(keys_endpoint.endpoint.requests)
    keys_endpoint.endpoint.replies[keys_endpoint.path] = NONSENSE[what]
    host.time.sleep(2.2)
    assert ACCEPTED in authenticate("alice", keys_endpoint.token("alice"))
    assert len(keys_endpoint.endpoint.requests) > before, "the endpoint was not asked again"
    keys_endpoint.down()
    assert ACCEPTED in authenticate("alice", keys_endpoint.token("alice"))


def test_nonsense_from_the_start_is_no_key_set(conf, keys_endpoint):
    conf(keys_endpoint.conf())
    use_stack("token-only")
    for reply in NONSENSE.values():
        forget_keys()
        keys_endpoint.endpoint.replies[keys_endpoint.path] = reply
        assert UNAVAILABLE in authenticate("alice", keys_endpoint.token("alice"))


def test_a_withdrawn_key_stops_counting(conf, keys_endpoint):
    conf(keys_endpoint.conf(refresh="1s", min_refresh="1s"))
    use_stack("token-only")
    withdrawn = keys_endpoint.token("alice")
    assert ACCEPTED in authenticate("alice", withdrawn)
    keys_endpoint.key = jwk.JWK.generate(kty="EC", crv="P-256", alg="ES256", use="sig", kid="key-2")
    keys_endpoint.serve_keys()
    host.time.sleep(2.2)
    assert ACCEPTED not in authenticate("alice", withdrawn)
    assert ACCEPTED in authenticate("alice", keys_endpoint.token("alice"))


def test_a_certificate_of_another_ca_is_not_believed(conf, keys_endpoint):
    other = host.CertificateAuthority("/etc/ssl/throwaway-other")
    conf(keys_endpoint.conf(ca_file=other.file))
    use_stack("token-only")
    assert UNAVAILABLE in authenticate("alice", keys_endpoint.token("alice"))
    assert keys_endpoint.endpoint.requests == []


def test_keys_are_fetched_by_the_user_pamjwt_or_not_at_all(conf, keys_endpoint, log):
    conf(keys_endpoint.conf())
    use_stack("token-only")
    saved = host.run("getent", "passwd", "_pamjwt").stdout
    host.run("usermod", "-l", "_away", "_pamjwt")
    try:
        mark = log.mark()
        assert UNAVAILABLE in authenticate("alice", keys_endpoint.token("alice"))
        assert [a["reason"] for a in log.audits(mark)] == ["no-fetch-user"]
        refresh = host.run("pamjwt", "refresh", check=False)
        assert (refresh.returncode, "pamjwt: no-fetch-user: keys: " in refresh.stdout) == (1, True), refresh.stdout
        assert keys_endpoint.endpoint.requests == []
    finally:
        host.run("usermod", "-l", "_pamjwt", "_away")
    assert host.run("getent", "passwd", "_pamjwt").stdout == saved


def test_where_no_systemd_runs_cron_brings_the_keys(conf, keys_endpoint):
    """The command of etc/cron.d/pam_jwt as cron runs it, with a wait of nothing instead of up to ten minutes."""
    conf(keys_endpoint.conf())
    lines = (host.CHECKOUT / "etc/cron.d/pam_jwt").read_text().splitlines()
    line = next(line for line in lines if "pamjwt refresh" in line)
    command = line.split(" root ", 1)[1]
    assert "\\% 600" in command and command.count("%") == command.count("\\%"), "cron ends a command at a bare %"
    command = command.replace("\\% 600", "% 1")
    assert not host.pathlib.Path("/run/systemd/system").exists()
    host.run("sh", "-c", command, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    assert (host.CACHE / "keys.json").exists() and len(keys_endpoint.endpoint.requests) == 1

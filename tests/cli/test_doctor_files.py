"""pamjwt doctor: the configuration, the keys, the clock, and what the logs say of denials."""

import json
import time

import pytest

from test_doctor import network, host  # noqa: F401 (a fixture)


# --- configuration, keys, clock ---


def test_config(host):
    host.conf("audience", "audiense")
    assert ":5: audiense" in host.doctor(status=1)[0]["what"]
    host.finds("config", "config")


def test_config_that_others_can_write(host):
    (host.root / "etc/security/pam_jwt.conf").chmod(0o666)
    assert "file-mode" in host.finds("config")["what"]


def test_config_that_is_missing(host):
    (host.root / "etc/security/pam_jwt.conf").unlink()
    host.finds("config")


def test_config_warning(host):
    host.conf("match.groups = linux\n", "")
    assert host.finds("config-warning")["severity"] == "warning"


def test_revocation_list_that_is_not_understood(host):
    host.write("etc/security/pam_jwt.revoked", "nonsense\n")
    host.finds("revoked")


def test_key_file_that_is_missing(host):
    host.jwks.unlink()
    host.finds("keys-file")


def test_no_cached_keys(host):
    network(host)
    host.finds("keys-none")


def test_helper_that_is_missing(host):
    network(host)
    (host.root / "usr/libexec/pam_jwt/pamjwt-fetch").unlink()
    host.finds("keys-none", "fetch-program")


def test_user_of_the_helper_that_is_missing(host):
    network(host)
    host.write("etc/passwd", "root:x:0:0::/root:/bin/sh\n")
    host.finds("keys-none", "fetch-user")


def test_ca_file_that_is_missing(host):
    network(host)
    host.conf("max_lifetime", "ca_file = /etc/ssl/none.pem\nmax_lifetime")
    host.finds("keys-none", "fetch-file")


def test_cache_that_others_can_write(host):
    network(host)
    host.write("var/cache/pam_jwt/acme.json", "{}\n{}\n")
    (host.root / "var/cache/pam_jwt/acme.json").chmod(0o666)
    host.finds("keys-cache")


def test_refresh_that_failed(host):
    """keys-error: the note of the last request tells it; cached keys go on serving."""
    network(host)
    now = int(time.time())
    first = {"format": 1, "issuer": "https://login.acme.example", "jwks": "https://login.acme.example/jwks",
             "source": "https://login.acme.example/jwks", "asked_at": now - 60, "asked_boot_ms": 1, "fresh_until": now}
    keys = json.dumps(json.loads(host.jwks.read_text()))
    host.write("var/cache/pam_jwt/acme.json", f"{json.dumps(first)}\n{keys}\n")
    host.finds()
    note = {"end": "failed", "asked_boot_ms": 1, "ends_boot_ms": 2, "issuer": first["issuer"], "jwks": first["jwks"],
            "reason": "fetch-failed", "detail": "HTTP status 500"}
    host.write("run/pam_jwt/lock/acme", f"{json.dumps(note)}\n")
    assert "HTTP status 500" in host.finds("keys-error")["what"]


def test_helper_that_others_can_change(host):
    network(host)
    (host.root / "usr/libexec/pam_jwt/pamjwt-fetch").chmod(0o777)
    host.finds("keys-none", "fetch-program")


def test_clone(host):
    """REV-15: the disk was copied, and the copy got a machine id of its own."""
    host.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
    host.conf("host_name = db1.example\n", "host_name = db1.example\nmachine_id = 0123456789abcdef0123456789abcdef\n")
    host.finds()
    host.write("etc/machine-id", "fedcba9876543210fedcba9876543210\n")
    assert "fedcba98" in host.finds("clone")["what"]


def test_setup_that_nobody_has_confirmed(host):
    host.write("var/lib/pam_jwt/setup/1/journal", "pamjwt-setup 1\nboot another\ndeadline 1\nend\n", 0o600)
    assert "time has expired" in host.finds("setup-unconfirmed")["what"]
    host.write("var/lib/pam_jwt/setup/1/confirmed", "", 0o600)
    host.finds()


def test_clock_that_is_behind(host):
    assert "in the future" in host.finds("clock", args=["--now", int(time.time()) - 86400])["what"]


# --- denials ---

AVC = ('type=AVC msg=audit(1700000000.1:23): avc:  denied  { read } for  pid=7 comm="sshd" name="acme.json" '
       'path="/var/cache/pam_jwt/acme.json" scontext=system_u:system_r:sshd_t:s0 tclass=file permissive=0')
ARMOR = ('Nov 24 10:00:00 db1 kernel: audit: type=1400 audit(1700000000.1:24): apparmor="DENIED" operation="open" '
         'profile="/usr/sbin/sshd" name="/var/cache/pam_jwt/acme.json" pid=7 comm="sshd" requested_mask="r"')


SOCKET = ('Nov 24 10:00:00 db1 kernel: audit: type=1400 audit(1700000000.1:25): avc:  denied  { write } for  pid=8 comm="sudo" '
          'path="/run/pam_jwt/refresh.socket" scontext=staff_u:staff_r:staff_sudo_t:s0 tclass=sock_file permissive=0')


@pytest.mark.parametrize("file, line", [("audit/audit.log", AVC), ("kern.log", ARMOR), ("messages", SOCKET), ("syslog", ARMOR)])
def test_denials_in_the_logs(host, file, line):
    host.write(f"var/log/{file}", "something else\n" + f"{line}\n" * 3)
    assert line[-60:] in host.finds("denial")["what"]


@pytest.mark.parametrize("line", [AVC.replace("pam_jwt", "other"), AVC.replace("denied", "granted")])
def test_denials_of_others_are_not_ours(host, line):
    host.write("var/log/audit/audit.log", line + "\n")
    host.finds()


def test_revocation_list_that_is_missing(host):  # RVW-01
    (host.root / "etc/security/pam_jwt.revoked").unlink()
    host.finds("revoked-missing")


@pytest.mark.parametrize("url, start, found", [
    ("http://127.0.0.1:81/jwks", 80, True), ("http://[::1]/jwks", 80, True), ("http://127.0.0.1:81/jwks", 0, True),
    ("http://127.0.0.1:81/jwks", 82, False), ("http://127.0.0.1:81/jwks", 1024, False), ("http://[::1]/jwks", 81, False),
])
def test_loopback_port_that_is_not_roots_alone(host, url, start, found):  # RVW-07
    host.conf(f"jwks = file://{host.jwks}\n", f"jwks = {url}\n")
    host.write("proc/sys/net/ipv4/ip_unprivileged_port_start", f"{start}\n")
    finding = [f for f in host.doctor() if f["id"] == "loopback-port"]
    assert bool(finding) == found
    assert not found or url in finding[0]["what"]

"""
The login record with real sshd and sudo: who takes it, who cannot, and what is left (design section 7; attacks REV-05,
REV-06, REV-08). The end of a session by logind needs a booted systemd: test_logind.py.
"""
import concurrent.futures
import json
import os
import pathlib
import threading
import time

import pytest

import host
from conftest import PASSWORDS
from local_issuer import GRANT, SECTION
from token_sessions import (METHODS, PENDING, SESSION, SSHD_STACK, SUDO, configured, in_session, issuer,  # noqa: F401
                            names, nothing_is_left)


@pytest.mark.asan
@pytest.mark.parametrize("method", METHODS)
def test_the_record_lasts_as_long_as_the_session(sshd, issuer, method):
    seen = {}
    command = "cat /proc/self/sessionid; echo; env; ls -l /run/pam_jwt; cat /run/pam_jwt/session/* 2>&1; touch /tmp/ready; sleep 2"
    ready = pathlib.Path("/tmp/ready")
    ready.unlink(missing_ok=True)

    def look():
        host.wait_for("the session", ready.exists)
        seen["names"] = names(SESSION)
        seen["pending"] = names(PENDING)
        seen["record"] = json.loads((SESSION / seen["names"][0]).read_text())
        seen["mode"] = (SESSION / seen["names"][0]).stat().st_mode & 0o7777

    looking = threading.Thread(target=look)
    looking.start()
    login = in_session(issuer, command, method=method, jti="j-1")
    looking.join()
    assert login.ok, login
    assert login.out.splitlines()[0] == seen["names"][0] and len(seen["names"]) == 1 and not seen["pending"]
    assert seen["mode"] == 0o600
    record = seen["record"]
    assert (record["user"], record["sub"], record["jti"], record["grant"]) == ("alice", "alice", "j-1", "local")
    assert record["service"] == "sshd" and record["rhost"] == "127.0.0.1"
    assert "Permission denied" in login.out, "the user must not read the record"
    for line in ("PAMJWT_SUB=alice", "PAMJWT_JTI=j-1", "PAMJWT_ISS=https://local.acme.example",
                 f"PAMJWT_EXP={record['exp']}"):
        assert line in login.out.splitlines()


@pytest.mark.asan
@pytest.mark.parametrize("method", METHODS)
def test_sudo_inside_of_the_session_asks_nothing(sshd, issuer, log, method):
    mark = log.mark()
    login = in_session(issuer, "sudo -n id -un; sudo -n env | grep ^PAMJWT_SUB", method=method)
    assert login.out == "root\nPAMJWT_SUB=alice\n", (login, log.text(mark))
    audits = [a for a in log.audits(mark) if a["service"] == "sudo"]
    assert [a["reason"] for a in audits] == ["ok", "ok"] and "login record" in audits[0]["detail"]


def test_what_is_too_long_or_not_printable_is_left_out_of_the_environment(sshd, issuer):
    """256 bytes at most, printable ASCII; the session goes on without."""
    for jti, there in (("x" * 256, True), ("x" * 257, False), ("x\ty", False), ("j\u00e9", False)):
        lines = in_session(issuer, "env; echo in", jti=jti).out.splitlines()
        assert (f"PAMJWT_JTI={jti}" in lines) == there == any(line.startswith("PAMJWT_JTI=") for line in lines), jti
        assert "PAMJWT_SUB=alice" in lines and lines[-1] == "in"


@pytest.mark.parametrize("command", ["sudo -n -i id -un", "setsid -w sudo -n id -un", "sh -c 'sudo -n sudo -n id -un'",
                                     "sudo -n -u bob id -un"])
def test_other_ways_to_call_sudo(sshd, issuer, command):
    assert in_session(issuer, command).out == ("bob\n" if "bob" in command else "root\n")


def test_sudo_i_needs_its_also(sshd, issuer, conf):
    conf(SECTION + GRANT + SUDO.replace("also = sudo-i\n", ""))
    login = in_session(issuer, "sudo -n -i id -un; sudo -n id -un")
    assert login.out == "root\n"


def test_demands_of_sudo_are_met_or_named(sshd, issuer, conf, log):
    conf(SECTION + GRANT + SUDO + "match.acr = mfa\nmax_age = 5m\n")
    mark = log.mark()
    now = int(time.time())
    assert in_session(issuer, "sudo -n id -un", acr="mfa", auth_time=now).out == "root\n"
    assert in_session(issuer, "sudo -n id -un", acr="pwd", auth_time=now).out == ""
    assert in_session(issuer, "sudo -n id -un", acr="mfa", auth_time=now - 3600).out == ""
    reasons = [a["reason"] for a in log.audits(mark) if a["service"] == "sudo"]
    assert reasons[0] == "ok" and "service-match" in reasons and "too-old" in reasons


def test_a_service_without_reuse_login_asks(sshd, issuer, conf):
    conf(SECTION + GRANT)
    assert in_session(issuer, "sudo -n id -un").out == ""


def test_a_grant_must_name_sudo(sshd, issuer, conf):
    conf(SECTION + GRANT.replace("sudo sudo-i", "") + SUDO)
    assert in_session(issuer, "sudo -n id -un").out == ""


def test_a_token_that_is_over_is_no_login_record(sshd, issuer, log):
    mark = log.mark()
    login = in_session(issuer, "sudo -n id -un; sleep 4; sudo -n id -un", ttl=3)
    assert login.out == "root\n"
    assert "expired" in [a["reason"] for a in log.audits(mark)]


def test_revoked_since_the_login(sshd, issuer, log):
    """Effective at the next sudo, offline."""
    revoked = pathlib.Path("/etc/security/pam_jwt.revoked")
    mark = log.mark()
    host.write(revoked, "jti local j-2\n")
    try:
        login = host.ssh("alice", issuer.token("alice", jti="j-2"))
        assert not login.ok
        host.write(revoked, "jti local j-3\n")
        assert in_session(issuer, "sudo -n id -un", jti="j-2").out == "root\n"
        assert "revoked" in [a["reason"] for a in log.audits(mark)]
    finally:
        revoked.unlink()


def test_a_password_session_beside_a_token_session_has_no_record(sshd, issuer):
    """REV-06: the record belongs to the audit session, not to the user."""
    ready = pathlib.Path("/tmp/beside")
    ready.unlink(missing_ok=True)
    beside = threading.Thread(target=in_session, args=(issuer, "touch /tmp/beside; sleep 4"))
    beside.start()
    host.wait_for("the token session", ready.exists)
    login = host.ssh("alice", PASSWORDS["alice"], command="echo here; sudo -n id -un")
    assert login.out == "here\n"
    beside.join()


def test_pam_environment_changes_nothing(sshd, issuer):
    """REV-05: ~/.pam_environment can set every variable before the session phase; none is an input, or goes for a claim."""
    path = pathlib.Path("/home/alice/.pam_environment")
    host.write(path, "PAMJWT_EXP DEFAULT=../../../etc/passwd\nPAMJWT_SUB DEFAULT=root\nPAMJWT_JTI DEFAULT=forged\n"
               "XDG_SESSION_ID DEFAULT=../../x\n")
    try:
        login = in_session(issuer, "env; sudo -n id -un")
        assert login.ok and login.out.endswith("root\n")
        assert "PAMJWT_SUB=alice" in login.out.splitlines()
        assert os.path.exists("/etc/passwd")
        assert "forged" not in login.out, "the token has no jti"
        login = host.ssh("alice", PASSWORDS["alice"], command="env")
        assert login.ok and "XDG_SESSION_ID=../../x" in login.out.splitlines(), "the file was read"
        assert "PAMJWT_SUB" not in login.out and "PAMJWT_JTI" not in login.out, "no token opened this session"
    finally:
        path.unlink()


@pytest.mark.parametrize("how", ["password", "refused", "denied by account", "no session"])
def test_a_login_that_opens_no_session_leaves_no_record(sshd, issuer, how):
    if how == "password":
        assert host.ssh("alice", PASSWORDS["alice"]).ok
    elif how == "refused":
        assert not host.ssh("alice", issuer.token("bob")).ok
    elif how == "denied by account":
        host.write("/etc/pam.d/sshd", SSHD_STACK.replace("account required pam_unix.so", "account required pam_deny.so"))
        assert not host.ssh("alice", issuer.token("alice")).ok
        host.write("/etc/pam.d/sshd", SSHD_STACK)
        in_session(issuer, "true")  # the next login takes away what that one left
    else:
        host.write("/etc/pam.d/sshd", SSHD_STACK.replace("-session optional pam_jwt.so debug\n", ""))
        assert host.ssh("alice", issuer.token("alice")).ok
        host.write("/etc/pam.d/sshd", SSHD_STACK)
        in_session(issuer, "true")
    host.wait_for("nothing to be left", nothing_is_left)


def test_public_key_logins_have_no_record(sshd, issuer, key):
    login = host.ssh_key("alice", key, command="id -un; sudo -n id -un")
    assert login.out == "alice\n" and nothing_is_left()


def test_su_in_a_session_leaves_the_callers_record(sshd, issuer):
    """su by a token opens a session of bob's in alice's audit session: her record stays hers."""
    host.set_stack("su", "token-only")
    token = issuer.token("bob")
    command = f"echo {token} | su bob -c 'id -un; sudo -n id -un'; sudo -n id -un"
    login = in_session(issuer, command)
    assert login.out.split() == ["bob", "root"], login


def test_many_logins_of_every_outcome_leave_nothing(sshd, issuer):
    good, bad = issuer.token("alice"), issuer.token("bob")
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        done = list(pool.map(lambda i: host.ssh("alice", [good, bad, PASSWORDS["alice"], "wrong"][i % 4],
                                                method=METHODS[i // 4 % 2]).ok, range(80)))
    assert done == [i % 4 in (0, 2) for i in range(80)]
    in_session(issuer, "true")
    assert nothing_is_left()

"""
What logins of every outcome leave behind, which is nothing (REV-05, REV-08), and what PAM services see that have nothing to
do with tokens but read common-auth, common-account and common-session too.

A thousand logins go through pamtester, which runs the whole sequence of PAM as root with the installed module; by sshd they
would take ten minutes. test_sessions.py has the same outcomes by sshd, eighty at once.
"""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import time

import pytest

import host
from conftest import DEBIAN_PAM, PASSWORDS
from local_issuer import SECTION, LocalIssuer

GRANT = """
[grant/local]
issuer = local
services = {}
"""
MODULE = """\
auth required pam_jwt.so nodelay
account required pam_jwt.so require_token
session required pam_loginuid.so
-session optional pam_jwt.so
"""
KILLER = "required pam_exec.so quiet /run/kill-the-login\n"
LOGIN = ("authenticate", "acct_mgmt", "setcred", "open_session", "close_session")
# name -> service, calls, and the exit status; each sixth of the thousand.
OUTCOMES = {
    "accepted and closed": ("outcome", LOGIN, 0),
    "accepted, no session": ("outcome", LOGIN[:3], 0),
    "refused": ("outcome", LOGIN, 1),
    "expired": ("outcome", LOGIN, 1),
    "killed before its session": ("outcome-killed", LOGIN, -9),
    "killed in its session": ("outcome-crashed", LOGIN, -9),
}


@pytest.fixture(scope="module")
def issuer(machine):
    return LocalIssuer()


def pamtester(service, login, calls, answer, **kwargs):
    return subprocess.run(["pamtester", service, login, *calls], input=answer + "\n", text=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kwargs)


def files():
    """Everything under /run/pam_jwt but folders."""
    return sorted(str(p) for p in host.RUN.rglob("*") if not p.is_dir())


def let_an_hour_pass():
    """A record's date is when its token is over; that moment was an hour ago."""
    for path in host.RUN.glob("session/*"):
        os.utime(path, (time.time(), path.stat().st_mtime - 3600))


@pytest.fixture
def killing_services(machine):
    host.write("/run/kill-the-login", "#!/bin/sh\nkill -9 $PPID\n", 0o755)
    host.write("/etc/pam.d/outcome", MODULE)
    host.write("/etc/pam.d/outcome-killed", MODULE + "auth " + KILLER)
    host.write("/etc/pam.d/outcome-crashed", MODULE + "session " + KILLER)
    yield
    for service in {service for service, _, _ in OUTCOMES.values()}:
        pathlib.Path("/etc/pam.d", service).unlink()


def test_a_thousand_logins_of_every_outcome_leave_nothing(conf, issuer, killing_services):
    conf(SECTION + GRANT.format("outcome outcome-killed outcome-crashed"))
    before = files()
    names = list(OUTCOMES)
    bad = {"refused": issuer.token("bob"), "expired": issuer.token("alice", ttl=-1)}
    crashed = set()

    def log_in(number):
        name = names[number % len(names)]
        service, calls, wanted = OUTCOMES[name]
        done = pamtester(service, "alice", calls, bad.get(name) or issuer.token("alice"))
        if name == "killed in its session":
            crashed.update(files())
        return name, done.returncode == wanted, done

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        done = list(pool.map(log_in, range(1000)))
    assert [d for d in done if not d[1]] == []
    assert any("/session/" in name for name in crashed), "a killed session has a record until its token is over"
    let_an_hour_pass()
    assert pamtester("outcome", "alice", LOGIN, issuer.token("alice")).returncode == 0  # sweeps
    assert files() == before and before == [name for name in before if "/lock/" in name]


# What Debian's packages put there; those that are installed are taken as they are.
SERVICES = {
    "cron": "@include common-auth\nsession required pam_loginuid.so\nsession required pam_env.so\n@include common-account\n"
            "@include common-session-noninteractive\nsession required pam_limits.so\n",
    "login": "@include common-auth\n@include common-account\nsession required pam_loginuid.so\n@include common-session\n",
    "polkit-1": "@include common-auth\n@include common-account\n@include common-session\n",
    "locker": "@include common-auth\n@include common-account\n",
}
CALLS = {
    "cron": LOGIN[1:],  # without authenticate
    "login": LOGIN,
    "polkit-1": LOGIN[:2],
    "locker": LOGIN[:2],
}
LINES = {
    "common-auth": "auth [success=2 cred_unavail=ignore module_unknown=ignore default=die] pam_jwt.so nodelay\n",
    "common-account": "account [success=ok new_authtok_reqd=ok ignore=ignore module_unknown=ignore default=bad] pam_jwt.so\n",
    "common-session": "-session optional pam_jwt.so\n",
    "common-session-noninteractive": "-session optional pam_jwt.so\n",
}


@pytest.fixture
def common(machine):
    """The module's lines in front of everything in Debian's common files. What one_use of other tests noted is forgotten."""
    shutil.rmtree(host.RUN / "used", ignore_errors=True)
    for name in ("su", "su-l"):  # other tests put a stack of ours in their place
        host.write(f"/etc/pam.d/{name}", (DEBIAN_PAM / name).read_text())
    for name, lines in LINES.items():
        text = (DEBIAN_PAM / name).read_text()
        host.write(f"/etc/pam.d/{name}", lines + text.replace("pam_unix.so nullok", "pam_unix.so nullok try_first_pass"))
    for name, text in SERVICES.items():
        installed = DEBIAN_PAM / name
        host.write(f"/etc/pam.d/{name}", installed.read_text() if installed.exists() else text)
    yield
    for name in LINES:
        host.write(f"/etc/pam.d/{name}", (DEBIAN_PAM / name).read_text())
    for name in SERVICES:
        pathlib.Path("/etc/pam.d", name).unlink()
        if (DEBIAN_PAM / name).exists():
            host.write(f"/etc/pam.d/{name}", (DEBIAN_PAM / name).read_text())


def call(service, answer):
    """One use of the service by alice; a locker runs as the user whose screen it locks, everything else as root."""
    who = host.as_user("alice") if service == "locker" else {}
    return pamtester(service, "alice", CALLS[service], answer, **who)


@pytest.mark.asan
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_without_tokens_goes_on_and_leaves_no_record(common, conf, issuer, service):
    conf(SECTION + GRANT.format("sshd"))
    before = files()
    done = call(service, PASSWORDS["alice"])
    assert done.returncode == 0, done
    if service != "cron":
        assert call(service, "no password of anybody").returncode != 0
        assert call(service, issuer.token("alice")).returncode != 0  # no grant names it
    assert files() == before


@pytest.mark.asan
@pytest.mark.parametrize("service", ["login", "polkit-1", "locker"])
def test_a_token_where_a_grant_names_the_service_leaves_no_record(common, conf, issuer, service):
    conf(SECTION + GRANT.format(service))
    before = files()
    done = call(service, issuer.token("alice"))
    assert done.returncode == 0, done
    assert files() == before


@pytest.mark.asan
@pytest.mark.parametrize("service", SERVICES)
def test_a_broken_configuration_stops_no_service(common, conf, service):
    conf("[issuer/\n")
    done = call(service, PASSWORDS["alice"])
    assert done.returncode == 0, done
    assert "pam_jwt" not in done.stdout


def test_a_locker_that_runs_as_the_user_cannot_write_records(common, conf, issuer):
    """The folder of records is root's alone, and the login goes on without."""
    conf(SECTION + GRANT.format("locker"))
    assert call("locker", issuer.token("alice")).returncode == 0
    for folder in ("pending", "session"):
        path = host.RUN / folder
        assert not path.exists() or (path.stat().st_uid, path.stat().st_mode & 0o777) == (0, 0o700)
    assert os.stat(host.RUN).st_uid == 0

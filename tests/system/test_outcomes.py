"""
What logins of every outcome leave behind, which is nothing (REV-05, REV-08), and what PAM services see that have nothing to
do with tokens but read common-auth, common-account and common-session too.

A thousand logins of each outcome go through the real libpam, pam_loginuid and installed module, as root, each as a process
of its own with its own audit session (pam_logins.c); by sshd they would take an hour. What is not real is the program around
libpam, and that such a process borrows its parent's memory: test_sessions.py has outcomes by sshd, eighty at once. The
services themselves: test_services.py.
"""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import time

import pytest

import host
from conftest import BUILD, DEBIAN_PAM, PASSWORDS
from local_issuer import SECTION, LocalIssuer

GRANT = """
[grant/local]
issuer = local
services = {}
"""
AUTH = {
    "token": "auth required pam_jwt.so nodelay\n",
    "either": "auth [success=done cred_unavail=ignore default=die] pam_jwt.so nodelay\nauth required pam_permit.so\n",
}
ACCOUNT = "account required pam_jwt.so\n"
SESSION = "session required pam_loginuid.so\n-session optional pam_jwt.so\n"
STACKS = {
    "outcome": AUTH["token"] + ACCOUNT + SESSION,
    "outcome-either": AUTH["either"] + ACCOUNT + "account required pam_permit.so\n" + SESSION,
    "outcome-denied": AUTH["token"] + ACCOUNT + "account required pam_deny.so\n" + SESSION,
}
LOGIN = ("authenticate", "acct_mgmt", "setcred", "open_session", "close_session")
# name -> service, whose token, how it goes on (pam_logins.c), exit status
OUTCOMES = {
    "accepted and closed": ("outcome", "alice", "close", 0),
    "accepted, no session": ("outcome", "alice", "end", 0),
    "accepted, gone without a word": ("outcome", "alice", "exit", 0),
    "refused": ("outcome", "bob", "close", 1),
    "expired": ("outcome", "expired", "close", 1),
    "no token": ("outcome", "password", "close", 1),
    "a password": ("outcome-either", "password", "close", 0),
    "denied by another module": ("outcome-denied", "alice", "close", 1),
    "killed before its session": ("outcome", "alice", "kill", -9),
    "killed in its session": ("outcome", "alice", "crash", -9),
}
EACH = 1000


@pytest.fixture(scope="module")
def issuer(machine):
    return LocalIssuer()


def pamtester(service, login, calls, answer, **kwargs):
    return subprocess.run(["pamtester", service, login, *calls], input=answer + "\n", text=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kwargs)


def files():
    """Everything under /run/pam_jwt except directories."""
    return sorted(str(p) for p in host.RUN.rglob("*") if not p.is_dir())


def let_an_hour_pass():
    """A record's date is when its token expires; that was an hour ago."""
    for path in host.RUN.glob("session/*"):
        os.utime(path, (time.time(), path.stat().st_mtime - 3600))


@pytest.fixture
def outcome_services(machine):
    for name, text in STACKS.items():
        host.write(f"/etc/pam.d/{name}", text)
    host.write("/etc/pam.d/other", "auth required pam_deny.so\n")  # libpam loads its modules too
    yield
    host.write("/etc/pam.d/other", (DEBIAN_PAM / "other").read_text())
    for name in STACKS:
        pathlib.Path("/etc/pam.d", name).unlink()


def log_in(service, ending, answer, count=EACH):
    """Many logins: how many ended with which exit status."""
    done = subprocess.run([BUILD / "tests/system/pam_logins", service, "alice", ending, str(count)], input=answer + "\n",
                          text=True, stdout=subprocess.PIPE, check=True, timeout=600)
    return {int(status): int(count) for status, count in (line.split() for line in done.stdout.splitlines())}


def test_a_thousand_logins_of_every_outcome_leave_nothing(conf, issuer, outcome_services):
    conf(SECTION + GRANT.format(" ".join(STACKS)))
    before = files()
    answers = {"alice": issuer.token("alice", ttl=3000), "bob": issuer.token("bob", ttl=3000),
               "expired": issuer.token("alice", ttl=-1), "password": "no token"}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        done = dict(zip(OUTCOMES, pool.map(lambda o: log_in(o[0], o[2], answers[o[1]]), OUTCOMES.values())))
    assert done == {name: {outcome[3]: EACH} for name, outcome in OUTCOMES.items()}
    left = files()
    assert sum("/session/" in name for name in left) == EACH, "a killed session has a record until its token expires"
    let_an_hour_pass()
    assert pamtester("outcome", "alice", LOGIN, answers["alice"]).returncode == 0  # sweeps
    assert files() == before and before == [name for name in before if "/lock/" in name]


def test_refresh_takes_away_what_the_dead_left(conf, issuer, outcome_services):
    """If there are no more logins, the timer does it. A session that lasts keeps its record."""
    conf(SECTION + GRANT.format(" ".join(STACKS)))
    token = issuer.token("alice", ttl=3000)
    before = files()
    assert log_in("outcome", "crash", token, 1) == {-9: 1}
    assert log_in("outcome", "kill", token, 1) == {-9: 1}
    assert [path.split("/")[3] for path in files()] == ["pending", "session"]
    host.run("pamjwt", "refresh")
    assert [path.split("/")[3] for path in files()] == ["session"], "its crash is not known; it has not expired"
    let_an_hour_pass()
    host.run("pamjwt", "refresh")
    assert files() == before


LAST_PID = pathlib.Path("/proc/sys/kernel/ns_last_pid")
LOOK = "#!/bin/sh\n{ env | grep PAMJWT_; ls /run/pam_jwt/session; } >/tmp/looked\n"


def next_pid(pid):
    """The next process of this namespace gets it, if it is not in use."""
    LAST_PID.write_text(str(pid - 1))


@pytest.mark.skipif(not LAST_PID.exists(), reason="needs a kernel that lets pids be chosen (CONFIG_CHECKPOINT_RESTORE)")
def test_a_process_that_gets_the_pid_of_a_dead_login_takes_no_record(conf, issuer, outcome_services):
    """Its start time is another one; the record goes with the next login."""
    conf(SECTION + GRANT.format(" ".join(STACKS)))
    host.write("/usr/local/bin/look", LOOK, 0o755)
    host.write("/etc/pam.d/outcome-either", STACKS["outcome-either"] + "session required pam_exec.so /usr/local/bin/look\n")
    before = files()
    assert log_in("outcome", "kill", issuer.token("alice"), 1) == {-9: 1}
    left, = files()
    time.sleep(0.02)  # start times have a resolution of 10 ms, and a login is faster than that
    pid = int(pathlib.Path(left).name.split(".")[0])
    for _ in range(20):
        next_pid(pid)
        login = subprocess.Popen(["pamtester", "outcome-either", "alice", *LOGIN], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL, text=True)
        login.communicate("a password\n", timeout=60)
        if login.pid == pid:
            break
    assert login.pid == pid and login.returncode == 0
    assert pathlib.Path("/tmp/looked").read_text() == ""
    assert files() == [left]
    assert pamtester("outcome", "alice", LOGIN, issuer.token("alice")).returncode == 0
    assert files() == before


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
    """The module's lines before all others in Debian's common files. Records of one_use by other tests are removed."""
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
    """The directory of records belongs to root only, and the login continues without."""
    conf(SECTION + GRANT.format("locker"))
    assert call("locker", issuer.token("alice")).returncode == 0
    for folder in ("pending", "session"):
        path = host.RUN / folder
        assert not path.exists() or (path.stat().st_uid, path.stat().st_mode & 0o777) == (0, 0o700)
    assert os.stat(host.RUN).st_uid == 0

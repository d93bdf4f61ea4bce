"""
PAM services besides sshd and sudo, by the programs themselves: cron, at, login, su, runuser, pkexec with polkit, and a locker
that runs as the user. The module's lines stand in front of Debian's common files (issue: none of them fails or leaves a
record). Services and outcomes in numbers, by pamtester: test_outcomes.py.
"""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess

import pytest

import host
from conftest import PASSWORDS
from local_issuer import SECTION, LocalIssuer, parts
from test_outcomes import GRANT, common, files  # noqa: F401 (a fixture)
from token_sessions import AuditSession, put_record, record_of

BROKEN = "[issuer/\n"


@pytest.fixture(scope="module")
def issuer(machine):
    return LocalIssuer()


def needs(program):
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")


# ------------------------------------------------------------------------------------------------------------ cron, at


@contextlib.contextmanager
def record_elsewhere():
    """alice has a session by a token, somewhere on this host."""
    session = AuditSession()
    path = put_record(session, record_of())
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
        session.close()


@contextlib.contextmanager
def crond(job):
    """A cron that starts now and runs alice's @reboot job."""
    pathlib.Path("/run/crond.reboot").unlink(missing_ok=True)
    tab = host.write("/var/spool/cron/crontabs/alice", f"@reboot {job}\n", 0o600)
    os.chown(tab, host.pwd.getpwnam("alice").pw_uid, -1)
    running = subprocess.Popen(["cron", "-f"], stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        running.terminate()
        running.wait()
        tab.unlink()


@contextlib.contextmanager
def atd(job):
    """A job of alice's that is due at once; atd finds it when it starts."""
    queue, spool = pathlib.Path("/var/spool/cron/atjobs"), pathlib.Path("/var/spool/cron/atspool")
    host.run("at", "now", input=job + "\n", **host.as_user("alice"))
    running = subprocess.Popen(["atd", "-f"], stdin=subprocess.DEVNULL)
    try:
        yield
        host.wait_for("the job to be over", lambda: not [*queue.glob("=*"), *spool.glob("a*")], 30)
    finally:
        running.terminate()
        running.wait()


@pytest.mark.parametrize("text", [SECTION + GRANT.format("sshd sudo") + "[service/sudo]\nreuse_login = yes\n", BROKEN],
                         ids=["good", "broken"])
@pytest.mark.parametrize("service, daemon", [("cron", crond), ("atd", atd)], ids=["cron", "atd"])
def test_a_job_runs_and_has_no_record(common, conf, log, service, daemon, text):
    """REV-06: a job of alice's does not get what her session has; a broken configuration stops no job."""
    needs(service)
    conf(text)
    host.set_stack("sudo", "token-or-password", auth="nodelay")
    host.write("/etc/sudoers.d/alice", "Defaults noninteractive_auth, passwd_tries=1\nalice ALL=(ALL:ALL) ALL\n", 0o440)
    done = pathlib.Path("/tmp/job-done")
    done.unlink(missing_ok=True)
    mark = log.mark()
    with record_elsewhere() as record:
        with daemon("(id -un; cat /proc/self/sessionid; echo; sudo -n id -un) >/tmp/job-out 2>&1; touch /tmp/job-done"):
            host.wait_for("the job", done.exists, 30)
        said = pathlib.Path("/tmp/job-out").read_text().splitlines()
        assert said[0] == "alice" and said[1] not in ("4294967295", record.name)
        assert "root" not in said[2:], said
        assert files() == [str(record)]
    said = log.text(mark)
    assert f"({service}:session): session opened for user alice" in said
    assert f"pam_jwt({service}" not in said, "jobs have nothing to do with tokens, and log nothing"
    host.may_sudo("alice")


# --------------------------------------------------------------------------------------------------------------- login


def answer_login(answers):
    """login(1) on a terminal, answered as a person or pamjwt-askpass would."""
    terminal = host.Terminal("login")
    terminal.answer("login: ", "alice", hidden=False)
    for number, answer in enumerate(answers):
        terminal.answer("JWT or password: " if number == 0 else f"JWT part {number + 1}: ", answer)
    return terminal


def log_in(answers, then="id -un; cat /proc/self/sessionid; echo; env | grep PAMJWT_SUB; exit\n"):
    """Commands in the shell that login starts, and what was under /run/pam_jwt before."""
    terminal = answer_login(answers)
    assert terminal.expect("$ "), terminal.shown
    seen = files()
    terminal.type(then)
    return terminal, seen


@pytest.mark.parametrize("size, how", [(430, "whole"), (4000, "whole"), (4000, "parts"), (32768, "parts")])
def test_login_takes_tokens_of_any_size(common, conf, issuer, log, size, how):
    """A terminal's line has 4095 bytes at most; a longer token travels in parts. The session has its record."""
    conf(SECTION + GRANT.format("login"))
    token = issuer.token("alice", length=size)
    mark = log.mark()
    terminal, during = log_in(parts(token) if how == "parts" else [token])
    assert terminal.wait() == 0, terminal.shown
    lines = terminal.shown.splitlines()
    assert "alice" in lines and "PAMJWT_SUB=alice" in lines, terminal.shown
    assert [pathlib.Path(p).name for p in during] == [line for line in lines if line.isdigit()]
    assert token[-40:] not in terminal.shown and token[-40:] not in log.text(mark)
    host.wait_for("the record to go", lambda: files() == [])


def test_login_with_a_password_a_wrong_token_and_a_broken_configuration(common, conf, issuer, log):
    conf(SECTION + GRANT.format("sshd"))
    terminal, during = log_in([PASSWORDS["alice"]])
    assert terminal.wait() == 0 and "alice" in terminal.shown.splitlines() and during == [], terminal.shown
    refused = answer_login(parts(issuer.token("alice", length=1700)))
    assert refused.expect("Login incorrect"), refused.shown
    refused.kill()
    conf(BROKEN)
    terminal, during = log_in([PASSWORDS["alice"]])
    assert terminal.wait() == 0 and "alice" in terminal.shown.splitlines() and during == [], terminal.shown
    assert files() == []


# --------------------------------------------------------------------------------------------------------- su, runuser


@pytest.mark.parametrize("text", [SECTION + GRANT.format("sshd"), BROKEN], ids=["good", "broken"])
def test_su_and_runuser_go_on(common, conf, text):
    conf(text)
    for command in (["su", "alice", "-c", "id -un"], ["su", "-", "alice", "-c", "id -un"],
                    ["runuser", "alice", "-c", "id -un"], ["runuser", "-u", "alice", "id", "--", "-un"]):
        assert host.run(*command, stdin=subprocess.DEVNULL).stdout.splitlines()[-1] == "alice", command
    assert host.su("bob", "alice", PASSWORDS["alice"]).ok
    assert not host.su("bob", "alice", "no password of anybody").ok
    assert files() == []


def test_su_by_a_token_leaves_no_record(common, conf, issuer):
    """Parts of a token typed into a terminal, by a user: his su opens the session, and may not keep a record."""
    conf(SECTION + GRANT.format("su"))
    terminal = host.Terminal("su", "alice", "-c", "id -un; env | grep PAMJWT_SUB; ls -l /run/pam_jwt/session", user="bob")
    for number, part in enumerate(parts(issuer.token("alice", length=4000))):
        terminal.answer("JWT or password: " if number == 0 else f"JWT part {number + 1}: ", part)
    terminal.wait()
    assert {"alice", "PAMJWT_SUB=alice"} <= set(terminal.shown.splitlines()), terminal.shown
    assert files() == []


# -------------------------------------------------------------------------------------------------------------- polkit


@pytest.fixture
def polkit(machine):
    """The system bus and polkitd, without a logind; alice is an administrator."""
    needs("pkexec")
    pathlib.Path("/run/dbus").mkdir(exist_ok=True)
    host.run("usermod", "-aG", "sudo", "alice")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    bus = subprocess.Popen(["dbus-daemon", "--system", "--nofork", "--nopidfile"], **quiet)
    host.wait_for("the bus", lambda: os.path.exists("/run/dbus/system_bus_socket"))
    daemon = subprocess.Popen(["/usr/lib/polkit-1/polkitd", "--no-debug"], **quiet)
    host.wait_for("polkitd", lambda: "org.freedesktop.PolicyKit1" in host.run(
        "dbus-send", "--system", "--print-reply", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.ListNames").stdout)
    yield
    for process in (daemon, bus):
        process.kill()
        process.wait()
    host.run("gpasswd", "-d", "alice", "sudo")


def pkexec(answer):
    """By pkttyagent: the agent in pkexec itself does not work without a session of logind (polkit knows)."""
    terminal = host.Terminal("sh", "-c", "pkttyagent --process $$ & sleep 1; pkexec --disable-internal-agent id -un; "
                                         "echo status $?; kill $!", user="alice")
    terminal.answer("JWT or password: ", answer, pause=0.2)
    terminal.wait()
    return re.sub("\x1b\\[[0-9;]*m", "", terminal.shown).splitlines()


def test_pkexec_asks_polkits_helper_which_asks_pam(common, conf, issuer, polkit, log):
    conf(SECTION + GRANT.format("polkit-1"))
    mark = log.mark()
    said = pkexec(issuer.token("alice"))
    assert "root" in said and "status 0" in said, (said, log.text(mark))
    assert "root" in pkexec(PASSWORDS["alice"])
    assert "root" not in pkexec(issuer.token("bob"))
    conf(BROKEN)
    assert "root" in pkexec(PASSWORDS["alice"])
    assert files() == []


# -------------------------------------------------------------------------------------------------------------- locker


def unlock(answer):
    """vlock, which runs as alice and locks her terminal."""
    terminal = host.Terminal("vlock", "-c", user="alice")
    terminal.answer("press [ENTER] to unlock", "", hidden=False)
    terminal.answer("JWT or password: ", answer, pause=0.2)
    return terminal


def test_a_locker_that_runs_as_the_user(common, conf, issuer, log):
    """It reads the configuration and the keys, but may write neither a record nor a cache: and goes on without."""
    needs("vlock")
    conf(SECTION + GRANT.format("vlock"))
    mark = log.mark()
    assert unlock(issuer.token("alice")).wait() == 0
    assert [a["reason"] for a in log.audits(mark)] == ["ok"]
    assert unlock(PASSWORDS["alice"]).wait() == 0
    locked = unlock(issuer.token("bob"))
    host.wait_for("the refusal", lambda: "no-grant" in [a["reason"] for a in log.audits(mark)])
    assert not locked.expect("$ ", 1) and locked.alive(), locked.shown
    locked.kill()
    conf(BROKEN)
    assert unlock(PASSWORDS["alice"]).wait() == 0
    assert files() == []

"""
sudo that knows who came in, as an administrator meets it: records that do not count (REV-06), sudo's own timestamp,
sudo -n, sudoedit, tmux, a second user, a fresh token with MFA, hosts without audit, and the end of sessions.
What the login record is by itself: test_sessions.py.
"""
import json
import os
import pathlib
import subprocess
import threading
import time

import pytest

import host
from conftest import PASSWORDS
from local_issuer import GRANT, SECTION
from token_sessions import (SESSION, SSHD_STACK, SUDO, AuditSession, configured, in_session, issuer,  # noqa: F401
                            names, nothing_is_left, put_record, record_of)

SUDOERS = pathlib.Path("/etc/sudoers.d/alice")
REVOKED = pathlib.Path("/etc/security/pam_jwt.revoked")


def sudoers(defaults):
    host.write(SUDOERS, f"Defaults {defaults}, passwd_tries=1\nalice ALL=(ALL:ALL) ALL\n", 0o440)


def audits(log, mark, service="sudo"):
    return [a for a in log.audits(mark) if a["service"] == service]


@pytest.fixture(scope="module")
def session(machine):
    running = AuditSession()
    yield running
    running.close()


@pytest.fixture
def no_record(session):
    yield
    host.run("rm", "-rf", session.record)


# --------------------------------------------------------------------------------------------- records that do not count


def test_a_record_of_roots_in_this_session_counts(session, no_record, log):
    """Without this, the refusals below would say nothing."""
    put_record(session, record_of())
    mark = log.mark()
    assert session.run("sudo -n id -un") == "root"
    assert "login record" in audits(log, mark)[0]["detail"]


def owned_by_alice(session):
    path = put_record(session, record_of())
    os.chown(path, host.pwd.getpwnam("alice").pw_uid, 0)


def link_to_alices_file(session):
    mine = host.write("/home/alice/record", record_of(), 0o600)
    put_record(session, "").unlink()
    session.record.symlink_to(mine)


def folder(session):
    put_record(session, "").unlink()
    session.record.mkdir(mode=0o700)


def under_another_id(session):
    put_record(session, record_of())
    os.rename(session.record, SESSION / str(session.id + 1_000_000))


# name -> how it is put there, the reason of its refusal
FORGED = {
    "none": (lambda s: None, None),
    "owned by alice": (owned_by_alice, "file-owner"),
    "readable by others": (lambda s: put_record(s, record_of(), 0o640), "file-mode"),
    "a link to a file of alice's": (link_to_alices_file, "file-kind"),
    "a folder": (folder, "file-kind"),
    "nonsense": (lambda s: put_record(s, "{}"), "bad-json"),
    "too long": (lambda s: put_record(s, record_of(claims={"pad": "x" * 300_000})), "file-size"),
    "of another version": (lambda s: put_record(s, record_of(version=2)), "bad-json"),
    "with an unknown member": (lambda s: put_record(s, record_of(root=True)), "bad-json"),
    "another session's": (under_another_id, None),
    "bob's": (lambda s: put_record(s, record_of("bob")), None),
    "bob's name with alice's uid": (lambda s: put_record(s, record_of(user="bob")), None),
    "alice's name with root's uid": (lambda s: put_record(s, record_of(uid=0)), None),
    "over": (lambda s: put_record(s, record_of(ttl=-1)), "expired"),
    "not over, with claims that are": (lambda s: put_record(s, record_of(ttl=-1, until=2**33, exp=2**33)), "expired"),
    "of an issuer that is not configured": (lambda s: put_record(s, record_of(claims={"iss": "https://gone.example"})),
                                            "unknown-issuer"),
    "with claims of bob's token": (lambda s: put_record(s, record_of(claims={"sub": "bob"})), "no-grant"),
}


@pytest.mark.asan
@pytest.mark.parametrize("name", FORGED)
def test_a_record_that_does_not_count(session, no_record, log, name):
    """Forged, copied, foreign and stale ones: sudo prompts, and the log says what is wrong with an existing one."""
    put, reason = FORGED[name]
    put(session)
    mark = log.mark()
    said = session.run("sudo -n id -un")
    assert "root" not in said and "password is required" in said, said
    reasons = [a["reason"] for a in audits(log, mark)]
    if reason:
        assert reason in reasons or f"the login record is not used: {reason}: " in log.text(mark), (reasons, log.text(mark))
    assert "ok" not in reasons
    host.run("rm", "-f", SESSION / str(session.id + 1_000_000))


def test_the_user_reaches_no_record(session, no_record):
    """He cannot make, copy, read or name one."""
    put_record(session, record_of())
    for command in (f"cp {session.record} /tmp/copied", f"ln {session.record} /tmp/linked", f"cat {session.record}",
                    f"touch {host.RUN}/session/7", f"mkdir {host.RUN}/other", f"mv {host.RUN}/session /tmp/moved",
                    "dd if=/dev/zero of=/proc/self/sessionid"):
        said = session.run(command)
        assert "denied" in said or "not permitted" in said or "failed to" in said, (command, said)


# ---------------------------------------------------------------------------------------------------------- ways to ask


def test_a_fresh_token_with_mfa_counts_once(issuer, conf, log):
    """max_age, match.acr and one_use together: the third way of docs/sessions.md."""
    conf(SECTION + GRANT + "[service/sudo]\nmax_age = 5m\nmatch.acr = mfa\none_use = yes\n")
    now = int(time.time())
    fresh = issuer.token("alice", acr="mfa", auth_time=now - 10, jti="once")
    mark = log.mark()
    assert host.sudo("alice", fresh, how="-S").out == "root\n"
    for token in (fresh, issuer.token("alice", acr="mfa", auth_time=now - 301),
                  issuer.token("alice", acr="mfa"), issuer.token("alice", acr="pwd", auth_time=now),
                  issuer.token("alice", auth_time=now)):
        assert not host.sudo("alice", token, how="-S").ok
    assert host.sudo("alice", issuer.token("alice", acr="mfa", auth_time=now), how="-S").ok
    assert [a["reason"] for a in audits(log, mark)] == ["ok", "replayed", "too-old", "claim-missing", "service-match",
                                                        "service-match", "ok"]


def test_the_record_comes_before_any_prompt(sshd, issuer, log):
    """sudo -n where it may ask PAM, sudo -n where it may not, and an askpass program that is not called."""
    askpass = host.write("/usr/local/bin/loud-askpass", "#!/bin/sh\ntouch /tmp/asked\n", 0o755)
    asked = pathlib.Path("/tmp/asked")
    asked.unlink(missing_ok=True)
    mark = log.mark()
    assert in_session(issuer, f"sudo -n id -un; SUDO_ASKPASS={askpass} sudo -A id -un").out == "root\nroot\n"
    assert not asked.exists() and [a["reason"] for a in audits(log, mark)] == ["ok", "ok"]
    login = host.ssh("alice", issuer.token("alice"), command="test -t 0 && sudo id -un", options=["RequestTTY=force"])
    assert login.out == "root\n", "nothing is asked on a terminal"
    mark = log.mark()
    login = host.ssh("alice", PASSWORDS["alice"], command="sudo -n id -un; echo $?")
    assert login.out == "1\n" and "a password is required" in login.err
    assert [a["reason"] for a in audits(log, mark)] == ["no-answer"]
    sudoers("!noninteractive_auth, timestamp_timeout=0")
    mark = log.mark()
    login = in_session(issuer, "sudo -n id -un; echo $?; sudo -S id -un </dev/null")
    assert login.out == "1\nroot\n" and "a password is required" in login.err
    assert len(audits(log, mark)) == 1, "sudo -n does not ask PAM"


def test_sudos_own_timestamp_comes_first(session, no_record, log):
    """Within it nothing is asked, decided or logged, even if the token has expired; -k and timestamp_timeout=0 end that."""
    sudoers("noninteractive_auth, timestamp_timeout=5")
    started, over = pathlib.Path("/tmp/timestamp-started"), pathlib.Path("/tmp/token-is-over")
    host.write("/tmp/timestamp.sh", f"""
        sudo -n id -un; sudo -n id -un; touch {started}; until [ -e {over} ]; do sleep 0.1; done
        sudo -n id -un; sudo -k; sudo -n id -un
    """)

    def end_token():
        host.wait_for("the first sudo", started.exists)
        put_record(session, record_of(ttl=-1))
        over.touch()

    put_record(session, record_of())
    ending = threading.Thread(target=end_token)
    ending.start()
    mark = log.mark()
    said = session.run("sh /tmp/timestamp.sh")
    ending.join()
    assert said.count("root") == 3 and "password is required" in said, said
    assert [a["reason"] for a in audits(log, mark)] == ["ok", "expired", "no-answer"]


def test_require_token_and_sudos_timestamp_do_not_go_together(sshd, issuer, log):
    """sudo asks the account lines each time, and auth only outside of its timestamp: without the word it is as ever."""
    sudoers("noninteractive_auth, timestamp_timeout=5")
    host.set_stack("sudo", "token-only", auth="nodelay")
    login = in_session(issuer, "sudo -n id -un; sudo -n id -un")
    assert login.out == "root\n" and "PAM account management error" in login.err
    assert "require-token" in host.run("pamjwt", "doctor", check=False).stdout
    stack = pathlib.Path("/etc/pam.d/sudo")
    host.write(stack, stack.read_text().replace("require_token", ""))
    assert in_session(issuer, "sudo -k; sudo -n id -un; sudo -n id -un").out == "root\nroot\n"
    assert "require-token" not in host.run("pamjwt", "doctor", check=False).stdout
    assert "denied" not in host.sudo("alice", PASSWORDS["alice"], how="-S").out, "a token is still the only way in"


def test_sudoedit_asks_as_sudo_does(sshd, issuer, log):
    """By the record, and by a token."""
    editor = host.write("/usr/local/bin/append", "#!/bin/sh\necho \"by $(id -un)\" >>\"$1\"\n", 0o755)
    file = host.write("/etc/edited", "", 0o600)
    mark = log.mark()
    login = in_session(issuer, f"EDITOR={editor} sudoedit -n {file}")
    assert login.ok and file.read_text() == "by alice\n", login
    done = host.sudo("alice", issuer.token("alice"), how="-S", options=["-e"], command=[file], env={"EDITOR": str(editor)})
    assert done.ok and file.read_text() == "by alice\nby alice\n", done
    assert [a["reason"] for a in audits(log, mark)] == ["ok", "ok"]


# ------------------------------------------------------------------------------------- what belongs to the login's session


def tmux(server, command):
    """A command in a tmux server that may be running already; what it printed."""
    return (f"rm -f /tmp/{server}; tmux -L {server} -f /dev/null new-session -A -d -s {server} 2>/dev/null; "
            f"tmux -L {server} run-shell '{command} >/tmp/{server} 2>&1'; cat /tmp/{server}")


def test_tmux_belongs_to_the_session_that_started_it(sshd, issuer, session):
    """Attached to from elsewhere or left running, it has the record of its own session; none once that is closed."""
    try:
        assert in_session(issuer, tmux("mine", "sudo -n id -un")).out == "root\n"
        with open("/tmp/left.sh", "w", encoding="utf-8") as script:
            script.write(tmux("mine", "sudo -n id -un") + "\n")
        left = host.run("sh", "/tmp/left.sh", **host.as_user("alice")).stdout
        assert "password is required" in left, "it continues after the session, without its record"
        with open("/tmp/other.sh", "w", encoding="utf-8") as script:
            script.write(tmux("other", "sudo -n id -un") + "\n")
        assert "password is required" in session.run("sh /tmp/other.sh")
        login = in_session(issuer, "sh /tmp/other.sh; sudo -n id -un")
        assert "password is required" in login.out and login.out.endswith("root\n")
    finally:
        for server in ("mine", "other"):
            host.run("tmux", "-L", server, "kill-server", check=False, **host.as_user("alice"))


def in_background(issuer, user, first, then, **claims):
    """A session by a token that does two things; returns when the first is done."""
    ready = pathlib.Path(f"/tmp/{user}-is-in")
    ready.unlink(missing_ok=True)
    result = {}
    thread = threading.Thread(target=lambda: result.update(
        login=host.ssh(user, issuer.token(user, **claims), command=f"{first}; touch {ready}; {then}")))
    thread.start()
    host.wait_for("the session", ready.exists)
    return thread, result


def sessions(*args, status=0):
    done = subprocess.run(["pamjwt", "sessions", "--json", *args], stdout=subprocess.PIPE, text=True)
    assert done.returncode == status, done.stdout
    return json.loads(done.stdout)["sessions"]


def test_a_second_user_has_his_own(sshd, issuer, log):
    """Two sessions by tokens, side by side; who becomes the other by sudo does not get what the other has."""
    host.write("/etc/sudoers.d/bob", "bob ALL=(ALL:ALL) ALL\n", 0o440)
    try:
        bobs, result = in_background(issuer, "bob", "true", "sleep 2; sudo -n id -un; sleep 1")
        mark = log.mark()
        login = host.ssh("alice", issuer.token("alice"), command="sudo -n -u bob sudo -n id -un; sudo -n -u bob id -un; "
                                                                  "sudo -n pamjwt sessions")
        assert login.out.splitlines()[0] == "bob", "bob has no record in alice's session"
        assert "user='alice'" in login.out and "user='bob'" in login.out
        bobs.join()
        assert result["login"].out == "root\n", (result, log.text(mark))
        host.wait_for("the records to go", nothing_is_left)
    finally:
        os.unlink("/etc/sudoers.d/bob")


@pytest.mark.parametrize("whose", ["--sub", "--jti", "--issuer"])
def test_sessions_are_ended_after_a_revocation(sshd, issuer, whose):
    """The list keeps the token out from now on; what it has opened ends by pamjwt sessions --end, tmux included."""
    bobs, others = in_background(issuer, "bob", "true", "sleep 6; echo still here", iss="https://local.acme.example", jti="other")
    alices, result = in_background(issuer, "alice", "tmux -L t -f /dev/null new-session -d; sudo -n id -un",
                                   "sleep 60", jti="withdrawn")
    host.write(REVOKED, "jti local withdrawn\n")
    try:
        mine = {"--sub": "alice", "--jti": "withdrawn", "--issuer": "local"}[whose]
        would = sessions("--end", "--dry-run", whose, mine)
        ended = sessions("--end", whose, mine)
        expected = {"alice", "bob"} if whose == "--issuer" else {"alice"}
        assert {s["user"] for s in would} == {s["user"] for s in ended} == expected
        assert {s["ended"] for s in would} == {"dry-run"} and {s["ended"] for s in ended} == {"yes"}
        alices.join(20)
        assert result["login"].status == 255 and result["login"].out.startswith("root"), result
        assert subprocess.run(["pgrep", "-u", "alice", "tmux"], stdout=subprocess.PIPE).returncode == 1
        bobs.join(20)
        assert others["login"].ok == (whose != "--issuer")
        host.wait_for("the records to go", nothing_is_left)
        assert sessions() == []
    finally:
        REVOKED.unlink()


# ------------------------------------------------------------------------------------------------- hosts without audit


UNSET = ("sh", "-c", 'echo 4294967295 >/proc/self/loginuid; exec "$@"', "sh")


def test_without_an_audit_session_nothing_is_reused_and_nothing_fails(machine, issuer, log):
    """Containers and kernels with audit off: the id is 4294967295."""
    host.write("/etc/pam.d/sshd", SSHD_STACK.replace("session required pam_loginuid.so\n", ""))
    token = issuer.token("alice")
    mark = log.mark()
    with host.Sshd(wrapper=UNSET):
        login = host.ssh("alice", token, command=f"cat /proc/self/sessionid; echo; env | grep PAMJWT_SUB; sudo -n id -un; "
                                                 f"echo {token} | sudo -S id -un; sudo -n id -un")
    assert login.out == "4294967295\nPAMJWT_SUB=alice\nroot\n", (login, log.text(mark))
    assert [a["reason"] for a in audits(log, mark)] == ["no-answer", "ok", "no-answer"]
    assert "no audit session id (set by pam_loginuid, which must precede pam_jwt)" in log.text(mark)
    assert nothing_is_left() and sessions() == []


def test_a_kernel_that_knows_no_audit_at_all(machine, issuer):
    """Then /proc/self/sessionid is not there."""
    blind = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", "/proc/self/sessionid", "-e", "trace=openat",
             "-e", "inject=openat:error=ENOENT"]
    done = host.run(*blind, "pamtester", "sshd", "alice", "authenticate", "acct_mgmt", "setcred", "open_session",
                    "close_session", input=issuer.token("alice") + "\n")
    assert "sucessfully opened a session" in done.stdout or "successfully opened a session" in done.stdout, done.stdout
    assert nothing_is_left()


# ------------------------------------------------------------------------------------------- sshd in an audit session


def begun_by(user):
    """A command that sshd runs under, as if it had been restarted from a login of that user without systemd."""
    return ("sh", "-c", f'echo {host.pwd.getpwnam(user).pw_uid} >/proc/self/loginuid; exec "$@"', "sh")


def test_an_sshd_inside_of_an_audit_session_shares_no_record(machine, issuer, log):
    """RVW-02: a password session of the same user had root by the record of her token session."""
    sudoers("noninteractive_auth")
    mark = log.mark()
    with host.Sshd(wrapper=begun_by("alice")):
        ours = host.ssh("alice", issuer.token("alice"), command="cat /proc/self/sessionid; echo; sudo -n id -un; sleep 2")
        assert ours.ok and ours.out.count("\n") == 1, (ours, log.text(mark))
        assert "this login did not open it" in log.text(mark)
        theirs = host.ssh("alice", PASSWORDS["alice"], command="cat /proc/self/sessionid; echo; sudo -n id -un")
        assert theirs.out == ours.out, theirs
    assert nothing_is_left() and sessions() == []


def test_a_second_login_in_a_session_takes_its_record_away(session, no_record, log):
    """RVW-02: the first login's record is there; sshd is restarted from it, and she comes once more by password."""
    put_record(session, record_of())
    assert session.run("sudo -n id -un") == "root"
    mark = log.mark()
    host.write("/etc/pam.d/sshd", SSHD_STACK.replace("session required pam_loginuid.so\n", ""))
    said = session.run("pamtester sshd alice open_session close_session", user="root")
    assert "was opened by another login" in log.text(mark), (said, log.text(mark))
    assert session.run("sudo -n id -un") != "root"

"""pamjwt setup on the distribution's own files, with a real provider, sshd and sudo; and the rollback."""
import contextlib
import json
import os
import pathlib
import pty
import subprocess

import pytest

import host
from conftest import PASSWORDS, forget_keys
from test_readme import fresh_pam

WATCHED = ("etc/pam.d", "etc/security", "etc/ssh", "etc/sudoers", "etc/sudoers.d", "var/lib/pam_jwt")
SSHD_CONFIG = pathlib.Path("/etc/ssh/sshd_config")
SETUP = ("pamjwt", "setup", "--issuer", host.ISSUER, "--audience", "ssh://%h", "--match", "client_id=alice",
         "--ca-file", "/etc/ssl/throwaway/ca.pem")


def look_at(path):
    """None when it went away between the listing and the look: setup's rollback may be at work."""
    try:
        return path.stat().st_mode, path.read_bytes() if path.is_file() else None
    except FileNotFoundError:
        return None


def snapshot():
    """Every file that setup might touch, byte for byte."""
    paths = [path for top in WATCHED for path in [pathlib.Path("/", top), *pathlib.Path("/", top).rglob("*")]]
    return {str(path): seen for path in paths if (seen := look_at(path)) is not None}


def run_setup(*args, given=None, status=0):
    done = host.run(*SETUP, *args, input=given, check=False, start_new_session=True)
    assert done.returncode == status, done.stdout
    return done.stdout


@pytest.fixture
def fresh(machine, ca):
    """A host on which the package has just been installed, its sshd running as the distribution configures it."""
    for path in pathlib.Path("/etc/security").glob("pam_jwt*"):
        host.run("rm", "-rf", path)
    host.write(host.CONF, (host.CHECKOUT / "etc/pam_jwt.conf").read_text())
    fresh_pam()
    host.run("ssh-keygen", "-A")
    for path in pathlib.Path("/etc/ssh/sshd_config.d").glob("*"):
        path.unlink()
    forget_keys()
    kept = SSHD_CONFIG.read_text()
    os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
    yield snapshot
    host.run("pamjwt", "setup", "--undo", check=False)
    host.write(SSHD_CONFIG, kept)
    fresh_pam()


@contextlib.contextmanager
def sshd_of_the_host():
    process = subprocess.Popen(["/usr/sbin/sshd", "-D"], start_new_session=True, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        host.wait_for("sshd", lambda: host.listening(22))
        yield process
    finally:
        process.terminate()
        process.wait()


def test_from_nothing_to_a_login_and_back(fresh, provider, log):
    """The three commands; doctor finds nothing; a second run has nothing to do; undo restores byte for byte."""
    before = snapshot()
    assert "+++ /etc/pam.d/sshd" in run_setup("--dry-run") and snapshot() == before
    token = provider.token("alice")
    with sshd_of_the_host():
        out = run_setup("--yes", "--login", "alice", "--token", "-", given=token)
        assert "a wrong token: refused" in out and "a wrong password: refused" in out, out
        assert "the token as alice: in" in out, out
        assert "not been confirmed" in run_setup("--yes", status=1)
        host.run("pamjwt", "setup", "--confirm")
        host.wait_for("sshd, which begins again at a reload", lambda: host.listening(22))
        after = snapshot()
        mark = log.mark()
        assert host.ssh("alice", token).ok, log.text(mark)
        assert host.sudo("alice", token).ok, log.text(mark)
        assert host.sudo("alice", token, command=("-i", "id", "-un")).ok, log.text(mark)
        assert "Nothing to do" in run_setup("--yes") and snapshot() == after
        assert host.ssh("alice", PASSWORDS["alice"]).ok and host.sudo("alice", PASSWORDS["alice"]).ok
        assert not host.ssh("bob", provider.token("bob")).ok
        found = json.loads(host.run("pamjwt", "doctor", "--json", check=False).stdout)
        assert found["findings"] == []
        text = pathlib.Path("/etc/security/pam_jwt.conf.d/setup.conf").read_text()
        assert f"host_name = {host.HOSTNAME}\n" in text and "machine_id = " in text
        assert "as it was" in host.run("pamjwt", "setup", "--undo").stdout
        assert snapshot() == before
        host.wait_for("sshd", lambda: host.listening(22))
        assert not host.ssh("alice", token).ok and host.ssh("alice", PASSWORDS["alice"], method="password").ok
    assert host.run("pamjwt", "setup", "--undo", check=False).returncode == 1


def test_a_failed_test_login_rolls_everything_back(fresh, provider):
    before = snapshot()
    out = run_setup("--yes", "--login", "alice", "--token", "-", given=provider.token("bob"), status=1)
    assert "the token was refused for alice" in out and "rolled back" in out
    assert snapshot() == before


def test_where_passwords_are_off_only_tokens_get_in(fresh, provider):
    """The keyboard-interactive method would take passwords that PasswordAuthentication no keeps out (REV-02)."""
    host.write(SSHD_CONFIG, SSHD_CONFIG.read_text() + "\nPasswordAuthentication no\n")
    token = provider.token("alice")
    with sshd_of_the_host():
        out = run_setup("--yes", "--service", "sshd", "--login", "alice", "--token", "-", given=token)
        assert "accepts only tokens" in out
        host.wait_for("sshd, which begins again at a reload", lambda: host.listening(22))
        assert host.ssh("alice", token).ok and not host.ssh("alice", PASSWORDS["alice"]).ok
        host.run("pamjwt", "setup", "--undo")
        host.wait_for("sshd", lambda: host.listening(22))
        assert not host.ssh("alice", PASSWORDS["alice"]).ok


def test_a_broken_sshd_config_or_a_silent_issuer_is_refused_before_anything(fresh, session_provider):
    good = SSHD_CONFIG.read_text()
    host.write(SSHD_CONFIG, good + "\nNoSuchKeyword yes\n")
    before = snapshot()
    assert "sshd rejects its configuration" in run_setup("--yes", status=1) and snapshot() == before
    host.write(SSHD_CONFIG, good)
    session_provider.stop()
    before = snapshot()
    assert "fetch-failed" in run_setup("--yes", status=1) and snapshot() == before


def test_unconfirmed_it_rolls_back_when_the_terminal_is_gone(fresh, provider):
    """The question at a terminal; the terminal is closed, and with it every process of its session."""
    before = snapshot()
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp("pamjwt", [*SETUP, "--within", "12s"])
    seen = b""
    while b"Keep the changes?" not in seen:
        seen += os.read(terminal, 4096)
        if b"Make these changes?" in seen and b"Keep" not in seen and not seen.endswith(b"y\r\n"):
            os.write(terminal, b"y\n")
            seen = seen.replace(b"Make these changes?", b"answered")
    assert snapshot() != before
    os.close(terminal)
    os.waitpid(pid, 0)  # by SIGHUP, or it has read the end of the terminal first
    host.wait_for("the rollback", lambda: snapshot() == before, 40)

"""pamjwt setup on the distribution's own files, with a real provider, sshd and sudo; and the rollback."""
import concurrent.futures
import contextlib
import json
import os
import pathlib
import pty
import signal
import subprocess

import paramiko
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
    host.write("/etc/security/pam_jwt.revoked", (host.CHECKOUT / "etc/pam_jwt.revoked").read_text())
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
        assert "the token for alice: accepted" in out, out
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
        assert "rolled back" in host.run("pamjwt", "setup", "--undo").stdout
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


# --- what the sshd that runs does ---


NO_PASSWORDS = "\nPasswordAuthentication no\n"


def offered(user, port=22):
    """The methods that the listening sshd offers to a user."""
    out = host.run("ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                   "-o", "PreferredAuthentications=none", "-p", str(port), f"{user}@127.0.0.1", "true", check=False).stdout
    return out.rpartition("(")[2].partition(")")[0].split(",")


def set_up_without_passwords(extra=""):
    """tokens only, on a host where sshd takes no passwords; confirmed."""
    run_setup("--yes", "--service", "sshd")
    host.run("pamjwt", "setup", "--confirm")
    host.wait_for("sshd", lambda: host.listening(22))
    assert "keyboard-interactive" in offered("alice")


def undo(status=0):
    done = host.run("pamjwt", "setup", "--undo", check=False)
    assert done.returncode == status, done.stdout
    return done.stdout


def test_without_a_pid_file_sshd_is_found_and_asked(fresh, provider):
    """With PidFile none, undo wrote the old stack while sshd went on asking PAM for passwords."""
    host.write(SSHD_CONFIG, SSHD_CONFIG.read_text() + NO_PASSWORDS + "PidFile none\n")
    before = snapshot()
    with sshd_of_the_host():
        set_up_without_passwords()
        assert "rolled back" in undo() and snapshot() == before
        host.wait_for("sshd", lambda: host.listening(22))
        assert offered("alice") == ["publickey"] and not host.ssh("alice", PASSWORDS["alice"], port=22).ok


def test_a_broken_line_elsewhere_stops_the_undo_before_it_begins(fresh, provider):
    host.write(SSHD_CONFIG, SSHD_CONFIG.read_text() + NO_PASSWORDS)
    with sshd_of_the_host():
        set_up_without_passwords()
        host.write("/etc/ssh/sshd_config.d/50-mine.conf", "NoSuchKeyword yes\n")
        now = snapshot()
        out = undo(status=1)
        assert "rejects its configuration" in out and "NoSuchKeyword" in out and "have been rolled back" not in out and snapshot() == now
        assert not host.ssh("alice", PASSWORDS["alice"], port=22).ok
        pathlib.Path("/etc/ssh/sshd_config.d/50-mine.conf").unlink()
        undo()


def test_an_sshd_that_does_not_reload_keeps_the_stack(fresh, provider, log):
    """A process that is stopped stands for each reason not to reload; its connections would go by the old method."""
    host.write(SSHD_CONFIG, SSHD_CONFIG.read_text() + NO_PASSWORDS)
    before = snapshot()
    with sshd_of_the_host() as process:
        set_up_without_passwords()
        stack = pathlib.Path("/etc/pam.d/sshd").read_text()
        process.send_signal(signal.SIGSTOP)
        assert "still goes by its old configuration" in undo(status=1)
        assert pathlib.Path("/etc/pam.d/sshd").read_text() == stack
        assert "rolled back in part" in host.run("pamjwt", "setup", "--confirm", check=False).stdout
        process.send_signal(signal.SIGCONT)
        undo()
        assert snapshot() == before
        host.wait_for("sshd", lambda: host.listening(22))
        assert offered("alice") == ["publickey"]


def test_a_connection_from_before_does_not_keep_the_old_method(fresh, provider):
    """Within LoginGraceTime it could still have answered the prompt, to a stack that takes passwords again."""
    host.write(SSHD_CONFIG, SSHD_CONFIG.read_text() + NO_PASSWORDS)
    with sshd_of_the_host():
        set_up_without_passwords()
        early = paramiko.Transport(("127.0.0.1", 22))
        early.start_client(timeout=10)
        begun = paramiko.Transport(("127.0.0.1", 22))
        begun.start_client(timeout=10)
        with pytest.raises(paramiko.BadAuthenticationType):
            begun.auth_none("alice")
        undo()
        for transport in (early, begun):
            with pytest.raises((paramiko.SSHException, EOFError, OSError)):
                transport.auth_interactive("alice", lambda _title, _text, prompts: [PASSWORDS["alice"] for _ in prompts])
            assert not transport.is_authenticated()
            transport.close()


def test_a_session_that_is_logged_in_survives_the_undo(fresh, provider):
    host.write(SSHD_CONFIG, SSHD_CONFIG.read_text() + NO_PASSWORDS)
    with sshd_of_the_host():
        set_up_without_passwords()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            login = pool.submit(host.ssh, "alice", provider.token("alice"), command="touch /tmp/in; sleep 12; id -un", port=22)
            host.wait_for("the login", lambda: pathlib.Path("/tmp/in").exists(), 20)
            undo()
            assert login.result().ok


def test_an_edited_stack_is_restored_around_the_edit_and_logins_work(fresh, provider):
    """An added comment made undo leave the stack, without the configuration: key, token and password were refused."""
    with sshd_of_the_host():
        run_setup("--yes")
        host.run("pamjwt", "setup", "--confirm")
        stack = pathlib.Path("/etc/pam.d/sshd")
        host.write(stack, "# mine\n" + stack.read_text())
        undo()
        assert stack.read_text().startswith("# mine\n") and "pam_jwt" not in stack.read_text()
        host.wait_for("sshd", lambda: host.listening(22))
        assert host.ssh("alice", PASSWORDS["alice"], method="password", port=22).ok


def test_an_undo_that_is_blocked_says_so_in_the_log(fresh, provider, log):
    run_setup("--yes")
    host.run("pamjwt", "setup", "--confirm")
    stack = pathlib.Path("/etc/pam.d/sshd")
    text = stack.read_text()
    host.write(stack, "auth required pam_faillock.so preauth\n" + text)
    now, mark = snapshot(), log.mark()
    assert "nothing has been undone" in undo(status=1) and snapshot() == now
    host.wait_for("the log", lambda: "/etc/pam.d/sshd: edited since the set-up" in log.text(mark))
    host.write(stack, text)
    undo()


def test_what_match_keeps_out_stays_out(fresh, provider):
    """sshd -T speaks for one connection: keyboard-interactive opened ssh to the password of a user in a Match block."""
    host.write(SSHD_CONFIG, SSHD_CONFIG.read_text() + "\nMatch User bob\nPasswordAuthentication no\n")
    before = snapshot()
    out = run_setup("--yes", status=1)
    assert 'no passwords for "Match User bob"' in out and "KbdInteractiveAuthentication no" in out and snapshot() == before
    host.write(SSHD_CONFIG, SSHD_CONFIG.read_text() + "KbdInteractiveAuthentication no\n")
    with sshd_of_the_host():
        run_setup("--yes")
        host.run("pamjwt", "setup", "--confirm")
        host.wait_for("sshd", lambda: host.listening(22))
        assert offered("bob") == ["publickey"] and "keyboard-interactive" in offered("alice")
        found = json.loads(host.run("pamjwt", "doctor", "--json", check=False).stdout)["findings"]
        assert [f["id"] for f in found] == []
        host.write(SSHD_CONFIG, SSHD_CONFIG.read_text().replace("no\nKbdInteractiveAuthentication no\n", "no\n"))
        found = json.loads(host.run("pamjwt", "doctor", "--json", check=False).stdout)["findings"]
        assert [f["id"] for f in found] == ["sshd-passwords"] and "Match User bob" in found[0]["what"]


# --- the trial ---


def test_a_killed_trial_leaves_no_token_and_listens_nowhere(fresh, provider):
    token = provider.token("alice")
    temporary = set(os.listdir("/tmp"))
    listening = host.run("ss", "-Htln").stdout
    process = subprocess.Popen([*SETUP, "--yes", "--login", "alice", "--token", "-"], stdin=subprocess.PIPE, text=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    process.stdin.write(token)
    process.stdin.close()
    scratch = pathlib.Path("/run/pam_jwt")
    host.wait_for("the trial with the token", lambda: pathlib.Path("/etc/pam.d/sshd").read_text().count("pam_jwt")
                  and list(scratch.glob("setup-*")), 60)
    assert host.run("ss", "-Htln").stdout == listening, "a port that any user can connect to first"
    process.kill()
    process.wait()
    assert not [name for name in set(os.listdir("/tmp")) - temporary if name.startswith("pamjwt-")]
    undo()
    assert not list(scratch.glob("setup-*"))

"""What a stranger can learn: nothing from prompts and times, nothing from the logs; a warm login touches no network."""
import concurrent.futures
import re
import signal
import subprocess

import pytest

import host
from conftest import PASSWORDS, use_stack

pytestmark = pytest.mark.usefixtures("conf")
METHODS = ("password", "keyboard-interactive")
STRANGERS = {"known": "alice", "unknown": "nobody-here", "forbidden": "mallory", "root": "root"}


@pytest.mark.parametrize("secret", ["token", "password"])
@pytest.mark.parametrize("method", METHODS)
def test_known_unknown_forbidden_users_and_root_look_alike(stack, provider, method, secret):
    """REV-03: same prompts, same delay. One expired token (or wrong password) as four users, at the same time."""
    use_stack(stack, auth="")
    answers = {who: "no password of anybody" for who in STRANGERS}
    if secret == "token":
        answers = {who: provider.token(name, ttl=1) for who, name in STRANGERS.items()}
        host.time.sleep(2)
    # libpam spreads its delay by half, the host may be busy, and sshd rounds what a refusal took up to 5 to 9 ms, as a secret
    # of this start has it for each name, times a power of two: a difference that is one shows in each round.
    for _ in range(8):
        with host.Sshd(DenyUsers="mallory"), concurrent.futures.ThreadPoolExecutor() as pool:
            host.ssh("alice", provider.token("alice"), method=method)  # warms the cache of keys
            logins = dict(zip(STRANGERS, pool.map(
                lambda who: host.ssh(STRANGERS[who], answers[who], method=method), STRANGERS)))
        assert not any(login.ok for login in logins.values())
        prompts = {tuple(p.replace(STRANGERS[who], "USER") for p in logins[who].prompts) for who in STRANGERS}
        assert len(prompts) == 1, prompts
        seconds = sorted((login.seconds, who) for who, login in logins.items())
        assert seconds[0][0] > 1, seconds
        if seconds[-1][0] - seconds[0][0] < 1.7:
            return
    pytest.fail(f"who is asked for shows in the time: {seconds}")


def test_the_token_is_in_no_log_at_any_level(sshd, provider, log):
    """With `debug`, sshd at DEBUG3, accepted and refused: no part of the token's payload or signature is logged."""
    mark = log.mark()
    tokens = [provider.token("alice", alg="RS256"), provider.token("bob")]
    for kind in host.STACKS:
        use_stack(kind, "debug")
        for token in tokens:
            host.ssh("alice", token)
            host.ssh("alice", token, method="password")
            host.sudo("alice", token, how="-S")
            host.ssh("alice", token[:-3])
    text = log.text(mark)
    assert "result=" in text and "stage" in text
    for token in tokens:
        for part in token.split(".")[1:]:
            assert not any(part[i:i + 24] in text for i in range(0, len(part) - 24, 12))


class Traced:
    """The system calls of running processes, by strace."""

    def __init__(self, pid, calls, out="/run/strace.out"):
        self.out = out
        self.process = subprocess.Popen(["strace", "-f", "-q", "-e", f"trace={calls}", "-o", out, "-p", str(pid)])
        status = f"/proc/{pid}/status"
        host.wait_for("strace", lambda: not re.search(r"TracerPid:\s+0\b", open(status).read()))

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        return open(self.out, errors="replace").read()


def traced_login(sshd, secret):
    """The system calls of sshd and its children during one login."""
    traced = Traced(sshd.process.pid, "socket,connect,execve,execveat")
    login = host.ssh("alice", secret, command="true", method="password")
    calls = traced.stop()
    assert login.ok and "execve(" in calls, (login, calls[-2000:])
    return calls


def internet(calls):
    return {re.sub(r"^\d+ +|\(\d+|= .*", "", line) for line in calls.splitlines() if "AF_INET" in line}


def programs(calls):
    return set(re.findall(r'execve(?:at)?\("([^"]+)"', calls))


def test_a_warm_ssh_login_opens_no_internet_socket_and_starts_no_helper(stack, sshd, provider):
    """What sshd does by itself is what it does for a password without pam_jwt; a token adds nothing to it."""
    token = provider.token("alice")
    assert host.ssh("alice", token).ok
    host.write("/etc/pam.d/sshd", "auth required pam_unix.so\naccount required pam_unix.so\nsession required pam_unix.so\n")
    without = traced_login(sshd, PASSWORDS["alice"])
    use_stack(stack)
    calls = traced_login(sshd, token)
    assert internet(calls) <= internet(without)
    assert programs(calls) <= programs(without)


CHANGES = re.compile(r"\b(?:rename|unlink|link|mkdir|symlink|mknod|truncate)\w*\(|\bopen\w*\(.*O_(?:WRONLY|RDWR|CREAT|TMPFILE)")


def changes(calls):
    """What is opened for writing, made, renamed or removed, but for the login record."""
    return [line for line in calls.splitlines()
            if CHANGES.search(line) and " = -1 " not in line and "/run/pam_jwt/pending" not in line]


FORKS = re.compile(r"\b(?:clone|clone3|fork|vfork)\(")


def traced_pam(service, token):
    """The system calls of a login by pamtester, which forks nothing by itself."""
    command = ["pamtester", service, "alice", "authenticate", "acct_mgmt"]
    assert "successfully" in host.run(*command, input=token + "\n").stdout
    host.run("strace", "-f", "-y", "-o", "/run/strace.out", *command, input=token + "\n")
    return open("/run/strace.out", errors="replace").read()


def test_a_warm_decision_starts_no_process_at_all(stack, provider):
    """Every fork, exec and socket is ours, but for those of pam_unix: since Linux-PAM 1.6 it asks unix_chkpwd in account."""
    host.write("/etc/pam.d/without", "auth required pam_permit.so\naccount required pam_unix.so\n")
    without = traced_pam("without", "")
    calls = traced_pam("sshd", provider.token("alice"))
    assert calls.count("execve(") == without.count("execve(")
    assert len(FORKS.findall(calls)) == len(FORKS.findall(without))
    assert "AF_INET" not in calls
    assert changes(calls) == []
    assert [line for line in calls.splitlines() if "connect(" in line and "/dev/log" not in line and "nscd" not in line] == []

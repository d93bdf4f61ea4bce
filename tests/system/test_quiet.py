"""What a stranger can learn: nothing from prompts and times, nothing from the logs; a warm login touches no network."""
import concurrent.futures
import re
import signal
import subprocess

import pytest

import host
from conftest import use_stack

pytestmark = pytest.mark.usefixtures("conf")
METHODS = ("password", "keyboard-interactive")
STRANGERS = {"known": "alice", "unknown": "nobody-here", "forbidden": "mallory", "root": "root"}


@pytest.mark.parametrize("secret", ["token", "password"])
@pytest.mark.parametrize("method", METHODS)
def test_known_unknown_forbidden_users_and_root_look_alike(stack, provider, method, secret):
    """REV: same prompts, same delay. One expired token (or wrong password) as four users, at the same time."""
    answers = {who: "no password of anybody" for who in STRANGERS}
    if secret == "token":
        answers = {who: provider.token(name, ttl=1) for who, name in STRANGERS.items()}
        host.time.sleep(2)
    with host.Sshd(DenyUsers="mallory") as _, concurrent.futures.ThreadPoolExecutor() as pool:
        host.ssh("alice", provider.token("alice"), method=method)  # warms the cache of keys
        logins = dict(zip(STRANGERS, pool.map(
            lambda who: host.ssh(STRANGERS[who], answers[who], method=method), STRANGERS)))
    assert not any(login.ok for login in logins.values())
    prompts = {who: [p.replace(STRANGERS[who], "USER") for p in login.prompts] for who, login in logins.items()}
    assert len({tuple(p) for p in prompts.values()}) == 1, prompts
    seconds = {who: login.seconds for who, login in logins.items()}
    assert min(seconds.values()) > 1.4 and max(seconds.values()) - min(seconds.values()) < 1.7, seconds


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


def test_a_warm_ssh_login_opens_no_internet_socket_and_starts_no_helper(stack, sshd, provider):
    token = provider.token("alice")
    assert host.ssh("alice", token).ok
    traced = Traced(sshd.process.pid, "socket,connect,execve,execveat")
    login = host.ssh("alice", token, command="true")
    calls = traced.stop()
    assert login.ok
    assert "execve(" in calls, calls
    programs = set(re.findall(r'execve(?:at)?\("([^"]+)"', calls))
    assert programs <= {"/usr/sbin/sshd", "/bin/sh", "/usr/bin/true", "/usr/lib/openssh/sshd-session",
                        "/usr/lib/openssh/sshd-auth"}, programs
    assert "AF_INET" not in calls, calls


def test_a_warm_decision_starts_no_process_at_all(stack, provider):
    """pamtester forks nothing by itself: every fork, exec and socket would be ours."""
    token = provider.token("alice")
    command = ["pamtester", "sshd", "alice", "authenticate", "acct_mgmt"]
    assert "successfully" in host.run(*command, input=token + "\n").stdout
    host.run("strace", "-f", "-o", "/run/strace.out", *command, input=token + "\n")
    calls = open("/run/strace.out", errors="replace").read()
    assert calls.count("execve(") == 1
    assert not re.search(r"\b(clone|clone3|fork|vfork)\(", calls)
    assert "AF_INET" not in calls

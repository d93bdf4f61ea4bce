"""
Real logins that share one refresh (issue 5): many at once on keys that are no longer fresh (NET-12), and a sudo whose
user stops or kills it while it refreshes, at whatever step (REV-07).
"""
import concurrent.futures
import json
import pwd
import re
import signal
import subprocess
import time

import pytest
from jwcrypto import jwk

import host
import sanitizer
from conftest import BUILD, make_old, use_stack

pytestmark = pytest.mark.usefixtures("conf")
CACHED = host.CACHE / "keys.json"


def authenticate(token, user="alice"):
    return host.run("pamtester", "sshd", user, "authenticate", input=token + "\n", check=False).stdout


def crowd(keys, many):
    """How many requests the endpoint gets for that many logins at once on old keys."""
    make_old(7200)
    before = len(keys.endpoint.requests)
    tokens = [keys.token("alice") for _ in range(many)]
    with concurrent.futures.ThreadPoolExecutor(many) as pool:
        done = list(pool.map(lambda token: host.ssh("alice", token), tokens))
    assert [d for d in done if not d.ok] == []
    return len(keys.endpoint.requests) - before


@pytest.mark.slow
def test_two_hundred_logins_at_once_on_old_keys_make_one_request(conf, keys_endpoint, sshd):
    """
    Logins with keys wait two seconds for newer ones. A host that is busy enough does not get as far as asking in that, and
    nobody asks again before min_refresh: then the crowd comes again; under a sanitizer that would not help.
    """
    conf(keys_endpoint.conf())
    use_stack("token-only")
    assert "success" in authenticate(keys_endpoint.token("alice"))
    sanitized = sanitizer.needed(BUILD)
    asked = crowd(keys_endpoint, 50 if sanitized else 200)
    if asked == 0 and not sanitized:
        asked = crowd(keys_endpoint, 200)
    assert asked == 1 or (sanitized and asked == 0)


class Refreshing:
    """A sudo of alice's that has sent its request; the endpoint has not answered yet."""

    def __init__(self, keys, token):
        before = len(keys.endpoint.requests)
        self.process = subprocess.Popen(["sudo", "-k", "-S", "id", "-un"], text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **host.as_user("alice"))
        self.process.stdin.write(token + "\n")
        self.process.stdin.flush()
        host.wait_for("the request", lambda: len(keys.endpoint.requests) > before)

    def signal(self, number):
        """From alice, who may do that to her own sudo while it authenticates: its real user is she."""
        host.run("kill", f"-{int(number)}", self.process.pid, **host.as_user("alice"))

    def end(self):
        return (*self.process.communicate(timeout=30), self.process.returncode)


def state(pid):
    """One letter, as ps says it: T is stopped, t is stopped under strace."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        return f.read().rsplit(")", 1)[1].split()[0]


def cached_kids(cached=CACHED):
    return [key["kid"] for key in json.loads(cached.read_text().splitlines()[1])["keys"]]


def helpers():
    return host.run("pgrep", "-x", "pamjwt-fetch", check=False).stdout.split()


def rotate(keys):
    keys.key = jwk.JWK.generate(kty="EC", crv="P-256", alg="ES256", use="sig", kid="key-2")
    keys.serve_keys()


@pytest.fixture
def slow_keys(conf, keys_endpoint):
    """The endpoint takes two seconds to answer, with the keys of when it was asked; nothing is cached."""
    conf(keys_endpoint.conf(timeout="8s"))
    use_stack("token-only")
    keys_endpoint.endpoint.delay = 2
    return keys_endpoint


def test_a_sudo_stopped_in_a_refresh_and_continued_after_a_rotation_brings_no_old_key_back(slow_keys, log):
    """REV-07, RVW-33: its lock is one of alice's, so others do not wait; its own answer is older than the cache by then."""
    withdrawn = slow_keys.token("alice")
    sudo = Refreshing(slow_keys, withdrawn)
    sudo.signal(signal.SIGSTOP)
    try:
        host.wait_for("the stop", lambda: state(sudo.process.pid) == "T")
        assert not CACHED.exists()
        assert "success" in authenticate(slow_keys.token("bob"), "bob")
        assert len(slow_keys.endpoint.requests) == 2, "bob's login does not wait for alice's sudo"
        assert cached_kids() == ["key-1"]
        rotate(slow_keys)
        host.run("pamjwt", "refresh", "--force")
        assert cached_kids() == ["key-2"]
        mark = log.mark()
    finally:
        sudo.signal(signal.SIGCONT)
    out, _, status = sudo.end()
    assert (out, status) == ("", 1), "the key of his token is withdrawn"
    assert [a["result"] for a in log.audits(mark)] == ["deny"], log.text(mark)
    assert cached_kids() == ["key-2"]
    assert "success" not in authenticate(withdrawn)
    assert "success" in authenticate(slow_keys.token("alice"))


@pytest.mark.slow
@pytest.mark.parametrize("one_use", ["no", "yes"])
def test_a_sudo_stopped_for_longer_than_a_response_lives_is_judged_by_the_cache_of_then(conf, keys_endpoint, log, one_use):
    """RVW-03: keys are there and old, the refresh is under way; a minute later its response is too old to count."""
    conf(keys_endpoint.conf(timeout="8s") + f"[service/sudo]\none_use = {one_use}\n")
    use_stack("token-only")
    host.run("pamjwt", "refresh")
    make_old(7200)
    keys_endpoint.endpoint.delay = 2
    withdrawn = keys_endpoint.token("alice")
    sudo = Refreshing(keys_endpoint, withdrawn)
    sudo.signal(signal.SIGSTOP)
    try:
        host.wait_for("the stop", lambda: state(sudo.process.pid) == "T")
        time.sleep(3)
        keys_endpoint.endpoint.delay = 0
        rotate(keys_endpoint)
        host.run("pamjwt", "refresh", "--force")
        assert cached_kids() == ["key-2"]
        time.sleep(60)
        mark = log.mark()
    finally:
        sudo.signal(signal.SIGCONT)
    out, _, status = sudo.end()
    assert (out, status) == ("", 1), log.text(mark)
    assert [a["reason"] for a in log.audits(mark)] == ["unknown-kid"], log.text(mark)
    assert cached_kids() == ["key-2"]


def test_a_sudo_killed_in_a_refresh_leaves_nothing_behind(slow_keys):
    """REV-07, RVW-34: its helper ends with it."""
    sudo = Refreshing(slow_keys, slow_keys.token("alice"))
    sudo.signal(signal.SIGKILL)
    assert sudo.end()[2] == -signal.SIGKILL
    assert not CACHED.exists()
    assert "success" in authenticate(slow_keys.token("bob"), "bob")
    assert (len(slow_keys.endpoint.requests), cached_kids()) == (2, ["key-1"])
    host.wait_for("the end of the helper", lambda: not helpers(), 5)
    assert [path.name for path in host.CACHE.iterdir()] == ["keys.json"]
    alice = pwd.getpwnam("alice").pw_uid
    assert sorted(path.name for path in (host.RUN / "lock").iterdir()) == ["keys", f"keys@{alice}"]


# What a sudo does from the first look at old keys to the new file in its place, as strace tells it.
STEPS = [
    r'openat\(\d+, "(\w+)\.json"', r"socket\(AF_UNIX", r"openat\(AT_FDCWD, .*/ca\.pem", "socketpair", "clone3?", "pidfd_open",
    "sendto", "shutdown", "recvfrom", "waitid", r"openat\(\d+, .*O_TMPFILE", "write", "fchmod", "unlinkat", "linkat",
    r'openat\(\d+, "(\w+)\.json"', "renameat",
]


class SteppedSudo:
    """A sudo of alice's under strace, by a token of the issuer keysN, whose own keys are old."""

    def __init__(self, keys, number, *inject):
        self.cached, self.trace = host.CACHE / f"keys{number}.json", host.pathlib.Path(f"/run/sudo-{number}.strace")
        self.process = subprocess.Popen(["strace", "-qq", "-o", self.trace, *inject, "-u", "alice", "sudo", "-k", "-S", "id", "-un"],
                                        cwd="/", text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.token = keys.token("alice", iss=f"{keys.issuer}/{number}")
        self.process.stdin.write(self.token + "\n")
        self.process.stdin.flush()

    def go_on(self):
        host.run("pkill", "-CONT", "-P", self.process.pid, **host.as_user("alice"))

    def wait_for(self, event):
        host.wait_for(event, lambda: event in self.trace.read_text(errors="replace"), 60)

    def calls(self):
        return self.trace.read_text(errors="replace").splitlines()


def steps_of(calls):
    """(name, how manieth call of that name) for each of STEPS, from the trace of a sudo that was not stopped."""
    at = next(i for i, call in enumerate(calls) if ".json" in call)
    for step in STEPS:
        at = next(i for i in range(at, len(calls)) if re.match(step, calls[i]))
        name = calls[at].split("(")[0]
        yield name, sum(call.startswith(name + "(") for call in calls[:at + 1])
        at += 1


def many_issuers(keys, count):
    """The same endpoint as issuers keys0, keys1, ..., so that as many sudos refresh at once, each its own keys."""
    one = keys.conf(timeout="20s").split("[grant/")[0]
    return "".join(one.replace("[issuer/keys]", f"[issuer/keys{i}]").replace(f"issuer = {keys.issuer}", f"issuer = {keys.issuer}/{i}")
                   + f"[grant/all{i}]\nissuer = keys{i}\nservices = sshd sudo\n" for i in range(count))


ENDS = {"SIGSTOP": "--- stopped by SIGSTOP ---", "SIGKILL": "+++ killed by SIGKILL +++"}


@pytest.mark.parametrize("end", ENDS)
def test_sudos_stopped_or_killed_at_every_step_of_a_refresh_bring_no_old_key_back(conf, keys_endpoint, end):
    """REV-07: each at another step, all at once; they go on after a rotation, if they do."""
    keys, count = keys_endpoint, len(STEPS) + 1
    conf(many_issuers(keys, count))
    use_stack("token-only")
    host.run("pamjwt", "refresh")
    files = [host.CACHE / f"keys{i}.json" for i in range(count)]
    make_old(7200, *files)
    undisturbed = SteppedSudo(keys, 0)
    assert undisturbed.process.communicate(timeout=60)[0] == "root\n"
    steps = list(steps_of(undisturbed.calls()))

    sudos = [SteppedSudo(keys, i, "-e", f"inject={name}:signal={end}:when={nth}") for i, (name, nth) in enumerate(steps, 1)]
    for sudo in sudos:
        sudo.wait_for(ENDS[end])
    rotate(keys)
    assert host.run("pamjwt", "refresh", "--force").stdout.count("key, fetched from") == count
    for sudo in sudos if end == "SIGSTOP" else ():
        sudo.go_on()
    for sudo, step, pattern in zip(sudos, steps, STEPS):
        sudo.process.communicate(timeout=60)
        ended = next(i for i, call in enumerate(sudo.calls()) if f"--- {end} {{" in call or ENDS[end] in call)
        assert re.match(pattern, sudo.calls()[ended - 1]), (step, sudo.calls()[ended - 3:ended + 1])
    assert [cached_kids(path) for path in files] == [["key-2"]] * count
    assert sorted(host.CACHE.iterdir()) == sorted(files)
    for i in (1, count - 1):
        assert "success" not in authenticate(sudos[i - 1].token)
        assert "success" in authenticate(keys.token("alice", iss=f"{keys.issuer}/{i}"))

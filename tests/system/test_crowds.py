"""
Real logins that share one refresh (issue 5): many at once on keys that are no longer fresh (NET-12), and a sudo whose
user stops or kills it while it refreshes (REV-07). tests/fetch stops a caller at each system call.
"""
import concurrent.futures
import json
import signal
import subprocess

import pytest
from jwcrypto import jwk

import host
from conftest import make_old, use_stack

pytestmark = pytest.mark.usefixtures("conf")
CACHED = host.CACHE / "keys.json"


def authenticate(token, user="alice"):
    return host.run("pamtester", "sshd", user, "authenticate", input=token + "\n", check=False).stdout


def test_fifty_logins_at_once_on_old_keys_make_one_request(conf, keys_endpoint, sshd):
    conf(keys_endpoint.conf())
    use_stack("token-only")
    assert "success" in authenticate(keys_endpoint.token("alice"))
    make_old(7200)
    before = len(keys_endpoint.endpoint.requests)
    tokens = [keys_endpoint.token("alice") for _ in range(50)]
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        done = list(pool.map(lambda token: host.ssh("alice", token), tokens))
    assert [d.ok for d in done] == [True] * 50
    assert len(keys_endpoint.endpoint.requests) == before + 1


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
    """One letter, as ps says it: T is stopped."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        return f.read().rsplit(")", 1)[1].split()[0]


def cached_kids():
    return [key["kid"] for key in json.loads(CACHED.read_text().splitlines()[1])["keys"]]


def helpers():
    return host.run("pgrep", "-x", "pamjwt-fetch", check=False).stdout.split()


@pytest.fixture
def slow_keys(conf, keys_endpoint):
    """The endpoint takes two seconds to answer, with the keys of when it was asked; nothing is cached."""
    conf(keys_endpoint.conf(timeout="8s"))
    use_stack("token-only")
    keys_endpoint.endpoint.delay = 2
    return keys_endpoint


def rotate(keys):
    keys.key = jwk.JWK.generate(kty="EC", crv="P-256", alg="ES256", use="sig", kid="key-2")
    keys.serve_keys()


def test_a_sudo_stopped_in_a_refresh_and_continued_after_a_rotation_brings_no_old_key_back(slow_keys, log):
    """REV-07: its lock is the helper's, so others get the answer; its own answer is older than the cache by then."""
    withdrawn = slow_keys.token("alice")
    sudo = Refreshing(slow_keys, withdrawn)
    sudo.signal(signal.SIGSTOP)
    try:
        host.wait_for("the stop", lambda: state(sudo.process.pid) == "T")
        assert not CACHED.exists()
        assert "success" in authenticate(slow_keys.token("bob"), "bob")
        assert len(slow_keys.endpoint.requests) == 1, "bob's login waits for the same answer"
        assert cached_kids() == ["key-1"]
        rotate(slow_keys)
        host.run("pamjwt", "refresh", "--force")
        assert cached_kids() == ["key-2"]
        mark = log.mark()
    finally:
        sudo.signal(signal.SIGCONT)
    out, _, status = sudo.end()
    assert (out, status) == ("", 1), "the key of his token is withdrawn"
    assert [a["result"] for a in log.audits(mark)] == ["deny"]
    assert cached_kids() == ["key-2"]
    assert "success" not in authenticate(withdrawn)
    assert "success" in authenticate(slow_keys.token("alice"))


def test_a_sudo_killed_in_a_refresh_leaves_nothing_behind_and_its_answer_serves_the_next(slow_keys):
    """REV-07"""
    sudo = Refreshing(slow_keys, slow_keys.token("alice"))
    sudo.signal(signal.SIGKILL)
    assert sudo.end()[2] == -signal.SIGKILL
    assert not CACHED.exists()
    assert "success" in authenticate(slow_keys.token("bob"), "bob")
    assert (len(slow_keys.endpoint.requests), cached_kids()) == (1, ["key-1"])
    host.wait_for("the end of the helper", lambda: not helpers(), 5)
    assert [path.name for path in host.CACHE.iterdir()] == ["keys.json"]
    assert [path.name for path in (host.RUN / "lock").iterdir()] == ["keys"]

"""Many real logins at once on keys that are no longer fresh (issue 5, NET-12). tests/fetch has callers that are stopped."""
import concurrent.futures
import json

import pytest

import host
from conftest import forget_keys, use_stack

pytestmark = pytest.mark.usefixtures("conf")
CACHED = host.CACHE / "keys.json"


def make_old(seconds):
    """As if the cached keys had been asked for that much earlier; nobody remembers the request."""
    first, second = CACHED.read_text().splitlines()
    line = json.loads(first)
    line["asked_at"] -= seconds
    line["fresh_until"] -= seconds
    forget_keys()
    host.write(CACHED, json.dumps(line) + "\n" + second + "\n")


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


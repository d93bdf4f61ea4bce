"""What a server that works is asked, and what is made of its answers (issue 5, attacks NET-01 to NET-27)."""

import json
import stat

import pytest
from world import Answer, jwks, new_key


def test_discovery_brings_the_keys_and_the_cache_holds_them(host, idp):
    got = host.get(now=1000)
    assert (got["reason"], got["kids"], got["fetched"], got["stored"]) == ("ok", ["k1"], True, True)
    assert got["source"] == idp.url + "/jwks"
    assert got["asked_at"] == 1000
    assert host.cached_kids() == ["k1"]
    assert stat.S_IMODE(host.file.stat().st_mode) == 0o644
    assert [p for p, _ in idp.requests] == ["/.well-known/openid-configuration", "/jwks"]

"""The timer, the service and the socket that bring keys, under a real systemd that boots in a copy of this copy."""
import json

import pytest

import host
from conftest import BUILD


@pytest.fixture(scope="module")
def seen(machine):
    if not host.has_systemd():
        pytest.skip("needs systemd")
    return json.loads(host.booted("/usr/bin/python3", host.CHECKOUT / "tests/system/booted_refresh.py", BUILD, timeout=110)[0])


def test_sysusers_and_tmpfiles_make_the_user_and_the_folders(seen):
    assert seen["uid"] not in (0, 65534)
    assert seen["user"].endswith("nologin")
    assert seen["folders"] == {
        "/var/cache/pam_jwt": ["0o755", 0],
        "/run/pam_jwt": ["0o755", 0],
        "/run/pam_jwt/lock": ["0o700", 0],
    }


def test_the_hardened_service_refreshes_and_drops_to_its_user(seen):
    service = seen["service"]
    assert (service["cache"], service["asked"]) == (["0o644", 0], 1), service
    assert service["note"] == ["0o600", 0]
    assert "acme: 1 key, fetched from" in service["log"]


def test_fresh_keys_are_left_alone_and_a_failure_fails_the_unit(seen):
    assert seen["service"]["asked again"] == 1
    assert seen["service"]["fails"] == "failed"


def test_a_login_without_keys_asks_the_socket_and_starts_nothing(seen):
    socket = seen["socket"]
    assert socket["mode"] == ["0o600", 0]
    assert (socket["got"]["reason"], socket["got"]["stored"], socket["asked"]) == ("ok", True, 1), socket


def test_many_logins_at_once_share_one_request_and_do_not_stop_the_socket(seen):
    socket = seen["socket"]
    assert socket["many"] == ["ok"] * 40
    assert (socket["asked by many"], socket["still"]) == (1, "active")


def test_the_timer_brings_keys(seen):
    assert seen["timer"]["cache"], seen["timer"]["list"]


def test_the_service_is_confined(seen):
    level = float(seen["exposure"].split(":")[1].split()[0])
    assert level < 3, seen["exposure"]

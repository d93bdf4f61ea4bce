"""session_until_exp with the real pam_systemd and logind: a systemd boots as process 1 of a copy of this copy."""
import json
import os

import pytest

import host

BOOTED = host.CHECKOUT / "tests/machine/booted"


@pytest.fixture(scope="module")
def seen(machine):
    if not os.path.exists("/lib/systemd/systemd") or not list(host.pathlib.Path("/lib").glob("*/security/pam_systemd.so")):
        pytest.skip("needs systemd and libpam-systemd")
    if not os.path.isdir("/sys/fs/cgroup"):  # the copy of the host has no /sys
        host.run("mount", "-t", "sysfs", "sysfs", "/sys")
        host.run("mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup")
    done = host.run(BOOTED, "/", "/usr/bin/python3", host.CHECKOUT / "tests/system/booted_session.py", timeout=110)
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert lines, done.stdout
    return json.loads(lines[0][len("RESULT "):])


def test_the_session_ends_within_two_seconds_of_exp(seen):
    ended = seen["ends"]
    assert "Scope=session-" in ended["out"] and "\nsurvived" not in ended["out"]
    assert -1.5 < ended["past_exp"] < 3, ended  # measured from outside, a second of ssh's own included


def test_the_user_reads_when(seen):
    assert "This session ends with its token, at 20" in seen["ends"]["out"] + seen["ends"]["err"]


def test_the_record_goes_with_the_session(seen):
    assert seen["left"] == []


def test_a_line_behind_pam_systemd_is_named_in_the_log(seen):
    late = seen["behind pam_systemd"]
    assert late["ok"] and "here" in late["out"]
    assert "session_until_exp has no effect: the session line of pam_jwt stands behind pam_systemd" in late["log"]

"""The caller's side in every kind of host (issue 5; PAM-03, PAM-05 to PAM-08, REV-08)."""

import json
import os
import pathlib
import re
import shutil
import stat
import subprocess

import pytest
from conftest import needs_root
from world import DRIVER, HELPER, root


@pytest.mark.parametrize(
    "odd",
    [
        {"sigchld": "ignore"},
        {"sigchld": "take"},
        {"sigchld": "handle"},
        {"fds": "closed"},
        {"nofile": 16},
        {"umask": "0777"},
        {"umask": "0"},
        {"threads": 8},
        {"fds": "closed", "sigchld": "ignore", "umask": "0777", "nofile": 20},
    ],
    ids=str,
)
def test_an_odd_host_gets_and_stores_keys(host, idp, odd):
    """PAM-05, PAM-06"""
    got = host.get(now=1000, **odd)
    assert (got["reason"], got["kids"], got["fetched"], got["stored"]) == ("ok", ["k1"], True, True)
    assert stat.S_IMODE(host.file.stat().st_mode) == 0o644
    if "threads" in odd:
        assert got["threads_ok"] == 8


@pytest.mark.parametrize("odd", [{"sigchld": "ignore"}, {"sigchld": "take"}, {"fds": "closed"}], ids=str)
def test_a_helper_that_hangs_is_killed_in_an_odd_host_too(host, odd):
    helper = host.folder / "helper"
    sleep = f"sleep 77.{os.getpid()}"  # another run may be asleep beside this one
    helper.write_text(f"#!/bin/sh\nexec {sleep}\n")
    helper.chmod(0o755)
    got = host.get(helper=helper, timeout=1, **odd)
    assert (got["reason"], got["seconds"] < 10) == ("fetch-failed", True)  # a busy host is late, not a minute late
    assert subprocess.run(["pgrep", "-fx", sleep.replace(".", "[.]")]).returncode == 1


def test_a_hundred_calls_leave_no_descriptor_and_no_child(host, idp):
    host.get("force", now=1000, repeat=30, min_refresh=0)  # Host.get looks for both


@pytest.mark.parametrize("limit", [0, 100, 1 << 20])
def test_a_finite_file_size_limit_means_no_write_and_no_death(host, idp, limit):
    """REV-08: su dies of SIGXFSZ when a module writes over the user's limit."""
    got = host.get(fsize=limit)
    assert (got["reason"], got["kids"], got["fetched"], got["stored"]) == ("ok", ["k1"], True, False)
    assert "limit" in got["warning"]["detail"]
    assert list(host.cache.iterdir()) == []


def test_too_few_descriptors_are_a_failure_and_no_crash(host, idp):
    for n in range(3, 9):
        got = host.get(nofile=n, helper=HELPER)
        assert got["reason"] in ("ok", "fetch-failed", "no-keys"), n
        host.forget_attempts()


@needs_root
def test_a_host_without_rights_reads_the_cache_and_keeps_what_it_fetched(host, idp):
    """NET-15: a screen locker runs as the user: root's cache serves it, and it cannot change anything."""
    host.get(now=1000)
    before = host.file.read_bytes()
    user = ["setpriv", "--reuid=65533", "--regid=65533", "--clear-groups"]
    got = host.get(now=1001, prefix=user)
    assert (got["kids"], got["fetched"]) == (["k1"], False)
    idp.keys("k2")
    helper = shutil.copy(HELPER, host.folder)  # the checkout may be in a directory that this user cannot enter
    got = host.get("force", now=1002, prefix=user, helper=helper)
    assert (got["kids"], got["fetched"], got["stored"]) == (["k2"], True, False)
    assert host.file.read_bytes() == before


def may_raise_limits() -> bool:
    """CAP_SYS_RESOURCE, which root of a container often lacks."""
    status = pathlib.Path("/proc/self/status").read_text()
    return bool(int(status.split("CapEff:")[1].split()[0], 16) >> 24 & 1)


@pytest.mark.skipif(not may_raise_limits(), reason="needs CAP_SYS_RESOURCE")
def test_a_user_s_limits_do_not_reach_the_helper(host, idp):
    """sudo and su hand on what the user set: a fetch must not fail half way by that."""
    limits = ["prlimit", "--nproc=1", "--cpu=1", "--stack=65536", "--core=unlimited", "--data=4000000", "nice", "-n", "19"]
    assert host.get(prefix=limits)["kids"] == ["k1"]


@needs_root
@pytest.mark.parametrize("euid_only", [True])
def test_a_set_user_id_host_whose_real_user_is_somebody_else(host, idp, euid_only, tmp_path):
    """sudo: the real uid is the caller's; the helper drops both."""
    program = host.folder / "suid-driver"
    program.write_bytes(pathlib.Path(DRIVER).read_bytes())
    program.chmod(0o4755)
    command = [str(program), *host.command()[1:]]
    done = subprocess.run(
        ["setpriv", "--reuid=65533", "--regid=65533", "--clear-groups", *command], capture_output=True, text=True
    )
    got = json.loads(done.stdout)
    assert (got["kids"], got["stored"]) == (["k1"], True)
    assert host.file.stat().st_uid == 0


def strace_of(host, *flags, **settings):
    out = host.folder / "trace"
    host.get(*flags, prefix=["strace", "-f", "-qq", "-s", "4096", "-o", str(out)], **settings)
    return out.read_text()


def test_a_login_with_fresh_keys_makes_no_socket_no_process_and_no_file(host, idp):
    """
    The promise of the whole design: a warm login touches neither the network nor another process. And it names the cache
    file once (NET-16): what was checked is what is read, by its descriptor.
    """
    host.get(now=1000)
    calls = strace_of(host, now=1001)
    assert calls.count('"acme.json"') == calls.count("acme.json") == 1
    started = calls.index('"acme.json"')  # after the start of the driver itself
    assert "execve(" not in calls[started:]
    for call in ("socket(", "connect(", "fork(", "clone(", "clone3(", "vfork(", "O_CREAT", "O_WRONLY", "O_RDWR",
                 "rename", "unlink", "mkdir"):
        assert call not in calls, call


def test_without_a_helper_nothing_is_started(host, idp):
    """observe: no keys, no helper."""
    calls = strace_of(host, helper="")
    assert not re.search(r"\b(clone3?|v?fork|socket)\(", calls)


def test_the_helper_gets_an_empty_environment_and_only_its_descriptors(host, authority):
    """PAM-03, PAM-29: what the host left open, without close-on-exec, does not reach the helper."""
    helper = host.folder / "helper"
    report = host.folder / "report"
    helper.write_text(f"#!/bin/sh\ncat /proc/$$/environ | tr '\\0' '\\n' > {report}; ls -l /proc/$$/fd >> {report}; "
                      f"grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status >> {report}; cat /proc/$$/stat >> {report}\n")
    helper.chmod(0o755)
    secret = os.open(authority.file, os.O_RDONLY)
    os.set_inheritable(secret, True)
    try:
        subprocess.run([*host.command(helper=helper, sigchld="ignore")], capture_output=True, close_fds=False,
                       env={"LD_DEBUG_OUTPUT": "x", "HTTPS_PROXY": "http://evil"})
    finally:
        os.close(secret)
    text = report.read_text()
    assert "evil" not in text and "LD_" not in text
    fds = [line.split()[-3] for line in text.splitlines() if " -> " in line]
    assert {fd for fd in fds if int(fd) < 10} == {"0", "1", "2", "3", "4"}  # the shell's own begin with 10
    assert str(host.lock / "acme") in text
    assert str(authority.file) in text and text.count(str(authority.file)) == 1
    assert "SigBlk:\t0000000000000000" in text
    ignored = int(text.split("SigIgn:\t")[1].split()[0], 16)
    assert ignored & ~(3 << 31) == 0  # glibc ignores its own two in every child

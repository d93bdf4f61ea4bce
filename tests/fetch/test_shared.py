"""One request for all logins of a host, however many, and whatever their users do to them (issue 5; NET-08, NET-12, REV-07)."""

import json
import os
import pathlib
import signal
import stat
import subprocess
import time

import pytest
import world
from conftest import needs_root
from world import SLOW, jwks, root, wait_for


def results(processes):
    return [json.loads(p.communicate(timeout=30)[0]) for p in processes]


def test_logins_without_keys_share_one_request(host, idp):
    idp.answers["/jwks"].delay = 0.5
    got = results([host.start(now=1000) for _ in range(20)])
    assert [g["reason"] for g in got] == ["ok"] * 20
    assert idp.asked() == 1


def test_two_hundred_logins_on_an_expired_cache_make_one_request_and_do_not_wait(host, idp):
    host.get(now=1000)
    host.forget_attempts()
    idp.answers["/jwks"].delay = 1
    many = 20 if SLOW else 200
    got = results([host.start(now=10_000) for _ in range(many)])
    assert [g["reason"] for g in got] == ["ok"] * many
    # One for the fixture's keys. Logins with keys wait two seconds; under a sanitizer a busy host may not get to ask in that.
    assert idp.asked() == 2 or (SLOW and idp.asked() == 1)
    # Those who did not ask themselves went on with what was there.
    assert SLOW or sorted(g["seconds"] for g in got)[150] < 1.0


def test_a_thousand_random_kids_make_one_request_per_min_refresh(host, idp):
    """NET-08"""
    host.get(now=1000)
    host.forget_attempts()
    before = idp.asked()
    for _ in range(10):
        assert host.get("refresh", now=1100, repeat=100)["reason"] == "ok"
    assert idp.asked() == before + 1


def test_an_unknown_kid_within_min_refresh_does_not_ask(host, idp):
    host.get(now=1000)
    got = host.get("refresh", now=1059)
    assert (got["fetched"], idp.asked()) == (False, 1)


def test_a_new_key_is_there_at_once_and_an_old_one_is_gone(host, idp):
    """NET-27, KEY-27: rotation without an outage."""
    host.get(now=1000)
    host.forget_attempts()
    idp.keys("k1", "k2")
    assert host.get("refresh", now=1100)["kids"] == ["k1", "k2"]
    host.forget_attempts()
    idp.keys("k2")
    assert host.get(now=1100 + 3599)["kids"] == ["k1", "k2"]
    assert host.get(now=1100 + 3600)["kids"] == ["k2"]
    idp.keys("k3")
    assert host.get("force", now=1100 + 3601)["kids"] == ["k3"]
    assert host.cached_kids() == ["k3"]


def test_a_failure_is_not_tried_again_before_min_refresh(host, idp):
    idp.answer(b"", 500)
    assert "HTTP status 500" in host.get(now=1000)["detail"]
    got = host.get(now=1000)
    assert got["reason"] == "fetch-failed"
    assert "HTTP status 500" in got["detail"] and "not repeated within 60 s" in got["detail"]
    assert idp.asked() == 1
    host.get("force", now=1000)
    assert idp.asked() == 2


def test_the_next_attempt_comes_after_min_refresh(host, idp):
    idp.answer(b"", 500)
    host.get(min_refresh=1)
    idp.keys("k1")
    assert host.get(min_refresh=1)["reason"] == "fetch-failed"
    time.sleep(1.1)
    assert host.get(min_refresh=1)["kids"] == ["k1"]


def test_a_response_that_was_not_stored_counts_for_no_login_without_keys(host, idp):
    """RVW-34: the first caller stored nothing, by a limit of its user's or since it was killed: the next one asks again."""
    host.get(cache=host.folder / "nowhere")
    got = host.get()
    assert (got["kids"], got["stored"], idp.asked()) == (["k1"], True, 2)


@pytest.mark.parametrize("note", ["response of 0.1.0", "note with keys", "older form"])
def test_keys_in_a_note_let_nobody_in(host, idp, note):
    """RVW-31: one file written as _pamjwt let a token of any issuer in."""
    evil = jwks("evil")
    meta = {"asked_boot_ms": int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000), "issuer": idp.url}
    text = {
        "response of 0.1.0": {"ok": True, "max_age": 3600, "server_date": 0, "source": f"{idp.url}/jwks", "not_modified": False},
        "note with keys": {"end": "keys", "ends_boot_ms": meta["asked_boot_ms"], "keys": evil},
        "older form": {"ok": True, "source": f"{idp.url}/jwks", "keys": evil},
    }[note]
    file = host.lock / "acme"
    file.write_text(json.dumps(meta | text) + "\n" + ("" if note == "note with keys" else json.dumps(evil) + "\n"))
    file.chmod(0o600)
    assert host.get()["kids"] == ["k1"]
    assert host.cached_kids() == ["k1"]


def test_the_note_holds_time_and_result_only(host, idp):
    """RVW-31"""
    host.get()
    note = json.loads((host.lock / "acme").read_text())
    assert set(note) == {"end", "issuer", "asked_boot_ms", "ends_boot_ms"} and note["end"] == "keys"
    assert stat.S_IMODE((host.lock / "acme").stat().st_mode) == 0o600
    assert (host.lock / "acme").stat().st_uid == os.geteuid()
    idp.answer(b"", 500)
    host.get("force")
    note = json.loads((host.lock / "acme").read_text())
    assert set(note) == {"end", "issuer", "asked_boot_ms", "ends_boot_ms", "reason", "detail"}


@needs_root
def test_a_note_of_another_user_or_in_a_directory_of_another_user_says_nothing(host, idp):
    """RVW-31: the directory was _pamjwt's."""
    uid = world.FETCH_UID
    now = int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000)
    failed = {"end": "failed", "issuer": idp.url, "asked_boot_ms": now, "ends_boot_ms": now, "reason": "fetch-failed", "detail": "x"}
    file = host.lock / "acme"
    file.write_text(json.dumps(failed) + "\n")
    os.chown(file, uid, uid)
    assert host.get()["kids"] == ["k1"]
    host.file.unlink()
    file.write_text(json.dumps(failed) + "\n")
    os.chown(file, 0, 0)
    os.chown(host.lock, uid, uid)
    assert host.get()["kids"] == ["k1"]


def test_a_not_modified_answer_counts_for_those_who_have_the_keys_only(host, idp):
    idp.keys("k1", headers={"ETag": '"v1"'})
    host.get(now=1000)
    host.forget_attempts()
    assert host.get(now=5000, cache=host.cache)["fetched"]
    host.file.unlink()
    assert host.get(now=5001)["kids"] == ["k1"]
    assert idp.asked() == 3


def test_waiting_logins_start_one_helper_in_all(host, idp):
    """RVW-35: they wait for the cache file; sixteen started sixteen."""
    helper, started = host.folder / "helper", host.folder / "started"
    helper.write_text(f"#!/bin/sh\necho x >>{started}\nexec {world.HELPER}\n")
    helper.chmod(0o755)
    idp.answers["/jwks"].delay = 0.5
    got = results([host.start(helper=helper) for _ in range(16)])
    assert [g["kids"] for g in got] == [["k1"]] * 16
    assert (started.read_text().count("x"), idp.asked()) == (1, 1)


def test_ahead_asks_when_half_of_the_freshness_is_over(host, idp):
    host.get(now=1000)
    host.forget_attempts()
    assert host.get("ahead", now=1000 + 1799)["fetched"] is False
    assert host.get("ahead", now=1000 + 1800)["fetched"] is True


def test_info_asks_nobody_and_tells_the_last_failure(host, idp):
    host.get(now=1000)
    host.forget_attempts()
    idp.answer(b"", 503)
    host.get("force", now=1000)
    asked = idp.asked()
    got = host.get("info", now=10_000_000)
    assert (got["reason"], got["kids"], got["asked_at"], idp.asked()) == ("ok", ["k1"], 1000, asked)
    if root():
        assert "HTTP status 503" in got["warning"]["detail"]


# ---- users who stop, kill or freeze what they can ----


def test_a_caller_killed_in_the_middle_harms_nobody(host, idp):
    """RVW-34: the helper ends with it, and its attempt counts for no login without keys."""
    idp.answers["/jwks"].delay = 0.6
    first = host.start(now=1000)
    wait_for(lambda: idp.asked() == 1)
    first.kill()
    first.wait()
    got = host.get(now=1000)
    assert (got["kids"], got["stored"], idp.asked()) == (["k1"], True, 2)
    assert [f.name for f in host.cache.iterdir()] == ["acme.json"]


def test_callers_that_are_killed_do_not_make_requests_without_end(host, idp):
    """NET-08, RVW-34: a client that asks by a made-up kid and hangs up."""
    host.get(now=1000)
    host.forget_attempts()
    idp.answers["/jwks"].delay = 5
    for n in range(3):
        killed = host.start("refresh", now=1100)
        if n == 0:
            wait_for(lambda: idp.asked() == 2)
        else:
            time.sleep(0.4 if not SLOW else 1.2)  # before its two seconds have passed, which would be a failure to note
        killed.kill()
        killed.wait()
    assert idp.asked() == 2
    idp.answers["/jwks"].delay = 0
    assert host.get("ahead", now=3000)["fetched"], "the timer asks all the same"


def test_a_caller_stopped_in_the_middle_harms_nobody_and_brings_no_old_key_back(host, idp):
    """The user stops his sudo while it waits for the answer, and goes on after a rotation."""
    idp.answers["/jwks"].delay = 0.6
    stopped = host.start(now=1000)
    wait_for(lambda: idp.asked() == 1)
    stopped.send_signal(signal.SIGSTOP)
    try:
        got = host.get(now=1000)
        assert (got["kids"], idp.asked()) == (["k1"], 2)
        idp.keys("k2")
        assert host.get("force", now=1001)["kids"] == ["k2"]
    finally:
        stopped.send_signal(signal.SIGCONT)
    late = json.loads(stopped.communicate(timeout=30)[0])
    assert late["kids"] in ([], ["k2"]), "the keys of before the rotation are gone for him too"
    assert host.cached_kids() == ["k2"]


def test_a_caller_stopped_in_a_refresh_that_fails_brings_no_withdrawn_key_back(host, idp):
    """RVW-03: what it read before the wait is not what the cache holds when it goes on."""
    host.get(now=1000)
    host.forget_attempts()
    idp.answers["/jwks"].delay = 0.6
    idp.answers["/jwks"].status = 503
    stopped = host.start(now=5000, timeout=10)
    wait_for(lambda: idp.asked() == 2)
    stopped.send_signal(signal.SIGSTOP)
    try:
        time.sleep(1)
        idp.keys("k2")
        assert host.get("force", now=5001)["kids"] == ["k2"]
    finally:
        stopped.send_signal(signal.SIGCONT)
    assert json.loads(stopped.communicate(timeout=30)[0])["kids"] == ["k2"]


STEPS = ["socketpair", "clone3,clone", "sendto", "recvfrom", "openat", "linkat", "rename,renameat", "close"]


@pytest.mark.parametrize("step", STEPS)
def test_a_caller_stopped_at_any_step_brings_no_old_key_back(host, idp, step):
    """As above at each system call of a refresh: strace delays the call, which is a stop as far as others can see."""
    host.get(now=1000)
    host.forget_attempts()
    trace = ["strace", "-qq", "-o", "/dev/null", "-e", f"trace={step}", "-e", f"inject={step}:delay_enter=1500000:when=1+9"]
    if step in ("openat", "close"):
        trace[-1] = f"inject={step}:delay_enter=1500000:when=12+99"
    slow = host.start(now=5000, timeout=10, prefix=trace)
    time.sleep(0.5)
    idp.keys("k2")
    assert host.get("force", now=5002, timeout=10)["kids"] == ["k2"]
    late = json.loads(slow.communicate(timeout=60)[0])
    assert host.cached_kids() == ["k2"]
    assert late["reason"] == "ok"
    assert sorted(f.name for f in host.cache.iterdir()) == ["acme.json"]


def test_a_helper_that_is_killed_frees_the_lock_and_counts_as_an_attempt(host, idp):
    idp.answers["/jwks"].delay = 3
    first = host.start(now=1000)
    wait_for(lambda: idp.asked() == 1)
    children = subprocess.run(["pgrep", "-P", str(first.pid)], capture_output=True, text=True).stdout.split()
    assert len(children) == 1
    os.kill(int(children[0]), signal.SIGKILL)
    got = json.loads(first.communicate(timeout=10)[0])
    assert (got["reason"], "without a response" in got["detail"]) == ("fetch-failed", True)
    got = host.get(now=1000)
    assert "without a response" in got["detail"] and "not repeated" in got["detail"]
    assert idp.asked() == 1


def test_a_lock_that_is_held_costs_stale_hosts_nothing_and_others_their_deadline(host, idp):
    """A helper that is frozen holds its lock: a stopped process is what a frozen cgroup is for all others."""
    host.get(now=1000)
    host.forget_attempts()
    idp.answers["/jwks"].delay = 30
    first = host.start(cache=host.folder / "none", now=10_000, timeout=20)
    wait_for(lambda: idp.asked() == 2)
    helper = int(subprocess.run(["pgrep", "-P", str(first.pid)], capture_output=True, text=True).stdout)
    os.kill(helper, signal.SIGSTOP)
    try:
        got = host.get(now=10_000)
        assert (got["reason"], got["kids"]) == ("ok", ["k1"])
        assert got["seconds"] < 0.5
        got = host.get(now=10_000, cache=host.folder / "none", timeout=2)
        assert got["reason"] in ("no-keys", "fetch-failed") and got["kids"] == []
        assert got["seconds"] < 3
    finally:
        os.kill(helper, signal.SIGKILL)
        first.kill()
        first.wait()


def hold(file, note=None):
    """A process that holds the lock, as a helper in a frozen cgroup does."""
    import fcntl
    import struct

    file.write_text(json.dumps(note) + "\n" if note else "")
    file.chmod(0o600)
    f = open(file, "r+")
    fcntl.fcntl(f, 37, struct.pack("hhlli4x", fcntl.F_WRLCK, 0, 0, 0, 0))  # F_OFD_SETLK
    return f


@pytest.mark.parametrize("note", [True, False])
def test_an_abandoned_lock_is_put_aside(host, idp, note):
    """Its holder is beyond the time that it noted, or has noted nothing for a second, and still holds the lock."""
    note = {"end": "started", "issuer": idp.url, "asked_boot_ms": 1, "ends_boot_ms": 7001} if note else None
    with hold(host.lock / "acme", note):
        got = host.get(timeout=5)
        assert (got["kids"], got["seconds"] < 5) == (["k1"], True)
    assert idp.asked() == 1


ALICE = 65533


def as_alice(host, *flags, start=False, **settings):
    """sudo of a user: a set-user-ID program of root's, whose real user is alice."""
    program = host.folder / "suid-driver"
    if not program.exists():
        program.write_bytes(pathlib.Path(world.DRIVER).read_bytes())
        program.chmod(0o4755)
    command = ["setpriv", f"--reuid={ALICE}", f"--regid={ALICE}", "--clear-groups", str(program),
               *host.command(*flags, **settings)[1:]]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    return process if start else json.loads(process.communicate(timeout=30)[0])


def children(process):
    return [int(p) for p in subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()]


@needs_root
def test_a_user_s_failure_counts_for_that_user_only(host, idp):
    """RVW-33: a failed attempt of alice's sudo also bound root's refresh."""
    idp.answer(b"", 500)
    assert as_alice(host)["reason"] == "fetch-failed"
    assert "not repeated" in as_alice(host)["detail"]
    assert idp.asked() == 1
    idp.keys("k1")
    assert host.get("ahead")["kids"] == ["k1"]
    assert sorted(f.name for f in host.lock.iterdir()) == ["acme", f"acme@{ALICE}"]


@needs_root
def test_root_s_failure_counts_for_users_too(host, idp):
    idp.answer(b"", 500)
    host.get()
    assert "not repeated" in as_alice(host)["detail"]
    assert idp.asked() == 1


@needs_root
def test_a_user_who_freezes_a_sudo_stops_nobody_else(host, idp):
    """RVW-33: a frozen cgroup with sudo and its helper in it; refreshes of root failed 19 of 19 times."""
    host.get(now=1000)
    host.forget_attempts()
    idp.answers["/jwks"].delay = 1
    frozen = as_alice(host, "refresh", start=True, now=3000, timeout=3)
    wait_for(lambda: idp.asked() == 2)
    helpers = children(frozen)
    for pid in (frozen.pid, *helpers):
        os.kill(pid, signal.SIGSTOP)
    try:
        idp.keys("k2")
        for i in range(3):
            got = host.get("force" if i else "ahead", now=3000 + i)
            assert (got["kids"], got["fetched"], got["seconds"] < 1) == (["k2"], True, True)
        assert host.get("refresh", now=3003)["kids"] == ["k2"]
    finally:
        for pid in (frozen.pid, *helpers):
            os.kill(pid, signal.SIGCONT)
    frozen.communicate(timeout=30)
    assert host.cached_kids() == ["k2"]


@needs_root
def test_the_lock_folder_is_made_where_nobody_else_does(host, idp):
    """Containers without systemd-tmpfiles. It is root's: the helper gets the open lock."""
    run = pathlib.Path("/run/pam_jwt")
    subprocess.run(["rm", "-rf", run], check=True)  # of this test's own host
    assert host.get(lock=None, umask="0777")["kids"] == ["k1"]
    assert (run.stat().st_uid, oct(run.stat().st_mode & 0o777)) == (0, "0o755")
    lock = run / "lock"
    assert (lock.stat().st_uid, oct(lock.stat().st_mode & 0o777)) == (0, "0o700")
    assert ((lock / "acme").stat().st_uid, oct((lock / "acme").stat().st_mode & 0o777)) == (0, "0o600")
    os.chown(lock, world.FETCH_UID, world.FETCH_UID)  # as in 0.1.0: it is taken back
    assert host.get("force", lock=None)["fetched"]
    assert lock.stat().st_uid == 0
    subprocess.run(["rm", "-r", run], check=True)


def test_a_note_that_is_rubbish_a_link_or_a_pipe_decides_nothing(host, idp):
    for name, make in {
        "rubbish": lambda p: p.write_bytes(os.urandom(300)),
        "pipe": os.mkfifo,
        "link": lambda p: p.symlink_to("/etc/passwd"),
        "folder": lambda p: p.mkdir(),
    }.items():
        note = host.lock / "acme"
        make(note)
        got = host.get(cache=host.folder / "none")
        assert (got["reason"], got["kids"]) == ("ok", ["k1"]), name
        assert got["seconds"] < 3
        if note.is_dir():
            note.rmdir()
        else:
            note.unlink()

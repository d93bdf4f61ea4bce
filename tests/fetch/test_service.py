"""A login that asks the refresh service at its socket, and what happens when that does not help (design section 6)."""

import concurrent.futures
import contextlib
import json
import os
import socket
import subprocess
import threading
import time

import pytest
from conftest import needs_root
from world import BUILD, FETCH_UID, HELPER, SLOW, Answer, jwks, root, wait_for

PAMJWT = os.environ.get("PAMJWT", str(BUILD / "cli/pamjwt"))


class Service:
    """What systemd does for pamjwt-refresh.socket: `pamjwt refresh --answer` with the listening socket as standard input."""

    def __init__(self, host, idp, answer=None):
        self.path = host.folder / "refresh.socket"
        self.conf = host.folder / "conf"
        settings = f"audience = ssh://test\nca_file = {host.settings['ca_file']}\ntimeout = 5s\n"
        self.conf.write_text(f"[issuer/acme]\nissuer = {idp.url}\n{settings}"
                             f"[issuer/slow]\nissuer = {idp.url}/slow\njwks = {idp.url}/slow-jwks\n{settings}"
                             "[grant/all]\nissuer = acme\n[grant/slow]\nissuer = slow\n")
        self.conf.chmod(0o644)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen(512)
        self.process = None
        if answer:
            threading.Thread(target=self.imitate, args=(answer,), daemon=True).start()
        else:
            self.process = subprocess.Popen(
                [PAMJWT, "refresh", "--answer", "--config", self.conf, "--cache", host.cache, "--fetch", HELPER],
                stdin=self.listener, env={})

    def imitate(self, answer):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError):
                answer(peer)
            peer.close()

    def ask(self, request, end=True):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(str(self.path))
            s.sendall(request)
            if end:
                s.shutdown(socket.SHUT_WR)
            return s.recv(100)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        self.listener.close()


def forget():
    """As if min_refresh had elapsed: the service locks in /run, which is of these tests alone where they run as root."""
    subprocess.run("rm -f /run/pam_jwt/lock/*", shell=True, check=True)


@pytest.fixture
def service(host, idp):
    forget()
    s = Service(host, idp)
    yield s
    s.stop()


def test_the_service_brings_the_keys_and_the_login_starts_nothing(host, idp, service):
    got = host.get(socket=service.path, helper="")
    assert (got["reason"], got["kids"], got["fetched"], got["stored"]) == ("ok", ["k1"], True, True)
    assert idp.asked() == 1


def test_an_unknown_kid_is_asked_for(host, idp, service):
    now = int(time.time())
    host.get(socket=service.path, helper="", now=now)
    first, second = host.file.read_text().split("\n", 1)
    meta = json.loads(first)
    meta["asked_at"] = now - 90
    meta["fresh_until"] = now + 3600
    host.file.write_text(json.dumps(meta) + "\n" + second)
    forget()
    idp.keys("k1", "k2")
    assert host.get("refresh", socket=service.path, helper="", now=now)["kids"] == ["k1", "k2"]


def test_the_answer_is_one_word_and_never_keys(host, idp, service):
    """RVW-32"""
    assert service.ask(b"acme\n", end=False) == b"done\n"
    assert service.ask(b"acme\n") == b"too-soon\n"
    forget()
    host.file.unlink()
    idp.answer(b"", 500)
    assert service.ask(b"acme\n") == b"failed\n"
    if root():
        assert service.ask(b"acme\n") == b"too-soon\n"  # a failure is not tried again before min_refresh either
        assert idp.asked() == 2


@pytest.mark.parametrize("request_", [b"other\n", b"acme", b"\n", b"", b"x" * 500 + b"\n", b"n" * 65 + b"\n", b"../../etc/x\n",
                                      b"acme\nacme\n", b"acme\0\n", b"stale acme\n"])
def test_other_requests_fail(host, idp, service, request_):
    """RVW-32: one name of at most 64 bytes."""
    assert service.ask(request_) == b"failed\n"
    assert idp.requests == [] and list(host.cache.iterdir()) == []


def test_a_request_has_to_be_sent_within_two_seconds(host, idp, service):
    """RVW-32"""
    start = time.monotonic()
    assert service.ask(b"acm", end=False) == b"failed\n"
    assert 1.9 < time.monotonic() - start < 4
    assert idp.requests == []


def test_many_logins_get_one_answer_and_other_issuers_do_not_wait(host, idp, service):
    """RVW-32: one request an issuer at a time."""
    idp.answers["/slow-jwks"] = Answer(jwks("s1"), delay=2)
    idp.answers["/jwks"].delay = 0.3
    with concurrent.futures.ThreadPoolExecutor(60) as pool:
        slow = [pool.submit(service.ask, b"slow\n") for _ in range(20)]
        wait_for(lambda: idp.asked("/slow-jwks") == 1)
        start = time.monotonic()
        quick = [pool.submit(service.ask, b"acme\n") for _ in range(20)]
        assert {q.result() for q in quick} <= {b"done\n", b"too-soon\n"}
        assert SLOW or time.monotonic() - start < 1.5
        assert {q.result() for q in slow} <= {b"done\n", b"too-soon\n"}
    assert (idp.asked(), idp.asked("/slow-jwks")) == (1, 1)


def test_three_hundred_logins_at_an_expired_cache_make_one_request(host, idp, service):
    """NET-12, by the service: no login starts a helper."""
    now = int(time.time())
    many = 20 if SLOW else 300
    host.get(socket=service.path, helper="", now=now)
    forget()
    first, second = host.file.read_text().split("\n", 1)
    host.file.write_text(json.dumps(json.loads(first) | {"asked_at": now - 4000, "fresh_until": now - 400}) + "\n" + second)
    idp.answers["/jwks"].delay = 0.5
    got = [host.start(socket=service.path, helper=host.folder / "none", now=now) for _ in range(many)]
    assert {json.loads(p.communicate(timeout=60)[0])["reason"] for p in got} == {"ok"}
    assert idp.asked() == 2


def test_it_ends_when_there_is_nothing_to_do(host, idp, service):
    """systemd starts it again."""
    assert service.process.wait(timeout=60) == 0


def test_it_needs_a_listening_socket():
    done = subprocess.run([PAMJWT, "refresh", "--answer"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 2 and "listening socket" in done.stderr


def hang(peer):
    time.sleep(20)


def lie(peer):
    peer.sendall(b"done\n")


def flood(peer):
    peer.sendall(b"y" * 1_000_000)


@pytest.mark.parametrize("answer", [lie, flood, lambda peer: None], ids=["lie", "flood", "close"])
def test_where_the_service_is_no_login_starts_a_helper(host, idp, answer):
    """RVW-33: also when it does not help."""
    service = Service(host, idp, answer)
    got = host.get(socket=service.path)
    assert (got["reason"], got["kids"], idp.requests) == ("fetch-failed", [], [])
    assert "refresh service" in got["detail"]
    service.stop()


def test_a_service_that_hangs_costs_the_deadline(host, idp):
    service = Service(host, idp, hang)
    got = host.get(socket=service.path, timeout=1)
    assert got["reason"] == "fetch-failed" and got["seconds"] < 2
    service.stop()


def test_a_service_whose_queue_is_full_is_waited_for(host, idp):
    path = host.folder / "refresh.socket"
    with socket.socket(socket.AF_UNIX) as s, contextlib.ExitStack() as stack:
        s.bind(str(path))
        s.listen(0)
        first = stack.enter_context(socket.socket(socket.AF_UNIX))
        first.connect(str(path))
        got = host.get(socket=path, timeout=1)
        assert (got["reason"], idp.requests) == ("fetch-failed", [])
        assert 0.9 < got["seconds"] < 2


def test_without_a_service_nothing_is_waited_for(host, idp):
    got = host.get(socket=host.folder / "nothing")
    assert (got["kids"], got["seconds"] < 2) == (["k1"], True)
    (host.folder / "file").write_text("x")
    assert host.get("force", socket=host.folder / "file")["kids"] == ["k1"]
    assert host.get("force", socket="/" + "x" * 200)["kids"] == ["k1"]


@needs_root
def test_a_stranger_s_socket_is_not_asked(host, idp):
    """Who listens there makes us wait and read: root only."""
    path = host.folder / "refresh.socket"
    host.folder.chmod(0o777)
    stranger = subprocess.Popen(
        ["setpriv", f"--reuid={FETCH_UID + 1}", f"--regid={FETCH_UID + 1}", "--clear-groups", "/usr/bin/python3", "-c",
         f"import socket, time; s = socket.socket(socket.AF_UNIX); s.bind({str(path)!r}); s.listen(5); print('up', flush=True); "
         "time.sleep(20)"],
        stdout=subprocess.PIPE, text=True,
    )
    assert stranger.stdout.readline() == "up\n"
    try:
        got = host.get(socket=path, timeout=5)
        assert (got["kids"], got["seconds"] < 3) == (["k1"], True)
    finally:
        stranger.kill()
        stranger.wait()

"""A login that asks the refresh service at its socket, and what happens when that does not help (design section 6)."""

import contextlib
import json
import os
import socket
import subprocess
import threading
import time

import pytest
from conftest import needs_root
from world import BUILD, FETCH_UID, HELPER, root

PAMJWT = os.environ.get("PAMJWT", str(BUILD / "cli/pamjwt"))


class Service:
    """What systemd does for pamjwt-refresh.socket: one `pamjwt refresh --answer` a connection, with the socket as 0 and 1."""

    def __init__(self, host, idp, answer=None):
        self.path, self.questions, self.answer = host.folder / "refresh.socket", [], answer
        self.conf = host.folder / "conf"
        self.conf.write_text(
            f"[issuer/acme]\nissuer = {idp.url}\naudience = ssh://test\nca_file = {host.settings['ca_file']}\n"
            "[grant/all]\nissuer = acme\n"
        )
        self.conf.chmod(0o644)
        self.cache = host.cache
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen(64)
        threading.Thread(target=self.loop, daemon=True).start()

    def loop(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        self.questions.append(peer.recv(200, socket.MSG_PEEK).decode())
        if self.answer:
            with contextlib.suppress(OSError):
                self.answer(peer)
        else:
            subprocess.run(
                [PAMJWT, "refresh", "--answer", "--config", self.conf, "--cache", self.cache, "--fetch", HELPER],
                stdin=peer, stdout=peer, timeout=30, env={},
            )
        peer.close()

    def stop(self):
        self.listener.close()


@pytest.fixture
def service(host, idp):
    s = Service(host, idp)
    yield s
    s.stop()


def test_the_service_brings_the_keys_and_the_login_starts_nothing(host, idp, service):
    got = host.get(socket=service.path, helper="")
    assert (got["reason"], got["kids"], got["fetched"], got["stored"]) == ("ok", ["k1"], True, True)
    assert service.questions == ["stale acme\n"]
    assert idp.asked() == 1


def test_an_unknown_kid_is_asked_for(host, idp, service):
    now = int(time.time())
    host.get(socket=service.path, helper="", now=now - 100)
    path = host.file
    text = path.read_text()
    first, second = text.split("\n", 1)
    meta = json.loads(first)
    meta["asked_at"] = meta["fresh_until"] = now - 90
    meta["fresh_until"] += 3600
    path.write_text(json.dumps(meta) + "\n" + second)
    subprocess.run(["rm", "-rf", "/run/pam_jwt"], check=True) if root() else None
    idp.keys("k1", "k2")
    got = host.get("refresh", socket=service.path, helper="", now=now)
    assert service.questions[-1] == "unknown-kid acme\n"
    assert got["kids"] == ["k1", "k2"]


@pytest.mark.parametrize("question", [b"stale other\n", b"rubbish\n", b"stale acme", b"\n", b"x" * 500 + b"\n", b"stale ../../etc/x\n", b""])
def test_other_questions_are_answered_with_no(host, idp, service, question):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(str(service.path))
        s.sendall(question or b"x")
        s.shutdown(socket.SHUT_WR)
        assert s.recv(10) == b"no\n"
    assert idp.requests == [] and list(host.cache.iterdir()) == []


def hang(peer):
    time.sleep(20)


def lie(peer):
    peer.sendall(b"yes\n")


def flood(peer):
    peer.sendall(b"y" * 1_000_000)


@pytest.mark.parametrize("answer", [lie, flood, lambda peer: None], ids=["lie", "flood", "close"])
def test_a_service_that_does_not_help_leaves_it_to_the_helper(host, idp, answer):
    service = Service(host, idp, answer)
    got = host.get(socket=service.path)
    assert (got["reason"], got["kids"]) == ("ok", ["k1"])
    service.stop()


def test_a_service_that_hangs_costs_the_deadline(host, idp):
    service = Service(host, idp, hang)
    got = host.get(socket=service.path, timeout=1)
    assert got["reason"] in ("fetch-failed", "no-keys") and got["seconds"] < 2
    service.stop()


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

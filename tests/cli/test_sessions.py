"""pamjwt sessions: who is logged in by which token; and the end of the sessions of a sub or jti."""

import json
import os
import subprocess
import time

import pytest

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the records are root's")
NOW = 1_700_000_000
RECORD = {"version": 1, "uid": 1000, "user": "alice", "service": "sshd", "rhost": "192.0.2.7", "issuer": "acme",
          "grant": "staff", "iss": "https://idp.example", "sub": "s-1", "jti": "j-1", "kid": "k1", "alg": "ES256",
          "claims": "{}", "since": NOW - 7200, "exp": NOW + 3600, "until": NOW + 3630, "session_until_exp": False}


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    (folder / "session").mkdir(parents=True)
    (folder / "session").chmod(0o700)
    folder.chmod(0o755)

    def add(number, **changes):
        path = folder / "session" / str(number)
        path.write_text(json.dumps(RECORD | changes))
        path.chmod(0o600)
        return path
    add.folder = folder
    return add


@pytest.fixture
def sessions(pamjwt, run):
    def call(*args, **kwargs):
        return pamjwt("sessions", "--run-dir", run.folder, "--now", NOW, *args, **kwargs)
    return call


def test_nobody_is_logged_in(sessions):
    assert sessions().out == ""
    assert sessions("--json").json == {"ok": True, "sessions": []}


def test_sessions_are_listed_in_order(sessions, run):
    run(12, user="bob", sub="s-2")
    run(7)
    lines = sessions().out.splitlines()
    assert lines[0].startswith("7 user='alice' service='sshd' rhost='192.0.2.7' issuer='acme' sub='s-1' jti='j-1'")
    assert "since='2 hours ago'" in lines[0] and "token_ends='in 60 minutes'" in lines[0]
    assert lines[1].startswith("12 user='bob'")
    assert [s["session"] for s in sessions("--json").json["sessions"]] == [7, 12]


def test_what_the_token_said_is_escaped(sessions, run):
    run(7, sub="\x1b[31m\u202e")
    assert not set(sessions().out) & set("\x1b\u202e")


def test_a_record_that_cannot_be_read_is_told(sessions, run):
    run(7).write_text("nonsense")
    run(8)
    result = sessions(status=1)
    assert "session 7" in result.err and result.out.startswith("8 ")


def test_ending_nothing_is_a_no(sessions, run):
    run(7)
    assert "no-record" in sessions("--end-sub", "s-9", status=1).err
    assert "no-record" in sessions("--end-sub", "s-1", "--issuer", "https://other", status=1).err
    assert "--issuer goes with" in sessions("--issuer", "x", status=2).err


class Session:
    """Processes with an audit session id of their own."""

    def __init__(self, script):
        own = f"echo 0 > /proc/self/loginuid; cat /proc/self/sessionid; echo; exec sh -c '{script}'"
        self.process = subprocess.Popen(["sh", "-c", own], stdout=subprocess.PIPE, text=True)
        self.id = int(self.process.stdout.readline())


@pytest.fixture
def start():
    started = []

    def make(script="sleep 300 & wait"):
        try:
            session = Session(script)
        except ValueError:
            pytest.skip("no audit session ids here")
        started.append(session)
        if session.id == 4294967295:
            pytest.skip("no audit session ids here")
        return session
    yield make
    for session in started:
        session.process.kill()
        session.process.wait()


def test_sessions_of_a_sub_are_ended_and_no_other(sessions, run, start):
    mine, other = start(), start()
    run(mine.id)
    run(other.id, sub="s-2")
    result = sessions("--end-sub", "s-1", "--json").json
    assert [(s["session"], s["ended"]) for s in result["sessions"]] == [(mine.id, "yes")]
    assert mine.process.wait(5) != 0 and other.process.poll() is None


def test_a_session_that_ignores_signals_is_killed(sessions, run, start):
    stubborn = start("trap : HUP TERM; while :; do sleep 0.1; done")
    time.sleep(0.2)
    run(stubborn.id)
    assert "ended='yes'" in sessions("--end-jti", "j-1").out
    assert stubborn.process.wait(5) == -9

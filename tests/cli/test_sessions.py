"""pamjwt sessions: who is logged in by which token; and the end of the sessions of a sub, jti or issuer."""

import json
import os
import subprocess
import time

import pytest

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the records are root's")
NOW = 1_700_000_000
RECORD = {"version": 1, "uid": 1000, "user": "alice", "service": "sshd", "rhost": "192.0.2.7", "issuer": "acme",
          "grant": "staff", "iss": "https://idp.example", "sub": "s-1", "jti": "j-1", "kid": "k1", "alg": "ES256",
          "claims": "{}", "since": NOW - 7200, "exp": NOW + 3600, "until": NOW + 3630, "session_until_exp": False, "session_before": 0}


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
    assert lines[0].startswith("7 user='alice' service='sshd' rhost='192.0.2.7' issuer='acme' grant='staff' sub='s-1' jti='j-1'")
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


def listed(result):
    return [s["session"] for s in result.json["sessions"]]


def test_the_list_can_be_narrowed(sessions, run):
    """All that are given must match; the issuer by its iss or by the name of its section."""
    run(7)
    run(8, sub="s-2")
    run(9, issuer="other", iss="https://other.example", jti="j-2")
    assert listed(sessions("--json", "--sub", "s-1")) == [7, 9]
    assert listed(sessions("--json", "--jti", "j-1")) == [7, 8]
    assert listed(sessions("--json", "--sub", "s-1", "--jti", "j-2")) == [9]
    for issuer in ("acme", "https://idp.example"):
        assert listed(sessions("--json", "--issuer", issuer)) == [7, 8]
    assert listed(sessions("--json", "--sub", "nobody")) == []


def test_an_absent_claim_matches_nothing(sessions, run):
    path = run(7)
    path.write_text(json.dumps({name: value for name, value in RECORD.items() if name not in ("sub", "jti")}))
    for option in ("--sub", "--jti"):
        assert listed(sessions("--json", option, "")) == []


def test_ending_nothing_is_a_no(sessions, run):
    run(7)
    assert "no-record" in sessions("--end", "--sub", "s-9", status=1).err
    assert "no-record" in sessions("--end", "--sub", "s-1", "--issuer", "https://other", status=1).err
    assert sessions("--end", "--dry-run", "--jti", "j-9", "--json", status=1).json == {"ok": False, "sessions": []}


def test_an_end_without_whose_is_refused(sessions, run):
    path = run(7)
    assert "--end requires --sub, --jti or --issuer" in sessions("--end", status=2).err
    assert "--end requires" in sessions("--end", "--dry-run", status=2).err
    assert "--dry-run requires --end" in sessions("--dry-run", "--sub", "s-1", status=2).err
    assert path.exists()


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


@pytest.mark.parametrize("whose", [["--sub", "s-1"], ["--jti", "j-1"], ["--issuer", "acme"],
                                   ["--issuer", "https://idp.example"],
                                   ["--sub", "s-1", "--jti", "j-1", "--issuer", "acme"]], ids=" ".join)
def test_sessions_are_ended_and_no_other(sessions, run, start, whose):
    mine, other = start(), start()
    record = run(mine.id)
    others = run(other.id, sub="s-2", jti="j-2", issuer="other", iss="https://other.example")
    would = sessions("--end", "--dry-run", *whose, "--json").json
    assert [(s["session"], s["ended"], s["processes"]) for s in would["sessions"]] == [(mine.id, "dry-run", 2)]
    assert "ended='dry-run'" in sessions("--end", "--dry-run", *whose).out
    assert mine.process.poll() is None and record.exists()
    result = sessions("--end", *whose, "--json").json
    assert result["ok"] and [(s["session"], s["ended"]) for s in result["sessions"]] == [(mine.id, "yes")]
    assert mine.process.wait(5) != 0 and other.process.poll() is None
    assert others.exists() and not record.exists()


def test_a_session_that_ignores_signals_is_killed_and_leaves_no_record(sessions, run, start):
    stubborn = start("trap : HUP TERM; while :; do sleep 0.1; done")
    time.sleep(0.2)
    record = run(stubborn.id)
    assert "ended='yes'" in sessions("--end", "--jti", "j-1").out
    assert stubborn.process.wait(5) == -9 and not record.exists()


def runs(pid):
    """A process that ended, and that nothing has waited for, is still in /proc."""
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_daemon_restarted_by_another_user_is_left(sessions, run, start):
    """RVW: --end killed the host's sshd, which the user had restarted through sudo; the record's uid is 1000, this is root's."""
    mine = start("sleep 300 & setsid sleep 301 & wait")
    time.sleep(0.3)
    daemon = int(subprocess.check_output(["pgrep", "-n", "-f", "^sleep 301$"]))
    run(mine.id)
    would = sessions("--end", "--dry-run", "--jti", "j-1").out.splitlines()
    assert f"  leave {daemon} sleep (another user's daemon; --all ends it)" in would
    assert [line.split()[0] for line in would[1:]].count("end") == 2
    assert sessions("--end", "--dry-run", "--jti", "j-1", "--json").json["sessions"][0]["left"] == [{"pid": daemon, "name": "sleep"}]
    assert "ended='yes'" in sessions("--end", "--jti", "j-1").out
    assert mine.process.wait(5) != 0 and runs(daemon)
    run(mine.id)
    assert "leave" not in sessions("--end", "--all", "--jti", "j-1").out
    assert not runs(daemon)


def test_a_process_of_the_user_is_ended_in_a_session_of_its_own_too(sessions, run, start):
    """setsid alone does not help: the process has the user's uid."""
    mine = start("setsid sleep 302 & wait")
    time.sleep(0.3)
    run(mine.id, uid=0, user="root")
    assert "leave" not in sessions("--end", "--jti", "j-1").out
    assert subprocess.run(["pgrep", "-f", "^sleep 302$"], stdout=subprocess.DEVNULL).returncode == 1


def test_all_goes_with_end(sessions):
    assert "--all requires --end" in sessions("--all", status=2).err


def test_a_sub_is_found_as_it_is_shown(sessions, run):
    """A sub with characters that a terminal does not show: as the list prints it, and as it is."""
    sub = "ali\u202ece\x07"
    run(7, sub=sub)
    shown = sessions().out.split(" sub='")[1].split("'")[0]
    assert "\\x" in shown and listed(sessions("--json", "--sub", shown)) == listed(sessions("--json", "--sub", sub)) == [7]
    assert listed(sessions("--json", "--sub", "alice")) == []


def test_who_ends_the_own_session_ends_the_others_too(run, start):
    """The command goes on when its own shell and terminal are gone."""
    command = f"sleep 0.3; {os.environ['PAMJWT']} sessions --run-dir {run.folder} --end --issuer acme; sleep 300"
    mine = start(command)
    other = start("trap : HUP TERM; while :; do sleep 0.1; done")
    records = [run(mine.id), run(other.id)]
    assert mine.process.wait(10) < 0 and other.process.wait(10) == -9
    end = time.monotonic() + 10
    while any(r.exists() for r in records) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(r.exists() for r in records)

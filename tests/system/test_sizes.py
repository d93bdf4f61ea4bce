"""
What a way in can carry. The table in docs/clients.md is what these logins did; when it differs, the new one is printed.
"""
import os

import paramiko
import pytest

import host
from conftest import use_stack
from local_issuer import GRANT, SECTION, LocalIssuer, parts

PAGE = host.CHECKOUT / "docs" / "clients.md"
SIZES = (430, 500, 506, 511, 512, 640, 1000, 1023, 1024, 1500, 4000, 7000, 32768)


@pytest.fixture(scope="module")
def issuer(machine):
    return LocalIssuer()


@pytest.fixture(autouse=True)
def settled(conf, issuer):
    conf(SECTION + GRANT)
    use_stack("token-only")


def answers_for(token):
    """As pamjwt-askpass does it: whole where that is unmistakable."""
    return [token] if len(token) <= 505 else parts(token)


def with_askpass(token, user=None):
    """The environment in which pamjwt-askpass is installed: the token in a file of the caller's."""
    path = host.write(f"/tmp/token-{user or 'root'}", token, 0o600)
    if user:
        os.chown(path, host.pwd.getpwnam(user).pw_uid, -1)
    return {"PATH": os.environ["PATH"], "PAMJWT_TOKEN_FILE": str(path), "PAMJWT_NEXT_ASKPASS": "/bin/false"}


# ---------------------------------------------------------------------------------------------------------- ways in


def ssh_askpass(token):
    env = {**with_askpass(token), "HOME": "/root", "SSH_ASKPASS": "/usr/bin/pamjwt-askpass", "SSH_ASKPASS_REQUIRE": "force",
           "PAMJWT_HOST": "127.0.0.1"}
    return host.timed(["ssh", *host.SSH_OPTIONS, "-o", "PreferredAuthentications=keyboard-interactive", "alice@127.0.0.1",
                       "id -un"], env=env, input="", start_new_session=True).ok


def sudo_askpass(token):
    env = {**with_askpass(token, "alice"), "SUDO_ASKPASS": "/usr/bin/pamjwt-askpass", "PAMJWT_FOR": "sudo"}
    return host.timed(["sudo", "-k", "-A", "id", "-un"], env=env, input="", **host.as_user("alice")).ok


def by_paramiko(answer, method="keyboard-interactive"):
    """answer(n) is what the n-th prompt gets, from 0. Returns (logged in?, prompts)."""
    prompts = []

    def handler(title, instructions, asked):
        given = []
        for prompt, _ in asked:
            given.append(answer(len(prompts)))
            prompts.append(prompt)
        return given

    transport = paramiko.Transport(("127.0.0.1", host.SSHD_PORT))
    try:
        transport.start_client(timeout=20)
        transport.auth_timeout = 60
        try:
            if method == "password":
                transport.auth_password("alice", answer(0), fallback=False)
            else:
                transport.auth_interactive("alice", handler)
        except (paramiko.SSHException, EOFError):
            pass
        return transport.is_authenticated(), prompts
    finally:
        transport.close()


def by_paramiko_in_parts(token):
    answers = answers_for(token)
    return by_paramiko(lambda n: answers[n] if n < len(answers) else "")[0]


WAYS = {
    "ssh, password": lambda token: host.ssh("alice", token, method="password").ok,
    "ssh, pasted": lambda token: host.ssh("alice", [token, ""]).ok,
    "ssh, pamjwt-askpass": ssh_askpass,
    "paramiko, password": lambda token: by_paramiko(lambda n: token, "password")[0],
    "paramiko, whole": lambda token: by_paramiko(lambda n: "" if n else token)[0],
    "paramiko, parts": by_paramiko_in_parts,
    "sudo -S, pasted": lambda token: host.sudo("alice", [token, ""], how="-S").ok,
    "sudo -S, parts": lambda token: host.sudo("alice", answers_for(token), how="-S").ok,
    "sudo -A, pamjwt-askpass": sudo_askpass,
    "su, pasted": lambda token: host.su("bob", "alice", [token, ""]).ok,
    "su, parts": lambda token: host.su("bob", "alice", answers_for(token)).ok,
}


def cell(log, way, token):
    """yes, the reason of the refusal, or `before PAM` when the module was not asked."""
    mark = log.mark()
    if WAYS[way](token):
        return "yes"
    audits = log.audits(mark)  # sudo tries again, with what was left of the line: the first one counts
    return audits[0]["reason"] if audits else "before PAM"


def rows_of(page):
    """{size: {way: cell}} of the table on the page."""
    lines = [line.strip().strip("|").split("|") for line in page.splitlines() if line.startswith("|")]
    lines = [[c.strip() for c in line] for line in lines]
    start = next((i for i, line in enumerate(lines) if line[0] == "bytes"), None)
    assert start is not None, "docs/clients.md has no table that begins with bytes"
    table = {}
    for line in lines[start + 2:]:
        if not line[0].isdigit():
            break
        table[int(line[0])] = dict(zip(lines[start][1:], line[1:]))
    return table


def test_the_table_says_what_each_way_carries(sshd, log, issuer):
    measured = {size: {way: cell(log, way, issuer.token("alice", length=size)) for way in WAYS} for size in SIZES}
    text = "\n".join(["| " + " | ".join(["bytes", *WAYS]) + " |", "|---" * (len(WAYS) + 1) + "|",
                      *("| " + " | ".join([str(size), *row.values()]) + " |" for size, row in measured.items())]) + "\n"
    print(text)
    for way in ("ssh, pamjwt-askpass", "paramiko, parts", "sudo -A, pamjwt-askpass", "sudo -S, parts", "su, parts"):
        assert {size: row[way] for size, row in measured.items()} == {size: "yes" for size in SIZES}, way
    assert rows_of(PAGE.read_text(encoding="utf-8")) == measured


@pytest.mark.parametrize("way", ["paramiko, whole", "paramiko, parts", "sudo -S, parts"])
def test_one_byte_more_than_the_longest_is_refused_with_its_reason(sshd, log, issuer, way):
    mark = log.mark()
    assert not WAYS[way](issuer.token("alice", length=32769))
    audit = log.audits(mark)[0]  # sudo tries again, without an answer
    assert audit["reason"] == "too-long" and "32769" in audit["detail"], audit


# -------------------------------------------------------------------------------------------------- hostile clients


def wrong_sequences(token):
    """name: answers, one a prompt; the last repeats. None of them may log in. Others are in test_parts.py."""
    good = parts(token)
    total = len(good)
    return {
        "the first part missing": good[1:],
        "backwards": good[::-1],
        "total zero": [f"01/00:{good[0][6:]}"],
        "endless slashes": ["/" * 506],
        "endless letters": ["e" * 506],
        "a sign": [f"+1/{total:2}:{good[0][6:]}", *good[1:]],
        "a letter outside": [good[0][:100] + "=" + good[0][101:], *good[1:]],
        "a line end within": [good[0][:100] + "\n" + good[0][101:], *good[1:]],
        "a NUL within": [good[0][:100] + "\0" + good[0][101:], *good[1:]],
        "a NUL at once": ["\0" + good[0], *good[1:]],
        "a password after a part": [good[0], "correct horse 7"],
        "nothing": [""],
        "100,000 bytes": ["a" * 100_000],
        "a part of 100,000 bytes": ["01/66:" + "a" * 100_000],
        "one byte too many": [good[0] + "A", *good[1:]],
        "one byte too few": [good[0][:-1], *good[1:]],
    }


def test_a_hostile_client_gets_neither_in_nor_past_the_limits(sshd, log, issuer):
    token = issuer.token("alice", length=4000)
    for name, answers in wrong_sequences(token).items():
        mark = log.mark()
        ok, prompts = by_paramiko(lambda n: answers[min(n, len(answers) - 1)])
        assert not ok, name
        assert len(prompts) <= 66, (name, len(prompts))
        assert "segfault" not in log.text(mark) and "stack smashing" not in log.text(mark), name
        reasons = {audit["reason"] for audit in log.audits(mark)}
        assert reasons <= {"bad-parts", "truncated", "too-long", "malformed", "bad-signature", "bad-base64url", "no-answer",
                           "bad-json"}, (name, reasons)
        assert token[30:60] not in log.text(mark), name
    assert by_paramiko_in_parts(token), "sshd and the module still work"


@pytest.mark.parametrize("count", [0, 2, 66])
def test_another_number_of_answers_than_prompts_is_refused(sshd, log, issuer, count):
    """Not even a well-behaved handler may send that; sshd closes the door itself."""
    given = parts(issuer.token("alice", length=4000))
    transport = paramiko.Transport(("127.0.0.1", host.SSHD_PORT))
    try:
        transport.start_client(timeout=20)
        with pytest.raises((paramiko.SSHException, EOFError)):
            transport.auth_interactive("alice", lambda title, text, prompts: (given * 8)[:count])
        assert not transport.is_authenticated()
    finally:
        transport.close()


def test_who_goes_away_between_parts_leaves_nothing(sshd, log, issuer):
    given = parts(issuer.token("alice", length=4000))

    def leave(n):
        if n == 3:
            raise EOFError("gone")
        return given[n]

    with pytest.raises(Exception):
        ok, _ = by_paramiko(leave)
        assert not ok
        raise EOFError
    assert by_paramiko_in_parts(issuer.token("alice", length=4000))

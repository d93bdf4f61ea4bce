"""
Real sizes through unmodified ssh, sudo and su: tokens in parts, tokens that were cut, and clients that send every kind of
wrong sequence (design section 7; attacks REV-03, REV-13, PAM-13, PAM-14).
"""
import statistics
import time

import paramiko
import pytest

import host
from conftest import use_stack
from local_issuer import GRANT, SECTION, LocalIssuer, parts

SIZES = (430, 500, 506, 511, 512, 640, 1000, 1023, 1024, 1500, 4000, 7000, 32768)
FIRST = "JWT or password: "


@pytest.fixture(scope="module")
def issuer(machine):
    return LocalIssuer()


@pytest.fixture(autouse=True)
def configured(conf, issuer):
    conf(SECTION + GRANT)
    use_stack("token-only")


def only(audits):
    assert len(audits) == 1, audits
    return audits[0]


def interactive(user, answers):
    """
    Keyboard-interactive by paramiko, whose client has no limits. answers: a list, or a function of the number of the prompt.
    Returns (let in?, the prompts, the seconds, what the server wrote besides).
    """
    prompts, shown = [], []

    def handler(title, instructions, fields):
        replies = []
        shown.append(f"{title}{instructions}")
        for prompt, _ in fields:
            replies.append(answers(len(prompts)) if callable(answers) else answers[min(len(prompts), len(answers) - 1)])
            prompts.append(prompt)
        return replies

    transport = paramiko.Transport(("127.0.0.1", host.SSHD_PORT))
    try:
        transport.start_client(timeout=20)
        started = time.monotonic()
        try:
            transport.auth_interactive(user, handler)
        except paramiko.AuthenticationException:
            pass
        return transport.is_authenticated(), prompts, time.monotonic() - started, "".join(shown)
    finally:
        transport.close()


@pytest.mark.parametrize("size", SIZES)
def test_parts_through_stock_ssh(sshd, issuer, size):
    sent = parts(issuer.token("alice", length=size))
    login = host.ssh("alice", sent)
    assert login.ok, login
    # (a short last answer ends it: ssh asks exactly as often as there are parts)
    assert [p.removeprefix("(alice@127.0.0.1) ") for p in login.prompts] == \
        [FIRST, *(f"JWT part {n}: " for n in range(2, len(sent) + 1))]


@pytest.mark.asan
@pytest.mark.parametrize("size", SIZES)
def test_a_whole_token_of_any_size_from_a_client_without_a_limit(sshd, issuer, size):
    token = issuer.token("alice", length=size)
    ok, prompts, _, _ = interactive("alice", [token, ""])
    assert ok and len(prompts) == (2 if size == 506 else 1)


@pytest.mark.parametrize("size", [s for s in SIZES if s <= 1023])
def test_a_whole_token_in_the_password_method(sshd, issuer, size):
    assert host.ssh("alice", issuer.token("alice", length=size), method="password").ok


@pytest.mark.asan
@pytest.mark.parametrize("how", ["-A", "-S"])
@pytest.mark.parametrize("size", [430, 500, 1000, 4000, 32768])
def test_parts_through_sudo(issuer, how, size):
    done = host.sudo("alice", parts(issuer.token("alice", length=size)), how=how)
    assert done.ok and done.out == "root\n", done


@pytest.mark.parametrize("size", [430, 506, 511])
def test_a_whole_token_through_sudo(issuer, size):
    done = host.sudo("alice", [issuer.token("alice", length=size), ""], how="-S")
    assert done.ok, done


@pytest.mark.parametrize("size", [430, 1024, 4000])
def test_a_whole_token_through_su(issuer, size):
    assert host.su("alice", "bob", [issuer.token("bob", length=size), ""]).ok


def test_parts_through_su(issuer):
    assert host.su("alice", "bob", parts(issuer.token("bob", length=7000))).ok


def test_one_byte_more_than_32_kib_is_refused(sshd, issuer, log):
    mark = log.mark()
    ok, prompts, _, _ = interactive("alice", parts(issuer.token("alice", length=32769)))
    assert not ok and len(prompts) == 66
    audit = only(log.audits(mark))
    assert audit["reason"] == "too-long" and "32769" in audit["detail"]


def test_ssh_cuts_at_1023_bytes_and_the_user_reads_it(sshd, issuer, log):
    mark = log.mark()
    ok, _, _, shown = interactive("alice", [issuer.token("alice", length=3000)[:1023]])
    assert not ok and "1023 bytes arrived, which is where ssh truncates" in shown and "pamjwt ssh" in shown
    assert not host.ssh("alice", issuer.token("alice", length=3000)).ok
    assert [a["reason"] for a in log.audits(mark)] == ["truncated", "truncated"]
    assert all("1023" in a["detail"] for a in log.audits(mark))


def test_sudo_gives_nothing_from_512_bytes_on_and_the_user_reads_it(issuer, log):
    mark = log.mark()
    done = host.sudo("alice", issuer.token("alice", length=512), how="-S")
    assert not done.ok and "511 bytes" in done.err and "sudo -A" in done.err
    audit = log.audits(mark)[0]
    assert audit["reason"] == "no-answer" and "512 bytes" in audit["detail"]


def test_parts_in_the_password_method_are_refused_by_name(sshd, issuer, log):
    mark = log.mark()
    assert not host.ssh("alice", parts(issuer.token("alice", length=1500))[0], method="password").ok
    audit = only(log.audits(mark))
    assert audit["reason"] == "bad-parts" and "password method" in audit["detail"]


def wrong_sequences(token):
    good = parts(token)
    full = "A" * 500
    return {
        "swapped": [good[1], good[0], *good[2:]],
        "repeated": [good[0], good[0], *good[2:]],
        "one left out": [good[0], *good[2:]],
        "of another count": [good[0].replace("/04:", "/05:"), *good[1:]],
        "the last left out": [*good[:-1], ""],
        "another token's": [*good[:2], parts(token[::-1])[2], good[3]],
        "number zero": [f"00/04:{full}", *good[1:]],
        "number over the count": [f"05/04:{full}", *good[1:]],
        "no digits": [f"aa/bb:{full}", "x"],
        "a space in the body": [f"01/02:{'A' * 250} {'A' * 249}", "02/02:A"],
        "a second token": [good[0], token],
        "control bytes": ["01/02:" + "\x01" * 500, "x"],
        "endless": lambda n: f"{n % 99 + 1:02}/99:{full}",
        "endless and the same": lambda n: f"01/99:{full}",
    }


@pytest.mark.asan
@pytest.mark.parametrize("name", list(wrong_sequences("x" * 1700)))
def test_a_hostile_client_is_refused_after_66_prompts_at_most(sshd, issuer, log, name):
    mark = log.mark()
    answers = wrong_sequences(issuer.token("alice", length=1700))[name]
    ok, prompts, _, _ = interactive("alice", answers)
    assert not ok and len(prompts) <= 66
    assert all(a["result"] == "deny" for a in log.audits(mark))
    assert "exited on signal" not in log.text(mark)


@pytest.mark.parametrize("sizes", [[506, 506, 300], [300], [1023], [199], [506] * 66], ids=str)
def test_known_unknown_and_forbidden_users_see_the_same(sshd, sizes):
    """Prompts, and time within what libpam makes of the delay: 2 s, half of it more or less at random (pam_fail_delay(3))."""
    use_stack("token-only", auth="")
    seen = {}
    for user in ("alice", "nobody-here", "root"):
        ok, prompts, seconds, _ = interactive(user, ["eyJ" + "A" * (size - 3) for size in sizes] + ["x"])
        assert not ok
        seen[user] = prompts[:len(sizes)]
        assert 0.95 < seconds < 6, (user, seconds)
    assert seen["alice"] == seen["nobody-here"] == seen["root"]
    assert len(seen["alice"]) == len(sizes)


def test_known_and_unknown_users_read_the_same(sshd, issuer):
    """The sentence depends on the length only."""
    for size, sentence in ((150, ""), (700, "The token was not accepted; 700 bytes arrived."), (1023, "where ssh truncates")):
        shown = {user: interactive(user, ["eyJ" + "A" * (size - 3)])[3] for user in ("alice", "nobody-here", "root")}
        assert shown["alice"] == shown["nobody-here"] == shown["root"]
        assert sentence in shown["alice"] and bool(sentence) == bool(shown["alice"])


def test_refusals_take_the_same_time(sshd, issuer):
    """Medians over a few logins: the work of a refused token disappears in the delay."""
    use_stack("token-only", auth="")
    medians = []
    for user in ("alice", "nobody-here"):
        times = [interactive(user, [issuer.token("bob")])[2] for _ in range(3)]
        medians.append(statistics.median(times))
    assert abs(medians[0] - medians[1]) < 1.0, medians


@pytest.mark.parametrize("cut", [400, 200, 30])
def test_half_a_token_never_reaches_pam_unix(sshd, issuer, log, cut):
    use_stack("token-or-password")
    token = issuer.token("alice", length=640)
    mark = log.mark()
    assert not host.ssh("alice", token[:cut]).ok
    assert not host.ssh("alice", token[-300:]).ok
    assert "pam_unix" not in log.text(mark)
    assert token[:cut] not in log.text(mark) and token[-300:] not in log.text(mark)

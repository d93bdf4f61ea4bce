"""The main job: a token of a real OpenID provider opens ssh, sudo and su; everything else stays shut."""
import paramiko
import pytest

import host

pytestmark = pytest.mark.usefixtures("conf")
METHODS = ("password", "keyboard-interactive")
ALGS = ("RS256", "ES256", "EdDSA")


def only(audits):
    assert len(audits) == 1, audits
    return audits[0]


@pytest.mark.asan
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("alg", ALGS)
def test_a_token_opens_ssh(stack, sshd, provider, log, method, alg):
    mark = log.mark()
    login = host.ssh("alice", provider.token("alice", alg=alg), method=method)
    assert login.ok and login.out == "alice\n", (login, log.text(mark))
    audit = only(log.audits(mark))
    assert (audit["reason"], audit["user"], audit["service"], audit["alg"]) == ("ok", "alice", "sshd", alg)
    assert (audit["iss"], audit["sub"], audit["grant"]) == (host.ISSUER, "alice", "staff")


@pytest.mark.asan
@pytest.mark.parametrize("how", ["-A", "-S"])
def test_a_token_opens_sudo(stack, provider, log, how):
    mark = log.mark()
    done = host.sudo("alice", provider.token("alice"), how=how)
    assert done.ok and done.out == "root\n", (done, log.text(mark))
    audit = only(log.audits(mark))
    assert (audit["reason"], audit["user"], audit["service"]) == ("ok", "alice", "sudo")


@pytest.mark.asan
def test_a_token_opens_su(stack, provider, log):
    """su asks for the target's token: PAM_USER is bob."""
    mark = log.mark()
    done = host.su("alice", "bob", provider.token("bob"))
    assert done.ok and done.out == "bob\n", (done, log.text(mark))
    assert only(log.audits(mark))["reason"] == "ok"


@pytest.mark.asan
@pytest.mark.parametrize("method", METHODS)
def test_paramiko_logs_in(stack, sshd, provider, method):
    token = provider.token("alice", alg="RS256")
    transport = paramiko.Transport(("127.0.0.1", host.SSHD_PORT))
    try:
        transport.start_client(timeout=20)
        if method == "password":
            transport.auth_password("alice", token, fallback=False)
        else:
            transport.auth_interactive("alice", lambda title, text, prompts: [token] * len(prompts))
        assert transport.is_authenticated()
        channel = transport.open_session()
        channel.exec_command("id -un")
        assert channel.makefile().read() == b"alice\n"
    finally:
        transport.close()


def test_one_prompt_is_enough(stack, sshd, provider):
    login = host.ssh("alice", provider.token("alice"))
    assert len(login.prompts) == 1 and login.ok, login


REFUSED = {
    "expired": ("expired", {"ttl": 1}),
    "a wrong audience": ("bad-audience", {"audience": "ssh://another.acme.example"}),
    "another person's": ("no-grant", {"person": "bob"}),
}


@pytest.mark.asan
@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("door", ["ssh password", "ssh keyboard-interactive", "sudo"])
def test_a_token_is_refused_with_its_reason(stack, sshd, provider, log, what, door):
    reason, request = REFUSED[what]
    token = provider.token(**{"person": "alice", **request})
    if what == "expired":
        host.time.sleep(2)
    mark = log.mark()
    login = host.sudo("alice", token) if door == "sudo" else host.ssh("alice", token, method=door.split()[1])
    assert not login.ok, login
    audits = log.audits(mark)
    assert audits and {a["reason"] for a in audits} == {reason}, log.text(mark)
    assert "grant" in audits[0] and audits[0]["grant"] == ""


@pytest.mark.asan
def test_a_changed_signature_is_refused_and_its_claims_are_only_claimed(stack, sshd, provider, log):
    head, _, signature = provider.token("alice").rpartition(".")
    mark = log.mark()
    login = host.ssh("alice", f"{head}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}")
    assert not login.ok
    audit = only(log.audits(mark))
    assert audit["reason"] == "bad-signature"
    assert "claimed_sub" in audit and "sub" not in audit


@pytest.mark.parametrize("token", ["eyJhbGciOiJFUzI1NiIsImtpZCI6IjEifQ." * 3, "eyJ" + "A" * 300], ids=["dots", "one part"])
def test_what_looks_like_a_token_never_reaches_the_password_module(stack, sshd, log, token):
    mark = log.mark()
    assert not host.ssh("alice", token).ok
    assert only(log.audits(mark))["reason"] in ("malformed", "bad-base64url", "bad-json", "truncated")
    assert "pam_unix(sshd:auth)" not in log.text(mark)

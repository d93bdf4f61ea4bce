"""
sudo with `bind = ssh-key`: the login record keeps the key that sshd verified and is the only proof there is. What is typed
at sudo counts beside that key alone; a user's environment, a login without a key and a record of another key prove nothing
(attack REV-05).
"""
import json
import pathlib
import subprocess

import pytest
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from jwcrypto import jwk

import host
from local_issuer import GRANT, SECTION
from token_sessions import SUDO, AuditSession, configured, issuer, nothing_is_left, put_record, record_of  # noqa: F401

TYPED = "\n[service/sudo]\nbind = ssh-key\nalso = sudo-i\n"
REUSED = SUDO + "bind = ssh-key\n"
METHODS = "publickey,keyboard-interactive"
RECORD = f"{host.RUN}/session/$(cat /proc/self/sessionid)"


@pytest.fixture(scope="module")
def keys(machine):
    """Two keys that alice's account accepts: name -> (file, thumbprint)."""
    folder = pathlib.Path("/run/sudo-keys")
    folder.mkdir(mode=0o700)
    made = {}
    for name, kind in (("hers", "ed25519"), ("other", "ecdsa")):
        host.run("ssh-keygen", "-q", "-t", kind, "-N", "", "-f", folder / name)
        public = pathlib.Path(f"{folder / name}.pub").read_bytes()
        made[name] = (folder / name, jwk.JWK.from_pyca(load_ssh_public_key(public)).thumbprint())
    accepted = pathlib.Path("/home/alice/.ssh/authorized_keys")
    kept = accepted.read_text() if accepted.exists() else None
    host.write(accepted, "".join(pathlib.Path(f"{file}.pub").read_text() for file, _ in made.values()))
    host.run("chown", "-R", "alice:", accepted.parent)
    yield made
    if kept is not None:
        host.write(accepted, kept)


@pytest.fixture
def bound(issuer, keys):
    """bound(name): a token of alice's that is bound to that key."""
    return lambda name, **claims: issuer.token("alice", cnf={"jkt": keys[name][1]}, **claims)


@pytest.fixture
def sshd(machine):
    """One that requires a key, and then prompts."""
    with host.Sshd(AuthenticationMethods="publickey,keyboard-interactive:pam") as running:
        yield running


def in_session(keys, token, command):
    """A command in a session that a key and a token opened; what it printed."""
    login = host.ssh("alice", token, method=METHODS, command=command,
                     options=[f"IdentityFile={keys['hers'][0]}", "IdentitiesOnly=yes"])
    host.wait_for("the record to go", nothing_is_left)
    return login


def typed(token):
    return f"printf '%s\\n' {token} | sudo -kS id -un"


def of_sudo(log, mark):
    return [(a["result"], a["reason"], a["detail"]) for a in log.audits(mark) if a["service"].startswith("sudo")]


@pytest.mark.asan
def test_the_record_of_a_bound_login_keeps_the_thumbprint_and_answers(sshd, conf, keys, bound, log):
    conf(SECTION + GRANT + REUSED)
    mark = log.mark()
    login = in_session(keys, bound("hers"), f"sudo -n id -un; sudo -n -i id -un; sudo -n cat {RECORD}")
    lines = login.out.splitlines()
    assert lines[:2] == ["root", "root"], (login, log.text(mark))
    record = json.loads(lines[2])
    assert record["bound_key"] == keys["hers"][1] and json.loads(record["claims"])["cnf"] == {"jkt": keys["hers"][1]}
    said = f"by the login record of sshd, bound to the key {keys['hers'][1]}"
    assert of_sudo(log, mark) == [("allow", "ok", said)] * 3


def test_the_record_of_an_unbound_login_is_refused(sshd, conf, issuer, keys, bound, log):
    """The login proved a key, but its token names none: sudo asks, and takes no bound token in its place."""
    conf(SECTION + GRANT + REUSED)
    mark = log.mark()
    login = in_session(keys, issuer.token("alice"), f"sudo -n id -un; {typed(bound('hers'))}")
    assert "root" not in login.out and "a password is required" in login.err, login
    heard = of_sudo(log, mark)
    assert [reason for _, reason, _ in heard if reason != "no-answer"] == ["unbound", "unbound", "bound"], heard
    assert "service sudo sets bind = ssh-key, but the token has no cnf" in heard[0][2]
    assert "the login record of sshd does not contain a key" in heard[-1][2]


def test_a_bound_token_typed_in_the_session_counts_beside_its_key_alone(sshd, conf, issuer, keys, bound, log):
    """Without reuse_login: a fresh token each time, the key of the login for each."""
    conf(SECTION + GRANT + TYPED)
    mark = log.mark()
    tokens = [bound("hers", jti="fresh"), bound("other"), issuer.token("alice")]
    login = in_session(keys, bound("hers"), "; ".join(["sudo -n id -un", *map(typed, tokens)]))
    assert login.out == "root\n", (login, log.text(mark))
    heard = [line for line in of_sudo(log, mark) if line[1] != "no-answer"]
    assert [(result, reason) for result, reason, _ in heard] == [("allow", "ok"), ("deny", "other-key"), ("deny", "unbound")]
    assert heard[0][2] == f"bound to the key {keys['hers'][1]}"
    assert heard[1][2] == f"cnf identifies the key {keys['other'][1]}, but this login used {keys['hers'][1]} (login record)"


@pytest.mark.parametrize("section", [TYPED, REUSED], ids=["typed", "reused"])
def test_sudo_itself_knows_of_no_key(machine, conf, issuer, keys, bound, log, section):
    """No login record: a bound token is refused by the name of the service, whatever the caller's environment claims."""
    conf(SECTION + GRANT + section)
    public = pathlib.Path(f"{keys['hers'][0]}.pub").read_text().rsplit(" ", 1)[0]
    claimed = {"SSH_AUTH_INFO_0": f"publickey {public}\n"}
    environment = host.write("/home/alice/.pam_environment", f"SSH_AUTH_INFO_0 DEFAULT=\"publickey {public}\"\n")
    mark = log.mark()
    try:
        for env in ({}, claimed):
            assert not host.sudo("alice", bound("hers"), how="-S", env=env).ok
        assert not host.sudo("alice", issuer.token("alice"), how="-S", env=claimed).ok
    finally:
        environment.unlink()
    heard = of_sudo(log, mark)
    assert [reason for _, reason, _ in heard] == ["bound", "bound", "unbound"]
    assert "for service sudo only the login record of an ssh login can prove possession of its key, and there is none" in heard[0][2]


RECORDS = {  # what it says of its key -> the reason
    "the key that its token names": ({"bound_key": "hers"}, {"cnf": "hers"}, "ok"),
    "another key than its token names": ({"bound_key": "other"}, {"cnf": "hers"}, "other-key"),
    "no key, with a token that names one": ({}, {"cnf": "hers"}, "bound"),
    "a key, with a token that names none": ({"bound_key": "hers"}, {}, "unbound"),
    "neither": ({}, {}, "unbound"),
    "a key that is not a thumbprint": ({"bound_key": "=" * 43}, {"cnf": "hers"}, "other-key"),
}


def test_a_record_counts_when_its_key_is_the_one_that_its_token_names(machine, conf, keys, log):
    conf(SECTION + GRANT + REUSED)
    session = AuditSession()
    try:
        for name, (members, claims, reason) in RECORDS.items():
            members = {k: keys[v][1] if v in keys else v for k, v in members.items()}
            put_record(session, record_of(claims={k: {"jkt": keys[v][1]} for k, v in claims.items()}, **members))
            mark = log.mark()
            said = session.run("sudo -n id -un")
            assert (said == "root") == (reason == "ok"), (name, said)
            assert of_sudo(log, mark)[0][1] == reason, (name, log.text(mark))
    finally:
        subprocess.run(["rm", "-f", session.record], check=True)
        session.close()

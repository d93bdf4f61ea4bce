"""
Tokens that are bound to the ssh key of the login, without authorized_keys (docs/bound-tokens.md): real sshd, ssh and
ssh-agent with the files of etc/bound; FIDO keys by an authenticator of ours (tests/client/authenticator.c). Each part is taken away in turn: strangers, passwords and root stay outside
(attacks REV-01, REV-02, REV-05), and doctor says which part it is.
"""
import base64
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from jwcrypto import jwk

import host
from conftest import BUILD, PASSWORDS
from local_issuer import SECTION, LocalIssuer

PARTS = host.CHECKOUT / "etc" / "bound"
SNIPPET = pathlib.Path("/etc/ssh/sshd_config.d/10-pam_jwt-bound.conf")
SSHD_CONFIG = pathlib.Path("/etc/ssh/sshd_config")
EARLIER = SNIPPET.with_name("05-other.conf")
BOUND = pathlib.Path("/etc/security/pam_jwt.conf.d/bound.conf")
GRANT = "[grant/local]\nissuer = local\nservices = sshd sudo\nuser = alice bob root\n"
EVERY = "publickey,password,keyboard-interactive"
AUTHENTICATOR = BUILD / "tests" / "client" / "authenticator.so"
FIDO = {"ed25519-sk": ("ed25519-sk", "-w", AUTHENTICATOR), "ecdsa-sk": ("ecdsa-sk", "-w", AUTHENTICATOR)}
TYPES = {"ed25519": ("ed25519",), "ecdsa": ("ecdsa", "-b", "256"), "ecdsa-384": ("ecdsa", "-b", "384"),
         "ecdsa-521": ("ecdsa", "-b", "521"), "rsa": ("rsa", "-b", "2048"), **FIDO}


def strings(blob):
    """The strings of an ssh public key."""
    found = []
    while blob:
        end = 4 + int.from_bytes(blob[:4], "big")
        found, blob = [*found, blob[4:end]], blob[end:]
    return found


def inner_key(key):
    """The public key inside of a FIDO key, which python3-cryptography does not read: PROTOCOL.u2f."""
    kind, *rest = strings(base64.b64decode(pathlib.Path(f"{key}.pub").read_text().split()[1]))
    if kind == b"sk-ssh-ed25519@openssh.com":
        return ed25519.Ed25519PublicKey.from_public_bytes(rest[0])
    assert kind == b"sk-ecdsa-sha2-nistp256@openssh.com" and rest[0] == b"nistp256" and rest[2] == b"ssh:"
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), rest[1])


def jkt(key):
    public = inner_key(key) if key.name in FIDO else load_ssh_public_key(pathlib.Path(f"{key}.pub").read_bytes())
    return jwk.JWK.from_pyca(public).thumbprint()


@pytest.fixture(scope="module")
def keys(machine):
    """Keys of the client alice, and one of a stranger; none is in an authorized_keys file."""
    folder = pathlib.Path("/run/bound-keys")
    folder.mkdir(mode=0o700)
    for name, kind in {**TYPES, "other": ("ed25519",), "stranger": ("ed25519",)}.items():
        host.run("ssh-keygen", "-q", "-t", *kind, "-N", "", "-f", folder / name)
    return {name: folder / name for name in (*TYPES, "other", "stranger")}


@pytest.fixture(scope="module")
def issuer(machine):
    return LocalIssuer()


@pytest.fixture(autouse=True)
def parts(conf, issuer):
    """All parts as they are shipped."""
    if subprocess.run(["getent", "passwd", "_pamjwt-keys"], stdout=subprocess.DEVNULL).returncode:
        host.run("useradd", "--system", "--no-create-home", "--home-dir", "/", "--shell", "/usr/sbin/nologin", "_pamjwt-keys")
    conf(SECTION + GRANT)
    host.write(BOUND, (PARTS / "pam_jwt.conf.d/bound.conf").read_text())
    stack = (PARTS / "pam.d/sshd").read_text()
    host.write("/etc/pam.d/sshd", stack.replace("auth    required pam_jwt.so", "auth    required pam_jwt.so nodelay"))
    command = shutil.which("pamjwt")
    host.write(SNIPPET, (PARTS / "sshd_config.d/10-pam_jwt-bound.conf").read_text().replace("/usr/bin/pamjwt", command))
    kept = SSHD_CONFIG.read_text()
    host.write(SSHD_CONFIG, "HostKey /etc/ssh/throwaway_host_key\nInclude /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n")
    yield
    host.write(SSHD_CONFIG, kept)
    for path in (SNIPPET, EARLIER, BOUND):
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def serving(**options):
    """The most careless sshd around the shipped block: root and passwords are welcome outside of it."""
    with host.Sshd(**{"PermitRootLogin": "yes", **options, "Include": "/etc/ssh/sshd_config.d/*.conf"}) as running:
        yield running


def login(user, key, answer, *options, method="publickey,keyboard-interactive", **more):
    given = [f"IdentityFile={key}", "IdentitiesOnly=yes", f"SecurityKeyProvider={AUTHENTICATOR}"] if key else ["PubkeyAuthentication=no"]
    return host.ssh(user, answer, method=method, options=[*given, *options], **more)


def nobody_gets_in(*tries):
    """At once, since each waits for sshd's delays."""
    with concurrent.futures.ThreadPoolExecutor(len(tries)) as pool:
        went = list(pool.map(lambda one: one(), tries))
    assert [one.ok for one in went] == [False] * len(tries), went


def reasons(log, mark):
    return [line["reason"] for line in log.audits(mark)]


def test_the_key_and_its_token_together_and_neither_alone(issuer, keys, log):
    with serving():
        for name in TYPES:
            mark = log.mark()
            token = issuer.token("alice", cnf={"jkt": jkt(keys[name])})
            assert login("alice", keys[name], token).out == "alice\n", log.text(mark)
            assert [line["detail"] for line in log.audits(mark)] == [f"bound to the key {jkt(keys[name])}"]
        stolen = issuer.token("alice", cnf={"jkt": jkt(keys["ed25519"])})
        mark = log.mark()
        fido = issuer.token("alice", cnf={"jkt": jkt(keys["ed25519-sk"])})
        others = ["stranger", "other", *FIDO]  # a stranger's key, and others of the same user
        nobody_gets_in(*[lambda key=key: login("alice", keys[key], stolen) for key in others],
                       lambda: login("alice", keys["ed25519"], fido))
        assert reasons(log, mark) == ["other-key"] * 5
        assert jkt(keys["ed25519"]) in log.text(mark) and jkt(keys["stranger"]) in log.text(mark)
        mark = log.mark()
        assert not login("alice", keys["ed25519"], issuer.token("alice")).ok
        assert reasons(log, mark) == ["unbound"]
        mark = log.mark()
        root = issuer.token("root", cnf={"jkt": jkt(keys["ed25519"])})
        nobody_gets_in(
            lambda: login("alice", keys["ed25519"], PASSWORDS["alice"]),  # a password beside the key (REV-02)
            lambda: login("alice", None, PASSWORDS["alice"], method="password,keyboard-interactive"),
            lambda: login("alice", None, stolen, method="password,keyboard-interactive"),
            lambda: host.ssh_key("alice", keys["ed25519"]),
            lambda: login("root", keys["ed25519"], root),  # though the grant spells root
            lambda: login("nobody-here", keys["ed25519"], stolen))
        assert not [line for line in log.audits(mark) if line["result"] == "allow"]


@pytest.mark.asan
def test_by_an_agent_and_never_by_a_certificate(issuer, keys, log):
    agent = host.run("ssh-agent", "-s", "-P", AUTHENTICATOR).stdout
    socket, pid = re.search(r"SSH_AUTH_SOCK=([^;]+)", agent)[1], re.search(r"SSH_AGENT_PID=(\d+)", agent)[1]
    try:
        for key in ("ecdsa", "ed25519-sk"):
            host.run("ssh-add", "-q", "-S", AUTHENTICATOR, keys[key], env={**os.environ, "SSH_AUTH_SOCK": socket})
        host.run("ssh-keygen", "-q", "-s", keys["stranger"], "-I", "id", "-n", "alice", f"{keys['other']}.pub")
        with serving():
            token = issuer.token("alice", cnf={"jwk": json.loads(jwk.JWK.from_pyca(load_ssh_public_key(
                pathlib.Path(f"{keys['ecdsa']}.pub").read_bytes())).export_public())})
            public = f"{keys['ecdsa']}.pub"
            assert login("alice", public, token, f"IdentityAgent={socket}").out == "alice\n", log.text()
            touched = issuer.token("alice", cnf={"jkt": jkt(keys["ed25519-sk"])})
            assert login("alice", f"{keys['ed25519-sk']}.pub", touched, f"IdentityAgent={socket}").out == "alice\n", log.text()
            mark = log.mark()
            certificate = [f"CertificateFile={keys['other']}-cert.pub", "PubkeyAcceptedAlgorithms=ssh-ed25519-cert-v01@openssh.com"]
            assert not login("alice", keys["other"], issuer.token("alice", cnf={"jkt": jkt(keys["other"])}), *certificate).ok
            assert reasons(log, mark) == []  # it never comes to a token
    finally:
        os.kill(int(pid), 15)
        pathlib.Path(f"{keys['other']}-cert.pub").unlink(missing_ok=True)


def test_by_a_certificate_whose_authority_the_host_trusts(issuer, keys, log):
    """TrustedUserCAKeys: the key inside of the certificate is the one that counts, a FIDO key's inner key again."""
    authority = keys["stranger"]
    certified = [keys["other"], keys["ecdsa-sk"]]
    host.run("ssh-keygen", "-q", "-s", authority, "-I", "id", "-n", "alice", *[f"{key}.pub" for key in certified])
    try:
        with serving(TrustedUserCAKeys=f"{authority}.pub"):
            for key in certified:
                only = [f"CertificateFile={key}-cert.pub"]
                mark = log.mark()
                assert login("alice", key, issuer.token("alice", cnf={"jkt": jkt(key)}), *only).out == "alice\n", log.text(mark)
                assert not login("alice", key, issuer.token("alice", cnf={"jkt": jkt(authority)}), *only).ok
                assert not login("alice", key, issuer.token("alice"), *only).ok
                assert reasons(log, mark) == ["ok", "other-key", "unbound"]
                assert "-cert-v01@openssh.com" in log.audits(mark)[1]["detail"]
    finally:
        for key in certified:
            pathlib.Path(f"{key}-cert.pub").unlink()


def edit(path, old, new=""):
    text = pathlib.Path(path).read_text()
    assert old in text
    host.write(path, text.replace(old, new))


MISSING = {
    "offer-methods": lambda: edit(SNIPPET, "\tAuthenticationMethods publickey,keyboard-interactive:pam\n"),
    "offer-overridden": lambda: host.write(EARLIER, "Match User alice\n\tAuthorizedKeysCommand /bin/echo %t %k\n\tAuthorizedKeysCommandUser nobody\n"),
    "offer-methods, by an earlier block": lambda: host.write(EARLIER, "Match User alice\n\tAuthenticationMethods publickey password\n"),
    "offer-user": lambda: edit(SNIPPET, "_pamjwt-keys", "no-such-user"),
    "offer-bind": lambda: BOUND.unlink(),
    "offer-account": lambda: edit("/etc/pam.d/sshd", " require_token"),
    "offer-passwords": lambda: edit("/etc/pam.d/sshd", "account required pam_jwt.so",
                                    "auth sufficient pam_unix.so try_first_pass\naccount required pam_jwt.so"),
    "offer-config": lambda: os.chmod(host.CONF, 0o600),
    "bind-keys": lambda: edit(SNIPPET, f"\tAuthorizedKeysCommand {shutil.which('pamjwt')} offer-key %u %t %k\n"),
    "bind-methods": lambda: edit(SNIPPET, SNIPPET.read_text(), "UsePAM yes\nKbdInteractiveAuthentication yes\n"),
    "offer-methods, by UsePAM no": lambda: edit(SSHD_CONFIG, "Include", "UsePAM no\nInclude"),
}


def doctor_finds(command):
    done = subprocess.run(["pamjwt", command, "--json"], stdout=subprocess.PIPE, text=True)
    return [finding["id"] for finding in json.loads(done.stdout)["findings"] if finding["severity"] == "error"], done.returncode


@pytest.mark.parametrize("part", MISSING)
def test_without_one_part_strangers_passwords_and_root_stay_outside(part, issuer, keys, log):
    """REV-01, REV-02: no single mistake allows a login, and doctor and check report it."""
    stolen = issuer.token("alice", cnf={"jkt": jkt(keys["ed25519"])})
    with serving():
        finds = doctor_finds("doctor")[0]
        assert not [name for name in finds if name.startswith(("offer-", "bind-"))]
    MISSING[part]()
    with serving(**({"UsePAM": "no"} if "UsePAM" in part else {})):
        for command, status in (("doctor", 1), ("check", 2)):
            finds, exit_status = doctor_finds(command)
            assert part.split(",")[0] in finds, (command, finds)
            assert exit_status == status
        passwords = {"root": "never used 0", **PASSWORDS}
        nobody_gets_in(*[how for user in ("alice", "root") for how in (
            lambda user=user: host.ssh_key(user, keys["stranger"]),
            lambda user=user: login(user, keys["stranger"], stolen),
            lambda user=user: login(user, keys["stranger"], passwords[user], method=EVERY),
            lambda user=user: login(user, None, passwords[user], method=EVERY))])

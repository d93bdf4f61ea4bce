"""
System tests run in a throw-away copy of the host and nowhere else:

    tools/machine/throwaway /usr/bin/python3 -m pytest tests/system -k NAME

PAMJWT_BUILD is the build directory that is installed there (default: build). See docs/HACKING.md.
"""
import json
import os
import pathlib
import pwd
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools/machine"))
import host  # noqa: E402
import provider as provider_module  # noqa: E402
import sanitizer  # noqa: E402

BUILD = host.CHECKOUT / os.environ.get("PAMJWT_BUILD", "build")
DEBIAN_PAM = pathlib.Path("/run/pam.d.debian")  # pam.d as the distribution has it
PASSWORDS = {"alice": "correct horse 7", "bob": "battery staple 8", "mallory": "Tr0ub4dor 9"}
CONF = f"""\
[issuer/acme]
issuer = {host.ISSUER}
audience = ssh://%h
ca_file = /etc/ssl/throwaway/ca.pem
leeway = 0s

[grant/staff]
issuer = acme
user = %{{preferred_username}}
services = sshd sudo su
"""


def pytest_configure(config):
    if not host.inside():
        raise pytest.UsageError("these tests rewrite /etc: run them by `./dev test`, or see tests/system/conftest.py")
    config.addinivalue_line("markers", "asan: also runs in the pass under ASan and UBSan")
    config.addinivalue_line("markers", "slow: takes a minute; under ASan and UBSan in ./dev soak only")


@pytest.fixture(scope="session")
def log():
    """Everything that sshd, sudo, su and the module send to syslog."""
    return host.LogCollector()


@pytest.fixture(scope="session")
def ca():
    return host.CertificateAuthority("/etc/ssl/throwaway")


@pytest.fixture(scope="session")
def machine(log, ca):
    """pam_jwt installed; the people alice (may sudo), bob and mallory; no stack is set yet."""
    host.use_local_names()
    shutil.copytree("/etc/pam.d", DEBIAN_PAM)
    host.install(BUILD)
    for name, password in PASSWORDS.items():
        host.add_user(name, password, sudo=name == "alice")
    host.run("chpasswd", input="root:never used 0\n")
    with sanitizer.preloaded(BUILD):
        yield host


@pytest.fixture(scope="session")
def session_provider(machine, ca):
    running = provider_module.Provider(ca, "/run/provider")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def provider(session_provider):
    """The OpenID provider at https://login.acme.example, running when the test starts."""
    session_provider.start()
    return session_provider


@pytest.fixture
def keys_endpoint(machine, ca):
    """An issuer of our own at https://keys.acme.example, whose endpoint answers what a test wants."""
    with provider_module.KeysEndpoint(ca) as running:
        yield running


@pytest.fixture
def conf(machine):
    """The configuration, one issuer and one grant; conf(text) replaces it. The cache of keys starts empty."""
    def replace(text, mode=0o644):
        host.write(host.CONF, text, mode)

    replace(CONF)
    forget_keys()
    yield replace
    replace(CONF)


@pytest.fixture(params=["token-or-password", "token-only"])
def stack(request, machine):
    """Both stacks, for sshd, sudo and su; its value is the stack's name."""
    use_stack(request.param)
    return request.param


@pytest.fixture
def sshd(machine):
    with host.Sshd() as running:
        yield running


@pytest.fixture(scope="session")
def key(machine):
    """A private key file whose public half alice accepts."""
    path = pathlib.Path("/root/throwaway_key")
    host.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path)
    who = pwd.getpwnam("alice")
    keys = host.write("/home/alice/.ssh/authorized_keys", path.with_suffix(".pub").read_text())
    for file in (keys, keys.parent):
        os.chown(file, who.pw_uid, who.pw_gid)
    return path


def use_stack(kind, args="", *, auth="nodelay"):
    """One of the two stacks for sshd, sudo and su. Without the delay after refusals, unless the test is about it."""
    for service in ("sshd", "sudo", "su"):
        host.set_stack(service, kind, args, auth=auth)


def forget_keys():
    """An empty cache, and no memory of when was asked last."""
    for folder in (host.CACHE, host.RUN / "lock"):
        for path in folder.glob("*"):
            path.unlink()


def older(text, seconds):
    """A file of cached keys as if they had been asked for that much earlier."""
    first, second = text.splitlines()
    line = json.loads(first)
    line["asked_at"] -= seconds
    line["fresh_until"] -= seconds
    return json.dumps(line) + "\n" + second + "\n"


def make_old(seconds, *files):
    """As if the cached keys (default: those of keys_endpoint) had been fetched that much earlier, without a record of the attempt."""
    texts = {path: older(path.read_text(), seconds) for path in files or [host.CACHE / "keys.json"]}
    forget_keys()
    for path, text in texts.items():
        host.write(path, text)

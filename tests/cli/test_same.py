"""`pamjwt check` gives the answer that a login gets: the same tokens through the real module in a real libpam."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest
from conftest import ROOT
from test_check import CONF, NOW  # noqa: F401 (the same policy)

MODULE = os.environ.get("PAMJWT_MODULE")
WRAPPER = next(iter(pathlib.Path("/usr/lib").rglob("libpam_wrapper.so")), None)
pytestmark = pytest.mark.skipif(not (MODULE and WRAPPER and shutil.which("pamtester")),
                                reason="needs pam_wrapper and pamtester")

# What pam_strerror says of each answer.
SAYS = {
    "SUCCESS": "successfully authenticated",
    "AUTH_ERR": "Authentication failure",
    "CRED_UNAVAIL": "Authentication service cannot retrieve user credentials",
    "AUTHINFO_UNAVAIL": "Authentication service cannot retrieve authentication info",
    "SERVICE_ERR": "Error in service module",
}
ANSWERS = dict(re.findall(r'^PJWT_REASON\(\w+, "([^"]+)", \w+, (\w+),', (ROOT / "lib" / "reasons.def").read_text(), re.M))


@pytest.fixture(scope="module")
def world(pamjwt, tmp_path_factory):
    folder = tmp_path_factory.mktemp("same")
    (folder / "jwks.json").write_text(pamjwt("keygen", "--kid", "k1", "--out", folder / "key.jwk").out)
    (folder / "other.json").write_text(pamjwt("keygen", "--kid", "k1", "--out", folder / "other.jwk").out)
    (folder / "pam_jwt.conf").write_text(CONF.format(jwks=folder / "jwks.json"))
    services = folder / "services"
    services.mkdir()
    for service in ("sshd", "sudo", "su"):
        (services / service).write_text(f"auth required {MODULE} config={folder}/pam_jwt.conf nodelay\n")
    return folder


def login(world, service, user, token):
    """What a real login says, in the words of pam_strerror."""
    preload = [os.environ.get("LD_PRELOAD", ""), str(WRAPPER)]
    env = os.environ | {"LD_PRELOAD": ":".join(filter(None, preload)), "PAM_WRAPPER": "1",
                        "PAM_WRAPPER_SERVICE_DIR": str(world / "services")}
    done = subprocess.run(["pamtester", service, user, "authenticate"], input=token + "\n", capture_output=True, text=True,
                          env=env, timeout=60)
    return done.stdout + done.stderr


LOGINS = {
    "accepted": {},
    "expired": {"exp": "-10s"},
    "lifetime": {"exp": "+2h"},
    "another audience": {"audience": "ssh://db2"},
    "another issuer": {"issuer": "https://evil.example"},
    "another key": {"key": "other.jwk"},
    "another group": {"claims": '{"groups":["windows"]}'},
    "no groups": {"claims": "{}"},
    "another user": {"user": "daemon"},
    "an unknown user": {"user": "no-such-user-here"},
    "another service": {"service": "su"},
    "sudo without auth_time": {"service": "sudo"},
    "sudo with a fresh one": {"service": "sudo", "claims": '{"groups":["linux"],"auth_time":%d}' % NOW},
    "not yet": {"nbf": "+1h"},
    "unknown kid": {"kid": "k2"},
    "no token": {"raw": "hunter2"},
    "cut": {"cut": True},
    "a password while the configuration is broken": {"raw": "hunter2", "remove": "pam_jwt.conf"},
    "no file of keys": {"remove": "jwks.json"},
    "broken configuration": {"remove": "pam_jwt.conf"},
}


def make(pamjwt, world, case):
    if "raw" in case:
        return case["raw"]
    args = ["--issuer", case.get("issuer", "https://login.acme.example"), "--subject", "s", "--iat", "now",
            "--exp", case.get("exp", "+5m"), "--audience", case.get("audience", "ssh://db1")]
    for name in ("nbf", "kid"):
        args += [f"--{name}", case[name]] if name in case else []
    claims = case.get("claims", '{"groups":["linux"]}').replace(str(NOW), str(int(__import__("time").time())))
    return pamjwt("encode", claims, "--key", world / case.get("key", "key.jwk"), *args).line


@pytest.mark.parametrize("name", LOGINS)
def test_the_same_answer(pamjwt, world, name):
    case = LOGINS[name]
    user, service = case.get("user", "root"), case.get("service", "sshd")
    token = make(pamjwt, world, case)
    if case.get("cut"):
        token = token[:token.rindex(".")]
    removed = world / case["remove"] if "remove" in case else None
    if removed:
        removed.rename(removed.with_suffix(".away"))
    try:
        said = login(world, service, user, token)
        checked = subprocess.run([os.environ["PAMJWT"], "check", token, "--config", world / "pam_jwt.conf", "--user", user,
                                  "--service", service, "--json"], capture_output=True, text=True)
    finally:
        if removed:
            removed.with_suffix(".away").rename(removed)
    reason = re.search(r'"reason":"([^"]+)"', checked.stdout)[1]
    assert SAYS[ANSWERS[reason]] in said, (reason, said)
    assert (checked.returncode == 0) == ("successfully authenticated" in said)



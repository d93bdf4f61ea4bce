"""
`pamjwt check` gives the answer that a login gets: the same tokens through the real module in a real libpam. First logins
made here, then every case of a whole decision (tests/cases/login.json) at the time and with the users of the case.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time

import pytest
from conftest import ROOT
from test_check import CONF, NOW  # noqa: F401 (the same policy)

MODULE = os.environ.get("PAMJWT_MODULE")
WRAPPER, USERS, CLOCK = (next(iter(pathlib.Path("/usr/lib").rglob(name)), None)
                         for name in ("libpam_wrapper.so", "libnss_wrapper.so", "libfaketime.so.1"))
sys.path.append(str(ROOT / "tests" / "cases"))
import casefile  # noqa: E402

pytestmark = pytest.mark.skipif(not (MODULE and WRAPPER and USERS and CLOCK and shutil.which("pamtester")),
                                reason="needs pam_wrapper, nss_wrapper, libfaketime and pamtester")
ONE_AT_A_TIME = threading.Lock()

# What pam_strerror says of each PAM code.
SAYS = {
    "SUCCESS": "successfully authenticated",
    "AUTH_ERR": "Authentication failure",
    "CRED_UNAVAIL": "Authentication service cannot retrieve user credentials",
    "AUTHINFO_UNAVAIL": "Authentication service cannot retrieve authentication info",
    "SERVICE_ERR": "Error in service module",
}
PAM_CODES = dict(re.findall(r'^PJWT_REASON\(\w+, "([^"]+)", \w+, (\w+),', (ROOT / "lib/base/reasons.def").read_text(), re.M))


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
    claims = case.get("claims", '{"groups":["linux"]}').replace(str(NOW), str(int(time.time())))
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
    assert SAYS[PAM_CODES[reason]] in said, (reason, said)
    assert (checked.returncode == 0) == ("successfully authenticated" in said)


class Case:
    """A case of tests/cases/login.json, laid out as a host. arguments: the configuration is in pam.d, in no file."""

    def __init__(self, source, folder, arguments=False):
        self.source, self.folder = source, folder
        folder.mkdir()
        self.token = (source.token or b"").decode()
        self.service, self.rhost, self.now = source.service.decode(), source.rhost.decode(), source.now
        self.user, uid = source.user["name"], source.user.get("uid")
        conf = source.conf.decode().removesuffix("\n")
        for mark in ("keys", "keys2"):
            (folder / mark).touch(0o600)
            (folder / mark).write_bytes(getattr(source, mark) or b"")
            conf = conf.replace(f"@{mark.upper()}@", str(folder / mark))
        self.conf = folder / "conf"
        self.conf.write_text(conf + "\n")
        self.auth_info = (source.authInfo or b"").decode()  # sshd's line; `check` is given the key in it
        self.ssh_key = []
        if self.auth_info:
            (folder / "key.pub").write_text(self.auth_info.removeprefix("publickey "))
            self.ssh_key = ["--ssh-key", folder / "key.pub"]
        (folder / "services").mkdir()
        given = f"config={self.conf}"
        if arguments:
            given = " ".join(f"{key}={value}" for key, value in re.findall(r"(issuer|audience|jwks) +=\s+(\S+://\S+)", conf))
        (folder / "services" / self.service).write_text(f"auth required {MODULE} {given} nodelay\n")
        listed = f"{self.user}:x:{uid}:{uid}::/:/bin/sh\n" if uid is not None and not set(self.user) & set(":\n") else ""
        (folder / "passwd").write_text(listed + "somebody:x:12345:12345::/:/bin/sh\n")
        (folder / "group").write_text("somebody:x:12345:\n")

    def run(self, *command, preload=(), **env):
        libraries = ":".join(map(str, (*preload, USERS)))
        done = subprocess.run([*map(str, command)], input=self.token + "\n", capture_output=True, text=True, errors="replace",
                              timeout=120, env=os.environ | {
                                  "LD_PRELOAD": libraries, "NSS_WRAPPER_PASSWD": str(self.folder / "passwd"),
                                  "NSS_WRAPPER_GROUP": str(self.folder / "group"), **env})
        return done.stdout, done.stderr

    def log_in(self):
        """The result of the login, in words, and what the module logged, which pam_wrapper writes to stderr.

        One at a time: pam_wrapper takes one of a few folders in /tmp, and two that start together can meet in one.
        """
        proved = ["-E", f"SSH_AUTH_INFO_0={self.auth_info}"] if self.auth_info else []
        with ONE_AT_A_TIME:
            out, err = self.run("pamtester", "-I", f"rhost={self.rhost}", *proved, self.service, self.user, "authenticate",
                                preload=(WRAPPER, CLOCK), PAM_WRAPPER="1", PAM_WRAPPER_DEBUGLEVEL="2", TZ="UTC",
                                PAM_WRAPPER_SERVICE_DIR=str(self.folder / "services"),
                                FAKETIME=time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self.now)))
        audit = re.findall(r"SYSLOG\(\d\): result=(\w+) reason=(\S+) .*", err)
        return out + err, audit

    def check(self):
        out, err = self.run(os.environ["PAMJWT"], "check", "-", "--config", self.conf, "--now", self.now, "--user", self.user,
                            "--service", self.service, *self.ssh_key, "--json")
        return json.loads(out or "null"), err

    def differs(self):
        """What check, the login and the case disagree on; None: nothing."""
        (said, audit), (checked, err) = self.log_in(), self.check()
        if not checked:
            return f"{self.source.id}: {err}"
        reason, expected = checked["reason"], self.source.reason
        line = [("allow" if checked["ok"] else "deny", reason)]
        if reason == "not-a-token":  # looked at before any stage of a decision, and no line in the log
            expected, line = reason if expected == "malformed" else expected, []
        if audit == line and SAYS[PAM_CODES[reason]] in said and reason == expected:
            return None
        return f"{self.source.id}: expected {expected}, check {checked}, login {audit}: {said[-400:]}"


def sources():
    return casefile.load(ROOT / "tests/cases/login.json") + casefile.load(ROOT / "tests/cases/hand/login.json")


def test_the_same_answer_in_every_case_of_a_whole_decision(tmp_path):
    found = sources()
    assert len(found) > 150
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda source: Case(source, tmp_path / f"{source.topic}-{source.id}").differs(), found))
    assert [text for text in found if text] == []


def test_module_arguments_are_a_file_with_one_issuer_and_one_grant(tmp_path):
    """Every case of the usual configuration, which is that file, by arguments alone: the answers of the case."""
    found = sources()
    usual = next(source.conf for source in found if source.id == "good")
    cases = [Case(source, tmp_path / f"{source.topic}-{source.id}", arguments=True) for source in found if source.conf == usual]
    cases = [case for case in cases if case.service == "sshd" and case.source.id != "prs-01-no-token"]
    assert len(cases) > 70
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        audits = list(pool.map(lambda case: [reason for _, reason in case.log_in()[1]], cases))
    expected = [[case.source.reason] for case in cases]
    assert [(c.source.id, e, a) for c, e, a in zip(cases, expected, audits) if e != a] == []


def test_every_truncation_of_a_token_has_the_reason_of_a_login():
    """Three tokens that end after 511, 1023 and 4095 bytes, where clients truncate: every number of bytes that may arrive."""
    with subprocess.Popen([os.environ["PAMJWT_TRUNCATIONS"], MODULE, "daemon", "530", "1040", "4110"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as logins:
        folder = pathlib.Path(logins.stdout.readline().strip())
        given = [(logins.stdout.readline().strip(), logins.stdout.readline().split()) for _ in range(3)]
        command = [os.environ["PAMJWT"], "check", "-", "--config", folder / "pam_jwt.conf", "--user", "daemon", "--json"]

        def check(text):
            done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60)
            return json.loads(done.stdout)["reason"]

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            found = [list(pool.map(check, (token[:n + 1] for n in range(len(token))))) for token, _ in given]
        logins.stdin.close()
    for (token, reasons), checked in zip(given, found):
        assert len(reasons) == len(token)
        assert [(n + 1, *pair) for n, pair in enumerate(zip(reasons, checked)) if pair[0] != pair[1]] == []
    assert [sorted({reasons[n - 1] for _, reasons in given if len(reasons) > n}) for n in (511, 1023, 4095)] == [["truncated"]] * 3
    assert {"not-a-token", "truncated"} < {reason for _, reasons in given for reason in reasons}

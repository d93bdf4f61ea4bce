"""Sessions that a token opened, for tests: the configuration, the stacks, and a command in such a session."""
import json
import os
import pathlib
import subprocess
import time

import pytest

import host
from local_issuer import GRANT, ISSUER, SECTION, LocalIssuer

PENDING = host.RUN / "pending"
SESSION = host.RUN / "session"
METHODS = ("password", "keyboard-interactive")
SUDO = """
[service/sudo]
reuse_login = yes
also = sudo-i
"""
SSHD_STACK = """\
auth [success=done cred_unavail=ignore module_unknown=ignore default=die] pam_jwt.so nodelay
auth [success=done default=ignore] pam_unix.so try_first_pass
auth requisite pam_deny.so
account [success=ok new_authtok_reqd=ok ignore=ignore module_unknown=ignore default=bad] pam_jwt.so
account required pam_unix.so
session required pam_env.so user_readenv=1
session required pam_loginuid.so
-session optional pam_jwt.so debug
session required pam_unix.so
"""


@pytest.fixture(scope="module")
def issuer(machine):
    return LocalIssuer()


@pytest.fixture(autouse=True)
def configured(conf, issuer):
    conf(SECTION + GRANT + SUDO)
    host.write("/etc/pam.d/sshd", SSHD_STACK)
    host.set_stack("sudo", "token-or-password", auth="nodelay")
    host.write("/etc/pam.d/sudo-i", pathlib.Path("/etc/pam.d/sudo").read_text())
    host.write("/etc/sudoers.d/alice", "Defaults noninteractive_auth, timestamp_timeout=0, passwd_tries=1\n"
                                       "alice ALL=(ALL:ALL) ALL\n", 0o440)
    yield
    host.may_sudo("alice")


def names(folder):
    return sorted(os.listdir(folder)) if folder.exists() else []


def nothing_is_left():
    return not names(PENDING) and not names(SESSION)


def in_session(issuer, command, *, method="keyboard-interactive", user="alice", **claims):
    """Runs a command in an ssh session that a token opened, and sees that the session leaves nothing."""
    login = host.ssh(user, issuer.token(user, **claims), method=method, command=command)
    host.wait_for("the record to go", nothing_is_left)
    return login


class AuditSession:
    """An audit session as a login makes it, but without a record: commands in it, by any user."""

    LOOP = """echo 0 >/proc/self/loginuid; cat /proc/self/sessionid; echo
while IFS= read -r line; do sh -c "$line" </dev/null 2>&1; echo; echo =$?; done"""

    def __init__(self):
        self.shell = subprocess.Popen(["sh", "-c", self.LOOP], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                      start_new_session=True, cwd="/")
        self.id = int(self.shell.stdout.readline())
        self.record = SESSION / str(self.id)

    def run(self, command, user="alice"):
        """What the command printed."""
        self.shell.stdin.write(f"setpriv --reuid {user} --regid {user} --init-groups {command}\n")
        self.shell.stdin.flush()
        lines = list(iter(self.shell.stdout.readline, "=0\n"))
        return "".join(lines).rstrip("\n")

    def close(self):
        self.shell.kill()
        self.shell.communicate()


def record_of(user="alice", *, ttl=300, claims=None, **members):
    """The record of a login by a token, as a text."""
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": f"ssh://{host.HOSTNAME}", "sub": user, "iat": now, "exp": now + ttl, **(claims or {})}
    record = {"version": 1, "uid": host.pwd.getpwnam(user).pw_uid, "user": user, "service": "sshd", "issuer": "local",
              "grant": "local", "iss": ISSUER, "sub": user, "alg": "ES256", "claims": json.dumps(claims), "since": now,
              "exp": claims["exp"], "until": claims["exp"], "session_until_exp": False, "session_before": 0}
    return json.dumps({**record, **members})


def put_record(session, text, mode=0o600):
    """Puts a record there as the module would."""
    for folder, bits in ((host.RUN, 0o755), (SESSION, 0o700)):
        folder.mkdir(exist_ok=True)
        folder.chmod(bits)
    return host.write(session.record, text, mode)

"""
Runs under a booted systemd (tests/machine/booted), for test_logind.py: real sshd, pam_systemd and logind. Prints one JSON
object a case. The accounts and pam_jwt are there already.
"""
import json
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "machine")]
import host  # noqa: E402
from local_issuer import GRANT, SECTION, LocalIssuer  # noqa: E402

STACK = """\
auth required pam_jwt.so
account required pam_jwt.so require_token
account required pam_unix.so
session required pam_loginuid.so
{0}
session required pam_unix.so
"""
OURS = "-session optional pam_jwt.so"
SYSTEMD = "session required pam_systemd.so"
LIFE = 8  # seconds


def journal():
    return subprocess.run(["journalctl", "-b", "--no-pager", "-o", "cat"], stdout=subprocess.PIPE, text=True).stdout


def login(issuer, session_lines, command, tty=False):
    """One login with a token of LIFE seconds: how long it lasted past exp, and what was seen."""
    host.write("/etc/pam.d/sshd", STACK.format("\n".join(session_lines)))
    before = len(journal())
    exp = int(time.time()) + LIFE
    token = issuer.token("alice", ttl=LIFE)
    what = {"command": "", "given": command + "\n", "options": ("RequestTTY=force",)} if tty else {"command": command}
    done = host.ssh("alice", token, port=2222, **what)
    time.sleep(0.5)
    return {"ok": done.ok, "out": done.out, "err": done.err, "past_exp": time.time() - 0.5 - exp, "log": journal()[before:]}


def main():
    subprocess.run(["systemctl", "start", "systemd-logind.service", "dbus.service"], check=True)
    host.use_local_names()
    subprocess.run(["hostname", host.HOSTNAME], check=True)
    issuer = LocalIssuer()
    host.write(host.CONF, SECTION + GRANT + "[service/sshd]\nsession_until_exp = yes\n")
    show = "loginctl show-session $XDG_SESSION_ID -p Scope -p Id; cat /proc/self/sessionid; echo; sleep 30; echo survived"
    with host.Sshd(port=2222):  # the system has an sshd of its own
        cases = {
            "ends": login(issuer, [OURS, SYSTEMD], show, tty=True),
            "behind pam_systemd": login(issuer, [SYSTEMD, OURS], "sleep 1; echo here"),
        }
    cases["left"] = [str(p) for p in pathlib.Path("/run/pam_jwt").glob("*/*")]
    print("RESULT " + json.dumps(cases))


main()

"""
Runs under a booted systemd (tools/machine/booted), for test_logind.py: real sshd, pam_systemd and logind. Prints one JSON
object. The accounts and pam_jwt are there already.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tools/machine")]
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
SYSTEMD = "session optional pam_systemd.so"
LIFE = 10  # seconds
# The last one records when it is asked to end, and stays; the others would continue if not ended.
COMMAND = """\
cat /proc/self/sessionid; echo; loginctl show-session $XDG_SESSION_ID -p Scope -p Id
systemctl show session-$XDG_SESSION_ID.scope -p TimeoutStopUSec -p RuntimeMaxUSec -p ActiveEnterTimestampMonotonic
systemctl show user@$(id -u).service -p InactiveExitTimestampMonotonic -p ActiveEnterTimestampMonotonic | sed s/^/Manager/
nohup sleep 3001 >/dev/null 2>&1 &
setsid sleep 3002 &
systemd-run --user --quiet sleep 3003; echo "user service: $?"
setsid sh -c 'trap "date +%s.%N >>/tmp/asked-$(id -un)" HUP TERM; sleep 3004; sleep 3005; sleep 3007' &
sleep 30; echo survived
"""
DROP_IN = "/etc/systemd/system/session-.scope.d/pam_jwt.conf"


def journal(*args):
    return subprocess.run(["journalctl", "-b", "--no-pager", *args], stdout=subprocess.PIPE, text=True).stdout


def runs(user, seconds):
    """Is this `sleep` of the user's still there?"""
    return subprocess.run(["pgrep", "-u", user, "-f", f"(^|/)sleep {seconds}$"], stdout=subprocess.DEVNULL).returncode == 0


def login(issuer, user, command, tty=False):
    """One login with a token of LIFE seconds: how long it lasted past exp, and what was seen."""
    exp = int(time.time()) + LIFE
    token = issuer.token(user, exp=exp)
    what = {"command": "", "given": command + "exit\n", "options": ("RequestTTY=force",)} if tty else {"command": command}
    done = host.ssh(user, token, port=2222, **what)
    return {"ok": done.ok, "out": done.out, "err": done.err, "past_exp": time.time() - exp, "exp": exp}


def with_stack(issuer, *lines, command="logger the command runs; echo here"):
    """A login with these session lines, and what was logged meanwhile, by the command too."""
    host.write("/etc/pam.d/sshd", STACK.format("\n".join(lines)))
    before = len(journal("-o", "cat"))
    seen = login(issuer, "alice", command)
    host.wait_for("sshd to be through with it", lambda: "session closed for user alice" in journal("-o", "cat")[before:])
    return {**seen, "log": journal("-o", "cat")[before:]}


def scope(shown):
    """
    When systemd ends the scope, in seconds since 1970: from its start on, as long as RuntimeMaxUSec says (9.25s); and how
    long the start of the user's own systemd took.
    """
    values = dict(re.findall(r"(\w+)=(\S+)", shown))
    start = int(values["ActiveEnterTimestampMonotonic"]) / 1e6 + time.time() - time.monotonic()
    manager = (int(values["ManagerActiveEnterTimestampMonotonic"]) - int(values["ManagerInactiveExitTimestampMonotonic"])) / 1e6
    return {"due": start + float(values["RuntimeMaxUSec"].removesuffix("s")), "manager": manager}


def start_cron():
    """A job of alice's that has nothing to do with her session."""
    pathlib.Path("/run/crond.reboot").unlink(missing_ok=True)
    tab = host.write("/var/spool/cron/crontabs/alice", "@reboot sleep 3006\n", 0o600)
    os.chown(tab, host.pwd.getpwnam("alice").pw_uid, -1)
    subprocess.run(["systemctl", "restart", "cron.service"], check=True)
    host.wait_for("the job", lambda: runs("alice", 3006))


def until_exp(issuer):
    """alice, and bob who lingers, at the same time: what is left of their sessions afterwards."""
    host.write("/etc/pam.d/sshd", STACK.format(f"{OURS}\n{SYSTEMD}"))
    subprocess.run(["loginctl", "enable-linger", "bob"], check=True)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda user: login(issuer, user, COMMAND, tty=True), ("alice", "bob")))
    cases = dict(zip(("alice", "bob"), done))
    at_once = {user: [n for n in range(3001, 3008) if runs(user, n)] for user in cases}
    time.sleep(5)  # TimeoutStopSec of the drop-in, and UserStopDelaySec
    later = {user: [n for n in range(3001, 3008) if runs(user, n)] for user in cases}
    for user, case in cases.items():
        asked = pathlib.Path(f"/tmp/asked-{user}").read_text().split()
        case.update(at_once=at_once[user], later=later[user], asked=float(asked[0]), **scope(case["out"]))
    return cases


def ended_by_command(issuer):
    """`pamjwt sessions --end` while a service of the user's own systemd runs, which this login started."""
    subprocess.run(["systemctl", "stop", f"user@{host.pwd.getpwnam('alice').pw_uid}.service"], check=True)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        going = pool.submit(login, issuer, "alice", "systemd-run --user --quiet sleep 3008; echo here; sleep 60", False)
        host.wait_for("the user's service", lambda: runs("alice", 3008))
        done = subprocess.run(["/usr/bin/pamjwt", "sessions", "--end", "--sub", "alice"], stdout=subprocess.PIPE, text=True)
        left = runs("alice", 3008)
        return {"out": done.stdout, "status": done.returncode, "left": left, "login": going.result()["out"]}


def without_logind(issuer):
    subprocess.run(["systemctl", "mask", "--now", "--runtime", "--quiet", "systemd-logind.service"], check=True)
    return with_stack(issuer, OURS, SYSTEMD)


def main():
    host.write("/etc/systemd/logind.conf.d/pamjwt-test.conf", "[Login]\nUserStopDelaySec=2s\n")
    host.write(DROP_IN, "[Scope]\nTimeoutStopSec=2s\n")
    subprocess.run(["systemctl", "daemon-reload"], check=True)
    subprocess.run(["systemctl", "start", "dbus.service"], check=True)
    subprocess.run(["systemctl", "restart", "systemd-logind.service"], check=True)
    host.use_local_names()
    subprocess.run(["hostname", host.HOSTNAME], check=True)
    issuer = LocalIssuer()
    host.write(host.CONF, SECTION + GRANT + "[service/sshd]\nsession_until_exp = yes\n")
    if shutil.which("cron"):
        start_cron()
    with host.Sshd(port=2222):  # the system has an sshd of its own
        cases = until_exp(issuer)
        cases["ended"] = ended_by_command(issuer)
        cases["left"] = [str(p) for p in pathlib.Path("/run/pam_jwt").glob("*/*")]
        cases["after pam_systemd"] = with_stack(issuer, SYSTEMD, OURS)
        cases["no pam_systemd"] = with_stack(issuer, OURS)
        cases["no logind"] = without_logind(issuer)
    print("RESULT " + json.dumps(cases))


main()

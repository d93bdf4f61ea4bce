"""
Runs under a booted systemd (tools/machine/booted), for test_three_commands.py: a set-up in a unit that ends, and takes all
its processes along, as a session does under KillUserProcesses=yes. Prints what became of it as one JSON object.
"""
import json
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "tools/machine")]
import host  # noqa: E402

WATCHED = ("/etc/pam.d", "/etc/security", "/etc/ssh", "/etc/sudoers.d")
CERTIFICATE = ("/etc/ssl/throwaway/keys.acme.example.pem", "/etc/ssl/throwaway/keys.acme.example.key")


def look_at(path):
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        return None


def snapshot():
    paths = [path for top in WATCHED for path in pathlib.Path(top).rglob("*")]
    return {str(path): seen for path in paths if (seen := look_at(path)) is not None}


def restored(before, seconds):
    end = time.monotonic() + seconds
    while snapshot() != before and time.monotonic() < end:
        time.sleep(0.2)
    return snapshot() == before


def run_in_a_unit(*command):
    """Its output and exit status, after the unit has ended. (systemd-run --wait would need D-Bus.)"""
    host.run("systemd-run", "--quiet", "--unit=session", "sh", "-c", '"$@" >/run/said 2>&1; echo $? >/run/status', "sh", *command)
    host.wait_for("the set-up", lambda: host.run("systemctl", "is-active", "session", check=False).stdout.strip() in ("inactive", "failed"), 60)
    return pathlib.Path("/run/said").read_text(), int(pathlib.Path("/run/status").read_text())


def main():
    replies, *command = sys.argv[1:]
    endpoint = host.Endpoint(CERTIFICATE)
    for path, text in json.loads(replies).items():
        endpoint.json(path, text)
    before = snapshot()
    said, status = run_in_a_unit(*command, "--yes", "--within", "15s")
    print("RESULT " + json.dumps({
        "said": said, "status": status, "changed": snapshot() != before,
        "processes": host.run("pgrep", "-xa", "pamjwt", check=False).stdout,
        "timers": host.run("systemctl", "list-timers", "--no-pager", "--no-legend").stdout,
        "restored": restored(before, 60),
        "log": host.run("journalctl", "-b", "--no-pager", "-o", "cat", "-t", "pamjwt").stdout,
    }))


main()

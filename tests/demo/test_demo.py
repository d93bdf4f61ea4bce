"""`./dev demo` on this host, as README's first command starts it: what it shows, and that nothing of it stays. Root only."""
import os
import pathlib
import pty
import re
import select
import subprocess
import time

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
STEP = re.compile(rb"^\d+\. ", re.M)


def traces():
    """What a demo that does not clean up would have changed on the host."""
    watched = [pathlib.Path(p) for p in ("/etc/passwd", "/etc/shadow", "/etc/pam.d", "/etc/security", "/etc/ssh", "/etc/sudoers.d",
                                         "/usr/lib", "/home")]
    found = {str(p): (p.stat().st_mtime_ns, sorted(os.listdir(p)) if p.is_dir() else None) for p in watched if p.exists()}
    mounts = [line.split()[4] for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines()]
    return found, sorted(mounts), os.uname().nodename, pathlib.Path("/run/throwaway").exists()


def processes():
    """Demos that are still running, started by any user."""
    return [p.parent.name for p in pathlib.Path("/proc").glob("[0-9]*/cmdline")
            if b"tests/demo/demo.py" in p.read_bytes() and p.parent.name != str(os.getpid())]


def demo(press_ctrl_c_at=None, timeout=300):
    """Runs it at a terminal. Returns (exit status, what it printed)."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(CHECKOUT)
        os.execv("./dev", ["./dev", "demo"])
    out, end, pressed = b"", time.monotonic() + timeout, False
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            out += os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
        if press_ctrl_c_at and not pressed and re.search(rb"^%d\. " % press_ctrl_c_at, out, re.M):
            os.write(terminal, b"\x03")
            pressed = True
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), out.decode(errors="replace").replace("\r\n", "\n")


def test_it_lets_in_and_keeps_out_and_leaves_the_host_as_it_was():
    before = traces()
    status, out = demo()
    assert status == 0, out
    assert len(STEP.findall(out.encode())) >= 8, out
    assert "logged in: yes" in out and "ran as root: yes" in out and out.count("logged in: no") == 3, out
    for word in ("result=allow reason=ok", "reason=expired", "reason=bad-audience", "reason=no-grant"):
        assert word in out, out
    assert traces() == before


def test_ctrl_c_in_the_middle_leaves_the_host_as_it_was():
    before, others = traces(), processes()
    status, out = demo(press_ctrl_c_at=4)
    assert status == 130, out
    assert out.rstrip().endswith("Stopped. The copy of the host is gone, the host is as it was."), out
    assert traces() == before
    assert set(processes()) <= set(others)


def test_a_host_without_namespaces_hears_it_in_one_sentence_before_anything_changes():
    before = traces()
    done = subprocess.run(["setpriv", "--inh-caps", "-sys_admin", "--bounding-set", "-sys_admin", "./dev", "demo"], cwd=CHECKOUT,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith("This host does not allow the namespaces or the overlay"), done.stdout
    assert len(done.stdout.splitlines()) == 1 and traces() == before

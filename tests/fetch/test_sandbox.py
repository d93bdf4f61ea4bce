"""What pamjwt-fetch can still do once it has given up its rights (issue 5; PAM-27, design section 6)."""

import os
import pathlib
import signal
import stat
import subprocess
import time

import pytest
from conftest import needs_root
from world import BUILD, FETCH_UID, HELPER, root, wait_for

PROBE = os.environ.get("PAMJWT_SANDBOX_PROBE", str(BUILD / "tests/fetch/sandbox_probe"))
LANDLOCK = "landlock_create_ruleset"


def landlock_abi() -> int:
    import ctypes

    return ctypes.CDLL(None, use_errno=True).syscall(444, None, 0, 1)


def probe(host, prefix=()):
    cached = host.cache / "acme.json"
    cached.write_text("x")
    cached.chmod(0o644)
    done = subprocess.run([*prefix, PROBE, str(host.lock), str(cached)], capture_output=True, text=True, close_fds=False,
                          preexec_fn=lambda: (os.dup2(0, 9), os.dup2(os.open(host.lock / "open", os.O_RDWR | os.O_CREAT, 0o600), 5)))
    lines = [line.rsplit(" ", 1) for line in done.stdout.splitlines()]
    return {name: value for name, value in lines}


ALWAYS = {"descriptor 9": "no", "be dumpable": "no", "gain privileges": "no", "read hosts": "yes", "write the open lock": "yes"}


def test_what_is_left(host):
    got = probe(host)
    assert {k: got[k] for k in ALWAYS} == ALWAYS
    if root():
        assert got["uid"] == str(FETCH_UID)
    assert (got["start a thread"], got["start a process"], got["listen"]) == ("yes", "no", "no")
    if landlock_abi() >= 1:
        assert got["read certificates"] == "yes"
        for forbidden in ("read passwd", "read proc", "read cache", "write tmp", "write lock"):
            assert got[forbidden] == "no", forbidden
    assert got["signal the parent"] == "no"


KILLED = ["execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "bpf", "mount", "unshare", "setns",
          "io_uring_setup", "memfd_create", "keyctl", "userfaultfd", "setresuid"]
REFUSED = {"clone3": "ENOSYS", "clone": "ENOSYS", "kill": "ENOSYS", "tgkill": "ENOSYS", "prlimit64": "ENOSYS", "listen": "ENOSYS",
           "fcntl owner": "ENOSYS", "fcntl signal": "ENOSYS", "fcntl async": "ENOSYS",
           "unix socket": "EAFNOSUPPORT", "unix datagram pair": "ENOSYS", "netlink audit": "ENOSYS", "packet socket": "ENOSYS"}


def call(host, name, prefix=()):
    return subprocess.run([*prefix, PROBE, str(host.lock), "/nonexistent", name], capture_output=True, text=True)


@pytest.mark.parametrize("name", KILLED + (["x32"] if os.uname().machine == "x86_64" else []))
def test_what_nothing_honest_calls_ends_the_process(host, name):
    """RVW: memfd_create and fexecve, user namespaces and io_uring worked in the sandbox of 0.1.0."""
    assert call(host, name).returncode == -signal.SIGSYS


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_library_may_try_is_refused(host, name):
    done = call(host, name)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"{name} {REFUSED[name]}")


def test_a_kernel_without_seccomp_still_drops_all_else(host, idp):
    trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=seccomp:error=ENOSYS"]
    got = probe(host, trace)
    assert {k: got[k] for k in ALWAYS} == ALWAYS
    assert host.get(prefix=trace)["kids"] == ["k1"]


def test_a_kernel_without_landlock_still_drops_all_else(host):
    got = probe(host, ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={LANDLOCK}:error=ENOSYS"])
    assert {k: got[k] for k in ALWAYS} == ALWAYS
    if root():
        assert got["uid"] == str(FETCH_UID)


def test_a_fetch_works_without_landlock(host, idp):
    trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={LANDLOCK}:error=ENOSYS"]
    assert host.get(prefix=trace)["kids"] == ["k1"]


STEPS = ["close_range", "setgroups", "setresgid", "setresuid", "landlock_restrict_self", "landlock_add_rule", "capget",
         "prctl"]


@pytest.mark.parametrize("call", STEPS)
def test_a_step_that_fails_ends_the_helper_before_it_asks(host, idp, call):
    """Each step is checked."""
    if not root() and call in ("setgroups", "capget"):
        pytest.skip("a step of root's")
    if call.startswith("landlock") and landlock_abi() < 1:
        pytest.skip("no Landlock")
    trace = ["strace", "-f", "-qq", "-o", str(host.folder / "trace"), "-e", f"inject={call}:error=EINVAL"]
    got = host.get(prefix=trace)
    assert (got["reason"], got["kids"]) == ("fetch-failed", []), got
    assert "INJECTED" in (host.folder / "trace").read_text()
    assert idp.requests == []


def test_a_filter_that_cannot_be_loaded_ends_the_helper_before_it_asks(host, idp):
    """libseccomp asks first what the kernel knows; its last call loads the filter."""
    out = host.folder / "trace"
    host.get(prefix=["strace", "-f", "-qq", "-o", str(out), "-e", "trace=seccomp"])
    for file in [*host.cache.iterdir(), *host.lock.iterdir()]:
        file.unlink()  # what the first run brought and noted
    last, asked = out.read_text().count("seccomp("), len(idp.requests)
    got = host.get(prefix=["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject=seccomp:error=ENOMEM:when={last}"])
    assert (got["reason"], got["kids"]) == ("fetch-failed", []), got
    assert "seccomp" in got["detail"] and len(idp.requests) == asked


@needs_root
def test_a_user_change_that_only_pretends_is_noticed(host, idp):
    """setresuid that answers 0 and does nothing."""
    trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=setresuid:retval=0"]
    got = host.get(prefix=trace)
    assert (got["reason"], idp.requests) == ("fetch-failed", [])
    assert "not changed" in got["detail"]


@needs_root
def test_the_order_of_the_steps(host, idp):
    """All rights are gone before the request is read and before a library of curl's is initialised."""
    out = host.folder / "trace"
    host.get(prefix=["strace", "-f", "-qq", "-o", str(out)])
    lines = out.read_text().splitlines()
    start = max(i for i, line in enumerate(lines) if "execve(" in line)
    helper = lines[start].split()[0]
    calls = [line.split(None, 1)[1] for line in lines[start:] if line.split()[0] == helper]

    def position(text, start=0):
        return next((i for i in range(start, len(calls)) if calls[i].startswith(text)), len(calls))

    steps = ["close_range(", "prlimit64(0, RLIMIT_CORE, {", "setgroups(0", "setresgid(", "setresuid(",
             "prctl(PR_SET_PDEATHSIG, SIGKILL", "getppid(", "prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE",
             "prctl(PR_SET_NO_NEW_PRIVS", "alarm("]
    steps += ["landlock_restrict_self("] if landlock_abi() >= 1 else []
    steps += ["seccomp(SECCOMP_SET_MODE_FILTER"]
    at = 0
    for step in steps + ["read(0", "socket(AF_INET"]:
        at = position(step, at)
        assert at < len(calls), f"{step} comes too early or never"
    assert position("read(0") > position(steps[-1])
    assert position("socket(AF_INET") > position("read(0")


@needs_root
def test_the_helper_at_work_belongs_to_its_user_and_cannot_be_taken_over(host, idp):
    idp.answers["/jwks"].delay = 1
    caller = host.start()
    while idp.asked() == 0:
        time.sleep(0.01)
    pid = int(subprocess.run(["pgrep", "-P", str(caller.pid)], capture_output=True, text=True).stdout)
    status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    assert status["Uid"].split() == [str(FETCH_UID)] * 4
    assert status["Gid"].split() == [str(FETCH_UID)] * 4
    assert status["Groups"].strip() == ""
    assert status["NoNewPrivs"] == "1"
    assert int(status["CapPrm"], 16) == int(status["CapEff"], 16) == 0
    assert os.stat(f"/proc/{pid}/mem").st_uid == 0  # not dumpable: not even its own user opens that
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
    assert "Max core file size        0                    0" in limits
    taken = subprocess.run(
        ["setpriv", f"--reuid={FETCH_UID}", f"--regid={FETCH_UID}", "--clear-groups", "/usr/bin/python3", "-c",
         f"import ctypes, os; p = os.pidfd_open({pid}); l = ctypes.CDLL(None, use_errno=True);"
         "raise SystemExit(l.syscall(438, p, 1, 0) >= 0 or ctypes.get_errno() != 1)"]
    )
    assert taken.returncode == 0, "pidfd_getfd by a process of the same user is refused"
    caller.wait()


def test_the_helper_ends_with_its_caller(host, idp):
    """RVW-34: whatever it is doing, also when the caller is killed."""
    idp.answers["/jwks"].delay = 8
    caller = host.start()
    wait_for(lambda: idp.asked() == 1)
    pid = int(subprocess.run(["pgrep", "-P", str(caller.pid)], capture_output=True, text=True).stdout)
    caller.kill()
    caller.wait()
    wait_for(lambda: not pathlib.Path(f"/proc/{pid}").exists(), 2)


@needs_root
def test_a_caller_that_ends_first_is_noticed(host):
    """RVW-34: getppid() answers another process than at the start: the signal would never come."""
    trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=getppid:retval=1:when=2"]
    assert "caller has ended" in host.get(prefix=trace)["detail"]


@needs_root
def test_a_user_s_speed_does_not_reach_the_helper(host, idp):
    """RVW-33: CPUs, scheduling class, nice value and disk class are those of a new process."""
    idp.answers["/jwks"].delay = 1
    slow = ["taskset", "-c", "0", "chrt", "--idle", "0", "nice", "-n", "19", "ionice", "-c", "3"]
    caller = host.start(prefix=slow)
    wait_for(lambda: idp.asked() == 1)
    pid = int(subprocess.run(["pgrep", "-P", str(caller.pid)], capture_output=True, text=True).stdout)
    assert len(os.sched_getaffinity(pid)) == len(os.sched_getaffinity(0))
    assert (os.sched_getscheduler(pid), os.getpriority(os.PRIO_PROCESS, pid)) == (os.SCHED_OTHER, 0)
    assert subprocess.run(["ionice", "-p", str(pid)], capture_output=True, text=True).stdout.startswith("none")
    caller.wait()


def test_the_helper_gives_up_by_itself(host):
    """Its caller is stopped and sends no request: the alarm is set before it reads."""
    out = host.folder / "trace"
    helper = subprocess.Popen(["strace", "-qq", "-o", str(out), "-e", "trace=alarm,read", HELPER],
                              stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    while "read(0" not in out.read_text() if out.exists() else True:
        time.sleep(0.02)
    text = out.read_text()
    assert text.index("alarm(15)") < text.index("read(0")
    helper.stdin.close()
    helper.wait(timeout=5)


def test_a_request_that_is_rubbish_is_answered_with_a_failure(host):
    for request in (b"", b"{}", b"[]", b"x" * 70000, b'{"name":"../x","issuer":"https://x","timeout_ms":1000}',
                    b'{"name":"x","issuer":"https://x","timeout_ms":0}', b'{"name":"x","issuer":"https://x"}',
                    b'{"name":"x","issuer":7,"timeout_ms":1000}', b'{"name":"x","issuer":"https://x","timeout_ms":1000,"ca_fd":1}'):
        done = subprocess.run([HELPER], input=request, capture_output=True, timeout=10)
        assert b'"ok":false' in done.stdout, request[:60]

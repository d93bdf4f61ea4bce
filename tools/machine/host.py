"""
What the demo and the system tests do inside a throw-away copy of the host (see `throwaway` beside this file): the log
socket, accounts, PAM stacks, certificates, daemons, and logins by the real ssh, sudo and su. Standard library only.
"""
import contextlib
import fcntl
import functools
import http.server
import os
import pathlib
import pty
import pwd
import re
import select
import shlex
import signal
import socket
import ssl
import struct
import subprocess
import termios
import threading
import time

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
HOSTNAME = "db1.acme.example"
ISSUER = "https://login.acme.example"
SSHD_PORT = 22
CONF = pathlib.Path("/etc/security/pam_jwt.conf")
CACHE = pathlib.Path("/var/cache/pam_jwt")
RUN = pathlib.Path("/run/pam_jwt")

# The two stacks of the design. {0} stands for the module's arguments on its auth line, {1} for those on the others.
STACKS = {
    "token-or-password": """\
auth [success=done cred_unavail=ignore module_unknown=ignore default=die] pam_jwt.so {0}
auth [success=done default=ignore] pam_unix.so try_first_pass
auth requisite pam_deny.so
account [success=ok new_authtok_reqd=ok ignore=ignore module_unknown=ignore default=bad] pam_jwt.so {1}
account required pam_unix.so
-session optional pam_jwt.so {1}
session required pam_unix.so
""",
    "token-only": """\
auth required pam_jwt.so {0}
account required pam_jwt.so require_token {1}
account required pam_unix.so
-session optional pam_jwt.so {1}
session required pam_unix.so
""",
}


def inside():
    """Are we in a throw-away copy? Nothing in this module may run anywhere else."""
    return os.path.exists("/run/throwaway")


def run(*args, check=True, **kwargs):
    """A command with captured text output; a failure shows what it said."""
    done = subprocess.run([str(a) for a in args], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kwargs)
    if check and done.returncode != 0:
        raise AssertionError(f"{shlex.join(map(str, args))}: exit status {done.returncode}\n{done.stdout}")
    return done


def write(path, text, mode=0o644):
    """A file of root's, replaced whole."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(new, mode)
    os.rename(new, path)
    return path


def wait_for(what, condition, seconds=10):
    """Polls until the condition holds, and returns its value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.02)


def booted(*command, timeout=240):
    """
    Runs a command under a systemd that boots in a copy of this copy (tools/machine/booted). What it printed after RESULT,
    line by line; without such a line it failed.
    """
    if not os.path.isdir("/sys/fs/cgroup"):  # the copy of the host has no /sys
        run("mount", "-t", "sysfs", "sysfs", "/sys")
        run("mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup")
    done = run(CHECKOUT / "tools/machine/booted", "/", *command, timeout=timeout, check=False)
    results = [line[len("RESULT "):] for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert results, done.stdout
    return results


def has_systemd():
    return os.path.exists("/lib/systemd/systemd")


# ---------------------------------------------------------------------------------------------------------------- log


def audit_fields(line):
    """An audit line (`result=deny reason=expired ... detail='...'`) as a dictionary."""
    start = line.find("result=")
    pairs = re.findall(r"([a-z_]+)=(?:'((?:[^'\\]|\\.)*)'|(\S+))", line[start:]) if start >= 0 else []
    return {name: quoted or plain for name, quoted, plain in pairs}


class LogCollector(threading.Thread):
    """The host's syslog: everything that is sent to /dev/log, in order."""

    def __init__(self):
        super().__init__(daemon=True, name="syslog")
        with contextlib.suppress(FileNotFoundError):
            os.unlink("/dev/log")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        self.messages = []
        self.start()

    def run(self):
        while True:
            self.messages.append(self.socket.recv(65536).decode("utf-8", "backslashreplace").rstrip("\0\n"))

    def mark(self):
        """A place in the log, for since() and the others. Waits until what was sent before has been read."""
        token = f"mark {time.monotonic_ns()}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.connect("/dev/log")
            s.send(token.encode())
        wait_for("the log collector", lambda: token in self.messages[-4096:])
        return len(self.messages)

    def since(self, mark=0):
        self.mark()
        return [m for m in self.messages[mark:] if not m.startswith("mark ")]

    def text(self, mark=0):
        return "\n".join(self.since(mark))

    def audits(self, mark=0):
        """The audit lines since a mark, as dictionaries."""
        return [audit_fields(m) for m in self.since(mark) if "pam_jwt(" in m and "result=" in m]

    def audit_lines(self, mark=0):
        """The same as they were logged, without time and program."""
        return [m[m.index("result="):] for m in self.since(mark) if "pam_jwt(" in m and "result=" in m]


# ------------------------------------------------------------------------------------------------- accounts and files


def use_local_names():
    """The names of the story: the provider at 127.0.0.1, a second key endpoint at 127.0.0.2. No other name resolves."""
    write("/etc/hosts", f"127.0.0.1 localhost {HOSTNAME} login.acme.example\n127.0.0.2 keys.acme.example\n")
    write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files\n")


def add_user(name, password=None, *, sudo=False):
    """A local account with a home directory; with sudo, it may run everything as everyone, after one authentication."""
    run("useradd", "--create-home", "--shell", "/bin/sh", name)
    if password is not None:
        run("chpasswd", input=f"{name}:{password}\n")
    if sudo:
        may_sudo(name)


def may_sudo(name):
    write(f"/etc/sudoers.d/{name}", f"Defaults:{name} passwd_tries=1\n{name} ALL=(ALL:ALL) ALL\n", 0o440)


def set_stack(service, kind, args="", *, auth=""):
    """Writes /etc/pam.d/SERVICE: one of the two stacks; args for every line of the module, auth for its auth line."""
    return write(f"/etc/pam.d/{service}", STACKS[kind].format(f"{args} {auth}".strip(), args))


def install(build):
    """Installs a build the way `./dev install` does, and checks that what a login loads is there."""
    run("meson", "install", "-C", build, "--no-rebuild", "--quiet")
    if subprocess.run(["getent", "passwd", "_pamjwt"], stdout=subprocess.DEVNULL).returncode != 0:
        run("useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin",
            "_pamjwt")
    for folder in (CACHE, RUN, RUN / "lock"):
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        os.chown(folder, 0, 0)
        os.chmod(folder, 0o755)


def installed(name):
    """The path of a file that meson installed in the library directory (pam_jwt.so, pam_jwt-*.so, libpamjwt.so.0)."""
    found = [p for base in ("/usr/lib", "/lib") for p in pathlib.Path(base).glob(f"**/{name}")]
    assert found, f"{name} is not installed"
    return found[0].resolve().parent / found[0].name


@contextlib.contextmanager
def hidden(path):
    """Takes a file away for a while."""
    away = pathlib.Path(str(path) + ".away")
    os.rename(path, away)
    try:
        yield
    finally:
        os.rename(away, path)


# -------------------------------------------------------------------------------------------------------- certificates


class CertificateAuthority:
    """A throw-away CA: ca.pem, and one certificate a name."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file = self.folder / "ca.pem"
        self._request("ca", "/CN=Throw-away CA", "-x509", "-addext", "basicConstraints=critical,CA:TRUE",
                      "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def _request(self, name, subject, *args):
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-keyout", self.folder / f"{name}.key", "-out", self.folder / f"{name}.pem", "-subj", subject, *args)

    def certificate(self, name):
        """(certificate file, key file) for a host name or an address."""
        kind = "IP" if re.fullmatch(r"[0-9.]+", name) else "DNS"
        self._request(name, f"/CN={name}", "-x509", "-CA", self.file, "-CAkey", self.folder / "ca.key",
                      "-addext", f"subjectAltName={kind}:{name}", "-addext", "basicConstraints=critical,CA:FALSE")
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"


class Endpoint:
    """An HTTPS server with replies by path; it counts what it was asked for. For key sets, and for broken ones."""

    def __init__(self, certificate, address="127.0.0.2", port=443):
        self.replies = {}   # path -> (status, headers, body); a missing path is 404
        self.requests = []  # paths, in order
        self.delay = 0      # seconds between a request and its answer, which is the one of when it was asked
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                endpoint.requests.append(self.path)
                status, headers, body = endpoint.replies.get(self.path, (404, {}, b"no such page"))
                time.sleep(endpoint.delay)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                with contextlib.suppress(OSError):
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *args):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self.server = http.server.ThreadingHTTPServer((address, port), Handler)
        self.server.daemon_threads = True
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def json(self, path, text, **headers):
        self.replies[path] = (200, {"Content-Type": "application/json", **headers}, text.encode())

    def close(self):
        self.server.shutdown()
        self.server.server_close()


# ------------------------------------------------------------------------------------------------------------- daemons


class Sshd:
    """A real sshd on loopback. Options are sshd_config lines that win over the defaults below."""

    DEFAULTS = {
        "UsePAM": "yes",
        "PasswordAuthentication": "yes",
        "KbdInteractiveAuthentication": "yes",
        "PubkeyAuthentication": "yes",
        "PermitRootLogin": "no",
        "LogLevel": "DEBUG3",
        "MaxStartups": "500",
        "LoginGraceTime": "60",
        "UseDNS": "no",
        "PrintMotd": "no",
        "StrictModes": "yes",
    }

    def __init__(self, port=SSHD_PORT, env=None, wrapper=(), **options):
        self.port = port
        self.env = env
        self.wrapper = list(wrapper)
        self.options = {**self.DEFAULTS, **no_penalties(), **options}
        self.process = None

    def __enter__(self):
        key = pathlib.Path("/etc/ssh/throwaway_host_key")
        if not key.exists():
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
        lines = [f"Port {self.port}", "ListenAddress 127.0.0.1", f"HostKey {key}", f"PidFile /run/sshd-{self.port}.pid"]
        lines += [f"{name} {value}" for name, value in self.options.items()]
        config = write(f"/etc/ssh/throwaway_{self.port}.conf", "\n".join(lines) + "\n")
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        command = [*self.wrapper, "/usr/sbin/sshd", "-D", "-f", str(config)]
        self.process = subprocess.Popen(command, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, start_new_session=True)
        wait_for("sshd", lambda: listening(self.port) or self.process.poll() is not None)
        assert self.process.poll() is None, run("/usr/sbin/sshd", "-t", "-f", config, check=False).stdout
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


@functools.lru_cache(maxsize=None)
def no_penalties():
    """OpenSSH 9.8 and later shut an address out for a while that failed a few times; here all come from one."""
    said = run("/usr/sbin/sshd", "-t", "-f", "/dev/null", "-o", "PerSourcePenalties=no", check=False)
    return {} if "Bad configuration option" in said.stdout else {"PerSourcePenalties": "no"}


def listening(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


# -------------------------------------------------------------------------------------------------------------- logins


class Login:
    """How a login or a sudo went."""

    def __init__(self, process, seconds, prompts):
        self.ok = process.returncode == 0
        self.status = process.returncode
        self.out = process.stdout
        self.err = process.stderr
        self.seconds = seconds
        self.prompts = prompts  # what the askpass program was asked, in order

    def __repr__(self):
        return (f"Login(status={self.status}, seconds={self.seconds:.2f}, prompts={self.prompts!r},\n"
                f"out={self.out!r},\nerr={self.err!r})")


class Askpass:
    """An askpass program that answers from a list and notes what it was asked. The last answer repeats."""

    def __init__(self, answers, owner="root"):
        answers = [answers] if isinstance(answers, str) else list(answers)
        who = pwd.getpwnam(owner)
        self.folder = pathlib.Path(f"/run/askpass-{time.monotonic_ns()}")
        self.folder.mkdir(mode=0o700)
        for number, answer in enumerate(answers):
            write(self.folder / f"answer-{number}", answer + "\n", 0o600)
        write(self.folder / "prompts", "", 0o600)
        self.program = write(self.folder / "askpass", f"""#!/bin/sh
cd {self.folder} || exit 1
n=$(tr -cd '\\0' <prompts | wc -c)
printf '%s\\0' "$1" >>prompts
while [ "$n" -gt 0 ] && [ ! -e "answer-$n" ]; do n=$((n - 1)); done
cat "answer-$n"
""", 0o700)
        for path in (self.folder, *self.folder.iterdir()):
            os.chown(path, who.pw_uid, who.pw_gid)

    def prompts(self):
        return (self.folder / "prompts").read_text(encoding="utf-8", errors="replace").split("\0")[:-1]


def as_user(name):
    """Arguments of subprocess that run a command as this user, in its home, without a terminal."""
    who = pwd.getpwnam(name)
    return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": os.getgrouplist(name, who.pw_gid),
            "cwd": who.pw_dir, "start_new_session": True}


def timed(args, prompts=list, **kwargs):
    started = time.monotonic()
    done = subprocess.run([str(a) for a in args], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          errors="replace", timeout=kwargs.pop("timeout", 90), **kwargs)
    return Login(done, time.monotonic() - started, prompts())


SSH_OPTIONS = ("-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
               "-o", "LogLevel=ERROR", "-o", "NumberOfPasswordPrompts=1")


def ssh(user, answers, *, method="keyboard-interactive", command="id -un", port=SSHD_PORT, options=(), given=""):
    """
    Stock ssh; answers go through SSH_ASKPASS. method: password, keyboard-interactive or several with commas; given is
    the command's standard input.
    """
    askpass = Askpass(answers)
    env = {"PATH": os.environ["PATH"], "HOME": "/root", "SSH_ASKPASS": str(askpass.program),
           "SSH_ASKPASS_REQUIRE": "force"}
    args = ["ssh", *SSH_OPTIONS, "-o", f"PreferredAuthentications={method}", "-p", port]
    args += [a for option in options for a in ("-o", option)]
    return timed([*args, f"{user}@127.0.0.1", command], askpass.prompts, env=env, input=given, start_new_session=True)


def ssh_key(user, key, *, command="id -un", port=SSHD_PORT, options=()):
    """Stock ssh with a private key file and nothing else."""
    args = ["ssh", *SSH_OPTIONS, "-o", "PreferredAuthentications=publickey", "-o", "BatchMode=yes", "-i", key, "-p", port]
    args += [a for option in options for a in ("-o", option)]
    return timed([*args, f"{user}@127.0.0.1", command], stdin=subprocess.DEVNULL, start_new_session=True)


def sudo(caller, answers, *, how="-A", command=("id", "-un"), options=(), env=None):
    """sudo as a user without a terminal. how: -A (askpass) or -S (standard input, one answer a line)."""
    askpass = Askpass(answers, caller)
    given = "" if how == "-A" else "".join(a + "\n" for a in ([answers] if isinstance(answers, str) else answers))
    env = {"PATH": os.environ["PATH"], "SUDO_ASKPASS": str(askpass.program), **(env or {})}
    return timed(["sudo", "-k", how, *options, *command], askpass.prompts, env=env, input=given, **as_user(caller))


def su(caller, target, answers, *, command="id -un"):
    """su as a user without a terminal; answers come from standard input, one a line."""
    answers = [answers] if isinstance(answers, str) else answers
    env = {"PATH": os.environ["PATH"]}
    return timed(["su", target, "-c", command], env=env, input="".join(a + "\n" for a in answers), **as_user(caller))


class Terminal:
    """A program on a terminal of its own, by root or a user, with a person who reads and types."""

    def __init__(self, *command, user=None, env=None):
        self.shown = ""  # all that was on the terminal so far, lines ended by LF
        self.status = None
        self.seen = 0    # how much of it expect() has gone past
        env = env or {"PATH": os.environ["PATH"], "TERM": "dumb"}
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
                self._become(user)
                os.execvpe(str(command[0]), [str(c) for c in command], env)
            finally:
                os._exit(127)

    @staticmethod
    def _become(user):
        if user:
            who = pwd.getpwnam(user)
            os.initgroups(user, who.pw_gid)
            os.setgid(who.pw_gid)
            os.setuid(who.pw_uid)
            os.chdir(who.pw_dir)

    def _read(self, seconds):
        """False when nothing came in that time, or nothing can come any more."""
        try:
            data = os.read(self.terminal, 65536) if select.select([self.terminal], [], [], seconds)[0] else b""
        except OSError:
            time.sleep(seconds)
            data = b""
        self.shown += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)

    def expect(self, text, seconds=30):
        """Waits until the text is shown, after what was expected before. False if it does not come."""
        end = time.monotonic() + seconds
        while text not in self.shown[self.seen:]:
            if time.monotonic() > end or not self.alive():
                return False
            self._read(0.1)
        self.seen = self.shown.index(text, self.seen) + len(text)
        return True

    def type(self, text):
        os.write(self.terminal, text.encode())

    def answer(self, prompt, text, *, hidden=True, pause=0.0):
        """Types a line after a prompt: once the terminal hides it, and a while later for programs that drop earlier input."""
        assert self.expect(prompt), f"waited in vain for {prompt!r}: {self.shown!r}"
        if hidden:
            wait_for("the terminal to hide what is typed", lambda: not termios.tcgetattr(self.terminal)[3] & termios.ECHO)
            time.sleep(pause)
        self.type(text + "\n")

    def alive(self):
        if self.status is None and os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return True
        while self._read(0.05):
            pass
        return False

    def wait(self, seconds=60):
        """Reads on until the program has ended. Its exit status; minus the signal that ended it."""
        end = time.monotonic() + seconds
        while self.alive() and time.monotonic() < end:
            self._read(0.1)
        if self.status is None:
            if self.alive():
                os.kill(self.pid, signal.SIGKILL)
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            os.close(self.terminal)
        return self.status

    def kill(self):
        self.wait(0)

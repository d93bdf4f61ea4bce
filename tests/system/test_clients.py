"""Each client of docs/clients.md that runs here logs in with a token of 4000 bytes, and does its work."""
import asyncio
import os
import pathlib
import shutil
import subprocess
import warnings

import pytest

import host
from conftest import use_stack
from local_issuer import GRANT, SECTION, LocalIssuer, parts

SIZE = 4000
SSH_CONFIG = pathlib.Path("/root/.ssh/config")


@pytest.fixture(scope="module")
def issuer(machine):
    return LocalIssuer()


@pytest.fixture(autouse=True)
def settled(conf, issuer):
    conf(SECTION + GRANT)
    use_stack("token-only")
    host.write(SSH_CONFIG, "Host *\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n  LogLevel ERROR\n"
                           f"Host db1\n  HostName {host.HOSTNAME}\n  User alice\n", 0o600)


@pytest.fixture
def sshd(machine):
    with host.Sshd(Subsystem="sftp internal-sftp") as running:
        yield running


@pytest.fixture
def env(issuer):
    """A laptop where pamjwt-ssh finds a token by a command."""
    host.write("/root/token", issuer.token("alice", length=SIZE), 0o600)
    return {"PATH": os.environ["PATH"], "HOME": "/root", "PAMJWT_TOKEN_COMMAND": "cat /root/token; echo run >>/root/runs",
            "PAMJWT_NEXT_ASKPASS": "/bin/false", "LC_ALL": "C.UTF-8"}


@pytest.fixture
def askpass_env(env):
    """The same by environment alone: for programs that start ssh themselves."""
    return {**env, "SSH_ASKPASS": "/usr/bin/pamjwt-askpass", "SSH_ASKPASS_REQUIRE": "force", "PAMJWT_HOST": host.HOSTNAME}


def run(env, *args, **kwargs):
    kwargs.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([str(a) for a in args], env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=90, start_new_session=True, **kwargs)


def succeeds(*args, **kwargs):
    done = run(*args, **kwargs)
    assert done.returncode == 0, done.stdout
    return done.stdout


def needs(program):
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "data"
    path.write_bytes(os.urandom(300_000))
    return path


def arrived(name):
    return pathlib.Path("/home/alice", name).read_bytes()


def test_pamjwt_ssh(sshd, env):
    pathlib.Path("/root/runs").unlink(missing_ok=True)
    assert succeeds(env, "pamjwt", "ssh", "db1", "id", "-un") == "alice\n"
    assert pathlib.Path("/root/runs").read_text() == "run\n", "the token is asked for once"
    assert run(env, "pamjwt", "ssh", "db1", "exit 42").returncode == 42


def test_pamjwt_ssh_keeps_input_and_output_clean(sshd, env, file):
    with open(file, "rb") as data:
        done = subprocess.run(["pamjwt-ssh", "db1", "cat"], env=env, stdin=data, stdout=subprocess.PIPE, timeout=60,
                              start_new_session=True, check=True)
    assert done.stdout == file.read_bytes()


def test_ssh_with_the_environment_alone(sshd, askpass_env):
    assert succeeds(askpass_env, "ssh", "-o", "PreferredAuthentications=keyboard-interactive", "db1", "id", "-un") == "alice\n"


def test_pamjwt_sudo(env):
    host.write("/home/alice/token", (pathlib.Path("/root/token")).read_text(), 0o600)
    os.chown("/home/alice/token", host.pwd.getpwnam("alice").pw_uid, -1)
    done = host.timed(["pamjwt", "sudo", "--token-file", "/home/alice/token", "-k", "id", "-un"],
                      env={"PATH": os.environ["PATH"], "HOME": "/home/alice"}, input="", **host.as_user("alice"))
    assert done.ok and done.out == "root\n", done
    folder = pathlib.Path(f"/tmp/pamjwt-{host.pwd.getpwnam('alice').pw_uid}")
    host.wait_for("the token to be removed", lambda: not list(folder.glob("call.*")) + list(folder.glob("token.*")))


@pytest.mark.parametrize("option", [[], ["-O"]], ids=["sftp", "rcp"])
def test_scp(sshd, env, file, option):
    succeeds(env, "scp", *option, "-S", "pamjwt-ssh", file, "db1:scp-copy")
    assert arrived("scp-copy") == file.read_bytes()


def test_sftp(sshd, env, file):
    succeeds(env, "sftp", "-S", "pamjwt-ssh", "-b", "-", "db1", stdin=None, input=f"put {file} sftp-copy\n")
    assert arrived("sftp-copy") == file.read_bytes()


def test_a_shared_connection_needs_the_token_once(sshd, env, log):
    options = ["-o", "ControlPath=/root/control", "-o", "ControlMaster=auto", "-o", "ControlPersist=30"]
    mark = log.mark()
    try:
        assert succeeds(env, "pamjwt-ssh", *options, "db1", "id", "-un") == "alice\n"
        for _ in range(3):
            assert succeeds({"PATH": env["PATH"], "HOME": "/root"}, "ssh", *options, "db1", "id", "-un") == "alice\n"
        assert len(log.audits(mark)) == 1
    finally:
        run(env, "ssh", *options, "-O", "exit", "db1")


def test_rsync(sshd, env, file):
    needs("rsync")
    succeeds(env, "rsync", "-e", "pamjwt-ssh", "-a", file, "db1:rsync-copy")
    assert arrived("rsync-copy") == file.read_bytes()


@pytest.mark.parametrize("variant", [{}, {"GIT_SSH_VARIANT": "ssh"}], ids=["asks by -G", "told"])
def test_git(sshd, env, tmp_path, variant):
    needs("git")
    for command in ("rm -rf project.git", "git init -q --bare project.git"):
        host.run("sh", "-c", command, **host.as_user("alice"))
    work = tmp_path / "work"
    host.run("git", "init", "-q", work)
    host.run("git", "-C", work, "-c", "user.name=a", "-c", "user.email=a@example", "commit", "-q", "--allow-empty", "-m", "one")
    env = {**env, "GIT_SSH_COMMAND": "pamjwt-ssh", **variant}
    succeeds(env, "git", "-C", work, "push", "-q", "ssh://db1/home/alice/project.git", "HEAD:refs/heads/main")
    assert "refs/heads/main" in succeeds(env, "git", "ls-remote", "db1:project.git")


def test_ansible(sshd, askpass_env):
    needs("ansible")
    env = {**askpass_env, "ANSIBLE_SSH_ARGS": "-o KbdInteractiveAuthentication=yes "
                                              "-o PreferredAuthentications=keyboard-interactive -o ControlMaster=no",
           "ANSIBLE_HOST_KEY_CHECKING": "False", "ANSIBLE_LOCALHOST_WARNING": "False"}
    said = succeeds(env, "ansible", "all", "-i", "db1,", "-m", "raw", "-a", "id -un")
    assert "rc=0" in said and "alice" in said


def test_mosh(sshd, env):
    needs("mosh")
    mosh = host.Terminal("mosh", "--ssh=pamjwt-ssh", "--bind-server=127.0.0.1", "db1", "--", "sh", "-c",
                         "echo I am $(id -un); sleep 1", env={**env, "TERM": "xterm"})
    mosh.wait()
    assert "I am alice" in mosh.shown, mosh.shown


def test_paramiko_in_parts(sshd, issuer):
    from test_sizes import by_paramiko_in_parts
    assert by_paramiko_in_parts(issuer.token("alice", length=SIZE))


@pytest.mark.parametrize("how", ["whole", "parts"])
def test_asyncssh(sshd, issuer, how):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asyncssh = pytest.importorskip("asyncssh")
    token = issuer.token("alice", length=SIZE)
    answers = parts(token) if how == "parts" else [token]

    class Client(asyncssh.SSHClient):
        def kbdint_auth_requested(self):
            return ""

        def kbdint_challenge_received(self, name, instructions, lang, prompts):
            return [answers.pop(0) for _ in prompts]

    async def log_in():
        async with asyncssh.connect("127.0.0.1", username="alice", known_hosts=None, client_factory=Client, config=None,
                                    client_keys=None, preferred_auth="keyboard-interactive") as connection:
            return (await connection.run("id -un")).stdout

    assert asyncio.run(log_in()) == "alice\n"


def test_curl_sftp_sends_a_whole_token(sshd, issuer, file, env):
    """libssh2 answers one prompt with the password as it is; longer than 1024 bytes only by keyboard-interactive."""
    needs("curl")
    if "sftp" not in succeeds(env, "curl", "--version"):
        pytest.skip("this curl has no sftp")
    config = f'user = "alice:{issuer.token("alice", length=SIZE)}"\n'
    succeeds(env, "curl", "-sS", "-k", "-K", "-", "-T", str(file), "sftp://127.0.0.1/~/curl-copy", stdin=None, input=config)
    assert arrived("curl-copy") == file.read_bytes()


def test_a_second_host_gets_no_token(sshd, env, log):
    """REV-11: a jump host on the way asks with its own name."""
    mark = log.mark()
    hosts = pathlib.Path("/etc/hosts")
    if "jump.example" not in hosts.read_text():
        host.write(hosts, hosts.read_text() + "127.0.0.1 jump.example\n")
    done = run(env, "pamjwt-ssh", "-J", "alice@jump.example", "db1", "id", "-un")
    assert done.returncode == 255
    assert f"jump.example asks for a token, but PAMJWT_HOST is '{host.HOSTNAME}'" in done.stdout, done.stdout
    assert {audit["reason"] for audit in log.audits(mark)} <= {"not-a-token", "no-answer"}
    done = run(env, "pamjwt-ssh", "--host", "jump.example", "db1", "id", "-un")
    assert done.returncode == 255 and "not for ssh://jump.example" in done.stdout, "RVW-15: the token does not name it"
    audience = ["--audience", f"ssh://{host.HOSTNAME}"]
    assert succeeds(env, "pamjwt-ssh", "--host", "jump.example", *audience, "db1", "id", "-un") == "alice\n"

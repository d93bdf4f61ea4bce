"""Neither a trace nor a core file, an argument or an environment shows the token that the scripts handle (RVW-12)."""
import os
import pathlib
import resource
import subprocess

import pytest

from conftest import Home
from test_ssh import Laptop, each_shell, jwt, laptop_of_each, module, running_server, server  # noqa: F401

CALLED = ["awk", "sed", "fold", "date", "cat", "tr", "find", "id", "uname", "mkdir", "ln", "mv", "rm", "readlink", "dirname", "sh",
          "ps", "stty", "mktemp", "od"]
# What a CI job may have exported: options of the shell, and variables that happen to have the scripts' names.
CALLERS = {"SHELLOPTS": "xtrace:verbose:allexport:errexit:noglob", "PS4": "+trace+ ", "token": "x", "given_token": "x",
           "answer": "x", "response": "x", "rest": "x", "stored": "x"}


def watch(folder, directory):
    """Each program that the scripts may call writes down its arguments and its environment first."""
    seen = folder / "seen"
    seen.touch()  # busybox runs most of them itself
    for name in CALLED:
        path = directory / name
        real = subprocess.run(["sh", "-c", f"command -v {name}"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        path.write_text(f'#!/bin/dash\n{{ printf "%s\\n" {name} "$@"; /usr/bin/env; }} >>{seen}\nexec {real} "$@"\n')
        path.chmod(0o755)
    return seen


def secrets_of(token):
    """Each claim and the signature, as they would be in a log, whole or in parts."""
    return [token[at:at + 24] for at in range(0, len(token) - 24, 12)]


def assert_hidden(token, *texts):
    for text in texts:
        assert "+trace+" not in text.replace("PS4=+trace+", "") and not [part for part in secrets_of(token) if part in text], text[:2000]


def said(err, program):
    """What is said besides the head of the script, which bash shows while it is asked to be verbose."""
    text = pathlib.Path(program).read_text().split("\n")
    return [line for line in err.split("\n") if line not in text]


@pytest.mark.parametrize("how", ["environment", "file", "command", "stdin of the command"])
def test_a_job_that_traces_shows_no_token_of_pamjwt_ssh(laptop_of_each, server, how):  # noqa: F811
    laptop = laptop_of_each
    token = jwt(1200)
    file = laptop.folder / "token-file"
    file.write_text(token)
    seen = watch(laptop.folder, laptop.bin)
    server.script = module
    env = {"PAMJWT_TOKEN": token} if how == "environment" else {}
    more = {"environment": [], "file": ["--token-file", file], "command": ["--token-command", f"cat {file}"],
            "stdin of the command": ["--token-command", f"x=$(cat {file}); printf %s \"$x\""]}[how]
    done = laptop.run(*more, *laptop.ssh_args(server), **CALLERS, **env)
    assert (done.returncode, done.stdout) == (7, "hello\n") and said(done.stderr, laptop.program) == []
    assert_hidden(token, done.stderr, seen.read_text())


@pytest.mark.parametrize("size", [300, 1300])
def test_a_job_that_traces_shows_no_token_of_pamjwt_askpass(home, size):
    token = jwt(size)
    directory = home.folder / "bin"
    directory.mkdir()
    seen = watch(home.folder, directory)
    prompts = ["(alice@db1.example) JWT or password: ", "(alice@db1.example) JWT part 2: ", "(alice@db1.example) JWT part 3: "]
    got, err = home.login(*prompts[:1 if size < 500 else 3], PAMJWT_HOST="db1.example", PAMJWT_TOKEN=token,
                          **{**CALLERS, "PATH": f"{directory}:{os.environ['PATH']}"})
    assert [status for status, _ in got] == [0] * len(got) and said(err, home.askpass) == []
    assert_hidden(token, err, seen.read_text())


def test_sh_dash_x_shows_no_token(tmp_path, each_shell):  # noqa: F811
    """As somebody does who wonders why a job fails."""
    laptop = Laptop(tmp_path, each_shell)
    laptop.fake("ssh")
    token = jwt(aud="ssh://db1.example")
    done = subprocess.run([*each_shell.split(), "-x", laptop.program, "-F", "none", "db1.example"],
                          env={**laptop.env, "PAMJWT_TOKEN": token, "PS4": "+trace+ "}, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 0 and token in done.stdout, "the stand-in for ssh prints the file"
    assert_hidden(token, done.stderr)


def test_a_token_command_is_no_argument_and_gets_no_trace(laptop_of_each):
    """A command may hold a secret itself, and `ps` shows arguments to every user of the host."""
    laptop = laptop_of_each
    laptop.fake("ssh")
    token = jwt(aud="ssh://db1.example")
    command = (f'tr "\\0" "\\n" <"/proc/$$/cmdline" >{laptop.folder}/cmdline; env >{laptop.folder}/environment; '
               f'printf "%s" {token}')
    done = laptop.run("-F", "none", "db1.example", PAMJWT_TOKEN_COMMAND=command, **CALLERS)
    assert done.returncode == 0 and said(done.stderr, laptop.program) == [], done.stderr
    assert_hidden(token, (laptop.folder / "cmdline").read_text())
    options = [line for line in (laptop.folder / "environment").read_text().split("\n") if line.startswith("SHELLOPTS=")]
    assert not [line for line in options if "xtrace" in line or "verbose" in line]


def unlimited():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)


@pytest.mark.skipif(resource.getrlimit(resource.RLIMIT_CORE)[1] == 0, reason="no core files here")
def test_no_core_file_has_the_token(tmp_path, each_shell):  # noqa: F811
    for program, limit in (("ssh", "0"), ("sudo", "as it was")):
        (tmp_path / program).mkdir()
        laptop = Laptop(tmp_path / program, each_shell)
        laptop.script(program, f'ulimit -S -c >{laptop.folder}/limit-{program}\n')
        args = ["--sudo", "id"] if program == "sudo" else ["-F", "none", "db1.example"]
        token = jwt(aud=["ssh://db1.example", "sudo://" + os.uname().nodename.lower()])
        command = f"ulimit -S -c >{laptop.folder}/limit-command; echo {token}"
        if program == "ssh":  # -G is answered by the real one
            laptop.script("ssh", 'for a; do [ "$a" != -G ] || exec /usr/bin/ssh "$@"; done\n'
                                 f'ulimit -S -c >{laptop.folder}/limit-ssh\n')
        done = subprocess.run([laptop.program, "--token-command", command, *args], env=laptop.env, preexec_fn=unlimited,
                              stdin=subprocess.DEVNULL, timeout=60)
        assert done.returncode == 0
        assert (laptop.folder / "limit-command").read_text() == "0\n"
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        whole = "unlimited\n" if hard == resource.RLIM_INFINITY else None
        assert (laptop.folder / f"limit-{program}").read_text() == "0\n" if limit == "0" else whole in (None, "unlimited\n")


def test_no_core_file_of_the_askpass_program(tmp_path, shell):
    home = Home(tmp_path, shell)
    command = home.script("command", f'ulimit -S -c >{home.folder}/limit; echo {jwt()}\n')
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        got, _ = home.login("(alice@db1.example) JWT or password: ", PAMJWT_HOST="db1.example", PAMJWT_TOKEN_COMMAND=str(command))
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    assert got[0][0] == 0 and pathlib.Path(home.folder / "limit").read_text() == "0\n"

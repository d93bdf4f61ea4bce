"""Help, man page and completions come from the same rows; mistakes are named."""

import os
import pty
import re
import select
import signal
import subprocess

import pytest
from conftest import ROOT

COMMANDS = ["encode", "decode", "inspect", "keygen", "keys", "refresh", "check", "setup", "doctor", "sessions"]


def test_help_names_every_command(pamjwt):
    out = pamjwt("--help").out
    assert re.findall(r"^  (\w+) ", out, re.M)[:len(COMMANDS)] == COMMANDS or all(c in out for c in COMMANDS)
    assert pamjwt("help").out == out


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command(pamjwt, command):
    out = pamjwt(command, "--help").out
    assert out.startswith(f"usage: pamjwt {command}") and "Options:" in out and "Examples:" in out
    assert "--help" in out and max(map(len, out.splitlines())) <= 132
    assert pamjwt("help", command).out == out and pamjwt(command, "-h").out == out


@pytest.mark.parametrize("args, said", [
    ([], "no command given"),
    (["decod"], "did you mean decode"),
    (["frobnicate"], "unknown command"),
    (["decode"], "decode requires TOKEN"),
    (["decode", "a", "b", "--secret", "x"], "at most 1 argument"),
    (["decode", "a", "--secrt", "x"], "did you mean --secret"),
    (["decode", "a", "--secret"], "--secret requires a value"),
    (["decode", "a", "--complete=yes"], "takes no value"),
    (["decode", "a", "-s", "x"], "two dashes"),
    (["--completion", "csh"], "bash, zsh or fish"),
    (["keys"], "keys requires FILE"),
])
def test_mistakes_are_named(pamjwt, args, said):
    result = pamjwt(*args, status=2)
    assert said in result.err and result.out == ""


@pytest.mark.parametrize("args", [["decode", "--json"], ["decode", "a", "--jsn", "--json"], ["keygen", "--alg", "x", "--json"],
                                  ["refresh", "--now", "5", "--json"], ["encode", "[]", "--secret", "x", "--json"],
                                  ["keys", "/nonexistent", "--json"], ["check", "--config", "/nonexistent", "--json"]])
def test_mistakes_as_one_object(pamjwt, args):
    result = pamjwt(*args, status=2).json
    assert result["ok"] is False and result["reason"] and result["detail"]


def test_two_dashes_end_the_options(pamjwt):
    assert "malformed" in pamjwt("decode", "--secret", "x", "--", "--json", status=1).err


def test_reasons_are_explained(pamjwt):
    out = pamjwt("--help-reasons").out
    rows = re.findall(r'^PJWT_REASON\(\w+, "([^"]+)"', (ROOT / "lib/base/reasons.def").read_text(), re.M)
    assert [line.split()[0] for line in out.splitlines()] == rows


def test_the_man_page_is_made_from_the_rows(pamjwt):
    assert (ROOT / "man" / "pamjwt.1").read_text() == pamjwt("--man").out, \
        "run: build/cli/pamjwt --man > man/pamjwt.1"


@pytest.mark.parametrize("shell, file", [("bash", "pamjwt.bash"), ("zsh", "_pamjwt"), ("fish", "pamjwt.fish")])
def test_the_completions_are_made_from_the_rows(pamjwt, shell, file):
    assert (ROOT / "etc" / "completion" / file).read_text() == pamjwt("--completion", shell).out, \
        f"run: build/cli/pamjwt --completion {shell} > etc/completion/{file}"


def complete(words):
    script = f"""source {ROOT}/etc/completion/pamjwt.bash
        COMP_WORDS=({' '.join(words)} ''); COMP_CWORD={len(words)}; _pamjwt; printf '%s\\n' "${{COMPREPLY[@]}}" """
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.split()


def test_bash_completes_commands_options_and_algorithms():
    assert set(COMMANDS) <= set(complete(["pamjwt"]))
    assert "ES256" in complete(["pamjwt", "encode", "--alg"])
    script = f"""source {ROOT}/etc/completion/pamjwt.bash
        COMP_WORDS=(pamjwt decode --au); COMP_CWORD=2; _pamjwt; echo "${{COMPREPLY[@]}}" """
    assert subprocess.run(["bash", "-c", script], capture_output=True, text=True).stdout.split() == ["--audience"]


def test_fish_completes_commands_and_options(tmp_path):
    """By the real shell, from the file that is installed."""
    def ask(line):
        done = subprocess.run(["fish", "--no-config", "-c", f"source {ROOT}/etc/completion/pamjwt.fish; complete -C '{line}'"],
                              capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)})
        return [row.split("\t")[0] for row in done.stdout.splitlines()]

    assert set(COMMANDS) <= set(ask("pamjwt "))
    assert "--audience" in ask("pamjwt decode --au") and "ES256" in ask("pamjwt encode --alg ES")


def test_zsh_completes_commands_and_options(tmp_path):
    """By the real shell at a terminal: a tab after a beginning that is unique."""
    (tmp_path / "_pamjwt").write_text((ROOT / "etc/completion/_pamjwt").read_text())
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve("/usr/bin/zsh", ["zsh", "-f", "-i"], {"PATH": "/usr/bin:/bin", "TERM": "dumb", "HOME": str(tmp_path)})
    os.write(terminal, f"PS1='> '; fpath=({tmp_path} $fpath); autoload -Uz compinit; compinit -u -D; echo rea''dy\n".encode())

    def see(what):
        seen = b""
        while what not in seen:
            assert select.select([terminal], [], [], 60)[0], seen
            seen += os.read(terminal, 4096)

    try:
        see(b"ready\r\n")
        os.write(terminal, b"pamjwt enco\t")
        see(b"pamjwt encode")
        os.write(terminal, b"--audie\t")
        see(b"--audience")
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def test_version(pamjwt):
    assert re.fullmatch(r"pamjwt \d+\.\d+\.\d+\n", pamjwt("--version").out)

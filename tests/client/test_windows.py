"""
pamjwt-askpass.cmd, as far as Linux allows: its C# part under mono, against the same prompts as the shell script. The
first part, which runs the compiler of Windows, is only read.
"""
import re
import shutil
import subprocess

import pytest

from conftest import CLIENT, Home
from test_askpass import FIRST, FOREIGN, HOSTILE, answers, parts_of, prompts_for, token_of

SOURCE = CLIENT / "pamjwt-askpass.cmd"


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    if not shutil.which("mcs") or not shutil.which("mono"):
        pytest.skip("no C# compiler (mono-mcs, mono-runtime)")
    folder = tmp_path_factory.mktemp("windows")
    # The compiler that Windows has knows C# 5.
    subprocess.run(["mcs", "-langversion:5", "-warnaserror", f"-out:{folder}/askpass.exe", SOURCE], check=True)
    return folder / "askpass.exe"


@pytest.fixture
def home(tmp_path, program):
    home = Home(tmp_path, "/bin/sh")
    home.askpass = home.script("askpass", f'exec mono {program} "$@"\n')
    home.env["LC_ALL"] = "C.UTF-8"
    return home


@pytest.mark.parametrize("size", [1, 505, 506, 1000, 1001, 7000])
def test_a_token_is_sent_whole_or_in_parts(home, size):
    token = token_of(size)
    got, err = home.login(*prompts_for(token), PAMJWT_HOST="db1.example", PAMJWT_TOKEN=token)
    assert answers(got) == parts_of(token) and err == ""
    assert not any(token in p.read_text() for p in home.left_behind())


def test_too_long_a_token_is_refused(home):
    got, err = home.login(FIRST, PAMJWT_HOST="db1.example", PAMJWT_TOKEN=token_of(32769))
    assert got == [(1, "")] and "32769 bytes long; at most 32768" in err


def test_any_other_prompt_goes_elsewhere_and_never_gets_a_token(home):
    prompts = [*FOREIGN.values(), *HOSTILE.values()]
    got, err = home.login(*prompts, PAMJWT_HOST="db1.example", PAMJWT_TOKEN="eyJsecret")
    assert got == [(0, "from-next")] * len(prompts) and "eyJsecret" not in err
    assert home.went_elsewhere() == prompts


@pytest.mark.parametrize("meant", ["*", "db1", "", "KILO"])
def test_host_names_are_compared_whole(home, meant):
    prompt = "(alice@\u212ailo) JWT: " if meant == "KILO" else FIRST  # the Kelvin sign is no K
    got, _ = home.login(prompt, PAMJWT_HOST=meant, PAMJWT_TOKEN="eyJa")
    assert got == [(0, "from-next")]


@pytest.mark.parametrize("version, knows", [("OpenSSH_for_Windows_9.5p1, LibreSSL 3.8.2", True), ("OpenSSH_10.0p2", True),
                                            ("OpenSSH_for_Windows_8.1p1, LibreSSL 3.0.2", False), ("Dropbear", False), ("", False)])
def test_clients_that_let_the_server_write_the_prefix_get_nothing(home, version, knows):
    got, err = home.login(FIRST, PAMJWT_HOST="DB1.example", PAMJWT_TOKEN="eyJa", FAKE_VERSION=version)
    assert got == [(0, "eyJa" if knows else "from-next")] and ("since 8.5" in err) == (not knows)


def test_the_token_is_sent_once_and_the_command_runs_once(home):
    token = token_of(1200)
    (home.folder / "t").write_text(token)
    got, err = home.login(*prompts_for(token), FIRST, PAMJWT_HOST="db1.example",
                          PAMJWT_TOKEN_COMMAND=f'echo "$PAMJWT_HOST" >>"{home.folder}/runs"; cat "{home.folder}/t"')
    assert answers(got) == parts_of(token) and "was refused by db1.example" in err
    assert (home.folder / "runs").read_text() == "db1.example\n"


@pytest.mark.parametrize("text", ["JWT part 2: ", "JWT part 66: "])
def test_no_part_without_a_beginning(home, text):
    got, err = home.login(f"(alice@db1.example) {text}", PAMJWT_HOST="db1.example", PAMJWT_TOKEN=token_of(4000))
    assert got == [(1, "")] and "but none was begun" in err


@pytest.mark.parametrize("env", [{"PAMJWT_TOKEN_FILE": "/nowhere"}, {"PAMJWT_TOKEN_COMMAND": "exit 3"}, {"PAMJWT_TOKEN": "{}"},
                                 {"PAMJWT_TOKEN": " "}, {"PAMJWT_TOKEN": "eyJ\u0430"}])
def test_what_is_no_token_is_not_sent(home, env):
    got, err = home.login(FIRST, PAMJWT_HOST="db1.example", **env)
    assert got == [(1, "")] and "pamjwt-askpass: " in err and "eyJ" not in err


def test_the_next_program_finds_no_token_and_is_no_cmd(home):
    home.login("Password: ", PAMJWT_HOST="db1.example", PAMJWT_TOKEN="eyJsecret")
    assert "PAMJWT_TOKEN" not in (home.folder / "next-env").read_text()
    got, err = home.login("Password: ", PAMJWT_HOST="x", PAMJWT_TOKEN="eyJa", PAMJWT_NEXT_ASKPASS="C:\\next.CMD")
    assert got == [(1, "")] and "must be an .exe" in err


def test_the_first_part_takes_nothing_from_a_command_line():
    """Windows would put a server's prompt into it, were the .cmd named in SSH_ASKPASS: no % of it may be expanded."""
    data = SOURCE.read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n"), "cmd.exe wants CRLF"
    first = data.decode().split("*/")[0]
    assert set(re.findall(r"%[^%\s\"]*%?", first)) == {"%SystemRoot%", "%csc%", "%~dp0pamjwt-askpass.exe", "%~f0"}
    run = [line.strip() for line in first.splitlines() if re.match(r'\s*(echo|"%csc%")', line)]
    assert run and all(line.endswith("1>&2") for line in run), "standard output would be the answer"

"""pamjwt-askpass: a token goes to the host that it was meant for, as the module wants it, or nowhere (REV-11)."""
import os
import string
import subprocess

import pytest

from conftest import SHELLS

LETTERS = string.ascii_letters + string.digits + "-_."
SIZES = (1, 499, 505, 506, 507, 999, 1000, 1001, 1500, 7000, 32768)
FIRST = "(alice@db1.example) JWT or password: "


def token_of(size):
    """Every byte tells its place, so that a part which is off by one is seen."""
    return "".join(LETTERS[i * 7 % 61 + i // 500 % 3] for i in range(size))


def parts_of(token):
    """The rule of the module, written down a second time."""
    if len(token) <= 505:
        return [token]
    total = len(token) // 500 + 1
    return [f"{n + 1:02}/{total:02}:{token[n * 500:n * 500 + 500]}" for n in range(total)]


def prompts_for(token, prefix="(alice@db1.example) "):
    return [prefix + "JWT or password: "] + [f"{prefix}JWT part {n}: " for n in range(2, len(parts_of(token)) + 1)]


def answers(pairs):
    return [text for status, text in pairs if status == 0]


@pytest.mark.parametrize("size", SIZES)
def test_a_token_is_sent_whole_or_in_the_parts_that_the_prompts_name(home, shell, size):
    if size > 7000 and shell != SHELLS["busybox"]:
        pytest.skip("66 prompts: once is enough")
    token = token_of(size)
    got, err = home.login(*prompts_for(token), PAMJWT_HOST="db1.example", PAMJWT_TOKEN=token)
    assert answers(got) == parts_of(token) and err == ""
    assert all(len(a) == 506 for a in answers(got)[:-1]) and len(answers(got)[-1]) != 506
    assert home.went_elsewhere() == []


def test_too_long_a_token_is_refused_with_its_length(home):
    got, err = home.login(FIRST, PAMJWT_HOST="db1.example", PAMJWT_TOKEN=token_of(32769))
    assert got == [(1, "")] and "32769 bytes long; at most 32768" in err


def test_the_part_is_the_one_that_the_prompt_names(home):
    token = token_of(2100)
    wanted = parts_of(token)
    got, _ = home.login(FIRST, "(alice@db1.example) JWT part 3: ", "(alice@db1.example) JWT part 2: ",
                        PAMJWT_HOST="db1.example", PAMJWT_TOKEN=token)
    assert answers(got) == [wanted[0], wanted[2], wanted[1]]


def test_a_part_that_does_not_exist_is_not_sent(home):
    got, err = home.login(FIRST, "(alice@db1.example) JWT part 4: ", PAMJWT_HOST="db1.example",
                          PAMJWT_TOKEN=token_of(1001))
    assert got[1] == (1, "") and "part 4 of a token that has 3" in err


@pytest.mark.parametrize("text", ["JWT part 2: ", "JWT part 66: "])
def test_no_part_without_a_beginning(home, text):
    got, err = home.login(f"(alice@db1.example) {text}", PAMJWT_HOST="db1.example", PAMJWT_TOKEN=token_of(4000))
    assert got == [(1, "")] and "but none was begun" in err


def test_a_whole_token_has_no_second_part(home):
    got, err = home.login(FIRST, "(alice@db1.example) JWT part 2: ", PAMJWT_HOST="db1.example",
                          PAMJWT_TOKEN=token_of(400))
    assert got[1] == (1, "") and "but none was begun" in err


# ------------------------------------------------------------------------------------------------- whose prompt is it?

KEY = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
FOREIGN = {
    "host key": f"The authenticity of host 'db1.example (192.0.2.1)' can't be established.\nED25519 key fingerprint is {KEY}.\n"
                "Are you sure you want to continue connecting (yes/no/[fingerprint])? ",
    "passphrase": "Enter passphrase for key '/home/alice/.ssh/id_ed25519': ",
    "PIN": "Enter PIN for 'JWT: ': ",
    "agent": "Allow use of key JWT: ?\nKey fingerprint " + KEY + ".",
    "password method": "alice@db1.example's password: ",
    "pam_unix": "(alice@db1.example) Password: ",
    "one-time password": "(alice@db1.example) Verification code: ",
    "new password": "(alice@db1.example) New password: ",
    "git": "Password for 'https://alice@db1.example': ",
    "sudo's": "[sudo] password for alice: ",
    "nothing": "",
    "only the prefix": "(alice@db1.example) ",
}
HOSTILE = {
    "another host": "(alice@evil.example) JWT or password: ",
    "another host's part": "(alice@evil.example) JWT part 2: ",
    "a longer name": "(alice@db1.example.evil.example) JWT or password: ",
    "the end of a name": "(alice@evildb1.example) JWT or password: ",
    "a second prefix": "(alice@evil.example) (alice@db1.example) JWT or password: ",
    "a second prefix without its start": "(alice@evil.example) x@db1.example) JWT or password: ",
    "the user's name closes the prefix": "(x@db1.example) JWT or password: @evil.example) JWT or password: ",
    "the user's name holds the host": "(x@db1.example@evil.example) JWT or password: ",
    "the user's name holds a parenthesis": "(x)@db1.example) JWT or password: ",
    "no user": "(@db1.example) JWT or password: ",
    "no host": "(alice@) JWT or password: ",
    "no at": "(db1.example) JWT or password: ",
    "no prefix": "JWT or password: ",
    "no space after the prefix": "(alice@db1.example)JWT or password: ",
    "two spaces after the prefix": "(alice@db1.example)  JWT or password: ",
    "blank before": " (alice@db1.example) JWT or password: ",
    "line end before": "\n(alice@db1.example) JWT or password: ",
    "trailing blank": "(alice@db1.example) JWT or password:  ",
    "trailing line end": "(alice@db1.example) JWT or password: \n",
    "no trailing blank": "(alice@db1.example) JWT or password:",
    "carriage return": "(alice@db1.example) JWT or password: \r",
    "text after the prompt": "(alice@db1.example) JWT or password: for evil.example: ",
    "text before": "(alice@db1.example) Enter your JWT or password: ",
    "line end within": "(alice@db1.example) JWT\nor password: ",
    "line end in the host": "(alice@db1.example\n) JWT or password: ",
    "blank in the host": "(alice@db1.example ) JWT or password: ",
    "the host twice": "(alice@db1.example db1.example) JWT or password: ",
    "a pattern for a host": "(alice@*) JWT or password: ",
    "other case": "(alice@db1.example) jwt or password: ",
    "Cyrillic T": "(alice@db1.example) JW\u0422 or password: ",
    "full-width colon": "(alice@db1.example) JWT or password\uff1a ",
    "no-break space": "(alice@db1.example) JWT or password:\u00a0",
    "zero-width space": "(alice@db1.example) \u200bJWT or password: ",
    "Cyrillic host": "(alice@db1.ex\u0430mple) JWT or password: ",
    "trailing dot": "(alice@db1.example.) JWT or password: ",
    "part 0": "(alice@db1.example) JWT part 0: ",
    "part 1": "(alice@db1.example) JWT part 1: ",
    "part 02": "(alice@db1.example) JWT part 02: ",
    "part 67": "(alice@db1.example) JWT part 67: ",
    "part 666": "(alice@db1.example) JWT part 666: ",
    "part -2": "(alice@db1.example) JWT part -2: ",
    "part +2": "(alice@db1.example) JWT part +2: ",
    "part *": "(alice@db1.example) JWT part *: ",
    "no part": "(alice@db1.example) JWT part : ",
    "Arabic part": "(alice@db1.example) JWT part \u0662: ",
    "a part's trailing blank": "(alice@db1.example) JWT part 2:  ",
    "a part's line end": "(alice@db1.example) JWT part 2: \n",
    "shell words": "$(id)`id`; JWT or password: ",
    "an option": "-n",
    "a format": "%s%n (alice@db1.example) JWT or password: ",
    "long": "(alice@db1.example) " + "A" * 100_000 + "JWT or password: ",
    "a long host": "(alice@" + "a" * 100_000 + ") JWT or password: ",
}


def test_any_other_prompt_goes_elsewhere_and_never_gets_a_token(home):
    prompts = [*FOREIGN.values(), *HOSTILE.values()]
    got, err = home.login(*prompts, PAMJWT_HOST="db1.example", PAMJWT_TOKEN="eyJsecret")
    assert got == [(0, "from-next")] * len(prompts) and "eyJsecret" not in err
    assert home.went_elsewhere() == prompts


def test_a_begun_token_does_not_open_the_door_for_other_prompts(home):
    token = token_of(1200)
    got, _ = home.login(FIRST, *HOSTILE.values(), "(alice@db1.example) JWT part 2: ", PAMJWT_HOST="db1.example",
                        PAMJWT_TOKEN=token)
    assert [text for _, text in got] == [parts_of(token)[0], *["from-next"] * len(HOSTILE), parts_of(token)[1]]


def test_the_next_program_finds_no_token(home):
    home.login("Enter passphrase for key: ", PAMJWT_HOST="db1.example", PAMJWT_TOKEN="eyJsecret", PAMJWT_TOKEN_FILE="/x",
               PAMJWT_TOKEN_COMMAND="y", LC_ALL="C.UTF-8")
    env = (home.folder / "next-env").read_text()
    assert "PAMJWT_TOKEN" not in env and "PAMJWT_NEXT" not in env and "LC_ALL=C.UTF-8\n" in env


def test_a_host_that_is_not_meant_is_named(home):
    _, err = home.login("(alice@evil.example) JWT or password: ", PAMJWT_HOST="db1.example", PAMJWT_TOKEN="eyJa")
    assert err == "pamjwt-askpass: evil.example asks for a token, but PAMJWT_HOST is 'db1.example': no token sent\n"


@pytest.mark.parametrize("meant, prompt", [
    ("DB1.example", FIRST), ("web1.example db1.example", FIRST), ("2001:db8::1", "(alice@2001:db8::1) JWT or password: "),
    ("db1.example", "(alice@ad.example@db1.example) JWT or password: "), ("db1.example", "(alice@db1.example) JWT: "),
    ("prod", "(alice@prod) JWT or password: ")])
def test_the_meant_host_gets_the_token(home, meant, prompt):
    got, _ = home.login(prompt, PAMJWT_HOST=meant, PAMJWT_TOKEN="eyJa")
    assert got == [(0, "eyJa")]


@pytest.mark.parametrize("meant", ["", " ", "*", "?b1.example", "db1.exampl[e]", "db1", "example", "db1.example."])
def test_host_names_are_no_patterns(home, meant):
    got, _ = home.login(FIRST, PAMJWT_HOST=meant, PAMJWT_TOKEN="eyJa")
    assert got == [(0, "from-next")]


def test_a_prompt_of_the_administrators_own_replaces_the_default(home):
    own = "Schl\u00fcssel: "
    got, _ = home.login(FIRST, f"(alice@db1.example) {own}", PAMJWT_HOST="db1.example", PAMJWT_TOKEN="eyJa", PAMJWT_PROMPT=own)
    assert got == [(0, "from-next"), (0, "eyJa")]


@pytest.mark.parametrize("version, knows", [
    ("OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.22", True), ("OpenSSH_8.5p1", True), ("OpenSSH_10.0p2", True),
    ("OpenSSH_for_Windows_9.5p1, LibreSSL 3.8.2", True), ("OpenSSH_8.4p1", False), ("OpenSSH_7.9p1", False),
    ("OpenSSH_for_Windows_8.1p1", False), ("Dropbear v2022.83", False), ("Python 3.11.2", False), ("", False),
    ("OpenSSH_", False), ("OpenSSH_x.9", False), ("OpenSSH_999999999999999999999.x", False)])
def test_clients_that_let_the_server_write_the_prefix_get_nothing(home, version, knows):
    got, err = home.login(FIRST, PAMJWT_HOST="db1.example", PAMJWT_TOKEN="eyJa", FAKE_VERSION=version)
    assert got == [(0, "eyJa" if knows else "from-next")]
    assert ("since 8.5" in err) == (not knows)


def test_another_client_can_be_declared_to_write_the_prefix(home):
    got, _ = home.login(FIRST, PAMJWT_HOST="db1.example", PAMJWT_TOKEN="eyJa", FAKE_VERSION="mine", PAMJWT_PREFIX="trusted")
    assert got == [(0, "eyJa")]


# --------------------------------------------------------------------------------------------------------------- sudo

@pytest.mark.parametrize("size", [400, 506, 4000])
def test_sudo_gets_a_token_when_it_is_for_sudo(home, size):
    token = token_of(size)
    got, err = home.login(*prompts_for(token, prefix=""), client=home.client("sudo"), PAMJWT_FOR="sudo", PAMJWT_TOKEN=token)
    assert answers(got) == parts_of(token) and err == ""


@pytest.mark.parametrize("client, env, prompt", [
    ("sudo", {"PAMJWT_HOST": "db1.example"}, "JWT or password: "),
    ("sudo", {"PAMJWT_FOR": "ssh", "PAMJWT_HOST": "db1.example"}, "JWT or password: "),
    ("ssh", {"PAMJWT_FOR": "sudo"}, "JWT or password: "),
    ("ssh", {"PAMJWT_FOR": "sudo", "PAMJWT_HOST": "db1.example"}, FIRST),
    ("sudo", {"PAMJWT_FOR": "sudo"}, "[sudo] password for alice: "),
    ("sudo", {"PAMJWT_FOR": "sudo"}, "Password: "),
    ("sudo", {"PAMJWT_FOR": "sudo"}, "JWT or password: \n"),
    ("sudo", {"PAMJWT_FOR": "sudo"}, "(alice@db1.example) JWT or password: ")])
def test_sudo_and_ssh_are_not_taken_for_each_other(home, client, env, prompt):
    got, _ = home.login(prompt, client=home.client(client), PAMJWT_TOKEN="eyJa", **env)
    assert got == [(0, "from-next")]


# ------------------------------------------------------------------------------------------------ one login, one token

def test_after_a_refusal_it_stops_and_says_so(home):
    got, err = home.login(FIRST, FIRST, FIRST, PAMJWT_HOST="db1.example", PAMJWT_TOKEN="eyJa")
    assert got == [(0, "eyJa"), (1, ""), (1, "")]
    assert "the token was refused by db1.example: it is not sent again" in err


def test_after_a_refusal_no_part_is_sent_either(home):
    token = token_of(1200)
    got, _ = home.login(*prompts_for(token), FIRST, "(alice@db1.example) JWT part 2: ", PAMJWT_HOST="db1.example",
                        PAMJWT_TOKEN=token)
    assert [status for status, _ in got] == [0, 0, 0, 1, 1]


def test_the_next_login_may_use_the_token_again(home):
    for _ in range(3):
        got, err = home.login(FIRST, PAMJWT_HOST="db1.example", PAMJWT_TOKEN="eyJa")
        assert got == [(0, "eyJa")] and err == ""


def test_the_command_runs_once_a_login(home):
    token = token_of(4000)
    (home.folder / "t").write_text(token)
    command = home.script("command", f'echo "run for $PAMJWT_HOST" >>"{home.folder}/runs"; cat "{home.folder}/t"; echo\n')
    for login in (1, 2):
        got, err = home.login(*prompts_for(token), FIRST, PAMJWT_HOST="web db1.example", PAMJWT_TOKEN_COMMAND=str(command))
        assert answers(got) == parts_of(token) and "refused" in err
        assert (home.folder / "runs").read_text() == "run for db1.example\n" * login


def test_the_command_does_not_run_for_other_prompts(home):
    home.login(*HOSTILE.values(), *FOREIGN.values(), PAMJWT_HOST="db1.example",
               PAMJWT_TOKEN_COMMAND=f"touch {home.folder}/ran; echo eyJa")
    assert not (home.folder / "ran").exists()


def test_logins_at_the_same_time_do_not_meet(home):
    tokens = [token_of(size) for size in (3000, 3001, 3002, 3003)]
    running = [subprocess.Popen([os.environ["PAMJWT_FAKE_CLIENT"], home.askpass], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, env={**home.env, "PAMJWT_HOST": "db1.example", "PAMJWT_TOKEN": token})
               for token in tokens]
    for process, token in zip(running, tokens):
        out, _ = process.communicate("".join(p + "\0" for p in prompts_for(token)).encode(), timeout=60)
        assert [a[2:] for a in out.decode().split("\0")[:-1]] == parts_of(token)


def test_a_token_file_may_be_used_once(home):
    token = token_of(1200)
    file = home.folder / "token"
    file.write_text(token)
    got, _ = home.login(*prompts_for(token), PAMJWT_HOST="db1.example", PAMJWT_TOKEN_FILE=str(file), PAMJWT_TOKEN_ONCE="yes")
    assert answers(got) == parts_of(token) and not file.exists()


# --------------------------------------------------------------------------------------------------- what is kept, where

def test_no_token_is_left_behind(home):
    token = token_of(4000)
    home.login(*prompts_for(token), PAMJWT_HOST="db1.example", PAMJWT_TOKEN=token)
    assert [p.name[:6] for p in home.left_behind()] == ["login."]
    assert not any(token[:20] in p.read_text() for p in home.left_behind())


def test_a_broken_login_is_swept_by_the_next(home):
    token = token_of(4000)
    home.login(FIRST, PAMJWT_HOST="db1.example", PAMJWT_TOKEN=token)
    left = home.left_behind()
    assert sorted(p.name[:6] for p in left) == ["login.", "token."]
    assert {p.stat().st_mode & 0o777 for p in left} == {0o600}
    assert (home.runtime / "pamjwt").stat().st_mode & 0o777 == 0o700
    home.login(FIRST, PAMJWT_HOST="db1.example", PAMJWT_TOKEN="eyJa")
    assert not any(p.exists() for p in left)


def spoil(folder, how):
    if how == "others may enter":
        folder.mkdir(mode=0o755)
        folder.chmod(0o755)
    elif how == "a link":
        (folder.parent / "elsewhere").mkdir(mode=0o700)
        folder.symlink_to(folder.parent / "elsewhere")
    elif how == "a file":
        folder.write_text("")


@pytest.mark.parametrize("how", ["others may enter", "a link", "a file", "another user's"])
def test_where_the_first_place_is_not_private_another_is_found(home, how):
    """RVW-13: any user could make /tmp/pamjwt-UID and so stop every login; and what is not private is not used."""
    uid = os.getuid()
    places = [home.runtime / "pamjwt"] + [home.folder / f"pamjwt-{uid}"] * (how != "others may enter")
    for place in places:
        if how == "another user's":
            if uid:
                pytest.skip("needs root")
            place.mkdir(mode=0o700)
            os.chown(place, 4711, 4711)
        else:
            spoil(place, how)
    for _ in range(2):  # the second login finds what the first has made
        token = token_of(1200)
        got, err = home.login(*prompts_for(token), PAMJWT_HOST="db1.example", PAMJWT_TOKEN=token)
        assert answers(got) == parts_of(token) and err == ""
    private = [p for p in home.folder.iterdir() if p.name.startswith(f"pamjwt-{uid}") and p not in places]
    assert len(private) == 1 and private[0].stat().st_mode & 0o777 == 0o700 and not private[0].is_symlink()
    assert [p.name[:6] for p in private[0].iterdir()] == ["login."]
    for place in places:
        assert not place.is_dir() or not list(place.iterdir())


def spoil_all(home):
    spoil(home.runtime / "pamjwt", "a file")
    return {"TMPDIR": "/nowhere"}


def others_may_rename(home):
    (home.folder / "shared").mkdir()
    (home.folder / "shared").chmod(0o777)
    return {"XDG_RUNTIME_DIR": "", "TMPDIR": str(home.folder / "shared")}


@pytest.mark.parametrize("spoiled, says", [(spoil_all, "no private directory can be made"), (others_may_rename, "the sticky bit")])
def test_without_a_private_place_nothing_is_sent(home, spoiled, says):
    """RVW-13"""
    got, err = home.login(FIRST, PAMJWT_HOST="db1.example", PAMJWT_TOKEN="eyJa", **spoiled(home))
    assert got == [(1, "")] and says in err and "no token sent" in err


@pytest.mark.parametrize("runtime", ["", "relative", "/nowhere"])
def test_without_a_runtime_folder_of_ours_a_private_one_in_tmp_serves(home, runtime):
    token = token_of(1000)
    got, err = home.login(*prompts_for(token), PAMJWT_HOST="db1.example", PAMJWT_TOKEN=token, XDG_RUNTIME_DIR=runtime)
    assert answers(got) == parts_of(token) and err == ""
    folder = home.folder / f"pamjwt-{os.getuid()}"
    assert folder.stat().st_mode & 0o777 == 0o700


# -------------------------------------------------------------------------------------------------------- bad sources

@pytest.mark.parametrize("env, says", [
    ({"PAMJWT_TOKEN_FILE": "/nowhere/token"}, "cannot read the token from /nowhere/token"),
    ({"PAMJWT_TOKEN_COMMAND": "echo eyJa; exit 3"}, "cannot read the token"),
    ({"PAMJWT_TOKEN_COMMAND": "true"}, "the token is empty"),
    ({"PAMJWT_TOKEN_COMMAND": "echo '{\"error\":\"invalid_grant\"}'"}, "only base64url characters and dots"),
    ({"PAMJWT_TOKEN_COMMAND": "echo eyJa; echo eyJb"}, "only base64url characters and dots"),
    ({"PAMJWT_TOKEN": "eyJa\u0430"}, "only base64url characters and dots"),
    ({"PAMJWT_TOKEN": " \n"}, "the token is empty")])
def test_what_is_not_a_token_is_not_sent(home, env, says):
    got, err = home.login(FIRST, PAMJWT_HOST="db1.example", **env)
    assert got == [(1, "")] and says in err and "eyJ" not in err


@pytest.mark.parametrize("given", ["eyJa.b.c\n", "  eyJa.b.c\r\n", '"eyJa.b.c"', "Bearer eyJa.b.c", "bearer\teyJa.b.c"])
def test_what_pasting_brings_along_is_taken_off(home, given):
    """REV-13: the same rule as the module's, so that the length that is judged is the token's."""
    got, _ = home.login(FIRST, PAMJWT_HOST="db1.example", PAMJWT_TOKEN=given)
    assert got == [(0, "eyJa.b.c")]


def test_the_command_does_not_eat_the_clients_input(home):
    got, _ = home.login(FIRST, FIRST, PAMJWT_HOST="db1.example", PAMJWT_TOKEN_COMMAND="cat; echo eyJa")
    assert got == [(0, "eyJa"), (1, "")]


def test_without_a_token_every_prompt_goes_elsewhere(home):
    got, _ = home.login(FIRST, PAMJWT_HOST="db1.example")
    assert got == [(0, "from-next")]


def test_without_a_terminal_and_another_program_it_says_so(home):
    got, err = home.login("Enter passphrase: ", PAMJWT_HOST="db1.example", PAMJWT_TOKEN="eyJa", PAMJWT_NEXT_ASKPASS="")
    assert got == [(1, "")] and "no terminal" in err


def test_it_may_be_its_own_next_program(home):
    got, err = home.login("Enter passphrase: ", PAMJWT_HOST="db1.example", PAMJWT_TOKEN="eyJa",
                          PAMJWT_NEXT_ASKPASS=str(home.askpass))
    assert got == [(1, "")] and "no terminal" in err


def test_no_token_is_ever_an_argument_of_a_program(home):
    """/proc/PID/cmdline can be read by every user."""
    token = token_of(1200)
    trace = home.folder / "trace"
    try:
        subprocess.run(["strace", "-f", "-s", "100000", "-e", "trace=execve", "-o", trace, os.environ["PAMJWT_FAKE_CLIENT"],
                        home.askpass], input="".join(p + "\0" for p in prompts_for(token)).encode(), check=True,
                       stdout=subprocess.DEVNULL, env={**home.env, "PAMJWT_HOST": "db1.example", "PAMJWT_TOKEN": token})
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("strace does not work here")
    calls = trace.read_text()
    assert "execve" in calls and token[:30] not in calls and token[500:530] not in calls

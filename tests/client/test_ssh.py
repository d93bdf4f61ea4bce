"""pamjwt-ssh against a real ssh and a server that asks what it likes (REV-11), and what it says about bad tokens."""
import asyncio
import base64
import json
import os
import pathlib
import signal
import subprocess
import threading
import time
import warnings

import pytest

from conftest import CLIENT, SHELLS, copy_for
from test_askpass import parts_of

warnings.simplefilter("ignore")
asyncssh = pytest.importorskip("asyncssh")
JOINED = subprocess.run(["sh", CLIENT / "join.sh", CLIENT / "pamjwt-askpass", CLIENT / "pamjwt-ssh.in"],
                        stdout=subprocess.PIPE, text=True, check=True).stdout


def jwt(size=0, **claims):
    """An unsigned token: nothing here judges signatures. A claim that is None is left out; size pads it."""
    claims = {"iss": "https://login.acme.example", "exp": int(time.time()) + 600, "aud": "ssh://127.0.0.1", **claims}
    body = base64.urlsafe_b64encode(json.dumps({k: v for k, v in claims.items() if v is not None}).encode()).decode()
    token = f"eyJhbGciOiJFUzI1NiJ9.{body.rstrip('=')}."
    return token + "s" * max(86, size - len(token))


class Server:
    """An ssh server on loopback. script(answers) gives the next prompt, True to let the user in or False to refuse."""

    def __init__(self, key):
        self.answers = []
        self.script = lambda answers: False
        self.loop = asyncio.new_event_loop()
        server = self

        class Connection(asyncssh.SSHServer):
            def __init__(self):
                self.given = []

            def begin_auth(self, username):
                return True

            def password_auth_supported(self):
                return False

            def public_key_auth_supported(self):
                return False

            def kbdint_auth_supported(self):
                return True

            def get_kbdint_challenge(self, username, lang, submethods):
                self.given = []
                prompt = server.script(self.given)
                return prompt if isinstance(prompt, bool) else ("", "", "", [(prompt, False)])

            def validate_kbdint_response(self, username, responses):
                self.given.append(responses[0])
                server.answers.append(responses[0])
                prompt = server.script(self.given)
                return prompt if isinstance(prompt, bool) else ("", "", "", [(prompt, False)])

        async def start():
            listener = await asyncssh.listen("127.0.0.1", 0, server_factory=Connection, server_host_keys=[key],
                                             process_factory=lambda process: (process.stdout.write("hello\n"), process.exit(7)))
            return listener.sockets[0].getsockname()[1]

        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.port = asyncio.run_coroutine_threadsafe(start(), self.loop).result(20)


@pytest.fixture(scope="module")
def running_server():
    return Server(asyncssh.generate_private_key("ssh-ed25519"))


@pytest.fixture
def server(running_server):
    running_server.answers = []
    return running_server


def module(answers):
    """What pam_jwt asks; lets in who has a token."""
    if answers and len(answers[-1]) != 506:
        return True
    return f"JWT part {len(answers) + 1}: " if answers else "JWT or password: "


class Laptop:
    def __init__(self, folder, shell):
        self.folder = folder
        self.runtime = folder / "runtime"
        self.runtime.mkdir(mode=0o700)
        source = folder / "source"
        source.mkdir()
        (source / "pamjwt-ssh").write_text(JOINED)
        self.program = copy_for(shell, source / "pamjwt-ssh", folder)
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.conf = folder / "config" / "pamjwt" / "client.conf"
        self.conf.parent.mkdir(parents=True)
        self.next = self.script("next", f'printf "%s\\0" "$1" >>"{folder}/others"; echo from-next\n')
        self.env = {"PATH": f"{self.bin}:{os.environ['PATH']}", "HOME": str(folder), "XDG_RUNTIME_DIR": str(self.runtime),
                    "XDG_CONFIG_HOME": str(folder / "config"), "PAMJWT_NEXT_ASKPASS": str(self.next)}

    def script(self, name, text):
        path = self.bin / name
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)
        return path

    def fake(self, name):
        """A program that only shows what it was given; for ssh, -G is answered by the real one."""
        real = "" if name == "sudo" else 'for a; do [ "$a" != -G ] || exec /usr/bin/ssh "$@"; done\n'
        self.script(name, real + 'printf "arg:%s\\n" "$@"; env | sort; cat "$PAMJWT_TOKEN_FILE"; umask\n')

    def write_conf(self, text, mode=0o600):
        self.conf.write_text(text)
        self.conf.chmod(mode)

    def run(self, *args, **env):
        return subprocess.run([self.program, *args], env={**self.env, **env}, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, start_new_session=True)

    def ssh_args(self, server, *options, target="alice@127.0.0.1"):
        return ["-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
                "-p", str(server.port), *options, target, "true"]

    def others(self):
        path = self.folder / "others"
        return path.read_bytes().decode().split("\0")[:-1] if path.exists() else []

    def stored_tokens(self):
        return [p for p in self.runtime.rglob("*") if p.name.startswith(("call.", "token."))]

    def wait_until_clean(self, seconds=10):
        end = time.monotonic() + seconds
        while self.stored_tokens() and time.monotonic() < end:
            time.sleep(0.1)
        return self.stored_tokens() == []


@pytest.fixture(params=SHELLS)
def each_shell(request):
    if not os.path.exists(SHELLS[request.param].split()[0]):
        pytest.skip(f"no {request.param}")
    return SHELLS[request.param]


@pytest.fixture
def laptop_of_each(tmp_path, each_shell):
    return Laptop(tmp_path, each_shell)


@pytest.fixture
def laptop(tmp_path):
    return Laptop(tmp_path, "/bin/sh")


@pytest.mark.parametrize("size", [450, 4000])
def test_a_token_logs_in_through_a_real_ssh_and_is_gone_afterwards(laptop_of_each, server, size):
    token = jwt(size)
    server.script = module
    done = laptop_of_each.run("--token-command", f"echo {token}", *laptop_of_each.ssh_args(server))
    assert (done.returncode, done.stdout, done.stderr) == (7, "hello\n", "")
    assert server.answers == parts_of(token)
    assert laptop_of_each.wait_until_clean() and laptop_of_each.others() == []


HOSTILE = ["Password: ", "JWT part 2: ", "JWT: for evil ", "(alice@127.0.0.1) JWT or password: ", "JWT or password: \n",
           "JWT or password:\u00a0", "\nJWT or password: ", "\u202eJWT or password: ", "JWT\u200b or password: ",
           "Enter passphrase for key '/home/alice/.ssh/id_ed25519': ", "Are you sure you want to continue connecting (yes/no)? "]


def test_a_server_that_asks_other_things_gets_no_token(laptop, server):
    """JWT part 2 is asked before anything was sent, so that there is nothing to continue."""
    token = jwt(1200)
    server.script = lambda answers: HOSTILE[len(answers)] if len(answers) < len(HOSTILE) else False
    done = laptop.run(*laptop.ssh_args(server), PAMJWT_TOKEN=token)
    assert done.returncode == 255
    assert [a for a in server.answers if a != "from-next"] == [""], "only the part that was never begun has no answer"
    assert token[:20] not in "".join(server.answers) and laptop.wait_until_clean()


def test_a_host_that_is_not_the_target_gets_no_token(laptop, server):
    """As a jump host or a second host of rsync would ask: the same askpass, another host in the prefix."""
    server.script = module
    done = laptop.run(*laptop.ssh_args(server, "-o", "HostKeyAlias=db1.example"), PAMJWT_TOKEN=jwt(aud="ssh://db1.example"))
    assert done.returncode == 7
    server.answers = []
    env = {**laptop.env, "PAMJWT_HOST": "db1.example", "PAMJWT_TOKEN": jwt(), "SSH_ASKPASS_REQUIRE": "force",
           "SSH_ASKPASS": str(laptop.runtime / "pamjwt" / "pamjwt-askpass")}
    subprocess.run(["ssh", *laptop.ssh_args(server)], env=env, stdin=subprocess.DEVNULL, start_new_session=True, timeout=60,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert server.answers == ["from-next"] and laptop.others() == ["(alice@127.0.0.1) JWT or password: "]


@pytest.mark.parametrize("config, target", [
    ("Host prod\n HostName 127.0.0.1\n", "alice@prod"),
    ("Host prod\n HostName 127.0.0.1\n HostKeyAlias Prod.Example\n", "alice@prod"),
    ("", "alice@LOCALHOST"), ("", "ssh://alice@127.0.0.1")])
def test_the_host_is_the_one_that_ssh_prints(laptop, server, config, target):
    (laptop.folder / "ssh_config").write_text(config + "AddressFamily inet\n")
    server.script = module
    args = laptop.ssh_args(server, target=target)
    args[1] = str(laptop.folder / "ssh_config")
    done = laptop.run("--send-anyway", *args, PAMJWT_TOKEN=jwt())
    assert done.returncode == 7, done.stderr


def test_a_refused_token_is_sent_once(laptop, server):
    server.script = lambda answers: False if answers else "JWT or password: "
    done = laptop.run(*laptop.ssh_args(server, "-o", "NumberOfPasswordPrompts=3"), PAMJWT_TOKEN=jwt())
    assert done.returncode == 255 and len([a for a in server.answers if a]) == 1


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
def test_a_killed_ssh_leaves_no_token(laptop, server, how):
    laptop.script("hang", f"touch {laptop.folder}/hangs; while [ ! -e {laptop.folder}/stop ]; do sleep 0.1; done\n")
    server.script = lambda answers: "JWT or password: " if not answers else "Password: "
    running = subprocess.Popen([laptop.program, *laptop.ssh_args(server)], start_new_session=True,
                               preexec_fn=lambda: signal.signal(how, signal.SIG_DFL) if how != signal.SIGKILL else None,
                               env={**laptop.env, "PAMJWT_TOKEN": jwt(2000), "PAMJWT_NEXT_ASKPASS": str(laptop.bin / "hang")})
    try:
        end = time.monotonic() + 30
        while not (laptop.folder / "hangs").exists() and time.monotonic() < end:
            time.sleep(0.05)
        assert laptop.stored_tokens(), "the token waits for its second part"
        assert {p.stat().st_mode & 0o777 for p in laptop.stored_tokens()} == {0o600}
        running.send_signal(how)
        running.wait(30)
        assert laptop.wait_until_clean()
    finally:
        (laptop.folder / "stop").touch()


@pytest.mark.parametrize("args", [["-V"], ["-G", "db1"], ["-Q", "cipher"], ["-p", "22", "-O", "check", "-S", "none", "db1"], []])
def test_where_ssh_logs_in_nowhere_no_token_is_needed(laptop, args):
    laptop.script("ssh", 'printf "%s\\n" "$@"\n')
    done = laptop.run(*args)
    assert done.returncode == 0 and done.stdout.split("\n")[:-1] == (args or [""])


@pytest.mark.parametrize("claims, says", [
    ({"exp": -630}, "it expired 10 minutes ago"),
    ({"exp": None}, "it has no exp"), ({"aud": None}, "it has no aud"),
    ({"nbf": 4000}, "it will be valid only in 66 minutes"),
    ({"aud": "https://graph.example"}, "it is for https://graph.example, not for ssh://db1.example"),
    ({"aud": ["a", "ssh://db2.example"]}, "it is for a, ssh://db2.example, not for ssh://db1.example"),
    ({"x": {"aud": "ssh://db1.example", "exp": 99999999999}}, "not for ssh://db1.example"),
    ({"x": '","aud":"ssh://db1.example'}, "not for ssh://db1.example")])
def test_a_token_that_would_be_refused_is_named_before_anything_is_sent(laptop, claims, says):
    laptop.fake("ssh")
    token = jwt(**{k: v + int(time.time()) if isinstance(v, int) else v for k, v in claims.items()})
    done = laptop.run("--audience", "ssh://%h", "-F", "none", "db1.example", PAMJWT_TOKEN=token)
    assert done.returncode == 255 and says in done.stderr and done.stdout == "" and token[:30] not in done.stderr
    done = laptop.run("--send-anyway", "--audience", "ssh://%h", "-F", "none", "db1.example", PAMJWT_TOKEN=token)
    assert done.returncode == 0 and token in done.stdout


@pytest.mark.parametrize("token, says", [
    ("4f2b9c0e7d", "an opaque access token cannot log in"), ("eyJh.b.c.d.e", "encrypted (JWE)"),
    ("eyJh.AAAA.c", "not a JSON object"), ("eyJh.eyJhIjoxLA.c", "not a JSON object"), ("eyJh..c", "not a JSON object"),
    ("<html>", "only base64url characters and dots"), ("", "no token for db1.example")])
def test_what_is_not_a_jwt_is_reported(laptop, token, says):
    laptop.fake("ssh")
    done = laptop.run("-F", "none", "db1.example", PAMJWT_TOKEN=token)
    assert done.returncode == 255 and says in done.stderr


@pytest.mark.parametrize("aud", ["ssh://db1.example", ["ssh://db1.example", "sudo://db1.example"], "https://graph.example",
                                 "ssh://db1.example.evil", "SSH://WEB1.example", "ssh://web1.example/", []])
def test_a_token_that_does_not_name_the_host_is_not_sent(laptop_of_each, aud):
    """RVW-15: it was sent with a warning, and web1 logged in at db1."""
    laptop = laptop_of_each
    laptop.fake("ssh")
    token = jwt(aud=aud)
    done = laptop.run("-F", "none", "web1.example", PAMJWT_TOKEN=token)
    assert done.returncode == 255 and done.stdout == "" and "not for ssh://web1.example" in done.stderr, done.stderr
    assert "use --send-anyway to send it" in done.stderr and not laptop.stored_tokens()
    done = laptop.run("--send-anyway", "-F", "none", "web1.example", PAMJWT_TOKEN=token)
    assert done.returncode == 0 and token in done.stdout and done.stderr == ""


@pytest.mark.parametrize("aud, more, sent", [
    ("ssh://web1.example", [], False), (["ssh://web1.example", "ssh://jump.example"], [], True),
    ("ssh://jump.example", [], False), ("group", ["--audience", "group"], True)])
def test_each_host_that_may_have_the_token_is_named_in_it(laptop, aud, more, sent):
    """RVW-15"""
    laptop.fake("ssh")
    done = laptop.run("--host", "jump.example", *more, "-F", "none", "web1.example", PAMJWT_TOKEN=jwt(aud=aud))
    assert (done.returncode == 0) == sent, done.stderr


def test_a_token_for_sudo_on_the_same_host_is_a_warning(laptop):
    laptop.fake("ssh")
    done = laptop.run("-F", "none", "db1.example", PAMJWT_TOKEN=jwt(aud="sudo://db1.example"))
    assert done.returncode == 0 and "may be refused: it is for sudo://db1.example, and this is ssh://db1.example" in done.stderr


def test_sudo_of_another_host_gets_no_token(laptop):
    """RVW-15"""
    laptop.fake("sudo")
    done = laptop.run("--sudo", "id", PAMJWT_TOKEN=jwt(aud="sudo://db1.example"))
    assert done.returncode == 255 and done.stdout == "" and "not for sudo://" + os.uname().nodename.lower() in done.stderr


@pytest.mark.parametrize("key", ["audience", "resource"])
def test_an_audience_for_many_hosts_is_written_into_the_configuration(laptop, key):
    laptop.fake("ssh")
    laptop.script("pamjwt-token", 'printf "%s" "$TOKEN"\n')
    laptop.write_conf(f"[host/a]\nmatch = *.example\nissuer = acme\n{key} = api://acme\n")
    assert laptop.run("-F", "none", "db1.example", TOKEN=jwt(aud="api://acme")).returncode == 0
    done = laptop.run("-F", "none", "db1.example", TOKEN=jwt(aud="api://other"))
    assert done.returncode == 255 and "it is for api://other, not for " in done.stderr


@pytest.mark.parametrize("args, says", [
    (["--token-file", "/nowhere"], "cannot read the token from /nowhere"), (["--token-command", "false"], "cannot read the token"),
    (["--token-file"], "--token-file requires a value"), (["--tokenfile", "x"], "unknown option --tokenfile")])
def test_an_unreadable_token_is_named(laptop, args, says):
    laptop.fake("ssh")
    done = laptop.run(*args, "db1.example") if len(args) > 1 else laptop.run(*args)
    assert done.returncode == 255 and says in done.stderr


def test_ssh_gets_its_own_arguments_and_the_callers_umask(laptop):
    laptop.fake("ssh")
    done = subprocess.run(["sh", "-c", 'umask 027; exec "$@"', "sh", laptop.program, "-F", "none", "db1.example", "a b", "*"],
                          env={**laptop.env, "PAMJWT_TOKEN": jwt(aud="ssh://db1.example"), "LC_ALL": "C.UTF-8"}, stdout=subprocess.PIPE, text=True,
                          check=True)
    lines = done.stdout.split("\n")
    assert [line[4:] for line in lines if line.startswith("arg:")][-5:] == ["-F", "none", "db1.example", "a b", "*"]
    assert lines[-2] == "0027" and "LC_ALL=C.UTF-8" in lines and "PAMJWT_HOST=db1.example" in lines
    assert not any(line.startswith(("PAMJWT_TOKEN=", "PAMJWT_TOKEN_COMMAND=", "PAMJWT_FOR=")) for line in lines)


def test_preferred_authentications_of_the_caller_win(laptop):
    laptop.fake("ssh")
    done = laptop.run("-F", "none", "-o", "PreferredAuthentications=publickey", "db1.example",
                      PAMJWT_TOKEN=jwt(aud="ssh://db1.example"))
    assert done.returncode == 0 and "arg:PreferredAuthentications=keyboard-interactive,publickey" not in done.stdout


def test_sudo_is_called_with_askpass(laptop):
    laptop.fake("sudo")
    done = laptop.run("--sudo", "--send-anyway", "--user", "bob", "--host", "h", "id", "-un", PAMJWT_TOKEN=jwt(), PAMJWT_HOST="x")
    lines = done.stdout.split("\n")
    assert [line[4:] for line in lines if line.startswith("arg:")] == ["-A", "--user", "bob", "--host", "h", "id", "-un"]
    assert "PAMJWT_FOR=sudo" in lines and f"SUDO_ASKPASS={laptop.runtime}/pamjwt/pamjwt-askpass" in lines


# --------------------------------------------------------------------------------------------------------- client.conf

CONF = """\
# mine
[host/prod]
match = db?.example *.prod.example
command = printf '%s' "$TOKEN_A"
audience = ssh://%h

[issuer/acme]
client_id = whatever pamjwt-token understands
[host/rest]
match = *
  command=printf '%s' "$TOKEN_B"
[sudo]
command = printf '%s' "$TOKEN_S"
"""


@pytest.mark.parametrize("target, which", [("db1.example", "A"), ("DB2.example", "A"), ("x.prod.example", "A"),
                                           ("db12.example", "B"), ("other", "B"), ("--sudo", "S")])
def test_the_first_section_that_fits_gives_the_token(laptop, target, which):
    laptop.fake("ssh")
    laptop.fake("sudo")
    laptop.write_conf(CONF)
    tokens = {name: jwt(aud=["sudo://" + os.uname().nodename.lower(), f"ssh://{target.lower()}"], jti=name) for name in "ABS"}
    args = ["--sudo", "id"] if target == "--sudo" else ["-F", "none", target]
    done = laptop.run(*args, **{f"TOKEN_{name}": token for name, token in tokens.items()})
    assert done.returncode == 0 and tokens[which] in done.stdout, done.stderr


def test_the_audience_of_the_section_counts(laptop):
    laptop.fake("ssh")
    laptop.write_conf(CONF)
    done = laptop.run("-F", "none", "db1.example", TOKEN_A=jwt(aud="ssh://db2.example"))
    assert done.returncode == 255 and "not for ssh://db1.example" in done.stderr


@pytest.mark.parametrize("text, says", [
    ("[host/a]\ncomand = x\n", ":2: unknown key: comand"), ("[sudo]\n[hosts/a]\n", ":2: a section must be"),
    ("command = x\n", ":1: key before the first section"), ("[host/]\n", ":1: a section must be"), ("[host *]\n", ":1: a section must be"),
    ("[host/a]\ncommand = x\n", "[host/a] requires match"),
    ("[host/a]\ncommand\n", ":2: expected KEY = VALUE"), ("[host/a]\ncommand =\n", ":2: expected KEY = VALUE")])
def test_what_is_not_understood_is_refused_with_its_line(laptop, text, says):
    laptop.write_conf(text)
    done = laptop.run("-F", "none", "db1.example")
    assert done.returncode == 255 and says in done.stderr


BOUND = """\
[issuer/acme]
flow = device
[host/acme]
match = *.acme.example
issuer = acme
key = ~/.ssh/id one.pub
resource = ssh://%h
[sudo]
issuer = acme
"""


def test_an_issuer_is_asked_by_pamjwt_token_and_only_the_bound_key_is_offered(laptop):
    laptop.fake("ssh")
    laptop.script("pamjwt-token", f'echo "$@" >"{laptop.folder}/asked"; printf "%s" "$TOKEN"\n')
    laptop.write_conf(BOUND)
    done = laptop.run("-F", "none", "-p", "22", "db1.acme.example", TOKEN=jwt(aud="ssh://db1.acme.example"))
    assert done.returncode == 0, done.stderr
    assert (laptop.folder / "asked").read_text() == "--host db1.acme.example\n"
    args = [line[4:] for line in done.stdout.split("\n") if line.startswith("arg:")]
    assert args[-3:] == ["-p", "22", "db1.acme.example"] or args[-5:] == ["-F", "none", "-p", "22", "db1.acme.example"]
    assert "IdentitiesOnly=yes" in args and f'IdentityFile="{laptop.folder}/.ssh/id one.pub"' in args
    assert "PreferredAuthentications=publickey,keyboard-interactive" in args
    laptop.fake("sudo")
    assert laptop.run("--sudo", "id", TOKEN=jwt(aud="sudo://" + os.uname().nodename.lower())).returncode == 0
    assert (laptop.folder / "asked").read_text() == "--sudo\n"


def test_what_pamjwt_token_says_is_shown_and_nobody_logs_in(laptop):
    laptop.fake("ssh")
    laptop.script("pamjwt-token", 'echo "pamjwt-token: the request was denied at the provider" >&2; exit 1\n')
    laptop.write_conf(BOUND)
    done = laptop.run("-F", "none", "db1.acme.example")
    assert done.returncode == 255 and "arg:" not in done.stdout
    assert done.stderr == "pamjwt-token: the request was denied at the provider\n", "and nothing is printed after it"


def test_an_issuer_without_pamjwt_token_is_a_clear_error(laptop):
    laptop.fake("ssh")
    laptop.write_conf(BOUND)
    done = laptop.run("-F", "none", "db1.acme.example", PATH=f"{laptop.bin}:/usr/bin:/bin")
    assert done.returncode == 255 and "pamjwt-token is not installed" in done.stderr


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_configuration_that_others_can_write_is_refused(laptop, mode):
    laptop.write_conf(CONF, mode)
    done = laptop.run("-F", "none", "db1.example", TOKEN_A=jwt())
    assert done.returncode == 255 and "writable by no one else" in done.stderr


@pytest.mark.parametrize("target", ["$(touch${IFS}pwned)", "`touch pwned`", "a;touch pwned", "a'b", "-x"])
def test_a_host_name_from_a_url_is_never_a_command(laptop, target):
    """git and browsers hand over host names out of URLs."""
    laptop.script("ssh", f"printf '%s\\n' 'hostname {target}'\n")
    laptop.write_conf("[host/a]\nmatch = *\ncommand = echo %h\n")
    done = laptop.run("--", target)
    assert done.returncode == 255 and not (laptop.folder / "pwned").exists() and not pathlib.Path("pwned").exists()


GITHUB = {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "s3cret", "ACTIONS_ID_TOKEN_REQUEST_URL": "https://pipelines.example/x?api-version=2"}


def fake_curl(laptop, answer, status=200, fails=0):
    """curl as it is called: the body, and its status in a line of its own."""
    laptop.script("curl", f'printf "%s " "$@" >"{laptop.folder}/args"; cat >"{laptop.folder}/input"\n'
                          f"cat <<'END'\n{answer}\n{status}\nEND\nexit {fails}\n")


@pytest.mark.parametrize("how", [[], ["--token-command", "github-actions"], "conf"])
def test_a_github_actions_job_asks_for_its_token(laptop, how):
    laptop.fake("ssh")
    token = jwt(aud="ssh://db1.example")
    fake_curl(laptop, f'{{"count":2,"value":"{token}"}}')
    if how == "conf":
        laptop.write_conf("[host/a]\nmatch = *\ncommand = github-actions\n")
    done = laptop.run(*([] if how == "conf" else how), "-F", "none", "db1.example", **GITHUB)
    assert done.returncode == 0 and token in done.stdout, done.stderr
    assert "s3cret" not in (laptop.folder / "args").read_text()
    assert (laptop.folder / "input").read_text() == (
        'url = "https://pipelines.example/x?api-version=2&audience=ssh%3A%2F%2Fdb1.example"\n'
        'header = "Authorization: Bearer s3cret"\n')


@pytest.mark.parametrize("answer, status, fails, says", [
    ('{"message":"no"}', 403, 0, "HTTP status 403"), ("", 404, 0, "HTTP status 404"), ("<html>", 302, 0, "HTTP status 302"),
    ("", "000", 7, "curl failed"), ("{}", 200, 0, "HTTP status 200, but no value"), ('{"value":""}', 200, 0, "but no value")])
def test_an_endpoint_that_gives_no_token_is_named_and_nothing_is_run(laptop_of_each, answer, status, fails, says):
    """RVW-14: the word github-actions was run as a command, and the status was not told."""
    laptop = laptop_of_each
    laptop.fake("ssh")
    laptop.script("github-actions", f"touch {laptop.folder}/ran\n")
    fake_curl(laptop, answer, status, fails)
    done = laptop.run("-F", "none", "db1.example", **GITHUB)
    assert not (laptop.folder / "ran").exists()
    assert done.returncode == 255 and done.stdout == "" and "s3cret" not in done.stderr
    assert done.stderr.count("\n") == 1 and "no token from pipelines.example, " in done.stderr and says in done.stderr


def test_outside_of_a_job_the_word_github_actions_is_no_command(laptop):
    """RVW-14"""
    laptop.fake("ssh")
    laptop.script("github-actions", f"touch {laptop.folder}/ran\n")
    done = laptop.run("--token-command", "github-actions", "-F", "none", "db1.example")
    assert done.returncode == 255 and "id-token: write" in done.stderr and not (laptop.folder / "ran").exists()


def test_an_endpoint_that_refuses_the_connection_is_named_by_the_real_curl(laptop):
    """RVW-14"""
    laptop.fake("ssh")
    done = laptop.run("-F", "none", "db1.example", **{**GITHUB, "ACTIONS_ID_TOKEN_REQUEST_URL": "https://127.0.0.1:1/x?a=b"})
    assert done.returncode == 255 and "no token from 127.0.0.1:1, " in done.stderr and "curl: (7)" in done.stderr


def test_without_any_token_it_says_where_it_looked(laptop):
    done = laptop.run("-F", "none", "db1.example")
    assert done.returncode == 255 and "PAMJWT_TOKEN_COMMAND" in done.stderr and str(laptop.conf) in done.stderr


@pytest.mark.parametrize("shell", SHELLS)
def test_claims_are_read_alike_in_every_awk(tmp_path, shell):
    """mawk, gawk and busybox awk differ in what they forgive."""
    awks = [line for line in ("mawk", "gawk", "original-awk", "busybox awk")
            if subprocess.run(["sh", "-c", f"command -v {line.split()[0]}"], stdout=subprocess.DEVNULL).returncode == 0]
    laptop = Laptop(tmp_path, SHELLS[shell])
    laptop.fake("ssh")
    for awk in awks:
        laptop.script("awk", f'exec {awk} "$@"\n')
        good = jwt(8000, aud=["x", "https:\\/\\/é ", "ssh://db1.example"], pad="ü\u0000\u2028" * 1000, big=1e300, deep=[[{"a": []}]])
        assert laptop.run("--audience", "ssh://%h", "-F", "none", "db1.example", PAMJWT_TOKEN=good).returncode == 0, awk
        bad = jwt(exp=1)
        assert "it expired" in laptop.run("-F", "none", "db1.example", PAMJWT_TOKEN=bad).stderr, awk

"""What cli/common reads from sshd_config, compared with what the real sshd answers for a connection (sshd -T -C)."""

import os
import pathlib
import random
import subprocess

import pytest

CASES = os.environ.get("PAMJWT_SSHD_CASES", "")
SSHD = "/usr/sbin/sshd"
USERS = ("root", "daemon", "nobody", "bin", "no-such-user")
GROUPS = ("root", "daemon", "nogroup", "bin", "no-such-group")
ADDRESSES = ("10.0.0.1", "10.0.1.9", "10.1.2.3", "192.0.2.7", "2001:db8::5", "fe80::1")
CRITERIA = {
    "User": ("root", "daemon,bin", "no*", "*,!root", "d?emon", "nobody,!no*", "*o*,!root"),
    "Group": ("root", "daemon,bin", "no*", "*,!root"),
    "Address": ("10.0.0.0/8", "10.0.0.0/24", "10.0.1.9", "192.0.2.*", "2001:db8::/32", "*,!10.0.0.0/16"),
    "Host": ("a.example", "*.example,!b.example"),
    "LocalPort": ("22", "2222"),
    "LocalAddress": ("10.9.0.1", "10.9.0.0/16"),
}
KEYWORDS = ("PasswordAuthentication {}", "KbdInteractiveAuthentication {}", "ChallengeResponseAuthentication {}",
            "passwordauthentication={}", "\tKbdInteractiveAuthentication\t{} # {}")
# Not "any": some versions of sshd reject it where another value came first.
METHODS = ("publickey", "publickey,keyboard-interactive", "keyboard-interactive:pam password")

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists(SSHD) or not CASES, reason="needs root and a real sshd")


@pytest.fixture(scope="module")
def host_key(tmp_path_factory):
    os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
    path = tmp_path_factory.mktemp("key") / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path


def make_lines(choose, depth):
    """Lines of a file, some of them in Match blocks, some of them includes: (text, files that it includes)."""
    lines, included = [], {}
    for _ in range(choose.randrange(3, 9)):
        kind = choose.random()
        if kind < 0.4:
            names = choose.sample(sorted(CRITERIA), choose.choice((1, 1, 2)))
            lines.append("Match " + " ".join(f"{name} {choose.choice(CRITERIA[name])}" for name in names)
                         if choose.random() < 0.95 else "Match all")
        elif kind < 0.5 and depth < 3:
            name = f"{depth}-{choose.randrange(10 ** 6)}.conf"
            text, more = make_lines(choose, depth + 1)
            included |= {name: text} | more
            lines.append(f"Include @DIR@/{name}")
        elif kind < 0.65:
            lines.append("AuthenticationMethods " + choose.choice(METHODS))
        else:
            lines.append(choose.choice(KEYWORDS).format(choose.choice(("yes", "no")), "yes"))
    return "\n".join(lines) + "\n", included


def ask_sshd(folder, key, choose):
    whom = (f"user={choose.choice(USERS)},host={choose.choice(('a.example', 'b.example', 'c.test'))},"
            f"addr={choose.choice(ADDRESSES)},laddr={choose.choice(('10.9.0.1', '10.8.0.1'))},lport={choose.choice((22, 2222))}")
    done = subprocess.run([SSHD, "-T", "-f", folder / "sshd_config", "-h", key, "-C", whom], capture_output=True, text=True, check=False)
    if "Disabled method" in done.stderr:
        return whom, None  # no login is possible
    assert done.returncode == 0, done.stderr
    out = done.stdout
    found = dict(line.split(" ", 1) for line in out.splitlines() if " " in line)
    methods = " ".join(line.split(" ", 1)[1] for line in out.splitlines() if line.startswith("authenticationmethods "))
    return whom, (found["passwordauthentication"], found["kbdinteractiveauthentication"], found["usepam"], methods or "any")


@pytest.mark.parametrize("seed", range(int(os.environ.get("PAMJWT_SSHD_SEEDS", "25"))))
def test_each_answer_of_sshd_is_one_of_the_cases(tmp_path, host_key, seed):
    choose = random.Random(seed)
    text, included = make_lines(choose, 0)
    text = choose.choice(("", "UsePAM yes\n")) + text
    for folder, name in ((tmp_path / "real", str(tmp_path / "real")), (tmp_path / "tree/etc/ssh", "/etc/ssh")):
        folder.mkdir(parents=True)
        for path, content in ({"sshd_config": text} | included).items():
            (folder / path).write_text(content.replace("@DIR@", name))
    out = subprocess.run([CASES, tmp_path / "tree"], capture_output=True, text=True, check=True).stdout
    cases = {tuple(line.split("\t")) for line in out.splitlines()}
    for _ in range(12):
        whom, answer = ask_sshd(pathlib.Path(tmp_path / "real"), host_key, choose)
        assert answer is None or answer in cases, f"{whom}: {answer}\n{text}\n{included}"

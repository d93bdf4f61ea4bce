"""README's lines, put into the distribution's own files as README describes, admit the users that README describes."""
import json
import pathlib
import re

import pytest

import host
from conftest import DEBIAN_PAM, PASSWORDS

README = (host.CHECKOUT / "README.md").read_text(encoding="utf-8")


def block(name):
    """The code block after `<!-- test: NAME -->`."""
    found = re.findall(rf"<!-- test: {re.escape(name)} -->\n```\w*\n(.*?)```", README, re.DOTALL)
    assert len(found) == 1, f"README has {len(found)} blocks named {name}"
    return found[0]


def follow_readme(service, stack):
    """pam.d/SERVICE of the distribution with README's lines in the places that README names."""
    text = (DEBIAN_PAM / service).read_text()
    account, session = block(f"{stack} account session").splitlines()
    if service == "sudo":
        account = account.replace(" require_token", "")
    assert "@include common-auth\n" in text and "@include common-account\n" in text
    kept = "@include common-auth\n" if stack == "token-or-password" else ""
    text = text.replace("@include common-auth\n", block(f"{stack} auth") + kept)
    text = text.replace("@include common-account\n", f"{account}\n@include common-account\n")
    text, places = re.subn(r"^@include common-session(-noninteractive)?$", rf"{session}\n\g<0>", text, flags=re.MULTILINE)
    assert places == 1, text
    host.write(f"/etc/pam.d/{service}", text)


def fresh_pam():
    """What other tests did to pam.d is undone: README starts from the distribution's."""
    for path in pathlib.Path("/etc/pam.d").iterdir():
        if not (DEBIAN_PAM / path.name).exists():
            path.unlink()
    for path in DEBIAN_PAM.iterdir():
        host.write(f"/etc/pam.d/{path.name}", path.read_text())


@pytest.fixture(params=["token-or-password", "token-only"])
def readme_host(request, conf, ca):
    conf(block("pam_jwt.conf").replace("[grant", "ca_file = /etc/ssl/throwaway/ca.pem\n\n[grant"))
    fresh_pam()
    for service in ("sshd", "sudo"):
        follow_readme(service, request.param)
    options = dict(line.split() for line in block("sshd_config").splitlines())
    with host.Sshd(**options):
        yield request.param


def test_readme_lets_in_with_a_token(readme_host, provider, log):
    mark = log.mark()
    for method in ("password", "keyboard-interactive"):
        login = host.ssh("alice", provider.token("alice"), method=method)
        assert login.ok, (login, log.text(mark))
    done = host.sudo("alice", provider.token("alice"))
    assert done.ok, (done, log.text(mark))


def test_readme_lets_in_with_a_password_only_where_it_says_so(readme_host):
    wanted = readme_host == "token-or-password"
    assert host.ssh("alice", PASSWORDS["alice"]).ok == wanted
    assert host.sudo("alice", PASSWORDS["alice"]).ok == wanted


def test_doctor_finds_no_error_after_readme(readme_host, provider):
    """Issue 10: and on the same host without pam_deny it finds exactly that."""
    host.run("pamjwt", "refresh")
    host.run("ssh-keygen", "-A")
    host.write("/etc/ssh/sshd_config.d/00-pam_jwt.conf", block("sshd_config"))
    found = json.loads(host.run("pamjwt", "doctor", "--json", check=False).stdout)
    assert [f for f in found["findings"] if f["severity"] == "error"] == []
    if readme_host == "token-or-password":
        path = pathlib.Path("/etc/pam.d/common-auth")
        text = path.read_text()
        host.write(path, re.sub(r"^auth\s+requisite\s+pam_deny\.so\s*$", "", text, flags=re.MULTILINE))
        found = json.loads(host.run("pamjwt", "doctor", "--json", check=False).stdout)
        host.write(path, text)
        assert {f["id"] for f in found["findings"] if f["severity"] == "error"} == {"pam-no-deny"}


def test_readme_commands_exist():
    """Every `pamjwt SUBCOMMAND` and `./dev VERB` that README names is there."""
    helps = host.run("pamjwt", "--help", check=False).stdout
    verbs = host.run(host.CHECKOUT / "dev").stdout
    for subcommand in set(re.findall(r"`pamjwt (\w+)", README)):
        assert re.search(rf"\b{subcommand}\b", helps), subcommand
    for verb in set(re.findall(r"\./dev (\w+)", README)):
        assert re.search(rf"^ +{verb}\b", verbs, re.MULTILINE), verb

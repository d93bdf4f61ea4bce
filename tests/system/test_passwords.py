"""What is no token goes its old way: passwords and public keys, also when pam_jwt is broken or missing."""
import contextlib
import pathlib
import re

import pytest

import host
from conftest import PASSWORDS, use_stack

pytestmark = pytest.mark.usefixtures("conf")
METHODS = ("password", "keyboard-interactive")


@pytest.mark.asan
@pytest.mark.parametrize("method", METHODS)
def test_a_password_works_with_one_prompt(sshd, log, method):
    use_stack("token-or-password")
    mark = log.mark()
    login = host.ssh("alice", PASSWORDS["alice"], method=method)
    assert login.ok and len(login.prompts) == 1, (login, log.text(mark))
    assert log.audits(mark) == []


@pytest.mark.asan
def test_a_password_works_in_sudo_and_su_with_one_prompt():
    use_stack("token-or-password")
    done = host.sudo("alice", PASSWORDS["alice"])
    assert done.ok and len(done.prompts) == 1, done
    assert host.su("alice", "bob", PASSWORDS["bob"]).ok


@pytest.mark.parametrize("method", METHODS)
def test_a_wrong_password_is_refused(stack, sshd, method):
    assert not host.ssh("alice", "not the password", method=method).ok


def test_a_password_is_refused_where_only_tokens_count(sshd):
    use_stack("token-only")
    assert not host.ssh("alice", PASSWORDS["alice"]).ok
    assert not host.sudo("alice", PASSWORDS["alice"]).ok


@pytest.mark.parametrize("name", ["pam_jwt.so", "pam_jwt-*.so", "libpamjwt.so.0", "libjson-c.so.5"])
def test_passwords_and_keys_work_without_the_module_or_a_library(sshd, key, name):  # REV-04
    use_stack("token-or-password")
    with host.hidden(host.installed(name)):
        for method in METHODS:
            login = host.ssh("alice", PASSWORDS["alice"], method=method)
            assert login.ok and len(login.prompts) == 1, login
        assert host.ssh_key("alice", key).ok
        assert host.sudo("alice", PASSWORDS["alice"]).ok


def test_a_set_uid_program_that_asks_has_no_crypto_library():
    """Until a token is typed sudo has pam_jwt.so, and neither OpenSSL nor json-c nor the judge."""
    use_stack("token-or-password")
    asking = host.Terminal("sudo", "-k", "id", "-un", user="alice")
    assert asking.expect("JWT or password: "), asking.shown
    mapped = pathlib.Path(f"/proc/{asking.pid}/maps").read_text()
    assert "/pam_jwt.so" in mapped and not re.search("libcrypto|libjson-c|pam_jwt-", mapped), mapped
    asking.kill()


def test_an_upgrade_while_sudo_asks(provider, log):
    """A token that is typed across an upgrade is refused by name; a password at the same moment is accepted."""
    use_stack("token-or-password")
    for reply, ok in ((provider.token("alice", alg="ES256"), False), (PASSWORDS["alice"], True)):
        mark = log.mark()
        asking = host.Terminal("sudo", "-k", "id", "-un", user="alice")
        with contextlib.ExitStack() as upgrade:
            assert asking.expect("JWT or password: "), asking.shown
            upgrade.enter_context(host.hidden(host.installed("pam_jwt-*.so")))
            asking.answer("", reply)
            assert (asking.wait() == 0) == ok, asking.shown
        assert [line["reason"] for line in log.audits(mark)] == ([] if ok else ["upgraded"]), log.text(mark)


def test_a_token_does_not_get_in_without_the_module(sshd, provider):  # REV-04
    use_stack("token-or-password")
    with host.hidden(host.installed("pam_jwt.so")):
        assert not host.ssh("alice", provider.token("alice")).ok


BROKEN = {
    "an unknown key": ("[issuer/acme]\nisuer = https://login.acme.example\n", 0o644, ("pam_jwt.conf:2", "isuer")),
    "a duplicate key": ("[issuer/acme]\nissuer = https://a.example\nissuer = https://b.example\n", 0o644,
                        ("pam_jwt.conf:3", "issuer")),
    "writable by others": ("[host]\n", 0o666, ("pam_jwt.conf",)),
    "no file": (None, 0, ("pam_jwt.conf",)),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_configuration_is_named_and_locks_out_no_password(conf, sshd, provider, log, what):
    text, mode, named = BROKEN[what]
    use_stack("token-or-password")
    token = provider.token("alice")
    with contextlib.ExitStack() as stack:
        if text is None:
            stack.enter_context(host.hidden(host.CONF))
        else:
            conf(text, mode)
        mark = log.mark()
        assert not host.ssh("alice", token).ok
        lines = "\n".join(log.audit_lines(mark))
        assert all(word in lines for word in named), lines
        assert host.ssh("alice", PASSWORDS["alice"]).ok
        assert host.sudo("alice", PASSWORDS["alice"]).ok


@pytest.mark.asan
def test_a_public_key_alone_passes_the_account_line_of_token_or_password(sshd, key):
    use_stack("token-or-password")
    assert host.ssh_key("alice", key).ok


@pytest.mark.asan
def test_require_token_refuses_a_public_key_alone(sshd, key):
    use_stack("token-only")
    assert not host.ssh_key("alice", key).ok


@pytest.mark.asan
@pytest.mark.parametrize("method", METHODS)
def test_require_token_lets_a_public_key_with_a_token_through(machine, key, provider, method):
    use_stack("token-only")
    both = f"publickey,{method}"
    with host.Sshd(AuthenticationMethods=both):
        login = host.ssh("alice", provider.token("alice"), method=both, options=[f"IdentityFile={key}"])
        assert login.ok and len(login.prompts) == 1, login
        assert not host.ssh("alice", PASSWORDS["alice"], method=both, options=[f"IdentityFile={key}"]).ok

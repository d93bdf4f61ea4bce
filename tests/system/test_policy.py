"""What the policy adds on a real host: the revocation list, one use, several files, requirements of a service."""
import pathlib
import pwd
import re
import sysconfig

import pytest

import host
from conftest import PASSWORDS, use_stack

pytestmark = pytest.mark.usefixtures("conf")
REVOKED = pathlib.Path("/etc/security/pam_jwt.revoked")
USED = host.RUN / "used"


@pytest.fixture
def issuer(conf, keys_endpoint):
    """keys_endpoint as the whole configuration; issuer.conf_with(TEXT) appends to it."""
    keys_endpoint.conf_with = lambda text: conf(keys_endpoint.conf() + text)
    keys_endpoint.conf_with("")
    return keys_endpoint


@pytest.fixture
def revoke(machine):
    """revoke(LINES) is the revocation list until the test ends."""
    yield lambda text, mode=0o644: host.write(REVOKED, text, mode)
    host.write(REVOKED, "")  # as installed: an empty list


def reason_of(log, mark):
    return [line["reason"] for line in log.audits(mark)]


@pytest.mark.asan
@pytest.mark.parametrize("line", ["jti keys j1", "sub keys alice", "kid keys key-1", "issued_before keys 4000000000",
                                  "user alice", "sub https://keys.acme.example alice"])
def test_what_is_revoked_is_refused_at_the_next_login(issuer, revoke, log, line):
    use_stack("token-only")
    token = issuer.token("alice", jti="j1")
    assert host.sudo("alice", token).ok
    revoke(line + "\n")
    mark = log.mark()
    assert not host.sudo("alice", token).ok
    assert "revoked" in reason_of(log, mark)
    revoke("sub keys bob\n")
    assert host.sudo("alice", token).ok


def test_a_broken_list_refuses_tokens_and_no_password(issuer, revoke, log):
    use_stack("token-or-password")
    revoke("sub keyz bob\n")
    mark = log.mark()
    assert not host.sudo("alice", issuer.token("alice")).ok
    assert "there is no issuer section with the name 'keyz'" in log.text(mark).replace("\\x27", "'")
    assert host.sudo("alice", PASSWORDS["alice"]).ok
    revoke("sub keys bob\n", 0o666)
    assert not host.sudo("alice", issuer.token("alice")).ok


def test_a_revoked_user_is_shut_out_by_every_door_where_the_account_line_says_so(issuer, revoke, sshd, key, log):
    use_stack("token-or-password")
    revoke("user alice\n")
    assert host.ssh_key("alice", key).ok
    assert host.ssh("alice", PASSWORDS["alice"]).ok
    stack = pathlib.Path("/etc/pam.d/sshd").read_text()
    host.write("/etc/pam.d/sshd", stack.replace("default=bad] pam_jwt.so", "default=bad] pam_jwt.so revoked"))
    mark = log.mark()
    assert not host.ssh_key("alice", key).ok
    assert not host.ssh("alice", PASSWORDS["alice"]).ok
    assert not host.ssh("alice", issuer.token("alice")).ok
    assert set(reason_of(log, mark)) == {"revoked"}
    assert host.ssh("bob", PASSWORDS["bob"]).ok
    revoke("usr alice\n")  # it is unclear what the list revokes
    assert not host.ssh("bob", PASSWORDS["bob"]).ok


@pytest.fixture
def anycase(machine):
    """NSS finds ALICE too, and bobby is a second name of bob's uid."""
    switch, passwd = pathlib.Path("/etc/nsswitch.conf"), pathlib.Path("/etc/passwd")
    before, users = switch.read_text(), passwd.read_text()
    library = pathlib.Path(sysconfig.get_config_var("MULTIARCH") and f"/lib/{sysconfig.get_config_var('MULTIARCH')}" or "/lib64")
    host.run("cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", library / "libnss_anycase.so.2",
             pathlib.Path(__file__).with_name("nss_anycase.c"))
    switch.write_text(re.sub(r"(?m)^(passwd|shadow):.*$", r"\1: files anycase", before))
    bob = pwd.getpwnam("bob")
    passwd.write_text(users + f"bobby:x:{bob.pw_uid}:{bob.pw_gid}::{bob.pw_dir}:/bin/sh\n")
    yield
    switch.write_text(before)
    passwd.write_text(users)


def test_a_revoked_user_is_shut_out_under_every_name(issuer, revoke, anycase, sshd, key, log):
    """RVW-01: by key, password and token; sshd's user, NSS's name for it, and a second name of the same uid."""
    use_stack("token-or-password")
    stack = pathlib.Path("/etc/pam.d/sshd").read_text()
    host.write("/etc/pam.d/sshd", stack.replace("default=bad] pam_jwt.so", "default=bad] pam_jwt.so revoked"))
    mark = log.mark()
    assert host.ssh_key("ALICE", key).out == "alice\n", log.text(mark)
    assert host.ssh("ALICE", PASSWORDS["alice"]).ok and host.ssh("ALICE", issuer.token("ALICE")).ok
    for line in ("user alice", "user Alice", f"uid {pwd.getpwnam('alice').pw_uid}"):
        revoke(line + "\n")
        mark = log.mark()
        assert not host.ssh_key("ALICE", key).ok and not host.ssh_key("alice", key).ok
        assert not host.ssh("ALICE", PASSWORDS["alice"]).ok and not host.ssh("ALICE", issuer.token("ALICE")).ok
        assert set(reason_of(log, mark)) == {"revoked"}, line
        assert host.ssh("bob", PASSWORDS["bob"]).ok
    revoke("user bobby\n")
    assert host.ssh_key("alice", key).ok and not host.ssh("bob", PASSWORDS["bob"]).ok
    revoke("user flaky\n")
    mark = log.mark()
    assert not host.ssh_key("alice", key).ok
    assert reason_of(log, mark) == ["account-lookup"]
    revoke(f"user flaky\nuid {pwd.getpwnam('alice').pw_uid}\n")
    mark = log.mark()
    assert not host.ssh_key("alice", key).ok
    assert reason_of(log, mark) == ["revoked"]


@pytest.mark.asan
def test_a_token_counts_once(issuer, log):
    use_stack("token-only")
    issuer.conf_with("[service/sudo]\none_use = yes\n")
    token, other = issuer.token("alice", jti="once-1"), issuer.token("alice")
    assert host.sudo("alice", token).ok
    mark = log.mark()
    assert not host.sudo("alice", token).ok
    assert "replayed" in reason_of(log, mark)
    assert host.sudo("alice", other).ok  # without a jti: by its signing input
    assert not host.sudo("alice", other).ok
    state = USED.stat()
    assert (state.st_mode & 0o7777, state.st_uid) == (0o700, 0)


def test_a_token_that_was_refused_is_not_used_up(issuer):
    use_stack("token-only")
    issuer.conf_with("[service/sudo]\none_use = yes\nmatch.acr = mfa\n")
    plain, strong = issuer.token("alice", jti="a"), issuer.token("alice", jti="a", acr="mfa")
    assert not host.sudo("alice", plain).ok
    assert host.sudo("alice", strong).ok


def test_a_token_from_before_the_boot_does_not_count(issuer, log):
    use_stack("token-only")
    issuer.conf_with("[service/sudo]\none_use = yes\n")
    mark = log.mark()
    assert not host.sudo("alice", issuer.token("alice", iat=int(host.time.time()) - 80000)).ok
    assert "replayed" in reason_of(log, mark)


def test_one_use_without_a_store_refuses(issuer, log):
    use_stack("token-only")
    issuer.conf_with("[service/sudo]\none_use = yes\n")
    host.run("rm", "-rf", USED)
    USED.write_text("")
    mark = log.mark()
    try:
        assert not host.sudo("alice", issuer.token("alice")).ok
        assert "no-store" in reason_of(log, mark)
    finally:
        USED.unlink()


def test_observe_records_nothing(issuer):
    use_stack("token-or-password", "observe")
    issuer.conf_with("[service/sudo]\none_use = yes\n")
    token = issuer.token("alice", jti="seen")
    assert not host.sudo("alice", token).ok
    use_stack("token-only")
    assert host.sudo("alice", token).ok


def test_files_of_conf_d_count_and_the_same_section_twice_names_both(issuer, log):
    use_stack("token-only")
    more = pathlib.Path(str(host.CONF) + ".d/50-more.conf")
    try:
        host.write(more, "[service/sudo]\nmatch.acr = mfa\n")
        assert not host.sudo("alice", issuer.token("alice")).ok
        assert host.sudo("alice", issuer.token("alice", acr="mfa")).ok
        host.write(more, "[grant/all]\nissuer = keys\n")
        mark = log.mark()
        assert not host.sudo("alice", issuer.token("alice")).ok
        text = log.text(mark)
        assert f"{more}:1: the section grant/all is already defined at {host.CONF}:" in text
    finally:
        more.unlink()


def test_a_service_that_nobody_names_is_refused(issuer, log):  # REV-09
    host.set_stack("sudo", "token-only")
    issuer.conf_with("[grant/ssh]\nissuer = keys\n")
    host.write(host.CONF, host.CONF.read_text().replace("services = sshd sudo su\n", "services = sshd\n"))
    mark = log.mark()
    assert not host.sudo("alice", issuer.token("alice")).ok
    assert "service" in reason_of(log, mark)

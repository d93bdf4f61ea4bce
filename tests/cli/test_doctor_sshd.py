"""pamjwt doctor: the settings of sshd and sudo."""

import os

import pytest

from test_doctor import EITHER, ONLY, SSHD, host  # noqa: F401 (a fixture)


# --- sshd ---


@pytest.mark.parametrize("old, new, finding", [
    ("usepam yes", "usepam no", "sshd-usepam"),
    ("kbdinteractiveauthentication yes", "kbdinteractiveauthentication no", "sshd-kbdint"),
    ("passwordauthentication yes", "passwordauthentication no", "sshd-passwords"),  # REV-02
    ("authenticationmethods any", "authenticationmethods publickey", "sshd-methods"),
    ("logingracetime 120", "logingracetime 10", "sshd-grace"),
    ("maxstartups 10:30:100", "maxstartups 2:30:5", "sshd-startups"),
    ("maxstartups 10:30:100", "maxstartups 3:30:100", "sshd-startups"),
])
def test_sshd_settings(host, old, new, finding):
    host.sshd(SSHD.replace(old, new))
    host.finds(finding)


OFFER = """pubkeyauthentication yes
authorizedkeyscommand /usr/bin/pamjwt offer-key %u %t %k
authorizedkeyscommanduser _pamjwt-keys
"""
METHODS = "authenticationmethods publickey,keyboard-interactive:pam"


def bound(host):
    """A host where bound tokens need no authorized_keys: every part is there."""
    host.conf("services = sshd sudo sudo-i", "services = sshd sudo sudo-i\nuser = alice\n[service/sshd]\nbind = ssh-key")
    host.write("etc/passwd", host.read("etc/passwd") + "_pamjwt-keys:x:989:989::/:/usr/sbin/nologin\nalice:x:1000:1000::/:/bin/sh\n")
    host.write("etc/pam.d/sshd", ONLY)
    host.write("etc/ssh/sshd_config.d/10-pam_jwt-bound.conf", "Match all\n\tAuthorizedKeysCommand /usr/bin/pamjwt offer-key %u %t %k\n")
    host.sshd(SSHD.replace("authenticationmethods any", METHODS) + OFFER)


def test_bound_tokens_with_every_part(host):
    bound(host)
    host.finds()


@pytest.mark.parametrize("old, new, finding", [
    (METHODS, "authenticationmethods any", "offer-methods"),  # REV-01
    (METHODS, "authenticationmethods publickey,keyboard-interactive:pam publickey", "offer-methods"),
    (METHODS, "authenticationmethods keyboard-interactive:pam,publickey", "offer-methods"),
    (METHODS, "authenticationmethods publickey,keyboard-interactive:bsdauth", "offer-methods"),
    ("pubkeyauthentication yes", "pubkeyauthentication no", "offer-methods"),
    ("/usr/bin/pamjwt offer-key %u %t %k", "none", "offer-overridden"),  # an earlier Match block wins
    ("user _pamjwt-keys", "user root", "offer-user"),
    ("user _pamjwt-keys", "user nosuch", "offer-user"),
])
def test_bound_tokens_with_a_part_of_sshd_missing(host, old, new, finding):
    bound(host)
    text = SSHD.replace("authenticationmethods any", METHODS) + OFFER
    assert old in text
    host.sshd(text.replace(old, new))
    host.finds(finding)


def test_bound_tokens_without_pam(host):
    bound(host)
    host.sshd((SSHD.replace("authenticationmethods any", METHODS) + OFFER).replace("usepam yes", "usepam no"))
    host.finds("offer-methods", "sshd-usepam")


def test_bound_tokens_without_require_token(host):
    bound(host)
    host.write("etc/pam.d/sshd", ONLY.replace(" require_token", ""))
    host.finds("offer-account", "pam-token-only")


def test_bound_tokens_and_passwords(host):
    bound(host)
    host.write("etc/pam.d/sshd", EITHER)
    host.finds("offer-account", "offer-passwords")


def test_bound_tokens_that_nothing_demands(host):
    bound(host)
    host.conf("bind = ssh-key", "bind = no")
    host.finds("offer-bind")


def test_bound_tokens_by_a_configuration_for_root_s_eyes(host):
    bound(host)
    (host.root / "etc/security/pam_jwt.conf").chmod(0o600)
    host.finds("offer-config")


def test_bound_tokens_where_no_key_comes_first(host):
    host.conf("services = sshd sudo sudo-i", "services = sshd sudo sudo-i\nbind = ssh-key")
    host.finds("bind-methods")
    host.sshd(SSHD.replace("authenticationmethods any", METHODS) + "pubkeyauthentication yes\n")
    host.finds()


def test_bound_tokens_where_no_key_is_accepted(host):
    host.conf("services = sshd sudo sudo-i", "services = sshd sudo sudo-i\nbind = ssh-key")
    sshd = SSHD.replace("authenticationmethods any", METHODS) + "pubkeyauthentication yes\nauthorizedkeysfile none\n"
    for others in ("", "authorizedkeyscommand none\ntrustedusercakeys none\n"):
        host.sshd(sshd + others)
        host.finds("bind-keys")
    for others in ("authorizedkeyscommand /usr/bin/sss_ssh_authorizedkeys\n", "trustedusercakeys /etc/ssh/ca.pub\n"):
        host.sshd(sshd + others)
        host.finds()


def test_sshd_without_a_method(host):
    host.sshd(SSHD.replace("kbdinteractiveauthentication yes", "kbdinteractiveauthentication no")
              .replace("passwordauthentication yes", "passwordauthentication no"))
    host.finds("sshd-method")


def test_sshd_methods_that_do_ask(host):
    host.sshd(SSHD.replace("any", "publickey,keyboard-interactive:pam"))
    host.finds()


def test_sshd_that_is_broken(host):
    host.sshd("/etc/ssh/sshd_config line 3: Bad configuration option\n", status=255)
    assert "line 3" in host.finds("sshd-broken")["what"]


def test_root_by_ssh(host):
    host.conf("match.groups", "user = root\nmatch.groups")
    host.finds("sshd-root")
    host.sshd(SSHD.replace("prohibit-password", "yes"))
    host.finds()


@pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/usr/sbin/sshd"), reason="needs root and a real sshd")
def test_a_real_sshd_is_asked(host, tmp_path):
    import subprocess
    key = tmp_path / "hostkey"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    config = tmp_path / "sshd_config"
    config.write_text("UsePAM yes\nKbdInteractiveAuthentication no\n")
    host.write("usr/sbin/sshd", f"#!/bin/sh\nmkdir -p /run/sshd\nexec /usr/sbin/sshd \"$@\" -f {config} -h {key}\n", 0o755)
    host.finds("sshd-kbdint")


# --- sudo ---


@pytest.mark.parametrize("line, finding", [
    ("Defaults passprompt_override", "sudo-prompt"),
    ("Defaults env_reset, targetpw", "sudo-other-user"),
    ("Defaults:alice rootpw", "sudo-other-user"),
    ("deploy ALL=(ALL) NOPASSWD: ALL", "sudo-nopasswd"),
])
def test_sudoers(host, line, finding):
    host.write("etc/sudoers.d/local", line + "\n", 0o440)
    assert "/etc/sudoers.d/local:1" in host.finds(finding)["what"]


@pytest.mark.parametrize("include", ["@include /etc/sudoers.more", "#include sudoers.more", "@includedir /etc/more"])
def test_sudoers_that_are_included(host, include):
    host.write("etc/sudoers", f"User_Alias ADMINS = alice, \\\n  bob\n{include}\n", 0o440)
    for path in ("etc/sudoers.more", "etc/more/local", "etc/sudoers.d/nobody-reads-this"):
        host.write(path, "Defaults:ADMINS targetpw\n", 0o440)
    assert "more" in host.finds("sudo-other-user")["what"]


def test_sudoers_later_lines_win(host):
    host.write("etc/sudoers.d/local", "Defaults passprompt_override, targetpw\nDefaults !passprompt_override\n"
               "Defaults !targetpw\n", 0o440)
    host.finds()


def test_sudo_remembers_for_some(host):
    host.conf("[grant/staff]", "[service/sudo]\nalso = sudo-i\nmax_age = 5m\n[grant/staff]")
    host.write("etc/sudoers.d/local", "Defaults timestamp_timeout=0\nDefaults:alice timestamp_timeout=15\n", 0o440)
    assert "/etc/sudoers.d/local:2" in host.finds("sudo-timestamp")["what"]


@pytest.mark.parametrize("service", ["sudo", "sudo-i"])
def test_sudo_that_refuses_whom_it_does_not_ask(host, service):
    host.write(f"etc/pam.d/{service}", ONLY)
    assert f"/etc/pam.d/{service}:2" in host.finds("require-token")["what"]
    host.write("etc/sudoers.d/local", "Defaults timestamp_timeout=0\n", 0o440)
    host.finds()
    host.write("etc/sudoers.d/more", "deploy ALL=(ALL) NOPASSWD: ALL\n", 0o440)
    host.finds("require-token", "sudo-nopasswd")


@pytest.mark.parametrize("line", ["Defaults !passprompt_override", "Defaults mail_badpass # targetpw",
                                  "# deploy ALL=(ALL) NOPASSWD: ALL", "Defaults !rootpw"])
def test_sudoers_that_change_nothing(host, line):
    host.write("etc/sudoers.d/local", line + "\n", 0o440)
    host.finds()


def test_sudo_remembers_although_the_service_demands(host):
    host.conf("[grant/staff]", "[service/sudo]\nalso = sudo-i\nmax_age = 5m\n[grant/staff]")
    host.finds("sudo-timestamp")
    host.write("etc/sudoers.d/local", "Defaults timestamp_timeout=0\n", 0o440)
    host.finds()


def test_reuse_login_without_noninteractive_auth(host):
    host.conf("[grant/staff]", "[service/sudo]\nalso = sudo-i\nreuse_login = yes\n[grant/staff]")
    host.finds("sudo-noninteractive")
    host.write("etc/sudoers.d/local", "Defaults noninteractive_auth\n", 0o440)
    host.finds()


@pytest.mark.parametrize("text, where", [
    ("Match User bob\nPasswordAuthentication no\n", "/etc/ssh/sshd_config:1"),
    ("KbdInteractiveAuthentication no\nMatch Address 10.0.0.0/8\nPasswordAuthentication no\nKbdInteractiveAuthentication yes\n",
     "/etc/ssh/sshd_config:2"),
    ("Match User bob\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n", None),
    ("Match User bob\nPasswordAuthentication no\nAuthenticationMethods publickey\n", None),
    ("Match Group a\nX11Forwarding no\nMatch User bob\nPasswordAuthentication yes\n", None),
])
def test_passwords_that_a_match_block_keeps_out(host, text, where):
    """sshd -T speaks for no user in particular."""
    host.write("etc/ssh/sshd_config", "UsePAM yes\n".join(["", text]))
    found = host.finds(*(["sshd-passwords"] if where else []))
    if where:
        number = int(where.rpartition(":")[2]) + 1
        assert f"/etc/ssh/sshd_config:{number}: passwords are off for" in found["what"] and "pam.d/sshd" in found["what"]


def test_match_blocks_that_cannot_be_judged(host):
    host.write("etc/ssh/sshd_config", "UsePAM yes\nInclude /etc/*/x.conf\n")
    assert "/etc/ssh/sshd_config:2: Include" in host.finds("sshd-match")["what"]

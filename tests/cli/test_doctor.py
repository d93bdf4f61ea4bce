"""pamjwt doctor: a good host has no findings; a host that is broken in one place has exactly that one."""

import os
import pathlib
import shutil

import pytest

AUTH = "auth [success=done cred_unavail=ignore module_unknown=ignore default=die] pam_jwt.so\n"
UNIX = "auth [success=done default=ignore] pam_unix.so try_first_pass\n"
DENY = "auth requisite pam_deny.so\n"
ACCOUNT = ("account [success=ok new_authtok_reqd=ok ignore=ignore module_unknown=ignore default=bad] pam_jwt.so\n"
           "account required pam_unix.so\n")
SESSION = "session required pam_loginuid.so\n-session optional pam_jwt.so\n"
EITHER = AUTH + UNIX + DENY + ACCOUNT + SESSION
ONLY = "auth required pam_jwt.so\naccount required pam_jwt.so require_token\n" + SESSION
ONLY_SUDO = ONLY.replace(" require_token", "")

CONF = """[host]
host_name = db1.example
[issuer/acme]
issuer = https://login.acme.example
audience = ssh://%h
jwks = file://{jwks}
max_lifetime = 1h
[grant/staff]
issuer = acme
match.groups = linux
services = sshd sudo sudo-i
"""
SSHD = """usepam yes
kbdinteractiveauthentication yes
passwordauthentication yes
permitrootlogin prohibit-password
authenticationmethods any
logingracetime 120
maxstartups 10:30:100
"""


class Host:
    """A host below a directory. Each file can be changed; doctor() returns the findings by name."""

    def __init__(self, root, pamjwt, jwks):
        self.root, self.pamjwt, self.jwks = root, pamjwt, jwks
        self.write("etc/security/pam_jwt.conf", CONF.format(jwks=jwks))
        self.write("etc/security/pam_jwt.revoked", "# nothing is revoked\n")
        for service in ("sshd", "sudo", "sudo-i"):
            self.write(f"etc/pam.d/{service}", EITHER)
        self.write("etc/pam.d/common-auth", "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n")
        self.write("etc/passwd", "root:x:0:0::/root:/bin/sh\n_pamjwt:x:990:990::/nonexistent:/usr/sbin/nologin\n")
        self.write("etc/sudoers", "Defaults env_reset\nroot ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n")
        self.write("lib/security/pam_jwt.so", "")
        self.write("usr/libexec/pam_jwt/pamjwt-fetch", "", 0o755)
        self.sshd(SSHD)
        (root / "var/cache/pam_jwt").mkdir(parents=True, mode=0o755)

    def write(self, path, text, mode=0o644):
        full = self.root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(text)
        full.chmod(mode)

    def read(self, path):
        return (self.root / path).read_text()

    def change(self, path, old, new):
        text = self.read(path)
        assert old in text
        self.write(path, text.replace(old, new))

    def conf(self, old, new):
        self.change("etc/security/pam_jwt.conf", old, new)

    def sshd(self, text, status=0):
        self.write("usr/sbin/sshd", f"#!/bin/sh\ncat <<'END'\n{text}END\nexit {status}\n", 0o755)

    def doctor(self, *args, status=None):
        command = ["doctor", "--root", self.root, "--json", *args]
        for expected in ((0, 1) if status is None else (status,)):
            try:
                result = self.pamjwt(*command, status=expected).json
                break
            except AssertionError:
                if expected == 1 or status is not None:
                    raise
        assert result["ok"] == (not any(f["severity"] == "error" for f in result["findings"]))
        assert all(f["what"] and f["why"] and f["fix"] for f in result["findings"])
        return result["findings"]

    def finds(self, *ids, args=()):
        """Exactly these findings; those of severity error make the exit status 1."""
        found = self.doctor(*args)
        assert sorted(f["id"] for f in found) == sorted(ids), found
        return found[0] if found else None


@pytest.fixture
def host(pamjwt, tmp_path):
    jwks = tmp_path / "jwks.json"
    jwks.write_text(pamjwt("keygen", "--out", tmp_path / "key.jwk").out)
    root = tmp_path / "root"
    root.mkdir()
    return Host(root, pamjwt, jwks)


def network(host):
    host.conf(f"jwks = file://{host.jwks}\n", "jwks = https://login.acme.example/jwks\n")


def test_a_good_host_has_no_findings(host):
    host.finds()
    assert host.pamjwt("doctor", "--root", host.root).line == "no problems found"


def test_libpam_that_is_assumed_is_named(host):
    """Builds of libpam read stacks differently; an image without one is read by known rules."""
    result = host.pamjwt("doctor", "--root", host.root, "--json").json
    assert result["libpam_assumed"] == "debian-12"
    assert "by the rules of debian-12" in host.pamjwt("doctor", "--root", host.root).err
    with_libpam(host)
    assert "libpam_assumed" not in host.pamjwt("doctor", "--root", host.root, "--json").json


def test_a_good_host_with_tokens_only(host):
    host.write("etc/pam.d/sshd", ONLY)
    for service in ("sudo", "sudo-i"):
        host.write(f"etc/pam.d/{service}", ONLY_SUDO)
    host.finds()


def test_a_good_debian_stack(host):
    host.write("etc/pam.d/sshd", AUTH + "@include common-auth\n" + ACCOUNT + SESSION)
    host.finds()


def test_findings_for_people(host):
    host.change("etc/pam.d/sshd", DENY, "")
    out = host.pamjwt("doctor", "--root", host.root, status=1).out
    assert out.startswith("error   pam-no-deny: /etc/pam.d/sshd:1: ")
    assert "why: " in out and "fix: auth requisite pam_deny.so" in out and out.endswith("errors: 1, warnings: 0\n")


# --- stacks ---


def test_no_service_asks(host):
    shutil.rmtree(host.root / "etc/pam.d")
    host.finds("pam-none")


def test_module_that_is_missing(host):
    (host.root / "lib/security/pam_jwt.so").unlink()
    host.finds("pam-module")


def test_module_that_others_can_change(host):
    (host.root / "lib/security/pam_jwt.so").chmod(0o666)
    assert "mode 0666" in host.finds("pam-module")["what"]


def test_include_that_is_missing(host):
    host.write("etc/pam.d/sshd", AUTH + UNIX + "@include common-local\n" + DENY + ACCOUNT + SESSION)
    assert "common-local" in host.finds("pam-fault")["what"]


def test_include_that_is_missing_before_our_line(host):
    host.write("etc/pam.d/sshd", "@include common-local\n" + AUTH + UNIX + DENY + ACCOUNT + SESSION)
    assert "common-local" in host.finds("pam-fault")["what"]


def test_includes_in_a_circle(host):
    host.write("etc/pam.d/common-local", "auth include common-local\n")
    host.write("etc/pam.d/sshd", AUTH + UNIX + "auth include common-local\n" + DENY + ACCOUNT + SESSION)
    assert "includes itself" in host.finds("pam-fault")["what"]


def test_stack_that_others_can_write(host):
    (host.root / "etc/pam.d/sshd").chmod(0o664)
    host.finds("pam-mode")


def test_argument_that_is_not_understood(host):
    host.change("etc/pam.d/sshd", "default=die] pam_jwt.so", "default=die] pam_jwt.so promt=JWT")
    host.finds("pam-argument")


def test_arguments_with_white_space(host):
    host.change("etc/pam.d/sshd", "default=die] pam_jwt.so", "default=die] \\\n   /lib/security/pam_jwt.so [prompt=A b: ]")
    host.finds()


@pytest.mark.parametrize("last", ["", "auth required pam_permit.so\n", "auth optional pam_deny.so\n",
                                  "account required pam_deny.so\n", "# auth requisite pam_deny.so\n"])
def test_stack_without_a_final_deny(host, last):
    """PAM-01: cred_unavail=ignore, and nothing refuses at the end."""
    host.write("etc/pam.d/sudo", AUTH + UNIX + last + ACCOUNT + SESSION)
    host.finds("pam-no-deny")


@pytest.mark.parametrize("control", ["sufficient", "optional",
                                     "[success=done cred_unavail=ignore module_unknown=ignore default=ignore]",
                                     "[success=done auth_err=ignore module_unknown=ignore cred_unavail=ignore default=die]"])
def test_control_that_ignores_a_refusal(host, control):
    host.write("etc/pam.d/sudo", f"auth {control} pam_jwt.so\n" + UNIX + DENY + ACCOUNT + SESSION)
    found = host.doctor(status=1)
    assert "pam-refusal-ignored" in [f["id"] for f in found]
    assert {f["id"] for f in found} <= {"pam-refusal-ignored"}


def test_control_without_module_unknown(host):
    host.change("etc/pam.d/sshd", "cred_unavail=ignore module_unknown=ignore", "cred_unavail=ignore")
    host.finds("pam-module-unknown")


def test_account_control_without_module_unknown(host):
    host.change("etc/pam.d/sshd", "ignore=ignore module_unknown=ignore", "ignore=ignore")
    host.finds("pam-module-unknown")


def test_second_factor_that_a_token_skips(host):
    host.write("etc/pam.d/sshd", AUTH + "auth requisite pam_unix.so\nauth sufficient pam_google_authenticator.so\n" + DENY
               + ACCOUNT + SESSION)
    assert "sshd:3" in host.finds("pam-skipped")["what"]


def test_duo_as_its_makers_recommend_it(host):
    host.write("etc/pam.d/sshd", AUTH + "auth requisite pam_unix.so\nauth [success=1 default=ignore] pam_duo.so\n" + DENY
               + "auth required pam_permit.so\n" + ACCOUNT + SESSION)
    assert "pam_duo.so" in host.finds("pam-skipped")["what"]


def test_one_of_two_factors_that_a_token_skips(host):
    """A password needs either; no line alone has to be passed."""
    host.write("etc/pam.d/sshd", AUTH + "auth requisite pam_unix.so\nauth sufficient pam_u2f.so\nauth sufficient pam_oath.so\n"
               + DENY + ACCOUNT + SESSION)
    assert "pam-skipped" in [f["id"] for f in host.doctor(status=1)]


def test_unknown_module_that_a_password_has_to_pass(host):
    host.write("etc/pam.d/sshd", AUTH + "auth requisite pam_unix.so\nauth sufficient pam_site.so\n" + DENY + ACCOUNT + SESSION)
    assert "pam_site.so" in host.finds("pam-skipped")["what"]


def test_gate_that_a_token_skips(host):
    host.write("etc/pam.d/sshd", AUTH + "auth required pam_access.so\n" + UNIX + DENY + ACCOUNT + SESSION)
    assert "pam_access.so" in host.finds("pam-skipped")["what"]
    host.write("etc/pam.d/sshd", "auth required pam_access.so\n" + AUTH + UNIX + DENY + ACCOUNT + SESSION)
    host.finds()


@pytest.mark.parametrize("after", ["auth optional pam_site.so\n", "auth optional pam_gnome_keyring.so\n",
                                   "auth required pam_env.so\n"])
def test_modules_that_a_token_may_skip(host, after):
    host.write("etc/pam.d/sshd", AUTH + "auth [success=1 default=ignore] pam_unix.so\n" + DENY + "auth required pam_permit.so\n"
               + after + ACCOUNT + SESSION)
    host.finds()


def test_a_good_red_hat_stack(host):
    host.write("etc/pam.d/sshd", "auth required pam_env.so\nauth required pam_faillock.so preauth\n" + AUTH
               + "auth [success=1 default=bad] pam_unix.so\nauth [default=die] pam_faillock.so authfail\n"
               "auth sufficient pam_faillock.so authsucc\nauth required pam_deny.so\n" + ACCOUNT + SESSION)
    host.finds()


def test_open_when_the_module_is_missing(host):
    """module_unknown=ignore after a module that asks for no proof: without pam_jwt.so, an empty line lets in."""
    host.write("etc/pam.d/sudo", "auth required pam_access.so\n"
               "auth [success=done module_unknown=ignore default=die] pam_jwt.so\n" + ACCOUNT + SESSION)
    found = host.finds("pam-open")
    assert "pam_access.so answers success, pam_jwt.so answers module_unknown" in found["what"]
    host.change("etc/pam.d/sudo", "module_unknown=ignore default=die] pam_jwt.so\naccount", "default=die] pam_jwt.so\naccount")
    host.finds()


def test_if_removed_refuses_what_would_lock_out_or_let_in(host):
    host.finds(args=["--if-removed"])
    host.write("etc/pam.d/sudo", ONLY_SUDO)
    found = host.doctor("--if-removed", status=1)
    assert [(f["id"], f["what"]) for f in found] == [
        ("removed-locked-out", "/etc/pam.d/sudo:1: auth required pam_jwt.so"),
        ("removed-locked-out", "/etc/pam.d/sudo:2: account required pam_jwt.so")]
    host.write("etc/pam.d/sudo", "auth required pam_access.so\nauth [success=done module_unknown=ignore default=die] pam_jwt.so\n")
    assert "pam_access.so answers success" in host.finds("removed-open", args=["--if-removed"])["what"]
    host.write("etc/pam.d/sudo", AUTH + UNIX + DENY + "session required pam_jwt.so\n")
    assert "sudo:4: session required" in host.finds("removed-locked-out", args=["--if-removed"])["what"]
    host.write("var/lib/pam_jwt/setup/1/journal", "pamjwt-setup 1\nboot another\ndeadline 1\nend\n", 0o600)
    assert host.finds("removed-locked-out", args=["--if-removed"])["fix"] == "run: pamjwt setup --undo"
    host.write("etc/pam.d/sudo.bak", ONLY_SUDO)
    (host.root / "etc/pam.d/sudo").unlink()
    host.finds(args=["--if-removed"])


def test_token_that_does_not_end_auth(host):
    host.write("etc/pam.d/sudo", AUTH.replace("success=done", "success=ok") + "auth requisite pam_unix.so\n" + ACCOUNT + SESSION)
    found = [f["id"] for f in host.doctor(status=1)]
    assert "pam-not-enough" in found and set(found) <= {"pam-not-enough", "pam-no-deny"}


@pytest.mark.parametrize("before", ["account sufficient pam_localuser.so\n", "account [success=1 default=ignore] pam_unix.so\n",
                                    "account [new_authtok_reqd=done default=ignore] pam_unix.so\n"])
def test_account_that_ends_before_require_token(host, before):
    """A public key would log in alone."""
    host.write("etc/pam.d/sshd", ONLY.replace("account", before + "account", 1).replace(SESSION, "account required pam_permit.so\n")
               + SESSION)
    host.finds("pam-bypass")


@pytest.mark.parametrize("line, what", [
    ("auth required pam_env.so \\\n# debug\nauth required pam_access.so\n", "joins it with line: 3"),
    ("#" + "x" * 1022 + "auth required pam_access.so\n", "longer than 1023 bytes"),
    ("athu optional pam_env.so\n", "unknown type"),
    ("auth [success=ok defualt=die] pam_env.so\n", "invalid control"),
    ("auth required\n", "without a module"),
])
def test_lines_that_libpam_reads_in_its_own_way(host, line, what):
    host.write("etc/pam.d/sshd", line + AUTH + UNIX + DENY + ACCOUNT + SESSION)
    found = host.doctor(status=1)
    assert [what in f["what"] for f in found if f["id"] == "pam-fault"] == [True], found


def with_libpam(host):
    """A root with this host's libpam, so that it is known where modules have to be."""
    library = next(p for p in map(pathlib.Path, ("/lib/x86_64-linux-gnu/libpam.so.0", "/usr/lib/x86_64-linux-gnu/libpam.so.0",
                                                 "/lib64/libpam.so.0", "/lib/aarch64-linux-gnu/libpam.so.0")) if p.exists())
    (host.root / "usr/lib64/security").mkdir(parents=True)
    shutil.copy(library, host.root / "usr/lib64/libpam.so.0")
    for name in ("unix", "deny", "loginuid", "permit", "access"):
        (host.root / f"usr/lib64/security/pam_{name}.so").touch()


@pytest.mark.parametrize("dash", ["", "-"])
def test_module_of_others_that_is_missing(host, dash):
    with_libpam(host)
    host.finds()
    host.change("etc/pam.d/sshd", "account required pam_unix.so", f"{dash}account required pam_site.so")
    assert host.finds("pam-missing")["what"].endswith(f"{dash}account: pam_site.so")
    host.change("etc/pam.d/sshd", "account required pam_site.so", "account optional pam_site.so")
    host.finds()


def test_factor_that_is_missing_lets_no_token_skip_it(host):
    """A password cannot pass it either."""
    with_libpam(host)
    host.write("etc/pam.d/sshd", AUTH + "auth requisite pam_unix.so\nauth sufficient pam_u2f.so\n" + DENY + ACCOUNT + SESSION)
    host.finds()
    (host.root / "usr/lib64/security/pam_u2f.so").touch()
    host.finds("pam-skipped")


def test_service_file_in_capitals(host):
    host.write("etc/pam.d/SSHD", ONLY)
    assert host.finds("pam-capitals")["what"] == "/etc/pam.d/SSHD"


def test_file_that_ends_in_a_backslash(host):
    host.write("etc/pam.d/sshd", AUTH + UNIX + DENY + ACCOUNT + SESSION + "session required pam_env.so \\")
    assert "ends in a continued line" in host.finds("pam-fault")["what"]


def test_service_of_usr_lib(host):
    """libpam reads /usr/lib/pam.d where /etc/pam.d has no file of that name."""
    (host.root / "usr/lib/pam.d").mkdir(parents=True)
    (host.root / "etc/pam.d/sudo").rename(host.root / "usr/lib/pam.d/sudo")
    host.finds()
    host.change("usr/lib/pam.d/sudo", DENY, "")
    assert "/usr/lib/pam.d/sudo" in host.finds("pam-no-deny")["what"]


def test_fifo_is_not_waited_for(host):
    (host.root / "etc/pam.d/common-auth").unlink()
    os.mkfifo(host.root / "etc/pam.d/common-auth")
    host.write("etc/pam.d/sshd", AUTH + "@include common-auth\n" + ACCOUNT + SESSION)
    assert "cannot be read" in host.doctor(status=1)[0]["what"]


def test_links_do_not_leave_the_root(host):
    (host.root / "etc/pam.d/common-auth").unlink()
    (host.root / "etc/pam.d/common-auth").symlink_to("/etc/pam.d/sudo")  # of the root, not of this host
    host.write("etc/pam.d/sshd", "@include common-auth\n")
    host.finds()


def test_module_that_sees_the_token_first(host):
    host.write("etc/pam.d/sshd", UNIX + AUTH + DENY + ACCOUNT + SESSION)
    host.finds("pam-before")


def test_substack_that_a_token_does_not_end(host):
    host.write("etc/tokens", AUTH + "auth required pam_deny.so\n")
    host.write("etc/pam.d/sshd", "auth substack /etc/tokens\n" + UNIX + "auth required pam_deny.so\n" + ACCOUNT + SESSION)
    assert "/etc/tokens:1" in host.finds("pam-substack")["what"]
    host.change("etc/pam.d/sshd", "substack", "include")
    host.finds()


def test_no_account_line(host):
    host.write("etc/pam.d/sudo", AUTH + UNIX + DENY + SESSION)
    host.finds("pam-no-account")


def test_tokens_only_but_a_public_key_gets_in(host):
    host.write("etc/pam.d/sshd", ONLY.replace(" require_token", ""))
    host.finds("pam-token-only")


def test_session_without_loginuid_before_it(host):
    host.write("etc/pam.d/sshd", AUTH + UNIX + DENY + ACCOUNT + "-session optional pam_jwt.so\n"
               "session required pam_loginuid.so\n")
    host.finds("pam-loginuid")


@pytest.mark.parametrize("name, command, session, parent, found", [
    ("sshd", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", "7", "init", True),
    ("sshd", "/usr/sbin/sshd -D", "7", "init", True),
    ("cron", "/usr/sbin/cron -f", "7", "init", True),
    ("sshd", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", "4294967295", "init", False),
    ("sshd", "sshd: alice [priv]", "7", "init", False),
    ("cron", "/usr/sbin/cron -f", "7", "cron", False),
    ("bash", "-bash", "7", "init", False),
])
def test_a_listener_that_was_started_from_a_login(host, name, command, session, parent, found):  # RVW-02
    host.write("proc/1/comm", f"{parent}\n")
    for file, text in {"comm": f"{name}\n", "cmdline": command.replace(" ", "\0") + "\0", "sessionid": session,
                       "stat": "40 (a) b) S 1 40 40 0 -1\n"}.items():
        host.write(f"proc/40/{file}", text)
    finding = host.finds(*["listener-session"] * found)
    assert not found or f"{name} (process 40) is in audit session 7" in finding["what"]


UNTIL_EXP = "[service/sshd]\nsession_until_exp = yes\n[grant/staff]"


@pytest.mark.parametrize("old, new, what", [
    ("-session optional pam_systemd.so\n", "", "no pam_systemd.so after the session line"),
    (SESSION + "-session optional pam_systemd.so\n", "session optional pam_systemd.so\n" + SESSION,
     "no pam_systemd.so after the session line"),
    ("-session optional pam_jwt.so\n", "", "no session line of pam_jwt.so"),
])
def test_session_until_exp_that_nobody_tells_logind(host, old, new, what):
    host.conf("[grant/staff]", UNTIL_EXP)
    host.write("etc/pam.d/sshd", EITHER + "-session optional pam_systemd.so\n")
    host.finds()
    host.change("etc/pam.d/sshd", old, new)
    found = host.finds("pam-systemd")
    assert what in found["what"] and "pam_jwt.conf:9: session_until_exp" in found["what"]


def test_session_until_exp_by_an_included_stack(host):
    host.conf("[grant/staff]", UNTIL_EXP)
    host.write("etc/pam.d/common-session", "session required pam_unix.so\nsession optional pam_systemd.so\n")
    host.write("etc/pam.d/sshd", EITHER + "@include common-session\n")
    host.finds()
    host.conf("[service/sshd]\nsession", "[service/sudo]\nalso = sudo-i\nsession")
    host.finds("pam-systemd", "pam-systemd")


def test_su_that_refuses_root(host):
    host.conf("sshd sudo sudo-i", "sshd sudo sudo-i su")
    host.write("etc/pam.d/su", "auth sufficient pam_rootok.so\n" + ONLY)
    assert "/etc/pam.d/su:3" in host.finds("require-token")["what"]
    host.write("etc/pam.d/su", "auth sufficient pam_rootok.so\n" + ONLY_SUDO)
    host.finds()


def test_sudo_i_that_asks_for_the_password_only(host):
    host.write("etc/pam.d/sudo-i", UNIX + DENY)
    host.finds("pam-sibling")
    host.conf("sshd sudo sudo-i", "sshd sudo")
    host.finds("pam-sibling")


def test_service_that_nobody_names(host):
    host.write("etc/pam.d/login", EITHER)
    assert "/etc/pam.d/login" in host.finds("service-unnamed")["what"]


def test_service_configured_by_its_arguments(host):
    host.write("etc/pam.d/login", EITHER.replace("default=die] pam_jwt.so",
                                                 "default=die] pam_jwt.so issuer=https://i audience=a"))
    host.finds()


def test_service_that_never_asks(host):
    host.conf("sshd sudo sudo-i", "sshd sudo sudo-i cockpit")
    host.finds("service-unused")


OFFER = """pubkeyauthentication yes
authorizedkeyscommand /usr/bin/pamjwt offer-key %u %t %k
authorizedkeyscommanduser _pamjwt-keys
"""
METHODS = "authenticationmethods publickey,keyboard-interactive:pam"


# --- denials ---

AVC = ('type=AVC msg=audit(1700000000.1:23): avc:  denied  { read } for  pid=7 comm="sshd" name="acme.json" '
       'path="/var/cache/pam_jwt/acme.json" scontext=system_u:system_r:sshd_t:s0 tclass=file permissive=0')
ARMOR = ('Nov 24 10:00:00 db1 kernel: audit: type=1400 audit(1700000000.1:24): apparmor="DENIED" operation="open" '
         'profile="/usr/sbin/sshd" name="/var/cache/pam_jwt/acme.json" pid=7 comm="sshd" requested_mask="r"')


SOCKET = ('Nov 24 10:00:00 db1 kernel: audit: type=1400 audit(1700000000.1:25): avc:  denied  { write } for  pid=8 comm="sudo" '
          'path="/run/pam_jwt/refresh.socket" scontext=staff_u:staff_r:staff_sudo_t:s0 tclass=sock_file permissive=0')


def test_every_finding_is_produced_by_a_test():
    """Each row of the table is named in a test."""
    import pathlib
    import re
    from conftest import HERE, ROOT
    rows = re.findall(r'\[CLI_FIND_\w+\]\s*=\s*\{\s*"([a-z-]+)"', (ROOT / "cli/doctor/doctor.c").read_text())
    names = ("test_doctor.py", "test_doctor_files.py", "test_doctor_sshd.py", "test_endpoint.py")
    tests = "".join((pathlib.Path(HERE) / name).read_text() for name in names)
    assert len(rows) > 40 and len(set(rows)) == len(rows)
    assert [r for r in rows if f'"{r}"' not in tests] == []
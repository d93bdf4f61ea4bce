"""pamjwt setup below a directory: what it plans, refuses, writes and rolls back; killed between any two of its writes."""

import json
import os
import shutil
import signal
import subprocess
import time

import pytest
from conftest import PAMJWT, ROOT

ISSUER = "https://login.acme.example"
PAM = {
    "sshd": "# sshd\n@include common-auth\naccount required pam_nologin.so\n@include common-account\n"
            "session required pam_loginuid.so\n@include common-session\n",
    "sudo": "#%PAM-1.0\n@include common-auth\n@include common-account\n@include common-session-noninteractive\n",
    "sudo-i": "#%PAM-1.0\n@include common-auth\n@include common-account\n@include common-session\n",
    "common-auth": "auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\n"
                   "auth required pam_permit.so\n",
    "common-account": "account required pam_unix.so\n",
    "common-session": "session required pam_unix.so\n",
    "common-session-noninteractive": "session required pam_unix.so\n",
}
SSHD = """usepam yes
kbdinteractiveauthentication no
passwordauthentication yes
authenticationmethods any
pidfile /run/none.pid
"""
AUTH = "auth [success=done cred_unavail=ignore module_unknown=ignore default=die] pam_jwt.so\n"


class Host:
    def __init__(self, folder, pamjwt):
        self.root, self.pamjwt = folder / "root", pamjwt
        for name, text in PAM.items():
            self.write(f"etc/pam.d/{name}", text)
        self.write("etc/security/pam_jwt.conf", (ROOT / "etc/pam_jwt.conf").read_text())
        self.write("etc/ssh/sshd_config", "# sshd\nInclude /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n")
        self.write("etc/sudoers", "Defaults env_reset\nroot ALL=(ALL:ALL) ALL\n", 0o440)
        self.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        (self.root / "var/lib").mkdir(parents=True)
        self.sshd(SSHD)
        keys = json.dumps(json.loads(pamjwt("keygen", "--out", folder / "key.jwk").out))
        reply = {"ok": True, "max_age": -1, "issuer": ISSUER, "source": ISSUER + "/jwks"}
        self.fetch = folder / "fetch"
        self.fetch.write_text("#!/usr/bin/python3\nimport json, time\n"
                              f"reply = {reply!r}\nreply['asked_boot_ms'] = int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000)\n"
                              f"print(json.dumps(reply))\nprint({keys!r})\n")
        self.fetch.chmod(0o755)

    def write(self, path, text, mode=0o644):
        full = self.root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.unlink(missing_ok=True)
        full.write_text(text)
        full.chmod(mode)

    def sshd(self, text, status=0):
        self.write("usr/sbin/sshd", f"#!/bin/sh\ncat <<'END'\n{text}END\nexit {status}\n", 0o755)

    def read(self, path):
        return (self.root / path).read_text()

    def snapshot(self):
        return {str(p): seen for p in self.root.rglob("*") if "var/lib/pam_jwt" not in str(p) and (seen := self.look_at(p))}

    @staticmethod
    def look_at(path):
        """None if the file was removed after it was listed: a timer rolls back."""
        try:
            return path.stat().st_mode, path.read_bytes() if path.is_file() else None
        except FileNotFoundError:
            return None

    def arguments(self, *args):
        return ["setup", "--issuer", ISSUER, "--audience", "ssh://%h", "--host-name", "db1.acme.example", "--match",
                "groups=linux", "--root", self.root, "--fetch", self.fetch,
                *([] if "--dry-run" in args or "--within" in args else ["--within", "2m"]), *args]

    def setup(self, *args, status=0):
        return self.pamjwt(*self.arguments(*args), status=status, start_new_session=True)

    def then(self, *args, status=0):
        return self.pamjwt("setup", "--root", self.root, *args, status=status)

    @staticmethod
    def inject(call, fault, *args):
        """Runs pamjwt under strace, which makes this system call fail or kills it there."""
        return subprocess.run(["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{fault}", PAMJWT, *args],
                              capture_output=True, text=True, start_new_session=True, timeout=60,
                              env=os.environ | {"ASAN_OPTIONS": "detect_leaks=0"})


@pytest.fixture
def host(pamjwt, tmp_path):
    made = Host(tmp_path, pamjwt)
    yield made
    shutil.rmtree(made.root / "var", ignore_errors=True)  # a timer that still runs finds nothing to roll back


def test_a_dry_run_shows_everything_and_changes_nothing(host):
    before = host.snapshot()
    out = host.setup("--dry-run").out
    for path in ("security/pam_jwt.conf.d/setup.conf", "pam.d/sshd", "pam.d/sudo", "pam.d/sudo-i",
                 "ssh/sshd_config.d/00-pam_jwt.conf"):
        assert f"+++ /etc/{path}\n" in out
    assert "+machine_id = 0123456789abcdef0123456789abcdef" in out and "+host_name = db1.acme.example" in out
    assert host.snapshot() == before and not (host.root / "var/lib/pam_jwt").exists()


def test_apply_confirm_nothing_to_do_undo(host):
    before = host.snapshot()
    host.setup("--yes")
    assert host.read("etc/pam.d/sshd").startswith("# sshd\n" + AUTH + "@include common-auth\n")
    assert "not been confirmed" in host.setup("--yes", status=1).err
    assert host.then("--confirm").line == "Kept."
    after = host.snapshot()
    assert "Nothing to do" in host.setup("--yes").out and host.snapshot() == after
    host.then("--undo")
    assert host.snapshot() == before and not (host.root / "var/lib/pam_jwt").exists()
    assert "no set-up" in host.then("--undo", status=1).err and "no set-up" in host.then("--confirm", status=1).err


def test_two_set_ups_are_taken_back_one_after_the_other(host):
    before = host.snapshot()
    host.setup("--yes", "--service", "sshd")
    host.then("--confirm")
    first = host.snapshot()
    host.setup("--yes")
    host.then("--confirm")
    host.then("--undo")
    assert host.snapshot() == first
    host.then("--undo")
    assert host.snapshot() == before


def test_unconfirmed_it_is_taken_back_in_time(host):
    before = host.snapshot()
    host.setup("--yes", "--within", "10s")
    host.then("--undo", "--expired")  # it is not yet
    assert host.snapshot() != before
    end = time.monotonic() + 60
    while host.snapshot() != before and time.monotonic() < end:
        time.sleep(0.2)
    assert host.snapshot() == before


@pytest.mark.parametrize("call, number", [(call, n) for call in ("renameat", "linkat") for n in (3, 11, 12, 13, 16)])
def test_killed_between_two_writes_the_journal_takes_it_back(host, call, number):
    """Eleven renames write the journal of five files, two of them new; then come the files themselves."""
    before = host.snapshot()
    done = host.inject(call, f"signal=KILL:when={number}", *host.arguments("--yes"))
    finished = done.returncode == 0
    assert finished or done.returncode in (-signal.SIGKILL, 137), done.stderr
    if host.snapshot() != before:
        host.then("--undo")
    assert host.snapshot() == before


def test_undo_leaves_what_somebody_has_changed_since(host):
    host.setup("--yes")
    host.then("--confirm")
    changed = host.read("etc/pam.d/sudo") + "# mine\n"
    host.write("etc/pam.d/sudo", changed)
    result = host.then("--undo", status=1)
    assert "/etc/pam.d/sudo: changed since" in result.err and ".old" in result.err
    assert host.read("etc/pam.d/sudo") == changed and host.read("etc/pam.d/sshd") == PAM["sshd"]
    host.write("etc/pam.d/sudo", PAM["sudo"])
    host.then("--undo")


def test_without_the_lock_nothing_is_done(host):
    before = host.snapshot()

    def assert_refused(*args):
        now = host.snapshot()
        done = host.inject("flock", "error=ENOLCK", *args)
        assert done.returncode == 1 and "/etc: No locks available" in done.stderr, done
        assert host.snapshot() == now

    assert_refused(*host.arguments("--yes"))
    host.setup("--yes")
    for action in ("--confirm", "--undo"):
        assert_refused("setup", "--root", host.root, action)
    host.then("--undo")
    assert host.snapshot() == before


# --- what it plans ---


def test_tokens_only_where_passwords_are_off(host):
    host.sshd(SSHD.replace("passwordauthentication yes", "passwordauthentication no"))
    out = host.setup("--yes").out
    assert "accepts only tokens" in out
    assert host.read("etc/pam.d/sshd") == (
        "# sshd\nauth required pam_jwt.so\naccount required pam_nologin.so\naccount required pam_jwt.so require_token\n"
        "@include common-account\nsession required pam_loginuid.so\n-session optional pam_jwt.so\n@include common-session\n")
    assert AUTH in host.read("etc/pam.d/sudo"), "sudo's passwords were never shut by sshd"


def test_the_stack_can_be_chosen(host):
    host.setup("--yes", "--stack", "token-only")
    assert "auth required pam_jwt.so\n" in host.read("etc/pam.d/sudo")
    assert "common-auth" not in host.read("etc/pam.d/sudo")
    assert "account required pam_jwt.so\n" in host.read("etc/pam.d/sudo"), "sudo does not always authenticate"
    assert "account required pam_jwt.so require_token\n" in host.read("etc/pam.d/sshd")


def test_stacks_of_other_distributions(host):
    host.write("etc/pam.d/sshd", "auth substack password-auth\nauth include postlogin\naccount include password-auth\n"
               "session required pam_loginuid.so\nsession include password-auth")
    host.write("etc/pam.d/password-auth", "auth sufficient pam_unix.so\nauth required pam_deny.so\n"
               "account required pam_unix.so\nsession required pam_unix.so\n")
    host.write("etc/pam.d/postlogin", "")
    host.setup("--yes", "--service", "sshd")
    lines = host.read("etc/pam.d/sshd").splitlines()
    assert lines[0] + "\n" == AUTH and lines[1] == "auth substack password-auth"
    assert lines[-2:] == ["-session optional pam_jwt.so", "session include password-auth"]


def test_su_l_that_includes_su_is_reached_through_it(host):
    host.write("etc/pam.d/su", "auth sufficient pam_rootok.so\n@include common-auth\n@include common-account\n@include common-session\n")
    host.write("etc/pam.d/su-l", "auth include su\naccount include su\nsession include su\n")
    out = host.setup("--yes", "--service", "su").out
    assert "+++ /etc/pam.d/su\n" in out and "+++ /etc/pam.d/su-l\n" not in out and "+services = su su-l" in out


def test_an_sshd_config_that_includes_nothing_is_changed_itself(host):
    host.write("etc/ssh/sshd_config", "UsePAM yes\n")
    host.setup("--yes")
    assert host.read("etc/ssh/sshd_config").endswith("KbdInteractiveAuthentication yes\nUsePAM yes\n")
    assert not (host.root / "etc/ssh/sshd_config.d").exists()


def test_sshd_that_asks_already_is_left_alone(host):
    host.sshd(SSHD.replace("kbdinteractiveauthentication no", "kbdinteractiveauthentication yes"))
    assert "sshd_config" not in host.setup("--dry-run").out


def test_a_prompt_of_sudo_s_own_is_switched_off(host):
    host.write("etc/sudoers", "Defaults passprompt_override\n", 0o440)
    host.setup("--yes")
    assert host.read("etc/sudoers.d/zz-pam_jwt").endswith("Defaults !passprompt_override\n")


def test_a_host_section_that_is_there_is_left_alone(host):
    host.write("etc/security/pam_jwt.conf", "[host]\nhost_name = other.acme.example\n")
    host.setup("--yes")
    assert "[host]" not in host.read("etc/security/pam_jwt.conf.d/setup.conf")


# --- what it refuses, before anything is changed ---


def refused(host, said, *args, status=1):
    before = host.snapshot()
    assert said in host.setup("--yes", *args, status=status).err
    assert host.snapshot() == before and not (host.root / "var/lib/pam_jwt").exists()


def test_a_broken_sshd_config(host):
    host.sshd("/etc/ssh/sshd_config line 3: Bad configuration option\n", status=255)
    refused(host, "line 3: Bad configuration option")


def test_an_issuer_that_does_not_answer(host):
    host.fetch.write_text("#!/bin/sh\nexit 1\n")
    refused(host, "fetch-failed")


def test_a_configuration_that_would_not_be_understood(host):
    host.write("etc/security/pam_jwt.conf", "[issuer/login.acme.example]\nissuer = https://a\naudience = b\n")
    refused(host, "config: /etc/security/pam_jwt.conf.d/setup.conf:")


@pytest.mark.parametrize("text, said", [
    ("auth [success=1 default=ignore] pam_x.so\n@include common-auth\n", "skips others"),
    ("auth required pam_x.so\n", "no line was found that prompts for the password"),
    ("auth required \\\n  pam_unix.so\n", "continued with a backslash"),
    ("auth required pam_unix.so\n", "pam-no-deny"),
])
def test_a_stack_that_is_no_standard_one(host, text, said):
    host.write("etc/pam.d/sudo", text)
    refused(host, said)


def test_a_stack_that_is_a_link(host):
    (host.root / "etc/pam.d/sudo").rename(host.root / "etc/pam.d/real")
    (host.root / "etc/pam.d/sudo").symlink_to("real")
    refused(host, "not a regular file")


def test_a_service_that_is_not_there(host):
    refused(host, "/etc/pam.d/login does not exist", "--service", "login")


@pytest.mark.parametrize("args, said", [
    (["--service", "../sshd"], "not a service name"),
    (["--stack", "none"], "token-or-password or token-only"),
    (["--login", "alice"], "--token and --login require each other"),
    (["--match", "groups"], "CLAIM=VALUE"),
    (["--user", "a\n[grant/x]"], "control character"),
    (["--within", "1s"], "from 10s to 1d"),
    (["--confirm"], "combined only with --root"),
    (["--expired"], "--expired requires --undo"),
])
def test_mistakes_are_named(host, args, said):
    refused(host, said, *args, status=2)


def test_nobody_can_be_asked(host):
    assert "there is no terminal" in host.setup(status=2).err

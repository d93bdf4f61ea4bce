"""pamjwt setup below a directory: what it plans, refuses, writes and rolls back; killed between any two of its writes."""

import json
import os
import pty
import select
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
SSHD = "# sshd\nInclude /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\nKbdInteractiveAuthentication no\n"
AUTH = "auth [success=done cred_unavail=ignore module_unknown=ignore default=die] pam_jwt.so\n"


class Host:
    def __init__(self, folder, pamjwt):
        self.root, self.pamjwt = folder / "root", pamjwt
        for name, text in PAM.items():
            self.write(f"etc/pam.d/{name}", text)
        self.write("etc/security/pam_jwt.conf", (ROOT / "etc/pam_jwt.conf").read_text())
        self.sshd(SSHD)
        self.write("usr/sbin/sshd", f"#!/bin/sh\ntouch {folder}/ran\n", 0o755)  # no program of an image is run
        self.write("etc/sudoers", "Defaults env_reset\nroot ALL=(ALL:ALL) ALL\n", 0o440)
        self.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        (self.root / "var/lib").mkdir(parents=True)
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

    def sshd(self, text):
        self.write("etc/ssh/sshd_config", text)

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
    assert not (tmp_path / "ran").exists(), "a program of the image was run"
    shutil.rmtree(made.root / "var", ignore_errors=True)  # a timer that still runs finds nothing to take back


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


# --- the edits of an administrator ---


def test_undo_keeps_a_comment_that_was_added_to_a_stack(host):
    host.setup("--yes")
    host.then("--confirm")
    host.write("etc/pam.d/sudo", "# mine\n" + host.read("etc/pam.d/sudo") + "-session optional pam_motd.so\n# mine, too\n")
    assert "rolled back" in host.then("--undo").out
    assert host.read("etc/pam.d/sudo") == "# mine\n" + PAM["sudo"] + "-session optional pam_motd.so\n# mine, too\n"
    assert host.read("etc/pam.d/sshd") == PAM["sshd"] and not (host.root / "var/lib/pam_jwt").exists()


def test_undo_of_a_token_only_stack_puts_the_replaced_line_back_in_its_place(host):
    host.setup("--yes", "--stack", "token-only")
    host.then("--confirm")
    host.write("etc/pam.d/sudo", host.read("etc/pam.d/sudo").replace("auth required", "# tokens\nauth required"))
    host.then("--undo")
    assert host.read("etc/pam.d/sudo") == PAM["sudo"].replace("@include common-auth", "# tokens\n@include common-auth")


@pytest.mark.parametrize("edit, said", [
    (lambda text: "auth required pam_faillock.so preauth\n" + text, "would not let in the same users"),
    (lambda text: text + "auth sufficient pam_permit.so\n", "would not let in the same users"),
    (lambda text: text.replace("pam_jwt.so\n", "pam_jwt.so debug\n", 1), "not all there any more"),
    (lambda text: text + AUTH, "not all there any more"),
    (lambda text: text.replace("@include common-account\n", "@include common-account \\\n\n"), "would not let in the same users"),
])
def test_an_undo_that_would_change_who_gets_in_touches_nothing(host, edit, said):
    host.setup("--yes")
    host.then("--confirm")
    host.write("etc/pam.d/sudo", edit(host.read("etc/pam.d/sudo")))
    now = host.snapshot()
    result = host.then("--undo", status=1)
    assert "/etc/pam.d/sudo: edited since" in result.err and said in result.err and "0.old" not in result.err
    assert "nothing has been undone" in result.err and host.snapshot() == now
    host.write("etc/pam.d/sudo", PAM["sudo"])
    host.then("--undo")


def test_a_stack_that_was_removed_blocks_the_undo(host):
    host.setup("--yes")
    (host.root / "etc/pam.d/sudo").unlink()
    now = host.snapshot()
    assert "/etc/pam.d/sudo: removed since the set-up" in host.then("--undo", status=1).err and host.snapshot() == now


def test_lines_added_to_setup_conf_survive_undo_and_a_second_setup(host):
    host.setup("--yes")
    host.then("--confirm")
    conf = "etc/security/pam_jwt.conf.d/setup.conf"
    written = host.read(conf)
    mine = "[issuer/mine]\nissuer = https://mine.example\naudience = x\n"
    host.write(conf, written.replace("[issuer/", "# mine\n[issuer/"))
    refused_now(host, "setup.conf: has lines that setup did not write")
    host.then("--undo")
    assert not (host.root / conf).exists() and "# mine\n" in host.read(conf + ".undone")
    host.setup("--yes")
    host.then("--confirm")
    host.write(conf, written + mine)
    host.then("--undo")
    assert host.read(conf) == mine


def test_a_second_setup_replaces_what_the_first_wrote(host):
    host.setup("--yes")
    host.then("--confirm")
    host.setup("--yes", "--match", "team=other")
    assert "match.team = other" in host.read("etc/security/pam_jwt.conf.d/setup.conf")


def test_confirm_compares_the_files_with_what_setup_wrote(host):
    host.setup("--yes")
    host.write("etc/pam.d/sshd", "# mine\n" + host.read("etc/pam.d/sshd"))
    assert "/etc/pam.d/sshd: not what setup wrote" in host.then("--confirm", status=1).err
    host.then("--undo")
    assert host.read("etc/pam.d/sshd") == "# mine\n" + PAM["sshd"]


def test_confirm_refuses_after_a_partial_rollback(host):
    host.setup("--yes")
    done = host.inject("renameat", "signal=KILL:when=2", "setup", "--root", host.root, "--undo")  # the mark is the first
    assert done.returncode in (-signal.SIGKILL, 137)
    assert "rolled back in part" in host.then("--confirm", status=1).err
    host.then("--undo")


# --- the lock ---


def hold(path):
    """Another process that holds a lock."""
    return subprocess.Popen(["flock", path, "sleep", "60"], start_new_session=True)


def let_go(process):
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_a_lock_that_any_user_can_hold_hinders_nothing(host):
    """A directory that others may read can be locked by them, too: /etc was the lock."""
    holders = [hold(host.root / path) for path in ("etc", "var/lib", "etc/pam.d")]
    try:
        before = host.snapshot()
        host.setup("--yes")
        assert (host.root / "var/lib/pam_jwt/setup").stat().st_mode & 0o7777 == 0o700
        host.then("--confirm")
        host.then("--undo")
        assert host.snapshot() == before
    finally:
        for holder in holders:
            let_go(holder)


def test_a_lock_of_another_setup_is_waited_for_and_named(host):
    host.setup("--yes")
    now = host.snapshot()
    holder = hold(host.root / "var/lib/pam_jwt/setup")
    try:
        time.sleep(0.2)
        started = time.monotonic()
        result = host.then("--undo", status=1)
        assert 15 < time.monotonic() - started < 40 and host.snapshot() == now
        assert "waiting up to 20 s for another pamjwt setup" in result.err and "locked by another" in result.err
    finally:
        let_go(holder)
    host.then("--undo")


def test_a_lock_that_others_could_hold_is_refused(host):
    host.setup("--yes")
    (host.root / "var/lib/pam_jwt/setup").chmod(0o755)
    assert "others can open it" in host.then("--undo", status=1).err
    (host.root / "var/lib/pam_jwt/setup").chmod(0o700)
    host.then("--undo")


def test_without_the_lock_nothing_is_done(host):
    before = host.snapshot()

    def assert_refused(*args):
        now = host.snapshot()
        done = host.inject("flock", "error=ENOLCK", *args)
        assert done.returncode == 1 and "No locks available" in done.stderr, done
        assert host.snapshot() == now

    host.setup("--yes")
    for action in ("--confirm", "--undo"):
        assert_refused("setup", "--root", host.root, action)
    host.then("--undo")
    assert host.snapshot() == before


def test_the_umask_of_the_caller_changes_no_mode(host):
    def modes():
        return {path: seen[0] for path, seen in host.snapshot().items()}

    host.setup("--yes")
    expected = modes()
    host.then("--undo")
    before = modes()
    kept = os.umask(0o077)
    try:
        host.setup("--yes")
        assert modes() == expected
        host.then("--undo")
        assert modes() == before
    finally:
        os.umask(kept)


# --- the rollback ---


def test_the_rollback_is_tried_again_until_it_has_succeeded(host):
    before = host.snapshot()
    host.setup("--yes", "--within", "10s")
    stack = host.read("etc/pam.d/sudo")
    host.write("etc/pam.d/sudo", stack.replace("pam_jwt.so", "pam_jwt.so debug", 1))
    time.sleep(14)
    assert (host.root / "var/lib/pam_jwt/setup/1/journal").exists()
    host.write("etc/pam.d/sudo", stack)
    end = time.monotonic() + 60
    while host.snapshot() != before and time.monotonic() < end:
        time.sleep(0.5)
    assert host.snapshot() == before


@pytest.mark.parametrize("until, rolled_back", [(-1, True), (30, False), (10 * 86400, True)])
def test_after_a_reboot_the_clock_decides(host, until, rolled_back):
    """A boot service runs --undo --expired. A clock that is set back by days must not keep a set-up for days."""
    before = host.snapshot()
    host.setup("--yes")
    journal = host.root / "var/lib/pam_jwt/setup/1/journal"
    lines = journal.read_text().splitlines()
    lines[1], lines[3] = "boot 00000000-0000-0000-0000-000000000000", f"until {int(time.time()) + until}"
    journal.write_text("\n".join(lines) + "\n")
    host.pamjwt("setup", "--root", host.root, "--undo", "--expired", start_new_session=True)
    assert (host.snapshot() == before) == rolled_back


# --- the terminal ---


def test_a_y_typed_ahead_confirms_nothing(host):
    """Two questions: the answer to the second must be typed after it was asked."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(PAMJWT, [PAMJWT, *map(str, host.arguments("--within", "20s"))])
    seen = read_until(terminal, b"Make these changes? [y/N] ")
    os.write(terminal, b"y\ny\ny\n")
    seen = read_until(terminal, b"Keep the changes? [y/N] ")
    time.sleep(1)
    assert host.pamjwt("setup", "--root", host.root, "--confirm", status=0).line == "Kept."  # nothing was kept before
    os.write(terminal, b"yesterday\n")
    seen = read_until(terminal, b"\n", b"rolled back")
    assert b"Kept" not in seen
    os.close(terminal)
    os.waitpid(pid, 0)


def read_until(terminal, *ends):
    seen = b""
    while not all(end in seen for end in ends):
        assert select.select([terminal], [], [], 20)[0], seen
        seen += os.read(terminal, 4096)
    return seen


# --- the image is a border ---


def test_no_link_leads_out_of_the_image(host, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("issuer\n")
    (host.root / "etc/security/pam_jwt.conf.d").symlink_to(outside)
    result = host.setup("--yes", status=1)
    assert sorted(p.name for p in outside.iterdir()) == ["secret"], result.err


def test_a_link_in_the_image_is_followed_as_on_the_host(host):
    (host.root / "etc/ssh/sshd_config.d").mkdir()
    host.write("etc/real.conf", "PasswordAuthentication no\n")
    (host.root / "etc/ssh/sshd_config.d/10-mine.conf").symlink_to("/etc/real.conf")
    assert "only tokens" in host.setup("--dry-run").out


@pytest.mark.parametrize("path", ["etc/ssh/sshd_config", "etc/pam.d/sudo", "etc/pam.d/extra", "etc/machine-id",
                                  "etc/security/pam_jwt.conf.d/a.conf", "etc/sudoers.d/x"])
def test_a_fifo_in_the_image_hangs_nothing(host, path):
    (host.root / path).parent.mkdir(parents=True, exist_ok=True)
    (host.root / path).unlink(missing_ok=True)
    os.mkfifo(host.root / path)
    done = subprocess.run([PAMJWT, *map(str, host.arguments("--dry-run"))], capture_output=True, timeout=20, check=False)
    assert done.returncode in (0, 1)


def test_an_image_without_its_own_sshd_config_does_not_use_that_of_this_host(host):
    host.sshd(SSHD + "PasswordAuthentication no\n")
    assert "only tokens" in host.setup("--dry-run").out
    host.sshd(SSHD)
    assert "only tokens" not in host.setup("--dry-run").out


# --- what it plans ---


def test_tokens_only_where_passwords_are_off(host):
    host.sshd(SSHD + "PasswordAuthentication no\n")
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


def test_a_host_with_the_other_stack_is_not_done_already(host):
    """It answered "Nothing to do"."""
    host.setup("--yes")
    host.then("--confirm")
    refused_now(host, "it asks pam_jwt already, but not as --stack wants; run pamjwt setup --undo first", "--stack", "token-only")
    assert "Nothing to do" in host.setup("--yes", "--stack", "token-or-password").out


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
    host.sshd("UsePAM yes\nKbdInteractiveAuthentication no\n")
    host.setup("--yes")
    assert host.read("etc/ssh/sshd_config").endswith("KbdInteractiveAuthentication yes\nUsePAM yes\nKbdInteractiveAuthentication no\n")
    assert not (host.root / "etc/ssh/sshd_config.d").exists()


def test_sshd_that_asks_already_is_left_alone(host):
    host.sshd(SSHD.replace("KbdInteractiveAuthentication no", "KbdInteractiveAuthentication yes"))
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


def refused_now(host, said, *args, status=1):
    before = host.snapshot()
    assert said in host.setup("--yes", *args, status=status).err
    assert host.snapshot() == before


def refused(host, said, *args, status=1):
    refused_now(host, said, *args, status=status)
    assert not (host.root / "var/lib/pam_jwt").exists()


def test_an_sshd_config_that_cannot_be_followed(host):
    host.sshd(SSHD + "Include /etc/ssh/*/some.conf\n")
    refused(host, "/etc/ssh/sshd_config:5: Include with a pattern in the directory's name")
    (host.root / "etc/ssh/sshd_config").unlink()
    refused(host, "/etc/ssh/sshd_config: No such file or directory")


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

"""
From a host with nothing to a login with a token, by the packages and README's three commands; then what doctor says of
that host, and of thirty copies of it that are broken in one place each.
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import time

import pytest

from debs import debs, dpkg, host

ISSUER = "https://keys.acme.example"
KEY = pathlib.Path("/root/three-commands-key.json")
SETUP = ("pamjwt", "setup", "--issuer", ISSUER, "--audience", "ssh://%h", "--match", "groups=linux-users",
         "--ca-file", "/etc/ssl/throwaway/ca.pem")
PASSWORD = "correct horse 7"
OURS = "/etc/security/pam_jwt.conf.d/setup.conf"
SSHD = "/etc/ssh/sshd_config"


def token(sub="alice", groups=("linux-users",), lifetime=600):
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": sub, "aud": f"ssh://{host.HOSTNAME}", "iat": now - 5, "exp": now + lifetime, "groups": groups}
    return host.run("pamjwt", "encode", json.dumps(claims), "--key", KEY).stdout.strip()


def run_setup(*args, given=None):
    return host.run(*SETUP, *args, input=given, start_new_session=True).stdout


def findings():
    return json.loads(host.run("pamjwt", "doctor", "--json", check=False).stdout)["findings"]


@pytest.fixture(scope="module", autouse=True)
def machine():
    """A person, a provider with a discovery document, and the distribution's sshd."""
    os.environ.update(DEBIAN_FRONTEND="noninteractive", PATH="/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL="C.UTF-8")
    log = host.LogCollector()
    host.use_local_names()
    if subprocess.run(["getent", "passwd", "alice"], stdout=subprocess.DEVNULL).returncode != 0:
        host.add_user("alice", PASSWORD, sudo=True)
    host.run("ssh-keygen", "-A")
    os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
    endpoint = host.Endpoint(host.CertificateAuthority("/etc/ssl/throwaway").certificate("keys.acme.example"))
    endpoint.json("/.well-known/openid-configuration", json.dumps({"issuer": ISSUER, "jwks_uri": f"{ISSUER}/certs"}))
    sshd = subprocess.Popen(["/usr/sbin/sshd", "-D"], start_new_session=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    host.wait_for("sshd", lambda: host.listening(22))
    log.endpoint = endpoint
    yield log
    sshd.terminate()
    sshd.wait()
    dpkg("-P", "--force-depends", "libpam-jwt", "libpamjwt0", "pamjwt")


def test_the_three_commands(machine):
    dpkg("-i", *debs(names=["libpam-jwt", "libpamjwt0", "pamjwt"]))
    host.run("pamjwt", "keygen", "--alg", "ES256", "--kid", "k1", "--out", KEY)
    machine.endpoint.json("/certs", host.run("pamjwt", "keys", KEY, "--public").stdout)
    out = run_setup("--yes", "--login", "alice", "--token", "-", given=token())
    assert "the token for alice: accepted" in out, out
    assert host.run("pamjwt", "setup", "--confirm").stdout == "Kept.\n"
    host.wait_for("sshd, which begins again at a reload", lambda: host.listening(22))


def test_a_token_opens_ssh_and_sudo_and_a_wrong_one_neither(machine):
    mark = machine.mark()
    login = host.ssh("alice", token(), command="sudo -k -S id -un", given=token() + "\n")
    assert login.ok and login.out == "root\n", (login, machine.text(mark))
    assert not host.ssh("alice", token(lifetime=-100)).ok and not host.ssh("alice", token(groups=["others"])).ok
    assert not host.sudo("alice", token(sub="bob")).ok
    assert [line["reason"] for line in machine.audits(mark)][2:] == ["expired", "no-grant", "no-grant"], machine.audits(mark)


def test_passwords_are_what_they_were():
    for method in ("password", "keyboard-interactive"):
        assert host.ssh("alice", PASSWORD, method=method).ok
    assert host.sudo("alice", PASSWORD).ok and not host.ssh("alice", "wrong").ok


def test_doctor_finds_nothing():
    assert findings() == []


# -------------------------------------------------------------------------------------------------------------- breaks


class Break:
    """A change of one file or directory of the host, undone at the end."""

    def __init__(self, path, change):
        self.path, self.change = path, change

    @contextlib.contextmanager
    def done(self):
        """A copy of what is there, and of nothing where nothing is."""
        path = pathlib.Path(self.path() if callable(self.path) else self.path)
        kept = pathlib.Path("/root/kept")
        existed = path.exists()
        if existed:
            host.run("cp", "-a", path, kept)
        try:
            self.change(path)
            yield
        finally:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            if existed:
                host.run("mv", kept, path)


def replace(path, old, new):
    def change(file):
        text = file.read_text()
        assert old in text, text
        file.write_text(text.replace(old, new, 1))
    return Break(path, change)


def drop(path, word):
    """Without the lines that hold this word."""
    def change(file):
        lines = file.read_text().splitlines(keepends=True)
        assert any(word in line for line in lines)
        file.write_text("".join(line for line in lines if word not in line))
    return Break(path, change)


def top(path, line, mode=0o644):
    """With one more line, the first: in sshd_config the first value wins."""
    def change(file):
        mode_now = file.stat().st_mode & 0o7777 if file.exists() else mode
        file.parent.mkdir(parents=True, exist_ok=True)
        host.write(file, line + "\n" + (file.read_text() if file.exists() else ""), mode_now)
    return Break(path, change)


def other_machine(path):
    def change(file):
        file.write_text(re.sub(r"(machine_id = )(.)", lambda m: m[1] + ("1" if m[2] == "0" else "0"), file.read_text()))
    return Break(path, change)


def mode(path, value):
    return Break(path, lambda file: file.chmod(value))


def missing(path):
    return Break(path, lambda file: shutil.rmtree(file) if file.is_dir() else file.unlink())


def module():
    return host.installed("pam_jwt.so")


def cache():
    return next(path for path in host.CACHE.iterdir() if path.is_file())


BREAKS = {
    "a misspelt key": (replace(OURS, "audience", "audienc"), "config"),
    "a grant without a condition": (drop(OURS, "match.groups"), "config-warning"),
    "a world-writable configuration": (mode(OURS, 0o666), "config"),
    "another machine's id": (other_machine(OURS), "clone"),
    "a revocation that is not understood": (top("/etc/security/pam_jwt.revoked", "jit 17"), "revoked"),
    "no keys": (missing(host.CACHE), "keys-none"),
    "a world-writable cache": (mode(cache, 0o666), "keys-cache"),
    "no user for the helper": (drop("/etc/passwd", "_pamjwt:"), "fetch-user"),
    "no helper": (missing("/usr/libexec/pam_jwt/pamjwt-fetch"), "fetch-program"),
    "no authorities": (missing("/etc/ssl/throwaway/ca.pem"), "fetch-file"),
    "no module": (missing(module), "pam-module"),
    "a stack that locks out without the module": (replace("/etc/pam.d/sshd", "module_unknown=ignore default=die",
                                                          "default=die"), "pam-module-unknown"),
    "a stack that goes on after a refusal": (replace("/etc/pam.d/sudo", "default=die", "default=ignore"), "pam-refusal-ignored"),
    "a world-writable stack": (mode("/etc/pam.d/sshd", 0o666), "pam-mode"),
    "an unknown argument": (replace("/etc/pam.d/sshd", "default=die] pam_jwt.so", "default=die] pam_jwt.so debug=maybe"), "pam-argument"),
    "no account line": (drop("/etc/pam.d/sudo", "default=bad] pam_jwt.so"), "pam-no-account"),
    "an include that is not there": (top("/etc/pam.d/sudo", "@include common-nothing"), "pam-fault"),
    "a module that sees the token first": (top("/etc/pam.d/sshd", "auth optional pam_exec.so expose_authtok /usr/bin/true"), "pam-before"),
    "sudo -i without us": (drop("/etc/pam.d/sudo-i", "pam_jwt.so"), "pam-sibling"),
    "a service whose stack does not use pam_jwt": (replace(OURS, "services = sshd", "services = cockpit sshd"), "service-unused"),
    "a service in no grant": (replace(OURS, "services = sshd", "services ="), "service-unnamed"),
    "an sshd without PAM": (top(SSHD, "UsePAM no"), "sshd-usepam"),
    "an sshd that does not ask": (top(SSHD, "KbdInteractiveAuthentication no"), "sshd-kbdint"),
    "an sshd that is broken": (top(SSHD, "UsePAN yes"), "sshd-broken"),
    "an sshd that waits too short": (top(SSHD, "LoginGraceTime 4"), "sshd-grace"),
    "an sshd with methods that never ask": (top(SSHD, "AuthenticationMethods publickey"), "sshd-methods"),
    "a sudo with a prompt of its own": (top("/etc/sudoers", "Defaults passprompt_override", 0o440), "sudo-prompt"),
    "a sudo that asks for another's password": (top("/etc/sudoers", "Defaults targetpw", 0o440), "sudo-other-user"),
    "a requirement that sudo's timestamp does not meet": (replace("/etc/pam.d/sudo", "default=bad] pam_jwt.so",
                                                                   "default=bad] pam_jwt.so require_token"), "require-token"),
    "a session that does not end at exp": (replace(OURS, "[grant/", "[service/sudo]\nalso = sudo-i\nsession_until_exp = yes\n[grant/"), "pam-systemd"),
    "passwords that no module denies": (drop("/etc/pam.d/common-auth", "pam_deny.so"), "pam-no-deny"),
    "a denial in the log": (top("/var/log/audit/audit.log", 'type=AVC msg=audit(1700000000.1:7): avc:  denied  { read } for  pid=7 '
                                'comm="sshd" name="pam_jwt.conf" scontext=system_u:system_r:sshd_t:s0 '
                                'tcontext=system_u:object_r:etc_t:s0 tclass=file permissive=0'), "denial"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_doctor_finds_exactly_the_break(name):
    broken, finding = BREAKS[name]
    with broken.done():
        found = findings()
    assert {f["id"] for f in found} == {finding}, found
    assert all(f["what"] and f["why"] and f["fix"] for f in found)


def test_doctor_finds_nothing_after_all_that():
    assert findings() == []


def test_the_way_back():
    assert "have been rolled back" in host.run("pamjwt", "setup", "--undo").stdout
    host.wait_for("sshd", lambda: host.listening(22))
    assert not host.ssh("alice", token()).ok and host.ssh("alice", PASSWORD, method="password").ok
    assert not any("pam_jwt" in path.read_text() for path in pathlib.Path("/etc/pam.d").iterdir())


def test_unconfirmed_a_timer_of_systemd_takes_it_back(machine):
    """A copy of this copy boots; the set-up's unit is gone, and every process of it, when the time has expired."""
    if not host.has_systemd():
        pytest.skip("needs systemd")
    replies = {path: body.decode() for path, (_, _, body) in machine.endpoint.replies.items()}
    seen = json.loads(host.booted("/usr/bin/python3", host.CHECKOUT / "tests/packages/booted_setup.py", json.dumps(replies), *SETUP)[0])
    assert seen["status"] == 0 and seen["changed"], seen["said"]
    assert seen["processes"] == "" and "run-" in seen["timers"], seen
    assert seen["restored"] and "setup was not confirmed in time and has been rolled back" in seen["log"], seen

"""
The life of the Debian packages on a host: install, use, upgrade, remove, purge. The tests run in their order, in a
throw-away copy of the host, on the packages in PAMJWT_PACKAGES (`./dev deb` builds them). From before the first step
until after the last one a watcher logs in again and again: at no moment may a correct password be refused or a wrong one accepted.
"""
import hashlib
import itertools
import json
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import threading
import time

import pytest

from debs import NAMES, debs, dpkg, host

ISSUER = "https://keys.acme.example"
CONF = f"""\
[issuer/acme]
issuer = {ISSUER}
audience = ssh://%h
ca_file = /etc/ssl/throwaway/ca.pem
jwks = {ISSUER}/certs

[grant/staff]
issuer = acme
user = %{{sub}}
services = sshd sudo
"""
PASSWORD = "correct horse 7"
KEY = pathlib.Path("/root/throwaway-key.json")
ACCOUNTS = ("/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow")
# What any package leaves: the data bases of dpkg, debconf, pam-auth-update, mandb and ldconfig; the accounts' older versions.
ANY_PACKAGE = re.compile(r"/var/lib/(dpkg|pam|systemd/deb-systemd-helper-(en|mask)abled$)|/var/cache/(debconf|man|ldconfig|apt)|/var/log/"
                         r"|/etc/(ld\.so\.cache|(passwd|group|shadow|gshadow)-?|\.pwd\.lock|sub[ug]id-?)$|/etc/pam\.d/common-")


@pytest.fixture(scope="module", autouse=True)
def machine():
    """The host before: two people, a key endpoint, a file that is older than everything that comes."""
    os.environ.update(DEBIAN_FRONTEND="noninteractive", PATH="/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL="C.UTF-8")
    machine_log = host.LogCollector()
    host.use_local_names()
    host.add_user("alice", PASSWORD, sudo=True)
    host.add_user("bob", "battery staple 8")
    authority = host.CertificateAuthority("/etc/ssl/throwaway")
    endpoint = host.Endpoint(authority.certificate("keys.acme.example"))
    host.write("/etc/pam.d/watched", "@include common-auth\n@include common-account\n")
    host.write("/etc/pam.d/watched-stack", host.STACKS["token-or-password"].format("nodelay", ""))
    pathlib.Path("/var/lib/man-db/auto-update").unlink(missing_ok=True)  # no index of all manuals each time
    os.makedirs("/run/sshd", exist_ok=True)
    machine_log.before = {"files": pam_and_accounts(), "marker": host.write("/run/marker", "")}
    time.sleep(0.05)
    machine_log.endpoint = endpoint
    with host.Sshd():
        yield machine_log
    endpoint.close()
    for service in ("watched", "watched-stack"):
        os.unlink(f"/etc/pam.d/{service}")


@pytest.fixture(scope="module", autouse=True)
def watcher(machine):
    """Good and bad answers to two services, all the time; judged in the last test."""
    with Watcher() as running:
        yield running


class Watcher:
    """Two threads a service: the password, and everything else. What goes the wrong way is noted with the time."""

    SERVICES = ("watched", "watched-stack")
    WRONG = ("wrong", "", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.")

    def __init__(self):
        self.wrong, self.over = [], threading.Event()
        self.count = {(service, good): 0 for service in self.SERVICES for good in (True, False)}
        self.threads = [threading.Thread(target=self.watch, args=key, daemon=True) for key in self.count]

    def watch(self, service, good):
        for answer in itertools.cycle([PASSWORD] if good else self.WRONG):
            done = subprocess.run(["pamtester", service, "alice", "authenticate", "acct_mgmt"], input=answer + "\n", text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.count[service, good] += 1
            if (done.returncode == 0) != good:
                self.wrong.append((time.strftime("%T"), service, answer, done.stdout))
            if self.over.wait(1):
                return

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()


def pam_and_accounts():
    paths = [*map(pathlib.Path, ACCOUNTS), *pathlib.Path("/etc/pam.d").iterdir()]
    return {str(p): p.read_text(errors="replace") for p in paths if p.exists()}


def state(package):
    return host.run("dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Version}", package, check=False).stdout.split()


def token(sub="alice", lifetime=300, audience=f"ssh://{host.HOSTNAME}"):
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": sub, "aud": audience, "iat": now - 600, "exp": now + lifetime}
    return host.run("pamjwt", "encode", json.dumps(claims), "--key", KEY).stdout.strip()


def assert_password_and_nothing_else():
    """ssh in both methods: the password gets in, a wrong one does not."""
    for method in ("password", "keyboard-interactive"):
        assert host.ssh("alice", PASSWORD, method=method).ok
    assert not host.ssh("alice", "wrong").ok


def assert_token_logs_in(machine):
    mark = machine.mark()
    login = host.ssh("alice", token(), command="sudo -k -S id -un", given=token() + "\n")
    assert login.ok and login.out == "root\n", (login, machine.text(mark))
    assert [line["result"] for line in machine.audits(mark)]== ["allow", "allow"], machine.audits(mark)


# ------------------------------------------------------------------------------------------------------------- install


def test_what_is_in_the_packages():
    """Owned by root, writable by no one else, not set-uid, and each file in the package where users expect it."""
    where = {}
    for name, deb in zip(NAMES, debs()):
        for line in host.run("dpkg-deb", "-c", deb).stdout.splitlines():
            mode, owner, _, _, _, path = line.split(None, 5)
            assert owner == "root/root" and not re.search(r"[sStT]", mode), line
            assert mode.startswith("l") or (mode[5], mode[8]) == ("-", "-"), line
            where[path.split(" -> ")[0].lstrip(".").replace("/usr/lib/systemd", "/lib/systemd")] = name
    libraries = f"/usr/lib/{host.run('dpkg-architecture', '-q', 'DEB_HOST_MULTIARCH').stdout.strip()}"
    expected = {
        "libpam-jwt": [f"{libraries}/security/pam_jwt.so", "/usr/libexec/pam_jwt/pamjwt-fetch", "/etc/security/pam_jwt.conf",
                       "/lib/systemd/system/pamjwt-refresh.timer", "/lib/systemd/system/pamjwt-refresh.socket",
                       "/lib/systemd/system/pamjwt-refresh.service", "/lib/systemd/system/pamjwt-refresh-server.service",
                       "/lib/systemd/system/pamjwt-rollback.service",
                       "/usr/lib/sysusers.d/pam_jwt.conf", "/usr/lib/tmpfiles.d/pam_jwt.conf", "/etc/cron.d/pam_jwt",
                       "/usr/share/pam-configs/jwt", "/usr/share/man/man8/pam_jwt.8.gz", "/usr/share/man/man5/pam_jwt.conf.5.gz",
                       "/usr/share/man/man8/pamjwt-fetch.8.gz", "/usr/share/doc/libpam-jwt/examples/pam.d/token-only"],
        "pamjwt": ["/usr/bin/pamjwt", "/usr/bin/pamjwt-askpass", "/usr/bin/pamjwt-ssh", "/usr/bin/pamjwt-token", "/usr/share/man/man1/pamjwt-token.1.gz",
                   "/usr/share/man/man1/pamjwt.1.gz",
                   "/usr/share/man/man1/pamjwt-askpass.1.gz", "/usr/share/bash-completion/completions/pamjwt",
                   "/usr/share/zsh/vendor-completions/_pamjwt", "/usr/share/fish/vendor_completions.d/pamjwt.fish"],
        "libpamjwt0": [f"{libraries}/libpamjwt.so.0"],
        "libpamjwt-dev": [f"{libraries}/libpamjwt.so", "/usr/include/pamjwt.h", f"{libraries}/pkgconfig/libpamjwt.pc",
                          "/usr/share/man/man3/libpamjwt.3.gz"],
    }
    for package, paths in expected.items():
        assert {path: where.get(path) for path in paths} == dict.fromkeys(paths, package)


def test_install_changes_no_login(machine):
    dpkg("-i", *debs())
    assert {state(name)[0] for name in NAMES} == {"ii"}
    after = pam_and_accounts()
    assert {p: t for p, t in after.items() if "/pam.d/" in p} == \
        {p: t for p, t in machine.before["files"].items() if "/pam.d/" in p}
    assert_password_and_nothing_else()


def test_install_makes_the_user_and_the_folders():
    user = pwd.getpwnam("_pamjwt")
    assert (user.pw_uid < 1000, user.pw_shell) == (True, "/usr/sbin/nologin")
    for path, mode, owner in ((host.CACHE, 0o755, 0), (host.RUN, 0o755, 0), (host.RUN / "lock", 0o700, 0)):
        assert (oct(path.stat().st_mode & 0o7777), path.stat().st_uid) == (oct(mode), owner), path


def test_timer_and_socket_are_on_and_have_nothing_to_do():
    for unit, target in (("timer", "timers"), ("socket", "sockets")):
        assert pathlib.Path(f"/etc/systemd/system/{target}.target.wants/pamjwt-refresh.{unit}").exists()
    assert host.run("pamjwt", "refresh").stdout == ""


def test_the_installed_files_are_hardened():
    listed = host.run("dpkg-query", "--listfiles", "libpam-jwt", "libpamjwt0", "pamjwt").stdout.split("\n")
    paths = [pathlib.Path(name) for name in listed if name.startswith("/") and not pathlib.Path(name).is_symlink()]
    files = [path for path in paths if path.is_file() and path.read_bytes()[:4] == b"\x7fELF"]
    loaded = [path for path in files if ".so" in path.name]
    modules = [path for path in loaded if path.parent.name == "security"]
    assert {path.name for path in files} >= {"pam_jwt.so", "pamjwt", "pamjwt-fetch", "pamjwt-token"} and len(loaded) >= 2, files
    host.run("sh", host.CHECKOUT / "tools/guards/hardening.sh", "-", *files)
    host.run("sh", host.CHECKOUT / "tools/guards/exports.sh", host.CHECKOUT, "-", *modules)
    host.run("sh", host.CHECKOUT / "tools/guards/no-network.sh", "-", *loaded)


def test_the_development_package_is_enough_to_build_with():
    flags = host.run("pkg-config", "--cflags", "--libs", "libpamjwt").stdout.split()
    host.run("cc", "-Wall", "-Werror", host.CHECKOUT / "docs/example-libpamjwt.c", *flags, "-o", "/run/example")
    assert "libpamjwt.so.0" in host.run("ldd", "/run/example").stdout


# ----------------------------------------------------------------------------------------------------------------- use


def test_the_profile_lets_tokens_in_and_leaves_passwords_alone(machine):
    host.run("pamjwt", "keygen", "--alg", "ES256", "--kid", "k1", "--out", KEY)
    machine.endpoint.json("/certs", host.run("pamjwt", "keys", KEY, "--public").stdout)
    host.write(host.CONF, CONF)
    host.run("pam-auth-update", "--package", "--enable", "jwt")
    text = pathlib.Path("/etc/pam.d/common-auth").read_text()
    assert re.search(r"^auth\s+\[success=2 cred_unavail=ignore module_unknown=ignore default=die\]\s+pam_jwt\.so *$", text, re.M), text
    assert_token_logs_in(machine)
    assert_password_and_nothing_else()
    assert host.sudo("alice", PASSWORD).ok and not host.sudo("alice", "wrong").ok


def test_the_denial_of_the_profile_is_final(machine):
    """bob's password is a token that is refused: were pam_unix asked after the refusal, it would let him in."""
    refused = token("alice", audience="ssh://db2")
    host.run("chpasswd", input=f"bob:{refused}\n")
    mark = machine.mark()
    assert not host.ssh("bob", refused).ok
    assert [line["reason"] for line in machine.audits(mark)] == ["bad-audience"]


def test_a_missing_module_keeps_no_password_out_and_lets_no_token_in():  # REV-04
    good = token()
    with host.hidden(host.installed("pam_jwt.so")):
        assert_password_and_nothing_else()
        assert host.sudo("alice", PASSWORD).ok
        assert not host.ssh("alice", good).ok


# ------------------------------------------------------------------------------------------------------------- upgrade


def judges():
    return [path.name for path in host.installed("pam_jwt.so").parent.glob("pam_jwt-*")]


def next_version():
    """The same packages as the next version, with another build id in the module and its judge."""
    folder = pathlib.Path("/run/next")
    folder.mkdir()
    for deb in debs():
        tree = folder / deb.name.split("_")[0]
        host.run("dpkg-deb", "-R", deb, tree)
        control = tree / "DEBIAN/control"
        control.write_text(re.sub(r"(Version: |\(= )([^\s)]+)", r"\g<1>\g<2>+next", control.read_text()))
        for old in tree.glob("usr/lib/*/security/pam_jwt-*.so"):
            build = old.stem.removeprefix("pam_jwt-").encode()
            for file in (old, old.with_name("pam_jwt.so")):
                file.write_bytes(file.read_bytes().replace(build, build[::-1]))
            old.rename(old.with_name(f"pam_jwt-{build[::-1].decode()}.so"))
        host.run("dpkg-deb", "-Znone", "-b", tree, folder / f"{tree.name}_next.deb")
    return folder


def test_upgrade_keeps_configuration_profile_and_logins(machine):
    folder = next_version()
    before = hashlib.sha256(host.installed("pam_jwt.so").read_bytes()).digest()
    old_judges = judges()
    stack = pathlib.Path("/etc/pam.d/common-auth").read_text()
    dpkg("--unpack", *debs(folder, ["libpam-jwt"]))  # as if the machine had stopped here
    assert state("libpam-jwt")[0] == "iU"
    assert hashlib.sha256(host.installed("pam_jwt.so").read_bytes()).digest() != before
    assert judges() != old_judges and len(judges()) == 1
    assert_token_logs_in(machine)
    assert host.ssh("alice", PASSWORD).ok
    dpkg("-i", *debs(folder))
    shutil.rmtree(folder)
    assert [s.endswith("+next") for s in (state(name)[1] for name in NAMES)] == [True] * 4
    assert host.CONF.read_text() == CONF
    assert pathlib.Path("/etc/pam.d/common-auth").read_text() == stack
    assert_token_logs_in(machine)


# ------------------------------------------------------------------------------------------------------ remove, purge


def test_removal_is_refused_while_a_stack_would_lock_everybody_out():
    host.set_stack("watched-only", "token-only")
    done = dpkg("-r", "libpam-jwt", check=False)
    assert done.returncode != 0
    assert "/etc/pam.d/watched-only:1: auth required pam_jwt.so" in done.stdout, done.stdout
    assert "/etc/pam.d/watched-only:2: account required" in done.stdout and "common-auth" not in done.stdout, done.stdout
    assert "watched-only:4" not in done.stdout  # the session line does no harm
    assert state("libpam-jwt")[0] == "ri"
    assert host.installed("pam_jwt.so").exists() and "pam_jwt.so" in pathlib.Path("/etc/pam.d/common-auth").read_text()
    os.unlink("/etc/pam.d/watched-only")


def test_remove_takes_the_profile_out_and_keeps_the_configuration(machine):
    dpkg("-r", *NAMES)
    assert state("libpam-jwt")[0] == "rc" and host.CONF.read_text() == CONF
    assert pam_and_accounts()["/etc/pam.d/common-auth"] == machine.before["files"]["/etc/pam.d/common-auth"]
    assert not host.RUN.exists() and not pathlib.Path("/etc/systemd/system/timers.target.wants/pamjwt-refresh.timer").exists()
    line = pathlib.Path("/etc/cron.d/pam_jwt").read_text().splitlines()[-1]
    command = re.sub(r"sleep \$\(\(.*?\)\);", "", line.split("root ", 1)[1].replace("\\%", "%"))
    assert host.run("sh", "-c", command).stdout == ""  # cron has nothing to complain about meanwhile
    assert_password_and_nothing_else()


def left_behind(marker):
    """Everything below /etc, /usr and /var that was made or changed since, but what any package leaves."""
    found = host.run("find", "/etc", "/usr", "/var", "-xdev", "-cnewer", marker, "!", "-type", "d", check=False).stdout.split("\n")
    names = host.run("find", "/etc", "/usr", "/var", "/run", "-xdev", "(", "-name", "*pam_jwt*", "-o", "-name", "*pamjwt*",
                     "-o", "-name", "jwt", "-path", "*pam-configs*", ")", "-not", "-path", "*/site-packages/*", check=False).stdout
    mine = (str(host.CHECKOUT), "/etc/pam.d/watched", "/etc/ssh/throwaway", "/etc/ssl/throwaway", "/etc/sudoers.d/alice",
            "/var/cache/pam_jwt-matrix", "/usr/local/")  # the tests' own
    return sorted(p for p in {*found, *names.split("\n")}
                  if p and not p.startswith(mine) and "__pycache__" not in p and not ANY_PACKAGE.match(p))


def test_purge_leaves_nothing(machine):
    host.write("/etc/security/pam_jwt.conf.d/more.conf", "[host]\nhost_name = db1.acme.example\n")
    dpkg("-P", *NAMES)
    files = pam_and_accounts()
    before = dict(machine.before["files"])
    for name in ("/etc/shadow",):  # bob's password was changed on the way
        files[name], before[name] = (re.sub(r"^bob:.*$", "bob:", t[name], flags=re.M) for t in (files, before))
    assert files == before
    assert left_behind(machine.before["marker"]) == []
    assert_password_and_nothing_else()


def test_a_host_without_systemd_gets_the_user_by_adduser(machine):
    tools = [p for p in map(shutil.which, ("systemd-sysusers", "systemd-tmpfiles")) if p]
    if not shutil.which("adduser"):
        pytest.skip("needs adduser")
    for tool in tools:
        os.rename(tool, tool + ".away")
    try:
        dpkg("-i", *debs(names=["libpam-jwt", "pamjwt"]))
        user = pwd.getpwnam("_pamjwt")
        assert (user.pw_uid < 1000, user.pw_shell) == (True, "/usr/sbin/nologin")
        dpkg("-P", "libpam-jwt", "pamjwt")
    finally:
        for tool in tools:
            os.rename(tool + ".away", tool)
    assert pam_and_accounts()["/etc/passwd"] == machine.before["files"]["/etc/passwd"]


def test_timer_and_socket_come_and_go_under_a_real_systemd():
    """In a copy of this copy that systemd boots: started, idle without an issuer, and gone after the purge."""
    if not host.has_systemd():
        pytest.skip("needs systemd")
    seen = dict(result.split("=", 1) for result in host.booted(host.CHECKOUT / "tests/packages/booted_packages",
                                                               *debs(names=["libpam-jwt", "pamjwt"]), timeout=300))
    assert seen == {
        "pamjwt-refresh.timer": "active enabled", "pamjwt-refresh.socket": "active enabled",
        "service": "success inactive", "rollback": "enabled", "socket-file": "600 root", "left-units": "", "left-files": "",
    }


def test_nobody_was_kept_out_or_let_in_at_any_moment(watcher):
    assert all(count >= 5 for count in watcher.count.values()), watcher.count
    assert watcher.wrong == []

"""
Names are found by DNS from inside the sandbox, whatever nsswitch.conf says (RVW-37). The sandbox refuses unix sockets, so
systemd-resolved, Avahi and nscd cannot be asked; glibc must go on to dns then. The modules come from their packages, which
are unpacked and not installed: their scripts would change the resolver of the host.
"""

import pathlib
import socket
import subprocess
import threading

import conftest
import pytest
import world
from world import wait_for

pytestmark = conftest.needs_root
NAME = "idp.names.example"
PACKAGES = ["libnss-resolve", "libnss-mdns", "libnss-myhostname", "nscd"]


class Dns(threading.Thread):
    """Answers 127.0.0.1 for NAME, and nothing for any other."""

    def __init__(self):
        super().__init__(daemon=True)
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))

    def run(self):
        while True:
            try:
                query, peer = self.socket.recvfrom(4096)
            except OSError:
                return
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode())
                at += query[at] + 1
            question, kind, name = query[12:at + 5], query[at + 1:at + 3], ".".join(labels)
            self.asked.append(name)
            found = name == NAME and kind == b"\0\1"
            flags = b"\x81\x80" if name == NAME else b"\x81\x83"
            answer = b"\xc0\x0c\0\1\0\1\0\0\0\x05\0\x04\x7f\0\0\1" if found else b""
            self.socket.sendto(query[:2] + flags + b"\0\1\0" + bytes([found]) + b"\0\0\0\0" + question + answer, peer)


def put(path, text, folder):
    """A file in place of another, for the processes of this test run."""
    copy = folder / path.replace("/", "_")
    copy.write_text(text)
    copy.chmod(0o644)
    conftest.bind(copy, path)


@pytest.fixture(scope="module")
def unpacked():
    folder = world.temporary_folder()
    if not conftest.on_the_host(["apt-get", "-qq", "download", *PACKAGES], folder):
        pytest.skip("apt cannot download " + " ".join(PACKAGES))
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, folder / "x"], check=True)
    modules = [*(folder / "x").rglob("libnss_*.so.2")]
    assert {m.name for m in modules} >= {"libnss_resolve.so.2", "libnss_mdns4_minimal.so.2"}
    libraries = next(m.parent for m in modules if m.name == "libnss_resolve.so.2")
    for module in modules:
        if module.parent != libraries:
            module.rename(libraries / module.name)
    there = pathlib.Path("/usr/lib") / libraries.name
    if not conftest.overlay(libraries, there):
        pytest.skip("no overlay file system")
    yield folder
    subprocess.run(["umount", "--lazy", there], check=True)  # this process has loaded from there too
    world.remove(folder)


@pytest.fixture(scope="module")
def server():
    server = Dns()
    server.start()
    return server  # to the end of this process, whose network is its own


@pytest.fixture
def dns(server):
    server.asked.clear()
    return server


@pytest.fixture
def listeners(tmp_path):
    """Sockets where resolved and Avahi listen, and whether anyone connects."""
    sockets = []
    for path in ("/run/systemd/resolve/io.systemd.Resolve", "/run/avahi-daemon/socket"):
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
        s = socket.socket(socket.AF_UNIX)
        s.bind(path)
        s.listen(5)
        s.settimeout(0)
        sockets.append((s, pathlib.Path(path)))
    yield [s for s, _ in sockets]
    for s, path in sockets:
        s.close()
        path.unlink()


def fetch(authority, host, lines, folder):
    idp = world.Idp(authority.server(hosts=(NAME,)))
    url = f"https://{NAME}:{idp.port}"
    idp.describe(issuer=url, jwks_uri=url + "/jwks")
    put("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:2\n", folder)
    put("/etc/nsswitch.conf", f"passwd: files\ngroup: files\nhosts: {lines}\n", folder)
    try:
        return host.get("force", issuer=url)
    finally:
        subprocess.run(["umount", "/etc/nsswitch.conf", "/etc/resolv.conf"], check=True)
        idp.stop()


@pytest.mark.parametrize("lines", [
    "files dns",
    "files resolve [!UNAVAIL=return] dns",
    "files mdns4_minimal [NOTFOUND=return] dns",
    "files mdns4_minimal [NOTFOUND=return] resolve [!UNAVAIL=return] myhostname dns mdns4",
])
def test_names_are_found(authority, host, unpacked, dns, listeners, lines):
    """RVW-37"""
    got = fetch(authority, host, lines, unpacked)
    assert (got["reason"], got["kids"]) == ("ok", ["k1"]), got
    assert NAME in dns.asked
    for s in listeners:
        with pytest.raises(BlockingIOError):
            s.accept()


def test_names_are_found_beside_nscd(authority, host, unpacked, dns):
    """RVW-37"""
    pathlib.Path("/run/nscd").mkdir(exist_ok=True)
    conf = unpacked / "nscd.conf"
    conf.write_text("".join(f"{line} hosts {value}\n" for line, value in (
        ("enable-cache", "yes"), ("positive-time-to-live", "60"), ("negative-time-to-live", "60"), ("suggested-size", "211"),
        ("check-files", "no"), ("persistent", "no"), ("shared", "no"))))
    nscd = subprocess.Popen([unpacked / "x/usr/sbin/nscd", "-F", "-f", conf], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(pathlib.Path("/run/nscd/socket").exists)
        got = fetch(authority, host, "files dns", unpacked)
        assert (got["reason"], got["kids"]) == ("ok", ["k1"]), got
        assert nscd.poll() is None
    finally:
        nscd.kill()
        nscd.wait()


def test_a_name_that_does_not_exist_is_a_failure(authority, host, unpacked, dns):
    put("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:2\n", unpacked)
    put("/etc/nsswitch.conf", "passwd: files\nhosts: files resolve [!UNAVAIL=return] dns\n", unpacked)
    try:
        got = host.get("force", issuer="https://other.names.example")
        assert got["reason"] == "fetch-failed" and "resolve" in got["detail"], got
        assert "other.names.example" in dns.asked
    finally:
        subprocess.run(["umount", "/etc/nsswitch.conf", "/etc/resolv.conf"], check=True)

import ctypes
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import world  # noqa: E402

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
MS_REC, MS_PRIVATE, MS_BIND = 16384, 1 << 18, 4096


def _mount(source, target, kind, flags):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source.encode(), target.encode(), kind.encode() if kind else None, flags, None) != 0:
        raise OSError(ctypes.get_errno(), f"mount {target}")


def bind(source, target):
    _mount(str(source), str(target), None, MS_BIND)


def overlay(above, folder) -> bool:
    """Puts the files of one folder beside those of another, read-only. False where the kernel does not do that."""
    return subprocess.run(["mount", "-t", "overlay", "overlay", "-o", f"lowerdir={above}:{folder}", folder]).returncode == 0


def on_the_host(command, folder) -> bool:
    """Runs a command in the network and with the files that this process had before _own_host()."""
    libc = ctypes.CDLL(None, use_errno=True)

    def enter():
        for fd in _host:
            if libc.setns(fd, 0) != 0:
                os._exit(1)
        os.chdir(folder)

    return subprocess.run(command, preexec_fn=enter, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60).returncode == 0


_host = []  # the namespaces of before


def _own_host():
    """
    As root: this process and its children see a host that has the user _pamjwt, an empty /run, and a network of its own with
    addresses of the internet and of private networks.
    """
    _host.extend(os.open(f"/proc/self/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC) for kind in ("net", "mnt"))
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS | CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    folder = world.temporary_folder()
    for name, line in (
        ("passwd", f"_pamjwt:x:{world.FETCH_UID}:{world.FETCH_UID}::/nonexistent:/usr/sbin/nologin\n"),
        ("group", f"_pamjwt:x:{world.FETCH_UID}:\n"),
    ):
        lines = [x for x in pathlib.Path(f"/etc/{name}").read_text().splitlines(True) if not x.startswith("_pamjwt:")]
        copy = folder / name
        copy.write_text("".join(lines) + line)
        copy.chmod(0o644)
        _mount(str(copy), f"/etc/{name}", None, MS_BIND)
    _mount("run", "/run", "tmpfs", 0)
    world.remove(folder)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in world.ADDRESSES:
        subprocess.run(["ip", "address", "add", f"{address}/{128 if ':' in address else 32}", "dev", "lo"], check=True)


def pytest_configure(config):
    if world.root():
        _own_host()


@pytest.fixture(scope="session")
def authority():
    folder = world.temporary_folder()
    yield world.Authority(folder)
    world.remove(folder)


@pytest.fixture(scope="session")
def server_pem(authority):
    return authority.server()


@pytest.fixture
def idp(server_pem):
    server = world.Idp(server_pem)
    yield server
    server.stop()


@pytest.fixture
def host(authority, idp):
    folder = world.temporary_folder()
    h = world.Host(folder)
    h.settings |= {"issuer": idp.url, "ca_file": authority.file}
    yield h
    world.remove(folder)


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

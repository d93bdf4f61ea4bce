"""`./dev install`: a second time over a host that has been set up, as an upgrade from source is."""
import os

import host
from conftest import BUILD, PASSWORDS, use_stack


def test_installing_again_keeps_the_configuration_and_replaces_whole_files(conf, sshd, provider):
    use_stack("token-or-password")
    conf_before, module = host.CONF.read_text(), host.installed("pam_jwt.so")
    inode = module.stat().st_ino
    with open(module, "rb") as in_use:  # a login that is going on keeps the file that it has
        old = in_use.read()
        said = host.run("sh", host.CHECKOUT / "tools/machine/install-here", BUILD).stdout
        in_use.seek(0)
        assert in_use.read() == old and module.stat().st_ino != inode
    assert f"kept: {host.CONF}" in said and host.CONF.read_text() == conf_before
    assert os.stat("/run/pam_jwt/lock").st_mode & 0o7777 == 0o700
    assert host.ssh("alice", provider.token("alice")).ok and host.ssh("alice", PASSWORDS["alice"]).ok


def test_installing_beside_the_package_is_refused(machine):
    status = "Package: libpam-jwt\nStatus: install ok installed\nMaintainer: x\nVersion: 1\nArchitecture: all\nDescription: x\n\n"
    path = "/var/lib/dpkg/status"
    with open(path, encoding="utf-8") as f:
        before = f.read()
    host.write(path, before + status)
    done = host.run("sh", host.CHECKOUT / "tools/machine/install-here", BUILD, check=False)
    host.write(path, before)
    assert done.returncode == 1 and "libpam-jwt is installed" in done.stdout

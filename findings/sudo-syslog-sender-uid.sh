#!/bin/sh
# sudo and syslog: the sender of sudo's log messages is the user who called it, not root.
#
# sudo runs setuid root, and a PAM module in its stack runs with effective uid 0. The kernel attaches the *real* uid to a message
# on /dev/log, and that is still the caller's while PAM authenticates. journald stores it as _UID, so a filter that accepts only
# _UID=0 to keep out forged lines drops what PAM modules log inside sudo, and su.
#
# Needs root (a private /dev), python3 and the package sudo; uses the account nobody. Exits 1 if the behaviour has changed.
set -eu
[ "$(id -u)" = 0 ] || { echo 'needs root' >&2; exit 2; }
if [ "${1-}" != inside ]; then exec unshare --mount --propagation private sh "$0" inside; fi
work=$(mktemp -d)
trap 'umount -l /dev /etc/pam.d /etc/sudoers 2>/dev/null; umount -l "$work/dev" 2>/dev/null; rm -rf "$work"' EXIT
mkdir "$work/dev" "$work/pam.d"
mount -t tmpfs tmpfs "$work/dev"
for node in null zero urandom tty; do : >"$work/dev/$node"; mount --bind "/dev/$node" "$work/dev/$node"; done
mount --bind "$work/dev" /dev
# pam_warn logs one line and decides nothing.
printf 'auth required pam_warn.so\nauth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n' \
        >"$work/pam.d/sudo"
mount --bind "$work/pam.d" /etc/pam.d
printf 'nobody ALL=(ALL) ALL\n' >"$work/sudoers"
chmod 440 "$work/sudoers"
mount --bind "$work/sudoers" /etc/sudoers

cat >"$work/listen.py" <<'PYTHON'
import re, socket, struct, subprocess
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
log.bind("/dev/log")
subprocess.run(["chmod", "666", "/dev/log"], check=True)
subprocess.run(["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "sudo", "-S", "true"], check=True,
               stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
log.settimeout(0.5)
seen = set()
try:
    while True:
        data, extra, _, _ = log.recvmsg(8192, 512)
        uid = next(struct.unpack("3i", e[2])[1] for e in extra if e[1] == socket.SCM_CREDENTIALS)
        if b"pam_warn" in data:
            seen.add(f"uid {uid}")
except TimeoutError:
    print(", ".join(sorted(seen)) or "nothing")
PYTHON
echo "version: sudo $(dpkg-query -W -f '${Version}' sudo), libpam-modules $(dpkg-query -W -f '${Version}' libpam-modules)"
echo 'expected: uid 0, since sudo is setuid root'
seen=$(/usr/bin/python3 "$work/listen.py")
echo "seen: pam_warn in sudo's auth stack logs as $seen (nobody is uid $(id -u nobody))"
[ "$seen" = "uid $(id -u nobody)" ] || { echo 'the behaviour has changed'; exit 1; }

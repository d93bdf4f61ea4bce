#!/bin/sh
# Linux-PAM: `-auth required MISSING` still makes the stack fail when the module is not installed.
#
# The dash is widely read as "skip this line if the module is missing", and with `optional` it looks that way. It only
# suppresses the log message: the missing module counts with PAM_MODULE_UNKNOWN, and `required` turns that into the result
# of the stack. A package that adds a line with a dash and `required` locks users out when its module is removed.
#
# Needs root (a private mount namespace covers /etc/pam.d) and python3. Exits 1 if the behaviour has changed.
set -eu
[ "$(id -u)" = 0 ] || { echo 'needs root' >&2; exit 2; }
if [ "${1-}" != inside ]; then exec unshare --mount --propagation private sh "$0" inside; fi
work=$(mktemp -d)
trap 'umount /etc/pam.d 2>/dev/null; rm -rf "$work"' EXIT
mkdir "$work/pam.d"
printf -- '-auth required pam_not_installed.so\nauth required pam_permit.so\n' >"$work/pam.d/dash-required"
printf -- '-auth optional pam_not_installed.so\nauth required pam_permit.so\n' >"$work/pam.d/dash-optional"
printf 'auth required pam_not_installed.so\nauth required pam_permit.so\n' >"$work/pam.d/plain-required"
mount --bind "$work/pam.d" /etc/pam.d

cat >"$work/authenticate.py" <<'PYTHON'
import ctypes, sys
pam = ctypes.CDLL("libpam.so.0")
class Conversation(ctypes.Structure):
    _fields_ = [("function", ctypes.c_void_p), ("data", ctypes.c_void_p)]
refuse = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, *[ctypes.c_void_p] * 3)(lambda *_: 19)
handle, talk = ctypes.c_void_p(), Conversation(ctypes.cast(refuse, ctypes.c_void_p), None)
assert pam.pam_start(sys.argv[1].encode(), b"root", ctypes.byref(talk), ctypes.byref(handle)) == 0
print(pam.pam_authenticate(handle, 0))
PYTHON
result() { /usr/bin/python3 "$work/authenticate.py" "$1"; }

echo "version: libpam0g $(dpkg-query -W -f '${Version}' libpam0g)"
echo 'expected: with the dash a missing module is passed over, so both stacks with a dash return 0 (PAM_SUCCESS)'
seen="$(result dash-required) $(result dash-optional) $(result plain-required)"
echo "seen: -auth required, -auth optional, auth required return $seen (28 is PAM_MODULE_UNKNOWN)"
[ "$seen" = '28 0 28' ] || { echo 'the behaviour has changed'; exit 1; }

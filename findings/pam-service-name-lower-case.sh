#!/bin/sh
# Linux-PAM: a file in /etc/pam.d whose name has a capital letter is never read.
#
# pam_start(3) lower-cases the service name before it looks for the file, so an application that calls itself "MyApp" with
# an /etc/pam.d/MyApp of the same spelling gets the stack of "other", without a message.
#
# Needs root (a private mount namespace covers /etc/pam.d) and python3. Exits 1 if the behaviour has changed.
set -eu
[ "$(id -u)" = 0 ] || { echo 'needs root' >&2; exit 2; }
if [ "${1-}" != inside ]; then exec unshare --mount --propagation private sh "$0" inside; fi
work=$(mktemp -d)
trap 'umount /etc/pam.d 2>/dev/null; rm -rf "$work"' EXIT
mkdir "$work/pam.d"
echo 'auth required pam_permit.so' >"$work/pam.d/MyApp"
echo 'auth required pam_permit.so' >"$work/pam.d/lower"
echo 'auth required pam_deny.so' >"$work/pam.d/other"
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
echo 'expected: MyApp and LOWER each use the file of their name, or none; MyApp returns 0'
seen="$(result MyApp) $(result LOWER)"
echo "seen: MyApp (its file permits) returns ${seen% *}, which is the stack of other; LOWER returns ${seen#* }, the stack of /etc/pam.d/lower"
[ "$seen" = '7 0' ] || { echo 'the behaviour has changed'; exit 1; }

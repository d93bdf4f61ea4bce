#!/bin/sh
# Linux-PAM: an application whose service name is "other" runs each module of its stack twice.
#
# libpam reads the file of the service, and then the file "other" for types that the service does not set. For the service
# "other" these are the same file, and its lines are added a second time: a module with a side effect (a prompt, a counter of
# failures, a log line) has it twice in one pam_authenticate().
#
# Needs root (a private mount namespace covers /etc/pam.d) and python3. Exits 1 if the behaviour has changed.
set -eu
[ "$(id -u)" = 0 ] || { echo 'needs root' >&2; exit 2; }
if [ "${1-}" != inside ]; then exec unshare --mount --propagation private sh "$0" inside; fi
work=$(mktemp -d)
trap 'umount /etc/pam.d 2>/dev/null; rm -rf "$work"' EXIT
mkdir "$work/pam.d"
printf '#!/bin/sh\necho run >>"%s/%s"\n' "$work" "\$1" >"$work/count"
chmod 755 "$work/count"
echo "auth required pam_exec.so $work/count other" >"$work/pam.d/other"
echo "auth required pam_exec.so $work/count named" >"$work/pam.d/named"
mount --bind "$work/pam.d" /etc/pam.d

cat >"$work/authenticate.py" <<'PYTHON'
import ctypes, sys
pam = ctypes.CDLL("libpam.so.0")
class Conversation(ctypes.Structure):
    _fields_ = [("function", ctypes.c_void_p), ("data", ctypes.c_void_p)]
refuse = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, *[ctypes.c_void_p] * 3)(lambda *_: 19)
handle, talk = ctypes.c_void_p(), Conversation(ctypes.cast(refuse, ctypes.c_void_p), None)
assert pam.pam_start(sys.argv[1].encode(), b"root", ctypes.byref(talk), ctypes.byref(handle)) == 0
assert pam.pam_authenticate(handle, 0) == 0
PYTHON
runs() { /usr/bin/python3 "$work/authenticate.py" "$1" && wc -l <"$work/$1"; }

echo "version: libpam0g $(dpkg-query -W -f '${Version}' libpam0g)"
echo 'expected: one pam_authenticate() runs the one line of the file once, whatever the service is called'
seen="$(runs named) $(runs other)"
echo "seen: service named runs its module ${seen% *} time, service other ${seen#* } times"
[ "$seen" = '1 2' ] || { echo 'the behaviour has changed'; exit 1; }

#!/bin/sh
# exports.sh MODULE: the module exports its entry points and nothing else, and is never unmapped.
set -eu
seen=$(nm -D --defined-only "$1" | awk '{ print $3 }' | sort | tr '\n' ' ')
wanted='pam_sm_acct_mgmt pam_sm_authenticate pam_sm_close_session pam_sm_open_session pam_sm_setcred '
[ "$seen" = "$wanted" ] || { echo "exported: $seen"; echo "expected: $wanted"; exit 1; }
readelf -d "$1" | grep -q NODELETE || { echo "$1 lacks -z nodelete"; exit 1; }
# Every symbol that it needs is there (a module with a missing one is refused when somebody logs in, not before).
missing=$(ldd -r "$1" 2>&1 | grep -E 'undefined symbol|not found' | grep -v '__asan_\|__ubsan_\|__sanitizer_' || true)
[ -z "$missing" ] || { echo "$missing"; exit 1; }

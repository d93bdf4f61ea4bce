#!/bin/sh
# exports.sh SOURCE BUILD MODULE...: a module exports its entry points and nothing else, is never unmapped, and needs the
# libraries that it should: pam_jwt.so libpam and libc alone, so that a login without a token loads no OpenSSL; the judge
# (judge.so, installed as pam_jwt-BUILDID.so) libcrypto and json-c as well.
set -eu
here=$(dirname "$0")
source=$1 build=$2
shift 2
status=0
bad() { echo "$*"; status=1; }

wanted='pam_sm_acct_mgmt pam_sm_authenticate pam_sm_close_session pam_sm_open_session pam_sm_setcred '
promised=$(grep -oE '\bpam_sm_[a-z_]+' "$source/pam_jwt.map" | sort | tr '\n' ' ')
[ "$promised" = "$wanted" ] || bad "pam_jwt.map: exports $promised, expected $wanted"
"$here/installed.sh" "$build" '*.so' "$@" || status=1
for module; do
        seen=$(nm -D --defined-only "$module" | awk '{ print $3 }' | sort | tr '\n' ' ')
        case ${module##*/} in
        judge.so | pam_jwt-*) names='pjwt_judge ' libraries='libc libcrypto libjson-c libpam ' ;;
        *) names=$wanted libraries='libc libpam ' ;;
        esac
        [ "$seen" = "$names" ] || bad "$module exports $seen, expected $names"
        needed=$(readelf -d "$module" | sed -n 's/.*(NEEDED).*\[\(lib[a-z-]*\)\..*/\1/p' | grep -vE '^lib(asan|ubsan|gcc_s|dl)$' |
                sort | tr '\n' ' ')
        [ "$needed" = "$libraries" ] || bad "$module needs $needed, expected $libraries"
        readelf -d "$module" | grep -q NODELETE || bad "$module lacks -z nodelete"
        # Every symbol that it needs is there (a module with a missing one is refused at the first login, not before).
        missing=$(ldd -r "$module" 2>&1 | grep -E 'undefined symbol|not found' | grep -v '__asan_\|__ubsan_\|__sanitizer_' || true)
        [ -z "$missing" ] || bad "$module: $missing"
done
exit $status

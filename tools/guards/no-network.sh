#!/bin/sh
# no-network.sh BUILD FILE...: nothing that a login process loads brings a TLS or HTTP library with it (NET-25).
set -eu
here=$(dirname "$0")
build=$1
shift
status=0
bad() { echo "$*"; status=1; }

"$here/installed.sh" "$build" '*.so*' "$@" || status=1
for file; do
        tree=$(ldd "$file")
        network=$(echo "$tree" | grep -E 'lib(curl|ssl|gnutls|nghttp2|ldap|krb5)' || true)
        [ -z "$network" ] || bad "$file loads a network library:" "$network"
        [ "${file##*/}" = pam_jwt.so ] || echo "$tree" | grep -q libcrypto || bad "$file: ldd shows no libcrypto, so this test sees nothing"
done
exit $status

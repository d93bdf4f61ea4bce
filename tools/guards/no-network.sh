#!/bin/sh
# no-network.sh FILE...: nothing that a login process loads brings a TLS or HTTP library with it (NET-25).
set -eu
for file; do
        tree=$(ldd "$file")
        if echo "$tree" | grep -E 'lib(curl|ssl|gnutls|nghttp2|ldap|krb5)'; then
                echo "$file loads a network library"
                exit 1
        fi
        echo "$tree" | grep -q libcrypto || { echo "$file: ldd shows no libcrypto, so this test sees nothing"; exit 1; }
done

#!/bin/sh
# api.sh SOURCE BUILD HEADER MAN CC...: the public interface as its users meet it. Every function of pamjwt.h is exported
# and in the manual page; the example is compiled through pkg-config and judges tokens.
set -eu
source=$1 build=$2 header=$3 man=$4
shift 4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

map=$source/lib/api/libpamjwt.map
functions=$(grep -oE '\bpjwt_[a-z_]+\(' "$header" | tr -d '(' | sort -u)
exported=$(sed -n '/^PAMJWT_0/,/local:/s/^ *\(pjwt_[a-z_]*\);/\1/p' "$map")
[ "$(echo "$functions" | wc -l)" -gt 20 ] || { echo "$header: hardly a function was read"; exit 1; }
wrong=
for function in $functions; do
        echo "$exported" | grep -qx "$function" || { echo "$map: $function is in pamjwt.h, and not exported"; wrong=1; }
        grep -qw "$function" "$man" || { echo "$man: $function is in pamjwt.h, and not in the page"; wrong=1; }
done
for function in $exported; do
        echo "$functions" | grep -qx "$function" || { echo "$header: $function is in libpamjwt.map, and not declared"; wrong=1; }
done
[ "$("$(dirname "$0")/known.sh" "$source" 'docs/*.c')" = docs/example-libpamjwt.c ] ||
        { echo 'docs/: every example is compiled here; name the new one in tools/guards/api.sh'; wrong=1; }
[ -z "$wrong" ] || exit 1

PKG_CONFIG_PATH=$build/meson-uninstalled
export PKG_CONFIG_PATH
# shellcheck disable=SC2046 # words are meant
"$@" -Wall -Werror "$source/docs/example-libpamjwt.c" "-I$build/lib/base" $(pkg-config --cflags --libs libpamjwt) -o "$work/example"

judge() { # judge EXPECTED-STATUS EXPECTED-OUTPUT ISSUER AUDIENCE TOKEN-FILE
        status=0
        out=$(LD_LIBRARY_PATH="$build/lib/api" ASAN_OPTIONS=verify_asan_link_order=0 "$work/example" "$work/keys" "$3" "$4" <"$5" 2>&1) || status=$?
        case $out in "$2"*) ;; *) echo "'$out' instead of '$2'"; exit 1 ;; esac
        [ "$status" = "$1" ] || { echo "exit status $status instead of $1"; exit 1; }
}

# The key and the signature are of RFC 8037 A; the claims were signed with them (exp is in the year 9999).
cp "$source/tools/guards/api-key.json" "$work/keys"
chmod 644 "$work/keys"
token=$source/tools/guards/api-token
judge 0 'good until 253402300000, EdDSA, key without a name, about alice
member of ops' https://idp.example ssh://db1 "$token"
judge 1 'refused: bad-audience' https://idp.example ssh://db2 "$token"
judge 1 'refused: bad-issuer' https://idp.example.evil ssh://db1 "$token"

# The host's openssl.cnf cannot change the judgement (SIG-25), neither a broken one nor one that takes algorithms away.
printf 'garbage [[[ \n = \n' >"$work/broken.cnf"
printf 'config_diagnostics = 1\nopenssl_conf = o\n[o]\nproviders = p\n[p]\nx = n\n[n]\nmodule = /nowhere.so\nactivate = 1\n' \
        >"$work/missing.cnf"
printf 'openssl_conf = o\n[o]\nproviders = p\nalg_section = a\n[p]\nnull = n\n[n]\nactivate = 1\n[a]\ndefault_properties = fips=yes\n' \
        >"$work/fips.cnf"
for conf in broken missing fips; do
        OPENSSL_CONF=$work/$conf.cnf
        export OPENSSL_CONF
        judge 0 'good until 253402300000' https://idp.example ssh://db1 "$token"
done
unset OPENSSL_CONF

head -c 100 "$token" >"$work/cut"
judge 1 'refused: malformed' https://idp.example ssh://db1 "$work/cut"
rm "$work/keys"
judge 2 'file-open: ' https://idp.example ssh://db1 "$token"

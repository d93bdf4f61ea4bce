#!/bin/sh
# buildid.sh SOURCE OUTPUT DEPFILE TEXT...: a header with the build id, by which pam_jwt.so and its judge know that they
# belong together. It is made of all sources of both and of TEXT (version, compiler, options), and not of the files that are
# built, since those are changed afterwards (strip, debugedit).
set -eu
source=$1 output=$2 depfile=$3
shift 3
files=$(cd "$source" && find lib module pam_jwt.c meson.build -name '*.[ch]' -o -path '*lib/*.def' -o -path '*lib/*.in' \
        -o -path '*lib/*.sh' -o -path '*module/*.sh' -o -name meson.build | LC_ALL=C sort)
# shellcheck disable=SC2086 # a list
id=$( (cd "$source" && sha256sum $files; printf '%s\n' "$@") | sha256sum | cut -c 1-32)
printf '/* Made by module/buildid.sh. */\n#define PJWT_BUILD_ID "%s"\n' "$id" >"$output"
printf '%s:' "$output" >"$depfile"
for file in $files; do printf ' %s/%s' "$source" "$file"; done >>"$depfile"
echo >>"$depfile"

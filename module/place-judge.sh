#!/bin/sh
# place-judge.sh HEADER JUDGE DIRECTORY [STAMP]: puts the judge into DIRECTORY under the name that pam_jwt.so looks for
# (module/judgeload.c), and removes those of other builds. Called by meson install, DIRECTORY is below DESTDIR.
set -eu
header=$1 judge=$2 directory=${DESTDIR-}$3
id=$(sed -n 's/^#define PJWT_BUILD_ID "\([0-9a-f]*\)"$/\1/p' "$header")
[ -n "$id" ] || { echo "$header: no build id" >&2; exit 1; }
name=pam_jwt-$id.so
install -m 0644 "$judge" "$directory/.$name.new"
mv -f "$directory/.$name.new" "$directory/$name"
for old in "$directory"/pam_jwt-*.so; do
        other=${old##*/pam_jwt-}
        # 32 hexadecimal digits: a module of that name which is not ours stays.
        case ${other%.so} in *[!0-9a-f]*) continue ;; esac
        [ "${#other}" -ne 35 ] || [ "$old" = "$directory/$name" ] || rm -f "$old"
done
[ $# -lt 4 ] || echo "$name" >"$4"

#!/bin/sh
# version.sh SOURCE VERSION: meson.build alone says which release this is; what has to repeat it says the same.
set -eu
here=$(dirname "$0")
source=$1 version=$2
status=0 read=0
bad() { echo "$*"; status=1; }

echo "$version" | grep -qxE '[0-9]+\.[0-9]+\.[0-9]+' || bad "$version is not a semantic version"
for file in $("$here/known.sh" "$source" NEWS debian/changelog 'dist/*.spec.in'); do
        read=$((read + 1))
        case $file in
        NEWS) head -n 1 "$source/$file" | grep -qF "pam_jwt $version (" ;;
        debian/changelog) [ "$(sed -n '1s/.*(\(.*\)-[^-]*).*/\1/p' "$source/$file")" = "$version" ] ;;
        *.spec.in) grep -q '^Version: *@VERSION@$' "$source/$file" ;;
        esac || bad "$file does not begin with $version"
done
[ "$read" -ge 3 ] || bad "$read files that repeat the version were read, expected NEWS, debian/changelog and dist/pam_jwt.spec.in"
exit $status

#!/bin/sh
# installed.sh BUILD PATTERN FILE...: every ELF file that is installed and whose name matches is among the files. Else what
# a guard reads would be a list that is forgotten when a program is added. BUILD is - where the files are those of packages,
# which the caller has from the package manager.
set -eu
build=$1 pattern=$2
shift 2
if [ "$build" = - ]; then
        [ $# -gt 0 ] || echo 'no installed file was named'
        exit $(($# == 0))
fi
plan=$build/meson-info/intro-installed.json
status=0 read=0
while IFS= read -r name; do
        # shellcheck disable=SC2254 # it is a pattern
        case ${name##*/} in $pattern) ;; *) continue ;; esac
        [ "$(head -c 4 "$name" 2>/dev/null | od -An -c | tr -d ' ')" = '177ELF' ] || continue
        read=$((read + 1))
        found=
        for file; do [ "$(readlink -f "$file")" != "$(readlink -f "$name")" ] || found=1; done
        [ -n "$found" ] || { echo "$name is installed, and not among what this guard looks at (tools/guards/meson.build)"; status=1; }
done <<EOF
$(sed 's/[,{]/\n/g' "$plan" | sed -n 's/^ *"\(\/[^"]*\)": .*/\1/p')
EOF
[ "$read" -gt 0 ] || { echo "$plan names no $pattern that was built"; status=1; }
exit $status

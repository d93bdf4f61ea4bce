#!/bin/sh
# man.sh SOURCE PAGE...: pam_jwt(8) lists every reason once, with its clause and answer, no page lacks a table, mandoc has
# nothing to complain about, and all pages of man/ are among them.
set -eu
here=$(dirname "$0")
source=$1
shift
status=0 main=
bad() { echo "$*"; status=1; }

for known in $("$here/known.sh" "$source" 'man/*.[1-9]' 'man/*.[1-9].in'); do
        name=${known##*/} found=
        for page; do [ "${page##*/}" != "${name%.in}" ] || found=1; done
        [ -n "$found" ] || bad "$known is not among the pages that are looked at (tools/guards/meson.build)"
done
for page; do
        case $page in */pam_jwt.8) main=$page ;; esac
        ! grep -n '^@' "$page" || bad "$page: a table was left out"
        command -v mandoc >/dev/null || continue
        # A row of a table is one line of several sentences.
        said=$(mandoc -T lint -W warning "$page" | grep -v 'new sentence, new line$' || true)
        [ -z "$said" ] || bad "$page: $said"
done

reasons=$source/lib/base/reasons.def
[ -n "$main" ] || { echo 'pam_jwt.8 was not read'; exit 1; }
[ "$(grep -c '^PJWT_REASON(' "$reasons")" -gt 40 ] || { echo "$reasons: hardly a reason was read"; exit 1; }
[ "$(grep -c '^PJWT_REASON(' "$reasons")" = "$(grep -c '^Stage ' "$main")" ] || bad "$main has other reasons than $reasons"
listed=$(sed -n 's/^PJWT_REASON([A-Z0-9_]*, "\([^"]*\)", [A-Z]*, \([A-Z_]*\),.*/\1 PAM_\2/p' "$reasons" | while read -r name answer; do
        count=$(grep -cx ".It Sy $name" "$main") || true
        [ "$count" = 1 ] || echo "$main lists reason $name $count times"
        grep -A2 -x ".It Sy $name" "$main" | grep -qx ".Dv $answer :" || echo "$main does not say that reason $name answers $answer"
done)
[ -z "$listed" ] || bad "$listed"
echo "$# pages, $(grep -c '^PJWT_REASON(' "$reasons") reasons"
exit $status

#!/bin/sh
# man.sh PAGE REASONS.DEF: every reason stands in pam_jwt(8) once, with its clause and answer, and mandoc has nothing to
# complain about.
set -eu
page=$1
sed -n 's/^PJWT_REASON([A-Z0-9_]*, "\([^"]*\)", [A-Z]*, \([A-Z_]*\), .*/\1 PAM_\2/p' "$2" | while read -r name answer; do
        count=$(grep -cx ".It Sy $name" "$page") || true
        [ "$count" = 1 ] || { echo "reason $name stands there $count times"; exit 1; }
        grep -A2 -x ".It Sy $name" "$page" | grep -qx ".Dv $answer :" || { echo "reason $name is not said to answer $answer"; exit 1; }
done
[ "$(grep -c '^PJWT_REASON(' "$2")" = "$(grep -c '^Stage ' "$page")" ] || { echo "the page has other reasons"; exit 1; }
! grep -n '^@' "$page" || { echo "a table was left out"; exit 1; }
command -v mandoc >/dev/null || exit 0
mandoc -T lint -W warning "$page"

#!/bin/sh
# headers.sh SOURCE BUILD CC...: every header of the product compiles alone, twice in one file, and has a guard.
set -eu
here=$(dirname "$0")
source=$1 build=$2
shift 2
headers=$("$here/known.sh" "$source" '*.h' '*.h.in' | grep -v '^tests/\|^tools/' || true)
for directory in $(echo "$headers" | sed 's,/[^/]*$,,' | sort -u); do set -- "$@" "-I$source/$directory"; done
set -- "$@" "-I$build/lib/base" -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only -x c -
status=0 read=0
for header in $headers; do
        case $header in *.in) file=$build/${header%.in} ;; *) file=$source/$header ;; esac
        printf '#include "%s"\n#include "%s"\ntypedef int pjwt_not_empty;\n' "$file" "$file" | "$@" ||
                { echo "$header does not compile alone and twice"; status=1; }
        read=$((read + 1))
done
echo "$read headers"
known=$("$here/known.sh" "$source" '*.h' '*.h.in' | grep -vc '^tests/\|^tools/' || true)
if [ "$read" -eq 0 ] || [ "$read" -lt "$known" ]; then echo "fewer headers were read than the $known there are"; status=1; fi
exit $status

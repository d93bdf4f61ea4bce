#!/bin/sh
# headers.sh SOURCE BUILD CC...: every header compiles alone, twice in one file, and has a guard.
set -eu
source=$1
build=$2
shift 2
directories=$(cd "$source" && find lib module net text sign fetch cli client -name '*.h' | sed 's,/[^/]*$,,' | sort -u)
for directory in $directories; do set -- "$@" "-I$source/$directory"; done
for header in "$build"/lib/base/pamjwt.h $(for directory in $directories; do echo "$source/$directory/"*.h; done); do
        printf '#include "%s"\n#include "%s"\ntypedef int pjwt_not_empty;\n' "$header" "$header" |
                "$@" -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only -x c "-I$build/lib/base" - ||
                { echo "$header does not compile alone"; exit 1; }
done

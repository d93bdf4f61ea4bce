#!/bin/sh
# headers.sh SOURCE BUILD CC...: every header compiles alone, twice in one file, and has a guard.
set -eu
source=$1
build=$2
shift 2
for header in "$build"/lib/pamjwt.h "$source"/lib/*.h "$source"/module/*.h "$source"/cli/*.h "$source"/fetch/*.h "$source"/client/*.h; do
        [ -e "$header" ] || continue
        printf '#include "%s"\n#include "%s"\ntypedef int pjwt_not_empty;\n' "$header" "$header" |
                "$@" -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only -x c \
                        -I"$build/lib" -I"$source/lib" -I"$source/module" -I"$source/cli" -I"$source/fetch" -I"$source/client" - ||
                { echo "$header does not compile alone"; exit 1; }
done

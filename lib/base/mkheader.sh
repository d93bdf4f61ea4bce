#!/bin/sh
# Makes pamjwt.h: mkheader.sh VERSION reasons.def pamjwt.h.in > pamjwt.h
# The enum of reasons comes from the rows of reasons.def, so that each reason is written only once.
# The text of a row may be on a second line.
set -eu
awk -v version="$1" '
FNR == NR {
        if (match($0, /^PJWT_REASON\([A-Z0-9_]+/))
                code = substr($0, 13, RLENGTH - 12)
        if (code != "" && match($0, /"[^"]*"\)$/)) {
                rows = rows sprintf("        PJWT_%s = %d, /* %s */\n", code, count++, substr($0, RSTART + 1, RLENGTH - 3))
                code = ""
        }
        next
}
$0 == "@PJWT_REASONS@" { printf "%s", rows; next }
{ sub(/@PJWT_VERSION@/, version) }
{ print }
' "$2" "$3"

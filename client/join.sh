#!/bin/sh
# join.sh pamjwt-askpass pamjwt-ssh.in: puts the functions of the first into the second, so that it is one file to copy.
set -eu
awk '
        FNR == NR && /^\{ set -u / { inside = 1 }
        FNR == NR && /^# ---- the program/ { inside = 0 }
        FNR == NR { if (inside) functions = functions $0 "\n"; next }
        /^@pamjwt-askpass@$/ { printf "%s", functions; next }
        { print }
' "$1" "$2"

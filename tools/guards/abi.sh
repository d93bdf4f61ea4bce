#!/bin/sh
# abi.sh check|write BASELINE LIBRARY HEADERS: has the binary interface of libpamjwt changed since the last release, in a way
# that a program which was built then would notice? Added functions and reasons are compatible. `./dev abi` writes the
# baseline.
set -eu
baseline=$2 library=$3 headers=$4

describe() { # describe FILE: the interface, without what no header tells
        abidw --no-show-locs --no-comp-dir-path --no-corpus-path --drop-private-types --headers-dir "$headers" --no-elf-needed \
                --drop-undefined-syms --out-file "$1" "$library"
}

check() {
        [ -s "$baseline" ] || { echo "$baseline was not read"; exit 1; }
        work=$(mktemp -d)
        trap 'rm -rf "$work"' EXIT
        describe "$work/now.abi"
        grep -q "class-decl name='pjwt_error' .*size-in-bits=" "$work/now.abi" || { echo "no debug information"; exit 1; }
        abidiff --no-added-syms "$baseline" "$work/now.abi" || {
                echo "programs built on the last release would break: mend it, or raise the major version (docs/HACKING.md)"
                exit 1
        }
}

case $1 in
check) check ;;
write) describe "$baseline" ;;
esac

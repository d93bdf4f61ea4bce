#!/bin/sh
# hardening.sh BUILD FILE...: what the compiler and the linker can do against a hole that is left is in every ELF file that is
# installed: PIE, RELRO and immediate binding, stack protector, fortified calls, CET, no executable stack, no search path.
set -eu
here=$(dirname "$0")
build=$1
shift
status=0
bad() { echo "$file: $*"; status=1; }

"$here/installed.sh" "$build" '*' "$@" || status=1
for file; do
        dynamic=$(readelf -dW "$file")
        segments=$(readelf -lW "$file")
        symbols=$(nm -D --undefined-only "$file")
        readelf -hW "$file" | grep -q 'Type: *DYN' || bad 'is at a fixed address (no PIE, no PIC)'
        case $segments in *INTERP*) echo "$dynamic" | grep -q 'FLAGS_1.* PIE' || bad 'is not a PIE' ;; esac
        echo "$segments" | grep -q GNU_RELRO || bad 'has no RELRO'
        echo "$dynamic" | grep -q 'BIND_NOW' || bad 'binds late, so RELRO is partial'
        echo "$segments" | grep 'GNU_STACK' | grep -q ' RW  *0x' || bad 'has an executable stack, or does not say'
        ! echo "$segments" | grep 'LOAD' | grep -q 'RWE' || bad 'has pages that can be written and run'
        ! echo "$dynamic" | grep -E 'TEXTREL|RPATH|RUNPATH' || bad 'has text relocations or a search path of its own'
        echo "$symbols" | grep -q '__stack_chk_fail' || bad 'has no stack protector'
        [ "$(echo "$symbols" | grep -c '_chk@')" -ge 3 ] || bad 'has no fortified calls'
        case $(readelf -hW "$file") in *X86-64*) ;; *) continue ;; esac
        # The start files of Debian are not built for IBT, so the whole file cannot say that it is; our code can be looked at.
        readelf -nW "$file" | grep -q 'x86 feature:.*SHSTK' || bad 'does not say that it can have a shadow stack (CET)'
        [ "$(objdump -d --no-show-raw-insn "$file" | grep -c endbr64)" -ge 30 ] || bad 'has no landing marks (CET, endbr64)'
done
exit $status

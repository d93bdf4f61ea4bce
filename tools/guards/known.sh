#!/bin/sh
# known.sh SOURCE PATTERN...: the project's files of a kind, as git names them, or find where SOURCE is no checkout (an
# unpacked tarball). What a guard has to have read; a pattern's * matches slashes too.
set -eu
cd "$1"
shift

# Without git: all but what a build or a test run leaves. A build directory is known by its build.ninja.
found() {
        find . -type d \( -name node_modules -o -name __pycache__ -o -name .pytest_cache -o -path ./.git \
                -o ! -path './*/*' -exec test -e '{}/build.ninja' \; \) -prune -o -type f -print | sed 's,^\./,,'
}

if [ -e .git ] && names=$(git ls-files --cached --others --exclude-standard 2>/dev/null) && [ -n "$names" ]; then
        printf '%s\n' "$names"
else
        found
fi | sort -u | while IFS= read -r name; do
        for pattern; do
                # shellcheck disable=SC2254 # it is a pattern
                case $name in $pattern) [ ! -f "$name" ] || printf '%s\n' "$name" ;; esac
        done
done | sort -u

#!/bin/sh
# pure.sh SOURCE: the stages that are said to be pure (docs/HACKING.md) call no clock, file, log or environment, and
# nothing that a login process loads reads the environment, forks or changes what belongs to the host process.
set -eu
cd "$1"
pure='token issuer keyset pem prepared verify claims grant audit alg b64url strictjson secret ini reason sshkey bound arguments conf confwarn duration hostname jsonwrite match names nearest parse pattern reader readmatch readvalue regexcompile rows sections template utf8 value whole curve kty rsa key jwkmember jwkread jwkwrite evpkey'
for stage in $pure; do
        file=$(find lib -name "$stage.c")
        [ -e "$file" ] || { echo "lib/*/$stage.c is not there"; exit 1; }
        if grep -nE '\b(fopen|open|openat|read|write|time|clock_gettime|gettimeofday|getenv|secure_getenv|syslog|printf|socket|stat|getpwnam|gethostname) ?\(' "$file" |
                grep -vE '^[0-9]+: *(\*|/\*)'; then
                echo "$file is said to be pure"
                exit 1
        fi
done
if grep -nE '\b(getenv|secure_getenv|setenv|putenv|system|popen|fork|vfork|signal|umask|chdir|setlocale|openlog|atexit|exit|abort|setuid|seteuid) ?\(' \
        pam_jwt.c module/*.c lib/*/*.c; then
        echo "this belongs to the host process (attacks PAM-01, PAM-19)"
        exit 1
fi
# PAM-04: no debug file, nor any other that follows a link: what writes a file goes through pjwt_file_replace.
if grep -nE '\b(O_CREAT|O_TMPFILE|creat ?\(|mkstemp|mkostemp|tmpfile|freopen)|fopen ?\([^)]*"[wa]' pam_jwt.c module/*.c lib/*/*.c |
        grep -v '^lib/base/safefile\.c:'; then
        echo "only lib/base/safefile.c creates files (attack PAM-04)"
        exit 1
fi
# PAM-02: the module that is tested is the module that is installed. No test build, no override that is left in.
if grep -nE '^ *# *(if|ifdef|ifndef|elif)\b.*(TEST|DEBUG|FUZZ|UNSAFE|OVERRIDE)' pam_jwt.c module/*.[ch] lib/*/*.[ch] ||
        grep -rnE 'D[A-Z_]*(TEST|FUZZ|UNSAFE|OVERRIDE)[A-Z_]*' lib/meson.build lib/*/meson.build module/meson.build meson.build; then
        echo "a switch for tests in what logins load (attack PAM-02)"
        exit 1
fi

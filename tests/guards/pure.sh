#!/bin/sh
# pure.sh SOURCE: the stages that are said to be pure (docs/HACKING.md) call no clock, file, log or environment, and
# nothing that a login process loads reads the environment, forks or changes what belongs to the host process.
set -eu
cd "$1"
pure='token issuer keyset jwk pem verify claims grant audit alg b64url strictjson secret ini reason'
for stage in $pure; do
        file=lib/$stage.c
        [ -e "$file" ] || { echo "$file is not there"; exit 1; }
        if grep -nE '\b(fopen|open|openat|read|write|time|clock_gettime|gettimeofday|getenv|secure_getenv|syslog|printf|socket|stat|getpwnam|gethostname) ?\(' "$file" |
                grep -vE '^[0-9]+: *(\*|/\*)'; then
                echo "$file is said to be pure"
                exit 1
        fi
done
if grep -nE '\b(getenv|secure_getenv|setenv|putenv|system|popen|fork|vfork|signal|umask|chdir|setlocale|openlog|atexit|exit|abort|setuid|seteuid) ?\(' \
        pam_jwt.c module/*.c lib/*.c; then
        echo "this belongs to the host process (attacks PAM-01, PAM-19)"
        exit 1
fi

#!/bin/sh
# pure.sh SOURCE: all of lib/ is pure (no clock, file, log, environment, process), but for the files named here, each with its
# reason; and nothing that a login process loads reads the environment, forks or changes what belongs to the host process.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
source=$1
status=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad() { printf '%s\n' "$@"; status=1; }

# FILE: why it is not pure. A row that is not needed any more is an error.
impure='
lib/base/arena.c: asks for the size of a page
lib/base/clock.c: the clock for deadlines
lib/base/safefile.c: reads files, and replaces them by rename
lib/keys/libctx.c: asks which process this is
lib/conf/load.c: loads pam_jwt.conf and what it includes
lib/pamstack/stackfiles.c: reads the files of PAM stacks, for the command
lib/policy/revoked.c: loads the list of what is revoked
lib/host/boot.c: asks when the host was booted
lib/host/cachefile.c: reads and replaces the cached keys
lib/host/fetchcall.c: starts pamjwt-fetch, or asks its socket
lib/host/fetchlock.c: takes the lock of a request, and reads its note
lib/host/accounts.c: looks up accounts, and how long that takes
lib/host/keycache.c: asks how old cached keys are
lib/host/keyfile.c: reads keys from a file
lib/host/logindefs.c: reads /etc/login.defs
lib/base/process.c: asks the kernel what this process and its parent are
lib/host/recordname.c: opens the directories of login records
lib/host/recordstore.c: writes, reads and moves login records
lib/host/recordsweep.c: removes what logins have left
lib/host/replay.c: records used tokens
lib/judge/decide.c: asks how long the judgement has taken
lib/api/pamjwt.c: reads key files for programs
'
files='open|openat|creat|read|pread|write|pwrite|fopen|fdopen|fgets|fread|fwrite|stat|fstat|lstat|fstatat|statx|access|faccessat|mkdir|mkdirat'
files="$files|unlink|unlinkat|rename|renameat|renameat2|link|linkat|symlink|symlinkat|readlink|readlinkat|opendir|fdopendir|readdir|flock|fcntl|mmap"
world='time|clock_gettime|gettimeofday|localtime|localtime_r|mktime|nanosleep|clock_nanosleep|sleep|usleep|poll|select|getenv|secure_getenv'
world="$world|syslog|vsyslog|printf|fprintf|perror|puts|socket|connect|getaddrinfo|gethostname|uname|getpwnam|getpwnam_r|getgrnam|getgrnam_r"
world="$world|getpid|getppid|getuid|geteuid|getgid|getegid|kill|syscall|prctl|sysconf|posix_spawn|posix_spawnp|pipe|pipe2|waitpid|sigaction"
ours='pjwt_file_[a-z_]*|pjwt_fd_[a-z_]*|pjwt_boot_ms|pjwt_moment_[a-z_]*'

cd "$source"
read=0
for file in $("$here/known.sh" . 'lib/*.c'); do
        read=$((read + 1))
        calls=$(grep -nE "\\b($files|$world|$ours) ?\\(" "$file" | grep -vE '^[0-9]+: *(\*|/\*)' || true)
        case $impure in
        *"
$file: "*) [ -n "$calls" ] || bad "$file is pure: take its row out of tools/guards/pure.sh" ;;
        *) [ -z "$calls" ] || bad "$file is not pure: take the value as an argument, or name the file in tools/guards/pure.sh" "$calls" ;;
        esac
done
[ "$read" -gt 0 ] || bad 'lib/: no file was read'
[ "$read" -ge "$(find lib -name '*.c' | wc -l)" ] || bad "lib/: $read files were read, fewer than there are"
echo "$impure" | sed -n 's/: .*//p' >"$work/rows"
while read -r file; do [ -f "$file" ] || bad "$file is not there: take its row out of tools/guards/pure.sh"; done <"$work/rows"

# What a login process loads.
loaded=$("$here/known.sh" . pam_jwt.c 'module/*.[ch]' 'lib/*.[ch]')
refuse() { # refuse WHY PATTERN [FILE THAT MAY]
        # shellcheck disable=SC2086 # names without blanks
        found=$(echo "$loaded" | grep -vx "${3:-none}" | xargs grep -nE "$2" | grep -vE '^[^:]*:[0-9]+: *(\*|/\*)' || true)
        [ -z "$found" ] || bad "$1:
$found"
}
[ "$(echo "$loaded" | wc -l)" -ge "$(find pam_jwt.c module lib -name '*.[ch]' | wc -l)" ] || bad 'fewer files of logins were read than there are'
refuse 'this belongs to the host process (attacks PAM-01, PAM-19)' \
        '\b((getenv|secure_getenv|setenv|putenv|unsetenv|clearenv|system|popen|fork|vfork|signal|umask|chdir|fchdir|chroot|setlocale|openlog|atexit|exit|_exit|abort|setuid|seteuid|setgid|setegid) ?\(|environ\b)'
# PAM-04: no debug file, nor any other that follows a link: what writes a file goes through pjwt_file_replace.
refuse 'only lib/base/safefile.c creates files (attack PAM-04)' \
        '\b(O_CREAT|O_TMPFILE|creat ?\(|mkstemp|mkostemp|tmpfile|freopen)|fopen ?\([^)]*"[wa]' lib/base/safefile.c
# PAM-02: the module that is tested is the module that is installed. No test build, no override that is left in.
refuse 'a switch for tests in what logins load (attack PAM-02)' '^ *# *(if|ifdef|ifndef|elif)\b.*(TEST|DEBUG|FUZZ|UNSAFE|OVERRIDE)'
builds=$("$here/known.sh" . 'lib/*meson.build' module/meson.build meson.build)
[ "$(echo "$builds" | wc -l)" -ge 3 ] || bad 'fewer meson.build were read than there are'
# shellcheck disable=SC2086 # names without blanks
switches=$(grep -nE 'D[A-Z_]*(TEST|FUZZ|UNSAFE|OVERRIDE)[A-Z_]*' $builds || true)
[ -z "$switches" ] || bad "a switch for tests in what logins load (attack PAM-02):
$switches"
echo "$read files of lib/, $(echo "$loaded" | wc -l) of logins"
exit $status

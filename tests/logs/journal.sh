#!/bin/sh
# journal.sh LINE MATCH...: in a throw-away copy of the host, a real journald takes LINE from a program named sshd as root,
# as a user, and from logger as root; prints who wrote what these matches of journalctl find.
set -eu
line=$1
shift
mkdir -p /run/systemd/journal /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
/lib/systemd/systemd-journald &
daemon=$!
trap 'kill $daemon' EXIT
until [ -S /run/systemd/journal/dev-log ]; do sleep 0.1; done
ln -sf /run/systemd/journal/dev-log /dev/log
mkdir -m 755 /run/named
cp /usr/bin/logger /run/named/sshd
user() { setpriv --reuid nobody --regid nogroup --clear-groups "$@"; }
# It stays for a moment, as sshd does: the journal looks up the program when it reads the message.
write() { { printf '%s\n' "$line $1" && sleep 0.5; } | { shift && "$@" -t sshd -p authpriv.notice; }; }
write 'sshd as root' /run/named/sshd
write 'sshd as nobody' user /run/named/sshd
write 'logger as nobody' user /usr/bin/logger
write 'logger as root' /usr/bin/logger
for _ in 1 2 3 4 5 6 7 8 9 10; do
        [ "$(journalctl -q --no-pager -o cat SYSLOG_IDENTIFIER=sshd | wc -l)" -lt 4 ] || break
        sleep 0.5
done
echo "all: $(journalctl -q --no-pager -o cat SYSLOG_IDENTIFIER=sshd | wc -l)"
journalctl -q --no-pager -o cat "$@" | sed 's/.*detail=/found: /'

/*
 * A minimal askpass program for ssh: prints the file PROGRAM.secret, where PROGRAM is the name it was
 * called by. For bench.py.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
        char path[4096], secret[65536];
        ssize_t len = -1;
        int fd = -1;

        if (argc > 0 && snprintf(path, sizeof(path), "%s.secret", argv[0]) < (int)sizeof(path))
                fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
                len = read(fd, secret, sizeof(secret));
        return len > 0 && write(STDOUT_FILENO, secret, (size_t)len) == len ? 0 : 1;
}

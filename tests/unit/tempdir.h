/* A temporary directory for tests of files: make_tempdir() before and remove_tempdir() after each test. */
#ifndef TEMPDIR_H
#define TEMPDIR_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char tempdir[64];

static int make_tempdir(void **state)
{
        (void)state;
        (void)strcpy(tempdir, "/tmp/pjwt-test-XXXXXX");
        return mkdtemp(tempdir) ? 0 : -1;
}

static int remove_tempdir(void **state)
{
        char command[128];

        (void)state;
        (void)snprintf(command, sizeof(command), "rm -rf '%s'", tempdir);
        return system(command);
}

#endif

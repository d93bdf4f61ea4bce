/*
 * A folder of the test's own, for tests of files: make_folder() and remove_folder() in front of and behind
 * each test.
 */
#ifndef FOLDER_H
#define FOLDER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[64];

static int make_folder(void **state)
{
        (void)state;
        (void)strcpy(folder, "/tmp/pjwt-test-XXXXXX");
        return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
        char command[128];

        (void)state;
        (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
        return system(command);
}

#endif

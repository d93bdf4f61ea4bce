/*
 * The file of a script of run_scripts.c, which explains its sections: their lines, without comments.
 *
 * A file that cannot be read ends the program; one thread.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <stddef.h>

#define LINES_MAX 200

struct section {
        char *lines[LINES_MAX];
        size_t count;
};

struct script {
        struct section options;
        struct section set;
        struct section conf;
        struct section run;
        struct section prompts;
        struct section output;
};

/* The script that runs has failed, and why; the program that includes this defines it. */
__attribute__((format(printf, 1, 2))) void complain(const char *fmt, ...);

/* Adds the lines of the file to script, which was zero before; free_script() frees them. */
void read_script(const char *path, struct script *script);

/* Frees the lines; script itself belongs to the caller. */
void free_script(struct script *script);

/* The value of `name = value` in a section, "" without a value; NULL if it is absent. The script owns it. */
const char *value_of(const struct section *section, const char *name);

/* The lines of [conf] as one text, for free(). */
char *conf_text(const struct script *script);

#endif

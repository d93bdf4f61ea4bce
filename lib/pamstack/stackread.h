/*
 * The stacks of a PAM service, as libpam reads them from /etc/pam.d, /usr/lib/pam.d or /etc/pam.conf: with
 * what they include, with the rest of each over-long line, and with the lines that libpam does not understand
 * and lets fail.
 */
#ifndef PJWT_STACKREAD_H
#define PJWT_STACKREAD_H

#include <stdbool.h>
#include <stddef.h>

#include "reason.h"
#include "stackcodes.h"
#include "stackrules.h"

enum {
        PJWT_STACK_CODES = 32,  /* PAM_SUCCESS to PAM_INCOMPLETE: the codes that a control can name */
        PJWT_STACK_LEVELS = 16, /* libpam's limit of substacks in substacks */
        PJWT_STACK_FILE_MAX = 1024 * 1024 /* bytes of one file; libpam has no such limit */
};

enum pjwt_stack_type {
        PJWT_STACK_AUTH,
        PJWT_STACK_ACCOUNT,
        PJWT_STACK_SESSION,
        PJWT_STACK_PASSWORD,
        PJWT_STACK_TYPES
};

/* What a control does with a PAM code. Above 0: a jump over so many lines or substacks. */
enum pjwt_stack_action {
        PJWT_STACK_IGNORE = 0,
        PJWT_STACK_OK = -1,
        PJWT_STACK_DONE = -2,
        PJWT_STACK_BAD = -3,
        PJWT_STACK_DIE = -4,
        PJWT_STACK_RESET = -5,
        PJWT_STACK_UNSET =
                -6, /* only through a jump number that wraps around; libpam treats it as a bad jump */
};

enum pjwt_stack_kind {
        PJWT_STACK_FAILS,   /* not understood, or its include failed: PAM_PERM_DENIED, no module */
        PJWT_STACK_MODULE,  /* calls a module */
        PJWT_STACK_SUBSTACK /* "TYPE substack FILE" itself; FILE follows, one level deeper */
};

/* One line of a stack. All pointers live as long as the stack. */
struct pjwt_stack_line {
        enum pjwt_stack_kind kind;
        bool silent;    /* "-auth": a missing module is not logged (and nothing else) */
        unsigned level; /* of substacks; 0: the service's own */
        int actions[PJWT_STACK_CODES];
        const char *control; /* "required", "success=done default=die"; "" for "@include" */
        const char *module;  /* as written: "pam_unix.so", "/opt/x.so"; NULL if no module is named */
        const char *const *args;
        size_t arg_count;
        const char *file; /* as on the host: "/etc/pam.d/sshd" */
        unsigned line;
};

struct pjwt_stack_chain {
        struct pjwt_stack_line *lines;
        size_t count;
};

/* What is noteworthy in the files: a row each in pjwt_stack_note_text(). */
enum pjwt_stack_note_kind {
        PJWT_STACK_NOTE_NO_TYPE,
        PJWT_STACK_NOTE_TYPE,
        PJWT_STACK_NOTE_NO_CONTROL,
        PJWT_STACK_NOTE_CONTROL,
        PJWT_STACK_NOTE_NO_MODULE,
        PJWT_STACK_NOTE_MODULE_NAME,
        PJWT_STACK_NOTE_SWALLOWED,
        PJWT_STACK_NOTE_SPLIT,
        PJWT_STACK_NOTE_BROKEN,
        PJWT_STACK_NOTE_ENDLESS,
        PJWT_STACK_NOTE_INCLUDE,
        PJWT_STACK_NOTE_NO_FILE,
        PJWT_STACK_NOTE_CRASH,
        PJWT_STACK_NOTE_LEVELS,
        PJWT_STACK_NOTE_UNREADABLE,
        PJWT_STACK_NOTE_LIMIT,
        PJWT_STACK_NOTE_UNDEFINED,
        PJWT_STACK_NOTE_NO_SERVICE,
        PJWT_STACK_NOTE_KINDS
};

struct pjwt_stack_note {
        enum pjwt_stack_note_kind kind;
        const char *file; /* "" if it is about no file */
        unsigned line;    /* 0 if it is about no line */
        const char *what; /* the word, file or line number that it is about; may be "" */
};

/* How pam_start() ends. Only with _STARTS is any line of the stacks ever run. */
enum pjwt_stack_start {
        PJWT_STACK_ABORTS, /* it returns PAM_ABORT */
        PJWT_STACK_CRASHES,
        PJWT_STACK_HANGS,
        PJWT_STACK_STARTS
};

struct pjwt_stack {
        enum pjwt_stack_start start;
        /*
         * The files could not all be read, or libpam would use memory that it has not set: how a login ends
         * cannot be known, and what is here is a guess. A note names the place.
         */
        bool unknown;
        struct pjwt_stack_rules rules;
        const char *service; /* as libpam spells it: lower case, without directories */
        struct pjwt_stack_chain own[PJWT_STACK_TYPES];
        struct pjwt_stack_chain other[PJWT_STACK_TYPES]; /* used for each type without a line in own */
        struct pjwt_stack_note *notes;
        size_t note_count;
        struct pjwt_arena *arena;
};

enum pjwt_stack_file {
        PJWT_STACK_FILE_UNREADABLE, /* it exists, and libpam might read what this process cannot */
        PJWT_STACK_FILE_ABSENT,     /* fopen() would fail */
        PJWT_STACK_FILE_DIRECTORY,  /* libpam opens it and finds nothing in it */
        PJWT_STACK_FILE_TEXT
};

/*
 * Looks at a path, which is absolute. With _TEXT, *ret are *retlen bytes for free(); else both are untouched.
 * ret is NULL if only the answer is wanted.
 */
typedef enum pjwt_stack_file (*pjwt_stack_look)(void *arg, const char *path, char **ret, size_t *retlen);

struct pjwt_stack_files {
        pjwt_stack_look look;
        void *arg;
};

/*
 * Reads all stacks of a service.
 * rules:   of the libpam that will read the files; copied.
 * files:   borrowed for the call.
 * service: as the application spells it.
 * ret:     for pjwt_stack_free(). It is set whatever the files hold, also if there are none.
 * Returns PJWT_OK or PJWT_NO_MEMORY; outputs are untouched on failure. Pure but for what `files` does.
 */
enum pjwt_reason pjwt_stack_read(const struct pjwt_stack_rules *rules, const struct pjwt_stack_files *files,
                                 const char *service, struct pjwt_stack **ret, struct pjwt_error *reterr);
/* Accepts NULL. */
void pjwt_stack_free(struct pjwt_stack *stack);

/*
 * The lines that libpam runs for a type: the service's own, or if it has none, those of "other". May be
 * empty.
 */
const struct pjwt_stack_chain *pjwt_stack_chain(const struct pjwt_stack *stack, enum pjwt_stack_type type);

/* The module's file name without its directory; "" if the line names none. */
const char *pjwt_stack_module(const struct pjwt_stack_line *line);

/*
 * What a control (without '[' and ']') does with each code. Returns false, and PJWT_STACK_BAD for each, if
 * libpam does not understand it. A control that is "include" or "substack" is not for this function.
 */
bool pjwt_stack_control(const struct pjwt_stack_rules *rules, const char *control, int ret[PJWT_STACK_CODES]);

/* The name of a code in a control: "success", "auth_err"; NULL if there is none. */
const char *pjwt_stack_code_name(int code);

/* One clause: what it is and what libpam does then. Static storage. */
const char *pjwt_stack_note_text(enum pjwt_stack_note_kind kind);
/* "auth". Static storage. */
const char *pjwt_stack_type_name(enum pjwt_stack_type type);

#endif

/* What is in a stack, and the words for it. */
#include <string.h>

#include "stackread.h"

const struct pjwt_stack_chain *pjwt_stack_chain(const struct pjwt_stack *stack, enum pjwt_stack_type type)
{
        return stack->own[type].count > 0 ? &stack->own[type] : &stack->other[type];
}

const char *pjwt_stack_module(const struct pjwt_stack_line *line)
{
        const char *base = line->module ? strrchr(line->module, '/') : NULL;

        if (line->kind != PJWT_STACK_MODULE || !line->module)
                return "";
        return base ? base + 1 : line->module;
}

const char *pjwt_stack_type_name(enum pjwt_stack_type type)
{
        static const char *const names[] = {"auth", "account", "session", "password"};

        return names[type];
}

const char *pjwt_stack_note_text(enum pjwt_stack_note_kind kind)
{
        static const char *const texts[PJWT_STACK_NOTE_KINDS] = {
                [PJWT_STACK_NOTE_NO_TYPE] = "a line without a type; it fails as an auth line",
                [PJWT_STACK_NOTE_TYPE] = "unknown type; the line calls no module and fails as an auth line",
                [PJWT_STACK_NOTE_NO_CONTROL] = "a line without a control; it always fails",
                [PJWT_STACK_NOTE_CONTROL] = "invalid control; every result counts as \"bad\"",
                [PJWT_STACK_NOTE_NO_MODULE] = "a line without a module; it always fails",
                [PJWT_STACK_NOTE_MODULE_NAME] = "not a module name; libpam rejects the whole file",
                [PJWT_STACK_NOTE_SWALLOWED] =
                        "ends in a backslash; libpam skips the comment after it and joins it with line",
                [PJWT_STACK_NOTE_SPLIT] =
                        "longer than 1023 bytes; libpam reads the rest as a line of its own",
                [PJWT_STACK_NOTE_BROKEN] = "the file ends in a continued line; libpam rejects the whole file",
                [PJWT_STACK_NOTE_ENDLESS] =
                        "a backslash is the 1023rd byte of the line; libpam never returns",
                [PJWT_STACK_NOTE_INCLUDE] = "included file not found; the line always fails",
                [PJWT_STACK_NOTE_NO_FILE] = "an include without a file name",
                [PJWT_STACK_NOTE_CRASH] = "libpam crashes here, and with it the program that uses it",
                [PJWT_STACK_NOTE_LEVELS] = "more than 16 levels of includes; the innermost line always fails",
                [PJWT_STACK_NOTE_UNREADABLE] = "cannot be read",
                [PJWT_STACK_NOTE_LIMIT] = "the file includes itself, or the files are too large",
                [PJWT_STACK_NOTE_UNDEFINED] =
                        "libpam uses memory that it has not set: the result can be anything",
                [PJWT_STACK_NOTE_NO_SERVICE] = "neither the service nor \"other\" has a configuration",
        };

        return texts[kind];
}

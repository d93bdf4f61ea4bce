#include "stackrules.h"

#include <string.h>

/* clang-format off */
static const struct pjwt_stack_build builds[] = {
        {"debian-12", {.at_include = true, .frozen_jumps = true}},
        {"debian-13", {.at_include = true, .frozen_jumps = true, .long_lines = true, .include_limit = true,
                       .jump_limit = true}},
        {"linux-pam-1.5", {.at_include = false}},
        {"linux-pam-1.7", {.long_lines = true, .include_limit = true, .jump_limit = true}},
        {NULL, {.at_include = false}},
};
/* clang-format on */

const struct pjwt_stack_build *pjwt_stack_builds(void)
{
        return builds;
}

const struct pjwt_stack_rules *pjwt_stack_rules_of_build(const char *name)
{
        for (const struct pjwt_stack_build *b = builds; b->name; b++)
                if (strcmp(b->name, name) == 0)
                        return &b->rules;
        return NULL;
}

/* A whole string of the library's constants or symbol names: ended by NUL, begun after one. */
static bool contains(const char *bytes, size_t len, const char *text)
{
        size_t size = strlen(text) + 1;

        for (const char *p = bytes; (p = memmem(p, len - (size_t)(p - bytes), text, size)); p++)
                if (p > bytes && p[-1] == '\0')
                        return true;
        return false;
}

/* The directory D of a constant "D/pam.d/%s" that is neither /etc nor /usr/lib; false if there is none. */
static bool find_vendor_dir(const char *bytes, size_t len, char ret[PJWT_STACK_DIR_MAX])
{
        static const char tail[] = "/pam.d/%s";

        for (const char *p = bytes; (p = memmem(p, len - (size_t)(p - bytes), tail, sizeof(tail))); p++) {
                const char *start = p;
                size_t size;

                while (start > bytes && start[-1] != '\0')
                        start--;
                size = (size_t)(p - start);
                if (*start != '/' || size + sizeof("/pam.d") > PJWT_STACK_DIR_MAX ||
                    (size == 4 && memcmp(start, "/etc", 4) == 0) ||
                    (size == 8 && memcmp(start, "/usr/lib", 8) == 0))
                        continue;
                memcpy(ret, start, size);
                memcpy(ret + size, "/pam.d", sizeof("/pam.d"));
                return true;
        }
        return false;
}

bool pjwt_stack_rules_of_library(const void *bytes, size_t len, struct pjwt_stack_rules *ret)
{
        struct pjwt_stack_rules rules = {.at_include = false};

        if (!contains(bytes, len, "pam_start") || !contains(bytes, len, "/etc/pam.d/%s"))
                return false;
        rules.at_include = rules.frozen_jumps = contains(bytes, len, "@include");
        rules.long_lines = !contains(bytes, len, "fgets") && !contains(bytes, len, "__fgets_chk");
        rules.include_limit = contains(bytes, len, "maximum level of inclusions reached");
        rules.jump_limit = contains(bytes, len, "expecting smaller jump number");
        find_vendor_dir(bytes, len, rules.vendor_dir);
        *ret = rules;
        return true;
}

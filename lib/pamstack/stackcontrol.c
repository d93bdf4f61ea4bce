/* Controls: the four words, and [value=action ...]. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "stackread.h"

/* In the order in which libpam compares; the index is the PAM code. */
static const char *const codes[PJWT_STACK_CODES] = {
        "success",
        "open_err",
        "symbol_err",
        "service_err",
        "system_err",
        "buf_err",
        "perm_denied",
        "auth_err",
        "cred_insufficient",
        "authinfo_unavail",
        "user_unknown",
        "maxtries",
        "new_authtok_reqd",
        "acct_expired",
        "session_err",
        "cred_unavail",
        "cred_expired",
        "cred_err",
        "no_module_data",
        "conv_err",
        "authtok_err",
        "authtok_recover_err",
        "authtok_lock_busy",
        "authtok_disable_aging",
        "try_again",
        "ignore",
        "abort",
        "authtok_expired",
        "module_unknown",
        "bad_item",
        "conv_again",
        "incomplete",
};

/* The index is the action's number, negated. */
static const char *const actions[] = {"ignore", "ok", "done", "bad", "die", "reset"};

#define ACTION_COUNT (sizeof(actions) / sizeof(actions[0]))

/* What the words mean is what pam.conf(5) writes in brackets for them. */
static const struct {
        const char *word;
        const char *means;
} words[] = {
        {"required", "success=ok new_authtok_reqd=ok ignore=ignore default=bad"},
        {"requisite", "success=ok new_authtok_reqd=ok ignore=ignore default=die"},
        {"sufficient", "success=done new_authtok_reqd=done default=ignore"},
        {"optional", "success=ok new_authtok_reqd=ok default=ignore"},
};

const char *pjwt_stack_code_name(int code)
{
        return code >= 0 && code < PJWT_STACK_CODES ? codes[code] : NULL;
}

static bool skip_word(const char **p, const char *word)
{
        size_t len = strlen(word);

        if (strncmp(*p, word, len) != 0)
                return false;
        *p += len;
        return true;
}

static void skip_space(const char **p)
{
        while (**p && isspace((unsigned char)**p))
                ++*p;
}

static void set_unset(int ret[PJWT_STACK_CODES], int action)
{
        for (int i = 0; i < PJWT_STACK_CODES; i++)
                if (ret[i] == PJWT_STACK_UNSET)
                        ret[i] = action;
}

/* The code whose name begins here; PJWT_STACK_CODES for "default", -1 for neither. */
static int take_code(const char **p)
{
        for (int i = 0; i < PJWT_STACK_CODES; i++)
                if (skip_word(p, codes[i]))
                        return i;
        return skip_word(p, "default") ? PJWT_STACK_CODES : -1;
}

/* Numbers beyond INT_MAX wrap around in libpam before 1.7: 4294967295 is -1, which is "ok". */
static bool take_jump(const struct pjwt_stack_rules *rules, const char **p, int *ret)
{
        unsigned number = 0;

        if (**p < '0' || **p > '9')
                return false;
        for (; **p >= '0' && **p <= '9'; ++*p) {
                unsigned digit = (unsigned)(**p - '0');

                if (rules->jump_limit && number > (0x7fffffffU - digit) / 10)
                        return false;
                number = number * 10 + digit;
        }
        memcpy(ret, &number, sizeof(*ret));
        return number != 0; /* "ignore" is the word for it */
}

static bool take_action(const struct pjwt_stack_rules *rules, const char **p, int *ret)
{
        for (size_t i = 0; i < ACTION_COUNT; i++)
                if (skip_word(p, actions[i])) {
                        *ret = -(int)i;
                        return true;
                }
        return take_jump(rules, p, ret);
}

static bool take_pair(const struct pjwt_stack_rules *rules, const char **p, int ret[PJWT_STACK_CODES])
{
        int code = take_code(p);
        int action = PJWT_STACK_BAD;

        if (code < 0)
                return false;
        skip_space(p);
        if (*(*p) != '=')
                return false;
        ++*p;
        skip_space(p);
        if (!take_action(rules, p, &action))
                return false;
        if (code < PJWT_STACK_CODES)
                ret[code] = action;
        else
                set_unset(ret, action); /* what has been set before stays, what comes after is set again */
        return true;
}

bool pjwt_stack_control(const struct pjwt_stack_rules *rules, const char *control, int ret[PJWT_STACK_CODES])
{
        const char *p = control;
        bool good = true;

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                if (strcasecmp(control, words[i].word) == 0)
                        p = words[i].means;
        for (int i = 0; i < PJWT_STACK_CODES; i++)
                ret[i] = PJWT_STACK_UNSET;
        for (skip_space(&p); good && *p; skip_space(&p))
                good = take_pair(rules, &p, ret);
        if (!good)
                for (int i = 0; i < PJWT_STACK_CODES; i++)
                        ret[i] = PJWT_STACK_BAD;
        set_unset(ret, PJWT_STACK_BAD);
        return good;
}

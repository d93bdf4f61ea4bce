#include "clients.h"

static const struct pjwt_client rows[] = {
        {"sudo", PJWT_SUDO_MOST, PJWT_DROPPED, NULL},
        {"some applications", PJWT_OTHERS_MOST, PJWT_TRUNCATED_THERE, "some applications truncate"},
        {"ssh", PJWT_SSH_MOST, PJWT_TRUNCATED_THERE, "ssh truncates"},
        {"a terminal", PJWT_TERMINAL_MOST, PJWT_TRUNCATED_THERE, "a terminal truncates"},
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

const struct pjwt_client *pjwt_client_at(size_t i)
{
        return i < ROW_COUNT ? &rows[i] : NULL;
}

const struct pjwt_client *pjwt_client_truncating_at(size_t len)
{
        for (size_t i = 0; i < ROW_COUNT; i++)
                if (rows[i].beyond == PJWT_TRUNCATED_THERE && rows[i].most == len)
                        return &rows[i];
        return NULL;
}

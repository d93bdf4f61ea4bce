/* What undo does with each file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "evaluate.h"
#include "merge.h"
#include "setup.h"
#include "tree.h"
#include "undo.h"

bool cli_undo_is_of_sshd(const struct cli_journal_entry *e)
{
        return strncmp(e->path, "/etc/ssh/", 9) == 0;
}

bool cli_undo_is_stack(const struct cli_journal_entry *e)
{
        return strncmp(e->path, "/etc/pam.d/", 11) == 0;
}

static bool is_of_conf(const struct cli_journal_entry *e)
{
        return strncmp(e->path, PJWT_CONF_FILE, strlen(PJWT_CONF_FILE)) == 0;
}

char *cli_undo_saved(const char *root, const struct cli_journal *j, size_t number, const char *kind)
{
        char name[32];
        char path[96];
        size_t len = 0;

        snprintf(name, sizeof(name), "%zu.%s", number, kind);
        return cli_tree_text(root, cli_journal_path(j, name, path), &len);
}

static void block(struct cli_fate *fate, const char *why)
{
        fate->kind = CLI_FATE_BLOCKED;
        snprintf(fate->why, sizeof(fate->why), "%s", why);
}

/* Is what is left after setup's lines went a whole by itself: sections, and comments before them? */
static bool starts_with_section(const char *text)
{
        while (*text) {
                const char *line = text + strspn(text, " \t");

                if (!strchr("#;\n", *line))
                        return *line == '[';
                text = line + strcspn(line, "\n");
                text += *text == '\n';
        }
        return true;
}

static bool is_blank(const char *text)
{
        return text[strspn(text, " \t\r\n")] == '\0';
}

/* A file that was edited since. old: "" if there was none. */
static void decide_edited(const struct cli_journal_entry *e, const char *old, const char *text,
                          const char *now, struct cli_fate *fate)
{
        bool merged = cli_merge_undo(old, text, now, &fate->text);

        if (is_of_conf(e) && (!merged || !starts_with_section(fate->text.bytes))) {
                cli_buf_clear(&fate->text);
                cli_buf_str(&fate->text, now);
                fate->kind = CLI_FATE_ASIDE;
        } else if (!merged) {
                block(fate,
                      "edited since the set-up, and the lines of the set-up are not all there any more");
        } else if (cli_undo_is_stack(e) && !cli_evaluate_same(old, fate->text.bytes)) {
                block(fate,
                      "edited since the set-up: without the lines of the set-up it would not let in the same "
                      "users as before");
        } else {
                fate->kind = !e->changed && is_blank(fate->text.bytes) ? CLI_FATE_REMOVE : CLI_FATE_WRITE;
        }
        if (fate->text.failed)
                block(fate, "out of memory");
}

static void decide_changed(const struct cli_journal_entry *e, const char *old, const char *text,
                           const char *now, struct cli_fate *fate)
{
        if (!now)
                block(fate, errno == ENOENT ? "removed since the set-up" : strerror(errno));
        else if (strcmp(now, old) == 0)
                fate->kind = CLI_FATE_DONE;
        else if (strcmp(now, text) != 0)
                decide_edited(e, old, text, now, fate);
        else {
                cli_buf_str(&fate->text, old);
                fate->kind = fate->text.failed ? CLI_FATE_BLOCKED : CLI_FATE_WRITE;
        }
}

static void decide_new(const struct cli_journal_entry *e, const char *text, const char *now,
                       struct cli_fate *fate)
{
        if (!now && errno == ENOENT)
                fate->kind = CLI_FATE_DONE;
        else if (!now)
                block(fate, strerror(errno));
        else if (strcmp(now, text) == 0)
                fate->kind = CLI_FATE_REMOVE;
        else
                decide_edited(e, "", text, now, fate);
}

void cli_undo_decide(const char *root, const struct cli_journal *j, size_t number, struct cli_fate *ret)
{
        const struct cli_journal_entry *e = &j->entries[number];
        char *old = e->changed ? cli_undo_saved(root, j, number, "old") : NULL;
        char *text = cli_undo_saved(root, j, number, "text");
        size_t len = 0;
        char *now = cli_tree_text(root, e->path, &len);

        *ret = (struct cli_fate){0};
        if (!text || (e->changed && !old))
                block(ret, "the copy that the set-up saved of it is missing");
        else if (now && strlen(now) != len)
                block(ret, "edited since the set-up: it contains a NUL");
        else if (e->changed)
                decide_changed(e, old, text, now, ret);
        else
                decide_new(e, text, now, ret);
        free(old);
        free(text);
        free(now);
}

/* Converting replies to a token: the part of a login that the module and `pamjwt check` share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "clients.h"
#include "reply.h"

#define LETTERS "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIn0"

static struct pjwt_error err;
static struct pjwt_reply reply;

static enum pjwt_reason read_bytes(const char *text, size_t len)
{
        const struct pjwt_span typed = {text, len};

        pjwt_reply_clear(&reply);
        err = (struct pjwt_error){0};
        return pjwt_reply_read(&typed, 1, &reply, &err);
}

static enum pjwt_reason read_text(const char *text)
{
        return read_bytes(text, strlen(text));
}

static int drop_reply(void **state)
{
        (void)state;
        pjwt_reply_clear(&reply);
        return 0;
}

static void a_token_is_trimmed_and_what_was_typed_is_counted(void **state)
{
        (void)state;
        assert_int_equal(read_text(" \"Bearer " LETTERS ".e30.AAAA\"\n"), PJWT_OK);
        assert_string_equal(reply.token, LETTERS ".e30.AAAA");
        assert_int_equal(reply.len, strlen(LETTERS ".e30.AAAA"));
        assert_int_equal(reply.typed, reply.len + strlen(" \"Bearer \"\n"));
        assert_int_equal(read_text("01/01:" LETTERS ".e30.AAAA"), PJWT_OK);
        assert_string_equal(reply.token, LETTERS ".e30.AAAA");
}

static void a_password_is_left_to_others(void **state)
{
        (void)state;
        assert_int_equal(read_text(""), PJWT_NOT_A_TOKEN);
        assert_int_equal(read_text("hunter2"), PJWT_NOT_A_TOKEN);
        assert_null(reply.token);
        assert_int_equal(reply.typed, strlen("hunter2"));
}

static void a_token_without_a_third_part_was_truncated(void **state) /* PAM-13 */
{
        (void)state;
        assert_int_equal(read_text(LETTERS "AAAA"), PJWT_TRUNCATED);
        assert_int_equal(read_text(LETTERS ".AAAA"), PJWT_TRUNCATED);
        assert_non_null(strstr(err.detail, "ssh truncates at 1023"));
        assert_null(reply.token);
        assert_int_equal(read_text(LETTERS ".AAAA."), PJWT_OK);
}

static void what_is_too_long_is_refused_unread(void **state)
{
        char *text = malloc(PJWT_REPLY_MAX + 2);

        (void)state;
        assert_non_null(text);
        memset(text, 'e', PJWT_REPLY_MAX + 2);
        assert_int_equal(read_bytes(text, PJWT_REPLY_MAX + 1), PJWT_TOO_LONG);
        assert_int_equal(read_bytes(text, PJWT_REPLY_MAX), PJWT_TOO_LONG);
        assert_int_equal(reply.typed, PJWT_REPLY_MAX);
        free(text);
}

static void the_stand_in_of_sshd_is_known_by_its_text_and_length(void **state) /* PAM-14 */
{
        static const char junk[] = "\b\n\r\177INCORRECT";
        char text[300];

        (void)state;
        for (size_t i = 0; i < sizeof(text); i++)
                text[i] = junk[i % (sizeof(junk) - 1)];
        assert_int_equal(read_bytes(text, sizeof(text)), PJWT_STAND_IN);
        assert_int_equal(read_bytes(text, 150), PJWT_NOT_A_TOKEN);
}

static enum pjwt_reason named(size_t typed, unsigned prompts, enum pjwt_reason reason)
{
        const struct pjwt_reply at = {.typed = typed, .prompts = prompts};

        err = (struct pjwt_error){.reason = reason, .detail = "seen"};
        pjwt_reply_name_truncated(&at, &err);
        return err.reason;
}

static void a_token_that_ends_where_a_client_truncates_was_truncated(void **state) /* PAM-13 */
{
        (void)state;
        assert_int_equal(named(PJWT_SSH_MOST, 1, PJWT_BAD_SIGNATURE), PJWT_TRUNCATED);
        assert_string_equal(err.detail, "1023 bytes, a length at which clients truncate; seen");
        assert_int_equal(named(PJWT_OTHERS_MOST, 0, PJWT_BAD_BASE64URL), PJWT_TRUNCATED);
        assert_int_equal(named(PJWT_TERMINAL_MOST, 1, PJWT_MALFORMED), PJWT_TRUNCATED);
        assert_int_equal(named(PJWT_SSH_MOST, 2, PJWT_BAD_SIGNATURE), PJWT_BAD_SIGNATURE);
        assert_int_equal(named(PJWT_SSH_MOST - 1, 1, PJWT_BAD_SIGNATURE), PJWT_BAD_SIGNATURE);
        assert_int_equal(named(PJWT_SSH_MOST, 1, PJWT_EXPIRED), PJWT_EXPIRED);
        assert_int_equal(named(PJWT_SSH_MOST, 1, PJWT_OK), PJWT_OK);
        assert_string_equal(err.detail, "seen");
}

static void every_client_that_truncates_says_so_in_a_sentence(void **state)
{
        size_t i = 0;

        (void)state;
        for (const struct pjwt_client *client; (client = pjwt_client_at(i)) != NULL; i++) {
                assert_int_equal(client->truncates != NULL, client->beyond == PJWT_TRUNCATED_THERE);
                if (client->truncates) {
                        assert_ptr_equal(pjwt_client_truncating_at(client->most), client);
                        assert_memory_equal(client->truncates, client->name, strlen(client->name));
                }
                assert_null(pjwt_client_truncating_at(client->most + 1));
                assert_null(pjwt_client_truncating_at(client->most - 1));
                assert_true(client->most >= PJWT_PARTS_FULL); /* or a part would be truncated */
        }
        assert_true(i >= 4);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_token_is_trimmed_and_what_was_typed_is_counted),
                cmocka_unit_test(a_password_is_left_to_others),
                cmocka_unit_test(a_token_without_a_third_part_was_truncated),
                cmocka_unit_test(what_is_too_long_is_refused_unread),
                cmocka_unit_test(the_stand_in_of_sshd_is_known_by_its_text_and_length),
                cmocka_unit_test(a_token_that_ends_where_a_client_truncates_was_truncated),
                cmocka_unit_test(every_client_that_truncates_says_so_in_a_sentence),
        };

        return cmocka_run_group_tests(tests, NULL, drop_reply);
}

/*
 * Prints what the files of sshd below a directory say, a line for each case: the values of the four
 * keywords.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sshdfiles.h"

int main(int argc, char **argv)
{
        struct cli_sshd_cases *cases = calloc(1, sizeof(*cases));
        struct cli_sshd_files files = {0};
        struct pjwt_error err = {0};
        int status = 1;

        if (argc != 2 || !cases)
                return 2;
        if (cli_sshd_files_read(argv[1], NULL, &files, &err) == PJWT_OK &&
            cli_sshd_cases(&files, cases, &err) == PJWT_OK) {
                for (size_t i = 0; i < cases->count; i++)
                        for (int k = 0; k < CLI_SSHD_KEYWORDS; k++)
                                printf("%s%c", cli_sshd_case_value(&cases->list[i], (enum cli_sshd_keyword)k),
                                       k + 1 < CLI_SSHD_KEYWORDS ? '\t' : '\n');
                status = 0;
        } else {
                fprintf(stderr, "%s\n", err.detail);
        }
        cli_sshd_files_free(&files);
        free(cases);
        return status;
}

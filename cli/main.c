/* pamjwt: the command. Finds the subcommand and runs it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "help.h"
#include "nearest.h"
#include "out.h"

/* If descriptor 0, 1 or 2 were closed, the next file opened would become a standard stream. */
static void fill_descriptors(void)
{
        int fd;

        do
                fd = open("/dev/null", O_RDWR | O_NOCTTY);
        while (fd >= 0 && fd <= STDERR_FILENO);
        if (fd >= 0)
                close(fd);
}

/* A result that could not be written is a failure. */
static int finish(int status)
{
        if (fflush(stdout) == 0 && !ferror(stdout))
                return status;
        cli_complain("file-write", "standard output: %s", strerror(errno));
        return CLI_ERROR;
}

static const char *command_name_at(const void *table, size_t i)
{
        (void)table;
        return cli_command_at(i) ? cli_command_at(i)->name : NULL;
}

static int unknown_command(const char *name)
{
        const char *near = pjwt_nearest(name, command_name_at, NULL);

        if (near)
                return cli_usage("unknown command %s; did you mean %s?", name, near);
        return cli_usage("unknown command %s; see pamjwt --help", name);
}

/* Also if the options could not be parsed to their end. */
static bool wants_json(int argc, char **argv)
{
        for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
                if (strcmp(argv[i], "--json") == 0)
                        return true;
        return false;
}

static int run_command(int argc, char **argv)
{
        const struct cli_command *command = cli_command_find(argv[1]);
        struct cli_args *args; /* the first member of the subcommand's own options */
        int r;

        if (!command)
                return unknown_command(argv[1]);
        if (command->exec)
                return command->exec(argv + 2);
        args = calloc(1, command->body->size);
        if (!args)
                return cli_usage("out of memory");
        r = cli_args_parse(command, argc - 2, argv + 2, args);
        if (r == CLI_YES && args->help)
                cli_help_command(command);
        else if (r == CLI_YES)
                r = command->body->run(args);
        cli_args_clear(command, args);
        free(args);
        return r == CLI_ERROR && wants_json(argc - 2, argv + 2) ? cli_usage_json() : r;
}

static int help_of(const char *name)
{
        const struct cli_command *command = name ? cli_command_find(name) : NULL;

        if (name && !command)
                return unknown_command(name);
        if (command)
                cli_help_command(command);
        else
                cli_help();
        return CLI_YES;
}

static int run(int argc, char **argv)
{
        const char *word = argc > 1 ? argv[1] : NULL;

        if (!word)
                return cli_usage("no command given; see pamjwt --help");
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
                cli_help();
        else if (strcmp(word, "help") == 0)
                return help_of(argv[2]);
        else if (strcmp(word, "--version") == 0)
                puts("pamjwt " PAMJWT_VERSION);
        else if (strcmp(word, "--help-reasons") == 0)
                cli_help_reasons();
        else if (strcmp(word, "--man") == 0)
                cli_man();
        else if (strcmp(word, "--completion") == 0)
                return cli_completion(argv[2]);
        else
                return run_command(argc, argv);
        return CLI_YES;
}

int main(int argc, char **argv)
{
        fill_descriptors();
        return finish(run(argc, argv));
}

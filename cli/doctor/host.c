/* Whether this is the host the configuration was written for, and whether its set-up was confirmed. */
#include <string.h>

#include "doctor.h"
#include "input.h"
#include "journal.h"

/*
 * A copied disk keeps host_name, and with it the audience of tokens; systemd gives the copy a machine id of
 * its own.
 */
static void look_at_machine(struct cli_doctor *d)
{
        struct pjwt_error err = {0};
        struct cli_input input = {0};
        char path[512];

        if (!d->conf || !d->conf->machine_id ||
            cli_input_file(cli_root_path(d, "/etc/machine-id", path), &input, &err) != PJWT_OK)
                return;
        input.bytes[strcspn(input.bytes, "\n")] = '\0';
        if (strcmp(input.bytes, d->conf->machine_id) != 0)
                cli_found(d, CLI_FIND_CLONE, NULL,
                          "[host] was written for the machine %.8s..., this one is %.8s...",
                          d->conf->machine_id, input.bytes);
        cli_input_clear(&input);
}

void cli_doctor_host(struct cli_doctor *d)
{
        bool expired;

        look_at_machine(d);
        if (cli_setup_state(d->root, &expired) == CLI_SETUP_UNCONFIRMED)
                cli_found(d, CLI_FIND_UNCONFIRMED, NULL, "the last pamjwt setup has not been confirmed%s",
                          expired ? ", and its time has expired" : "");
}

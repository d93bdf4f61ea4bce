/* The subcommands, one row each. The help, pamjwt(1) and the completions are generated from these rows. */
#include "cmd.h"

#include <string.h>

#include "doctor.h"
#include "setup.h"

static const struct cli_command commands[] = {
        {
                .name = "encode",
                .synopsis = "[JSON|-|@FILE]",
                .summary = "make a signed token",
                .about = "Signs the claims and prints a token. JSON is used as written: names, values and "
                         "their order are kept; only white space between them is removed. Without JSON, the "
                         "claims come from the options. The header is {\"typ\":\"JWT\",\"alg\":...}, "
                         "followed by the key's kid.\n\n"
                         "A --secret shorter than the digest works, with a warning; a key file must not "
                         "contain one that short. Only this command can sign: the library and the PAM module "
                         "contain no signing code.",
                .examples = "pamjwt encode '{\"some\": \"payload\"}' --secret secret\n"
                            "pamjwt encode --key key.jwk --issuer https://idp.example --subject alice "
                            "--audience ssh://db1.example --iat now --exp +5m\n"
                            "pamjwt encode @claims.json --secret @secret.txt --alg HS512",
                .body = &cli_encode_body,
                .words_max = 1,
                .hint = CLI_FILE,
        },
        {
                .name = "decode",
                .synopsis = "TOKEN|-|@FILE",
                .summary = "verify a token and print its claims",
                .about = "Verifies the signature and the claims, then prints the claims exactly as they were "
                         "signed. If the token is refused, it prints only `pamjwt: REASON: detail`, on "
                         "standard error, and exits with status 1. exp, nbf and iat are checked if present; "
                         "a token with aud requires --audience.\n\n"
                         "With --json the result is {\"ok\":true,\"header\":...,\"claims\":...} or "
                         "{\"ok\":false,\"reason\":...,\"detail\":...}. A login is stricter than this; see "
                         "pamjwt check.",
                .examples = "pamjwt decode TOKEN --secret @secret.txt --leeway 10s\n"
                            "pamjwt decode - --jwks https://idp.example/jwks.json --audience "
                            "https://expenses-api\n"
                            "pamjwt decode @token --key jwks.json --alg RS256 --issuer https://idp.example "
                            "--skip exp",
                .body = &cli_decode_body,
                .words_min = 1,
                .words_max = 1,
                .hint = CLI_FILE,
        },
        {
                .name = "inspect",
                .synopsis = "TOKEN|-|@FILE",
                .summary = "show the contents of a token, unverified, and anything unusual about it",
                .about = "Prints the header and claims of a token without verifying anything, with every "
                         "line marked UNVERIFIED, and lists anything unusual: too long for ssh or sudo, "
                         "expired, opaque, encrypted, unsigned, meant for another API. The exit status is 1 "
                         "if it is not a signed token.",
                .examples = "pamjwt inspect @token\n"
                            "pamjwt inspect - --json < token",
                .body = &cli_inspect_body,
                .words_min = 1,
                .words_max = 1,
                .hint = CLI_FILE,
        },
        {
                .name = "keygen",
                .synopsis = "",
                .summary = "generate a private key",
                .about = "Prints a new private key as a JWK; with --out, writes it to a new file and prints "
                         "the public JWKS instead, for jwks = file:... of an issuer. Its kid is its RFC 7638 "
                         "thumbprint unless --kid is given.",
                .examples = "pamjwt keygen --alg EdDSA --out key.jwk > jwks.json\n"
                            "pamjwt keygen --alg RS256 --bits 4096 --kid 2026-11 --out 2026-11.jwk",
                .body = &cli_keygen_body,
        },
        {
                .name = "keys",
                .synopsis = "FILE|-|URL|ISSUER",
                .summary = "list keys, with thumbprints and the reason if one cannot be used",
                .about = "Lists the keys in a file (PEM, JWK, JWKS, or the .pub of an ssh key), at a URL, or "
                         "of an issuer section of the configuration. For an ssh certificate or a FIDO key "
                         "this is the inner key, the one that tokens are bound to. Keys that cannot be used "
                         "are listed with the reason. For an issuer it also shows the state of the cache on "
                         "disk: where the keys came from, their age, the next refresh and the last error. If "
                         "a file has the same name as a section, write issuer/NAME for the section.",
                .examples = "pamjwt keys jwks.json\n"
                            "pamjwt keys key.jwk --public > jwks.json\n"
                            "pamjwt keys ~/.ssh/id_ed25519.pub --thumbprint\n"
                            "pamjwt keys acme",
                .body = &cli_keys_body,
                .words_min = 1,
                .words_max = 1,
                .hint = CLI_FILE,
        },
        {
                .name = "refresh",
                .synopsis = "[ISSUER]...",
                .summary = "bring the cached keys up to date",
                .about = "Fetches the keys of every issuer in the configuration, or of the issuers named, "
                         "and caches them for later logins. Keys that have not reached half of their "
                         "lifetime are not fetched again unless --force is given. Prints one line per "
                         "issuer; the exit status is 1 unless all succeeded. With --check-age nothing is "
                         "fetched: it reports the age of the keys, for monitoring.",
                .examples = "pamjwt refresh\n"
                            "pamjwt refresh acme --force\n"
                            "pamjwt refresh --check-age --older-than 12h",
                .body = &cli_refresh_body,
                .words_max = 64,
        },
        {
                .name = "check",
                .synopsis = "[TOKEN|-|@FILE]",
                .summary = "check the configuration, or whether a login with a token would succeed",
                .about = "Without a token: reads the configuration as a login would and reports any errors; "
                         "the exit status is 2 if there are any. With a token: makes the same decision as a "
                         "login by --user through --service, and shows each stage with its outcome, the "
                         "values it used and the configuration line that decided. The exit status is 0 if "
                         "the login would be accepted and 1 if it would be refused. Nothing is recorded: a "
                         "single-use token can still be used afterwards.",
                .examples = "pamjwt check\n"
                            "pamjwt check --service sudo --user alice - < token\n"
                            "pamjwt check --user alice --ssh-key ~/.ssh/id_ed25519.pub @token",
                .body = &cli_check_body,
                .words_max = 1,
                .hint = CLI_FILE,
        },
        {
                .name = "offer-key",
                .synopsis = "USER TYPE BASE64",
                .summary = "AuthorizedKeysCommand for sshd, for logins without authorized_keys",
                .about = "Prints the key that an ssh client presents, if a grant with bind = ssh-key could "
                         "allow USER to log in with a token bound to it; never for uid 0, and never a "
                         "certificate. This alone does not let anyone log in. It is safe only together with "
                         "the other lines shown in docs/bound-tokens.md (AuthenticationMethods, the "
                         "token-only stack, require_token); pamjwt check and pamjwt doctor report which of "
                         "them are missing. If there is no key to print, nothing is printed and the exit "
                         "status is 1.",
                .examples = "AuthorizedKeysCommand /usr/bin/pamjwt offer-key %u %t %k",
                .body = &cli_offer_key_body,
                .words_min = 3,
                .words_max = 3,
                .hint = CLI_ANY,
        },
        {
                .name = "ssh",
                .exec = cli_ssh,
                .synopsis = "[--token-file FILE|--token-command TEXT] [--audience AUD] [SSH ARGUMENT]...",
                .summary = "log in by ssh with a token of any length",
                .about = "Finds the token, reports early if it has expired, is for another host or is not a "
                         "token, and runs ssh, which receives the token in parts. The token comes from the "
                         "options, from PAMJWT_TOKEN, PAMJWT_TOKEN_FILE or PAMJWT_TOKEN_COMMAND, from "
                         "~/.config/pamjwt/client.conf, or, in a GitHub Actions job, from GitHub. This runs "
                         "pamjwt-ssh, which scp, sftp, rsync and git can use as well: see pamjwt-ssh(1).",
                .examples = "pamjwt ssh db1.example\n"
                            "pamjwt ssh --token-command 'oidc-token work' -p 2222 alice@db1.example uptime",
                .body = &cli_ssh_body,
        },
        {
                .name = "sudo",
                .exec = cli_sudo,
                .synopsis = "[--token-file FILE|--token-command TEXT] [--audience AUD] [SUDO ARGUMENT]...",
                .summary = "run sudo with a token of any length",
                .about = "As pamjwt ssh, for sudo -A on this host.",
                .examples = "pamjwt sudo systemctl restart postgresql",
                .body = &cli_ssh_body,
        },
        {
                .name = "setup",
                .synopsis = "",
                .summary = "configure this host for token logins (can be undone)",
                .about =
                        "Fetches the issuer's keys, chooses a stack that suits sshd's configuration, "
                        "checks the "
                        "planned configuration in a copy as pamjwt doctor would, and shows what it would "
                        "change "
                        "in pam_jwt.conf.d, pam.d, sshd_config and sudoers. After you confirm, it keeps "
                        "the old "
                        "files, replaces each by a single rename, and tests logins through a second sshd "
                        "that "
                        "only it can reach: a wrong token and a wrong password must be refused, and "
                        "--token must "
                        "be accepted. If a test fails, all changes are rolled back.\n\n"
                        "Unless the changes are confirmed in time, at the terminal or by pamjwt setup "
                        "--confirm, "
                        "they are rolled back, even if the terminal is gone: by a systemd timer or, without "
                        "systemd, by a process of its own. A rollback that fails is repeated until it "
                        "succeeds. "
                        "After a reboot pamjwt-rollback.service (or cron) rolls back if the time has passed. "
                        "--confirm refuses if a file is not what setup wrote. The old files are kept in "
                        "/var/lib/pam_jwt/setup, so that --undo works later, too.\n\n"
                        "--undo decides about all files before it writes the first. In a file that has been "
                        "edited since, the lines that setup replaced are restored in their place, and "
                        "all other "
                        "lines stay; if some of setup's lines are missing, or the stack would then let "
                        "in more or "
                        "fewer users than before setup, nothing is changed. A running sshd is reloaded "
                        "and asked "
                        "which methods it offers before a stack accepts passwords again.\n\n"
                        "sshd gets the token-only stack only if PasswordAuthentication is no: neither a "
                        "password "
                        "nor a public key alone is then enough to log in. If a Match block refuses "
                        "passwords for "
                        "some users and keyboard-interactive would accept them, setup stops and names "
                        "the block. "
                        "sudo continues to accept passwords. host_name and the machine id are recorded, "
                        "so that "
                        "pamjwt doctor can detect a clone.\n\n"
                        "With --root, no path leads out of the directory and no program in it is run.",
                .examples = "pamjwt setup --issuer https://login.acme.example --audience ssh://%h --match "
                            "groups=linux --dry-run\n"
                            "pamjwt setup --issuer https://login.acme.example --audience ssh://%h --login "
                            "alice --token - < token\n"
                            "pamjwt setup --confirm",
                .body = &cli_setup_body,
        },
        {
                .name = "doctor",
                .synopsis = "",
                .summary = "find problems that would prevent logins on this host, or allow too much",
                .about = "Checks the configuration, the cached keys, the clock, the stacks in /etc/pam.d "
                         "with the files they include, sshd's effective settings (sshd -T, which needs root) "
                         "and sudoers. Each finding describes the problem, why it matters, and the line to "
                         "change. The exit status is 1 if something would prevent a login or allow too much, "
                         "and 0 if there are only warnings. Nothing is changed or fetched.",
                .examples = "pamjwt doctor\n"
                            "pamjwt doctor --json",
                .body = &cli_doctor_body,
        },
        {
                .name = "sessions",
                .synopsis = "",
                .summary = "list sessions opened by a token and when the token expires; end them",
                .about = "Lists the sessions opened by tokens: by which issuer, grant and sub, since and "
                         "until when. --sub, --jti and --issuer select sessions; all that are given must "
                         "match. With --end the processes of these sessions are asked to end, and killed "
                         "after two seconds; the exit status is 1 if there was no such session, or if a "
                         "process did not end. Each process is listed. A daemon that the user restarted as "
                         "another user, through sudo, is left running unless --all is given; the user's "
                         "systemd instance is ended if this login started it and no other session of the "
                         "user remains. Add a withdrawn token to /etc/security/pam_jwt.revoked as well, or "
                         "it opens the next session.",
                .examples = "pamjwt sessions\n"
                            "pamjwt sessions --end --dry-run --sub alice --issuer https://idp.example\n"
                            "pamjwt sessions --end --jti c7",
                .body = &cli_sessions_body,
        },
};

const struct cli_command *cli_command_at(size_t i)
{
        return i < sizeof(commands) / sizeof(commands[0]) ? &commands[i] : NULL;
}

const struct cli_command *cli_command_find(const char *name)
{
        for (size_t i = 0; cli_command_at(i); i++)
                if (strcmp(commands[i].name, name) == 0)
                        return &commands[i];
        return NULL;
}

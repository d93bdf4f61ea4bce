/* The subcommands: one row each. The help, pamjwt(1) and the completions are made from this. */
#include "cmd.h"

#include <string.h>

#include "doctor.h"
#include "setup.h"

static const struct cli_command commands[] = {
        {
                .name = "encode",
                .synopsis = "[JSON|-|@FILE]",
                .summary = "make a signed token",
                .about = "Signs the claims and prints a token. JSON is taken as it is written: names, "
                         "values and their order stay, only white space between them goes. Without JSON the "
                         "claims are those of the options. The header is {\"typ\":\"JWT\",\"alg\":...}, "
                         "with the key's kid behind.\n\n"
                         "A --secret shorter than the digest works with a warning; a key file never holds "
                         "one that short. Nobody but this command signs: the library and the PAM module "
                         "contain no such code.",
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
                .about = "Verifies the signature and the claims, then prints the claims exactly as they "
                         "were signed. A refusal prints nothing but `pamjwt: REASON: detail` on standard "
                         "error, and the exit status is 1. exp, nbf and iat are checked when they are "
                         "there; a token with aud needs --audience.\n\n"
                         "With --json the result is {\"ok\":true,\"header\":...,\"claims\":...}, or "
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
                .summary = "show what a token says, unverified, and what is odd about it",
                .about = "Prints header and claims of a token without verifying anything, every line marked "
                         "UNVERIFIED, and says what is odd: too long for ssh or sudo, expired, opaque, "
                         "encrypted, unsigned, meant for another API. The exit status is 1 when it is no "
                         "signed token at all.",
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
                .summary = "make a new private key",
                .about = "Prints a new private key as a JWK, or writes it to a new file with --out and "
                         "prints the public JWKS for the jwks = file:... of an issuer. Its kid is its RFC "
                         "7638 thumbprint unless --kid names it.",
                .examples = "pamjwt keygen --alg EdDSA --out key.jwk > jwks.json\n"
                            "pamjwt keygen --alg RS256 --bits 4096 --kid 2026-11",
                .body = &cli_keygen_body,
        },
        {
                .name = "keys",
                .synopsis = "FILE|-|URL|ISSUER",
                .summary = "list keys, with thumbprints and what is wrong with them",
                .about = "Lists the keys of a file (PEM, JWK, JWKS, the .pub of an ssh key), of an address, "
                         "or of an issuer section of the configuration. Of an ssh certificate or a FIDO key "
                         "it is the inner one, to which tokens are bound. Keys that cannot be used are "
                         "listed with the reason. For an issuer it shows the cache as it is on the disk: "
                         "where the keys came from, their age, the next refresh, the last error. "
                         "issuer/NAME names a section where a file has the same name.",
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
                .about = "Asks every issuer of the configuration, or those that are named, for its keys, "
                         "and stores them for the logins to come. Keys that are not through half of their "
                         "time are left alone unless --force is given. One line an issuer; the exit status "
                         "is 1 unless all succeeded. With --check-age nothing is fetched: it says how old "
                         "the keys are, for monitoring.",
                .examples = "pamjwt refresh\n"
                            "pamjwt refresh acme --force\n"
                            "pamjwt refresh --check-age --older-than 12h",
                .body = &cli_refresh_body,
                .words_max = 64,
        },
        {
                .name = "check",
                .synopsis = "[TOKEN|-|@FILE]",
                .summary = "check the configuration, or what a login with a token would get",
                .about = "Without a token: reads the configuration as a login would and says what is wrong "
                         "with it; the exit status is 2 when something is. With a token: makes the very "
                         "decision that a login of --user through --service would get, and shows each stage "
                         "with its outcome, what it saw, and the line of the configuration that decided. "
                         "The exit status is 0 for accepted, 1 for refused. Nothing is recorded: a token "
                         "that may be used once can still be used.",
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
                .summary = "sshd's AuthorizedKeysCommand where no authorized_keys is needed",
                .about = "Gives the key back that an ssh client presents, when a grant with bind = ssh-key "
                         "could let USER in by a token that is bound to it; never for uid 0, and never a "
                         "certificate. This opens no door by itself, and is safe only together with the "
                         "other lines that docs/bound-tokens.md shows (AuthenticationMethods, the "
                         "token-only stack, require_token); pamjwt check and doctor say when one is "
                         "missing. The exit status is 1, and nothing is printed, when there is no key to "
                         "give.",
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
                .about =
                        "Finds the token, says early when it is expired, for another host or no token at "
                        "all, and starts the real ssh, which gets it in parts. The token comes from the "
                        "options, from PAMJWT_TOKEN, PAMJWT_TOKEN_FILE or PAMJWT_TOKEN_COMMAND, from "
                        "~/.config/pamjwt/client.conf, or from the GitHub Actions job that this is. This "
                        "runs pamjwt-ssh, which scp, sftp, rsync and git can use as well: see pamjwt-ssh(1).",
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
                .summary = "let tokens open this host, with a way back",
                .about = "Asks the issuer for its keys, chooses a stack by what sshd -T says, tries the "
                         "plan in a copy as pamjwt doctor sees it, and shows what it would change in "
                         "pam_jwt.conf.d, pam.d, sshd_config and sudoers. When the answer is yes it keeps "
                         "the old files, replaces each by one rename, and tries logins through a second "
                         "sshd on 127.0.0.1: a wrong token and a wrong password must be refused, and "
                         "--token must get in. A trial that fails takes everything back.\n\n"
                         "Unless it is confirmed in time, at the terminal or by pamjwt setup --confirm, "
                         "everything is taken back, also when the terminal is gone: by a timer of systemd, "
                         "or without systemd by a process of its own. A host that is started again before "
                         "then keeps the change; pamjwt doctor names it, and pamjwt setup --undo takes it "
                         "back. The old files stay in /var/lib/pam_jwt/setup, so that --undo works later, "
                         "too. A file that was changed since is left alone and named.\n\n"
                         "sshd's stack takes tokens only where PasswordAuthentication is no: neither a "
                         "password nor a public key alone gets in then. sudo keeps its passwords. host_name "
                         "and the machine id are written down, so that pamjwt doctor knows a clone.",
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
                .summary = "find what would stop a login on this host, or let too much in",
                .about = "Looks at the configuration, the cached keys, the clock, the stacks in /etc/pam.d "
                         "with what they include, sshd's effective settings (sshd -T, which needs root) and "
                         "sudoers. Each finding says what, why it matters, and the line to change. The exit "
                         "status is 1 when something would stop a login or let too much in; warnings alone "
                         "leave it 0. Nothing is changed, nothing is fetched.",
                .examples = "pamjwt doctor\n"
                            "pamjwt doctor --json",
                .body = &cli_doctor_body,
        },
        {
                .name = "sessions",
                .synopsis = "",
                .summary = "who is logged in by which token, until when; end sessions",
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

/* What is known of modules by name. A module that is not here is unknown, and questions say so. */
#include <string.h>

#include "stackask.h"

static const struct {
        const char *name;
        enum pjwt_module_kind kind;
} rows[] = {
        {"pam_jwt.so", PJWT_MODULE_TOKEN},
        {"pam_unix.so", PJWT_MODULE_PASSWORD},
        {"pam_unix_auth.so", PJWT_MODULE_PASSWORD},
        {"pam_pwdb.so", PJWT_MODULE_PASSWORD},
        {"pam_sss.so", PJWT_MODULE_PASSWORD},
        {"pam_ldap.so", PJWT_MODULE_PASSWORD},
        {"pam_krb5.so", PJWT_MODULE_PASSWORD},
        {"pam_winbind.so", PJWT_MODULE_PASSWORD},
        {"pam_systemd_home.so", PJWT_MODULE_PASSWORD},
        {"pam_userdb.so", PJWT_MODULE_PASSWORD},
        {"pam_mysql.so", PJWT_MODULE_PASSWORD},
        {"pam_pgsql.so", PJWT_MODULE_PASSWORD},
        {"pam_google_authenticator.so", PJWT_MODULE_FACTOR},
        {"pam_oath.so", PJWT_MODULE_FACTOR},
        {"pam_duo.so", PJWT_MODULE_FACTOR},
        {"pam_u2f.so", PJWT_MODULE_FACTOR},
        {"pam_yubico.so", PJWT_MODULE_FACTOR},
        {"pam_radius_auth.so", PJWT_MODULE_FACTOR},
        {"pam_tacplus.so", PJWT_MODULE_FACTOR},
        {"pam_fprintd.so", PJWT_MODULE_FACTOR},
        {"pam_pkcs11.so", PJWT_MODULE_FACTOR},
        {"pam_p11.so", PJWT_MODULE_FACTOR},
        {"pam_sss_gss.so", PJWT_MODULE_FACTOR},
        {"pam_ssh_agent_auth.so", PJWT_MODULE_FACTOR},
        {"pam_otpw.so", PJWT_MODULE_FACTOR},
        {"pam_access.so", PJWT_MODULE_GATE},
        {"pam_faillock.so", PJWT_MODULE_GATE},
        {"pam_tally.so", PJWT_MODULE_GATE},
        {"pam_tally2.so", PJWT_MODULE_GATE},
        {"pam_abl.so", PJWT_MODULE_GATE},
        {"pam_listfile.so", PJWT_MODULE_GATE},
        {"pam_localuser.so", PJWT_MODULE_GATE},
        {"pam_nologin.so", PJWT_MODULE_GATE},
        {"pam_securetty.so", PJWT_MODULE_GATE},
        {"pam_shells.so", PJWT_MODULE_GATE},
        {"pam_succeed_if.so", PJWT_MODULE_GATE},
        {"pam_time.so", PJWT_MODULE_GATE},
        {"pam_usertype.so", PJWT_MODULE_GATE},
        {"pam_slurm.so", PJWT_MODULE_GATE},
        {"pam_slurm_adopt.so", PJWT_MODULE_GATE},
        {"pam_cap.so", PJWT_MODULE_HELPER},
        {"pam_ck_connector.so", PJWT_MODULE_HELPER},
        {"pam_debug.so", PJWT_MODULE_GATE},
        {"pam_echo.so", PJWT_MODULE_HELPER},
        {"pam_ecryptfs.so", PJWT_MODULE_HELPER},
        {"pam_env.so", PJWT_MODULE_HELPER},
        {"pam_faildelay.so", PJWT_MODULE_HELPER},
        {"pam_ftp.so", PJWT_MODULE_GATE},
        {"pam_fscrypt.so", PJWT_MODULE_HELPER},
        {"pam_gnome_keyring.so", PJWT_MODULE_HELPER},
        {"pam_group.so", PJWT_MODULE_HELPER},
        {"pam_issue.so", PJWT_MODULE_HELPER},
        {"pam_keyinit.so", PJWT_MODULE_HELPER},
        {"pam_kwallet5.so", PJWT_MODULE_HELPER},
        {"pam_lastlog.so", PJWT_MODULE_HELPER},
        {"pam_mail.so", PJWT_MODULE_HELPER},
        {"pam_motd.so", PJWT_MODULE_HELPER},
        {"pam_mount.so", PJWT_MODULE_HELPER},
        {"pam_selinux.so", PJWT_MODULE_HELPER},
        {"pam_systemd.so", PJWT_MODULE_HELPER},
        {"pam_umask.so", PJWT_MODULE_HELPER},
        {"pam_warn.so", PJWT_MODULE_HELPER},
        {"pam_permit.so", PJWT_MODULE_PERMIT},
        {"pam_deny.so", PJWT_MODULE_DENY},
        {"pam_rootok.so", PJWT_MODULE_ROOT},
};

static bool has_arg(const struct pjwt_stack_line *line, const char *arg)
{
        for (size_t i = 0; i < line->arg_count; i++)
                if (strcmp(line->args[i], arg) == 0)
                        return true;
        return false;
}

enum pjwt_module_kind pjwt_module_kind(const struct pjwt_stack_line *line)
{
        const char *name = pjwt_stack_module(line);

        /* "trust" lets members of wheel in without a password; without it the module only refuses. */
        if (strcmp(name, "pam_wheel.so") == 0)
                return has_arg(line, "trust") && !has_arg(line, "deny") ? PJWT_MODULE_ROOT : PJWT_MODULE_GATE;
        /* These two only count what has been decided; "preauth" refuses. */
        if (strcmp(name, "pam_faillock.so") == 0 && (has_arg(line, "authsucc") || has_arg(line, "authfail")))
                return PJWT_MODULE_HELPER;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                if (strcmp(rows[i].name, name) == 0)
                        return rows[i].kind;
        return PJWT_MODULE_UNKNOWN;
}

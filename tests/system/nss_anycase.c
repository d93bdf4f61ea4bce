/*
 * A name service that finds the accounts of /etc/passwd in any case and returns their real name, as SSSD's AD
 * provider and winbind do. For tests/system/test_policy.py.
 */
#include <ctype.h>
#include <errno.h>
#include <nss.h>
#include <pwd.h>
#include <shadow.h>
#include <stdio.h>
#include <string.h>

enum nss_status _nss_anycase_getpwnam_r(const char *name, struct passwd *ret, char *buffer, size_t size,
                                        int *reterrno)
{
        FILE *f = fopen("/etc/passwd", "re");
        struct passwd *found = NULL;
        int error = f ? 0 : errno;

        if (strcmp(name, "flaky") == 0)
                error = EAGAIN;
        while (error == 0) {
                error = fgetpwent_r(f, ret, buffer, size, &found);
                if (error == 0 && strcasecmp(found->pw_name, name) == 0)
                        break;
        }
        if (f)
                fclose(f);
        *reterrno = error;
        if (error == EAGAIN || error == ERANGE)
                return NSS_STATUS_TRYAGAIN;
        return error == 0 ? NSS_STATUS_SUCCESS : NSS_STATUS_NOTFOUND;
}

/* For pam_unix. */
enum nss_status _nss_anycase_getspnam_r(const char *name, struct spwd *ret, char *buffer, size_t size,
                                        int *reterrno)
{
        FILE *f = fopen("/etc/shadow", "re");
        struct spwd *found = NULL;
        int error = f ? 0 : errno;

        while (error == 0) {
                error = fgetspent_r(f, ret, buffer, size, &found);
                if (error == 0 && strcasecmp(found->sp_namp, name) == 0)
                        break;
        }
        if (f)
                fclose(f);
        *reterrno = error;
        if (error == ERANGE)
                return NSS_STATUS_TRYAGAIN;
        return error == 0 ? NSS_STATUS_SUCCESS : NSS_STATUS_NOTFOUND;
}

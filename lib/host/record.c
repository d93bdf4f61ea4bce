#include "record.h"

#include "jsonwrite.h"
#include "safefile.h"
#include "secret.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PENDING    "pending"
#define SESSION    "session"
#define RECORD_MAX (256 * 1024) /* claims of a 32 KiB token, each byte escaped */
#define VERSION    1
#define NO_SESSION 4294967295U

/* The members of a record: one row each. */
enum kind { KIND_TEXT, KIND_NUMBER, KIND_BOOL };

struct row {
        const char *name;
        enum kind kind;
        size_t at;
        bool required;
};

#define AT(name) offsetof(struct pjwt_record, name)

static const struct row rows[] = {
        {"user", KIND_TEXT, AT(user), true},
        {"service", KIND_TEXT, AT(service), true},
        {"rhost", KIND_TEXT, AT(rhost), false},
        {"issuer", KIND_TEXT, AT(issuer), true},
        {"grant", KIND_TEXT, AT(grant), true},
        {"iss", KIND_TEXT, AT(iss), true},
        {"sub", KIND_TEXT, AT(sub), false},
        {"jti", KIND_TEXT, AT(jti), false},
        {"kid", KIND_TEXT, AT(kid), false},
        {"alg", KIND_TEXT, AT(alg), true},
        {"typ", KIND_TEXT, AT(typ), false},
        {"bound_key", KIND_TEXT, AT(bound_key), false},
        {"claims", KIND_TEXT, AT(claims), true},
        {"since", KIND_NUMBER, AT(since), true},
        {"exp", KIND_NUMBER, AT(exp), true},
        {"until", KIND_NUMBER, AT(until), true},
        {"session_until_exp", KIND_BOOL, AT(session_until_exp), true},
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static char **text_at(const struct pjwt_record *record, const struct row *row)
{
        return (char **)(uintptr_t)((const char *)record + row->at);
}

static int64_t *number_at(const struct pjwt_record *record, const struct row *row)
{
        return (int64_t *)(uintptr_t)((const char *)record + row->at);
}

static bool *bool_at(const struct pjwt_record *record, const struct row *row)
{
        return (bool *)(uintptr_t)((const char *)record + row->at);
}

void pjwt_record_free(struct pjwt_record *record)
{
        if (!record)
                return;
        for (size_t i = 0; i < ROW_COUNT; i++)
                if (rows[i].kind == KIND_TEXT)
                        pjwt_wipe_free_str(*text_at(record, &rows[i]));
        pjwt_wipe_free(record, sizeof(*record));
}

static struct json_object *value_of(const struct pjwt_record *record, const struct row *row)
{
        switch (row->kind) {
        case KIND_TEXT:
                return *text_at(record, row) ? json_object_new_string(*text_at(record, row)) : NULL;
        case KIND_NUMBER:
                return json_object_new_int64(*number_at(record, row));
        case KIND_BOOL:
                return json_object_new_boolean(*bool_at(record, row));
        }
        return NULL;
}

static bool fill_object(struct json_object *object, const struct pjwt_record *record)
{
        if (!pjwt_json_add(object, "version", json_object_new_int(VERSION)) ||
            !pjwt_json_add(object, "uid", json_object_new_int64(record->uid)))
                return false;
        for (size_t i = 0; i < ROW_COUNT; i++) {
                struct json_object *value = value_of(record, &rows[i]);

                if (!value && !rows[i].required)
                        continue;
                if (!pjwt_json_add(object, rows[i].name, value))
                        return false;
        }
        return true;
}

char *pjwt_record_text(const struct pjwt_record *record)
{
        struct json_object *object = json_object_new_object();
        const char *text = NULL;
        char *copy = NULL;

        if (object && fill_object(object, record))
                text = pjwt_json_text(object);
        if (text)
                copy = strdup(text);
        json_object_put(object);
        return copy;
}

static enum pjwt_reason read_text(struct json_object *value, const struct row *row,
                                  struct pjwt_record *record, struct pjwt_error *reterr)
{
        size_t len = 0;
        const char *text = pjwt_json_string(value, &len);

        if (!text)
                return pjwt_fail(reterr, PJWT_BAD_JSON, "login record: %s is no string", row->name);
        *text_at(record, row) = pjwt_secret_dup(text, len);
        return *text_at(record, row) ? PJWT_OK : pjwt_fail_memory(reterr);
}

static enum pjwt_reason read_row(struct json_object *object, const struct row *row,
                                 struct pjwt_record *record, struct pjwt_error *reterr)
{
        struct json_object *value = pjwt_json_member(object, row->name);

        if (!value && !row->required)
                return PJWT_OK;
        if (row->kind == KIND_TEXT)
                return read_text(value, row, record, reterr);
        if (row->kind == KIND_NUMBER && pjwt_json_numericdate(value, number_at(record, row), NULL))
                return PJWT_OK;
        if (row->kind == KIND_BOOL && json_object_is_type(value, json_type_boolean)) {
                *bool_at(record, row) = json_object_get_boolean(value);
                return PJWT_OK;
        }
        return pjwt_fail(reterr, PJWT_BAD_JSON, "login record: %s is missing or of a wrong type", row->name);
}

static enum pjwt_reason read_object(struct json_object *object, struct pjwt_record *record,
                                    struct pjwt_error *reterr)
{
        enum pjwt_reason reason = PJWT_OK;
        int64_t version = 0;
        int64_t uid = 0;
        size_t known = 2;

        if (!pjwt_json_numericdate(pjwt_json_member(object, "version"), &version, NULL) || version != VERSION)
                return pjwt_fail(reterr, PJWT_BAD_JSON, "login record: of another version");
        if (!pjwt_json_numericdate(pjwt_json_member(object, "uid"), &uid, NULL) || uid >= UINT32_MAX)
                return pjwt_fail(reterr, PJWT_BAD_JSON, "login record: uid is missing or impossible");
        record->uid = (uid_t)uid;
        for (size_t i = 0; i < ROW_COUNT && reason == PJWT_OK; i++) {
                reason = read_row(object, &rows[i], record, reterr);
                known += pjwt_json_member(object, rows[i].name) != NULL;
        }
        if (reason == PJWT_OK && (size_t)json_object_object_length(object) != known)
                reason = pjwt_fail(reterr, PJWT_BAD_JSON, "login record: a member is unknown");
        return reason;
}

enum pjwt_reason pjwt_record_parse(const char *text, size_t len, struct pjwt_record **ret,
                                   struct pjwt_error *reterr)
{
        struct json_object *object = NULL;
        struct pjwt_record *record = calloc(1, sizeof(*record));
        enum pjwt_reason reason;

        if (!record)
                return pjwt_fail_memory(reterr);
        reason = pjwt_json_parse_object(text, len, "login record", &object, reterr);
        if (reason == PJWT_OK)
                reason = read_object(object, record, reterr);
        json_object_put(object);
        if (reason == PJWT_OK)
                *ret = record;
        else
                pjwt_record_free(record);
        return reason;
}

/* The fields of /proc/PID/stat behind the name, which may hold anything: from the last `)` on. */
static bool stat_fields(pid_t pid, char *buffer, size_t size, const char **ret)
{
        char path[64];
        ssize_t got;
        int fd;
        const char *close_paren;

        (void)snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return false;
        got = read(fd, buffer, size - 1);
        close(fd);
        if (got <= 0)
                return false;
        buffer[got] = '\0';
        close_paren = strrchr(buffer, ')');
        if (!close_paren)
                return false;
        *ret = close_paren + 1;
        return true;
}

/* fields: 3 is the first behind the name. */
static bool number_field(const char *fields, unsigned field, uint64_t *ret)
{
        char *end = NULL;

        for (unsigned at = 3; at <= field; at++) {
                while (*fields == ' ')
                        fields++;
                if (at < field)
                        fields += strcspn(fields, " ");
        }
        errno = 0;
        *ret = strtoull(fields, &end, 10);
        return end != fields && errno == 0;
}

bool pjwt_process_of(pid_t pid, struct pjwt_process *ret)
{
        char buffer[1024];
        const char *fields;
        uint64_t start;

        if (pid <= 0 || !stat_fields(pid, buffer, sizeof(buffer), &fields) ||
            !number_field(fields, 22, &start))
                return false;
        *ret = (struct pjwt_process){pid, start};
        return true;
}

bool pjwt_process_parent(struct pjwt_process *ret)
{
        return pjwt_process_of(getppid(), ret);
}

bool pjwt_record_session_id(unsigned *ret)
{
        char text[32];
        int fd = open("/proc/self/sessionid", O_RDONLY | O_CLOEXEC);
        ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
        char *end = NULL;
        unsigned long long id;

        if (fd >= 0)
                close(fd);
        if (got <= 0)
                return false;
        text[got] = '\0';
        id = strtoull(text, &end, 10);
        if (end == text || (*end && *end != '\n') || id >= NO_SESSION || id == 0)
                return false;
        *ret = (unsigned)id;
        return true;
}

static bool folder_path(const char *run_dir, const char *folder, char path[PATH_MAX])
{
        int len = snprintf(path, PATH_MAX, "%s%s%s", run_dir, *folder ? "/" : "", folder);

        return len > 0 && len < PATH_MAX;
}

static bool file_path(const char *run_dir, const char *folder, const char *name, char path[PATH_MAX])
{
        int len = snprintf(path, PATH_MAX, "%s/%s/%s", run_dir, folder, name);

        return len > 0 && len < PATH_MAX;
}

#define NAME_SIZE 48

static void pending_name(struct pjwt_process process, char name[NAME_SIZE])
{
        (void)snprintf(name, NAME_SIZE, "%ld.%" PRIu64, (long)process.pid, process.start);
}

static void session_name(unsigned id, char name[NAME_SIZE])
{
        (void)snprintf(name, NAME_SIZE, "%u", id);
}

/* Makes a folder of ours when it is not there; the caller's umask does not count (attacks REV-08). */
static bool make_folder(const char *run_dir, const char *folder, mode_t mode)
{
        char path[PATH_MAX];
        int fd;
        bool done;

        if (!folder_path(run_dir, folder, path))
                return false;
        if (mkdir(path, 0700) != 0)
                return errno == EEXIST;
        fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        done = fd >= 0 && fchmod(fd, mode) == 0;
        if (fd >= 0)
                close(fd);
        return done;
}

static enum pjwt_reason make_folders(const char *run_dir, struct pjwt_error *reterr)
{
        if (make_folder(run_dir, "", 0755) && make_folder(run_dir, PENDING, 0700) &&
            make_folder(run_dir, SESSION, 0700))
                return PJWT_OK;
        return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: %s", run_dir, strerror(errno));
}

enum pjwt_reason pjwt_record_put(const char *run_dir, struct pjwt_process opener,
                                 const struct pjwt_record *record, int64_t now, struct pjwt_error *reterr)
{
        char folder[PATH_MAX];
        char name[NAME_SIZE];
        char *text;
        enum pjwt_reason reason = make_folders(run_dir, reterr);

        if (reason != PJWT_OK)
                return reason;
        pjwt_record_sweep(run_dir, now);
        pending_name(opener, name);
        text = pjwt_record_text(record);
        if (!text)
                return pjwt_fail_memory(reterr);
        if (folder_path(run_dir, PENDING, folder)) /* dated to when it is over, for the sweep */
                reason = pjwt_file_replace_dated(folder, name, text, strlen(text), 0600, record->until,
                                                 reterr);
        else
                reason = pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: the path is too long", run_dir);
        pjwt_wipe_free_str(text);
        return reason;
}

static enum pjwt_reason read_record(const char *run_dir, const char *folder, const char *name,
                                    struct pjwt_record **ret, struct pjwt_error *reterr)
{
        char path[PATH_MAX];
        char *text = NULL;
        size_t len = 0;
        struct pjwt_error err = {0};
        enum pjwt_reason reason;

        if (!file_path(run_dir, folder, name, path))
                return pjwt_fail(reterr, PJWT_NO_RECORD, "%s: the path is too long", run_dir);
        reason = pjwt_file_read(path, PJWT_FILE_SECRET, RECORD_MAX, &text, &len, NULL, &err);
        if (reason != PJWT_OK)
                return pjwt_fail(reterr, errno == ENOENT ? PJWT_NO_RECORD : reason, "%s", err.detail);
        reason = pjwt_record_parse(text, len, ret, reterr);
        pjwt_wipe_free(text, len + 1);
        return reason;
}

enum pjwt_reason pjwt_record_pending(const char *run_dir, struct pjwt_process opener,
                                     struct pjwt_record **ret, struct pjwt_error *reterr)
{
        char name[NAME_SIZE];

        pending_name(opener, name);
        return read_record(run_dir, PENDING, name, ret, reterr);
}

enum pjwt_reason pjwt_record_session(const char *run_dir, unsigned id, struct pjwt_record **ret,
                                     struct pjwt_error *reterr)
{
        char name[NAME_SIZE];

        session_name(id, name);
        return read_record(run_dir, SESSION, name, ret, reterr);
}

static void drop(const char *run_dir, const char *folder, const char *name)
{
        char path[PATH_MAX];

        if (file_path(run_dir, folder, name, path))
                (void)unlink(path);
}

void pjwt_record_drop_pending(const char *run_dir, struct pjwt_process opener)
{
        char name[NAME_SIZE];

        pending_name(opener, name);
        drop(run_dir, PENDING, name);
}

void pjwt_record_drop_session(const char *run_dir, unsigned id)
{
        char name[NAME_SIZE];

        session_name(id, name);
        drop(run_dir, SESSION, name);
}

enum pjwt_reason pjwt_record_move(const char *run_dir, struct pjwt_process opener, unsigned id,
                                  struct pjwt_error *reterr)
{
        char from[PATH_MAX];
        char to[PATH_MAX];
        char name[NAME_SIZE];
        bool moved;
        int saved;

        pending_name(opener, name);
        if (!file_path(run_dir, PENDING, name, from))
                return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: the path is too long", run_dir);
        session_name(id, name);
        moved = file_path(run_dir, SESSION, name, to) &&
                renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0;
        saved = errno;
        if (moved)
                return PJWT_OK;
        pjwt_record_drop_pending(run_dir, opener);
        return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: %s", to, strerror(saved));
}

/* Does the name say a session? */
static bool session_of_name(const char *name, unsigned *ret)
{
        char again[NAME_SIZE];
        unsigned long long id = strtoull(name, NULL, 10);

        if (id >= NO_SESSION)
                return false;
        *ret = (unsigned)id;
        session_name(*ret, again);
        return strcmp(name, again) == 0;
}

/* PID.START of a pending login, or .PID.START.new, which a writer leaves that is killed in the middle. */
static bool process_of_name(const char *name, struct pjwt_process *ret)
{
        char again[NAME_SIZE];
        char temporary[NAME_SIZE + 8];
        const char *digits = *name == '.' ? name + 1 : name;
        char *end = NULL;

        ret->pid = (pid_t)strtol(digits, &end, 10);
        if (*end != '.')
                return false;
        ret->start = strtoull(end + 1, NULL, 10);
        pending_name(*ret, again);
        (void)snprintf(temporary, sizeof(temporary), ".%s.new", again);
        return strcmp(name, again) == 0 || strcmp(name, temporary) == 0;
}

static bool is_alive(struct pjwt_process process)
{
        struct pjwt_process now;

        return pjwt_process_of(process.pid, &now) && now.start == process.start;
}

/* Is the record over? Its file is dated to when that is, so that nobody has to read it. */
static bool is_over(const char *run_dir, const char *folder, const char *name, int64_t now)
{
        char path[PATH_MAX];
        struct stat st;

        return file_path(run_dir, folder, name, path) && lstat(path, &st) == 0 && st.st_mtime <= now;
}

typedef void entry_fn(const char *run_dir, const char *name, int64_t now);

static void sweep_pending(const char *run_dir, const char *name, int64_t now)
{
        struct pjwt_process process;

        if (process_of_name(name, &process) && (!is_alive(process) || is_over(run_dir, PENDING, name, now)))
                drop(run_dir, PENDING, name);
}

static void sweep_session(const char *run_dir, const char *name, int64_t now)
{
        unsigned id;

        if (session_of_name(name, &id) && is_over(run_dir, SESSION, name, now))
                drop(run_dir, SESSION, name);
}

static DIR *open_folder(const char *run_dir, const char *folder)
{
        char path[PATH_MAX];

        return folder_path(run_dir, folder, path) ? opendir(path) : NULL; /* opendir is O_CLOEXEC */
}

static void sweep(const char *run_dir, const char *folder, entry_fn *fn, int64_t now)
{
        DIR *dir = open_folder(run_dir, folder);

        if (!dir)
                return;
        for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
                fn(run_dir, entry->d_name, now);
        (void)closedir(dir);
}

void pjwt_record_sweep(const char *run_dir, int64_t now)
{
        sweep(run_dir, PENDING, sweep_pending, now);
        sweep(run_dir, SESSION, sweep_session, now);
}

static int compare_ids(const void *a, const void *b)
{
        const unsigned *left = a;
        const unsigned *right = b;

        return (*left > *right) - (*left < *right);
}

/* The ids of all sessions, to be freed; NULL with *retcount 0 when there are none. */
static unsigned *session_ids(DIR *dir, size_t *retcount)
{
        unsigned *ids = NULL;
        size_t count = 0;
        size_t room = 0;
        unsigned id;

        for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
                if (!session_of_name(entry->d_name, &id))
                        continue;
                if (count == room) {
                        unsigned *larger = reallocarray(ids, room * 2 + 16, sizeof(*ids));

                        if (!larger)
                                break;
                        ids = larger;
                        room = room * 2 + 16;
                }
                ids[count++] = id;
        }
        if (count > 0)
                qsort(ids, count, sizeof(*ids), compare_ids);
        *retcount = count;
        return ids;
}

enum pjwt_reason pjwt_record_list(const char *run_dir, pjwt_record_fn *fn, void *arg,
                                  struct pjwt_error *reterr)
{
        DIR *dir = open_folder(run_dir, SESSION);
        size_t count = 0;
        unsigned *ids;

        if (!dir)
                return errno == ENOENT ? PJWT_OK
                                       : pjwt_fail(reterr, PJWT_FILE_OPEN, "%s/%s: %s", run_dir, SESSION,
                                                   strerror(errno));
        ids = session_ids(dir, &count);
        (void)closedir(dir);
        for (size_t i = 0; i < count; i++) {
                struct pjwt_record *record = NULL;
                struct pjwt_error err = {0};
                enum pjwt_reason reason = pjwt_record_session(run_dir, ids[i], &record, &err);

                if (reason != PJWT_NO_RECORD)
                        fn(arg, ids[i], record, &err);
                pjwt_record_free(record);
        }
        free(ids);
        return PJWT_OK;
}

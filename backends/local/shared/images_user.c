/* Who a container runs as, by the image's own passwd and group: docker's rules. A number need not be listed;
 * its group is then 0. Both files come with the image, so they are read with a limit and never through a link
 * that leaves the root.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/beneath.h"
#include "backends/local/shared/images.h"
#include "core/memory.h"
#include "core/text.h"

enum { ACCOUNTS_LIMIT = 1024 * 1024, FIELDS = 4, NAME_ROOM = 256 };

static bool number(const char *s, unsigned *out)
{
    size_t digits = strspn(s, "0123456789");
    if (digits == 0 || digits > 10 || s[digits]) {
        return false;
    }
    unsigned long long value = strtoull(s, NULL, 10);
    if (value >= 0xffffffffu) { /* all ones means "leave it" to chown */
        return false;
    }
    *out = (unsigned)value;
    return true;
}

/* Cuts a line of "a:b:c:d..." in place; missing fields are "". */
static void split(char *line, char *fields[FIELDS])
{
    for (int i = 0; i < FIELDS; i++) {
        fields[i] = line;
        line += strcspn(line, ":");
        if (*line) {
            *line++ = '\0';
        }
    }
}

struct account {
    char name[NAME_ROOM]; /* cut */
    unsigned id, group;
};

/* Calls for each line of passwd or group, cut into its fields, until it returns false. */
static void each_line(int root, const char *file, bool (*visit)(void *user, char *const fields[FIELDS]),
                      void *user)
{
    size_t len = 0;
    bool go_on = true;
    char *data = beneath_read(root, file, ACCOUNTS_LIMIT, &len);
    for (char *line = data; line && line < data + len && go_on;) {
        char *end = line + strcspn(line, "\n");
        *end = '\0';
        char *fields[FIELDS];
        split(line, fields);
        go_on = visit(user, fields);
        line = end + 1;
    }
    free(data);
}

struct search {
    const char *wanted;
    struct account *out;
    bool found;
};

/* Both files have name:password:id, passwd has :group too. */
static bool compare_account(void *user, char *const fields[FIELDS])
{
    struct search *s = user;
    struct account a = {0};
    unsigned wanted_id = 0;
    bool by_number = number(s->wanted, &wanted_id), valid = number(fields[2], &a.id);
    number(fields[3], &a.group);
    if (valid && (strcmp(fields[0], s->wanted) == 0 || (by_number && a.id == wanted_id))) {
        snprintf(a.name, sizeof a.name, "%s", fields[0]);
        *s->out = a;
        s->found = true;
    }
    return !s->found;
}

/* Looks for a name, or for a number, in passwd or group. */
static bool look_up(int root, const char *file, const char *wanted, struct account *out)
{
    struct search s = {.wanted = wanted, .out = out};
    each_line(root, file, compare_account, &s);
    return s.found;
}

struct membership {
    const char *name;
    unsigned *out;
    size_t n, room;
};

static bool is_member(const char *members, const char *name)
{
    size_t len = strlen(name);
    while (*members) {
        size_t here = strcspn(members, ",");
        if (here == len && memcmp(members, name, len) == 0) {
            return true;
        }
        members += here + (members[here] == ',');
    }
    return false;
}

static bool add_group(void *user, char *const fields[FIELDS])
{
    struct membership *m = user;
    unsigned id;
    if (m->n < m->room && is_member(fields[3], m->name) && number(fields[2], &id)) {
        bool known = false;
        for (size_t i = 0; i < m->n; i++) {
            known = known || m->out[i] == id;
        }
        if (!known) {
            m->out[m->n++] = id;
        }
    }
    return m->n < m->room;
}

size_t images_groups(const char *rootfs, const char *user, unsigned gid, unsigned *out, size_t room)
{
    struct account account = {0};
    struct membership m = {.name = account.name, .out = out, .n = 1, .room = room};
    out[0] = gid;
    int root = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
    char *name = mem_string(user ? user : "");
    char *colon = strchr(name, ':');
    bool group_named = colon && colon[1];
    if (colon) {
        *colon = '\0';
    }
    if (root >= 0 && !group_named && look_up(root, "etc/passwd", *name ? name : "0", &account)) {
        each_line(root, "etc/group", add_group, &m);
    }
    free(name);
    if (root >= 0) {
        close(root);
    }
    return m.n;
}

bool images_accounts_ok(const char *rootfs, struct error *e)
{
    static const char *const files[] = {"etc/passwd", "etc/group"};
    bool ok = true;
    int root = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; root >= 0 && ok && i < sizeof files / sizeof *files; i++) {
        struct stat st;
        int fd = beneath_open(root, files[i], O_PATH, BENEATH_LINKS_FOLLOWED);
        ok = fd < 0 || (fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)));
        if (!ok) {
            error_set(
                e, ERROR_CONFLICT, 0,
                "The container's /%s is a FIFO, a socket or a device; the OCI runtime would wait for it, "
                "so make it a file",
                files[i]);
        }
        if (fd >= 0) {
            close(fd);
        }
    }
    if (root >= 0) {
        close(root);
    }
    return ok;
}

static bool unknown(const char *what, const char *name, const char *file, struct error *e)
{
    struct text shown = {0};
    text_add_clean(&shown, name, strnlen(name, 80));
    error_set(e, ERROR_INVALID, 0,
              "The image has no %s \"%s\" in its /%s; give a name from there, or a number", what,
              text_of(&shown), file);
    text_done(&shown);
    return false;
}

static bool resolve(int root, const char *user, const char *group, struct account *out, struct error *e)
{
    bool listed = look_up(root, "etc/passwd", user, out);
    if (!listed && !number(user, &out->id)) {
        return unknown("user", user, "etc/passwd", e);
    }
    struct account g = {0};
    if (group && !number(group, &g.id)) {
        if (!look_up(root, "etc/group", group, &g)) {
            return unknown("group", group, "etc/group", e);
        }
    }
    if (group) {
        out->group = g.id;
    }
    return true;
}

bool images_user(const char *rootfs, const char *user, unsigned *uid, unsigned *gid, struct error *e)
{
    *uid = *gid = 0;
    if (!user || !*user) {
        return true;
    }
    int root = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        error_errno(e, errno, "Cannot open the root file system %s", rootfs);
        return false;
    }
    char *name = mem_string(user);
    char *colon = strchr(name, ':');
    if (colon) {
        *colon = '\0';
    }
    struct account account = {0};
    const char *group = colon && colon[1] ? colon + 1 : NULL;
    bool good = resolve(root, *name ? name : "0", group, &account, e);
    if (good) {
        *uid = account.id;
        *gid = account.group;
    }
    free(name);
    close(root);
    return good;
}

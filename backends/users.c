#include "backends/users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/beneath.h"
#include "core/memory.h"
#include "core/text.h"

enum { PASSWD_LIMIT = 1024 * 1024, RANGES = 64, NAME_LIMIT = 32 };

struct users {
    char *passwd; /* NULL: none */
    struct {
        uint32_t inside, outside, count;
    } ranges[RANGES];
    size_t n_ranges;
    struct text name;
};

static void read_map(struct users *u, const char *map)
{
    unsigned inside, outside, count;
    while (map && u->n_ranges < RANGES && sscanf(map, "%u %u %u", &inside, &outside, &count) == 3) {
        u->ranges[u->n_ranges].inside = inside;
        u->ranges[u->n_ranges].outside = outside;
        u->ranges[u->n_ranges++].count = count;
        map = strchr(map, '\n');
        map = map ? map + 1 : NULL;
    }
}

struct users *users_new(int root, const char *uid_map)
{
    struct users *u = mem_new(1, sizeof *u);
    size_t len;
    u->passwd = root >= 0 ? beneath_read(root, "etc/passwd", PASSWD_LIMIT, &len) : NULL;
    read_map(u, uid_map);
    return u;
}

void users_free(struct users *u)
{
    free(u->passwd);
    text_done(&u->name);
    free(u);
}

/* Lines "name:password:uid:..." */
static const char *find_line(const char *passwd, uint32_t uid, size_t *len)
{
    for (const char *line = passwd; line && *line;) {
        size_t all = strcspn(line, "\n"), name = strcspn(line, ":\n");
        const char *second = line[name] == ':' ? memchr(line + name + 1, ':', all - name - 1) : NULL;
        char *end;
        unsigned long number = second ? strtoul(second + 1, &end, 10) : 0;
        if (second && end > second + 1 && *end == ':' && number == uid) {
            *len = name;
            return line;
        }
        line += all + (line[all] == '\n');
    }
    return NULL;
}

const char *users_name(struct users *u, uint32_t host_uid)
{
    text_clear(&u->name);
    for (size_t i = 0; i < u->n_ranges; i++) {
        if (host_uid - u->ranges[i].outside < u->ranges[i].count) {
            uint32_t uid = host_uid - u->ranges[i].outside + u->ranges[i].inside;
            size_t len;
            const char *line = find_line(u->passwd, uid, &len);
            if (line && len > 0) {
                text_add_clean(&u->name, line, len < NAME_LIMIT ? len : NAME_LIMIT);
            } else {
                text_addf(&u->name, "%u", uid);
            }
            return text_of(&u->name);
        }
    }
    return "nobody";
}

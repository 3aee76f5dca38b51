#include "backends/cgroups.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

enum controller { CPUACCT, MEMORY, PIDS, FREEZER, CONTROLLERS };

struct cgroups {
    char *v1[CONTROLLERS]; /* mount points; NULL: not mounted as v1 */
    char *unified;         /* NULL: no v2 */
};

static const char *const names[CONTROLLERS] = {"cpuacct", "memory", "pids", "freezer"};

/* Is word one of those in list, separated by commas? */
static bool in_list(const char *list, size_t len, const char *word)
{
    size_t n = strlen(word);
    for (const char *end = list + len; list < end;) {
        const char *comma = memchr(list, ',', (size_t)(end - list));
        size_t part = (size_t)((comma ? comma : end) - list);
        if (part == n && memcmp(list, word, n) == 0) {
            return true;
        }
        list += part + 1;
    }
    return false;
}

/* mountinfo writes blanks in paths as \040 and the like. */
static char *unescape(const char *s, size_t len)
{
    char *out = mem_new(len + 1, 1);
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned code;
        char digits[4] = {0};
        if (s[i] == '\\' && i + 3 < len) {
            memcpy(digits, s + i + 1, 3);
        }
        if (strspn(digits, "01234567") == 3 && sscanf(digits, "%o", &code) == 1) {
            out[n++] = (char)code;
            i += 3;
        } else {
            out[n++] = s[i];
        }
    }
    return out;
}

/* Field number n (from 0) of a line, separated by blanks. */
static const char *field(const char *line, size_t len, int n, size_t *part)
{
    const char *end = line + len;
    for (; line < end; n--) {
        const char *blank = memchr(line, ' ', (size_t)(end - line));
        *part = (size_t)((blank ? blank : end) - line);
        if (n == 0) {
            return line;
        }
        line += *part + 1;
    }
    *part = 0;
    return NULL;
}

static void take(char **slot, const char *point, size_t len)
{
    if (!*slot) {
        *slot = unescape(point, len);
    }
}

static void read_mount(struct cgroups *c, const char *line, size_t len)
{
    size_t point_len, type_len, options_len;
    const char *point = field(line, len, 4, &point_len);
    const char *dash = memmem(line, len, " - ", 3);
    if (!point || *point != '/' || !dash) {
        return;
    }
    const char *rest = dash + 3;
    size_t rest_len = len - (size_t)(rest - line);
    const char *type = field(rest, rest_len, 0, &type_len);
    const char *options = field(rest, rest_len, 2, &options_len);
    if (type && type_len == 7 && memcmp(type, "cgroup2", 7) == 0) {
        take(&c->unified, point, point_len);
    } else if (type && options && type_len == 6 && memcmp(type, "cgroup", 6) == 0) {
        for (int i = 0; i < CONTROLLERS; i++) {
            if (in_list(options, options_len, names[i])) {
                take(&c->v1[i], point, point_len);
            }
        }
    }
}

struct cgroups *cgroups_parse(const char *mountinfo)
{
    struct cgroups *c = mem_new(1, sizeof *c);
    while (*mountinfo) {
        size_t len = strcspn(mountinfo, "\n");
        read_mount(c, mountinfo, len);
        mountinfo += len + (mountinfo[len] == '\n');
    }
    return c;
}

struct cgroups *cgroups_find(void)
{
    struct text all = {0};
    char block[8192];
    FILE *file = fopen("/proc/self/mountinfo", "re");
    size_t n;
    while (file && (n = fread(block, 1, sizeof block, file)) > 0) {
        text_add_n(&all, block, n);
    }
    if (file) {
        fclose(file);
    }
    struct cgroups *c = cgroups_parse(text_of(&all));
    text_done(&all);
    return c;
}

void cgroups_free(struct cgroups *c)
{
    if (c) {
        for (int i = 0; i < CONTROLLERS; i++) {
            free(c->v1[i]);
        }
        free(c->unified);
        free(c);
    }
}

const char *cgroups_words(const struct cgroups *c)
{
    if (c->v1[MEMORY] || c->v1[CPUACCT] || c->v1[PIDS]) {
        return c->unified ? "hybrid cgroups" : "cgroup v1";
    }
    return c->unified ? "cgroup v2" : "no cgroups";
}

bool cgroups_can_pause(const struct cgroups *c)
{
    return c->v1[FREEZER] || c->unified;
}

static char *join(const char *point, const char *path, const char *file)
{
    struct text t = {0};
    text_addf(&t, "%s%s%s%s", point, path, file ? "/" : "", file ? file : "");
    return text_take(&t);
}

char *cgroups_file(const struct cgroups *c, enum cgroup_meter meter, const char *path)
{
    static const struct {
        enum controller controller;
        const char *v1, *v2;
    } files[METER_COUNT] = {
        [METER_CPU] = {CPUACCT, "cpuacct.usage", "cpu.stat"},
        [METER_MEMORY] = {MEMORY, "memory.usage_in_bytes", "memory.current"},
        [METER_PROCESSES] = {PIDS, "pids.current", "pids.current"},
    };
    const char *v1 = c->v1[files[meter].controller];
    if (v1) {
        return join(v1, path, files[meter].v1);
    }
    return c->unified ? join(c->unified, path, files[meter].v2) : NULL;
}

bool cgroups_value(enum cgroup_meter meter, const char *text, uint64_t *value)
{
    uint64_t unit = 1;
    static const char label[] = "usage_usec ";
    if (meter == METER_CPU && !isdigit((unsigned char)*text)) {
        text = strstr(text, label); /* cpu.stat of v2 */
        if (!text) {
            return false;
        }
        text += sizeof label - 1;
        unit = 1000;
    }
    if (!isdigit((unsigned char)*text)) {
        return false;
    }
    *value = strtoull(text, NULL, 10) * unit;
    return true;
}

char *cgroups_folder(const struct cgroups *c, const char *path)
{
    static const enum controller order[] = {PIDS, FREEZER, MEMORY, CPUACCT};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (c->v1[order[i]]) {
            return join(c->v1[order[i]], path, NULL);
        }
    }
    return c->unified ? join(c->unified, path, NULL) : NULL;
}

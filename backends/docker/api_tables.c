/* Tables: images, and the processes that `top` tells. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/docker/api.h"
#include "backends/json.h"
#include "core/memory.h"
#include "core/times.h"

/* "busybox:latest" is called "busybox", as a person asks for it. */
static void add_image(struct image_list *list, const cJSON *row, const char *tag)
{
    const char *id = json_string(row, "Id", "");
    struct text name = {0};
    text_add_clean(&name, tag, strlen(tag));
    size_t len = name.len;
    if (len > 7 && strcmp(name.data + len - 7, ":latest") == 0) {
        name.data[len - 7] = '\0';
    }
    const struct image image = {.name = text_of(&name),
                                .id = strncmp(id, "sha256:", 7) == 0 ? id + 7 : id,
                                .size = (uint64_t)json_integer(row, "Size", 0),
                                .created = time_of_seconds(json_integer(row, "Created", 0))};
    image_list_add(list, &image);
    text_done(&name);
}

void api_image(struct image_list *list, const cJSON *row)
{
    char **tags = json_strings(row, "RepoTags");
    size_t n = 0;
    for (char **tag = tags; tag && *tag; tag++) {
        if (strcmp(*tag, "<none>:<none>") != 0) {
            add_image(list, row, *tag);
            n++;
        }
    }
    if (n == 0) {
        add_image(list, row, json_string(row, "Id", "<none>"));
    }
    free(tags);
}

/* Processes. */

enum { COLUMNS_MOST = 32, ROWS_MOST = 100000 };

enum column { PID, PPID, USER, TIME, MEMORY, RSS, NAME, COMMAND, COLUMN_KINDS };

static const char *const titles[COLUMN_KINDS][2] = {[PID] = {"PID", "PID"},
                                                    [PPID] = {"PPID", "PPID"},
                                                    [USER] = {"USER", "UID"},
                                                    [TIME] = {"TIME", "CPU"},
                                                    [MEMORY] = {"Private Working Set", "Private Working Set"},
                                                    [RSS] = {"RSS", "RSS"},
                                                    [NAME] = {"Name", "COMM"},
                                                    [COMMAND] = {"COMMAND", "CMD"}};

static void find_columns(const cJSON *json, int at[COLUMN_KINDS])
{
    for (int kind = 0; kind < COLUMN_KINDS; kind++) {
        const cJSON *title = NULL;
        int i = 0;
        at[kind] = -1;
        cJSON_ArrayForEach(title, json_at(json, "Titles"))
        {
            const char *word = cJSON_IsString(title) ? title->valuestring : "";
            if (at[kind] < 0 && i < COLUMNS_MOST &&
                (strcmp(word, titles[kind][0]) == 0 || strcmp(word, titles[kind][1]) == 0)) {
                at[kind] = i;
            }
            i++;
        }
    }
}

static const char *cell(const cJSON *row, int at)
{
    const cJSON *item = at >= 0 ? cJSON_GetArrayItem(row, at) : NULL;
    return cJSON_IsString(item) ? item->valuestring : NULL;
}

/* "[DD-]HH:MM:SS[.mmm]" or "MM:SS". */
static uint64_t span_100ns(const char *s)
{
    uint64_t days = 0, part = 0, total = 0, fraction = 0, unit = 1000000;
    for (; s && *s; s++) {
        if (*s >= '0' && *s <= '9') {
            part = part < 1000000 ? part * 10 + (uint64_t)(*s - '0') : part;
        } else if (*s == '-') {
            days = part;
            part = 0;
        } else if (*s == ':') {
            total = (total + part) * 60;
            part = 0;
        } else if (*s == '.') {
            for (s++; *s >= '0' && *s <= '9' && unit > 0; s++) {
                fraction += (uint64_t)(*s - '0') * unit;
                unit /= 10;
            }
            break;
        }
    }
    return (days * 86400 + total + part) * 10000000 + fraction;
}

/* "3.629MB", units of 1000, as docker prints it for a person. */
static uint64_t size_of(const char *s)
{
    char *unit = NULL;
    double value = s ? strtod(s, &unit) : 0;
    static const char units[] = "kMGTP";
    const char *found = unit && *unit ? strchr(units, *unit) : NULL;
    for (const char *u = units; found && u <= found; u++) {
        value *= 1000;
    }
    return value > 0 && value < 1e18 ? (uint64_t)value : 0;
}

static char *cleaned(const char *s)
{
    struct text t = {0};
    text_add_clean(&t, s ? s : "", s ? strlen(s) : 0);
    return t.len > 0 ? text_take(&t) : NULL;
}

static void add_row(struct process_table *table, const cJSON *row, const int at[COLUMN_KINDS], bool same_host)
{
    const char *pid = cell(row, at[PID]), *parent = cell(row, at[PPID]), *rss = cell(row, at[RSS]);
    const char *name = cell(row, at[NAME]), *command = cell(row, at[COMMAND]);
    struct process p = {.pid = pid ? (uint32_t)strtoul(pid, NULL, 10) : 0};
    char *words = cleaned(command), *user = cleaned(cell(row, at[USER])),
         *called = cleaned(name ? name : command);
    if (!name && called) {
        called[strcspn(called, " ")] = '\0';
    }
    p.parent = parent ? (uint32_t)strtoul(parent, NULL, 10) : 0;
    p.host_pid = same_host ? p.pid : 0;
    p.name = called;
    p.command = words;
    p.user = user;
    p.cpu_100ns = span_100ns(cell(row, at[TIME]));
    p.memory = rss ? strtoull(rss, NULL, 10) * 1024 : size_of(cell(row, at[MEMORY]));
    process_table_add(table, &p);
    free(words);
    free(user);
    free(called);
}

struct process_table *api_top(const cJSON *json, bool same_host)
{
    struct process_table *table = process_table_new();
    const cJSON *row = NULL;
    int at[COLUMN_KINDS];
    find_columns(json, at);
    cJSON_ArrayForEach(row, json_at(json, "Processes"))
    {
        if (table->count < ROWS_MOST) {
            add_row(table, row, at, same_host);
        }
    }
    return table;
}

/* Usage. */

bool api_usage_read(struct api_usage *u, const cJSON *json, bool windows)
{
    int64_t at, memory, cache;
    double cpu = json_number(json, "cpu_stats.cpu_usage.total_usage", -1);
    *u = (struct api_usage){.processes = -1};
    if (!time_parse(json_string(json, "read", ""), &at) || at <= 0 || cpu < 0 || cpu > 1e18) {
        return false;
    }
    u->at_ns = (uint64_t)at * 1000000;
    u->cpu_ns = (uint64_t)cpu * (windows ? 100 : 1);
    if (windows) {
        memory = json_integer(json, "memory_stats.privateworkingset", 0);
        cache = 0;
    } else {
        memory = json_integer(json, "memory_stats.usage", 0);
        cache = json_integer(json, "memory_stats.stats.total_inactive_file",
                             json_integer(json, "memory_stats.stats.inactive_file", 0));
        u->processes = (int32_t)json_integer(json, "pids_stats.current", -1);
    }
    u->memory = memory > 0 ? (uint64_t)(cache >= 0 && cache < memory ? memory - cache : memory) : 0;
    return true;
}

#include "ui/cli/out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/sizes.h"
#include "core/text.h"
#include "core/times.h"
#include "ui/cli/stream.h"

struct columns {
    const char *const *titles;
    const int *align;
    int n;
    char **cells; /* n per row */
    size_t count, room;
};

struct columns *columns_new(const char *const *titles, const int *align, int n)
{
    struct columns *c = mem_new(1, sizeof *c);
    c->titles = titles;
    c->align = align;
    c->n = n;
    return c;
}

void columns_add(struct columns *c, const char *const *cells)
{
    c->cells = mem_grow(c->cells, &c->room, c->count + (size_t)c->n, sizeof *c->cells);
    for (int i = 0; i < c->n; i++) {
        struct text clean = {0};
        text_add_clean(&clean, cells[i] ? cells[i] : "", cells[i] ? strlen(cells[i]) : 0);
        c->cells[c->count++] = clean.data ? text_take(&clean) : mem_string("");
    }
}

static int column_width(const struct columns *c, int column)
{
    int width = text_width(c->titles[column]);
    for (size_t i = (size_t)column; i < c->count; i += (size_t)c->n) {
        int w = text_width(c->cells[i]);
        width = w > width ? w : width;
    }
    return width;
}

static void print_row(const struct columns *c, const char *const *cells, const int *widths)
{
    for (int i = 0; i < c->n; i++) {
        int pad = widths[i] - text_width(cells[i]);
        bool last = i == c->n - 1;
        if (c->align[i] == COLUMN_RIGHT) {
            printf("%*s%s", pad, "", cells[i]);
        } else {
            printf("%s%*s", cells[i], last ? 0 : pad, "");
        }
        fputs(last ? "\n" : "   ", stdout);
    }
}

void columns_print(struct columns *c)
{
    int *widths = mem_new((size_t)c->n, sizeof *widths);
    for (int i = 0; i < c->n; i++) {
        widths[i] = column_width(c, i);
    }
    print_row(c, c->titles, widths);
    for (size_t i = 0; i < c->count; i += (size_t)c->n) {
        print_row(c, (const char *const *)c->cells + i, widths);
    }
    free(widths);
    columns_free(c);
}

void columns_free(struct columns *c)
{
    for (size_t i = 0; i < c->count; i++) {
        free(c->cells[i]);
    }
    free(c->cells);
    free(c);
}

void out_json(cJSON *value)
{
    char *text = cJSON_Print(value);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(value);
}

void out_json_line(cJSON *value)
{
    char *text = cJSON_PrintUnformatted(value);
    puts(text);
    fflush(stdout);
    cJSON_free(text);
    cJSON_Delete(value);
}

void out_time(cJSON *object, const char *name, int64_t ms)
{
    char text[TIME_TEXT];
    if (ms) {
        cJSON_AddStringToObject(object, name, time_print(text, ms));
    } else {
        cJSON_AddNullToObject(object, name);
    }
}

/* Bytes that are not UTF-8 would make the document invalid: they become U+FFFD. */
void out_string(cJSON *object, const char *name, const char *s)
{
    if (!s) {
        cJSON_AddNullToObject(object, name);
        return;
    }
    struct text valid = {0};
    const char *end = s + strlen(s);
    while (s < end) {
        uint32_t code;
        char bytes[4];
        s += text_decode(s, end, &code);
        text_add_n(&valid, bytes, text_encode(code, bytes));
    }
    cJSON_AddStringToObject(object, name, text_of(&valid));
    text_done(&valid);
}

void out_pid(cJSON *object, const char *name, uint32_t pid)
{
    if (pid) {
        cJSON_AddNumberToObject(object, name, pid);
    } else {
        cJSON_AddNullToObject(object, name);
    }
}

cJSON *out_process(const struct process *p)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "pid", p->pid);
    cJSON_AddNumberToObject(o, "parent", p->parent);
    out_pid(o, "host_pid", p->host_pid);
    out_string(o, "user", p->user);
    out_string(o, "name", p->name);
    out_string(o, "command", p->command);
    cJSON_AddNumberToObject(o, "cpu_seconds", (double)p->cpu_100ns / 1e7);
    cJSON_AddNumberToObject(o, "memory", (double)p->memory);
    out_time(o, "created", p->created);
    return o;
}

cJSON *out_workers(const struct container *c)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < c->n_workers; i++) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "role", worker_word(c->workers[i].role));
        cJSON_AddNumberToObject(o, "host_pid", c->workers[i].host_pid);
        out_string(o, "name", c->workers[i].name);
        cJSON_AddItemToArray(list, o);
    }
    return list;
}

/* Progress. */

static const char TAKE_LINE_BACK[] = "\r\033[K";

void out_progress(void *user, uint64_t done, uint64_t total, const char *words)
{
    char size[SIZE_TEXT];
    struct text clean = {0};
    (void)user;
    if (!stream_is_terminal(2)) {
        return;
    }
    text_add_clean(&clean, words ? words : "", words ? strlen(words) : 0);
    fprintf(stderr, "%s%s", TAKE_LINE_BACK, text_of(&clean));
    if (done > 0 || total > 0) {
        fprintf(stderr, ": %s", size_print(size, done));
    }
    if (total > 0) {
        fprintf(stderr, " of %s (%d %%)", size_print(size, total),
                (int)(100.0 * (double)done / (double)total));
    }
    fflush(stderr);
    text_done(&clean);
}

void out_progress_end(void)
{
    if (stream_is_terminal(2)) {
        fputs(TAKE_LINE_BACK, stderr);
        fflush(stderr);
    }
}

#include "ui/cli/out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/sizes.h"
#include "core/text.h"
#include "core/times.h"
#include "ui/cli/command.h"
#include "ui/cli/fd.h"
#include "ui/cli/stream.h"

enum { MUCH = 64 * 1024 };

/* As stdio's own buffer: it belongs to the descriptor, and so to the process. */
static struct {
    struct text text;
    int error; /* errno of the write that failed; 0 none */
} standard_output;

bool out_flush(void)
{
    struct text *t = &standard_output.text;
    if (standard_output.error == 0) {
        standard_output.error = fd_write_all(STDOUT_FILENO, text_of(t), t->len);
    }
    text_done(t);
    return standard_output.error == 0;
}

static void flush_much(void)
{
    if (standard_output.text.len >= MUCH) {
        out_flush();
    }
}

void out_printf(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    text_addv(&standard_output.text, fmt, args);
    va_end(args);
    flush_much();
}

void out_line(const char *s)
{
    text_add(&standard_output.text, s);
    text_add_char(&standard_output.text, '\n');
    flush_much();
}

void out_error(const char *text)
{
    out_flush();
    fd_write_all(STDERR_FILENO, text, strlen(text));
}

int out_end(int code)
{
    if (out_flush()) {
        return code;
    }
    if (standard_output.error == EPIPE) {
        return code ? code : EXIT_NO_READER;
    }
    cli_say("cannot write to standard output: %s", strerror(standard_output.error));
    return code ? code : 1;
}

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
            out_printf("%*s%s", pad, "", cells[i]);
        } else {
            out_printf("%s%*s", cells[i], last ? 0 : pad, "");
        }
        out_printf("%s", last ? "\n" : "   ");
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
    out_line(text);
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
    struct text line = {0};
    (void)user;
    if (!stream_is_terminal(2)) {
        return;
    }
    text_add(&line, TAKE_LINE_BACK);
    text_add_clean(&line, words ? words : "", words ? strlen(words) : 0);
    if (done > 0 || total > 0) {
        text_addf(&line, ": %s", size_print(size, done));
    }
    if (total > 0) {
        text_addf(&line, " of %s (%d %%)", size_print(size, total),
                  (int)(100.0 * (double)done / (double)total));
    }
    out_error(text_of(&line));
    text_done(&line);
}

void out_progress_end(void)
{
    if (stream_is_terminal(2)) {
        out_error(TAKE_LINE_BACK);
    }
}

/* Logs go out byte for byte into files and pipes. A terminal gets them line by line, without escape
 * sequences: what a container printed must not drive the terminal of whoever reads it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/loglines.h"
#include "core/text.h"
#include "core/times.h"
#include "ui/cli/command.h"
#include "ui/cli/stream.h"

enum { LOGS_FOLLOW, LOGS_TAIL, LOGS_SINCE, LOGS_UNTIL, LOGS_TIMESTAMPS };

static const struct cli_option options[] = {
    {'f', "follow", NULL, "Go on with what comes"},
    {'n', "tail", "LINES", "Only so many lines of the end (all)"},
    {0, "since", "TIME", "Only what is newer: 2026-01-02T15:04:05Z, or a span such as 10m"},
    {0, "until", "TIME", "Only what is older"},
    {'t', "timestamps", NULL, "Show when each line was printed"},
    {0, NULL, NULL, NULL}};

struct logs {
    struct console_spec spec;
    bool timestamps;
    struct pending {
        struct text line; /* not yet ended by a newline */
        int64_t when;
    } pending[2];
    struct loglines *cleaner; /* one line at a time */
};

static bool option(void *user, int index, struct args *args)
{
    struct logs *l = user;
    char *end;
    bool ok = true;
    switch (index) {
    case LOGS_FOLLOW:
        l->spec.follow = args->on;
        break;
    case LOGS_TIMESTAMPS:
        l->timestamps = args->on;
        break;
    case LOGS_TAIL:
        l->spec.tail = strtoll(args->value, &end, 10);
        ok = *args->value && *end == 0;
        if (strcmp(args->value, "all") == 0) {
            l->spec.tail = -1;
            ok = true;
        }
        break;
    case LOGS_SINCE:
        ok = time_parse_since(args->value, time_now(), &l->spec.since);
        break;
    default:
        ok = time_parse_since(args->value, time_now(), &l->spec.until);
    }
    if (!ok) {
        cli_wrong(&cli_command_logs, "--%s does not take '%s'", options[index].name, args->value);
    }
    return ok;
}

static void print_line(struct logs *l, enum console_stream stream, struct pending *p)
{
    FILE *out = stream == CONSOLE_ERR ? stderr : stdout;
    struct logline line;
    char when[TIME_TEXT];
    text_add_char(&p->line, '\n');
    loglines_clear(l->cleaner);
    loglines_add(l->cleaner, stream, p->when, p->line.data, p->line.len);
    if (loglines_get(l->cleaner, loglines_first(l->cleaner), &line)) {
        if (l->timestamps) {
            fprintf(out, "%s ", time_print(when, p->when));
        }
        fwrite(line.text, 1, line.len, out);
        fputc('\n', out);
    }
    text_clear(&p->line);
}

static void lines(void *user, enum console_stream stream, int64_t when, const char *data, size_t len)
{
    struct logs *l = user;
    struct pending *p = &l->pending[stream == CONSOLE_ERR];
    const char *end = data + len;
    while (data < end) {
        const char *newline = memchr(data, '\n', (size_t)(end - data));
        const char *until = newline ? newline : end;
        if (p->line.len == 0) {
            p->when = when;
        }
        text_add_n(&p->line, data, (size_t)(until - data));
        if (newline || p->line.len >= LOGLINES_LONGEST) {
            print_line(l, stream, p);
        }
        data = newline ? newline + 1 : end;
    }
    fflush(stdout);
}

static int show(struct cli *cli, struct logs *l, container_id id)
{
    bool clean = l->timestamps || stream_is_terminal(1);
    struct stream_options o = {.spec = &l->spec, .output = clean ? lines : NULL, .user = l};
    l->cleaner = loglines_new(4, 4 * LOGLINES_LONGEST);
    int code = stream_run(cli, id, &o);
    for (int i = 0; i < 2; i++) {
        if (l->pending[i].line.len > 0) {
            print_line(l, i ? CONSOLE_ERR : CONSOLE_OUT, &l->pending[i]);
        }
        text_done(&l->pending[i].line);
    }
    loglines_free(l->cleaner);
    return code;
}

static int run(struct cli *cli, struct args *args)
{
    struct logs l = {.spec = {.kind = CONSOLE_LOGS, .tail = -1}};
    char **words;
    int n, code = cli_words(&cli_command_logs, args, option, &l, &words, &n);
    const char *word = n > 0 ? words[0] : NULL;
    free(words);
    if (code >= 0) {
        return code;
    }
    if (n != 1) {
        return cli_wrong(&cli_command_logs, "logs takes one container");
    }
    if (!cli_open(cli, true)) {
        return EXIT_ENGINE;
    }
    const struct container *c = cli_find(cli, word);
    return c ? show(cli, &l, c->id) : 1;
}

const struct cli_command cli_command_logs = {
    .name = "logs",
    .synopsis = "[OPTIONS] CONTAINER",
    .words = "Print what a container has printed",
    .options = options,
    .run = run,
};

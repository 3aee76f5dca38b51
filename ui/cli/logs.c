/* Logs go out byte for byte into files and pipes. A terminal gets them without escape sequences: what a
 * container printed must not drive the terminal of whoever reads it. */
#include <stdlib.h>
#include <string.h>

#include "core/plain.h"
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
    struct side {
        bool terminal;
        bool inside;   /* a line that has begun, and has not ended yet */
        bool returned; /* a carriage return was its last byte */
        int64_t when;  /* it began */
        struct plain plain;
    } sides[2];
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
        l->spec.stamps = args->on;
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

static void begin_line(struct logs *l, const struct side *side, struct text *out)
{
    char when[TIME_TEXT];
    if (l->spec.stamps) {
        text_addf(out, "%s ", time_print(when, side->when));
    }
}

/* Byte for byte, with the moment before each line. However long it is: nothing of it is kept here. */
static void stamp(struct logs *l, struct side *side, const char *data, size_t len, struct text *out)
{
    for (const char *end = data + len; data < end;) {
        const char *newline = memchr(data, '\n', (size_t)(end - data));
        const char *next = newline ? newline + 1 : end;
        if (!side->inside) {
            begin_line(l, side, out);
        }
        text_add_n(out, data, (size_t)(next - data));
        side->inside = !newline;
        data = next;
    }
}

struct cleaning {
    struct logs *logs;
    struct side *side;
    struct text *out;
};

/* A carriage return that no newline follows begins its line anew, as a progress bar means it. */
static void before_text(const struct cleaning *c)
{
    if (c->side->returned) {
        text_add(c->out, "\r\033[K");
    }
    if (!c->side->inside || c->side->returned) {
        begin_line(c->logs, c->side, c->out);
    }
    c->side->inside = true;
    c->side->returned = false;
}

static void plain_text(void *user, const char *s, size_t len)
{
    const struct cleaning *c = user;
    before_text(c);
    text_add_n(c->out, s, len);
}

static void plain_control(void *user, char byte)
{
    const struct cleaning *c = user;
    if (byte == '\r') {
        c->side->returned = c->side->inside;
        return;
    }
    if (byte == '\t' || !c->side->inside) {
        before_text(c);
    }
    text_add_char(c->out, byte);
    if (byte == '\n') {
        c->side->inside = c->side->returned = false;
    }
}

static void output(void *user, enum console_stream stream, int64_t when, const char *data, size_t len,
                   struct text *out)
{
    static const struct plain_sink sink = {plain_text, plain_control};
    struct logs *l = user;
    struct side *side = &l->sides[stream == CONSOLE_ERR];
    struct cleaning c = {l, side, out};
    if (!side->inside) {
        side->when = when;
    }
    if (side->terminal && !data) {
        plain_end(&side->plain, &sink, &c);
    } else if (side->terminal) {
        plain_feed(&side->plain, &sink, &c, data, len);
    } else if (data && l->spec.stamps) {
        stamp(l, side, data, len, out);
    } else if (data) {
        text_add_n(out, data, len);
    }
}

static int show(struct cli *cli, struct logs *l, container_id id)
{
    struct stream_options o = {.spec = &l->spec, .output = output, .user = l};
    l->sides[0].terminal = stream_is_terminal(1);
    l->sides[1].terminal = stream_is_terminal(2);
    return stream_run(cli, id, &o);
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

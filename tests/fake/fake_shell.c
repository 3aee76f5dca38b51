/* The text that is still to be run is `rest`; a loop puts its body in front of itself again. A step runs
 * statements until one has to wait; what it waits for (time, input, room for output) runs the next step,
 * always from the loop. */
#include "tests/fake/fake_shell.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/memory.h"
#include "core/text.h"

enum { WORDS_MOST = 32, VARIABLES_MOST = 8, CHUNK = 128 * 1024, SOON = 1 };

/* SOON, in ms, for what repeats itself: timers that are due at once all run in the same turn of the loop. */

enum wait {
    WAIT_NOTHING,
    WAIT_TIME,
    WAIT_LINE,
    WAIT_PROMPT,
    WAIT_CAT,
    WAIT_ECHO,
    WAIT_PING,
    WAIT_ZEROS,
    WAIT_FLOOD
};

struct variable {
    char name[16], value[128];
};

struct fake_shell {
    struct fake_shell_hooks hooks;
    void *user;
    void *engine;
    uv_timer_t timer;
    bool terminal, first, asks; /* asks: prompts for lines */
    bool input_ended, paused, ended;
    int rows, cols, code;
    enum wait wait;
    uint64_t left; /* bytes, or pings so far */
    struct text rest, input;
    char trap[32];
    char reading[16];
    char loop_body[256];
    struct variable variables[VARIABLES_MOST];
    size_t n_variables;
};

struct words {
    char *at[WORDS_MOST];
    size_t count;
    bool to_err;
};

static void step(struct fake_shell *s);

static void later(struct fake_shell *s, uint64_t ms);

static bool say_n(struct fake_shell *s, enum console_stream stream, const char *data, size_t len)
{
    if (!s->terminal) {
        return s->hooks.output(s->user, stream, data, len);
    }
    struct text cooked = {0};
    for (size_t i = 0; i < len; i++) {
        if (data[i] == '\n') {
            text_add_char(&cooked, '\r');
        }
        text_add_char(&cooked, data[i]);
    }
    bool more = s->hooks.output(s->user, CONSOLE_OUT, text_of(&cooked), cooked.len);
    text_done(&cooked);
    return more;
}

static void say(struct fake_shell *s, enum console_stream stream, const char *words)
{
    say_n(s, stream, words, strlen(words));
}

static void end(struct fake_shell *s, int code)
{
    s->ended = true;
    uv_timer_stop(&s->timer);
    s->hooks.ended(s->user, code);
}

/* Words. */

static const char *value_of(const struct fake_shell *s, const char *name, size_t len)
{
    for (size_t i = 0; i < s->n_variables; i++) {
        if (strlen(s->variables[i].name) == len && memcmp(s->variables[i].name, name, len) == 0) {
            return s->variables[i].value;
        }
    }
    return "";
}

static void set(struct fake_shell *s, const char *name, const char *value, size_t len)
{
    size_t i = 0;
    while (i < s->n_variables && strcmp(s->variables[i].name, name) != 0) {
        i++;
    }
    if (i < VARIABLES_MOST) {
        s->n_variables += i == s->n_variables;
        snprintf(s->variables[i].name, sizeof s->variables[i].name, "%s", name);
        snprintf(s->variables[i].value, sizeof s->variables[i].value, "%.*s", (int)len, value);
    }
}

static size_t name_length(const char *s)
{
    return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
}

/* False: nothing is left of it, as of an unset variable without quotes. */
static bool take_word(const struct fake_shell *s, const char **at, struct text *word)
{
    char quote = 0;
    bool quoted = false;
    for (; **at && (quote || !strchr(" \t", **at)); ++*at) {
        if (quote ? **at == quote : **at == '\'' || **at == '"') {
            quote = quote ? 0 : **at;
            quoted = true;
        } else if (**at == '$' && quote != '\'') {
            size_t len = name_length(*at + 1);
            text_add(word, value_of(s, *at + 1, len));
            *at += len;
        } else {
            text_add_char(word, **at);
        }
    }
    return quoted || word->len;
}

static void split(const struct fake_shell *s, const char *statement, struct words *w)
{
    *w = (struct words){0};
    while (*(statement += strspn(statement, " \t")) && w->count < WORDS_MOST) {
        struct text word = {0};
        bool is_word = take_word(s, &statement, &word);
        if (strcmp(text_of(&word), ">&2") == 0) {
            w->to_err = true;
        } else if (is_word) {
            w->at[w->count++] = mem_string(text_of(&word));
        }
        text_done(&word);
    }
}

static void words_done(struct words *w)
{
    for (size_t i = 0; i < w->count; i++) {
        free(w->at[i]);
    }
}

/* Commands. */

static void print_words(struct fake_shell *s, const struct words *w)
{
    struct text line = {0};
    for (size_t i = 1; i < w->count; i++) {
        text_addf(&line, "%s%s", i > 1 ? " " : "", w->at[i]);
    }
    text_add_char(&line, '\n');
    say_n(s, w->to_err ? CONSOLE_ERR : CONSOLE_OUT, text_of(&line), line.len);
    text_done(&line);
}

static void run_echo(struct fake_shell *s, const struct words *w)
{
    print_words(s, w);
    s->code = 0;
}

static void run_exit(struct fake_shell *s, const struct words *w)
{
    end(s, w->count > 1 ? atoi(w->at[1]) & 255 : s->code);
}

static void run_sleep(struct fake_shell *s, const struct words *w)
{
    s->wait = WAIT_TIME;
    later(s, w->count > 1 ? (uint64_t)(atof(w->at[1]) * 1000) : 0);
}

static void run_read(struct fake_shell *s, const struct words *w)
{
    s->wait = WAIT_LINE;
    snprintf(s->reading, sizeof s->reading, "%s", w->count > 1 ? w->at[1] : "REPLY");
}

static void run_cat(struct fake_shell *s, const struct words *w)
{
    (void)w;
    s->wait = WAIT_CAT;
}

static void run_true(struct fake_shell *s, const struct words *w)
{
    s->code = strcmp(w->at[0], "false") == 0;
}

static void run_stty(struct fake_shell *s, const struct words *w)
{
    (void)w;
    char line[32];
    snprintf(line, sizeof line, "%d %d\n", s->rows, s->cols);
    say(s, s->terminal ? CONSOLE_OUT : CONSOLE_ERR, s->terminal ? line : "stty: standard input: not a tty\n");
    s->code = !s->terminal;
}

static void run_head(struct fake_shell *s, const struct words *w)
{
    s->left = w->count > 2 ? strtoull(w->at[2], NULL, 10) : 0;
    s->wait = WAIT_ZEROS;
}

static void run_flood(struct fake_shell *s, const struct words *w)
{
    s->left = (w->count > 1 ? strtoull(w->at[1], NULL, 10) : 1) << 20;
    s->wait = WAIT_FLOOD;
}

static void run_ping(struct fake_shell *s, const struct words *w)
{
    char line[160];
    const char *whom = w->count > 1 ? w->at[w->count - 1] : "localhost";
    snprintf(line, sizeof line, "PING %.100s (127.0.0.1): 56 data bytes\n", whom);
    say(s, CONSOLE_OUT, line);
    s->left = 0;
    s->wait = WAIT_PING;
    later(s, 0);
}

static void run_colours(struct fake_shell *s, const struct words *w)
{
    (void)w;
    struct text line = {0};
    for (int i = 0; i < 16; i++) {
        text_addf(&line, "\033[%dm%2d ", i < 8 ? 30 + i : 82 + i, i);
    }
    text_add(&line, "\033[0m\n");
    say_n(s, CONSOLE_OUT, text_of(&line), line.len);
    text_done(&line);
}

static void run_trap(struct fake_shell *s, const struct words *w)
{
    snprintf(s->trap, sizeof s->trap, "%s", w->count > 1 ? w->at[1] : "");
}

static void run_sh(struct fake_shell *s, const struct words *w)
{
    (void)w;
    s->asks = true;
}

static const struct command {
    const char *name;
    void (*run)(struct fake_shell *s, const struct words *w);
    bool inside; /* known to the shell only, no program */
} commands[] = {
    {"echo", run_echo, false},   {"exit", run_exit, true},  {"sleep", run_sleep, false},
    {"read", run_read, true},    {"cat", run_cat, false},   {"true", run_true, false},
    {"false", run_true, false},  {"stty", run_stty, false}, {"head", run_head, false},
    {"flood", run_flood, false}, {"ping", run_ping, false}, {"colours", run_colours, false},
    {"trap", run_trap, true},    {"sh", run_sh, false},     {"/bin/sh", run_sh, false},
};

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static void run_unknown(struct fake_shell *s, const struct words *w)
{
    char line[160];
    snprintf(line, sizeof line, "sh: %.100s: not found\n", w->at[0]);
    say(s, CONSOLE_ERR, line);
    s->code = 127;
}

/* Statements. */

static void prepend(struct fake_shell *s, const char *statements)
{
    struct text all = {0};
    text_addf(&all, "%s;%s", statements, text_of(&s->rest));
    text_done(&s->rest);
    s->rest = all;
}

/* "while true; do BODY; done": the body is put in front, and the loop stays behind it. */
static bool take_loop(struct fake_shell *s)
{
    static const char head[] = "while true; do ", tail[] = "; done";
    const char *rest = text_of(&s->rest);
    const char *end_of_body = strstr(rest, tail);
    if (strncmp(rest, head, sizeof head - 1) != 0 || !end_of_body) {
        return false;
    }
    const char *body = rest + sizeof head - 1;
    snprintf(s->loop_body, sizeof s->loop_body, "%.*s", (int)(end_of_body - body), body);
    prepend(s, s->loop_body);
    return true;
}

static char *take_statement(struct fake_shell *s)
{
    const char *rest = text_of(&s->rest), *at = rest;
    char quote = 0;
    for (; *at && (quote || (*at != ';' && *at != '\n')); at++) {
        if (quote ? *at == quote : *at == '\'' || *at == '"') {
            quote = quote ? 0 : *at;
        }
    }
    char *statement = mem_string_n(rest, (size_t)(at - rest));
    at += *at != '\0';
    at += strspn(at, " \t");
    struct text left = {0};
    text_add(&left, at);
    text_done(&s->rest);
    s->rest = left;
    return statement;
}

static void run_statement(struct fake_shell *s)
{
    struct words w;
    if (take_loop(s)) {
        later(s, SOON); /* a loop lets others run */
        s->wait = WAIT_TIME;
        return;
    }
    char *statement = take_statement(s);
    split(s, statement, &w);
    free(statement);
    if (w.count) {
        const struct command *command = find_command(w.at[0]);
        command ? command->run(s, &w) : run_unknown(s, &w);
    }
    words_done(&w);
}

/* Input. */

static bool take_line(struct fake_shell *s, char *out, size_t room)
{
    const char *data = text_of(&s->input), *newline = strchr(data, '\n');
    if (!newline && !s->input_ended) {
        return false;
    }
    size_t len = newline ? (size_t)(newline - data) : s->input.len;
    snprintf(out, room, "%.*s", (int)len, data);
    struct text left = {0};
    text_add(&left, newline ? newline + 1 : "");
    text_done(&s->input);
    s->input = left;
    return true;
}

static void go_on(struct fake_shell *s)
{
    s->wait = WAIT_NOTHING;
}

static void on_line(struct fake_shell *s)
{
    char line[512];
    bool at_end = s->input_ended && !s->input.len;
    if (!take_line(s, line, sizeof line)) {
        return;
    }
    if (s->wait == WAIT_LINE) {
        set(s, s->reading, line, strlen(line));
        s->code = at_end;
        go_on(s);
    } else if (at_end) {
        end(s, s->code);
    } else {
        prepend(s, line);
        go_on(s);
    }
}

static void on_cat(struct fake_shell *s)
{
    struct text all = s->input;
    s->input = (struct text){0};
    if (all.len) {
        say_n(s, CONSOLE_OUT, all.data, all.len);
    }
    text_done(&all);
    if (s->input_ended && s->wait == WAIT_CAT) {
        s->code = 0;
        go_on(s);
    }
}

static void on_echo(struct fake_shell *s)
{
    char line[512], answer[560];
    while (!s->ended && s->input.len && take_line(s, line, sizeof line)) {
        snprintf(answer, sizeof answer, "you said: %s\n", line);
        say(s, CONSOLE_OUT, answer);
    }
}

static void on_ping(struct fake_shell *s)
{
    char line[96];
    snprintf(line, sizeof line, "64 bytes from 127.0.0.1: seq=%u ttl=64 time=0.05 ms\n", (unsigned)s->left++);
    say(s, CONSOLE_OUT, line);
    later(s, 1000);
}

static void on_bulk(struct fake_shell *s)
{
    char *chunk = mem_new(1, CHUNK);
    size_t n = s->left < CHUNK ? (size_t)s->left : CHUNK;
    for (size_t i = 0; s->wait == WAIT_FLOOD && i < n; i++) {
        chunk[i] = i % 80 == 79 ? '\n' : (char)('a' + i % 26);
    }
    s->left -= n;
    bool more = n == 0 || say_n(s, CONSOLE_OUT, chunk, n);
    free(chunk);
    if (!s->left) {
        s->code = 0;
        go_on(s);
        later(s, SOON);
    } else if (more) {
        later(s, SOON);
    }
}

static void wait_over(struct fake_shell *s)
{
    switch (s->wait) {
    case WAIT_LINE:
    case WAIT_PROMPT:
        on_line(s);
        break;
    case WAIT_CAT:
        on_cat(s);
        break;
    case WAIT_ECHO:
        on_echo(s);
        break;
    case WAIT_PING:
        on_ping(s);
        break;
    case WAIT_ZEROS:
    case WAIT_FLOOD:
        on_bulk(s);
        break;
    default:
        s->wait = WAIT_NOTHING;
        s->code = 0;
    }
}

static void at_the_end(struct fake_shell *s)
{
    if (s->asks) {
        say(s, CONSOLE_OUT, s->terminal ? "$ " : "");
        s->wait = WAIT_PROMPT;
        on_line(s);
    } else {
        end(s, s->code);
    }
}

static void step(struct fake_shell *s)
{
    if (s->wait != WAIT_NOTHING) {
        wait_over(s);
    }
    for (int n = 0; !s->ended && s->wait == WAIT_NOTHING; n++) {
        if (n == 100) {
            later(s, SOON);
            return;
        }
        if (s->rest.len) {
            run_statement(s);
        } else {
            at_the_end(s);
        }
        if (s->wait == WAIT_LINE || s->wait == WAIT_CAT) {
            wait_over(s);
        } else if (s->wait == WAIT_ZEROS || s->wait == WAIT_FLOOD) {
            later(s, 0);
        }
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct fake_shell *s = timer->data;
    if (!s->paused && !s->ended) {
        step(s);
    }
}

static void later(struct fake_shell *s, uint64_t ms)
{
    uv_timer_start(&s->timer, on_timer, ms, 0);
}

/* Life. */

static bool is_shell(const char *word)
{
    return strcmp(word, "sh") == 0 || strcmp(word, "/bin/sh") == 0;
}

bool fake_shell_can(const char *const *argv, bool first, struct error *e)
{
    const struct command *command = find_command(argv[0]);
    if (command && !command->inside) {
        return true;
    }
    if (strcmp(argv[0], "/proc") == 0 || strcmp(argv[0], "/etc") == 0) {
        error_set(e, ERROR_NOT_RUNNABLE, 0, "cannot run %.64s: it is a folder", argv[0]);
        return false;
    }
    if (!first || strncmp(argv[0], "no-such", 7) == 0) {
        error_set(e, ERROR_NO_COMMAND, 0, "cannot run %.64s: there is no such command in the container",
                  argv[0]);
        return false;
    }
    return true;
}

static void begin(struct fake_shell *s, const char *const *argv)
{
    const struct command *command = find_command(argv[0]);
    if (is_shell(argv[0])) {
        s->asks = !argv[1];
        text_add(&s->rest, argv[1] && strcmp(argv[1], "-c") == 0 ? argv[2] : "");
    } else if (!command) {
        s->wait = WAIT_ECHO;
        snprintf(s->trap, sizeof s->trap, "exit 0");
    } else {
        for (size_t i = 0; argv[i]; i++) {
            text_addf(&s->rest, "%s'%s'", i ? " " : "", argv[i]);
        }
    }
}

struct fake_shell *fake_shell_new(struct uv_loop_s *loop, const struct fake_shell_spec *spec,
                                  const struct fake_shell_hooks *hooks, void *user, void *engine)
{
    struct fake_shell *s = mem_new(1, sizeof *s);
    s->hooks = *hooks;
    s->user = user;
    s->engine = engine;
    s->terminal = spec->terminal;
    s->first = spec->first;
    s->input_ended = !spec->input && !spec->terminal;
    s->rows = spec->rows;
    s->cols = spec->cols;
    begin(s, spec->argv);
    for (size_t i = 0; spec->env && spec->env[i]; i++) {
        size_t len = name_length(spec->env[i]);
        char name[16];
        snprintf(name, sizeof name, "%.*s", (int)len, spec->env[i]);
        set(s, name, spec->env[i] + len + 1, strlen(spec->env[i] + len + 1));
    }
    uv_timer_init(loop, &s->timer);
    s->timer.data = s;
    later(s, 0);
    return s;
}

static void on_closed(uv_handle_t *handle)
{
    struct fake_shell *s = handle->data;
    s->hooks.released(s->engine);
    text_done(&s->rest);
    text_done(&s->input);
    free(s);
}

void fake_shell_free(struct fake_shell *s)
{
    if (s) {
        s->ended = true;
        uv_close((uv_handle_t *)&s->timer, on_closed);
    }
}

/* A terminal echoes, turns the return key into a new line, and knows Ctrl-C and Ctrl-D. */
static void type(struct fake_shell *s, char c)
{
    if (c == 3) {
        say(s, CONSOLE_OUT, "^C\n");
        fake_shell_signal(s, SIGINT);
    } else if (c == 4) {
        s->input_ended = true;
    } else {
        c = c == '\r' ? '\n' : c;
        say_n(s, CONSOLE_OUT, &c, 1);
        text_add_char(&s->input, c);
    }
}

void fake_shell_input(struct fake_shell *s, const char *data, size_t len)
{
    if (s->input_ended || s->ended) {
        return;
    }
    if (s->terminal) {
        for (size_t i = 0; i < len && !s->ended; i++) {
            type(s, data[i]);
        }
    } else {
        text_add_n(&s->input, data, len);
    }
    fake_shell_go(s);
}

void fake_shell_end_input(struct fake_shell *s)
{
    s->input_ended = true;
    fake_shell_go(s);
}

void fake_shell_resize(struct fake_shell *s, int rows, int cols)
{
    s->rows = rows;
    s->cols = cols;
}

void fake_shell_signal(struct fake_shell *s, int number)
{
    if (s->ended) {
        return;
    }
    if (number == SIGTERM && strncmp(s->trap, "exit ", 5) == 0) {
        end(s, atoi(s->trap + 5));
    } else if (number == SIGKILL || (!s->first && (number == SIGTERM || number == SIGHUP))) {
        end(s, 128 + number);
    } else if (number == SIGINT && s->asks) {
        text_clear(&s->rest);
        s->wait = WAIT_NOTHING;
        later(s, 0);
    } else if (number == SIGINT && !s->first) {
        end(s, 128 + number);
    }
}

void fake_shell_pause(struct fake_shell *s, bool pause)
{
    s->paused = pause;
    fake_shell_go(s);
}

bool fake_shell_pretends(const struct fake_shell *s)
{
    return s->wait == WAIT_ECHO;
}

void fake_shell_go(struct fake_shell *s)
{
    bool waits_for_time = s->wait == WAIT_TIME || s->wait == WAIT_PING;
    if (!s->ended && (!waits_for_time || !uv_is_active((uv_handle_t *)&s->timer))) {
        later(s, s->wait == WAIT_ZEROS || s->wait == WAIT_FLOOD ? SOON : 0);
    }
}

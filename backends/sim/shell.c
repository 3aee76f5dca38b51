/* A line is a queue of commands; the one in hand either is done at once or is an activity that goes on over
 * time: ping, a pause, a stream of bytes, a question. Input that comes meanwhile waits, but for Ctrl-C. */
#include "backends/sim/shell.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/sim/shell_parts.h"
#include "core/memory.h"

enum { LINE_MOST = 4096, CONTROL_C_EXIT = (int)0xC000013A };

static void print(struct shell *s, const char *words)
{
    s->place.print(s->place.user, CONSOLE_OUT, words, strlen(words));
}

void shell_say(struct shell *s, const char *words)
{
    enum console_stream stream = s->to_error && !s->place.terminal ? CONSOLE_ERR : CONSOLE_OUT;
    s->place.print(s->place.user, stream, words, strlen(words));
}

const char *shell_variable(const struct shell *s, const char *name, size_t len)
{
    for (size_t i = s->n_env; i-- > 0;) {
        bool same = strlen(s->env[i]) > len && s->env[i][len] == '=';
        for (size_t k = 0; same && k < len; k++) {
            same = toupper((unsigned char)s->env[i][k]) == toupper((unsigned char)name[k]);
        }
        if (same) {
            return s->env[i] + len + 1;
        }
    }
    return NULL;
}

void shell_set(struct shell *s, const char *word)
{
    s->env = mem_grow(s->env, &s->env_room, s->n_env + 1, sizeof *s->env);
    s->env[s->n_env++] = mem_string(word);
}

/* Lines. */

static void expand(const struct shell *s, const char *line, size_t len, struct text *out)
{
    for (size_t i = 0; i < len; i++) {
        const char *end = line[i] == '%' ? memchr(line + i + 1, '%', len - i - 1) : NULL;
        const char *value = end ? shell_variable(s, line + i + 1, (size_t)(end - line) - i - 1) : NULL;
        if (value) {
            text_add(out, value);
            i = (size_t)(end - line);
        } else {
            text_add_char(out, line[i]);
        }
    }
}

static char *trimmed(const struct text *t)
{
    const char *from = text_of(t), *end = from + t->len;
    while (from < end && isspace((unsigned char)*from)) {
        from++;
    }
    while (end > from && isspace((unsigned char)end[-1])) {
        end--;
    }
    return mem_string_n(from, (size_t)(end - from));
}

/* "1>&2" anywhere sends what is said to the error stream. */
static void take_redirection(struct shell *s, char *line)
{
    char *at = strstr(line, "1>&2");
    at = at ? at : strstr(line, ">&2");
    s->to_error = at != NULL;
    if (at) {
        size_t len = *at == '1' ? 4 : 3;
        memmove(at, at + len, strlen(at + len) + 1);
        for (size_t n = strlen(line); n > 0 && line[n - 1] == ' '; n--) {
            line[n - 1] = '\0';
        }
    }
}

/* Where the first command of a line ends: at a "&" that is not part of ">&". */
static size_t command_length(const char *line)
{
    size_t i = 0;
    while (line[i] && !(line[i] == '&' && (i == 0 || line[i - 1] != '>'))) {
        i++;
    }
    return i;
}

static void next_command(struct shell *s)
{
    struct text words = {0};
    size_t len = command_length(s->queue);
    expand(s, s->queue, len, &words);
    size_t skip = len + (s->queue[len] == '&') + (s->queue[len] == '&' && s->queue[len + 1] == '&');
    char *rest = s->queue[skip] ? mem_string(s->queue + skip) : NULL;
    char *line = trimmed(&words);
    free(s->queue);
    s->queue = rest;
    take_redirection(s, line);
    shell_command(s, line);
    s->to_error = s->to_error && s->activity != ACTIVITY_NONE;
    free(line);
    text_done(&words);
}

static void take_line(struct shell *s)
{
    char *line = mem_string(text_of(&s->line));
    text_clear(&s->line);
    if (s->activity == ACTIVITY_ASK) {
        struct text word = {0};
        text_addf(&word, "%s=%s", s->asked, line);
        shell_set(s, text_of(&word));
        text_done(&word);
        s->activity = ACTIVITY_NONE;
    } else if (s->activity == ACTIVITY_COPY) {
        print(s, line);
        print(s, s->place.terminal ? "\r\n" : "\n");
    } else {
        free(s->queue);
        s->queue = line[0] ? mem_string(line) : NULL;
        s->prompted = false;
    }
    free(line);
}

/* Input. */

static bool takes_input(const struct shell *s)
{
    return s->activity == ACTIVITY_ASK || s->activity == ACTIVITY_COPY ||
           (s->activity == ACTIVITY_NONE && s->interactive && !s->queue);
}

static void take_byte(struct shell *s, char c)
{
    bool terminal = s->place.terminal;
    if (c == '\n' && s->last == '\r') {
        s->last = c;
        return;
    }
    s->last = c;
    if (c == '\r' || c == '\n') {
        print(s, terminal ? "\r\n" : "");
        take_line(s);
    } else if (terminal && (c == '\b' || c == 0x7F)) {
        if (s->line.len > 0) {
            do {
                s->line.data[--s->line.len] = '\0';
            } while (s->line.len > 0 && ((unsigned char)s->line.data[s->line.len] & 0xC0) == 0x80);
            print(s, "\b \b");
        }
    } else if (s->line.len < LINE_MOST && (!terminal || (unsigned char)c >= ' ')) {
        text_add_char(&s->line, c);
        if (terminal) {
            s->place.print(s->place.user, CONSOLE_OUT, &c, 1);
        }
    }
}

static void take_input(struct shell *s)
{
    size_t used = 0;
    while (used < s->input.len && !s->ended && takes_input(s)) {
        take_byte(s, s->input.data[used++]);
    }
    if (used > 0) {
        memmove(s->input.data, s->input.data + used, s->input.len - used + 1);
        s->input.len -= used;
    }
    if (s->input_ended && s->input.len == 0 && takes_input(s) && !s->ended) {
        if (s->line.len > 0 && s->activity == ACTIVITY_COPY) {
            print(s, text_of(&s->line)); /* the last line has no end */
            text_clear(&s->line);
        } else if (s->line.len > 0) {
            take_line(s);
            return;
        }
        if (s->activity == ACTIVITY_NONE) {
            shell_exit(s, s->error_level);
        }
        s->activity = ACTIVITY_NONE;
    }
}

void shell_input(struct shell *s, const char *data, size_t len)
{
    enum { INPUT_MOST = 1 << 20 };
    for (size_t i = 0; i < len && s->input.len < INPUT_MOST; i++) {
        if (s->place.terminal && data[i] == 0x03) {
            shell_interrupt(s);
        } else {
            text_add_char(&s->input, data[i]);
        }
    }
}

void shell_end_input(struct shell *s)
{
    s->input_ended = true;
}

void shell_interrupt(struct shell *s)
{
    print(s, s->place.terminal ? "^C\r\n" : "");
    text_clear(&s->line);
    text_clear(&s->input);
    free(s->queue);
    s->queue = NULL;
    s->activity = ACTIVITY_NONE;
    s->prompted = false;
    if (!s->interactive) {
        shell_exit(s, (uint32_t)CONTROL_C_EXIT);
    }
}

/* Life. */

void shell_exit(struct shell *s, uint32_t code)
{
    s->ended = true;
    s->code = code;
}

static void prompt(struct shell *s)
{
    if (!s->prompted) {
        print(s, s->error_level || s->greeted ? "\r\n" : "");
        print(s, "C:\\>");
        s->prompted = s->greeted = true;
    }
}

void shell_run(struct shell *s, int64_t now)
{
    s->now = now;
    for (bool again = true; again && !s->ended;) {
        bool was_busy = s->activity != ACTIVITY_NONE;
        if (was_busy) {
            activity_go_on(s);
        }
        if (s->activity == ACTIVITY_NONE && s->queue) {
            next_command(s);
            was_busy = true;
        } else if (s->activity == ACTIVITY_NONE && !s->interactive) {
            shell_exit(s, s->error_level);
        } else if (s->activity == ACTIVITY_NONE && s->place.terminal) {
            prompt(s);
        }
        size_t before = s->input.len;
        take_input(s);
        again = !s->ended &&
                (before != s->input.len || (s->activity == ACTIVITY_NONE && (s->queue || !s->interactive)) ||
                 (was_busy && s->activity == ACTIVITY_NONE));
    }
}

bool shell_ended(const struct shell *s, uint32_t *code)
{
    *code = s->code;
    return s->ended;
}

void shell_resize(struct shell *s, int rows, int cols)
{
    s->place.rows = rows;
    s->place.cols = cols;
}

/* The first word, as Windows splits it. */
static const char *first_word(const char *line, struct text *word)
{
    bool quoted = false;
    line += strspn(line, " \t");
    for (; *line && (quoted || (*line != ' ' && *line != '\t')); line++) {
        if (*line == '"') {
            quoted = !quoted;
        } else {
            text_add_char(word, *line);
        }
    }
    return line + strspn(line, " \t");
}

const char *shell_program(const char *command_line, char *out, size_t room)
{
    struct text word = {0};
    first_word(command_line, &word);
    const char *name = text_of(&word);
    for (const char *at = name; *at; at++) {
        name = *at == '\\' || *at == '/' ? at + 1 : name;
    }
    size_t n = 0;
    for (; name[n] && n + 1 < room; n++) {
        out[n] = (char)tolower((unsigned char)name[n]);
    }
    out[n] = '\0';
    n = n > 4 && (strcmp(out + n - 4, ".exe") == 0 || strcmp(out + n - 4, ".com") == 0) ? n - 4 : n;
    out[n] = '\0';
    text_done(&word);
    return out;
}

int32_t shell_can(const char *command_line)
{
    static const char *const folders[] = {"", "windows", "system32", "users", "data"};
    char program[64];
    shell_program(command_line, program, sizeof program);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (strcmp(program, folders[i]) == 0) {
            return (int32_t)UINT32_C(0x80070005); /* a folder */
        }
    }
    return strcmp(program, "cmd") == 0 || command_is_program(program) ? 0 : (int32_t)UINT32_C(0x80070002);
}

/* Takes the quotes and the backslashes away that made one word of the rest of the line. */
static char *unquoted(const char *rest)
{
    size_t len = strlen(rest);
    struct text out = {0};
    if (len < 2 || rest[0] != '"' || rest[len - 1] != '"') {
        return mem_string(rest);
    }
    for (size_t i = 1; i + 1 < len; i++) {
        i += rest[i] == '\\' && rest[i + 1] == '"';
        text_add_char(&out, rest[i]);
    }
    text_add(&out, "");
    return out.data ? text_take(&out) : mem_string("");
}

static void begin(struct shell *s, const char *command_line)
{
    char program[64];
    struct text word = {0};
    const char *rest = first_word(command_line, &word);
    text_done(&word);
    if (strcmp(shell_program(command_line, program, sizeof program), "cmd") != 0) {
        struct text line = {0};
        text_addf(&line, "%s %s", program, rest);
        s->queue = text_take(&line);
    } else if ((rest[0] == '/' || rest[0] == '-') && tolower((unsigned char)rest[1]) == 'c') {
        s->queue = unquoted(rest + 2 + strspn(rest + 2, " "));
    } else {
        s->interactive = true;
    }
}

struct shell *shell_new(const struct shell_place *place, const char *command_line, const char *const *env,
                        int64_t now)
{
    struct shell *s = mem_new(1, sizeof *s);
    struct text words = {0};
    s->place = *place;
    s->now = now;
    text_addf(&words, "COMPUTERNAME=%s", place->host);
    static const char *const usual[] = {"OS=Windows_NT", "SystemRoot=C:\\Windows",
                                        "PATH=C:\\Windows\\system32;C:\\Windows",
                                        "USERNAME=ContainerAdministrator"};
    shell_set(s, text_of(&words));
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        shell_set(s, usual[i]);
    }
    for (size_t i = 0; env && env[i]; i++) {
        shell_set(s, env[i]);
    }
    begin(s, command_line);
    if (s->interactive) {
        text_clear(&words);
        text_addf(&words,
                  "Microsoft Windows [Version 10.0.%u.2700]\r\n(c) Microsoft Corporation. All rights "
                  "reserved.\r\n\r\n",
                  place->build);
        print(s, text_of(&words));
    }
    text_done(&words);
    return s;
}

void shell_free(struct shell *s)
{
    if (!s) {
        return;
    }
    for (size_t i = 0; i < s->n_env; i++) {
        free(s->env[i]);
    }
    free(s->env);
    free(s->queue);
    text_done(&s->line);
    text_done(&s->input);
    free(s);
}

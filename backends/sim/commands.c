#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/sim/shell_parts.h"

struct command {
    const char *name, *words;
    bool is_program;
    void (*run)(struct shell *s, const char *rest);
};

static void say_line(struct shell *s, const char *words)
{
    shell_say(s, words);
    shell_say(s, "\r\n");
}

/* At once. */

static void do_echo(struct shell *s, const char *rest)
{
    say_line(s, rest[0] ? rest : "ECHO is on.");
}

static void do_ver(struct shell *s, const char *rest)
{
    char words[64];
    (void)rest;
    snprintf(words, sizeof words, "\r\nMicrosoft Windows [Version 10.0.%u.2700]", s->place.build);
    say_line(s, words);
}

static void do_hostname(struct shell *s, const char *rest)
{
    (void)rest;
    say_line(s, s->place.host);
}

static void do_whoami(struct shell *s, const char *rest)
{
    (void)rest;
    say_line(s, "user manager\\containeradministrator");
}

static void do_cls(struct shell *s, const char *rest)
{
    (void)rest;
    shell_say(s, s->place.terminal ? "\x1b[2J\x1b[H" : "\f");
}

static void do_cd(struct shell *s, const char *rest)
{
    (void)rest;
    say_line(s, "C:\\");
}

static void do_dir(struct shell *s, const char *rest)
{
    (void)rest;
    say_line(s, " Volume in drive C has no label.\r\n\r\n Directory of C:\\\r\n\r\n"
                "06/01/2026  10:00 AM             5,510 License.txt\r\n"
                "06/01/2026  10:00 AM         5,000,000 big.log\r\n"
                "06/01/2026  10:00 AM    <DIR>          Users\r\n"
                "06/01/2026  10:00 AM    <DIR>          Windows\r\n"
                "               2 File(s)      5,005,510 bytes");
}

static void do_set(struct shell *s, const char *rest)
{
    const char *equals = strchr(rest, '=');
    if ((rest[0] == '/' && tolower((unsigned char)rest[1]) == 'p')) {
        const char *name = rest + 2 + strspn(rest + 2, " ");
        size_t len = strcspn(name, "=");
        snprintf(s->asked, sizeof s->asked, "%.*s", (int)len, name);
        shell_say(s, name[len] ? name + len + 1 : "");
        s->activity = ACTIVITY_ASK;
    } else if (equals && equals > rest) {
        shell_set(s, rest);
    } else {
        for (size_t i = 0; i < s->n_env; i++) {
            say_line(s, s->env[i]);
        }
    }
}

static void do_mode(struct shell *s, const char *rest)
{
    char words[160];
    (void)rest;
    snprintf(words, sizeof words,
             "\r\nStatus for device CON:\r\n----------------------\r\n    Lines:          %d\r\n    Columns: "
             "       %d",
             s->place.rows, s->place.cols);
    say_line(s, words);
}

static void do_tasklist(struct shell *s, const char *rest)
{
    struct text out = {0};
    (void)rest;
    s->place.list_tasks(s->place.user, &out);
    shell_say(s, text_of(&out));
    text_done(&out);
}

static void do_exit(struct shell *s, const char *rest)
{
    rest += strncmp(rest, "/b", 2) == 0 ? 2 : 0;
    rest += strspn(rest, " ");
    shell_exit(s, rest[0] ? (uint32_t)strtol(rest, NULL, 10) : s->error_level);
}

/* Over time. */

static void do_ping(struct shell *s, const char *rest)
{
    char words[160];
    const char *count = strstr(rest, "-n "), *target = NULL;
    s->left = strstr(rest, "-t") ? -1 : count ? atoi(count + 3) : 4;
    for (const char *at = rest; *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        bool number = len > 0 && strspn(at, "0123456789") == len;
        target = at[0] != '-' && !number ? at : target;
        at += len;
    }
    if (!target) {
        say_line(s, "\r\nUsage: ping [-t] [-n count] target_name");
        s->error_level = 1;
        return;
    }
    snprintf(s->target, sizeof s->target, "%.*s", (int)strcspn(target, " "), target);
    snprintf(words, sizeof words, "\r\nPinging %s [::1] with 32 bytes of data:", s->target);
    say_line(s, words);
    s->activity = ACTIVITY_PING;
    s->next = s->now;
    s->sent = 0;
}

static void do_timeout(struct shell *s, const char *rest)
{
    rest += strncmp(rest, "/t", 2) == 0 ? 2 : 0;
    int seconds = atoi(rest + strspn(rest, " "));
    s->activity = ACTIVITY_WAIT;
    s->next = s->now + (int64_t)(seconds > 0 ? seconds : 0) * 1000;
}

static void do_more(struct shell *s, const char *rest)
{
    (void)rest;
    s->activity = ACTIVITY_COPY;
}

static void do_type(struct shell *s, const char *rest)
{
    if (strcmp(rest, "big.log") == 0) {
        s->activity = ACTIVITY_FILL;
        s->left = 5000000;
    } else if (strcmp(rest, "License.txt") == 0) {
        say_line(s, "This is a simulated container: nothing in it is Windows.");
    } else {
        say_line(s, "The system cannot find the file specified.");
        s->error_level = 1;
    }
}

static void do_help(struct shell *s, const char *rest);

static const struct command commands[] = {
    {"cd", "shows the current folder", false, do_cd},
    {"cls", "clears the screen", false, do_cls},
    {"dir", "lists the files", false, do_dir},
    {"echo", "prints words", false, do_echo},
    {"exit", "ends the interpreter: exit 3", false, do_exit},
    {"help", "shows this", false, do_help},
    {"hostname", "prints the name of the container", true, do_hostname},
    {"mode", "shows the size of the console", true, do_mode},
    {"more", "copies its input to its output", true, do_more},
    {"ping", "asks a host for an echo: ping -t localhost", true, do_ping},
    {"set", "shows or sets variables; set /p NAME=words asks for one", false, do_set},
    {"tasklist", "lists the processes", true, do_tasklist},
    {"timeout", "waits: timeout /t 5", true, do_timeout},
    {"type", "prints a file", false, do_type},
    {"ver", "shows the version", false, do_ver},
    {"whoami", "prints the user", true, do_whoami},
};

static void do_help(struct shell *s, const char *rest)
{
    char words[120];
    (void)rest;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        snprintf(words, sizeof words, "%-10s %s", commands[i].name, commands[i].words);
        say_line(s, words);
    }
}

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

bool command_is_program(const char *name)
{
    const struct command *c = find(name);
    return c && c->is_program;
}

void shell_command(struct shell *s, const char *line)
{
    char name[64], words[256];
    size_t len = strcspn(line, " \t=");
    const char *rest = line + len + strspn(line + len, " \t");
    if (!line[0]) {
        return;
    }
    const struct command *c = find(shell_program(line, name, sizeof name));
    if (c) {
        s->error_level = 0;
        c->run(s, rest);
        return;
    }
    snprintf(
        words, sizeof words,
        "'%.60s' is not recognized as an internal or external command,\r\noperable program or batch file.",
        name);
    s->to_error = true;
    say_line(s, words);
    s->error_level = 1;
}

/* Going on. */

static void ping_on(struct shell *s)
{
    char words[200];
    while (s->activity == ACTIVITY_PING && s->next <= s->now) {
        if (s->left == 0) {
            snprintf(
                words, sizeof words,
                "\r\nPing statistics for ::1:\r\n    Packets: Sent = %u, Received = %u, Lost = 0 (0%% loss),",
                s->sent, s->sent);
            say_line(s, words);
            s->activity = ACTIVITY_NONE;
            return;
        }
        if (!s->place.is_full(s->place.user)) {
            say_line(s, "Reply from ::1: time<1ms");
        }
        s->sent++;
        s->left -= s->left > 0;
        s->next = s->next + 1000 > s->now - 1000 ? s->next + 1000 : s->now + 1000;
    }
}

static void fill_on(struct shell *s)
{
    static const char row[] =
        "2026-06-01 10:00:00 INFO  nothing has happened, and it went on for a long time today\n";
    while (s->left > 0 && !s->place.is_full(s->place.user)) {
        size_t most = sizeof row - 1, n = (int64_t)most < s->left ? most : (size_t)s->left;
        s->place.print(s->place.user, CONSOLE_OUT, row, n);
        s->left -= (int64_t)n;
    }
    s->activity = s->left > 0 ? ACTIVITY_FILL : ACTIVITY_NONE;
}

void activity_go_on(struct shell *s)
{
    if (s->activity == ACTIVITY_PING) {
        ping_on(s);
    } else if (s->activity == ACTIVITY_FILL) {
        fill_on(s);
    } else if (s->activity == ACTIVITY_WAIT && s->next <= s->now) {
        s->activity = ACTIVITY_NONE;
    }
}

#include "core/jsonc.h"

#include <stdbool.h>
#include <string.h>

#include "core/memory.h"

/* How long is the string at s, with its quotes? */
static size_t string_length(const char *s)
{
    const char *at = s + 1;
    for (; *at && *at != '"'; at++) {
        if (*at == '\\' && at[1]) {
            at++;
        }
    }
    return (size_t)(at - s) + (*at == '"');
}

static char *blank_comment(char *s)
{
    bool block = s[1] == '*';
    s[0] = s[1] = ' ';
    for (s += 2; *s && (block || *s != '\n'); s++) {
        if (block && s[0] == '*' && s[1] == '/') {
            s[0] = s[1] = ' ';
            return s + 2;
        }
        if (*s != '\n') {
            *s = ' ';
        }
    }
    return s;
}

void jsonc_blank(char *text)
{
    char *s = text;
    if (strncmp(s, "\xef\xbb\xbf", 3) == 0) {
        memset(s, ' ', 3);
    }
    while (*s) {
        if (*s == '"') {
            s += string_length(s);
        } else if (*s == '/' && (s[1] == '/' || s[1] == '*')) {
            s = blank_comment(s);
        } else {
            s++;
        }
    }
}

int jsonc_line(const char *text, const char *at)
{
    int line = 1;
    for (; text < at && *text; text++) {
        line += *text == '\n';
    }
    return line;
}

int *jsonc_key_lines(const char *text, size_t *n)
{
    int *lines = NULL, line = 1;
    size_t room = 0;
    *n = 0;
    for (const char *s = text; *s;) {
        if (*s != '"') {
            line += *s++ == '\n';
            continue;
        }
        const char *end = s + string_length(s);
        if (end[strspn(end, " \t\r\n")] == ':') {
            lines = mem_grow(lines, &room, *n + 1, sizeof *lines);
            lines[(*n)++] = line;
        }
        line += jsonc_line(s, end) - 1;
        s = end;
    }
    return lines;
}

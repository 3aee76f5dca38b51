/* One pass with the least state that JSON needs: inside of a string or not, and how deep. A line ends after
 * an opening bracket, before a closing one, and after a comma; an empty pair of brackets stays together. */
#include "ui/json_lines.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

enum { INDENT = 2, DEEPEST = 40 };

struct writer {
    struct json_lines *lines;
    struct text line;
    int depth;
    size_t string_at, string_end; /* the line's first string */
    bool has_key;
};

static void end_line(struct writer *w)
{
    struct json_lines *l = w->lines;
    if (w->line.len == 0 || l->count >= JSON_LINES) {
        text_clear(&w->line);
        return;
    }
    l->lines = mem_grow(l->lines, &l->room, l->count + 1, sizeof *l->lines);
    struct json_line *line = &l->lines[l->count++];
    *line = (struct json_line){mem_string(text_of(&w->line)), 0, 0};
    if (w->has_key) {
        line->key_at = (int)w->string_at;
        line->key_len = (int)(w->string_end - w->string_at);
    }
    text_clear(&w->line);
    w->string_end = 0;
    w->has_key = false;
}

static void add(struct writer *w, const char *s, size_t len)
{
    if (w->line.len == 0) {
        int depth = w->depth < DEEPEST ? w->depth : DEEPEST;
        for (int i = 0; i < depth * INDENT; i++) {
            text_add_char(&w->line, ' ');
        }
    }
    if (w->line.len < JSON_LINE) {
        text_add_clean(&w->line, s, len < JSON_LINE ? len : JSON_LINE);
    }
}

static const char *string_end(const char *s)
{
    for (s++; *s != '\0' && *s != '"'; s++) {
        if (*s == '\\' && s[1] != '\0') {
            s++;
        }
    }
    return *s == '"' ? s + 1 : s;
}

static const char *add_string(struct writer *w, const char *s)
{
    const char *end = string_end(s);
    bool first = w->string_end == 0;
    add(w, s, 0);
    size_t at = w->line.len;
    add(w, s, (size_t)(end - s));
    if (first) {
        w->string_at = at;
        w->string_end = w->line.len;
    }
    return end;
}

static const char *skip_space(const char *s)
{
    return s + strspn(s, " \t\r\n");
}

static const char *open_bracket(struct writer *w, const char *s)
{
    const char *inside = skip_space(s + 1);
    add(w, s, 1);
    if (*inside == '}' || *inside == ']') {
        add(w, inside, 1);
        return inside + 1;
    }
    end_line(w);
    w->depth++;
    return inside;
}

static const char *close_bracket(struct writer *w, const char *s)
{
    end_line(w);
    w->depth -= w->depth > 0 ? 1 : 0;
    add(w, s, 1);
    return s + 1;
}

static const char *add_colon(struct writer *w, const char *s)
{
    w->has_key = w->string_end > 0;
    add(w, ": ", 2);
    return s + 1;
}

static const char *add_word(struct writer *w, const char *s)
{
    size_t len = strcspn(s, "{}[],:\" \t\r\n");
    add(w, s, len);
    return s + len;
}

static const char *take(struct writer *w, const char *s)
{
    switch (*s) {
    case '{':
    case '[':
        return open_bracket(w, s);
    case '}':
    case ']':
        return close_bracket(w, s);
    case ',':
        add(w, s, 1);
        end_line(w);
        return s + 1;
    case ':':
        return add_colon(w, s);
    case '"':
        return add_string(w, s);
    default:
        return add_word(w, s);
    }
}

void json_lines_make(struct json_lines *l, const char *text)
{
    struct writer w = {.lines = l};
    for (const char *s = skip_space(text); *s != '\0'; s = skip_space(s)) {
        s = take(&w, s);
    }
    end_line(&w);
    text_done(&w.line);
}

void json_lines_done(struct json_lines *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->lines[i].text);
    }
    free(l->lines);
    *l = (struct json_lines){0};
}

#include "ui/line_edit.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { LONGEST = 4096 };

void line_edit_done(struct line_edit *e)
{
    text_done(&e->text);
    e->cursor = 0;
}

void line_edit_set(struct line_edit *e, const char *text)
{
    text_clear(&e->text);
    if (text) {
        text_add_clean(&e->text, text, strnlen(text, LONGEST));
    }
    e->cursor = e->text.len;
}

const char *line_edit_get(const struct line_edit *e)
{
    return text_of(&e->text);
}

static bool inside_character(const struct line_edit *e, size_t at)
{
    return at < e->text.len && ((unsigned char)e->text.data[at] & 0xC0) == 0x80;
}

static size_t before(const struct line_edit *e, size_t at)
{
    while (at > 0) {
        at--;
        if (!inside_character(e, at)) {
            break;
        }
    }
    return at;
}

static size_t after(const struct line_edit *e, size_t at)
{
    if (at < e->text.len) {
        at++;
    }
    while (inside_character(e, at)) {
        at++;
    }
    return at;
}

static size_t word_before(const struct line_edit *e, size_t at)
{
    while (at > 0 && e->text.data[at - 1] == ' ') {
        at--;
    }
    while (at > 0 && e->text.data[at - 1] != ' ') {
        at--;
    }
    return at;
}

static bool cut(struct line_edit *e, size_t from, size_t to)
{
    if (from >= to) {
        return false;
    }
    memmove(e->text.data + from, e->text.data + to, e->text.len - to + 1);
    e->text.len -= to - from;
    e->cursor = from;
    return true;
}

static bool insert(struct line_edit *e, const char *s, size_t len)
{
    struct text clean = {0};
    struct text all = {0};
    text_add_clean(&clean, s, len);
    bool fits = clean.len > 0 && e->text.len + clean.len <= LONGEST;
    if (fits) {
        text_add_n(&all, text_of(&e->text), e->cursor);
        text_add_n(&all, clean.data, clean.len);
        text_add(&all, text_of(&e->text) + e->cursor);
        text_done(&e->text);
        e->text = all;
        e->cursor += clean.len;
    }
    text_done(&clean);
    return fits;
}

static bool control(struct line_edit *e, uint32_t letter, bool *changed)
{
    switch (letter) {
    case 'a':
        e->cursor = 0;
        return true;
    case 'e':
        e->cursor = e->text.len;
        return true;
    case 'u':
        *changed = cut(e, 0, e->cursor);
        return true;
    case 'k':
        *changed = cut(e, e->cursor, e->text.len);
        return true;
    case 'w':
        *changed = cut(e, word_before(e, e->cursor), e->cursor);
        return true;
    default:
        return false;
    }
}

static bool special(struct line_edit *e, const struct key *k, bool *changed)
{
    switch (k->code) {
    case KEY_CODE_LEFT:
        e->cursor = k->modifiers & KEY_CTRL ? word_before(e, e->cursor) : before(e, e->cursor);
        return true;
    case KEY_CODE_RIGHT:
        e->cursor = after(e, e->cursor);
        return true;
    case KEY_CODE_HOME:
        e->cursor = 0;
        return true;
    case KEY_CODE_END:
        e->cursor = e->text.len;
        return true;
    case KEY_CODE_BACKSPACE:
        *changed = cut(e, before(e, e->cursor), e->cursor);
        return true;
    case KEY_CODE_DELETE:
        *changed = cut(e, e->cursor, after(e, e->cursor));
        return true;
    case KEY_CODE_PASTE:
        *changed = insert(e, k->paste, k->paste_len);
        return true;
    default:
        return false;
    }
}

bool line_edit_key(struct line_edit *e, const struct key *k, bool *changed)
{
    bool unused;
    changed = changed ? changed : &unused;
    *changed = false;
    if (k->code >= KEY_BASE_) {
        return special(e, k, changed);
    }
    if (k->modifiers & KEY_CTRL) {
        return control(e, k->code, changed);
    }
    if (k->modifiers & KEY_ALT || k->code < ' ') {
        return false;
    }
    char bytes[4];
    *changed = insert(e, bytes, text_encode(k->code, bytes));
    return true;
}

static int width_of(const char *s, size_t len)
{
    char *copy = mem_string_n(s, len);
    int width = text_width(copy);
    free(copy);
    return width;
}

void line_edit_draw(const struct line_edit *e, struct canvas *c, int row, int col, int cols, enum style style,
                    bool focused)
{
    size_t from = 0;
    const char *s = text_of(&e->text);
    int used = width_of(s, e->cursor);
    while (focused && used >= cols && from < e->cursor) {
        size_t next = after(e, from);
        used -= width_of(s + from, next - from);
        from = next;
    }
    canvas_fill(c, (struct rect){row, col, 1, cols}, style);
    canvas_text(c, row, col, cols, style, s + from);
    if (focused) {
        canvas_cursor(c, row, col + used);
    }
}

#include "ui/keys.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"

struct named {
    uint32_t code;
    const char *name;
};

/* The first name of a code is the one that is shown; what the system makes itself cannot be typed. */
static const struct named names[] = {
    {KEY_CODE_UP, "Up"},
    {KEY_CODE_DOWN, "Down"},
    {KEY_CODE_LEFT, "Left"},
    {KEY_CODE_RIGHT, "Right"},
    {KEY_CODE_HOME, "Home"},
    {KEY_CODE_END, "End"},
    {KEY_CODE_PAGE_UP, "Page Up"},
    {KEY_CODE_PAGE_UP, "PageUp"},
    {KEY_CODE_PAGE_UP, "PgUp"},
    {KEY_CODE_PAGE_DOWN, "Page Down"},
    {KEY_CODE_PAGE_DOWN, "PageDown"},
    {KEY_CODE_PAGE_DOWN, "PgDn"},
    {KEY_CODE_INSERT, "Insert"},
    {KEY_CODE_INSERT, "Ins"},
    {KEY_CODE_DELETE, "Delete"},
    {KEY_CODE_DELETE, "Del"},
    {KEY_CODE_BACKSPACE, "Backspace"},
    {KEY_CODE_ENTER, "Enter"},
    {KEY_CODE_ENTER, "Return"},
    {KEY_CODE_TAB, "Tab"},
    {KEY_CODE_ESCAPE, "Esc"},
    {KEY_CODE_ESCAPE, "Escape"},
    {' ', "Space"},
};

static const struct named made[] = {
    {KEY_CODE_RESIZE, "Resize"},
    {KEY_CODE_MOUSE, "Mouse"},
    {KEY_CODE_PASTE, "Paste"},
};

static const struct {
    unsigned bit;
    const char *prefix;
} modifiers[] = {{KEY_CTRL, "Ctrl-"}, {KEY_ALT, "Alt-"}, {KEY_SHIFT, "Shift-"}};

enum { N_MODIFIERS = sizeof modifiers / sizeof modifiers[0] };

static const char *find_name(const struct named *table, size_t n, uint32_t code)
{
    for (size_t i = 0; i < n; i++) {
        if (table[i].code == code) {
            return table[i].name;
        }
    }
    return NULL;
}

static void base_name(const struct key *k, char *out, size_t size)
{
    const char *name = find_name(names, sizeof names / sizeof names[0], k->code);
    if (name == NULL) {
        name = find_name(made, sizeof made / sizeof made[0], k->code);
    }
    if (name != NULL) {
        snprintf(out, size, "%s", name);
    } else if (k->code >= KEY_CODE_F1 && k->code <= KEY_CODE_F12) {
        snprintf(out, size, "F%u", (unsigned)(k->code - KEY_CODE_F1 + 1));
    } else if (k->code < 0x20 || k->code > 0x10ffff) {
        snprintf(out, size, "?");
    } else {
        bool letter = k->code >= 'a' && k->code <= 'z' && (k->modifiers & KEY_CTRL) != 0;
        char bytes[5] = {0};
        text_encode(letter ? k->code - 'a' + 'A' : k->code, bytes);
        snprintf(out, size, "%s", bytes);
    }
}

const char *key_label(const struct key *k, char out[KEY_NAME])
{
    size_t len = 0;
    for (size_t i = 0; i < N_MODIFIERS; i++) {
        if (k->modifiers & modifiers[i].bit) {
            len += (size_t)snprintf(out + len, KEY_NAME - len, "%s", modifiers[i].prefix);
        }
    }
    base_name(k, out + len, KEY_NAME - len);
    return out;
}

/* Takes the prefixes off; what remains is never empty, so that "Ctrl--" is Ctrl and a minus. */
static const char *parse_modifiers(const char *name, unsigned *found)
{
    for (size_t i = 0; i < N_MODIFIERS;) {
        size_t len = strlen(modifiers[i].prefix);
        if (strncasecmp(name, modifiers[i].prefix, len) == 0 && name[len] != '\0' &&
            (*found & modifiers[i].bit) == 0) {
            *found |= modifiers[i].bit;
            name += len;
            i = 0;
        } else {
            i++;
        }
    }
    return name;
}

static uint32_t parse_function_key(const char *name)
{
    int number = 0, used = 0;
    if ((name[0] != 'F' && name[0] != 'f') || name[1] < '1' || name[1] > '9' || strlen(name) > 3) {
        return KEY_NONE_;
    }
    if (sscanf(name + 1, "%d%n", &number, &used) != 1 || name[1 + used] != '\0' || number > 12) {
        return KEY_NONE_;
    }
    return KEY_CODE_F1 + (uint32_t)number - 1;
}

static uint32_t parse_base(const char *name)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcasecmp(names[i].name, name) == 0) {
            return names[i].code;
        }
    }
    uint32_t code = parse_function_key(name);
    size_t len = strlen(name);
    if (code != KEY_NONE_ || len == 0) {
        return code;
    }
    bool one = text_decode(name, name + len, &code) == len;
    bool control = code <= 0x20 || (code >= 0x7f && code < 0xa0);
    return one && !control && (code != 0xfffd || len == 3) ? code : (uint32_t)KEY_NONE_;
}

bool key_parse(const char *name, struct key *k)
{
    struct key parsed = {0};
    if (name == NULL) {
        return false;
    }
    parsed.code = parse_base(parse_modifiers(name, &parsed.modifiers));
    if (parsed.code == KEY_NONE_) {
        return false;
    }
    bool character = parsed.code < KEY_BASE_ && parsed.code != ' ';
    if (character && (parsed.modifiers & KEY_SHIFT)) {
        return false; /* the character tells it: "A", not "Shift-a" */
    }
    if ((parsed.modifiers & KEY_CTRL) && parsed.code >= 'A' && parsed.code <= 'Z') {
        parsed.code += 'a' - 'A';
    }
    *k = parsed;
    return true;
}

bool key_is_character(const struct key *k)
{
    return k->code >= ' ' && k->code < KEY_BASE_ && (k->modifiers & (KEY_CTRL | KEY_ALT)) == 0;
}

bool key_is(const struct key *k, const char *name)
{
    struct key parsed;
    return key_parse(name, &parsed) && parsed.code == k->code && parsed.modifiers == k->modifiers;
}

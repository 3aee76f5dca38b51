/* One state for each place inside a sequence. Keys that are complete wait in a short queue: one byte makes at
 * most three (a broken character, the Esc before it, and itself).
 */
#include "ui/typing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

enum { QUEUE = 8, SEQUENCE = 64, X10_BYTES = 3, REPLACEMENT = 0xfffd };

enum state { GROUND, CHARACTER, ESCAPE, CSI, SS3, X10_MOUSE, PASTE };

struct typing {
    enum state state;
    bool utf8;
    unsigned alt;         /* KEY_ALT when an escape came before */
    char bytes[SEQUENCE]; /* of the character or the sequence so far */
    size_t n;
    size_t expected; /* bytes of the character */
    struct key queue[QUEUE];
    size_t first, queued;
    struct text paste, pasted; /* coming in; handed out */
};

struct coded {
    int number;
    uint32_t code;
};

static const char paste_end[] = "\033[201~";

struct typing *typing_new(bool utf8)
{
    struct typing *t = mem_new(1, sizeof *t);
    t->utf8 = utf8;
    return t;
}

void typing_free(struct typing *t)
{
    if (t == NULL) {
        return;
    }
    text_done(&t->paste);
    text_done(&t->pasted);
    free(t);
}

static void push(struct typing *t, const struct key *k)
{
    if (t->queued < QUEUE) {
        t->queue[(t->first + t->queued++) % QUEUE] = *k;
    }
}

static void push_code(struct typing *t, uint32_t code, unsigned modifiers)
{
    push(t, &(struct key){.code = code, .modifiers = modifiers});
}

bool typing_next(struct typing *t, struct key *k)
{
    if (t->queued == 0) {
        return false;
    }
    *k = t->queue[t->first];
    t->first = (t->first + 1) % QUEUE;
    t->queued--;
    return true;
}

static uint32_t by_number(const struct coded *table, size_t n, int number)
{
    for (size_t i = 0; i < n; i++) {
        if (table[i].number == number) {
            return table[i].code;
        }
    }
    return KEY_NONE_;
}

static uint32_t by_final(char final)
{
    static const struct coded table[] = {
        {'A', KEY_CODE_UP},     {'B', KEY_CODE_DOWN},   {'C', KEY_CODE_RIGHT}, {'D', KEY_CODE_LEFT},
        {'H', KEY_CODE_HOME},   {'F', KEY_CODE_END},    {'P', KEY_CODE_F1},    {'Q', KEY_CODE_F1 + 1},
        {'R', KEY_CODE_F1 + 2}, {'S', KEY_CODE_F1 + 3}, {'M', KEY_CODE_ENTER},
    };
    return by_number(table, sizeof table / sizeof table[0], final);
}

static uint32_t by_tilde(int number)
{
    static const struct coded table[] = {
        {1, KEY_CODE_HOME},    {2, KEY_CODE_INSERT},    {3, KEY_CODE_DELETE},   {4, KEY_CODE_END},
        {5, KEY_CODE_PAGE_UP}, {6, KEY_CODE_PAGE_DOWN}, {7, KEY_CODE_HOME},     {8, KEY_CODE_END},
        {11, KEY_CODE_F1},     {12, KEY_CODE_F1 + 1},   {13, KEY_CODE_F1 + 2},  {14, KEY_CODE_F1 + 3},
        {15, KEY_CODE_F1 + 4}, {17, KEY_CODE_F1 + 5},   {18, KEY_CODE_F1 + 6},  {19, KEY_CODE_F1 + 7},
        {20, KEY_CODE_F1 + 8}, {21, KEY_CODE_F1 + 9},   {23, KEY_CODE_F1 + 10}, {24, KEY_CODE_F12},
    };
    return by_number(table, sizeof table / sizeof table[0], number);
}

/* As terminals number them: 1 + shift 1, alt 2, ctrl 4. */
static unsigned modifiers_of(int parameter)
{
    unsigned bits = parameter > 1 ? (unsigned)parameter - 1 : 0;
    return (bits & 1 ? KEY_SHIFT : 0u) | (bits & 2 ? KEY_ALT : 0u) | (bits & 4 ? KEY_CTRL : 0u);
}

/* A control byte, or a character that cannot be one. */
static void push_character(struct typing *t, uint32_t code, unsigned modifiers)
{
    static const uint32_t symbols[] = {'\\', ']', '^', '_'};
    if (code == '\r') {
        push_code(t, KEY_CODE_ENTER, modifiers);
    } else if (code == '\t') {
        push_code(t, KEY_CODE_TAB, modifiers);
    } else if (code == 0x1b) {
        push_code(t, KEY_CODE_ESCAPE, modifiers);
    } else if (code == 0x7f) {
        push_code(t, KEY_CODE_BACKSPACE, modifiers);
    } else if (code == 0) {
        push_code(t, ' ', modifiers | KEY_CTRL);
    } else if (code <= 26) {
        push_code(t, 'a' + code - 1, modifiers | KEY_CTRL);
    } else if (code < 0x20) {
        push_code(t, symbols[code - 28], modifiers | KEY_CTRL);
    } else if (code < 0x80 || code >= 0xa0) {
        push_code(t, code, modifiers);
    }
}

/* A character told by number, with modifiers: shift is already in it. */
static void push_numbered(struct typing *t, int code, unsigned modifiers)
{
    bool letter = code >= 'A' && code <= 'Z';
    if (code == 9 || code == 13 || code == 27 || code == 127) {
        push_character(t, (uint32_t)code, modifiers);
    } else if (code >= 0x20 && code <= 0x10ffff) {
        uint32_t low = letter && (modifiers & KEY_CTRL) ? (uint32_t)code + 'a' - 'A' : (uint32_t)code;
        push_code(t, low, modifiers & ~(unsigned)KEY_SHIFT);
    }
}

static void push_mouse(struct typing *t, int button, int col, int row, bool released)
{
    struct key k = {.code = KEY_CODE_MOUSE, .mouse_row = row - 1, .mouse_col = col - 1};
    k.modifiers = (button & 4 ? KEY_SHIFT : 0u) | (button & 8 ? KEY_ALT : 0u) | (button & 16 ? KEY_CTRL : 0u);
    int which = button & ~(4 | 8 | 16);
    if (row < 1 || col < 1 || (which != 0 && which != 3 && which != 64 && which != 65)) {
        return; /* other buttons, and motion */
    }
    k.mouse = which == 64              ? MOUSE_WHEEL_UP
              : which == 65            ? MOUSE_WHEEL_DOWN
              : released || which == 3 ? MOUSE_RELEASE
                                       : MOUSE_PRESS;
    push(t, &k);
}

static size_t parse_numbers(const char *s, int *numbers, size_t room)
{
    size_t n = 0;
    for (;;) {
        long value = 0;
        for (; *s >= '0' && *s <= '9'; s++) {
            value = value < 0x200000 ? value * 10 + (*s - '0') : value;
        }
        if (n < room) {
            numbers[n++] = (int)value;
        }
        while (*s == ':' || (*s >= '0' && *s <= '9')) {
            s++;
        }
        if (*s++ != ';') {
            return n;
        }
    }
}

static void finish_csi(struct typing *t, char final)
{
    int p[4] = {0};
    t->bytes[t->n] = '\0';
    unsigned alt = t->alt;
    const char *parameters = t->bytes;
    t->state = GROUND;
    t->alt = 0;
    if (parameters[0] == '<') {
        if ((final == 'M' || final == 'm') && parse_numbers(parameters + 1, p, 4) == 3) {
            push_mouse(t, p[0], p[1], p[2], final == 'm');
        }
        return;
    }
    if (parameters[0] >= '<' && parameters[0] <= '?') {
        return; /* an answer to a query */
    }
    if (final == 'M' && t->n == 0) {
        t->state = X10_MOUSE;
        return;
    }
    parse_numbers(parameters, p, 4);
    unsigned modifiers = modifiers_of(p[1]) | alt;
    uint32_t code = final == '~' ? by_tilde(p[0]) : by_final(final);
    if (final == '~' && p[0] == 200) {
        t->state = PASTE;
        text_clear(&t->paste);
    } else if (final == '~' && p[0] == 27) {
        push_numbered(t, p[2], modifiers);
    } else if (final == 'u') {
        push_numbered(t, p[0], modifiers);
    } else if (final == 'Z') {
        push_code(t, KEY_CODE_TAB, KEY_SHIFT | alt);
    } else if (code != KEY_NONE_ && code != KEY_CODE_ENTER) {
        push_code(t, code, modifiers);
    }
}

static void finish_ss3(struct typing *t, char final)
{
    uint32_t code = by_final(final);
    t->state = GROUND;
    if (code != KEY_NONE_) {
        push_code(t, code, t->alt);
    }
    t->alt = 0;
}

static void in_csi(struct typing *t, unsigned char byte)
{
    if (byte >= 0x40 && byte <= 0x7e) {
        finish_csi(t, (char)byte);
    } else if (byte >= 0x20 && byte < 0x40) {
        if (t->n < SEQUENCE - 1) {
            t->bytes[t->n++] = (char)byte;
        }
    } else { /* broken off: the byte begins something new */
        t->state = GROUND;
        t->alt = 0;
        typing_byte(t, byte);
    }
}

static void in_x10_mouse(struct typing *t, unsigned char byte)
{
    t->bytes[t->n++] = (char)byte;
    if (t->n == X10_BYTES) {
        int button = (unsigned char)t->bytes[0] - 32;
        push_mouse(t, button, (unsigned char)t->bytes[1] - 32, (unsigned char)t->bytes[2] - 32, false);
        t->state = GROUND;
        t->n = 0;
    }
}

static void finish_character(struct typing *t)
{
    uint32_t code;
    unsigned alt = t->alt;
    size_t n = t->n;
    t->state = GROUND;
    t->alt = 0;
    t->n = 0;
    bool whole = text_decode(t->bytes, t->bytes + n, &code) == n;
    push_character(t, whole ? code : REPLACEMENT, alt);
}

static void in_character(struct typing *t, unsigned char byte)
{
    if ((byte & 0xc0) != 0x80) {
        t->n = 0;
        t->state = GROUND;
        push_code(t, REPLACEMENT, t->alt);
        t->alt = 0;
        typing_byte(t, byte);
        return;
    }
    t->bytes[t->n++] = (char)byte;
    if (t->n == t->expected) {
        finish_character(t);
    }
}

static void on_ground(struct typing *t, unsigned char byte)
{
    t->n = 0;
    if (byte == 0x1b) {
        t->state = ESCAPE;
    } else if (byte < 0x80 || !t->utf8) {
        push_character(t, byte, t->alt);
        t->alt = 0;
    } else {
        t->bytes[t->n++] = (char)byte;
        t->expected = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
        t->state = CHARACTER;
        if (byte < 0xc2 || byte > 0xf4) {
            finish_character(t);
        }
    }
}

static void in_escape(struct typing *t, unsigned char byte)
{
    t->n = 0;
    if (byte == 0x1b) {
        if (t->alt != 0) {
            push_code(t, KEY_CODE_ESCAPE, 0);
        }
        t->alt = KEY_ALT;
    } else if (byte == '[') {
        t->state = CSI;
    } else if (byte == 'O') {
        t->state = SS3;
    } else {
        if (t->alt != 0) {
            push_code(t, KEY_CODE_ESCAPE, 0);
        }
        t->alt = KEY_ALT;
        t->state = GROUND;
        on_ground(t, byte);
    }
}

static void in_paste(struct typing *t, unsigned char byte)
{
    size_t mark = sizeof paste_end - 1;
    if (t->paste.len >= TYPING_PASTE_LIMIT + mark) { /* full: keep room to see the end */
        memmove(t->paste.data + TYPING_PASTE_LIMIT, t->paste.data + TYPING_PASTE_LIMIT + 1, mark - 1);
        t->paste.len--;
    }
    text_add_char(&t->paste, (char)byte);
    if (byte == '~' && t->paste.len >= mark &&
        memcmp(t->paste.data + t->paste.len - mark, paste_end, mark) == 0) {
        t->paste.len -= mark;
        typing_end_paste(t);
    }
}

static void add_pasted(struct text *out, uint32_t code)
{
    char bytes[4];
    if (code == '\r') {
        text_add_char(out, '\n');
    } else if (code != 0) {
        text_add_n(out, bytes, text_encode(code, bytes));
    }
}

bool typing_pasting(const struct typing *t)
{
    return t->state == PASTE;
}

void typing_end_paste(struct typing *t)
{
    const char *s = text_of(&t->paste);
    size_t len = t->paste.len < TYPING_PASTE_LIMIT ? t->paste.len : TYPING_PASTE_LIMIT;
    const char *end = s + len;
    t->state = GROUND;
    text_clear(&t->pasted);
    while (s < end) {
        uint32_t code = (unsigned char)*s;
        s += t->utf8 ? text_decode(s, end, &code) : 1;
        add_pasted(&t->pasted, code);
    }
    text_done(&t->paste);
    push(t, &(struct key){.code = KEY_CODE_PASTE, .paste = text_of(&t->pasted), .paste_len = t->pasted.len});
}

void typing_byte(struct typing *t, unsigned char byte)
{
    switch (t->state) {
    case GROUND:
        on_ground(t, byte);
        break;
    case CHARACTER:
        in_character(t, byte);
        break;
    case ESCAPE:
        in_escape(t, byte);
        break;
    case CSI:
        in_csi(t, byte);
        break;
    case SS3:
        finish_ss3(t, (char)byte);
        break;
    case X10_MOUSE:
        in_x10_mouse(t, byte);
        break;
    case PASTE:
        in_paste(t, byte);
        break;
    }
}

void typing_key(struct typing *t, uint32_t code, unsigned modifiers)
{
    if (t->state == PASTE) {
        return; /* a sequence inside the paste is no key, and no text either */
    }
    if (t->state == ESCAPE) {
        modifiers |= KEY_ALT;
    } else if (t->state == CHARACTER) {
        push_code(t, REPLACEMENT, t->alt);
    }
    t->state = GROUND;
    t->alt = 0;
    t->n = 0;
    push_code(t, code, modifiers);
}

void typing_idle(struct typing *t)
{
    if (t->state == ESCAPE) {
        push_code(t, KEY_CODE_ESCAPE, 0);
        if (t->alt != 0) {
            push_code(t, KEY_CODE_ESCAPE, 0);
        }
    } else if (t->state == CSI && t->n == 0) {
        push_code(t, '[', KEY_ALT);
    } else if (t->state == SS3) {
        push_code(t, 'O', KEY_ALT);
    } else {
        return; /* the rest of a character or of a sequence is still on its way */
    }
    t->state = GROUND;
    t->alt = 0;
}

static const struct {
    const char *name;
    uint32_t code;
    unsigned modifiers;
} curses_names[] = {
    {"KEY_UP", KEY_CODE_UP, 0},
    {"KEY_DOWN", KEY_CODE_DOWN, 0},
    {"KEY_LEFT", KEY_CODE_LEFT, 0},
    {"KEY_RIGHT", KEY_CODE_RIGHT, 0},
    {"KEY_HOME", KEY_CODE_HOME, 0},
    {"KEY_FIND", KEY_CODE_HOME, 0},
    {"KEY_A1", KEY_CODE_HOME, 0},
    {"KEY_END", KEY_CODE_END, 0},
    {"KEY_SELECT", KEY_CODE_END, 0},
    {"KEY_C1", KEY_CODE_END, 0},
    {"KEY_PPAGE", KEY_CODE_PAGE_UP, 0},
    {"KEY_A3", KEY_CODE_PAGE_UP, 0},
    {"KEY_NPAGE", KEY_CODE_PAGE_DOWN, 0},
    {"KEY_C3", KEY_CODE_PAGE_DOWN, 0},
    {"KEY_IC", KEY_CODE_INSERT, 0},
    {"KEY_DC", KEY_CODE_DELETE, 0},
    {"KEY_BACKSPACE", KEY_CODE_BACKSPACE, 0},
    {"KEY_ENTER", KEY_CODE_ENTER, 0},
    {"KEY_BTAB", KEY_CODE_TAB, KEY_SHIFT},
    {"KEY_SR", KEY_CODE_UP, KEY_SHIFT},
    {"KEY_SF", KEY_CODE_DOWN, KEY_SHIFT},
    {"KEY_SLEFT", KEY_CODE_LEFT, KEY_SHIFT},
    {"KEY_SRIGHT", KEY_CODE_RIGHT, KEY_SHIFT},
    {"KEY_SHOME", KEY_CODE_HOME, KEY_SHIFT},
    {"KEY_SEND", KEY_CODE_END, KEY_SHIFT},
    {"KEY_SPREVIOUS", KEY_CODE_PAGE_UP, KEY_SHIFT},
    {"KEY_SNEXT", KEY_CODE_PAGE_DOWN, KEY_SHIFT},
    {"KEY_SIC", KEY_CODE_INSERT, KEY_SHIFT},
    {"KEY_SDC", KEY_CODE_DELETE, KEY_SHIFT},
};

static bool named_by_terminfo(const char *name, struct key *k)
{
    static const struct {
        const char *name;
        uint32_t code;
    } table[] = {
        {"kUP", KEY_CODE_UP},       {"kDN", KEY_CODE_DOWN},       {"kLFT", KEY_CODE_LEFT},
        {"kRIT", KEY_CODE_RIGHT},   {"kHOM", KEY_CODE_HOME},      {"kEND", KEY_CODE_END},
        {"kPRV", KEY_CODE_PAGE_UP}, {"kNXT", KEY_CODE_PAGE_DOWN}, {"kDC", KEY_CODE_DELETE},
        {"kIC", KEY_CODE_INSERT},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        size_t len = strlen(table[i].name);
        if (strncmp(name, table[i].name, len) == 0 && name[len] >= '2' && name[len] <= '8' &&
            name[len + 1] == '\0') {
            *k = (struct key){.code = table[i].code, .modifiers = modifiers_of(name[len] - '0')};
            return true;
        }
    }
    return false;
}

bool typing_named(const char *name, struct key *k)
{
    int number = 0;
    if (name == NULL) {
        return false;
    }
    for (size_t i = 0; i < sizeof curses_names / sizeof curses_names[0]; i++) {
        if (strcmp(curses_names[i].name, name) == 0) {
            *k = (struct key){.code = curses_names[i].code, .modifiers = curses_names[i].modifiers};
            return true;
        }
    }
    if (sscanf(name, "KEY_F(%2d)", &number) == 1 && number >= 1 && number <= 12) {
        *k = (struct key){.code = KEY_CODE_F1 + (uint32_t)number - 1};
        return true;
    }
    return named_by_terminfo(name, k);
}

/* ui/keys.h - one type for everything that is typed, and its names. */
#ifndef UI_KEYS_H
#define UI_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { /* codes beyond Unicode */
       KEY_NONE_ = 0,
       KEY_BASE_ = 0x110000,
       KEY_CODE_UP,
       KEY_CODE_DOWN,
       KEY_CODE_LEFT,
       KEY_CODE_RIGHT,
       KEY_CODE_HOME,
       KEY_CODE_END,
       KEY_CODE_PAGE_UP,
       KEY_CODE_PAGE_DOWN,
       KEY_CODE_INSERT,
       KEY_CODE_DELETE,
       KEY_CODE_BACKSPACE,
       KEY_CODE_ENTER,
       KEY_CODE_TAB,
       KEY_CODE_ESCAPE,
       KEY_CODE_RESIZE,
       KEY_CODE_MOUSE,
       KEY_CODE_PASTE, /* a whole bracketed paste: struct key.paste */
       KEY_CODE_F1,    /* F2 = KEY_CODE_F1 + 1, ... F12 */
       KEY_CODE_F12 = KEY_CODE_F1 + 11
};

enum { KEY_SHIFT = 1, KEY_ALT = 2, KEY_CTRL = 4 };

enum mouse_event { MOUSE_PRESS, MOUSE_RELEASE, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN };

struct key {
    uint32_t code;      /* a Unicode character (a control key is its lower-case letter with KEY_CTRL), or
                           KEY_CODE_... */
    unsigned modifiers; /* KEY_SHIFT only where the character does not tell it */
    int mouse_row, mouse_col;
    enum mouse_event mouse;
    const char *paste; /* KEY_CODE_PASTE: UTF-8, borrowed until the next read */
    size_t paste_len;
};

enum { KEY_NAME = 32 };

/* "a", "?", "Space", "Ctrl-K", "Alt-x", "F10", "Enter", "Shift-Tab", "Page Down". */
const char *key_label(const struct key *k, char out[KEY_NAME]);
bool key_parse(const char *name, struct key *k);
bool key_is(const struct key *k, const char *name);

bool key_is_character(const struct key *k); /* it types a character, also a blank: not with Ctrl or Alt */

#endif

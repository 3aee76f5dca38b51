/* Curses draws; keys are read from the console's own records, because neither PDCurses nor ncurses hands on
 * all of them (characters beyond ASCII, Ctrl and Alt with other keys) and each in its own way. */
#include "ui/screen_system.h"

#include <stdio.h>

#include "core/text.h"
#include "ui/console_keys.h"

SCREEN *screen_system_open(struct error *e)
{
#ifdef WITH_PDCURSES
    SCREEN *curses = newterm(NULL, stdout, stdin);
#else
    SCREEN *curses = newterm("#win32con", stdout, stdin);
#endif
    if (curses == NULL) {
        error_set(e, ERROR_UNSUPPORTED, 0,
                  "the console cannot be used for the interface; start porthole in Windows Terminal or in a "
                  "console window");
    }
    return curses;
}

void screen_system_input(void)
{
    /* screen_system_inform does it, which knows about the mouse */
}

bool screen_system_direct_color(void)
{
    return false;
}

void screen_system_reset(struct restore_bytes *reset, bool mouse)
{
    (void)mouse;
    reset->len = 0;
}

void screen_system_inform(bool mouse, bool on)
{
    if (on) {
        console_keys_take(mouse);
    }
}

bool screen_system_resize(int rows, int cols)
{
#ifdef WITH_PDCURSES
    (void)rows, (void)cols;
    return resize_term(0, 0) == OK; /* other values would change the window */
#else
    return resize_term(rows, cols) == OK;
#endif
}

/* A wchar_t has 16 bits here, and the console one cell for each. */
int screen_system_width(uint32_t code)
{
    return code <= 0xffff ? text_char_width(code) : -1;
}

bool screen_system_key(struct console_keys *keys, struct typing *t)
{
    return console_keys_next(keys, t);
}

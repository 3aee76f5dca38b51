/* ui/screen_system.h - inside the screen: what curses does not do alike everywhere. screen_posix.c drives
 * ncurses and a terminal by its description; screen_windows.c PDCurses (or ncurses) on the console. */
#ifndef UI_SCREEN_SYSTEM_H
#define UI_SCREEN_SYSTEM_H

#define NCURSES_WIDECHAR 1
#ifdef WITH_PDCURSES
#include <pdcurses.h>
#undef MOUSE_WHEEL_UP /* names of ours */
#undef MOUSE_WHEEL_DOWN
#else
#include <curses.h>
#endif

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "ui/console_keys.h"
#include "ui/restore.h"
#include "ui/tty.h"
#include "ui/typing.h"

/* newterm, without handlers of its own left behind. NULL and e: the terminal cannot be used. */
SCREEN *screen_system_open(struct error *e);
void screen_system_input(void);        /* the modes for reading keys */
bool screen_system_direct_color(void); /* are colours beyond 256 RGB values? */

/* What puts the terminal back when the program dies, prepared. */
void screen_system_reset(struct restore_bytes *reset, bool mouse);
void screen_system_inform(bool mouse,
                          bool on); /* the terminal: send mouse and pastes as such, or not any more */

bool screen_system_resize(int rows, int cols); /* tells curses; false: it cannot */
int screen_system_width(uint32_t code); /* columns of a character as curses counts; -1: it cannot show it */

/* Hands the next of what was typed to t; false: nothing waits. keys is used on Windows. */
bool screen_system_key(struct console_keys *keys, struct typing *t);

#endif

/* Keys: curses knows the sequences of the terminal's description, and everything else goes byte by byte to
 * typing.c, which also reads the mouse (SGR reports, in which the columns of a wide window fit) and bracketed
 * pastes.
 */
#include "ui/screen_system.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { ESCAPE_MS = 25 };

#define PASTE_ON  "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
#define MOUSE_ON  "\033[?1000h\033[?1006h"
#define MOUSE_OFF "\033[?1006l\033[?1000l"

static const char *capability(const char *name)
{
    const char *p = tigetstr(name);
    return p == (const char *)-1 ? NULL : p;
}

/* Does the terminal speak as ECMA-48 has it? */
static bool ansi(void)
{
    const char *move = capability("cup");
    return move != NULL && strncmp(move, "\033[", 2) == 0;
}

SCREEN *screen_system_open(struct error *e)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
    enum { N = sizeof numbers / sizeof numbers[0] };
    struct sigaction before[N];
    const char *term = getenv("TERM");
    for (size_t i = 0; i < N; i++) {
        sigaction(numbers[i], NULL, &before[i]);
    }
    SCREEN *curses = newterm(NULL, stdout, stdin);
    for (size_t i = 0; i < N; i++) {
        sigaction(numbers[i], &before[i], NULL);
    }
    if (curses != NULL && capability("cup") != NULL) {
        return curses;
    }
    if (curses != NULL) {
        endwin();
        delscreen(curses);
    }
    error_set(e, ERROR_UNSUPPORTED, 0,
              "the terminal cannot be used: TERM is \"%.40s\", which is not known or cannot move the cursor; "
              "set TERM to the terminal's name, such as xterm-256color",
              term == NULL ? "" : term);
    return NULL;
}

void screen_system_input(void)
{
    intrflush(stdscr, FALSE);
    keypad(stdscr, TRUE);
    meta(stdscr, TRUE);
    set_escdelay(ESCAPE_MS);
    keyok(KEY_MOUSE, FALSE);
}

bool screen_system_direct_color(void)
{
    return tigetflag("RGB") > 0 || tigetnum("RGB") > 0 || capability("RGB") != NULL;
}

static void add_bytes(struct restore_bytes *to, const char *bytes, size_t len)
{
    if (to->len + len <= RESTORE_BYTES) {
        memcpy(to->bytes + to->len, bytes, len);
        to->len += len;
    }
}

/* A capability without the waiting times in it. */
static void add_capability(struct restore_bytes *to, const char *name)
{
    const char *p = capability(name);
    while (p != NULL && *p != '\0') {
        const char *end = p[0] == '$' && p[1] == '<' ? strchr(p, '>') : NULL;
        if (end == NULL) {
            add_bytes(to, p, 1);
        }
        p = (end == NULL ? p : end) + 1;
    }
}

void screen_system_reset(struct restore_bytes *reset, bool mouse)
{
    reset->len = 0;
    if (ansi()) {
        add_bytes(reset, PASTE_OFF, strlen(PASTE_OFF));
        add_bytes(reset, MOUSE_OFF, mouse ? strlen(MOUSE_OFF) : 0);
    }
    add_capability(reset, "sgr0");
    add_capability(reset, "op");
    add_capability(reset, "cnorm");
    add_capability(reset, "rmkx");
    add_capability(reset, "rmcup");
}

void screen_system_inform(bool mouse, bool on)
{
    if (!ansi()) {
        return;
    }
    putp(on ? PASTE_ON : PASTE_OFF);
    if (mouse) {
        putp(on ? MOUSE_ON : MOUSE_OFF);
    }
    fflush(stdout);
}

bool screen_system_resize(int rows, int cols)
{
    return resize_term(rows, cols) == OK;
}

int screen_system_width(uint32_t code)
{
    return wcwidth((wchar_t)code);
}

bool screen_system_key(struct console_keys *keys, struct typing *t)
{
    struct key k;
    (void)keys;
    int code = getch();
    if (code == ERR) {
        return false;
    }
    if (code >= 0 && code <= 0xff) {
        typing_byte(t, (unsigned char)code);
    } else if (typing_named(keyname(code), &k)) {
        typing_key(t, k.code, k.modifiers);
    }
    return true;
}

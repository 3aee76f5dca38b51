/* Characters go on as they are, in UTF-8; keys without a character by their virtual key code; the mouse as
 * the reports of an xterm, which typing.c reads anyway. AltGr, which the console reports as left Ctrl with
 * right Alt, is no modifier of a character that it has made. */
#include "ui/console_keys.h"

#include <stdio.h>
#include <windows.h>

#include "core/text.h"

enum { ALT = LEFT_ALT_PRESSED | RIGHT_ALT_PRESSED, CTRL = LEFT_CTRL_PRESSED | RIGHT_CTRL_PRESSED };

static unsigned modifiers_of(DWORD state)
{
    return (state & SHIFT_PRESSED ? KEY_SHIFT : 0u) | (state & ALT ? KEY_ALT : 0u) |
           (state & CTRL ? KEY_CTRL : 0u);
}

static uint32_t named(WORD virtual_key)
{
    static const struct {
        WORD from;
        uint32_t to;
    } table[] = {
        {VK_UP, KEY_CODE_UP},         {VK_DOWN, KEY_CODE_DOWN},      {VK_LEFT, KEY_CODE_LEFT},
        {VK_RIGHT, KEY_CODE_RIGHT},   {VK_HOME, KEY_CODE_HOME},      {VK_END, KEY_CODE_END},
        {VK_PRIOR, KEY_CODE_PAGE_UP}, {VK_NEXT, KEY_CODE_PAGE_DOWN}, {VK_INSERT, KEY_CODE_INSERT},
        {VK_DELETE, KEY_CODE_DELETE}, {VK_BACK, KEY_CODE_BACKSPACE}, {VK_RETURN, KEY_CODE_ENTER},
        {VK_TAB, KEY_CODE_TAB},       {VK_ESCAPE, KEY_CODE_ESCAPE},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].from == virtual_key) {
            return table[i].to;
        }
    }
    return virtual_key >= VK_F1 && virtual_key <= VK_F12 ? KEY_CODE_F1 + (uint32_t)(virtual_key - VK_F1)
                                                         : KEY_NONE_;
}

static void feed_bytes(struct typing *t, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        typing_byte(t, (unsigned char)bytes[i]);
    }
}

static void feed_character(struct typing *t, uint32_t code, unsigned modifiers)
{
    char bytes[4];
    bool made_by_altgr = (modifiers & (KEY_CTRL | KEY_ALT)) == (KEY_CTRL | KEY_ALT) && code >= ' ';
    if (modifiers & KEY_ALT && !made_by_altgr) {
        bool control = code < ' ';
        typing_key(t, control ? code + ('a' - 1) : code, KEY_ALT | (control ? KEY_CTRL : 0u));
    } else {
        feed_bytes(t, bytes, text_encode(code, bytes));
    }
}

/* A key with Ctrl of which the console makes no character: Ctrl-Space, Ctrl-1 and the like. */
static void feed_silent(struct typing *t, WORD virtual_key, unsigned modifiers)
{
    bool digit = virtual_key >= '0' && virtual_key <= '9', letter = virtual_key >= 'A' && virtual_key <= 'Z';
    if (modifiers & (KEY_CTRL | KEY_ALT) && (digit || letter || virtual_key == VK_SPACE)) {
        typing_key(t, (uint32_t)(letter ? virtual_key - 'A' + 'a' : virtual_key), modifiers);
    }
}

static void feed_key(struct console_keys *c, struct typing *t, const KEY_EVENT_RECORD *key)
{
    unsigned modifiers = modifiers_of(key->dwControlKeyState);
    WCHAR unit = key->uChar.UnicodeChar;
    uint32_t code = named(key->wVirtualKeyCode);
    /* A character that was composed with Alt and the number pad comes when Alt is let go. */
    bool composed = !key->bKeyDown && key->wVirtualKeyCode == VK_MENU && unit != 0;
    if (!key->bKeyDown && !composed) {
        return;
    }
    if (code != KEY_NONE_ && !composed) {
        typing_key(t, code, modifiers);
    } else if (IS_HIGH_SURROGATE(unit)) {
        c->lead = unit;
    } else if (IS_LOW_SURROGATE(unit)) {
        if (c->lead != 0) {
            feed_character(t, 0x10000u + ((uint32_t)(c->lead - 0xd800) << 10) + (uint32_t)(unit - 0xdc00), 0);
        }
        c->lead = 0;
    } else if (unit != 0) {
        feed_character(t, unit, composed ? 0 : modifiers);
    } else {
        feed_silent(t, key->wVirtualKeyCode, modifiers);
    }
}

static void report(struct typing *t, int button, bool press, int row, int col)
{
    char bytes[48];
    int n = snprintf(bytes, sizeof bytes, "\033[<%d;%d;%d%c", button, col + 1, row + 1, press ? 'M' : 'm');
    feed_bytes(t, bytes, (size_t)n);
}

static void feed_mouse(struct console_keys *c, struct typing *t, const MOUSE_EVENT_RECORD *mouse, int top)
{
    static const struct {
        DWORD bit;
        int button;
    } buttons[] = {
        {FROM_LEFT_1ST_BUTTON_PRESSED, 0}, {FROM_LEFT_2ND_BUTTON_PRESSED, 1}, {RIGHTMOST_BUTTON_PRESSED, 2}};
    int row = mouse->dwMousePosition.Y - top, col = mouse->dwMousePosition.X;
    if (row < 0 || col < 0) {
        return;
    }
    if (mouse->dwEventFlags & MOUSE_WHEELED) {
        report(t, (SHORT)HIWORD(mouse->dwButtonState) > 0 ? 64 : 65, true, row, col);
        return;
    }
    for (size_t i = 0; i < sizeof buttons / sizeof buttons[0]; i++) {
        DWORD now = mouse->dwButtonState & buttons[i].bit;
        if (now != (c->buttons & buttons[i].bit)) {
            report(t, buttons[i].button, now != 0, row, col);
        }
    }
    c->buttons = mouse->dwButtonState;
}

void console_keys_feed(struct console_keys *c, struct typing *t, const INPUT_RECORD *record, int top)
{
    if (record->EventType == KEY_EVENT) {
        for (WORD i = 0; i < record->Event.KeyEvent.wRepeatCount; i++) {
            feed_key(c, t, &record->Event.KeyEvent);
        }
    } else if (record->EventType == MOUSE_EVENT) {
        feed_mouse(c, t, &record->Event.MouseEvent, top);
    }
}

/* Without the console's own treatment of Ctrl-C. Selecting by the mouse stops our output as long as it lasts.
 */
void console_keys_take(bool mouse)
{
    SetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), ENABLE_WINDOW_INPUT | ENABLE_EXTENDED_FLAGS |
                                                       (mouse ? ENABLE_MOUSE_INPUT : ENABLE_QUICK_EDIT_MODE));
}

/* Of the screen buffer that is shown, which is often one of curses' own. */
static int window_top(void)
{
    CONSOLE_SCREEN_BUFFER_INFO info;
    HANDLE shown = CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                               NULL, OPEN_EXISTING, 0, NULL);
    int top =
        shown != INVALID_HANDLE_VALUE && GetConsoleScreenBufferInfo(shown, &info) ? info.srWindow.Top : 0;
    if (shown != INVALID_HANDLE_VALUE) {
        CloseHandle(shown);
    }
    return top;
}

bool console_keys_next(struct console_keys *c, struct typing *t)
{
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    DWORD waiting = 0, got = 0;
    INPUT_RECORD record;
    if (!GetNumberOfConsoleInputEvents(input, &waiting) || waiting == 0 ||
        !ReadConsoleInputW(input, &record, 1, &got) || got == 0) {
        return false;
    }
    console_keys_feed(c, t, &record, record.EventType == MOUSE_EVENT ? window_top() : 0);
    return true;
}

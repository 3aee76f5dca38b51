/* The console. Its window is measured, not its buffer, which is often thousands of lines long. Curses may
 * show a screen buffer of its own, so the active one is asked for by its name each time. */
#include "ui/tty.h"

#include <windows.h>

#include "core/memory.h"

struct tty_modes {
    HANDLE input, output; /* the process's own standard handles */
    DWORD input_mode, output_mode;
    CONSOLE_CURSOR_INFO cursor;
    WORD colors;
};

static bool is_console(DWORD which)
{
    DWORD mode;
    return GetConsoleMode(GetStdHandle(which), &mode) != 0;
}

bool tty_input(void)
{
    return is_console(STD_INPUT_HANDLE);
}

bool tty_output(void)
{
    return is_console(STD_OUTPUT_HANDLE);
}

bool tty_size(int *rows, int *cols)
{
    HANDLE shown = CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                               NULL, OPEN_EXISTING, 0, NULL);
    CONSOLE_SCREEN_BUFFER_INFO info;
    bool known = shown != INVALID_HANDLE_VALUE && GetConsoleScreenBufferInfo(shown, &info);
    if (known) {
        *rows = info.srWindow.Bottom - info.srWindow.Top + 1;
        *cols = info.srWindow.Right - info.srWindow.Left + 1;
    }
    if (shown != INVALID_HANDLE_VALUE) {
        CloseHandle(shown);
    }
    return known && *rows > 0 && *cols > 0;
}

bool tty_utf8(void)
{
    return true; /* it is written to in UTF-16 */
}

struct tty_modes *tty_save(void)
{
    struct tty_modes *modes = mem_new(1, sizeof *modes);
    CONSOLE_SCREEN_BUFFER_INFO info;
    modes->input = GetStdHandle(STD_INPUT_HANDLE);
    modes->output = GetStdHandle(STD_OUTPUT_HANDLE);
    GetConsoleMode(modes->input, &modes->input_mode);
    GetConsoleMode(modes->output, &modes->output_mode);
    GetConsoleCursorInfo(modes->output, &modes->cursor);
    modes->colors = GetConsoleScreenBufferInfo(modes->output, &info) ? info.wAttributes : 7;
    return modes;
}

void tty_put_back(const struct tty_modes *modes)
{
    tty_put_back_now(modes);
}

void tty_put_back_now(const struct tty_modes *modes)
{
    SetConsoleActiveScreenBuffer(modes->output);
    SetConsoleMode(modes->input, modes->input_mode);
    SetConsoleMode(modes->output, modes->output_mode);
    SetConsoleCursorInfo(modes->output, &modes->cursor);
    SetConsoleTextAttribute(modes->output, modes->colors);
}

int tty_backlog(void)
{
    return 0; /* writing to a console waits until it has taken all */
}

/* tests/windows/console_probe.c - what becomes of the console. `console_probe modes FILE` adds its modes to a
 * file; `console_probe crash` and `console_probe abort` open the screen and die with it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "ui/screen.h"

static int print_modes(const char *path)
{
    DWORD in = 0, out = 0;
    CONSOLE_CURSOR_INFO cursor = {0};
    GetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), &in);
    GetConsoleMode(GetStdHandle(STD_OUTPUT_HANDLE), &out);
    GetConsoleCursorInfo(GetStdHandle(STD_OUTPUT_HANDLE), &cursor);
    FILE *file = fopen(path, "a");
    fprintf(file, "modes %lx %lx %d\n", in, out, cursor.bVisible);
    fclose(file);
    return 0;
}

int main(int argc, char **argv)
{
    struct error e = {0};
    const struct screen_options options = {.mouse = true};
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "modes") == 0 && argc > 2) {
        return print_modes(argv[2]);
    }
    SetErrorMode(SEM_NOGPFAULTERRORBOX | SEM_FAILCRITICALERRORS); /* no debugger, no question */
    if (!screen_open(&options, &e)) {
        printf("no screen: %s\n", e.text);
        return 1;
    }
    if (strcmp(what, "abort") == 0) {
        abort();
    }
    RaiseException(EXCEPTION_ACCESS_VIOLATION, EXCEPTION_NONCONTINUABLE, 0, NULL);
    return 0;
}

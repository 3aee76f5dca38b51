/* tests/windows/console_probe.c - what becomes of the console. `console_probe modes FILE` adds its modes to a
 * file; `console_probe crash` and `console_probe abort` open the screen and die with it. `console_probe
 * resizable FILE PROGRAM WORDS...` runs a program on its console, and whenever there is such a file gives the
 * window the size in it (rows and columns), and removes it. */
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

/* A buffer must not be smaller than its window, nor a window larger than its buffer: so in three steps. */
static void set_size(int rows, int cols)
{
    HANDLE shown = CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                               NULL, OPEN_EXISTING, 0, NULL);
    const SMALL_RECT least = {0, 0, 0, 0}, window = {0, 0, (SHORT)(cols - 1), (SHORT)(rows - 1)};
    SetConsoleWindowInfo(shown, TRUE, &least);
    SetConsoleScreenBufferSize(shown, (COORD){(SHORT)cols, (SHORT)rows});
    if (!SetConsoleWindowInfo(shown, TRUE, &window)) {
        printf("no window of %d x %d: error %lu\n", rows, cols, GetLastError());
    }
    CloseHandle(shown);
}

static void resize_as_told(const char *path)
{
    int rows, cols;
    FILE *file = fopen(path, "r");
    if (file && fscanf(file, "%d %d", &rows, &cols) == 2) {
        fclose(file);
        remove(path);
        set_size(rows, cols);
    } else if (file) {
        fclose(file); /* it is being written */
    }
}

static int run_resizable(const char *path, char **words, int n)
{
    char line[2048] = "";
    DWORD code = 1;
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION process;
    for (int i = 0; i < n; i++) {
        snprintf(line + strlen(line), sizeof line - strlen(line), "%s\"%s\"", i ? " " : "", words[i]);
    }
    if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &process)) {
        printf("cannot run %s\n", line);
        return 1;
    }
    while (WaitForSingleObject(process.hProcess, 100) == WAIT_TIMEOUT) {
        resize_as_told(path);
    }
    GetExitCodeProcess(process.hProcess, &code);
    return (int)code;
}

int main(int argc, char **argv)
{
    struct error e = {0};
    const struct screen_options options = {.mouse = true};
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "modes") == 0 && argc > 2) {
        return print_modes(argv[2]);
    }
    if (strcmp(what, "resizable") == 0 && argc > 3) {
        return run_resizable(argv[2], argv + 3, argc - 3);
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

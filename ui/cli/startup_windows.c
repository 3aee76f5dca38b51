/* The C library gives arguments in the system's code page, which is UTF-8 from Windows 10 1903 on (by our
 * manifest) and something else before. */
#include "ui/cli/startup.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include <shellapi.h>

#include "core/memory.h"

enum { OUTPUT_ROOM = 64 * 1024 };

static char *utf8(const wchar_t *wide)
{
    int room = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    char *text = mem_new((size_t)room + 1, 1);
    WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, room, NULL, NULL);
    return text;
}

/* Bytes go out as they are ("\n" stays "\n", as docker prints on Windows too), and to a console in one piece:
 * single bytes of a character would not become that character there. */
static void prepare_output(void)
{
    _setmode(_fileno(stdin), _O_BINARY);
    _setmode(_fileno(stdout), _O_BINARY);
    _setmode(_fileno(stderr), _O_BINARY);
    setvbuf(stdout, NULL, _IOFBF, OUTPUT_ROOM);
    setvbuf(stderr, NULL, _IOFBF, OUTPUT_ROOM);
}

void startup_begin(struct startup *s, int *argc, char ***argv)
{
    int n = 0;
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &n);
    s->argv = NULL;
    if (wide) {
        s->argv = mem_new((size_t)n + 1, sizeof *s->argv);
        for (int i = 0; i < n; i++) {
            s->argv[i] = utf8(wide[i]);
        }
        LocalFree(wide);
        *argc = n;
        *argv = s->argv;
    }
    prepare_output();
    s->code_page = GetConsoleOutputCP();
    SetConsoleOutputCP(CP_UTF8);
}

void startup_end(struct startup *s)
{
    fflush(stdout);
    fflush(stderr);
    if (s->code_page != 0) {
        SetConsoleOutputCP(s->code_page);
    }
    free(s->argv); /* its strings live as long as the program: the parser moves them about */
}

#include "tests/ui/golden.h"

#include <stdio.h>

#include "tests/core/test.h"

enum { PATH_ROOM = 512, SCREEN_ROOM = 1 << 16 };

static char *read_screen(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = calloc(1, SCREEN_ROOM);
    assert_non_null(text);
    if (f) {
        size_t len = fread(text, 1, SCREEN_ROOM - 1, f);
        text[len] = '\0';
        fclose(f);
    }
    return text;
}

static void write_screen(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

void golden_expect(struct pty *p, const char *name)
{
    char path[PATH_ROOM];
    const char *source = getenv("PORTHOLE_SOURCE");
    snprintf(path, sizeof path, "%s/tests/ui/screens/%s.txt", source ? source : ".", name);
    pty_wait_quiet(p, 150, 2000);
    if (getenv("PORTHOLE_UPDATE_SCREENS")) {
        write_screen(path, pty_text(p));
        return;
    }
    char *want = read_screen(path);
    if (strcmp(want, pty_text(p)) != 0) {
        fprintf(stderr, "%s is another screen now:\n%s\nit was:\n%s\n", name, pty_text(p), want);
        free(want);
        fail();
    }
    free(want);
}

/* A theme file: any bytes are read or refused, and a refusal changes nothing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "ui/theme.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth)
{
    if (!truth) {
        abort();
    }
}

static void check_color(uint32_t color)
{
    uint32_t kind = color & COLOR_KIND;
    demand(color == COLOR_DEFAULT || kind == COLOR_RGB || (kind == COLOR_INDEX && (color & 0xffffff) <= 255));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int colors[] = {0, 8, 16, 256, 1 << 24};
    char *text = mem_string_n((const char *)data, size);
    struct theme theme, before;
    struct error e = {0};
    theme_default(&theme);
    before = theme;
    bool good = theme_parse(&theme, text, &e);
    demand(good == (e.kind == ERROR_NONE));
    demand(good || memcmp(&theme, &before, sizeof theme) == 0);
    demand(strpbrk(e.text, "\n\033") == NULL);
    demand(memchr(theme.name, 0, sizeof theme.name) != NULL && strpbrk(theme.name, "\n\033") == NULL);
    for (int style = 0; style < STYLE_COUNT; style++) {
        check_color(theme.looks[style].foreground);
        check_color(theme.looks[style].background);
        for (size_t i = 0; i < sizeof colors / sizeof colors[0]; i++) {
            struct look look = theme_look(&theme, (enum style)style, colors[i]);
            uint32_t kind = look.foreground & COLOR_KIND;
            demand(kind != COLOR_RGB || colors[i] > 256);
            demand(kind != COLOR_INDEX || (int)(look.foreground & 0xff) < colors[i]);
        }
    }
    free(text);
    return 0;
}

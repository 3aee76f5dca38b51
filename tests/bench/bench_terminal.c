/* How fast the terminal takes bytes, against libvterm's parser and state with callbacks that do nothing, on
 * the same bytes and in the same run, chunk by chunk in turn. The ratio is asserted, and that memory does not
 * grow; speeds are printed.
 *
 *   bench_terminal [MEGABYTES]    200 of each kind when not given
 */
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <vterm.h>

#include "core/text.h"
#include "ui/terminal.h"

enum { CHUNK = 1 << 20, SCROLLBACK = 5000, GROWTH = 256 * 1024 };

static const double least_ratio = 0.5;

static int yes_glyph(VTermGlyphInfo *info, VTermPos pos, void *user)
{
    (void)info, (void)pos, (void)user;
    return 1;
}

static int yes_cursor(VTermPos pos, VTermPos before, int visible, void *user)
{
    (void)pos, (void)before, (void)visible, (void)user;
    return 1;
}

static int yes_scroll(VTermRect rect, int downward, int rightward, void *user)
{
    (void)rect, (void)downward, (void)rightward, (void)user;
    return 1;
}

static int yes_erase(VTermRect rect, int selective, void *user)
{
    (void)rect, (void)selective, (void)user;
    return 1;
}

static int yes_init(void *user)
{
    (void)user;
    return 1;
}

static int yes_pen(VTermAttr attr, VTermValue *val, void *user)
{
    (void)attr, (void)val, (void)user;
    return 1;
}

static const VTermStateCallbacks nothing = {
    .putglyph = yes_glyph,
    .movecursor = yes_cursor,
    .scrollrect = yes_scroll,
    .erase = yes_erase,
    .initpen = yes_init,
    .setpenattr = yes_pen,
};

static void ignore(void *user, const char *bytes, size_t len)
{
    (void)user, (void)bytes, (void)len;
}

static unsigned next(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16 & 0x7fff;
}

static void add_word(struct text *t, unsigned *seed)
{
    unsigned len = 1 + next(seed) % 12;
    for (unsigned i = 0; i < len; i++) {
        text_add_char(t, (char)('a' + next(seed) % 26));
    }
    text_add_char(t, ' ');
}

static void make_text(struct text *t, bool colors)
{
    unsigned seed = 7;
    while (t->len < CHUNK) {
        unsigned words = next(&seed) % 16;
        for (unsigned i = 0; i < words; i++) {
            if (colors && next(&seed) % 2) {
                text_addf(t, "\033[%u;38;5;%um", next(&seed) % 2, next(&seed) % 256);
            } else if (colors) {
                text_addf(t, "\033[%um", 30 + next(&seed) % 8);
            }
            add_word(t, &seed);
        }
        text_add(t, colors ? "\033[0m\r\n" : "\r\n");
    }
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t memory(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

struct lap {
    double plain, ours;
    size_t first, last; /* memory after a tenth, and at the end */
};

static void run(struct lap *lap, const struct text *bytes, int rows, int cols, int chunks)
{
    VTerm *vt = vterm_new(rows, cols);
    struct terminal *t = terminal_new(rows, cols, SCROLLBACK, ignore, NULL);
    vterm_set_utf8(vt, 1);
    vterm_state_set_callbacks(vterm_obtain_state(vt), &nothing, NULL);
    vterm_state_reset(vterm_obtain_state(vt), 1);
    *lap = (struct lap){0};
    for (int i = 0; i < chunks; i++) {
        double start = now();
        vterm_input_write(vt, bytes->data, bytes->len);
        double middle = now();
        terminal_feed(t, bytes->data, bytes->len);
        lap->plain += middle - start;
        lap->ours += now() - middle;
        if (i == chunks / 10) {
            lap->first = memory();
        }
    }
    lap->last = memory();
    terminal_free(t);
    vterm_free(vt);
}

static bool bench(const char *name, const struct text *bytes, int rows, int cols, int megabytes)
{
    struct lap lap;
    run(&lap, bytes, rows, cols, megabytes);
    double size = (double)bytes->len * megabytes / 1e6;
    double ratio = lap.plain / lap.ours;
    bool grew = lap.last > lap.first + GROWTH;
    printf("%-8s %3dx%-3d %4.0f MB   libvterm alone %6.1f MB/s   terminal %6.1f MB/s   ratio %.2f   memory "
           "%zu -> %zu KB%s\n",
           name, cols, rows, size, size / lap.plain, size / lap.ours, ratio, lap.first / 1024,
           lap.last / 1024,
           ratio < least_ratio ? "   TOO SLOW"
           : grew              ? "   GREW"
                               : "");
    return ratio >= least_ratio && !grew;
}

int main(int argc, char **argv)
{
    int megabytes = argc > 1 ? atoi(argv[1]) : 200;
    struct text text = {0}, colors = {0};
    bool good = true;
    make_text(&text, false);
    make_text(&colors, true);
    megabytes = megabytes < 20 ? 20 : megabytes;
    good = bench("text", &text, 24, 80, megabytes) && good;
    good = bench("colours", &colors, 24, 80, megabytes) && good;
    good = bench("text", &text, 50, 200, megabytes) && good;
    good = bench("colours", &colors, 50, 200, megabytes) && good;
    text_done(&text);
    text_done(&colors);
    return good ? 0 : 1;
}

/* A program that does nothing but use the screen: it draws a few rows, echoes the names of the keys, and
 * obeys some:
 *
 *   q quit   n nothing changed, draw   s move the selection   l redraw all   c crash   a abort   z suspend
 * itself w write a cell in each of 2000 colours   o run a program on the terminal
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/text.h"
#include "ui/canvas.h"
#include "ui/frame.h"
#include "ui/screen.h"
#include "ui/wake.h"

struct probe {
    uv_loop_t *loop;
    struct screen *screen;
    struct canvas *canvas;
    struct wake *wake;
    struct frame *frame;
    int selected;
    int frames;
    char said[512];
};

static void put_colors(struct probe *p)
{
    for (uint32_t i = 0; i < 2000; i++) {
        struct cell cell = {.chars = {'#'}, .width = 1, .foreground = COLOR_RGB | i * 4099 % 0xffffff};
        canvas_cell(p->canvas, 4 + (int)i / 80 % 20, (int)i % 80, &cell);
    }
}

static void draw_rows(struct probe *p)
{
    canvas_fill(p->canvas, (struct rect){1, 0, 3, canvas_cols(p->canvas)}, STYLE_TEXT);
    for (int i = 0; i < 3; i++) {
        enum style style = i == p->selected ? STYLE_SELECTED : STYLE_TEXT;
        canvas_textf(p->canvas, 1 + i, 0, 20, style, "row %d \xe2\x94\x82 caf\xc3\xa9 \xe4\xb8\xad", i);
    }
}

static void draw(void *user)
{
    struct probe *p = user;
    p->frames++;
    screen_draw(p->screen, p->canvas);
    canvas_clean(p->canvas);
}

static void draw_all(struct probe *p)
{
    int rows, cols;
    screen_size(p->screen, &rows, &cols);
    canvas_resize(p->canvas, rows, cols);
    canvas_set_ascii(p->canvas, !screen_utf8(p->screen));
    canvas_textf(p->canvas, 0, 0, -1, STYLE_STRONG, "probe %dx%d colors %d", cols, rows,
                 screen_colors(p->screen));
    draw_rows(p);
    canvas_text(p->canvas, rows - 1, 0, -1, STYLE_QUIET, p->said);
}

static void say(struct probe *p, const struct key *k)
{
    char name[KEY_NAME];
    key_label(k, name);
    if (k->code == KEY_CODE_PASTE) {
        snprintf(p->said, sizeof p->said, "[Paste %zu %.100s]", k->paste_len, k->paste);
    } else if (k->code == KEY_CODE_MOUSE) {
        snprintf(p->said, sizeof p->said, "[Mouse %d at %d,%d]", (int)k->mouse, k->mouse_row, k->mouse_col);
    } else {
        snprintf(p->said, sizeof p->said, "[%s]", name);
    }
    int row = canvas_rows(p->canvas) - 1;
    canvas_fill(p->canvas, (struct rect){row, 0, 1, canvas_cols(p->canvas)}, STYLE_TEXT);
    canvas_text(p->canvas, row, 0, -1, STYLE_QUIET, p->said);
}

static void stop_here(struct probe *p)
{
    screen_suspend(p->screen);
    raise(SIGSTOP);
    screen_resume(p->screen);
    draw_all(p);
}

static void run_program(struct probe *p)
{
    wake_hold(p->wake, 1);
    screen_suspend(p->screen);
    if (system("echo outside; cat") != 0) {
        puts("cat failed");
    }
    screen_resume(p->screen);
    wake_hold(p->wake, 0);
    draw_all(p);
}

static void obey(struct probe *p, uint32_t code)
{
    if (code == 'q') {
        uv_stop(p->loop);
    } else if (code == 's') {
        p->selected = (p->selected + 1) % 3;
        draw_rows(p);
    } else if (code == 'l') {
        screen_redraw_all(p->screen);
    } else if (code == 'c') {
        raise(SIGSEGV);
    } else if (code == 'a') {
        abort();
    } else if (code == 'z') {
        stop_here(p);
    } else if (code == 'w') {
        put_colors(p);
    } else if (code == 'o') {
        run_program(p);
    } else if (code == KEY_CODE_RESIZE) {
        draw_all(p);
    }
}

static void on_wake(void *user, enum wake_event event, int signal)
{
    struct probe *p = user;
    struct key k;
    (void)signal;
    if (event == WAKE_TERMINATE || event == WAKE_HANGUP) {
        uv_stop(p->loop);
        return;
    }
    if (event == WAKE_SUSPEND) {
        stop_here(p);
    }
    while (screen_key(p->screen, &k)) {
        if (k.modifiers != 0 || (k.code != 'n' && k.code != 's')) {
            say(p, &k);
        }
        obey(p, k.modifiers == 0 ? k.code : 0);
    }
    frame_now(p->frame);
}

static int backlog(void *user)
{
    struct probe *p = user;
    return screen_backlog(p->screen);
}

int main(int argc, char **argv)
{
    struct error e = {0};
    struct screen_options options = {.mouse = true, .mono = argc > 1 && strcmp(argv[1], "mono") == 0};
    struct probe p = {.screen = screen_open(&options, &e)};
    uv_loop_t loop;
    if (p.screen == NULL) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    p.canvas = canvas_new(1, 1);
    uv_loop_init(&loop);
    p.loop = &loop;
    p.frame = frame_new(&loop, draw, backlog, &p);
    p.wake = wake_new(&loop, on_wake, &p);
    draw_all(&p);
    frame_now(p.frame);
    uv_run(&loop, UV_RUN_DEFAULT);
    wake_free(p.wake);
    frame_free(p.frame);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    screen_close(p.screen);
    canvas_free(p.canvas);
    printf("frames %d\n", p.frames);
    return 0;
}

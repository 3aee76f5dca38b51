/* Three columns: inside, the wall, outside. The wall runs through the whole height of the pane and is its one
 * strong line: thin where the kernel is shared, thick where there are two. A joined pair is one line from pid
 * to pid, through the wall; a VM has no such line, whatever its pids are. */
#include "ui/map_draw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/sizes.h"
#include "core/text.h"
#include "ui/pane.h"
#include "ui/table.h"

enum { LEFT_PID, LEFT_NAME, LEFT_CPU, LEFT_MEMORY, LEFT_COLUMNS };
enum { RIGHT_PID, RIGHT_NAME, RIGHT_ROLE, RIGHT_MEMORY, RIGHT_PARENT, RIGHT_USER, RIGHT_COLUMNS };
enum { HEAD_ROWS = 2, LINE_END = 3, WIDE = 90, NARROW = 60 };

static const struct table_column LEFT[LEFT_COLUMNS] = {
    [LEFT_PID] = {"pid", 8, true, 0},
    [LEFT_NAME] = {"name", 9, false, 0},
    [LEFT_CPU] = {"cpu", 6, true, 2},
    [LEFT_MEMORY] = {"memory", 7, true, 1},
};

static const struct table_column SHARED_RIGHT[RIGHT_COLUMNS] = {
    [RIGHT_PID] = {"pid", 7, true, 0},       [RIGHT_NAME] = {"name", 9, false, 0},
    [RIGHT_ROLE] = {"", 0, false, 9},        [RIGHT_MEMORY] = {"", 0, true, 9},
    [RIGHT_PARENT] = {"parent", 7, true, 2}, [RIGHT_USER] = {"user", 10, false, 1},
};

static const struct table_column VM_RIGHT[RIGHT_COLUMNS] = {
    [RIGHT_PID] = {"pid", 7, true, 0},           [RIGHT_NAME] = {"name", 9, false, 0},
    [RIGHT_ROLE] = {"stands for", 10, false, 1}, [RIGHT_MEMORY] = {"memory", 7, true, 2},
    [RIGHT_PARENT] = {"", 0, true, 9},           [RIGHT_USER] = {"", 0, false, 9},
};

struct sketch { /* one drawing of the picture */
    const struct map_picture *p;
    const struct process_rates *rates;
    struct canvas *c;
    struct rect left, wall, right; /* full height */
    const struct table_column *right_columns;
    struct table_place left_places[LEFT_COLUMNS], right_places[RIGHT_COLUMNS];
};

void map_picture_make(struct map_picture *p, const struct container *it, const struct process_table *inside,
                      const struct host_table *host)
{
    hostmap_build(&p->map, it, inside, host);
    p->rows = map_rows_make(&p->map, &p->n_rows);
    p->isolation = it->isolation;
    p->has_host = host != NULL;
}

void map_picture_done(struct map_picture *p)
{
    if (p->rows != NULL) {
        hostmap_done(&p->map);
        free(p->rows);
    }
    *p = (struct map_picture){0};
}

static bool thick(const struct map_picture *p)
{
    return p->map.wall == WALL_VM;
}

static int wall_width(const struct map_picture *p, int cols)
{
    if (cols >= WIDE) {
        return thick(p) ? 16 : 15;
    }
    if (cols >= NARROW) {
        return thick(p) ? 12 : 10;
    }
    return thick(p) ? 4 : 1;
}

static void lay_out(struct sketch *s, struct rect r)
{
    int wall = wall_width(s->p, r.cols);
    int sides = r.cols - wall;
    int left = thick(s->p) && r.cols >= WIDE ? sides * 45 / 100 : sides / 2; /* names of workers are long */
    s->left = (struct rect){r.row, r.col, r.rows, left};
    s->wall = (struct rect){r.row, r.col + left, r.rows, wall};
    s->right = (struct rect){r.row, r.col + left + wall, r.rows, r.cols - left - wall};
    s->right_columns = thick(s->p) ? VM_RIGHT : SHARED_RIGHT;
    table_fit(LEFT, LEFT_COLUMNS, LEFT_NAME, s->left.col, s->left.cols - LINE_END, s->left_places);
    table_fit(s->right_columns, RIGHT_COLUMNS, RIGHT_NAME, s->right.col + LINE_END,
              s->right.cols - LINE_END - 1, s->right_places);
}

static void draw_edges(struct sketch *s, int row)
{
    const struct rect *w = &s->wall;
    if (thick(s->p)) {
        bool halves = !canvas_ascii(s->c);
        canvas_text(s->c, row, w->col, 2, STYLE_WALL, halves ? "▐█" : "##");
        canvas_text(s->c, row, w->col + w->cols - 2, 2, STYLE_WALL, halves ? "█▌" : "##");
    } else {
        canvas_text(s->c, row, w->col, 1, STYLE_WALL, "│");
        canvas_text(s->c, row, w->col + w->cols - 1, 1, STYLE_WALL, "│");
    }
}

static void wall_label(struct sketch *s, int row, const char *words)
{
    int edge = thick(s->p) ? 2 : 1;
    int room = s->wall.cols - 2 * edge, width = (int)strlen(words);
    if (width <= room) {
        canvas_text(s->c, row, s->wall.col + edge + (room - width) / 2, width, STYLE_STRONG, words);
    }
}

static void draw_wall(struct sketch *s)
{
    for (int i = 0; i < s->wall.rows; i++) {
        draw_edges(s, s->wall.row + i);
    }
    if (thick(s->p) && s->wall.cols > 14) {
        wall_label(s, s->wall.row, "own kernel");
        return;
    }
    bool none = s->p->isolation == ISOLATION_HOST;
    wall_label(s, s->wall.row, thick(s->p) ? "own" : none ? "no" : "shared");
    wall_label(s, s->wall.row + 1, none ? "wall" : "kernel");
}

static void draw_heads(struct sketch *s)
{
    int row = s->wall.row;
    canvas_text(s->c, row, s->left.col + PANE_MARGIN, s->left.cols - PANE_MARGIN, STYLE_STRONG,
                "inside the container");
    canvas_text(s->c, row, s->right.col + PANE_MARGIN, s->right.cols - PANE_MARGIN, STYLE_STRONG,
                "on the host");
    table_heads(s->c, row + 1, &(struct table_heads){LEFT, s->left_places, LEFT_COLUMNS, -1, false});
    table_heads(s->c, row + 1,
                &(struct table_heads){s->right_columns, s->right_places, RIGHT_COLUMNS, -1, false});
}

static void put_left(struct sketch *s, int row, int column, enum style style, const char *text)
{
    table_text(s->c, row, &LEFT[column], &s->left_places[column], style, text);
}

static void put_right(struct sketch *s, int row, int column, enum style style, const char *text)
{
    table_text(s->c, row, &s->right_columns[column], &s->right_places[column], style, text);
}

static void draw_inside(struct sketch *s, int row, const struct process *p)
{
    char text[SIZE_TEXT];
    snprintf(text, sizeof text, "%u", (unsigned)p->pid);
    put_left(s, row, LEFT_PID, STYLE_STRONG, text);
    put_left(s, row, LEFT_NAME, STYLE_TEXT, p->name != NULL ? p->name : "–");
    put_left(s, row, LEFT_CPU, STYLE_QUIET, cpu_print(text, process_rates_of(s->rates, p)));
    put_left(s, row, LEFT_MEMORY, STYLE_QUIET, p->memory > 0 ? size_print(text, p->memory) : "–");
}

static void draw_outside(struct sketch *s, int row, const struct map_row *it)
{
    char text[SIZE_TEXT];
    const struct host_process *p = it->outside;
    snprintf(text, sizeof text, "%u", (unsigned)p->pid);
    put_right(s, row, RIGHT_PID, it->worker && !thick(s->p) ? STYLE_TEXT : STYLE_STRONG, text);
    put_right(s, row, RIGHT_NAME, STYLE_TEXT, p->name != NULL ? p->name : "–");
    if (thick(s->p)) {
        put_right(s, row, RIGHT_ROLE, STYLE_QUIET, it->worker ? map_role_words(it->role) : "");
        put_right(s, row, RIGHT_MEMORY, STYLE_QUIET, p->memory > 0 ? size_print(text, p->memory) : "–");
        return;
    }
    snprintf(text, sizeof text, "%u", (unsigned)p->parent);
    put_right(s, row, RIGHT_PARENT, STYLE_QUIET, text);
    put_right(s, row, RIGHT_USER, STYLE_QUIET,
              it->worker        ? map_role_words(it->role)
              : p->user != NULL ? p->user
                                : "–");
}

static void draw_join(struct sketch *s, int row)
{
    int from = s->wall.col - LINE_END + 1, to = s->wall.col + s->wall.cols + LINE_END - 1;
    canvas_hline(s->c, row, from, to - from, STYLE_PROCESS);
    canvas_text(s->c, row, s->wall.col, 1, STYLE_WALL, "┼");
    canvas_text(s->c, row, s->wall.col + s->wall.cols - 1, 1, STYLE_WALL, "┼");
}

static void draw_row(struct sketch *s, int row, const struct map_row *it)
{
    if (it->inside != NULL) {
        draw_inside(s, row, it->inside);
    }
    if (it->outside != NULL) {
        draw_outside(s, row, it);
    }
    if (it->joined) {
        draw_join(s, row);
    }
}

static void draw_rows(struct sketch *s, struct scroller *scroller)
{
    int first = s->wall.row + HEAD_ROWS, rows = s->wall.rows - HEAD_ROWS;
    scroller_fit(scroller, (long)s->p->n_rows, rows > 0 ? rows : 0);
    for (int i = 0; i < rows; i++) {
        long at = scroller->top + i, left = scroller->count - at;
        if (left <= 0) {
            return;
        }
        if (i == rows - 1 && left > 1 && rows > 1) {
            canvas_textf(s->c, first + i, s->left_places[LEFT_NAME].col, s->left_places[LEFT_NAME].cols,
                         STYLE_QUIET, "%ld more below", left);
            return;
        }
        draw_row(s, first + i, &s->p->rows[at]);
    }
}

/* The counts, and below them what of the host could not be seen. */
static void draw_sentences(struct sketch *s, const char *missing, struct rect r)
{
    char words[200], workers[100];
    struct map_counts n = map_count(&s->p->map);
    map_sentence(n, s->p->map.wall, words, sizeof words);
    if (!s->p->has_host && !thick(s->p)) {
        snprintf(words, sizeof words, "%zu %s", n.inside, n.inside == 1 ? "process" : "processes");
    }
    int last = r.row + r.rows - 1, room = r.cols - PANE_MARGIN;
    if (missing != NULL) {
        canvas_text(s->c, last--, r.col + PANE_MARGIN, room, STYLE_WARNING, missing);
    }
    map_workers_sentence(s->p->map.n_workers, s->p->map.wall, workers, sizeof workers);
    int used = canvas_text(s->c, last, r.col + PANE_MARGIN, room, STYLE_TEXT, words);
    int width = text_width(workers), at = s->right.col + PANE_MARGIN, end = r.col + r.cols - 1;
    at = at + width > end ? end - width : at;
    if (thick(s->p) && at >= r.col + PANE_MARGIN + used + 3) {
        canvas_text(s->c, last, at, width, STYLE_TEXT, workers);
    }
}

void map_picture_draw(const struct map_picture *p, const struct process_rates *rates,
                      struct scroller *scroller, const char *missing, struct canvas *c, struct rect r)
{
    struct sketch s = {.p = p, .rates = rates, .c = c};
    int sentences = missing != NULL ? 2 : 1;
    int rows = r.rows > HEAD_ROWS + 1 + sentences ? r.rows - sentences : r.rows;
    lay_out(&s, (struct rect){r.row, r.col, rows, r.cols});
    draw_wall(&s);
    draw_heads(&s);
    draw_rows(&s, scroller);
    if (rows < r.rows) {
        draw_sentences(&s, missing, r);
    }
}

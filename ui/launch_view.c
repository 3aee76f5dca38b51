/* The launch form on the screen. Rows are laid out from the top each time it is drawn; where the fields came
 * to lie is remembered for the mouse. What a mode costs, and why one cannot be chosen, is the engine's word
 * (its offers). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "ui/app.h"
#include "ui/image_choice.h"
#include "ui/launch_form.h"
#include "ui/launch_modes.h"
#include "ui/launching.h"
#include "ui/paragraph.h"
#include "ui/views.h"

enum { WIDTH = 94, LABEL = 2, VALUE = 14, SENTENCE_ROWS = 4 };

struct launch_view {
    struct view view;
    struct launch_form form;
    container_id old; /* that it is to take the place of; 0 none */
    int engine;       /* -1: there is none */
    enum form_field at;
    struct image_choice images;
    bool offered; /* nobody typed the image: the first key that does replaces it */
    struct rect places[FORM_FIELDS], mode_places[LAUNCH_MODES];
    struct error wrong; /* kind ERROR_NONE: nothing is */
    enum form_field wrong_at;
    bool tried; /* to launch: what is missing is said from then on */
    int scroll;
};

static struct launch_view *self(struct view *v)
{
    return (struct launch_view *)v;
}

static const struct engine *engine_of(const struct launch_view *l)
{
    return l->engine < 0 ? NULL : session_engine(app_session(l->view.app), l->engine);
}

/* Engines and images. */

static void images_told(void *user)
{
    struct launch_view *l = user;
    const struct image *first = image_choice_at(&l->images, 0);
    if (first && !*line_edit_get(&l->form.image)) {
        line_edit_set(&l->form.image, first->name);
        l->offered = true;
    }
    app_redraw(l->view.app, &l->view);
}

static void ask_images(struct launch_view *l)
{
    image_choice_ask(&l->images, app_session(l->view.app), l->engine, images_told, l);
}

/* The known image that is typed; NULL: none of them is. */
static const struct image *typed_image(const struct launch_view *l)
{
    return image_choice_at(&l->images, image_choice_place(&l->images, line_edit_get(&l->form.image)));
}

/* Arrows go through the known images as long as one of them, or nothing, stands there. */
static bool cycle_image(struct launch_view *l, int by)
{
    const char *typed = line_edit_get(&l->form.image);
    const struct image *next = *typed && !typed_image(l) ? NULL : image_choice_step(&l->images, typed, by);
    if (next) {
        line_edit_set(&l->form.image, next->name);
    }
    return next != NULL;
}

static const char *image_os(const struct launch_view *l)
{
    const struct image *image = typed_image(l);
    return image ? image->os : NULL;
}

static bool refused(const struct launch_view *l, enum isolation mode, struct verdict *verdict)
{
    return launch_judge(l->view.app, engine_of(l), image_os(l), mode, verdict) == VERDICT_REFUSE;
}

static void cycle_engine(struct launch_view *l, int by)
{
    int n = session_engines(app_session(l->view.app));
    if (n > 1 && l->engine >= 0) {
        l->engine = (l->engine + by + n) % n;
        ask_images(l);
    }
}

/* Drawing. */

struct pen { /* where the next row goes */
    struct canvas *canvas;
    struct rect in;
    int row;
    bool focused;
};

static enum style label_style(const struct launch_view *l, enum form_field field)
{
    bool wrong = l->wrong.kind != ERROR_NONE && l->wrong_at == field;
    return wrong ? STYLE_ERROR : l->at == field ? STYLE_ACCENT : STYLE_QUIET;
}

static void label(struct launch_view *l, struct pen *p, enum form_field field, int col, const char *words)
{
    canvas_text(p->canvas, p->row, p->in.col + col, -1, label_style(l, field), words);
}

static void line_field(struct launch_view *l, struct pen *p, enum form_field field, int col, int cols)
{
    struct line_edit *line = launch_form_line(&l->form, field);
    l->places[field] = (struct rect){p->row, p->in.col + col, 1, cols};
    line_edit_draw(line, p->canvas, p->row, p->in.col + col, cols, STYLE_INPUT, p->focused && l->at == field);
}

static int choice_field(struct launch_view *l, struct pen *p, enum form_field field, int col,
                        const char *words)
{
    bool here = l->at == field;
    enum style style = here ? STYLE_SELECTED : STYLE_TEXT;
    int used = canvas_textf(p->canvas, p->row, p->in.col + col, -1, style, "‹ %s ›", words);
    l->places[field] = (struct rect){p->row, p->in.col + col, 1, used};
    return used;
}

static int check_field(struct launch_view *l, struct pen *p, enum form_field field, int col, bool on,
                       const char *words)
{
    enum style style = l->at == field ? STYLE_SELECTED : STYLE_TEXT;
    int used = canvas_textf(p->canvas, p->row, p->in.col + col, -1, style, "[%c] %s", on ? 'x' : ' ', words);
    l->places[field] = (struct rect){p->row, p->in.col + col, 1, used};
    return used;
}

/* What is wrong stands below the row of its field. */
static void draw_wrong(struct launch_view *l, struct pen *p, enum form_field first, enum form_field last)
{
    bool unasked = l->wrong_at == FORM_IMAGE && !l->tried;
    p->row++;
    if (l->wrong.kind == ERROR_NONE || unasked || l->wrong_at < first || l->wrong_at > last) {
        return;
    }
    struct rect r = {p->row, p->in.col + VALUE, 2, p->in.cols - VALUE - 1};
    p->row += paragraph_draw(p->canvas, r, STYLE_ERROR, l->wrong.text);
}

static void draw_engine(struct launch_view *l, struct pen *p)
{
    const struct engine *e = engine_of(l);
    label(l, p, FORM_ENGINE, LABEL, "engine");
    int used = choice_field(l, p, FORM_ENGINE, VALUE, e ? e->name : "none");
    const char *words = !e ? "" : e->state == ENGINE_ONLINE ? e->version : e->reason;
    canvas_text(p->canvas, p->row, p->in.col + VALUE + used + 2, -1, STYLE_QUIET, words ? words : "");
    p->row++;
}

static void draw_image(struct launch_view *l, struct pen *p)
{
    size_t n = image_choice_count(&l->images);
    size_t at = image_choice_place(&l->images, line_edit_get(&l->form.image));
    int width = p->in.cols - VALUE - 18;
    label(l, p, FORM_IMAGE, LABEL, "image");
    line_field(l, p, FORM_IMAGE, VALUE, width);
    int col = p->in.col + VALUE + width + 2;
    if (n > 1 && at < n) {
        canvas_textf(p->canvas, p->row, col, 16, STYLE_QUIET, "‹ %zu of %zu ›", at + 1, n);
    } else if (image_choice_asking(&l->images)) {
        canvas_text(p->canvas, p->row, col, 16, STYLE_QUIET, "asking …");
    }
    draw_wrong(l, p, FORM_IMAGE, FORM_IMAGE);
}

static void draw_command(struct launch_view *l, struct pen *p)
{
    const struct image *image = typed_image(l);
    label(l, p, FORM_COMMAND, LABEL, "command");
    line_field(l, p, FORM_COMMAND, VALUE, p->in.cols - VALUE - 2);
    bool empty = !*line_edit_get(&l->form.command);
    if (empty && image && image->command) {
        canvas_textf(p->canvas, p->row, p->in.col + VALUE + 2, p->in.cols - VALUE - 5, STYLE_INPUT,
                     "(the image's: %s)", image->command);
    }
    draw_wrong(l, p, FORM_COMMAND, FORM_COMMAND);
}

static void draw_modes(struct launch_view *l, struct pen *p)
{
    char word[48];
    struct verdict verdict;
    int col = p->in.col + VALUE;
    label(l, p, FORM_ISOLATION, LABEL, "isolation");
    l->places[FORM_ISOLATION] = (struct rect){p->row, col, 1, p->in.cols - VALUE};
    for (int i = 0; i < LAUNCH_MODES; i++) {
        bool chosen = launch_modes[i] == l->form.isolation;
        bool here = chosen && l->at == FORM_ISOLATION;
        enum style style = here                                    ? STYLE_SELECTED
                           : refused(l, launch_modes[i], &verdict) ? STYLE_QUIET
                                                                   : STYLE_TEXT;
        int used =
            canvas_textf(p->canvas, p->row, col, -1, style, "%s %s", chosen ? "●" : "○",
                         launch_mode_word(l->view.app, engine_of(l), launch_modes[i], word, sizeof word));
        l->mode_places[i] = (struct rect){p->row, col, 1, used};
        col += used + 3;
    }
    p->row++;
}

static void draw_sentence(struct launch_view *l, struct pen *p, enum isolation mode, bool chosen)
{
    struct text words = {0};
    struct rect r = {p->row, p->in.col + VALUE, SENTENCE_ROWS, p->in.cols - VALUE - 2};
    enum verdict_kind kind = launch_sentence(l->view.app, engine_of(l), image_os(l), mode, &words);
    enum style style = chosen && kind != VERDICT_OK ? STYLE_WARNING : STYLE_QUIET;
    p->row += paragraph_draw(p->canvas, r, style, text_of(&words));
    text_done(&words);
}

/* Of the mode that is chosen, then of the others. */
static void draw_verdicts(struct launch_view *l, struct pen *p)
{
    enum isolation really = launch_effective(l->view.app, engine_of(l), l->form.isolation);
    draw_sentence(l, p, really, true);
    for (int i = 1; engine_of(l) && i < LAUNCH_MODES; i++) {
        if (launch_modes[i] != really) {
            draw_sentence(l, p, launch_modes[i], false);
        }
    }
}

static void draw_limits(struct launch_view *l, struct pen *p)
{
    int name = VALUE + 10 + 2 + 5 + 7 + 2;
    label(l, p, FORM_MEMORY, LABEL, "memory");
    line_field(l, p, FORM_MEMORY, VALUE, 10);
    label(l, p, FORM_CPUS, VALUE + 12, "cpus");
    line_field(l, p, FORM_CPUS, VALUE + 17, 6);
    label(l, p, FORM_NAME, name, "name");
    line_field(l, p, FORM_NAME, name + 5, p->in.cols - name - 7);
    if (!*line_edit_get(&l->form.name) && l->at != FORM_NAME) {
        canvas_text(p->canvas, p->row, p->in.col + name + 5, p->in.cols - name - 7, STYLE_INPUT, "(chosen)");
    }
    draw_wrong(l, p, FORM_MEMORY, FORM_NAME);
}

static void draw_network(struct launch_view *l, struct pen *p)
{
    label(l, p, FORM_NETWORK, LABEL, "network");
    int col = VALUE;
    col += choice_field(l, p, FORM_NETWORK, col, launch_form_network_word(&l->form)) + 3;
    col += check_field(l, p, FORM_TERMINAL, col, l->form.terminal, "terminal") + 3;
    check_field(l, p, FORM_REMOVE, col, l->form.remove, "remove at exit");
    p->row++;
}

static void draw_ports(struct launch_view *l, struct pen *p)
{
    label(l, p, FORM_PORTS, LABEL, "ports");
    line_field(l, p, FORM_PORTS, VALUE, p->in.cols - VALUE - 2);
    if (!*line_edit_get(&l->form.ports) && l->at != FORM_PORTS) {
        canvas_text(p->canvas, p->row, p->in.col + VALUE, -1, STYLE_INPUT,
                    "(of the host:of the container, as in 8080:80)");
    }
    draw_wrong(l, p, FORM_PORTS, FORM_PORTS);
}

static void draw_folders(struct launch_view *l, struct pen *p)
{
    for (size_t i = 0; i < l->form.n_folders; i++) {
        enum form_field field = (enum form_field)(FORM_FOLDER + (int)i);
        label(l, p, field, LABEL, "folder");
        line_field(l, p, field, VALUE, p->in.cols - VALUE - 2);
        bool empty = !*line_edit_get(&l->form.folders[i]);
        if (empty && l->at != field) {
            canvas_text(p->canvas, p->row, p->in.col + VALUE, -1, STYLE_INPUT,
                        "(/outside:/inside, or with :ro behind it)");
        }
        draw_wrong(l, p, field, field);
    }
    label(l, p, FORM_ADD, LABEL, l->form.n_folders ? "" : "folders");
    int used = canvas_text(p->canvas, p->row, p->in.col + VALUE, -1,
                           l->at == FORM_ADD ? STYLE_SELECTED : STYLE_QUIET, "+ add a folder of the host");
    l->places[FORM_ADD] = (struct rect){p->row, p->in.col + VALUE, 1, used};
    p->row += 2;
}

static void draw_button(struct launch_view *l, struct pen *p)
{
    static const char words[] = "  Launch  ";
    int col = p->in.col + p->in.cols - (int)sizeof words - 1;
    enum style style = l->at == FORM_LAUNCH ? STYLE_SELECTED : STYLE_STRONG;
    canvas_text(p->canvas, p->row, col, -1, style, words);
    l->places[FORM_LAUNCH] = (struct rect){p->row, col, 1, (int)sizeof words - 1};
    p->row++;
}

static void check(struct launch_view *l)
{
    struct launch_spec spec;
    l->wrong = (struct error){0};
    if (launch_form_spec(&l->form, &spec, &l->wrong, &l->wrong_at)) {
        launch_spec_done(&spec);
    }
}

static int draw_rows(struct launch_view *l, struct pen *p)
{
    int first = p->row;
    draw_engine(l, p);
    draw_image(l, p);
    draw_command(l, p);
    draw_modes(l, p);
    draw_verdicts(l, p);
    p->row++;
    draw_limits(l, p);
    draw_network(l, p);
    draw_ports(l, p);
    draw_folders(l, p);
    draw_button(l, p);
    return p->row - first;
}

/* Drawn twice when the field with the focus would not be seen: the rows are only known after the first time.
 */
static void draw_inside(struct launch_view *l, struct canvas *c, struct rect in, bool focused)
{
    for (int turn = 0; turn < 2; turn++) {
        struct pen pen = {c, in, in.row - l->scroll, focused};
        canvas_fill(c, in, STYLE_TEXT);
        draw_rows(l, &pen);
        int row = l->places[l->at].row;
        if (row >= in.row && row < in.row + in.rows) {
            return;
        }
        l->scroll += row < in.row ? row - in.row : row - (in.row + in.rows - 1);
    }
}

static int rows_wanted(struct launch_view *l, struct canvas *c, struct rect in)
{
    struct pen pen = {c, in, 0, false};
    canvas_clip(c, (struct rect){0, 0, 0, 0});
    int rows = draw_rows(l, &pen);
    canvas_unclip(c);
    return rows;
}

static void draw(struct view *v, struct canvas *c, struct rect r, bool focused, bool all)
{
    struct launch_view *l = self(v);
    int cols = r.cols < WIDTH ? r.cols : WIDTH;
    struct rect in = {0, r.col + (r.cols - cols) / 2 + 1, 0, cols - 2};
    (void)all;
    check(l);
    int rows = rows_wanted(l, c, in) + 2;
    rows = rows < r.rows ? rows : r.rows;
    struct rect box = {r.row + (r.rows - rows) / 3, in.col - 1, rows, cols};
    in.row = box.row + 1;
    in.rows = rows - 2;
    canvas_fill(c, box, STYLE_TEXT);
    canvas_box(c, box, STYLE_QUIET, "Launch a container");
    canvas_clip(c, in);
    draw_inside(l, c, in, focused);
    canvas_unclip(c);
}

/* Doing. */

static void launch(struct launch_view *l)
{
    struct launch_spec spec;
    struct app *app = l->view.app;
    struct verdict verdict;
    l->tried = true;
    if (refused(l, l->form.isolation, &verdict)) {
        app_say(app, "It cannot be launched so: %s", verdict.reason);
        return;
    }
    if (!launch_form_spec(&l->form, &spec, &l->wrong, &l->wrong_at)) {
        l->at = l->wrong_at;
        app_say_error(app, &l->wrong);
        return;
    }
    enum isolation really = launch_effective(l->view.app, engine_of(l), spec.isolation);
    if (spec.isolation == ISOLATION_UNKNOWN && really != engine_of(l)->default_isolation) {
        spec.isolation = really;
    }
    int engine = l->engine;
    bool terminal = spec.terminal;
    container_id old = l->old;
    app_pop(app); /* l is gone */
    launching_start(app, engine, &spec, terminal ? LAUNCHING_CONSOLE : LAUNCHING_SELECT, old);
    launch_spec_done(&spec);
}

static void add_folder(struct launch_view *l)
{
    if (launch_form_add_folder(&l->form)) {
        l->at = (enum form_field)(FORM_FOLDER + (int)l->form.n_folders - 1);
    } else {
        app_say(l->view.app, "More than %d folders: use `porthole run -v`.", FORM_FOLDERS_MAX);
    }
}

/* Left and right, and Space, on what is no line of text. */
static bool change(struct launch_view *l, int by)
{
    switch (l->at) {
    case FORM_ENGINE:
        cycle_engine(l, by);
        return true;
    case FORM_ISOLATION:
        l->form.isolation = launch_next_mode(l->view.app, engine_of(l), image_os(l), l->form.isolation, by);
        return true;
    case FORM_NETWORK:
        launch_form_network_step(&l->form, by);
        return true;
    case FORM_TERMINAL:
        l->form.terminal = !l->form.terminal;
        return true;
    case FORM_REMOVE:
        l->form.remove = !l->form.remove;
        return true;
    default:
        return false;
    }
}

static bool enter(struct launch_view *l)
{
    if (l->at == FORM_LAUNCH) {
        launch(l);
        return true;
    }
    if (l->at == FORM_ADD) {
        add_folder(l);
    } else {
        l->at = launch_form_step(&l->form, l->at, 1);
    }
    app_redraw(l->view.app, &l->view);
    return true;
}

static bool inside(struct rect r, const struct key *k)
{
    return k->mouse_row == r.row && k->mouse_col >= r.col && k->mouse_col < r.col + r.cols;
}

static void click(struct launch_view *l, const struct key *k)
{
    struct verdict verdict;
    for (int i = 0; i < LAUNCH_MODES; i++) {
        if (inside(l->mode_places[i], k) && !refused(l, launch_modes[i], &verdict)) {
            l->form.isolation = launch_modes[i];
        }
    }
    for (int i = 0; i < FORM_FIELDS; i++) {
        enum form_field field = (enum form_field)i;
        if (!launch_form_has(&l->form, field) || !inside(l->places[i], k)) {
            continue;
        }
        l->at = field;
        if (field == FORM_LAUNCH || field == FORM_ADD) {
            enter(l);
            return; /* l may be gone */
        }
        if (field != FORM_ISOLATION) {
            change(l, 1);
        }
    }
    app_redraw_all(l->view.app);
}

static bool remove_empty_folder(struct launch_view *l)
{
    bool folder = l->at >= FORM_FOLDER && l->at < FORM_ADD;
    if (!folder || *line_edit_get(&l->form.folders[l->at - FORM_FOLDER])) {
        return false;
    }
    launch_form_remove_folder(&l->form, (size_t)(l->at - FORM_FOLDER));
    if (!launch_form_has(&l->form, l->at)) {
        l->at = FORM_ADD;
    }
    return true;
}

static bool move(struct launch_view *l, const struct key *k)
{
    bool back = k->code == KEY_CODE_UP || (k->code == KEY_CODE_TAB && k->modifiers & KEY_SHIFT);
    if (!back && k->code != KEY_CODE_DOWN && k->code != KEY_CODE_TAB) {
        return false;
    }
    l->at = launch_form_step(&l->form, l->at, back ? -1 : 1);
    return true;
}

static bool edit(struct launch_view *l, const struct key *k)
{
    bool left = k->code == KEY_CODE_LEFT;
    bool sideways = left || k->code == KEY_CODE_RIGHT;
    struct line_edit *line = launch_form_line(&l->form, l->at);
    if (move(l, k)) {
        return true;
    }
    if (k->code == KEY_CODE_BACKSPACE && remove_empty_folder(l)) {
        return true;
    }
    if (l->at == FORM_IMAGE && sideways && cycle_image(l, left ? -1 : 1)) {
        return true;
    }
    if (line) {
        bool types = key_is_character(k) || k->code == KEY_CODE_PASTE || k->code == KEY_CODE_BACKSPACE;
        if (l->at == FORM_IMAGE && l->offered && types) {
            l->offered = false;
            line_edit_set(line, NULL);
        }
        return line_edit_key(line, k, NULL);
    }
    return (sideways || k->code == ' ') && change(l, left ? -1 : 1);
}

static bool key(struct view *v, const struct key *k)
{
    struct launch_view *l = self(v);
    if (k->code == KEY_CODE_MOUSE) {
        if (k->mouse == MOUSE_PRESS) {
            click(l, k);
        }
        return true;
    }
    if (key_is(k, "F10")) {
        app_redraw_all(v->app);
        launch(l);
        return true;
    }
    if (k->code == KEY_CODE_ENTER) {
        return enter(l);
    }
    bool mine = edit(l, k);
    if (mine) {
        app_redraw_all(v->app); /* the box may have become smaller */
    }
    return mine;
}

static void show(struct view *v, container_id id, bool visible)
{
    (void)v;
    (void)id;
    (void)visible;
}

static const char *const *keys(struct view *v)
{
    static const char *const words[] = {"Tab", "next field", "← →", "choose", "F10", "launch", NULL};
    (void)v;
    return words;
}

static void launch_view_free(struct view *v)
{
    struct launch_view *l = self(v);
    image_choice_done(&l->images);
    launch_form_done(&l->form);
    free(l);
}

static const struct view_type type = {
    .title = "Launch", .draw = draw, .key = key, .show = show, .keys = keys, .free = launch_view_free};

static int first_online(struct session *s)
{
    for (int i = 0; i < session_engines(s); i++) {
        if (session_engine(s, i)->state == ENGINE_ONLINE) {
            return i;
        }
    }
    return session_engines(s) > 0 ? 0 : -1;
}

struct view *launch_view_new(struct app *a, int engine, const struct launch_spec *start, container_id old)
{
    struct launch_view *l = mem_new(1, sizeof *l);
    struct session *s = app_session(a);
    l->view = (struct view){&type, a};
    launch_form_init(&l->form, start);
    l->at = FORM_IMAGE;
    l->old = old;
    l->engine = old ? session_engine_of(s, old) : engine;
    if (l->engine < 0) {
        l->engine = first_online(s);
    }
    ask_images(l);
    return &l->view;
}

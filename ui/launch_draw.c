/* Rows are laid out from the top each time; where the fields came to lie is remembered for the mouse. What a
 * mode costs, and why one cannot be chosen, is the engine's word (its offers). */
#include "ui/launch_draw.h"

#include "core/text.h"
#include "ui/app.h"
#include "ui/paragraph.h"

enum { WIDTH = 94, LABEL = 2, VALUE = 14, SENTENCE_ROWS = 4 };

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
    const struct engine *e = launch_view_engine(l);
    label(l, p, FORM_ENGINE, LABEL, "engine");
    int used = choice_field(l, p, FORM_ENGINE, VALUE, e ? e->label : "none");
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
    const struct image *image = launch_view_image(l);
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
        enum style style = here                                                ? STYLE_SELECTED
                           : launch_view_refuses(l, launch_modes[i], &verdict) ? STYLE_QUIET
                                                                               : STYLE_TEXT;
        int used = canvas_textf(
            p->canvas, p->row, col, -1, style, "%s %s", chosen ? "●" : "○",
            launch_mode_word(l->view.app, launch_view_engine(l), launch_modes[i], word, sizeof word));
        l->mode_places[i] = (struct rect){p->row, col, 1, used};
        col += used + 3;
    }
    p->row++;
}

static void draw_sentence(struct launch_view *l, struct pen *p, enum isolation mode, bool chosen)
{
    struct text words = {0};
    struct rect r = {p->row, p->in.col + VALUE, SENTENCE_ROWS, p->in.cols - VALUE - 2};
    enum verdict_kind kind =
        launch_sentence(l->view.app, launch_view_engine(l), launch_view_os(l), mode, &words);
    enum style style = chosen && kind != VERDICT_OK ? STYLE_WARNING : STYLE_QUIET;
    p->row += paragraph_draw(p->canvas, r, style, text_of(&words));
    text_done(&words);
}

/* Of the mode that is chosen, then of the others. */
static void draw_verdicts(struct launch_view *l, struct pen *p)
{
    enum isolation really = launch_effective(l->view.app, launch_view_engine(l), l->form.isolation);
    draw_sentence(l, p, really, true);
    for (int i = 1; launch_view_engine(l) && i < LAUNCH_MODES; i++) {
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

/* Several on one line; what to write stands there until something does. */
static void draw_words(struct launch_view *l, struct pen *p, enum form_field field, const char *name,
                       const char *hint)
{
    label(l, p, field, LABEL, name);
    line_field(l, p, field, VALUE, p->in.cols - VALUE - 2);
    if (!*line_edit_get(launch_form_line(&l->form, field)) && l->at != field) {
        canvas_text(p->canvas, p->row, p->in.col + VALUE, p->in.cols - VALUE - 2, STYLE_INPUT, hint);
    }
    draw_wrong(l, p, field, field);
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
    draw_words(l, p, FORM_PORTS, "ports", "(of the host:of the container, as in 8080:80)");
    draw_words(l, p, FORM_DEVICES, "devices", "(of the host, as in /dev/kvm; on Windows class/GUID)");
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

void launch_draw(struct launch_view *l, struct canvas *c, struct rect r, bool focused)
{
    int cols = r.cols < WIDTH ? r.cols : WIDTH;
    struct rect in = {0, r.col + (r.cols - cols) / 2 + 1, 0, cols - 2};
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

#include "ui/prompt.h"

#include <stdlib.h>

#include "core/memory.h"
#include "core/text.h"
#include "ui/line_edit.h"
#include "ui/paragraph.h"

enum prompt_kind { PROMPT_NONE, PROMPT_QUESTION, PROMPT_TEXT };

struct prompt {
    enum prompt_kind kind;
    unsigned serial;
    char *label;
    struct line_edit line;
    void (*yes_no)(void *user, bool yes);
    void (*changed)(void *user, const char *text);
    void (*answer)(void *user, const char *text);
    void *user;
};

struct prompt *prompt_new(void)
{
    return mem_new(1, sizeof(struct prompt));
}

void prompt_free(struct prompt *p)
{
    if (!p) {
        return;
    }
    prompt_give_up(p);
    free(p);
}

bool prompt_open(const struct prompt *p)
{
    return p->kind != PROMPT_NONE;
}

unsigned prompt_serial(const struct prompt *p)
{
    return p->serial;
}

/* The answer may ask the next question: everything is moved aside before it is called. */
static void finish(struct prompt *p, bool yes)
{
    struct prompt was = *p;
    *p = (struct prompt){.serial = was.serial + 1};
    if (was.kind == PROMPT_QUESTION) {
        was.yes_no(was.user, yes);
    } else if (was.kind == PROMPT_TEXT) {
        was.answer(was.user, yes ? line_edit_get(&was.line) : NULL);
    }
    line_edit_done(&was.line);
    free(was.label);
}

void prompt_give_up(struct prompt *p)
{
    finish(p, false);
}

void prompt_ask(struct prompt *p, const char *question, void (*answer)(void *user, bool yes), void *user)
{
    char *label = mem_string(question);
    finish(p, false);
    p->kind = PROMPT_QUESTION;
    p->label = label;
    p->yes_no = answer;
    p->user = user;
}

void prompt_text(struct prompt *p, const char *label, const char *text,
                 void (*changed)(void *user, const char *text), void (*answer)(void *user, const char *text),
                 void *user)
{
    char *copy = mem_string(label);
    struct line_edit line = {0};
    line_edit_set(&line, text);
    finish(p, false);
    *p = (struct prompt){.kind = PROMPT_TEXT,
                         .serial = p->serial,
                         .label = copy,
                         .line = line,
                         .changed = changed,
                         .answer = answer,
                         .user = user};
}

static bool gives_up(const struct key *k)
{
    return k->code == KEY_CODE_ESCAPE || (k->modifiers & KEY_CTRL && (k->code == 'c' || k->code == 'g'));
}

static void question_key(struct prompt *p, const struct key *k)
{
    if (k->code == 'y' || k->code == 'Y') {
        finish(p, true);
    } else if (k->code == 'n' || k->code == 'N' || k->code == 'q' || gives_up(k)) {
        finish(p, false);
    }
}

void prompt_key(struct prompt *p, const struct key *k)
{
    bool changed;
    if (p->kind == PROMPT_QUESTION) {
        question_key(p, k);
    } else if (k->code == KEY_CODE_ENTER) {
        finish(p, true);
    } else if (gives_up(k)) {
        finish(p, false);
    } else if (line_edit_key(&p->line, k, &changed) && changed && p->changed) {
        p->changed(p->user, line_edit_get(&p->line));
    }
}

static int question_room(int cols)
{
    static const char choice[] = "y yes   n no";
    return cols - (int)sizeof choice - 3;
}

int prompt_rows(const struct prompt *p, int cols)
{
    bool fits = p->kind != PROMPT_QUESTION || text_width(p->label) <= question_room(cols);
    return fits ? 1 : paragraph_rows(p->label, cols - 2) + 1;
}

/* The choice stands behind the question, or where that takes several rows in one below. */
static void question_draw(const struct prompt *p, struct canvas *c, struct rect r)
{
    int at = r.col + 1, row = r.row + r.rows - 1;
    canvas_fill(c, r, STYLE_STATUS);
    if (r.rows > 1) {
        paragraph_draw(c, (struct rect){r.row, at, r.rows - 1, r.cols - 2}, STYLE_WARNING, p->label);
    } else {
        at += canvas_text(c, r.row, at, question_room(r.cols), STYLE_WARNING, p->label) + 3;
    }
    at += canvas_text(c, row, at, -1, STYLE_ACCENT, "y");
    at += canvas_text(c, row, at, -1, STYLE_STATUS, " yes   ");
    at += canvas_text(c, row, at, -1, STYLE_ACCENT, "n");
    canvas_text(c, row, at, -1, STYLE_STATUS, " no");
}

void prompt_draw(const struct prompt *p, struct canvas *c, struct rect r)
{
    if (p->kind == PROMPT_QUESTION) {
        question_draw(p, c, r);
        return;
    }
    canvas_fill(c, r, STYLE_STATUS);
    int used = canvas_text(c, r.row, r.col + 1, r.cols / 2, STYLE_ACCENT, p->label);
    int at = r.col + 1 + used + 1;
    line_edit_draw(&p->line, c, r.row, at, r.col + r.cols - at, STYLE_INPUT, true);
}

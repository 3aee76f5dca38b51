#include "ui/status_bar.h"

#include "core/text.h"
#include "ui/paragraph.h"

static int hint_width(const struct hint *h)
{
    return text_width(h->key) + 1 + text_width(h->words);
}

static void hint_draw(struct canvas *c, int row, int col, const struct hint *h)
{
    int used = canvas_text(c, row, col, -1, STYLE_ACCENT, h->key);
    canvas_text(c, row, col + used + 1, -1, STYLE_STATUS, h->words);
}

/* As many as fit, whole, from the left; the last one at the right. */
static void hints_draw(struct canvas *c, struct rect r, const struct status_line *s)
{
    int end = r.col + r.cols - 1;
    int col = r.col + 1;
    if (s->n_hints == 0) {
        return;
    }
    const struct hint *last = &s->hints[s->n_hints - 1];
    end -= hint_width(last);
    hint_draw(c, r.row, end, last);
    for (size_t i = 0; i + 1 < s->n_hints; i++) {
        int width = hint_width(&s->hints[i]);
        if (col + width + 2 > end) {
            break;
        }
        hint_draw(c, r.row, col, &s->hints[i]);
        col += width + 3;
    }
}

static void job_draw(struct canvas *c, struct rect r, const struct status_line *s)
{
    static const struct hint cancel = {"Ctrl-C", "cancel"};
    int room = r.cols - 2;
    if (s->cancellable) {
        int width = hint_width(&cancel);
        hint_draw(c, r.row, r.col + r.cols - 1 - width, &cancel);
        room -= width + 2;
    }
    canvas_text(c, r.row, r.col + 1, room, STYLE_STATUS, s->job);
}

void status_bar_draw(struct canvas *c, struct rect r, const struct status_line *s)
{
    if (s->prompt) {
        prompt_draw(s->prompt, c, r);
        return;
    }
    canvas_fill(c, r, STYLE_STATUS);
    if (s->message) {
        paragraph_draw(c, (struct rect){r.row, r.col + 1, r.rows, r.cols - 2},
                       s->error ? STYLE_ERROR : STYLE_STATUS, s->message);
    } else if (s->job) {
        job_draw(c, r, s);
    } else {
        hints_draw(c, r, s);
    }
}

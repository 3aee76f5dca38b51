#include "ui/scroller.h"

enum { WHEEL_ROWS = 3 };

static long clamp(long value, long low, long high)
{
    if (value > high) {
        value = high;
    }
    return value < low ? low : value;
}

void scroller_reveal(struct scroller *s, long row)
{
    if (row < s->top) {
        s->top = row;
    } else if (s->page > 0 && row >= s->top + s->page) {
        s->top = row - s->page + 1;
    }
    s->top = clamp(s->top, 0, s->count - s->page);
}

void scroller_fit(struct scroller *s, long count, int page)
{
    s->count = count;
    s->page = page;
    s->top = clamp(s->top, 0, count - page);
    s->cursor = clamp(s->cursor, 0, count - 1);
    if (s->has_cursor) {
        scroller_reveal(s, s->cursor);
    }
}

static void move(struct scroller *s, long by)
{
    if (s->has_cursor) {
        s->cursor = clamp(s->cursor + by, 0, s->count - 1);
        scroller_reveal(s, s->cursor);
    } else {
        s->top = clamp(s->top + by, 0, s->count - s->page);
    }
}

bool scroller_step(const struct key *k, long page, long *by)
{
    if (k->code == KEY_CODE_MOUSE) {
        *by = k->mouse == MOUSE_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS;
        return k->mouse == MOUSE_WHEEL_UP || k->mouse == MOUSE_WHEEL_DOWN;
    }
    if (k->modifiers & (KEY_ALT | KEY_CTRL)) {
        return false;
    }
    page = page > 1 ? page - 1 : 1;
    switch (k->code) {
    case KEY_CODE_UP:
    case 'k':
        *by = -1;
        return true;
    case KEY_CODE_DOWN:
    case 'j':
        *by = 1;
        return true;
    case KEY_CODE_PAGE_UP:
        *by = -page;
        return true;
    case KEY_CODE_PAGE_DOWN:
        *by = page;
        return true;
    case KEY_CODE_HOME:
    case 'g':
        *by = -SCROLLER_ALL;
        return true;
    case KEY_CODE_END:
    case 'G':
        *by = SCROLLER_ALL;
        return true;
    default:
        return false;
    }
}

bool scroller_key(struct scroller *s, const struct key *k)
{
    long by;
    bool moves = scroller_step(k, s->page, &by);
    if (moves) {
        move(s, by);
    }
    return moves;
}

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

static bool wheel(struct scroller *s, const struct key *k)
{
    if (k->mouse != MOUSE_WHEEL_UP && k->mouse != MOUSE_WHEEL_DOWN) {
        return false;
    }
    move(s, k->mouse == MOUSE_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS);
    return true;
}

bool scroller_key(struct scroller *s, const struct key *k)
{
    long page = s->page > 1 ? s->page - 1 : 1;
    if (k->code == KEY_CODE_MOUSE) {
        return wheel(s, k);
    }
    if (k->modifiers & (KEY_ALT | KEY_CTRL)) {
        return false;
    }
    switch (k->code) {
    case KEY_CODE_UP:
    case 'k':
        move(s, -1);
        return true;
    case KEY_CODE_DOWN:
    case 'j':
        move(s, 1);
        return true;
    case KEY_CODE_PAGE_UP:
        move(s, -page);
        return true;
    case KEY_CODE_PAGE_DOWN:
        move(s, page);
        return true;
    case KEY_CODE_HOME:
    case 'g':
        move(s, -s->count);
        return true;
    case KEY_CODE_END:
    case 'G':
        move(s, s->count);
        return true;
    default:
        return false;
    }
}

#include "ui/line.h"

#include <string.h>
#include <strings.h>

#include "core/text.h"

bool line_find(const char *s, const char *needle, size_t from, struct line_spot *out)
{
    size_t len = strlen(s), wanted = strlen(needle);
    if (wanted == 0) {
        return false;
    }
    for (size_t at = from; at + wanted <= len; at++) {
        if (strncasecmp(s + at, needle, wanted) == 0) {
            *out = (struct line_spot){at, wanted};
            return true;
        }
    }
    return false;
}

void line_draw(struct canvas *c, const struct line_window *w, enum style style, const char *s)
{
    int used = 0;
    size_t bytes = text_fit(s, w->skip, &used);
    int indent = 0;
    if (used < w->skip && s[bytes] != '\0') { /* the edge cuts a wide character: its right half is blank */
        uint32_t code;
        bytes += text_decode(s + bytes, s + bytes + strlen(s + bytes), &code);
        indent = used + text_char_width(code) - w->skip;
    }
    if (w->cols > indent) {
        canvas_text(c, w->row, w->col + indent, w->cols - indent, style, s + bytes);
    }
}

static int columns_before(const char *s, size_t bytes)
{
    int columns = 0;
    for (const char *at = s, *end = s + bytes; at < end;) {
        uint32_t code;
        at += text_decode(at, end, &code);
        columns += text_char_width(code);
    }
    return columns;
}

void line_mark(struct canvas *c, const struct line_window *w, const char *s, const char *needle)
{
    struct line_spot spot;
    if (needle == NULL) {
        return;
    }
    int columns = 0;
    size_t counted = 0;
    for (size_t from = 0; line_find(s, needle, from, &spot); from = spot.at + spot.len) {
        columns += columns_before(s + counted, spot.at - counted);
        counted = spot.at;
        int first = columns - w->skip, last = first + columns_before(s + spot.at, spot.len);
        first = first < 0 ? 0 : first;
        last = last > w->cols ? w->cols : last;
        if (last > first) {
            canvas_restyle(c, (struct rect){w->row, w->col + first, 1, last - first}, STYLE_MATCH);
        }
        if (first >= w->cols) {
            return;
        }
    }
}

#include "ui/paragraph.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

/* The bytes of the next row; at least one character, so that there is always an end. */
static size_t row_length(const char *s, int cols)
{
    size_t fits = text_fit(s, cols, NULL);
    if (s[fits] == '\0' || s[fits] == ' ') {
        return fits;
    }
    for (size_t at = fits; at > 0; at--) {
        if (s[at - 1] == ' ') {
            return at;
        }
    }
    uint32_t code;
    return fits ? fits : text_decode(s, s + strlen(s), &code);
}

static const char *next_row(const char *s, int cols)
{
    s += row_length(s, cols);
    return s + strspn(s, " ");
}

int paragraph_rows(const char *words, int cols)
{
    int rows = 0;
    for (const char *s = words; cols > 0 && *s; s = next_row(s, cols)) {
        rows++;
    }
    return rows;
}

int paragraph_draw(struct canvas *c, struct rect r, enum style style, const char *words)
{
    int used = 0;
    const char *s = words;
    for (; r.cols > 0 && used < r.rows && *s; used++) {
        bool last = used + 1 == r.rows;
        char *line = last ? mem_string(s) : mem_string_n(s, row_length(s, r.cols));
        canvas_text(c, r.row + used, r.col, r.cols, style, line);
        free(line);
        s = next_row(s, r.cols);
    }
    return used;
}

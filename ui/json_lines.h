/* ui/json_lines.h - JSON text as lines to read: one member per line, indented, however it came. Pure.
 *
 * It checks nothing: what is not JSON comes out as lines all the same, cleaned, and no longer than JSON_LINE
 * bytes. */
#ifndef UI_JSON_LINES_H
#define UI_JSON_LINES_H

#include <stddef.h>

enum { JSON_LINE = 8192, JSON_LINES = 200000 };

struct json_line {
    char *text;
    int key_at, key_len; /* bytes of the member's name with its quotes; key_len 0: none */
};

struct json_lines {
    struct json_line *lines;
    size_t count, room;
};

void json_lines_make(struct json_lines *l, const char *text); /* into {0} */
void json_lines_done(struct json_lines *l);                   /* l is {0} again */

#endif

/* core/text.h - a growing string, and what a terminal needs to know about UTF-8.
 *
 * Widths are in terminal columns: 0 for combining characters, 2 for wide ones. Bytes that are not UTF-8
 * count, and print, as one U+FFFD each.
 */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

struct text {   /* {0} is the empty one */
    char *data; /* ends with a NUL when not NULL */
    size_t len, room;
};

void text_done(struct text *t);               /* frees; t is the empty one again */
void text_clear(struct text *t);              /* keeps the memory */
void text_add(struct text *t, const char *s); /* NULL adds nothing */
void text_add_n(struct text *t, const char *s, size_t len);
void text_add_char(struct text *t, char c);
void text_addf(struct text *t, const char *fmt, ...) ERROR_PRINTF(2, 3);
void text_addv(struct text *t, const char *fmt, va_list args);
const char *text_of(const struct text *t); /* never NULL; valid until t changes */
char *text_take(struct text *t);           /* the caller frees; t is the empty one again */

/* Adds hostile bytes as text that is safe to print: control characters (C0, DEL, C1), bidirectional
 * overrides, other invisible format characters and invalid bytes become U+FFFD, tabs and newlines become one
 * space. */
void text_add_clean(struct text *t, const char *s, size_t len);

/* May it be printed as it is? Not control and format characters (C0, DEL, C1, bidirectional marks, what has
 * no shape), surrogates, line and paragraph separators. */
bool text_is_safe(uint32_t code);

/* Decodes the character at s (s < end) and returns how many bytes it took, at least 1. */
size_t text_decode(const char *s, const char *end, uint32_t *code);

/* Encodes into out (at least 4 bytes) and returns the number of bytes. */
size_t text_encode(uint32_t code, char *out);

int text_char_width(uint32_t code); /* 0, 1 or 2; control characters 0 */

/* Does it join the character before it, and take no column of its own? Combining marks, format characters
 * (but for the soft hyphen), and the vowels and finals of decomposed Hangul. */
bool text_is_combining(uint32_t code);

int text_width(const char *s);

/* How many bytes of s fit into `columns`; *used (may be NULL) gets the columns they take. */
size_t text_fit(const char *s, int columns, int *used);

/* Does haystack contain needle, letters compared without case? "" is in everything. */
bool text_contains(const char *haystack, const char *needle);

/* Order for people: letters without case, runs of digits by value ("web2" before "web10"). */
int text_compare(const char *a, const char *b);

#endif

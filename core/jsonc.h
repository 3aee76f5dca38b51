/* core/jsonc.h - JSON as people write it: comments taken out, and the lines on which things stand. */
#ifndef CORE_JSONC_H
#define CORE_JSONC_H

#include <stddef.h>

/* Overwrites comments of both kinds, and a byte order mark, with blanks. Newlines stay: lines keep their
 * numbers. */
void jsonc_blank(char *text);

/* The line, from 1, of a place in text. */
int jsonc_line(const char *text, const char *at);

/* The line of each key of every object, in the order of the text, which is valid JSON. The caller frees. */
int *jsonc_key_lines(const char *text, size_t *n);

#endif

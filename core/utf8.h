/* core/utf8.h - UTF-8 as it comes in: in pieces, and perhaps broken.
 *
 * What is well-formed is table 3-7 of the Unicode Standard: no overlong form, no surrogate, nothing above
 * U+10FFFF. What is not well-formed becomes one U+FFFD for each maximal subpart, as section 3.9 there
 * recommends: the longest beginning of a well-formed character, or else one byte.
 */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UTF8_REPLACEMENT = 0xfffd, UTF8_LONGEST = 4 };

/* The beginning of a character whose rest has not come yet; {0} holds nothing. */
struct utf8_held {
    char bytes[UTF8_LONGEST - 1];
    unsigned char n;
};

/* Decodes the character at s, of which len bytes are there, at least one. Returns how many of them it takes.
 * 0: all len bytes, at most three, are the beginning of a character whose rest may yet come. */
size_t utf8_decode(const char *s, size_t len, uint32_t *code);

/* As utf8_decode, but keeps such a beginning in h, which must hold nothing, and then returns len; *whole says
 * whether there is a character in *code. */
size_t utf8_begin(struct utf8_held *h, const char *s, size_t len, bool *whole, uint32_t *code);

/* Goes on with what h holds, which must be something. Returns how many bytes of s were used for it, which may
 * be none: what is held was broken off. *whole as above; h then holds nothing. */
size_t utf8_resume(struct utf8_held *h, const char *s, size_t len, bool *whole, uint32_t *code);

/* Nothing more comes: whether something was held, which then counts as one U+FFFD. h holds nothing
 * afterwards. */
bool utf8_end(struct utf8_held *h);

/* How many of the last bytes begin a character whose rest is not there, at most three. */
size_t utf8_unfinished(const char *s, size_t len);

#endif

#include "core/utf8.h"

#include <string.h>

/* What may follow the first bytes from `first` on, up to the next row's: `more` bytes, of which the one that
 * comes next is within [low, high], the others within [80, BF]. No row of 0 bytes begins a character. */
static const struct lead {
    unsigned char first, more, low, high;
} LEADS[] = {
    {0x80, 0, 0, 0},       {0xc2, 1, 0x80, 0xbf}, {0xe0, 2, 0xa0, 0xbf}, {0xe1, 2, 0x80, 0xbf},
    {0xed, 2, 0x80, 0x9f}, {0xee, 2, 0x80, 0xbf}, {0xf0, 3, 0x90, 0xbf}, {0xf1, 3, 0x80, 0xbf},
    {0xf4, 3, 0x80, 0x8f}, {0xf5, 0, 0, 0},
};

static const struct lead *lead_of(unsigned char first)
{
    size_t i = sizeof LEADS / sizeof LEADS[0] - 1;
    while (i > 0 && first < LEADS[i].first) {
        i--;
    }
    return &LEADS[i];
}

size_t utf8_decode(const char *s, size_t len, uint32_t *code)
{
    unsigned char first = (unsigned char)*s;
    *code = first;
    if (first < 0x80) {
        return 1;
    }
    const struct lead *lead = lead_of(first);
    uint32_t value = first & (0x3fu >> lead->more);
    for (size_t i = 1; i <= lead->more; i++) {
        unsigned char low = i == 1 ? lead->low : 0x80, high = i == 1 ? lead->high : 0xbf;
        if (i == len) {
            return 0;
        }
        unsigned char c = (unsigned char)s[i];
        if (c < low || c > high) {
            *code = UTF8_REPLACEMENT;
            return i;
        }
        value = value << 6 | (c & 0x3fu);
    }
    *code = lead->more > 0 ? value : UTF8_REPLACEMENT;
    return 1u + lead->more;
}

size_t utf8_begin(struct utf8_held *h, const char *s, size_t len, bool *whole, uint32_t *code)
{
    size_t n = utf8_decode(s, len, code);
    *whole = n > 0;
    if (n == 0) {
        memcpy(h->bytes, s, len);
        h->n = (unsigned char)len;
        n = len;
    }
    return n;
}

size_t utf8_resume(struct utf8_held *h, const char *s, size_t len, bool *whole, uint32_t *code)
{
    char bytes[UTF8_LONGEST];
    size_t held = h->n, more = sizeof bytes - held < len ? sizeof bytes - held : len;
    memcpy(bytes, h->bytes, held);
    memcpy(bytes + held, s, more);
    h->n = 0;
    /* What is held begins a character, so that at least all of it is used. */
    return utf8_begin(h, bytes, held + more, whole, code) - held;
}

bool utf8_end(struct utf8_held *h)
{
    bool held = h->n > 0;
    h->n = 0;
    return held;
}

size_t utf8_unfinished(const char *s, size_t len)
{
    for (size_t n = 1; n < UTF8_LONGEST && n <= len; n++) {
        unsigned char c = (unsigned char)s[len - n];
        if (c < 0x80) {
            return 0;
        }
        if (c >= 0xc0) {
            uint32_t code;
            return utf8_decode(s + len - n, n, &code) == 0 ? n : 0;
        }
    }
    return 0;
}

#include "core/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "core/memory.h"

enum { REPLACEMENT = 0xfffd };

void text_done(struct text *t)
{
    free(t->data);
    *t = (struct text){0};
}

void text_clear(struct text *t)
{
    t->len = 0;
    if (t->data) {
        t->data[0] = '\0';
    }
}

/* Room for len more bytes and the NUL. */
static char *make_room(struct text *t, size_t len)
{
    size_t need = len > SIZE_MAX - t->len - 1 ? SIZE_MAX : t->len + len + 1;
    t->data = mem_grow(t->data, &t->room, need, 1);
    return t->data + t->len;
}

void text_add_n(struct text *t, const char *s, size_t len)
{
    char *end = make_room(t, len);
    if (len) {
        memcpy(end, s, len);
    }
    end[len] = '\0';
    t->len += len;
}

void text_add(struct text *t, const char *s)
{
    if (s) {
        text_add_n(t, s, strlen(s));
    }
}

void text_add_char(struct text *t, char c)
{
    text_add_n(t, &c, 1);
}

void text_addv(struct text *t, const char *fmt, va_list args)
{
    if (!fmt) {
        return;
    }
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    if (len > 0) {
        char *end = make_room(t, (size_t)len);
        vsnprintf(end, (size_t)len + 1, fmt, again);
        t->len += (size_t)len;
    }
    va_end(again);
}

void text_addf(struct text *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    text_addv(t, fmt, args);
    va_end(args);
}

const char *text_of(const struct text *t)
{
    return t->data ? t->data : "";
}

char *text_take(struct text *t)
{
    char *data = t->data ? t->data : mem_string("");
    *t = (struct text){0};
    return data;
}

bool text_is_safe(uint32_t code)
{
    if (code < 0x7f) {
        return code >= 0x20;
    }
    switch (utf8proc_category((utf8proc_int32_t)code)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return false;
    default:
        return true;
    }
}

void text_add_clean(struct text *t, const char *s, size_t len)
{
    const char *end = s + len;
    while (s < end) {
        uint32_t code;
        size_t bytes = text_decode(s, end, &code);
        if (code == '\r' && s + 1 < end && s[1] == '\n') {
            bytes = 2;
            code = '\n';
        }
        if (code == '\t' || code == '\n') {
            text_add_char(t, ' ');
        } else {
            char out[4];
            text_add_n(t, out, text_encode(text_is_safe(code) ? code : REPLACEMENT, out));
        }
        s += bytes;
    }
}

size_t text_decode(const char *s, const char *end, uint32_t *code)
{
    unsigned char first = (unsigned char)*s;
    if (first < 0x80) {
        *code = first;
        return 1;
    }
    utf8proc_int32_t decoded;
    utf8proc_ssize_t bytes = utf8proc_iterate((const utf8proc_uint8_t *)s, end - s, &decoded);
    if (bytes < 1) {
        *code = REPLACEMENT;
        return 1;
    }
    *code = (uint32_t)decoded;
    return (size_t)bytes;
}

size_t text_encode(uint32_t code, char *out)
{
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
        code = REPLACEMENT;
    }
    return (size_t)utf8proc_encode_char((utf8proc_int32_t)code, (utf8proc_uint8_t *)out);
}

int text_char_width(uint32_t code)
{
    if (code < 0x7f) {
        return code >= 0x20;
    }
    if (code < 0xa0 || code > 0x10ffff) {
        return 0;
    }
    int width = utf8proc_charwidth((utf8proc_int32_t)code);
    return width < 0 ? 0 : width > 2 ? 2 : width;
}

bool text_is_combining(uint32_t code)
{
    if ((code >= 0x1160 && code <= 0x11ff) || (code >= 0xd7b0 && code <= 0xd7ff)) {
        return true;
    }
    switch (utf8proc_category((utf8proc_int32_t)code)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
        return true;
    case UTF8PROC_CATEGORY_CF:
        return code != 0xad;
    default:
        return false;
    }
}

int text_width(const char *s)
{
    const char *end = s + strlen(s);
    int width = 0;
    while (s < end) {
        uint32_t code;
        s += text_decode(s, end, &code);
        width += text_char_width(code);
    }
    return width;
}

size_t text_fit(const char *s, int columns, int *used)
{
    const char *at = s, *end = s + strlen(s);
    int width = 0;
    while (at < end) {
        uint32_t code;
        size_t bytes = text_decode(at, end, &code);
        int next = width + text_char_width(code);
        if (next > columns) {
            break;
        }
        width = next;
        at += bytes;
    }
    if (used) {
        *used = width;
    }
    return (size_t)(at - s);
}

static uint32_t lower(uint32_t code)
{
    if (code < 0x80) {
        return code >= 'A' && code <= 'Z' ? code + ('a' - 'A') : code;
    }
    return (uint32_t)utf8proc_tolower((utf8proc_int32_t)code);
}

static bool begins_with(const char *s, const char *end, const char *prefix, const char *prefix_end)
{
    while (prefix < prefix_end) {
        if (s == end) {
            return false;
        }
        uint32_t a, b;
        s += text_decode(s, end, &a);
        prefix += text_decode(prefix, prefix_end, &b);
        if (lower(a) != lower(b)) {
            return false;
        }
    }
    return true;
}

bool text_contains(const char *haystack, const char *needle)
{
    const char *end = haystack + strlen(haystack), *needle_end = needle + strlen(needle);
    if (needle == needle_end) {
        return true;
    }
    uint32_t first, code;
    text_decode(needle, needle_end, &first);
    first = lower(first);
    while (haystack < end) {
        size_t bytes = text_decode(haystack, end, &code);
        if (lower(code) == first && begins_with(haystack, end, needle, needle_end)) {
            return true;
        }
        haystack += bytes;
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Compares the runs of digits at *a and *b by value and moves past them. */
static int compare_digits(const char **a, const char **b)
{
    while (**a == '0') {
        ++*a;
    }
    while (**b == '0') {
        ++*b;
    }
    const char *x = *a, *y = *b;
    while (is_digit(**a)) {
        ++*a;
    }
    while (is_digit(**b)) {
        ++*b;
    }
    if (*a - x != *b - y) {
        return *a - x < *b - y ? -1 : 1;
    }
    return memcmp(x, y, (size_t)(*a - x));
}

int text_compare(const char *a, const char *b)
{
    const char *x = a, *y = b, *x_end = a + strlen(a), *y_end = b + strlen(b);
    while (x < x_end && y < y_end) {
        if (is_digit(*x) && is_digit(*y)) {
            int order = compare_digits(&x, &y);
            if (order) {
                return order;
            }
            continue;
        }
        uint32_t c = (unsigned char)*x, d = (unsigned char)*y;
        if (c < 0x80 && d < 0x80) { /* as nearly always: lists are sorted by it */
            x++;
            y++;
        } else {
            x += text_decode(x, x_end, &c);
            y += text_decode(y, y_end, &d);
        }
        if (c != d && lower(c) != lower(d)) {
            return lower(c) < lower(d) ? -1 : 1;
        }
    }
    if (x < x_end || y < y_end) {
        return x < x_end ? 1 : -1;
    }
    return strcmp(a, b); /* alike for people: some order that never changes */
}

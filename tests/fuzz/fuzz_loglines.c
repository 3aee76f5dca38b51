/* Output of a container: whatever it is and however it arrives, lines are clean UTF-8, within their bounds,
 * and the same whether the bytes came at once or one by one. The first two bytes choose the size of the ring
 * and the cuts. */
#include <stdlib.h>
#include <string.h>

#include "core/loglines.h"
#include "core/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth)
{
    if (!truth) {
        abort();
    }
}

static void check_line(const struct logline *line)
{
    const char *end = line->text + line->len;
    demand(*end == '\0' && line->len <= LOGLINES_LONGEST);
    for (const char *s = line->text; s < end;) {
        uint32_t code;
        char whole[4];
        size_t n = text_decode(s, end, &code);
        demand(text_is_safe(code));
        demand(text_encode(code, whole) == n &&
               memcmp(whole, s, n) == 0); /* valid, not replaced on reading */
        s += n;
    }
}

static void check(const struct loglines *l, size_t lines, size_t bytes)
{
    size_t total = 0;
    demand(loglines_end(l) - loglines_first(l) <= lines);
    for (uint64_t n = loglines_first(l); n < loglines_end(l); n++) {
        struct logline line;
        demand(loglines_get(l, n, &line));
        check_line(&line);
        total += line.len;
    }
    demand(total <= bytes);
}

static void demand_same(const struct loglines *a, const struct loglines *b)
{
    demand(loglines_first(a) == loglines_first(b) && loglines_end(a) == loglines_end(b));
    for (uint64_t n = loglines_first(a); n < loglines_end(a); n++) {
        struct logline x, y;
        demand(loglines_get(a, n, &x) && loglines_get(b, n, &y));
        demand(x.len == y.len && memcmp(x.text, y.text, x.len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    size_t lines = data[0] % 16 + 1, bytes = 64 + (size_t)data[0] * 16, step = data[1] % 7 + 1;
    const char *text = (const char *)data + 2;
    size -= 2;
    struct loglines *whole = loglines_new(lines, bytes), *pieces = loglines_new(lines, bytes);
    struct loglines *mixed = loglines_new(lines, bytes);
    loglines_add(whole, 0, 0, text, size);
    for (size_t at = 0; at < size; at += step) {
        size_t n = size - at < step ? size - at : step;
        loglines_add(pieces, 0, 0, text + at, n);
        loglines_add(mixed, (int)(at / step % 3 == 0), 0, text + at, n);
        if (size < 256) {
            check(mixed, lines, bytes);
        }
    }
    check(mixed, lines, bytes);
    check(whole, lines, bytes);
    check(pieces, lines, bytes);
    demand_same(whole, pieces);
    uint64_t number;
    demand(!loglines_search(whole, "\x1b", 0, false, &number));
    loglines_free(whole);
    loglines_free(pieces);
    loglines_free(mixed);
    return 0;
}

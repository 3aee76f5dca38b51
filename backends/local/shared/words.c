#include "backends/local/shared/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void words_add(struct text *t, const char *name, const char *value)
{
    if (value) {
        text_addf(t, "%s=%s", name, value);
        text_add_char(t, '\0');
    }
}

void words_add_number(struct text *t, const char *name, uint64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, value);
    words_add(t, name, digits);
}

const char *words_next(struct words *w)
{
    const char *pair = w->at, *end = w->len > 0 ? memchr(pair, '\0', w->len) : NULL;
    if (!end) {
        return NULL;
    }
    w->len -= (size_t)(end + 1 - pair);
    w->at = end + 1;
    return pair;
}

const char *words_value(const char *pair, const char *name)
{
    size_t len = strlen(name);
    return strncmp(pair, name, len) == 0 && pair[len] == '=' ? pair + len + 1 : NULL;
}

uint64_t words_number(const char *value)
{
    return value[0] >= '0' && value[0] <= '9' ? strtoull(value, NULL, 10) : 0;
}

#include "ui/fuzzy.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>

enum { FOUND = 1, NEIGHBOUR = 4, BEGINNING = 6 };

static bool begins_word(const char *s, const char *at)
{
    return at == s || !isalnum((unsigned char)at[-1]);
}

int fuzzy_score(const char *typed, const char *s)
{
    int score = 0;
    const char *last = NULL;
    const char *at = s;
    for (; *typed; typed++) {
        if (*typed == ' ') {
            last = NULL;
            continue;
        }
        while (*at && tolower((unsigned char)*at) != tolower((unsigned char)*typed)) {
            at++;
        }
        if (!*at) {
            return -1;
        }
        score += FOUND + (last && at == last + 1 ? NEIGHBOUR : 0) + (begins_word(s, at) ? BEGINNING : 0);
        last = at++;
    }
    return score;
}

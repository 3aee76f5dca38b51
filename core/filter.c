#include "core/filter.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

struct filter_word {
    char *text;
    bool absent; /* it must not be found */
};

static void words_free(struct filter *f)
{
    for (size_t i = 0; i < f->n_words; i++) {
        free(f->words[i].text);
    }
    free(f->words);
    f->words = NULL;
    f->n_words = 0;
}

void filter_done(struct filter *f)
{
    words_free(f);
    *f = (struct filter){0};
}

void filter_parse(struct filter *f, const char *words)
{
    static const char blanks[] = " \t\n";
    size_t room = 0;
    words_free(f);
    for (const char *at = words ? words : ""; *(at += strspn(at, blanks));) {
        size_t len = strcspn(at, blanks);
        bool absent = *at == '!';
        if (len > absent) { /* "!" alone is the beginning of a word */
            f->words = mem_grow(f->words, &room, f->n_words + 1, sizeof *f->words);
            f->words[f->n_words++] = (struct filter_word){mem_string_n(at + absent, len - absent), absent};
        }
        at += len;
    }
}

static bool is_in(const char *text, const struct filter_word *word)
{
    return text && text_contains(text, word->text);
}

static bool word_fits(const struct container *c, const struct filter_word *word)
{
    bool found = is_in(c->name, word) || is_in(c->image, word) || is_in(c->owner, word) ||
                 is_in(c->key, word) || is_in(state_word(c->state), word) ||
                 is_in(isolation_word(c->isolation, c->hypervisor), word);
    return found != word->absent;
}

bool filter_passes(const struct filter *f, const struct container *c)
{
    if ((f->hide_stopped && c->state == CONTAINER_EXITED) || (c->apart && !f->show_apart)) {
        return false;
    }
    for (size_t i = 0; i < f->n_words; i++) {
        if (!word_fits(c, &f->words[i])) {
            return false;
        }
    }
    return true;
}

unsigned filter_needs(const struct filter *f)
{
    unsigned words = f->n_words ? FIELD_NAME | FIELD_STATE | FIELD_ISOLATION : 0;
    return words | (f->hide_stopped ? FIELD_STATE : 0);
}

#include "core/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

enum place { ANYWHERE, NAME, IMAGE, OWNER, ID, STATE, ISOLATION, HEALTH, PROJECT, LABEL };

struct filter_word {
    char *text;
    enum place place;
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

/* "state=" and the like; *at then stands behind it. */
static enum place place_of(const char **at, size_t len)
{
    static const struct {
        const char *key;
        enum place place;
    } keys[] = {{"name=", NAME},           {"image=", IMAGE},  {"owner=", OWNER},   {"id=", ID},
                {"state=", STATE},         {"status=", STATE}, {"health=", HEALTH}, {"project=", PROJECT},
                {"isolation=", ISOLATION}, {"label=", LABEL}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        size_t n = strlen(keys[i].key);
        if (len >= n && strncmp(*at, keys[i].key, n) == 0) {
            *at += n;
            return keys[i].place;
        }
    }
    return ANYWHERE;
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
            const char *text = at + absent;
            enum place place = place_of(&text, len - absent);
            f->words[f->n_words++] =
                (struct filter_word){mem_string_n(text, (size_t)(at + len - text)), place, absent};
        }
        at += len;
    }
}

static bool is_in(const char *text, const struct filter_word *word)
{
    return text && text_contains(text, word->text);
}

static bool is_word(const char *text, const struct filter_word *word)
{
    return text && is_in(text, word) && strlen(text) == strlen(word->text);
}

/* hyperv is called vm where the hypervisor is another, and the other way round. */
static bool is_isolated(const struct container *c, const struct filter_word *word)
{
    enum isolation mode;
    bool known = isolation_parse(word->text, &mode) && mode != ISOLATION_UNKNOWN;
    return known ? c->isolation == mode : is_word(isolation_word(c->isolation, c->hypervisor), word);
}

static bool has_label(const struct container *c, const char *text)
{
    const char *equals = strchr(text, '=');
    char *key = mem_string_n(text, equals ? (size_t)(equals - text) : strlen(text));
    const char *value = container_label(c, key);
    free(key);
    return value && (!equals || strcmp(value, equals + 1) == 0);
}

static bool is_found(const struct container *c, const struct filter_word *word)
{
    switch (word->place) {
    case NAME:
        return is_in(c->name, word);
    case IMAGE:
        return is_in(c->image, word);
    case OWNER:
        return is_in(c->owner, word);
    case ID:
        return is_in(c->key, word);
    case STATE:
        return is_word(state_word(c->state), word);
    case ISOLATION:
        return is_isolated(c, word);
    case HEALTH:
        return is_word(c->health ? health_word(c->health) : "none", word);
    case PROJECT:
        return is_word(container_project(c), word);
    case LABEL:
        return has_label(c, word->text);
    case ANYWHERE:
        break;
    }
    return is_in(c->name, word) || is_in(c->image, word) || is_in(c->owner, word) || is_in(c->key, word) ||
           is_in(state_word(c->state), word) || is_in(isolation_word(c->isolation, c->hypervisor), word);
}

bool filter_sensible(const struct filter *f, char *why, size_t room)
{
    struct {
        enum place place;
        const char *what;
        const char *words[CONTAINER_STATES + 1]; /* NULL-ended */
    } known[] = {
        {STATE, "state", {NULL}},
        {ISOLATION, "isolation", {"process", "hyperv", "vm", "host", "unknown"}},
        {HEALTH, "health", {"starting", "healthy", "unhealthy", "none"}},
    };
    for (int state = 0; state < CONTAINER_STATES; state++) {
        known[0].words[state] = state_word((enum container_state)state);
    }
    for (size_t i = 0; i < f->n_words; i++) {
        for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
            if (f->words[i].place != known[k].place) {
                continue;
            }
            bool found = false;
            struct text all = {0};
            for (size_t n = 0; known[k].words[n]; n++) {
                found = found || is_word(known[k].words[n], &f->words[i]);
                text_addf(&all, "%s%s", n ? ", " : "", known[k].words[n]);
            }
            snprintf(why, room, "'%.32s' is no %s to filter by: choose one of %s", f->words[i].text,
                     known[k].what, text_of(&all));
            text_done(&all);
            if (!found) {
                return false;
            }
        }
    }
    return true;
}

bool filter_asks_state(const struct filter *f)
{
    for (size_t i = 0; i < f->n_words; i++) {
        if (f->words[i].place == STATE) {
            return true;
        }
    }
    return false;
}

/* What is still to be started is worth seeing. */
static bool is_stopped(enum container_state state)
{
    return state_has_ended(state) && !state_is_live(state);
}

bool filter_passes(const struct filter *f, const struct container *c)
{
    if ((f->hide_stopped && is_stopped(c->state)) || (c->apart && !f->show_apart)) {
        return false;
    }
    for (size_t i = 0; i < f->n_words; i++) {
        if (is_found(c, &f->words[i]) == f->words[i].absent) {
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

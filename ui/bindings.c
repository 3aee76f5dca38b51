#include "ui/bindings.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

struct binding {
    struct key key;
    char name[KEY_NAME];
    enum action_id action;
};

struct bindings {
    struct binding *rows;
    size_t count, room;
};

static bool same(const struct key *a, const struct key *b)
{
    return a->code == b->code && a->modifiers == b->modifiers;
}

static void unbind(struct bindings *b, const struct key *k)
{
    for (size_t i = 0; i < b->count; i++) {
        if (same(&b->rows[i].key, k)) {
            b->rows[i] = b->rows[--b->count];
            return;
        }
    }
}

static void bind(struct bindings *b, const char *name, enum action_id action)
{
    struct key k = {0};
    if (!key_parse(name, &k)) {
        return;
    }
    unbind(b, &k);
    if (action == ACTION_NONE) {
        return;
    }
    b->rows = mem_grow(b->rows, &b->room, b->count + 1, sizeof *b->rows);
    struct binding *row = &b->rows[b->count++];
    row->key = k;
    row->action = action;
    key_label(&k, row->name);
}

static void bind_settings(struct bindings *b, const struct settings *s)
{
    for (size_t i = 0; i < s->n_keys; i++) {
        const struct action *a = action_by_name(s->keys[i].action);
        if (a || strcmp(s->keys[i].action, "none") == 0) {
            bind(b, s->keys[i].key, a ? a->id : ACTION_NONE);
        }
    }
}

struct bindings *bindings_new(const struct settings *s)
{
    struct bindings *b = mem_new(1, sizeof *b);
    size_t n;
    const struct action *table = action_table(&n);
    for (size_t i = 0; i < n; i++) {
        if (table[i].key) {
            bind(b, table[i].key, table[i].id);
        }
    }
    bind(b, "F1", ACTION_HELP); /* where many look for it */
    bind_settings(b, s);
    return b;
}

void bindings_free(struct bindings *b)
{
    if (b) {
        free(b->rows);
        free(b);
    }
}

enum action_id bindings_action(const struct bindings *b, const struct key *k)
{
    for (size_t i = 0; i < b->count; i++) {
        if (same(&b->rows[i].key, k)) {
            return b->rows[i].action;
        }
    }
    return ACTION_NONE;
}

/* The action's own key where it still has it, else the one that the settings gave. */
const char *bindings_key(const struct bindings *b, enum action_id id)
{
    const struct action *a = action_get(id);
    const char *found = NULL;
    for (size_t i = 0; i < b->count; i++) {
        if (b->rows[i].action != id) {
            continue;
        }
        if (a && a->key && strcmp(a->key, b->rows[i].name) == 0) {
            return b->rows[i].name;
        }
        found = b->rows[i].name;
    }
    return found;
}

/* ui/bindings.h - which key does what: the actions' own keys, and what the person's settings changed. */
#ifndef UI_BINDINGS_H
#define UI_BINDINGS_H

#include "core/actions.h"
#include "core/settings.h"
#include "ui/keys.h"

struct bindings;

/* What cannot be understood in the settings is left out; they were checked when they were read. */
struct bindings *bindings_new(const struct settings *s);
void bindings_free(struct bindings *b);
enum action_id bindings_action(const struct bindings *b, const struct key *k); /* ACTION_NONE */
const char *bindings_key(const struct bindings *b, enum action_id id); /* its name; NULL: it has none */

#endif

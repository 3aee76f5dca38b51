/* core/settings.h - the user's file: JSON with comments, all keys optional.
 *
 * Linux: $XDG_CONFIG_HOME/porthole/settings.json (~/.config/...); Windows: %APPDATA%\porthole\settings.json.
 */
#ifndef CORE_SETTINGS_H
#define CORE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"
#include "core/isolation.h"
#include "core/listing.h"
#include "core/runtimes.h"

struct settings_engine {
    char *name;    /* "local" */
    char *address; /* NULL: the default */
    enum isolation
        isolation; /* what "default" means when launching there; ISOLATION_UNKNOWN: the engine's own */
};

struct settings_key {
    char *key;    /* as key_label() spells it */
    char *action; /* as action_by_name() knows it; "none" takes the key away */
};

struct settings {
    char *theme; /* "dark" */
    enum sort_key sort;
    bool sort_descending;
    bool hide_stopped;
    bool ascii; /* no characters beyond ASCII */
    bool mouse;
    bool confirm;                    /* false: ask only before removing what runs */
    char *detach_key;                /* "Ctrl-]": leaves a console of the interface */
    double refresh_seconds;          /* of statistics; at least 0.2 */
    size_t log_lines;                /* kept per log view */
    size_t scrollback;               /* rows kept per console */
    struct settings_engine *engines; /* NULL: those of this build */
    size_t n_engines;
    struct runtimes runtimes; /* what the runtimes of a Linux docker isolate by, beside those known */
    struct settings_key *keys;
    size_t n_keys;
};

void settings_init(struct settings *s); /* the defaults */
void settings_done(struct settings *s);

/* What a launch on this engine means that asks for no mode; ISOLATION_UNKNOWN: what the engine says. An
 * engine of the settings without an address speaks for all of its name that are not there themselves. */
enum isolation settings_isolation(const struct settings *s, const char *engine, const char *address);

/* Reads text into s (initialised). Unknown keys and values out of bounds are reported to `warn` (may be
 * NULL), one sentence each with its line number, and left at their defaults. False and e when the text is not
 * JSON: nothing is changed then. */
bool settings_parse(struct settings *s, const char *text, void (*warn)(void *user, const char *sentence),
                    void *user, struct error *e);

/* The same from a file, which must exist. path NULL: the user's own, which need not; it is left out, and
 * `warn` told why, when another user could have written it (core/trust.h). */
bool settings_load(struct settings *s, const char *path, void (*warn)(void *user, const char *sentence),
                   void *user, struct error *e);

/* Where the user's file is, and the folder of it and the user's themes; the caller frees; NULL when no home
 * is known. */
char *settings_path(void);
char *settings_folder(void);

#endif

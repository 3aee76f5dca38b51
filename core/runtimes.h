/* core/runtimes.h - what an OCI runtime isolates by, known by its name.
 *
 * A rule is a name, or with "*" at its end the beginning of one. Rules of the settings come first, in their
 * order, then those that porthole knows itself.
 */
#ifndef CORE_RUNTIMES_H
#define CORE_RUNTIMES_H

#include <stddef.h>

#include "core/isolation.h"

struct runtimes_rule {
    char *name;
    enum isolation isolation; /* ISOLATION_PROCESS or ISOLATION_VM */
};

struct runtimes { /* {0}: only what porthole knows itself */
    struct runtimes_rule *rules;
    size_t n_rules;
};

void runtimes_done(struct runtimes *r);
void runtimes_put(struct runtimes *r, const char *name, enum isolation isolation); /* the last word counts */

/* r may be NULL, as {0}. name: a runtime's, or the path of its program. ISOLATION_UNKNOWN: no rule has it. */
enum isolation runtimes_isolation(const struct runtimes *r, const char *name);

#endif

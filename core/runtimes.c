#include "core/runtimes.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* Runtimes that share the host's kernel, and those that put a virtual machine around it. gVisor's runsc is
 * neither, so it is left to the settings. */
static const struct {
    const char *name;
    enum isolation isolation;
} known[] = {
    {"runc*", ISOLATION_PROCESS},
    {"docker-runc", ISOLATION_PROCESS},
    {"io.containerd.runc.*", ISOLATION_PROCESS},
    {"io.containerd.runtime.v1*", ISOLATION_PROCESS},
    {"crun-vm", ISOLATION_VM},
    {"crun", ISOLATION_PROCESS},
    {"youki*", ISOLATION_PROCESS},
    {"nvidia*", ISOLATION_PROCESS},
    {"sysbox*", ISOLATION_PROCESS},
    {"runhcs-wcow-process*", ISOLATION_PROCESS},
    {"runhcs-wcow-hypervisor*", ISOLATION_VM},
    {"runhcs-lcow*", ISOLATION_VM},
    {"kata*", ISOLATION_VM},
    {"io.containerd.kata*", ISOLATION_VM},
    {"krun*", ISOLATION_VM},
    {"runv*", ISOLATION_VM},
    {"urunc*", ISOLATION_VM},
};

void runtimes_done(struct runtimes *r)
{
    for (size_t i = 0; i < r->n_rules; i++) {
        free(r->rules[i].name);
    }
    free(r->rules);
    *r = (struct runtimes){0};
}

void runtimes_put(struct runtimes *r, const char *name, enum isolation isolation)
{
    for (size_t i = 0; i < r->n_rules; i++) {
        if (strcmp(r->rules[i].name, name) == 0) {
            r->rules[i].isolation = isolation;
            return;
        }
    }
    r->rules = mem_resize(r->rules, r->n_rules + 1, sizeof *r->rules);
    r->rules[r->n_rules++] = (struct runtimes_rule){mem_string(name), isolation};
}

static bool fits(const char *rule, const char *name)
{
    size_t len = strlen(rule);
    return len && rule[len - 1] == '*' ? strncmp(rule, name, len - 1) == 0 : strcmp(rule, name) == 0;
}

enum isolation runtimes_isolation(const struct runtimes *r, const char *name)
{
    const char *slash = strrchr(name, '/');
    name = slash ? slash + 1 : name;
    for (size_t i = 0; r && i < r->n_rules; i++) {
        if (fits(r->rules[i].name, name)) {
            return r->rules[i].isolation;
        }
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (fits(known[i].name, name)) {
            return known[i].isolation;
        }
    }
    return ISOLATION_UNKNOWN;
}

/* backends/local/keeper/vm_template.h - guests that have booted and wait, saved: DATA/templates/KEY/.
 *
 * - memory: the guest's memory; VMs that start from it share what they do not change
 * - machine: the state of its processor and devices
 * - about: what it was made of, one fact a line; its hash is KEY, so that a template of something else is
 *   never found
 *
 * A template is made by the first keeper that needs it, which holds the lock DATA/templates/KEY.lock
 * meanwhile.
 */
#ifndef BACKENDS_LOCAL_KEEPER_VM_TEMPLATE_H
#define BACKENDS_LOCAL_KEEPER_VM_TEMPLATE_H

#include <stdbool.h>

#include "backends/local/keeper/vm_plan.h"

struct vm_template {
    char *folder, *fresh; /* DATA/templates/KEY, and KEY.new, where it grows */
    char *about;
    char *lock;
};

void vm_template_name(const struct paths *p, const struct vm_plan *plan, struct vm_template *out);
void vm_template_done(struct vm_template *t);

bool vm_template_exists(const struct vm_template *t);
int vm_template_lock(const struct vm_template *t);                    /* -1: another has it */
bool vm_template_begin(const struct vm_template *t, struct error *e); /* an empty KEY.new */
/* KEY.new becomes the template; others that are made of files which have changed go. */
bool vm_template_commit(const struct paths *p, const struct vm_template *t, struct error *e);
void vm_template_drop(const struct vm_template *t);

/* A file of its folder, or of the growing one; -1 and errno. */
int vm_template_open(const struct vm_template *t, bool growing, const char *file, int flags);

#endif

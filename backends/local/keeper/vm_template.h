/* backends/local/keeper/vm_template.h - guests that have booted and wait, saved: DATA/templates/KEY/.
 *
 * - memory: the guest's memory
 * - machine: the state of its processor and devices
 * - about: what it was made of, one fact a line; its hash is KEY, so that a template of something else is
 *   never found
 * - holders/PID-STARTED-FD: a keeper that has the memory open, see below
 *
 * A template is made by the first keeper that needs it, which holds the lock DATA/templates/KEY.lock
 * meanwhile.
 *
 * A QEMU is given neither of the two files, but sealed copies of them (vm_sealed.h), so that a guest that
 * breaks out of its QEMU cannot change the kernel of other VMs, present or future. Keepers whose VMs start
 * from one template share one copy of its memory: each says in "holders" where it has it, and the next one
 * takes it from there, through /proc/PID/fd. It is made anew of the file when no holder lives.
 */
#ifndef BACKENDS_LOCAL_KEEPER_VM_TEMPLATE_H
#define BACKENDS_LOCAL_KEEPER_VM_TEMPLATE_H

#include <stdbool.h>
#include <sys/types.h>

#include "backends/local/keeper/vm_plan.h"

struct vm_template {
    char *folder, *fresh; /* DATA/templates/KEY, and KEY.new, where it grows */
    char *about;
    char *lock;
    char *name;          /* of the memory file: "porthole-KEY" */
    char *holder;        /* the path of our entry in "holders"; NULL none */
    off_t size;          /* of the memory */
    int memory, machine; /* memory files: sealed, or, while it grows, not yet; -1 none */
};

void vm_template_init(struct vm_template *t);
void vm_template_name(const struct paths *p, const struct vm_plan *plan, struct vm_template *out);
void vm_template_done(struct vm_template *t);

bool vm_template_exists(const struct vm_template *t);
int vm_template_lock(const struct vm_template *t); /* -1: another has it */

/* The memory files of a template that is to be made. False and e: there are none on this machine. */
bool vm_template_begin(struct vm_template *t, struct error *e);

/* Nobody writes into the memory files any more: seals them. False and e: it cannot be used. */
bool vm_template_seal(struct vm_template *t, struct error *e);

/* The sealed files become the template on the disk; others that are made of files which have changed go.
 * False and e: it is not kept, but can be used once. For threads. */
bool vm_template_keep(const struct paths *p, struct vm_template *t, struct error *e);

/* Gets the sealed files of a template that exists. False and e. For threads. */
bool vm_template_load(struct vm_template *t, struct error *e);

void vm_template_close(struct vm_template *t); /* lets go of the memory files */
void vm_template_drop(const struct vm_template *t);

#endif

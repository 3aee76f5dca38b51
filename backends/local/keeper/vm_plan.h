/* backends/local/keeper/vm_plan.h - all that a VM is made of, found or made before it starts. */
#ifndef BACKENDS_LOCAL_KEEPER_VM_PLAN_H
#define BACKENDS_LOCAL_KEEPER_VM_PLAN_H

#include <stdbool.h>

#include "backends/local/shared/images.h"
#include "backends/local/shared/state.h"
#include "backends/local/shared/vm_host.h"

struct vm_plan {
    struct vm_host host;
    char *initramfs, *disk; /* of the guest; of the image */
    char *scratch;          /* the disk for what the container writes; NULL: the guest's memory takes it */
    unsigned memory_mb, cpus;
    bool kvm; /* may be tried, or is known to work */
};

/* Waits for the disk of a new image to be made: for a thread. */
bool vm_plan_make(const struct paths *p, const struct state *s, const struct image_config *image,
                  struct vm_plan *out, struct error *e);
void vm_plan_done(struct vm_plan *plan);

/* What a person should know of how it runs; NULL nothing. */
const char *vm_plan_note(const struct vm_plan *plan);

#endif

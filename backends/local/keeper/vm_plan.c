#include "backends/local/keeper/vm_plan.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "backends/local/shared/image_disk.h"
#include "core/memory.h"

enum { MEGABYTE = 1024 * 1024 };

void vm_plan_done(struct vm_plan *plan)
{
    vm_host_done(&plan->host);
    free(plan->initramfs);
    free(plan->disk);
    free(plan->scratch);
    *plan = (struct vm_plan){0};
}

static unsigned whole_cpus(double wanted)
{
    double up = ceil(wanted);
    return up < 1 ? 1 : up > VM_CPUS_AT_MOST ? VM_CPUS_AT_MOST : (unsigned)up;
}

bool vm_plan_make(const struct paths *p, const struct state *s, const struct image_config *image,
                  struct vm_plan *out, struct error *e)
{
    *out = (struct vm_plan){.memory_mb = (unsigned)(state_vm_memory(s) / MEGABYTE),
                            .cpus = whole_cpus(s->spec.cpus)};
    if (!vm_host_find(p, &out->host, e)) {
        return false;
    }
    out->kvm = out->host.kvm != VM_KVM_FAILS;
    out->initramfs = guest_initramfs(p, &out->host.kernel, out->host.agent, e);
    out->disk = out->initramfs ? image_disk(image, out->host.mksquashfs, e) : NULL;
    if (!out->disk) {
        vm_plan_done(out);
        return false;
    }
    char *scratch = paths_container(p, s->id, "scratch.ext4");
    if (access(scratch, F_OK) == 0 || image_scratch(scratch)) {
        out->scratch = scratch;
    } else {
        free(scratch);
    }
    return true;
}

const char *vm_plan_note(const struct vm_plan *plan)
{
    if (plan->kvm) {
        return NULL;
    }
    return plan->host.kvm == VM_KVM_FAILS
               ? "it runs in software emulation, which is slow: KVM does not work on this machine"
               : "it runs in software emulation: whether KVM works is tried with the first VM without "
                 "folders";
}

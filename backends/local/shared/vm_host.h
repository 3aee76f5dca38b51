/* backends/local/shared/vm_host.h - what this machine has for VM isolation. */
#ifndef BACKENDS_LOCAL_SHARED_VM_HOST_H
#define BACKENDS_LOCAL_SHARED_VM_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backends/local/shared/guest_kernel.h"
#include "backends/local/shared/paths.h"

enum { VM_MEMORY_LEAST_MB = 96, VM_CPUS_AT_MOST = 64, VM_FOLDERS_AT_MOST = 8 };

enum vm_kvm { VM_KVM_UNTRIED, VM_KVM_WORKS, VM_KVM_FAILS };

struct vm_host {
    char *qemu, *mksquashfs, *agent;
    char *version;   /* of QEMU: "7.2.22"; NULL unknown */
    char *virtiofsd; /* NULL: none, folders cannot be shared with VMs */
    struct guest_kernel kernel;
    enum vm_kvm kvm;
    char *kvm_why; /* VM_KVM_FAILS: what is wrong, a few words; else NULL */
};

/* Runs QEMU at most once per its version, for its number; not for the loop. ERROR_UNSUPPORTED and one
 * sentence that names the package to install, when something is missing. */
bool vm_host_find(const struct paths *p, struct vm_host *out, struct error *e);
void vm_host_done(struct vm_host *h);

/* How many templates there are (keeper/vm_template.h), and the bytes that they take on the disk. */
void vm_host_templates(const struct paths *p, size_t *count, uint64_t *bytes);

/* A guest has run with KVM (why NULL), or could not: kept until the machine is booted anew. */
void vm_host_remember(const struct paths *p, const struct vm_host *h, const char *why);

#endif

/* backends/local/shared/seccomp.h - which system calls a container may make: docker's default profile.
 *
 * A call that is not allowed fails with EPERM, so that programs see what they would see without the right to
 * make it. The profile is that of moby 29 (github.com/moby/profiles, seccomp/default.json), but for three
 * calls that it has come to allow and moby 20.10 does not: name_to_handle_at, process_vm_readv,
 * process_vm_writev. Programs do without them. The names are libseccomp's; runtimes pass over those that
 * theirs does not know.
 */
#ifndef BACKENDS_LOCAL_SHARED_SECCOMP_H
#define BACKENDS_LOCAL_SHARED_SECCOMP_H

#include <stdbool.h>
#include <sys/utsname.h>

#include "backends/json.h"

/* The object "linux.seccomp" of an OCI config for a container with these capabilities ("CAP_CHOWN", ...,
 * NULL-ended) on this host, by its machine and kernel release. The caller owns it. */
cJSON *seccomp_profile(const char *const *capabilities, const struct utsname *host);

/* Can this kernel filter system calls? */
bool seccomp_supported(void);

#endif

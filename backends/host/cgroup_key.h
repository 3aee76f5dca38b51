/* backends/host/cgroup_key.h - which container a cgroup belongs to, by the names that engines give them.
 * Pure. */
#ifndef BACKENDS_HOST_CGROUP_KEY_H
#define BACKENDS_HOST_CGROUP_KEY_H

#include <stdbool.h>

enum { CGROUP_KEY = 64 + 1 };

/* text: /proc/PID/cgroup. The innermost container among its paths; false: none, and key is "". Understood are
 * ".../porthole/ID" (12 hexadecimal digits), and 64 digits, bare or as "docker-ID.scope", "libpod-ID.scope",
 * "crio-ID.scope", "cri-containerd-ID.scope"; the monitors of podman and CRI-O ("...-conmon-ID.scope") are no
 * containers. */
bool cgroup_key(const char *text, char key[CGROUP_KEY]);

#endif

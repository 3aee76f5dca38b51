/* backends/cgroup_key.h - which container a cgroup belongs to, by the names that engines give them.
 * Pure. */
#ifndef BACKENDS_CGROUP_KEY_H
#define BACKENDS_CGROUP_KEY_H

#include <stdbool.h>

enum { CGROUP_KEY = 64 + 1 };

/* text: /proc/PID/cgroup. The innermost container among its paths; false: none, and key is "". Understood are
 * ".../porthole/ID" (12 hexadecimal digits), and 64 digits, bare or as "docker-ID.scope", "libpod-ID.scope",
 * "crio-ID.scope", "cri-containerd-ID.scope"; the monitors of podman and CRI-O ("...-conmon-ID.scope") are no
 * containers. */
bool cgroup_key(const char *text, char key[CGROUP_KEY]);

/* The path down to the component that names this key (64 digits), the same in every hierarchy as engines make
 * it; the caller frees; NULL: none does. */
char *cgroup_path_of(const char *text, const char *key);

#endif

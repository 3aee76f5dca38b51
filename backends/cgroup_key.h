/* backends/cgroup_key.h - which container a cgroup belongs to, by the names that engines give them.
 * Pure. */
#ifndef BACKENDS_CGROUP_KEY_H
#define BACKENDS_CGROUP_KEY_H

#include <stdbool.h>
#include <stddef.h>

enum { CGROUP_KEY = 64 + 1, CGROUP_NESTED = 8 };

/* text: /proc/PID/cgroup. The containers that lie around the process, the innermost first, at most
 * CGROUP_NESTED of them: those of the hierarchy that names most. Returns how many. Understood are
 * ".../porthole/ID" (12 hexadecimal digits), and 64 digits, bare or as "docker-ID.scope", "libpod-ID.scope",
 * "crio-ID.scope", "cri-containerd-ID.scope"; the monitors of podman and CRI-O ("...-conmon-ID.scope") are no
 * containers. */
size_t cgroup_keys(const char *text, char keys[CGROUP_NESTED][CGROUP_KEY]);

/* The innermost of them; false: none, and key is "". */
bool cgroup_key(const char *text, char key[CGROUP_KEY]);

/* The path down to the component that names this key (64 digits), the same in every hierarchy as engines make
 * it; the caller frees; NULL: none does. */
char *cgroup_path_of(const char *text, const char *key);

#endif

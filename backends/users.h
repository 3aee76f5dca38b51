/* backends/users.h - the users of a container, by its own /etc/passwd, which is hostile. For threads.
 */
#ifndef BACKENDS_USERS_H
#define BACKENDS_USERS_H

#include <stddef.h>
#include <stdint.h>

struct users;

/* root: the container's root folder, opened; -1: unknown. uid_map: the text of /proc/PID/uid_map of its first
 * process. */
struct users *users_new(int root, const char *uid_map);
void users_free(struct users *u);

/* The name of a host's uid as the container sees it, else the container's number for it; "nobody" when it is
 * not mapped there. Good until the next call. */
const char *users_name(struct users *u, uint32_t host_uid);

#endif

/* backends/local/shared/images.h - the image store: what is unpacked, and the config that comes with it.
 *
 * DATA/images/DIGEST/image.json {"names":[...],"id","created","size","os","architecture",
 * "config":{"entrypoint":[],"command":[],"env":[],"workdir","user"}} and DATA/images/DIGEST/rootfs/. Images
 * are made by the program porthole-unpack, in a process of its own, into a folder that is renamed when it is
 * complete.
 *
 * "porthole-unpack import NAME PATH" prints lines: "progress DONE TOTAL words" (bytes of the input taken in
 * this step and in the whole of it, 0: not known), then one of "done NAME" (exit code 0) and "error KIND
 * NATIVE sentence" (exit code 1; KIND is the number of an enum error_kind). SIGTERM, or closing the pipe,
 * cancels; nothing is left behind then.
 */
#ifndef BACKENDS_LOCAL_SHARED_IMAGES_H
#define BACKENDS_LOCAL_SHARED_IMAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "backends/local/shared/paths.h"
#include "core/image.h"

struct image_config {
    char *id;                            /* name of its folder */
    char *rootfs;                        /* absolute path */
    char **entrypoint, **command, **env; /* NULL none */
    char *workdir, *user;                /* NULL none */
};

void image_config_done(struct image_config *c);

/* By name, else by id. "busybox" and "busybox:latest" are the same name. ERROR_NOT_FOUND, with a sentence
 * that says how to import, when there is none. "busybox" is made from the host's static busybox when it is
 * missing (images_make_busybox). */
bool images_find(const struct paths *p, const char *name, struct image_config *out, struct error *e);

struct image_list *images_list(const struct paths *p);

/* ERROR_CONFLICT when a container (a state file) uses it. Names: takes the name away; the last one removes
 * the files. */
bool images_remove(const struct paths *p, const char *name, struct error *e);

/* The user of a spec ("name", "uid", "name:group", NULL) by the rootfs's own /etc/passwd and /etc/group,
 * which are hostile. ERROR_INVALID when there is no such user. */
bool images_user(const char *rootfs, const char *user, unsigned *uid, unsigned *gid, struct error *e);

enum { IMAGES_GROUPS = 64 };

/* The groups of the same user: gid, and, unless `user` names a group, those that list it in /etc/group. Puts
 * at most `room` (not 0) into out; returns how many. */
size_t images_groups(const char *rootfs, const char *user, unsigned gid, unsigned *out, size_t room);

/* An OCI runtime reads /etc/passwd and /etc/group of the container itself, and waits for what is no file.
 * False and e (ERROR_CONFLICT) when one of them is a FIFO, a socket or a device, or a link to one below
 * `rootfs`. */
bool images_accounts_ok(const char *rootfs, struct error *e);

/* The image's "busybox": the host's static busybox, its applets as links, /etc/passwd, /etc/group, /tmp. */
bool images_make_busybox(const struct paths *p, struct error *e);
bool images_can_make_busybox(void); /* is there what it is made from? */

#endif

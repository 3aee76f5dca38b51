#include "backends/local/remove.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PATIENCE = 15000 /* ms */ };

/* A keeper unmounts the root file system after its container's end. */
static bool wait_for_keeper(const struct state *s, struct error *e)
{
    int fd = s->keeper ? (int)syscall(SYS_pidfd_open, (pid_t)s->keeper, 0) : -1;
    if (fd < 0) {
        return true;
    }
    struct pollfd end = {.fd = fd, .events = POLLIN};
    bool ended = !keeper_lives(s) || poll(&end, 1, PATIENCE) == 1;
    close(fd);
    if (!ended) {
        error_set(e, ERROR_TIMEOUT, 0, "cannot remove %s: its keeper (pid %u) does not end", s->spec.name,
                  s->keeper);
    }
    return ended;
}

static bool remove_files(const struct paths *p, const char *id, struct error *e)
{
    char *folder = paths_container(p, id, NULL), *rootfs = paths_container(p, id, "rootfs");
    char *state = paths_state(p, id), *socket = paths_socket(p, id);
    umount2(rootfs, MNT_DETACH | UMOUNT_NOFOLLOW); /* mostly it is unmounted, or was never mounted */
    bool ok = access(folder, F_OK) < 0 || paths_remove_tree(folder, e);
    if (ok && unlink(state) < 0 && errno != ENOENT) {
        ok = false;
        error_errno(e, errno, "cannot remove %s", state);
    }
    if (ok) {
        unlink(socket);
    }
    free(folder);
    free(rootfs);
    free(state);
    free(socket);
    return ok;
}

bool remove_container(const struct local *l, const char *id, struct error *e)
{
    struct state s;
    struct error unread;
    state_init(&s);
    bool known = local_read_state(l, id, &s, &unread); /* a broken state is removed as well */
    bool ok = (!known || wait_for_keeper(&s, e)) && remove_files(l->paths, id, e);
    state_done(&s);
    return ok;
}

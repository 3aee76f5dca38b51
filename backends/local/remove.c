#include "backends/local/remove.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PATIENCE = 15000, FORCE_PATIENCE = 3000 /* ms */ };

/* A keeper unmounts the root file system after its container's end. */
static bool wait_for_keeper(const struct state *s, bool force, struct error *e)
{
    int fd = s->keeper ? (int)syscall(SYS_pidfd_open, (pid_t)s->keeper, 0) : -1;
    if (fd < 0) {
        return true;
    }
    struct pollfd end = {.fd = fd, .events = POLLIN};
    bool ended = !keeper_lives(s) ||
                 (!keeper_stopped(s) && poll(&end, 1, force ? FORCE_PATIENCE : PATIENCE) == 1) ||
                 (force && keeper_kill(s, e));
    close(fd);
    if (!ended && !force) {
        error_set(
            e, ERROR_TIMEOUT, 0,
            "cannot remove %s: its keeper (pid %u) does not end; remove it with --force, which kills that",
            s->spec.name, s->keeper);
    }
    return ended;
}

bool remove_container(const struct local *l, const char *id, bool force, struct error *e)
{
    struct state s;
    struct error unread;
    state_init(&s);
    bool known = local_read_state(l, id, &s, &unread); /* a broken state is removed as well */
    bool ok = (!known || wait_for_keeper(&s, force, e)) && keeper_program("--remove", id, e);
    state_done(&s);
    return ok;
}

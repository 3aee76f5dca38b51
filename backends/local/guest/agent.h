/* backends/local/guest/agent.h - what the files of the agent share.
 *
 * The agent is the first process of the small system in a container's VM, in a root file system of its own
 * that the container never sees. It talks with the keeper through one virtio port (shared/wire.h), makes the
 * container's root file system, runs the container's processes in namespaces of their own, and answers
 * questions about them. It runs nowhere else, so that it may end the machine when it cannot go on.
 */
#ifndef BACKENDS_LOCAL_GUEST_AGENT_H
#define BACKENDS_LOCAL_GUEST_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "backends/beneath.h"
#include "backends/local/shared/images.h"
#include "backends/local/shared/wire.h"
#include "backends/local/shared/words.h"
#include "core/text.h"

#define AGENT_ROOT   "/container" /* where the container's root file system is mounted */
#define AGENT_CGROUP "/cgroup/container"

struct channel;

struct agent {
    int port; /* to the keeper */
    struct wire *wire;
    struct text out; /* what the port has not taken yet, from out_at on */
    size_t out_at;
    int signals; /* a signalfd: children have ended */
    struct channel *channels;
    pid_t first;    /* the container's first process; 0 none */
    char *hostname; /* of the container */
    int own_pids;   /* our own pid namespace, to come back to */
};

/* boot.c */

void boot_mounts(void);               /* /dev, /proc, /sys, the cgroups */
void boot_load(const char *folder);   /* the modules in it, by the order of their names */
int boot_port(void);                  /* opens the port to the keeper */
void boot_halt(const char *sentence); /* says it on the kernel's console, and the machine is off */

/* setup.c: the container's surroundings, by the pairs of WIRE_SETUP. */
bool setup_machine(struct agent *a, const struct wire_frame *frame, struct error *e);
void setup_clock(const struct wire_frame *frame);

/* network.c: "nat": the one that QEMU makes; else the loopback only. */
bool network_setup(const char *kind, struct error *e);

/* place.c: a folder in the container's root, made where it is missing; an O_PATH descriptor, or -1 and errno.
 */
int place_make(const char *path);
/* beneath_make_real there; false and errno. */
bool place_make_real(const char *path, enum beneath_kind kind);
/* A file there, with this text in it; a link or anything else of that name is replaced. */
bool place_write(const char *path, const char *text, mode_t mode);
/* mount(2) onto place_make(target). */
bool place_mount(const char *source, const char *target, const char *type, unsigned long flags,
                 const char *options);

/* launch.c: a process of the container. */

struct launch {
    const char **argv, **env; /* NULL-ended; borrowed from the frame */
    const char *workdir, *user;
    bool terminal, input;
    int rows, cols;
};

/* Its pid, and our ends of its terminal (fds[0] only) or pipes; 0 and e when it cannot be. The first one
 * makes the namespaces; later ones enter them. */
pid_t launch_process(struct agent *a, const struct launch *l, int fds[3], struct error *e);

/* inside.c: the last steps in the new process, up to its program; come back only when that fails. */
struct inside {
    const struct launch *launch;
    const char *hostname;
    pid_t first; /* 0: we are it */
    unsigned uid, gid, groups[IMAGES_GROUPS]; /* groups: gid too */
    size_t n_groups;
    int streams[3], terminal; /* what becomes 0, 1 and 2; or the slave of a terminal; -1 none */
    int cgroup;               /* cgroup.procs of the container */
};
enum inside_step { INSIDE_ROOM, INSIDE_STREAMS, INSIDE_FOLDER, INSIDE_USER, INSIDE_PROGRAM };
enum inside_step inside_run(const struct inside *in); /* errno tells why */

/* channel.c: the conversations. */
void channel_run(struct agent *a, const struct wire_frame *frame);
void channel_frame(struct agent *a, const struct wire_frame *frame);
void channel_ended(struct agent *a, pid_t pid, int code);
struct pollfd;
size_t channel_polls(struct agent *a, struct pollfd *out, size_t room); /* what to wait for */
void channel_polled(struct agent *a, const struct pollfd *polls, size_t n);
int channel_patience(const struct agent *a); /* ms until channel_polled is wanted at the latest; -1 never */

/* report.c */
void report_processes(struct agent *a, uint16_t channel);
void report_statistics(struct agent *a, uint16_t channel);

/* main.c: frames to the keeper; they are sent when the loop comes round. */
void agent_say(struct agent *a, enum wire_type type, uint16_t channel, const void *payload, size_t len);
/* A whole frame, header and all; straight into the port if nothing waits. */
void agent_send(struct agent *a, const void *frame, size_t size);
void agent_fail(struct agent *a, uint16_t channel, const struct error *why);
bool agent_full(const struct agent *a); /* nothing more should be read that ends up there */

#endif

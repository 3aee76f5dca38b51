/* backends/local/keeper/network.h - a network of the container's own that reaches out through the host's, and
 * is reached by published ports: a namespace "netns" in the container's folder, and pasta (passt.top), which
 * moves its packets as ordinary sockets of the host. Both are there before the container's first process. */
#ifndef BACKENDS_LOCAL_KEEPER_NETWORK_H
#define BACKENDS_LOCAL_KEEPER_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/launch.h"
#include "core/text.h"

struct keeper;

struct network;

/* Can all ports of the host be had that are to be published? */
bool network_ports_free(const struct launch_spec *spec, struct error *e);

/* The published ports in the words of pasta and passt: "-t 127.0.0.1/8080:80 -u 53:53 ". */
void network_add_ports(const struct launch_spec *spec, struct text *words);

struct network_hooks {
    void (*ready)(void *user, uint32_t helper, const char *name); /* its pid, and what the host calls it */
    void (*failed)(void *user, const struct error *why);
    void (*lost)(void *user); /* after ready: the helper has ended by itself */
};

/* One of ready and failed is called later; NULL and e: it could not even begin, and none is. */
struct network *network_start(struct keeper *k, const struct network_hooks *hooks, void *user,
                              struct error *e);

/* Lets go of the loop; NULL is fine. The network itself goes by network_release. */
void network_close(struct network *n);

/* In the current folder, the container's: ends the helper and lets go of the namespace, whoever made them. */
void network_release(void);

#endif

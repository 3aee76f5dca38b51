/* core/isolation.h - the two walls, where they come from, and the ways through them. Pure. */
#ifndef CORE_ISOLATION_H
#define CORE_ISOLATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum isolation {
    ISOLATION_UNKNOWN,
    ISOLATION_PROCESS, /* the host's kernel, shared: the host sees every process */
    ISOLATION_VM,      /* a kernel of its own in a utility VM: the host sees the worker only */
    ISOLATION_HOST     /* a HostProcess container: a job, no wall */
};

enum origin { ORIGIN_UNKNOWN, ORIGIN_REQUESTED, ORIGIN_DEFAULT };

enum hypervisor { HYPERVISOR_OTHER, HYPERVISOR_HYPERV }; /* decides the word for ISOLATION_VM */

enum windows_edition { WINDOWS_SERVER, WINDOWS_PRO /* and Enterprise, Education */, WINDOWS_HOME };

struct windows_host { /* what the rules of core/verdict.h go by */
    uint32_t build;   /* 20348: the third part of the version 10.0.20348.2700; 0: no Windows, or not known */
    enum windows_edition edition;
};

/* "process", "vm" or "hyperv", "host", "unknown". */
const char *isolation_word(enum isolation mode, enum hypervisor hypervisor);

/* The symbol that goes before the word: hollow square for process, full for a VM ("□ ■", ASCII "o #"). */
const char *isolation_symbol(enum isolation mode, bool ascii);

const char *origin_word(enum origin origin); /* "requested", "default", "unknown" */

/* Reads --isolation: "default" and "" give ISOLATION_UNKNOWN; "process"; "hyperv" and "vm" (synonyms);
 * any case. False for any other word. */
bool isolation_parse(const char *word, enum isolation *mode);

/* The ways in which the boundary is pierced: five that are asked for one by one, then the namespaces that are
 * the host's or another container's (the network is among the five: it is asked for, too). */
enum crossing_kind {
    CROSSING_FOLDER,
    CROSSING_PIPE,
    CROSSING_PORT,
    CROSSING_NETWORK,
    CROSSING_DEVICE,
    CROSSING_MOUNT,
    CROSSING_PID,
    CROSSING_IPC,
    CROSSING_UTS,
    CROSSING_USER,
    CROSSING_CGROUP,
    CROSSING_REGISTRY,
    CROSSING_OBJECTS
};

struct crossing {
    enum crossing_kind kind;
    const char *outside; /* the host's folder, pipe, port, network, device */
    const char *inside;  /* its place in the container; "" where there is none */
    bool read_only;
};

/* "folder", "pipe", "port", "network", "device", "mount", "pid", "ipc", "uts", "user", "cgroup", "registry",
 * "objects" */
const char *crossing_word(enum crossing_kind kind);

#endif

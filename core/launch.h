/* core/launch.h - what to launch: the same for every engine, and for `run` and the launch form. */
#ifndef CORE_LAUNCH_H
#define CORE_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/isolation.h"

struct launch_spec {  /* owns everything in it; command, env and labels are blocks as mem_strings makes */
    char *image;      /* required */
    char *name;       /* NULL: the engine chooses */
    char *hostname;   /* NULL: the engine chooses */
    char **command;   /* NULL-ended; NULL: what the image says */
    char *entrypoint; /* NULL: what the image says */
    char **env;       /* "NAME=value"; NULL none */
    char **labels;    /* "key=value"; NULL none */
    char *restart;    /* policy: "always", "unless-stopped", "on-failure[:N]"; NULL none */
    char *workdir;    /* NULL: what the image says */
    char *user;       /* "user", "uid", "user:group"; NULL: what the image says */
    enum isolation isolation; /* ISOLATION_UNKNOWN: the engine's default */
    bool terminal;            /* -t */
    bool input;               /* -i: keep its input open */
    bool remove;              /* --rm: remove it when it exits */
    bool hold;                /* create it only: start comes later */
    double cpus;              /* cores; 0 no limit */
    uint64_t memory;          /* bytes; 0 no limit */
    char *network; /* "none", "nat", "host", or a name that its engine knows; NULL: see launch_network */
    struct crossing *crossings; /* folders, pipes, ports, devices that were asked for */
    size_t n_crossings;
    int rows, cols; /* of its terminal; 0 unknown */
    /* To launch a container again: what spec_of tells that there is no field for. */
    char *image_id; /* where the name of the image means another one by now, this is meant; NULL any */
    char *like;     /* a container of the same engine: what is not said here is as it is there; NULL none */
    char **beyond;  /* what `like` has and this has no field for, spelt as docker's options; a block; NULL */
    bool alone;     /* `like` must not run at the same time: they would share an address or a volume */
    bool drop;      /* what cannot go along is left out, instead of refusing to launch */
};

void launch_spec_init(struct launch_spec *s);
void launch_spec_done(struct launch_spec *s);
void launch_spec_copy(struct launch_spec *to, const struct launch_spec *from); /* `to` is overwritten */

/* -e: appends "NAME=value"; "NAME" alone takes the value from our own environment, or nothing if unset. */
int launch_add_env(struct launch_spec *s, const char *word, struct error *e);

/* -l: "KEY=VALUE", or "KEY" with an empty value; in the place of an older one of that key. */
int launch_add_label(struct launch_spec *s, const char *word, struct error *e);

/* --restart: "no", "always", "unless-stopped", "on-failure[:N]". */
int launch_set_restart(struct launch_spec *s, const char *word, struct error *e);

/* -v: "OUTSIDE:INSIDE[:ro|:rw]", both absolute, or OUTSIDE the name of a volume that the engine keeps; a
 * drive letter is no separator. */
int launch_add_volume(struct launch_spec *s, const char *word, struct error *e);

/* -p: "[ADDRESS:]OUTSIDE:INSIDE[/tcp|/udp]"; core/port.h reads the crossing that it becomes. */
int launch_add_port(struct launch_spec *s, const char *word, struct error *e);

/* --device, as docker writes it: "/dev/OUTSIDE[:/INSIDE][:r|:rwm]" of a Linux host, "class/GUID" of a Windows
 * one (a class of interfaces: Windows gives all devices of the class). */
int launch_add_device(struct launch_spec *s, const char *word, struct error *e);

enum launch_network {
    LAUNCH_NETWORK_NONE, /* a network of its own that leads nowhere */
    LAUNCH_NETWORK_NAT,  /* a network of its own: out through the host's, in by published ports */
    LAUNCH_NETWORK_HOST, /* the host's own: a crossing */
    LAUNCH_NETWORK_OTHER /* a name that only its engine knows */
};

/* Which one is asked for: "none", "nat" (docker's Linux says "bridge"), "host"; where nothing is said none,
 * or nat if ports are published. */
enum launch_network launch_network(const struct launch_spec *s);

/* Splits a line into words as a shell would: blanks, '...', "...", \x; no expansion. Into a block as
 * mem_strings makes; NULL and e when a quote is left open. An empty line gives an empty array. */
char **launch_split(const char *line, struct error *e);

/* Is it a name that engines accept: [A-Za-z0-9][A-Za-z0-9_.-]*, at most 64 characters? */
bool launch_name_ok(const char *name);

#endif

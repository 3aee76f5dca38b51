/* backends/docker/api_options.h - the settings of a container in docker's documents, member by member.
 *
 * A create takes Config's members, and HostConfig's, by the names under which an inspect tells them (Docker
 * Engine API 1.40 to 1.51, ContainerConfig and HostConfig). One table says how a person spells each, and how
 * what was asked for is compared with what was got.
 */
#ifndef BACKENDS_DOCKER_API_OPTIONS_H
#define BACKENDS_DOCKER_API_OPTIONS_H

#include <cjson/cJSON.h>
#include <stdbool.h>

enum api_compare {
    COMPARE_PLAIN,   /* values alike; of lists each must have what the other has, in any order */
    COMPARE_WITHIN,  /* the engine may have added more: from the image, or of its own */
    COMPARE_ORDER,   /* a list in its order */
    COMPARE_PATH,    /* a path of the container */
    COMPARE_CAPS,    /* names of capabilities, with or without CAP_ */
    COMPARE_MODE,    /* a namespace: "container:NAME" is told with an id */
    COMPARE_NETWORK, /* the same, and engines have names of their own for their usual network */
    COMPARE_DEVICES,
    COMPARE_PORTS,
    COMPARE_TMPFS,
    COMPARE_SECURITY,
    COMPARE_ULIMITS,
    COMPARE_COUNT,  /* lists of the same length: the engine spells the entries in its own way */
    COMPARE_MOUNTS, /* is told in another place: api_verify.c */
    COMPARE_NOT     /* says nothing about the container, or is told otherwise */
};

/* Podman's inspect, on the socket where it speaks like docker, leaves these out (seen in 4.3). */
#define API_PODMAN_UNTOLD                                                                                    \
    "what Podman does not tell on this socket (--init, --sysctl, masked paths, the log driver, devices' "    \
    "paths)"

struct api_option {
    const char *member; /* "CapDrop" */
    const char *option; /* "--cap-drop" */
    enum api_compare compare;
    bool in_host; /* of HostConfig; else of Config */
    bool in_spec; /* a launch_spec has room for it: api_spec.c */
    bool opening; /* when it was not asked for it must not be there */
};

extern const struct api_option api_options[];
extern const size_t api_n_options;

/* NULL: none that is known. */
const struct api_option *api_option_find(const char *member, bool in_host);

/* Null, false, 0, "", and lists and objects without anything in them: nothing was asked for. */
bool api_empty(const cJSON *value);

/* Is it a namespace that is not the container's own: "host", "container:ID"? */
bool api_is_shared(const char *mode);

/* Is it the beginning of the container's id, which the engine itself adds to the aliases of each network? */
bool api_is_own_alias(const cJSON *alias, const char *id);

struct api_compared { /* by whom and with what a setting is told */
    bool windows, podman;
    const cJSON *networks; /* NetworkSettings.Networks of what was got */
};

/* Is `got` what was asked for with this option? NULL: nothing was asked for, or it is not told. */
bool api_agree(const struct api_compared *c, const struct api_option *o, const cJSON *asked,
               const cJSON *got);

/* Is all of a in b as well? Numbers, truths and null that are empty were not asked for. */
bool api_within(const cJSON *a, const cJSON *b);

/* The same path, however it is written. */
bool api_paths_agree(const char *a, const char *b, bool windows);

/* Does it have one that a launch_spec cannot say, and which is not docker's default? */
bool api_option_beyond(const struct api_option *option, const cJSON *json);

#endif

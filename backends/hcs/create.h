/* backends/hcs/create.h - documents that a launch sends: the container, its layers, its endpoint. Pure.
 *
 * Process isolation is asked for by a ComputeSystem of schema 2.1, Hyper-V isolation by the older form that
 * Docker uses: there HCS makes the utility VM itself. All texts returned are the caller's.
 */
#ifndef BACKENDS_HCS_CREATE_H
#define BACKENDS_HCS_CREATE_H

#include <cjson/cJSON.h>

#include "core/launch.h"

#define CREATE_OWNER "porthole" /* by which HCS tells our containers from others' */

struct create { /* borrowed */
    const struct launch_spec *spec;
    enum isolation mode;
    const cJSON *layers;          /* [{Id, Path}], the topmost first */
    const char *folder;           /* of the writable layer */
    const char *volume;           /* process isolation: where it is mounted */
    const char *utility_vm;       /* Hyper-V isolation: the folder that its VM boots from */
    const char *endpoint, *space; /* GUIDs of the endpoint and, process isolation, its namespace; NULL: no
                                     network */
    const char *id;
};

/* Can it be done at all? ERROR_UNSUPPORTED or ERROR_INVALID, with a sentence, when not. */
int create_check(const struct launch_spec *spec, enum isolation mode, struct error *e);

char *create_layers(const cJSON *layers);              /* LayerData */
char *create_endpoint(const struct launch_spec *spec); /* HostComputeEndpoint; NULL: it needs none */
char *create_system(const struct create *c);

#endif

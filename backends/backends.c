#include "backends/backends.h"

#include <string.h>

#include "backends/docker/docker.h"
#ifdef WITH_LOCAL
#include "backends/local/local.h"
#endif
#ifdef _WIN32
#include "backends/hcs/computecore.h"
#endif
#include "backends/sim/sim.h"

const struct backend_type *const *backends_all(void)
{
    static const struct backend_type *const all[] = {
#ifdef WITH_LOCAL
        &local_backend,
#endif
#ifdef _WIN32
        &computecore_backend,
#endif
        &docker_backend, &sim_backend, NULL};
    return all;
}

const struct backend_type *backends_find(const char *name)
{
    for (const struct backend_type *const *type = backends_all(); *type; type++) {
        if (strcmp((*type)->name, name) == 0) {
            return *type;
        }
    }
    return NULL;
}

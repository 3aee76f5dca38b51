/* For systems whose processes this build cannot read: says so. */
#if !defined(__linux__) && !defined(_WIN32)

#include "backends/host/host.h"

#include <stdlib.h>

#include "core/memory.h"
#include "core/op.h"

static void read_nothing(struct host_source *self, struct op *op)
{
    (void)self;
    struct error why;
    error_set(&why, ERROR_UNSUPPORTED, 0, "This build cannot read the host's processes on this system");
    op_fail(op, &why);
}

struct host_source *host_open(struct uv_loop_s *loop)
{
    (void)loop;
    struct host_source *h = mem_new(1, sizeof *h);
    *h = (struct host_source){.read = read_nothing, .system = "unknown system", .name = "this machine"};
    return h;
}

void host_close(struct host_source *h)
{
    free(h);
}

#else

typedef int host_is_elsewhere; /* a translation unit must not be empty */

#endif

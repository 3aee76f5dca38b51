/* ui/cli/cli.h - the command line: one file per subcommand, one table of them. */
#ifndef UI_CLI_CLI_H
#define UI_CLI_CLI_H

#include <stdbool.h>

#include "core/backend.h"
#include "core/host.h"
#include "core/settings.h"

struct uv_loop_s;

struct cli_parts {                             /* what main hands in: the one place that knows all rooms */
    const struct backend_type *const *engines; /* NULL-ended */
    struct host_source *(*host_open)(struct uv_loop_s *);
    void (*host_close)(struct host_source *);
};

/* Runs `porthole ARGS...` and returns the exit code: the container's own where docker's would be; 125 engine
 * error, 126 cannot be invoked, 127 not found; 1 other failures, 2 wrong usage. Without a subcommand: the
 * interface. */
int cli_main(const struct cli_parts *parts, int argc, char **argv);

#endif

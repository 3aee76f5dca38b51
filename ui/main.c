/* The one program file that sees all rooms: it hands the engines and the host of this build to the command
 * line. */
#include "backends/backends.h"
#include "backends/host/host.h"
#include "ui/cli/cli.h"
#include "ui/cli/startup.h"

int main(int argc, char **argv)
{
    const struct cli_parts parts = {
        .engines = backends_all(),
        .host_open = host_open,
        .host_close = host_close,
    };
    struct startup startup;
    startup_begin(&startup, &argc, &argv);
    int code = cli_main(&parts, argc, argv);
    startup_end(&startup);
    return code;
}

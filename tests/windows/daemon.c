/* daemon PIPE WEB CACHE: a Docker daemon on that pipe, from a transcript, whose containers have these ids. */
#include <stdio.h>
#include <uv.h>

#include "tests/backends/windaemon.h"

int main(int argc, char **argv)
{
    uv_loop_t loop;
    struct windaemon transcript = {0};
    if (argc != 4) {
        fputs("usage: daemon PIPE WEB CACHE\n", stderr);
        return 2;
    }
    uv_loop_init(&loop);
    windaemon_fill(&transcript, argv[2], argv[3], "process");
    pretender_new(&loop, argv[1], transcript.rules);
    return uv_run(&loop, UV_RUN_DEFAULT); /* until it is killed */
}

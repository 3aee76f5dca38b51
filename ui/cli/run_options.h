/* ui/cli/run_options.h - docker's options of `run`, as a launch_spec. */
#ifndef UI_CLI_RUN_OPTIONS_H
#define UI_CLI_RUN_OPTIONS_H

#include "core/launch.h"
#include "ui/cli/command.h"

struct run_options {
    struct launch_spec spec;
    bool detach;
    const char *detach_keys;
};

extern const struct cli_option run_option_table[];

/* Fills o (its spec is initialised here; launch_spec_done is the caller's, also after a failure). Returns -1,
 * or the exit code after having said what is wrong. */
int run_options_read(struct run_options *o, struct args *args);

#endif

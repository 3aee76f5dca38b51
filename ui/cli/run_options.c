#include "ui/cli/run_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/sizes.h"
#include "ui/cli/stream.h"

enum { ENV_LINE = 65536 };

enum {
    RUN_DETACH,
    RUN_INPUT,
    RUN_TERMINAL,
    RUN_NAME,
    RUN_ISOLATION,
    RUN_ENV,
    RUN_ENV_FILE,
    RUN_LABEL,
    RUN_RESTART,
    RUN_VOLUME,
    RUN_PUBLISH,
    RUN_DEVICE,
    RUN_WORKDIR,
    RUN_USER,
    RUN_HOSTNAME,
    RUN_MEMORY,
    RUN_CPUS,
    RUN_NETWORK,
    RUN_NET,
    RUN_ENTRYPOINT,
    RUN_REMOVE,
    RUN_DETACH_KEYS
};

const struct cli_option run_option_table[] = {
    {'d', "detach", NULL, "Run in the background and print the id"},
    {'i', "interactive", NULL, "Keep standard input open"},
    {'t', "tty", NULL, "Give it a terminal"},
    {0, "name", "NAME", "Its name"},
    {0, "isolation", "MODE", "default, process, or hyperv (vm)"},
    {'e', "env", "NAME[=VALUE]", "Set an environment variable"},
    {0, "env-file", "FILE", "Set those of a file, one NAME[=VALUE] in a line"},
    {'l', "label", "KEY[=VALUE]", "Label it"},
    {0, "restart", "POLICY", "no, always, unless-stopped, on-failure[:TIMES] (docker)"},
    {'v', "volume", "OUT:IN[:ro]", "Let a folder of the host, or a volume of docker's, be seen inside"},
    {'p', "publish", "[ADDR:]OUT:IN[/udp]", "Let a port of the host lead to one inside"},
    {0, "device", "DEVICE[:IN][:r]", "Give it a device of the host (on Windows: class/GUID)"},
    {'w', "workdir", "FOLDER", "Working directory inside"},
    {'u', "user", "USER[:GROUP]", "User inside, by name or number"},
    {'h', "hostname", "NAME", "Host name inside"},
    {'m', "memory", "SIZE", "Memory limit (512m, 2g)"},
    {0, "cpus", "NUMBER", "CPU limit (1.5)"},
    {0, "network", "NETWORK", "none (default), nat (default with -p), host (shared: a crossing)"},
    {0, "net", "NETWORK", "The same as --network"},
    {0, "entrypoint", "PROGRAM", "Run this instead of the image's entry point"},
    {0, "rm", NULL, "Remove it when it exits"},
    {0, "detach-keys", "KEYS", "Keys that detach (ctrl-p,ctrl-q)"},
    {0, NULL, NULL, NULL}};

static void set(char **field, const char *value)
{
    free(*field);
    *field = mem_string(value);
}

static bool set_flag(struct run_options *o, int index, bool on)
{
    bool *const flags[] = {[RUN_DETACH] = &o->detach,
                           [RUN_INPUT] = &o->spec.input,
                           [RUN_TERMINAL] = &o->spec.terminal,
                           [RUN_REMOVE] = &o->spec.remove};
    *flags[index] = on;
    return true;
}

static bool set_text(struct run_options *o, int index, const char *value)
{
    struct launch_spec *s = &o->spec;
    char **const fields[] = {[RUN_NAME] = &s->name,
                             [RUN_WORKDIR] = &s->workdir,
                             [RUN_USER] = &s->user,
                             [RUN_HOSTNAME] = &s->hostname,
                             [RUN_NETWORK] = &s->network,
                             [RUN_NET] = &s->network,
                             [RUN_ENTRYPOINT] = &s->entrypoint};
    set(fields[index], value);
    return true;
}

static bool refuse(struct error *e, const char *value, const char *what)
{
    error_set(e, ERROR_INVALID, 0, "'%s' is no %s", value, what);
    return false;
}

/* Blank lines and those that begin with # say nothing. */
static bool read_env_file(struct launch_spec *s, const char *path, struct error *e)
{
    char line[ENV_LINE];
    bool ok = true;
    FILE *file = fopen(path, "r");
    if (!file) {
        error_errno(e, errno, "cannot read the variables in %s", path);
        return false;
    }
    while (ok && fgets(line, sizeof line, file)) {
        size_t len = strcspn(line, "\r\n");
        bool whole = line[len] || feof(file);
        line[len] = '\0';
        if (!whole) {
            error_set(e, ERROR_INVALID, 0, "a line of %s is longer than %d bytes", path, ENV_LINE - 2);
            ok = false;
        } else if (line[strspn(line, " \t")] && line[0] != '#') {
            ok = launch_add_env(s, line, e) == 0;
        }
    }
    fclose(file);
    return ok;
}

/* Reads one option into o; false and e when its value cannot be understood. */
static bool read_option(struct run_options *o, int index, const struct args *args, struct error *e)
{
    const char *value = args->value;
    char keys[16];
    switch (index) {
    case RUN_DETACH:
    case RUN_INPUT:
    case RUN_TERMINAL:
    case RUN_REMOVE:
        return set_flag(o, index, args->on);
    case RUN_ENV:
        return launch_add_env(&o->spec, value, e) == 0;
    case RUN_ENV_FILE:
        return read_env_file(&o->spec, value, e);
    case RUN_LABEL:
        return launch_add_label(&o->spec, value, e) == 0;
    case RUN_RESTART:
        return launch_set_restart(&o->spec, value, e) == 0;
    case RUN_VOLUME:
        return launch_add_volume(&o->spec, value, e) == 0;
    case RUN_PUBLISH:
        return launch_add_port(&o->spec, value, e) == 0;
    case RUN_DEVICE:
        return launch_add_device(&o->spec, value, e) == 0;
    case RUN_ISOLATION:
        return isolation_parse(value, &o->spec.isolation) ||
               refuse(e, value, "isolation: default, process, hyperv (or vm)");
    case RUN_MEMORY:
        return (size_parse(value, &o->spec.memory) && o->spec.memory >= 4 << 20) ||
               refuse(e, value, "memory limit: a size of at least 4m, as in 512m");
    case RUN_CPUS:
        return cpus_parse(value, &o->spec.cpus) || refuse(e, value, "number of CPUs, as in 1.5");
    case RUN_DETACH_KEYS:
        o->detach_keys = value;
        return stream_parse_keys(value, keys, sizeof keys) >= 0 ||
               refuse(e, value, "list of keys, as in ctrl-p,ctrl-q");
    default:
        return set_text(o, index, value);
    }
}

static int check(struct run_options *o)
{
    const struct launch_spec *s = &o->spec;
    if (s->name && !launch_name_ok(s->name)) {
        return cli_wrong(&cli_command_run, "'%s' is no name: letters, digits, and . _ - after the first",
                         s->name);
    }
    if (!o->detach && s->terminal && s->input && !stream_is_terminal(0)) {
        cli_say("standard input is no terminal: leave out -t");
        return 1;
    }
    return -1;
}

int run_options_read(struct run_options *o, struct args *args)
{
    *o = (struct run_options){.detach_keys = "ctrl-p,ctrl-q"};
    launch_spec_init(&o->spec);
    struct error e = {0};
    int got;
    while ((got = args_next(args)) >= 0) {
        if (!read_option(o, got, args, &e)) {
            return cli_wrong(&cli_command_run, "%s", e.text);
        }
    }
    if (got == ARGS_WRONG) {
        return cli_wrong(&cli_command_run, "%s", args->error);
    }
    if (got == ARGS_END) {
        return cli_wrong(&cli_command_run, "run takes an image");
    }
    set(&o->spec.image, args->value);
    if (*args_rest(args)) {
        o->spec.command = mem_strings((const char *const *)args_rest(args));
    }
    return check(o);
}

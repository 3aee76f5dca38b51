/* The command line: options for all of porthole, then a subcommand with its own, or the interface. */
#include "ui/cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>
#ifndef _WIN32
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>
#endif

#include "core/memory.h"
#include "core/text.h"
#include "ui/app.h"
#include "ui/cli/args.h"
#include "ui/cli/command.h"
#include "ui/cli/out.h"

enum { GLOBAL_ENGINE, GLOBAL_SETTINGS, GLOBAL_THEME, GLOBAL_ASCII, GLOBAL_HELP, GLOBAL_VERSION };

static const struct cli_option global_options[] = {
    {0, "engine", "NAME[=ADDRESS]",
     "Use this engine (may be repeated); else those of the settings, else all"},
    {0, "settings", "FILE", "Read the settings from FILE"},
    {0, "theme", "NAME", "Colours of the interface: dark, light, or a file"},
    {0, "ascii", NULL, "Draw the interface with ASCII characters only"},
    {'h', "help", NULL, "Show this help"},
    {'v', "version", NULL, "Show the version"},
    {0, NULL, NULL, NULL}};

static const struct cli_option json_option = {0, "json", NULL, "Print JSON"};
static const struct cli_option help_option = {'h', "help", NULL, "Show this help"};

const struct cli_command *const *cli_commands(void)
{
    static const struct cli_command *const commands[] = {&cli_command_ls,
                                                         &cli_command_ps,
                                                         &cli_command_map,
                                                         &cli_command_who,
                                                         &cli_command_run,
                                                         &cli_command_exec,
                                                         &cli_command_attach,
                                                         &cli_command_logs,
                                                         &cli_command_start,
                                                         &cli_command_stop,
                                                         &cli_command_restart,
                                                         &cli_command_kill,
                                                         &cli_command_pause,
                                                         &cli_command_resume,
                                                         &cli_command_rm,
                                                         &cli_command_rename,
                                                         &cli_command_images,
                                                         &cli_command_image,
                                                         &cli_command_inspect,
                                                         &cli_command_engines,
                                                         &cli_command_events,
                                                         &cli_command_check,
                                                         &cli_command_relaunch,
                                                         &cli_command_demo,
                                                         NULL};
    return commands;
}

static void print_option(const struct cli_option *o)
{
    char left[64];
    char letter[5] = "    ";
    if (o->letter) {
        snprintf(letter, sizeof letter, "-%c, ", o->letter);
    }
    snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name, o->value ? " " : "", o->value ? o->value : "");
    out_printf("  %-32s %s\n", left, o->words);
}

static void print_help(const struct cli *cli)
{
    out_line("Usage: porthole [OPTIONS] [COMMAND ...]\n\n"
             "Containers, and how each one is isolated. Without a command: the interface.\n\nCommands:");
    for (const struct cli_command *const *c = cli_commands(); *c; c++) {
        out_printf("  %-10s %s\n", (*c)->name, (*c)->words);
    }
    out_line("\nOptions:");
    for (const struct cli_option *o = global_options; o->name; o++) {
        print_option(o);
    }
    out_line("\nEngines:");
    for (const struct backend_type *const *type = cli->parts->engines; *type; type++) {
        out_printf("  %-10s %s\n", (*type)->name, (*type)->title);
    }
    out_line("\n'porthole COMMAND --help' tells more about a command; '?' in the interface shows its keys.");
}

static void print_command_help(const struct cli_command *command)
{
    out_printf("Usage: porthole %s%s%s\n\n%s.\n\nOptions:\n", command->name, *command->synopsis ? " " : "",
               command->synopsis, command->words);
    for (const struct cli_option *o = command->options; o && o->name; o++) {
        print_option(o);
    }
    if (command->json) {
        print_option(&json_option);
    }
    print_option(&help_option);
}

static const struct cli_command *find_command(const char *name)
{
    for (const struct cli_command *const *c = cli_commands(); *c; c++) {
        if (strcmp((*c)->name, name) == 0) {
            return *c;
        }
    }
    return NULL;
}

/* --help and --json of every command are taken out before it sees its words; not those after its first word
 * where the words are another program's (run, exec). */
static bool take_common(struct cli *cli, const struct cli_command *command, int *argc, char **argv)
{
    bool foreign = command == &cli_command_run || command == &cli_command_exec;
    int kept = 0;
    bool help = false, words = false;
    for (int i = 0; i < *argc; i++) {
        bool option = !words && argv[i][0] == '-';
        if (option && strcmp(argv[i], "--") == 0) {
            words = true;
        }
        if (option && (strcmp(argv[i], "--help") == 0 || (strcmp(argv[i], "-h") == 0 && !foreign))) {
            help = true;
        } else if (option && command->json && strcmp(argv[i], "--json") == 0) {
            cli->json = true;
        } else {
            argv[kept++] = argv[i];
        }
        words = words || (foreign && !option && argv[i][0] != '-');
    }
    argv[kept] = NULL;
    *argc = kept;
    return help;
}

static int run_command(struct cli *cli, const struct cli_command *command, int argc, char **argv)
{
    static const struct cli_option none[] = {{0, NULL, NULL, NULL}};
    struct args args;
    if (take_common(cli, command, &argc, argv)) {
        print_command_help(command);
        return 0;
    }
    args_init(&args, command->options ? command->options : none, argc, argv);
    return command->run(cli, &args);
}

int cli_interface(struct cli *cli, bool demo)
{
    struct error e = {0};
    if (!cli->session && !cli_open_session(cli, true)) {
        return EXIT_WRONG_USAGE;
    }
    struct host_source *host = cli->parts->host_open(cli->loop);
    struct app_parts parts = {
        .loop = cli->loop, .session = cli->session, .host = host, .settings = &cli->settings, .demo = demo};
    int code = app_run(&parts, &e);
    cli->parts->host_close(host);
    if (code != 0 && e.kind != ERROR_NONE) {
        cli_say("%s", e.text);
    }
    return code;
}

static void session_gone(void *user)
{
    *(bool *)user = true;
}

static void close_all(struct cli *cli)
{
    if (cli->session) {
        bool gone = false;
        session_close(cli->session, session_gone, &gone);
        cli_wait(cli, &gone);
    }
    uv_run(cli->loop, UV_RUN_DEFAULT);
    model_free(cli->model);
    if (uv_loop_close(cli->loop) != 0) {
        cli_say("something was left open in the loop; please report this");
    }
    settings_done(&cli->settings);
    free(cli->engines);
}

static void warn(void *user, const char *sentence)
{
    (void)user;
    cli_say("%s", sentence);
}

/* Reads the options before the subcommand. Returns -1 to go on, or the exit code. */
static int read_globals(struct cli *cli, struct args *args)
{
    const char *file = NULL, *theme = NULL;
    bool ascii = false;
    int engines = 0;
    cli->engines = mem_new((size_t)args->argc + 1, sizeof *cli->engines);
    for (int got = args_next(args); got != ARGS_END; got = args_next(args)) {
        if (got == ARGS_WRONG) {
            cli_say("%s; see 'porthole --help'", args->error);
            return EXIT_WRONG_USAGE;
        } else if (got == ARGS_WORD) {
            args->at--;
            break;
        } else if (got == GLOBAL_HELP || got == GLOBAL_VERSION) {
            got == GLOBAL_HELP ? print_help(cli) : out_line("porthole " PORTHOLE_VERSION);
            return 0;
        } else if (got == GLOBAL_ENGINE) {
            cli->engines[engines++] = (char *)args->value;
        } else if (got == GLOBAL_SETTINGS) {
            file = args->value;
        } else if (got == GLOBAL_THEME) {
            theme = args->value;
        } else {
            ascii = args->on;
        }
    }
    if (engines == 0) {
        free(cli->engines);
        cli->engines = NULL;
    }
    struct error e = {0};
    if (!settings_load(&cli->settings, file, warn, NULL, &e)) {
        cli_say("%s", e.text);
        return 1;
    }
    if (theme) {
        free(cli->settings.theme);
        cli->settings.theme = mem_string(theme);
    }
    cli->settings.ascii = cli->settings.ascii || ascii;
    return -1;
}

static int dispatch(struct cli *cli, struct args *args)
{
    int code = read_globals(cli, args);
    if (code >= 0) {
        return code;
    }
    if (args->at >= args->argc) {
        return cli_interface(cli, false);
    }
    char **rest = args_rest(args);
    int count = args->argc - args->at;
    if (strcmp(rest[0], "help") == 0 && count == 1) {
        print_help(cli);
        return 0;
    }
    bool help = strcmp(rest[0], "help") == 0;
    const char *name = help ? rest[1] : rest[0];
    const struct cli_command *command = find_command(name);
    if (!command) {
        cli_say("'%s' is no command; 'porthole --help' lists them", name);
        return EXIT_WRONG_USAGE;
    }
    if (help) {
        print_command_help(command);
        return 0;
    }
    return run_command(cli, command, count - 1, rest + 1);
}

/* Somebody may start us with some of the standard streams closed: what we open ourselves must not take their
 * numbers. */
static void fill_standard_streams(void)
{
#ifndef _WIN32
    int fd;
    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= 2) {
    }
    if (fd > 2) {
        close(fd);
    }
#endif
}

#ifndef _WIN32
/* An engine that closes its connection is told by an error; a reader of what we print who has left ends us,
 * as he would any program. */
static void on_broken_pipe(int number)
{
    struct pollfd out = {.fd = 1, .events = POLLOUT};
    if (poll(&out, 1, 0) == 1 && out.revents & POLLERR) {
        _exit(128 + number);
    }
}
#endif

int cli_main(const struct cli_parts *parts, int argc, char **argv)
{
    fill_standard_streams();
#ifndef _WIN32
    signal(SIGPIPE, on_broken_pipe);
#endif
    uv_loop_t loop;
    struct cli cli = {.parts = parts, .loop = &loop};
    struct args args;
    if (uv_loop_init(&loop) != 0) {
        cli_say("cannot make an event loop: too many files are open");
        return 1;
    }
    settings_init(&cli.settings);
    args_init(&args, global_options, argc - 1, argv + 1);
    int code = dispatch(&cli, &args);
    close_all(&cli);
    return out_end(code);
}

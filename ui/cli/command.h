/* ui/cli/command.h - what a subcommand is, and what all of them use: one session, run until an answer is
 * there. */
#ifndef UI_CLI_COMMAND_H
#define UI_CLI_COMMAND_H

#include <cjson/cJSON.h>

#include "core/hostmap.h"
#include "core/image.h"
#include "core/session.h"
#include "ui/cli/args.h"
#include "ui/cli/cli.h"

enum {
    EXIT_WRONG_USAGE = 2,
    EXIT_ENGINE = 125,
    EXIT_NO_READER = 128 + 13 /* as a shell tells SIGPIPE: the reader of standard output has gone */
};

struct cli {
    const struct cli_parts *parts;
    struct settings settings;
    char **engines; /* --engine, NULL-ended; NULL: from the settings, else all */
    struct uv_loop_s *loop;
    struct model *model;
    struct session *session; /* NULL until cli_open */
    bool json;
};

struct cli_command {
    const char *name;
    const char *synopsis;             /* "[OPTIONS] CONTAINER" */
    const char *words;                /* one sentence */
    const struct cli_option *options; /* --help and --json (where json) come by themselves */
    bool json;
    int (*run)(struct cli *cli, struct args *args); /* returns the exit code */
};

const struct cli_command *const *cli_commands(void); /* NULL-ended */

/* Opens the engines. list: and waits until each has told its containers, or cannot. False, and said, when no
 * engine is online. */
bool cli_open(struct cli *cli, bool list);

/* Opens the engines and waits for nothing: for the interface. False, and said, when one is not in this build.
 */
bool cli_open_session(struct cli *cli, bool list);

/* Runs the interface until the person quits; the exit code. demo: begins with the demonstration. */
int cli_interface(struct cli *cli, bool demo);

/* Runs the loop until *done. */
void cli_wait(struct cli *cli, const bool *done);

/* The same, no longer than so many ms. */
void cli_wait_for(struct cli *cli, const bool *done, int ms);

/* The container that a word names, or a word behind an engine's label and a slash; NULL, and said on standard
 * error, when there is none or several. */
const struct container *cli_find(struct cli *cli, const char *word);

/* Says which engines have told less than they should, or nothing: those that are not there at all are not
 * missed. True: one has told nothing. */
bool cli_say_missing(const struct cli *cli);

/* The row of a container that was launched just now: the engine tells of it after it has answered. NULL, and
 * said, when it is gone already. */
const struct container *cli_row(struct cli *cli, const char *key);

/* The engine that launches and keeps images: the first that is online; -1, and said, when none is. */
int cli_engine(struct cli *cli);

/* Waits for the answer of an op that was started with these two: parts are the caller's, answer_done frees
 * them. */
struct waiting {
    bool done;
    struct answer answer;
};
void cli_answered(void *user, struct answer *answer); /* an op_cb; user: struct waiting */
/* False: it failed, w->answer.why says why. A remark of the engine has been said. */
bool cli_await(struct cli *cli, struct waiting *w);

/* Says "porthole: SENTENCE" on standard error. */
void cli_say(const char *fmt, ...) ERROR_PRINTF(1, 2);
int cli_failed(const struct error *why); /* says it; returns error_exit_code of it, or 1 */
int cli_wrong(const struct cli_command *command, const char *fmt, ...) ERROR_PRINTF(2, 3); /* returns 2 */

/* The usual loop for a command whose words are collected: returns -1, or the exit code to end with. Options
 * go to `option`, which returns false after having said what is wrong; NULL for commands without options. The
 * caller frees *words. */
int cli_words(const struct cli_command *command, struct args *args,
              bool (*option)(void *user, int index, struct args *), void *user, char ***words, int *n);

/* The processes of the host on which the container runs (id 0: of the host that a pid is of); NULL, and said,
 * when they cannot be read. The caller frees. */
struct host_table *cli_host_table(struct cli *cli, container_id id);

/* What this kernel shows of the namespaces of all containers that run on it; NULL: it shows nothing. The
 * caller frees. */
struct namespace_table *cli_namespaces(struct cli *cli);

/* A container's own process table; NULL, and said. */
struct process_table *cli_process_table(struct cli *cli, container_id id);

/* The subcommands, one file each. */
extern const struct cli_command cli_command_ls, cli_command_ps, cli_command_map, cli_command_who,
    cli_command_run, cli_command_exec, cli_command_attach, cli_command_logs, cli_command_start,
    cli_command_stop, cli_command_restart, cli_command_kill, cli_command_pause, cli_command_resume,
    cli_command_rm, cli_command_rename, cli_command_inspect, cli_command_images, cli_command_image,
    cli_command_engines, cli_command_events, cli_command_check, cli_command_relaunch, cli_command_demo;

#endif

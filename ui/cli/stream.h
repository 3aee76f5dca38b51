/* ui/cli/stream.h - a console of a container on our own standard streams: run, exec, attach, logs. */
#ifndef UI_CLI_STREAM_H
#define UI_CLI_STREAM_H

#include "core/console.h"
#include "ui/cli/command.h"

struct text;

struct stream_options {
    const struct console_spec *spec;
    bool terminal;        /* the process has a terminal: ours goes raw and its size is forwarded */
    bool start;           /* start the container when the console is open: nothing it prints is lost */
    bool leave;           /* detach as soon as it is open: exec -d */
    bool forward_signals; /* INT, TERM, HUP, ... to the process, when it has no terminal */
    int failed;           /* exit code when the engine refuses: 125 for run; 0 means 1 */
    int refused; /* exit code when what was asked for makes no sense (a user that is not there); 0: failed */
    const char *detach_keys; /* as docker spells them, "ctrl-p,ctrl-q"; NULL: none */
    /* Appends to `out` what is printed in the place of the output (logs with time stamps); NULL: it is
     * printed as it is, tamed on a terminal that the process does not have. data NULL: nothing more comes. */
    void (*output)(void *user, enum console_stream stream, int64_t when, const char *data, size_t len,
                   struct text *out);
    void *user;
};

/* Runs until the stream ends or the person detaches. Returns the exit code of the process; 0 after a detach;
 * what went wrong is said. */
int stream_run(struct cli *cli, container_id id, const struct stream_options *options);

/* Is file descriptor 0, 1, 2 a terminal? Its size goes to rows and cols (may be NULL). */
bool stream_is_terminal(int fd);
void stream_size(int *rows, int *cols);

/* "ctrl-p,ctrl-q", "ctrl-],x": out gets the bytes, at most `room`. Returns how many, -1 when it is none. */
int stream_parse_keys(const char *keys, char *out, int room);

/* Our terminal, which edits lines, hands over what was typed at this key, too, and keeps none of the control
 * keys that stop and start output: so keys that detach arrive when they are typed. Unix only. */
void stream_edit_until(char key);
void stream_edit_as_before(void);

#endif

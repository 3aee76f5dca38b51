/* ui/cli/startup.h - what a system wants done before and after all else. startup_posix.c has nothing to do;
 * startup_windows.c makes arguments and output UTF-8. */
#ifndef UI_CLI_STARTUP_H
#define UI_CLI_STARTUP_H

struct startup {
    char **argv;        /* ours, to be freed; NULL: main's own are good */
    unsigned code_page; /* of the console, as it was; 0: it stays as it is */
};

void startup_begin(struct startup *s, int *argc, char ***argv);
void startup_end(struct startup *s);

#endif

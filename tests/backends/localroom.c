#include "tests/backends/localroom.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/local/shared/command.h"
#include "backends/local/shared/state.h"

enum { NOBODY = 65534 };

/* Keepers are killed, and their own program clears up after them. */
static void clear_container(const struct paths *p, const char *id)
{
    struct state s;
    char *path = paths_state(p, id), *program = paths_helper("porthole-keeper");
    const char *const argv[] = {program, "--clean", id, NULL};
    state_init(&s);
    if (state_read(&s, path, NULL)) {
        if (s.keeper && state_process_started(s.keeper) == s.keeper_started) {
            kill((pid_t)s.keeper, SIGKILL);
        }
        command_run(argv, NULL, 0, 30, NULL);
    }
    state_done(&s);
    char *rootfs = paths_container(p, id, "rootfs");
    umount2(rootfs, MNT_DETACH);
    free(rootfs);
    free(path);
    free(program);
}

void localroom_clear(const char *folder)
{
    setenv("PORTHOLE_STATE", folder, 1);
    struct paths *p = paths_new(NULL);
    DIR *list = p ? opendir(p->containers) : NULL;
    struct dirent *entry;
    while (list && (entry = readdir(list))) {
        if (entry->d_name[0] != '.') {
            clear_container(p, entry->d_name);
        }
    }
    if (list) {
        closedir(list);
    }
    paths_free(p);
    paths_remove_tree(folder, NULL);
}

int localroom_skip(const char *name, const char *why)
{
    fprintf(stderr, "SKIPPED %s: %s\n", name, why);
    return LOCALROOM_SKIPPED;
}

static int run_child(const char *folder, const char *name, bool drop)
{
    pid_t pid = fork();
    if (pid == 0) {
        setenv("PORTHOLE_STATE", folder, 1);
        if (drop && (chown(folder, NOBODY, NOBODY) < 0 || setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 ||
                     setuid(NOBODY) < 0)) {
            _exit(localroom_skip(name, "cannot become another user"));
        }
        execl("/proc/self/exe", "test", name, (char *)NULL);
        _exit(localroom_skip(name, "the test program cannot be started by another user"));
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int localroom_run(const char *name, bool drop)
{
    char folder[] = "/tmp/porthole-conformance-XXXXXX";
    if (!mkdtemp(folder)) {
        return localroom_skip(name, "there is no room in /tmp");
    }
    int code = run_child(folder, name, drop);
    localroom_clear(folder);
    return code;
}

#include "tests/backends/localroom.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>

#include "backends/local/shared/command.h"
#include "backends/local/shared/state.h"

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

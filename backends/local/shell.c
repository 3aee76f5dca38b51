#include "backends/local/shell.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/beneath.h"
#include "backends/local/shared/images.h"

/* As the process sees its root; its mount in our own folder where that is not allowed. */
static int open_root(const struct paths *p, const struct state *s)
{
    char path[64];
    struct image_config image = {0};
    if (s->isolation == ISOLATION_VM) { /* which files it has now, only its guest knows */
        bool known = images_find(p, s->image_id ? s->image_id : s->spec.image, &image, NULL);
        int files = known ? open(image.rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
        image_config_done(&image);
        return files;
    }
    snprintf(path, sizeof path, "/proc/%u/root", s->pid);
    int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        char *rootfs = paths_container(p, s->id, "rootfs");
        root = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
        free(rootfs);
    }
    return root;
}

static bool is_program(int root, const char *path)
{
    struct stat st;
    int fd = beneath_open(root, path, O_PATH, BENEATH_LINKS_FOLLOWED);
    bool ok = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111);
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

const char *shell_find(const struct paths *p, const struct state *s, struct error *e)
{
    static const char *const shells[] = {"/bin/bash",    "/usr/bin/bash", "/bin/ash",
                                         "/usr/bin/ash", "/bin/sh",       "/usr/bin/sh"};
    const char *found = NULL;
    int root = open_root(p, s);
    for (size_t i = 0; root >= 0 && !found && i < sizeof shells / sizeof *shells; i++) {
        found = is_program(root, shells[i]) ? shells[i] : NULL;
    }
    if (root >= 0) {
        close(root);
    }
    if (!found) {
        error_set(e, ERROR_NO_COMMAND, 0, "%s has no shell (bash, ash, sh): say which command to run",
                  s->spec.name);
    }
    return found;
}

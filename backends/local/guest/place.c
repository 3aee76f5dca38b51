/* The image's links are the image's: everything is found as the container would find it, so that none of them
 * leads out of its root. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/local/guest/agent.h"
#include "core/memory.h"

static int open_root(void)
{
    return open(AGENT_ROOT, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int place_make(const char *path)
{
    int root = open_root();
    int fd = root < 0 ? -1 : beneath_make(root, path, BENEATH_FOLDER);
    int why = errno;
    if (root >= 0) {
        close(root);
    }
    errno = why;
    return fd;
}

bool place_make_real(const char *path, enum beneath_kind kind)
{
    int root = open_root();
    bool ok = root >= 0 && beneath_make_real(root, path, kind);
    int why = errno;
    if (root >= 0) {
        close(root);
    }
    errno = why;
    return ok;
}

bool place_write(const char *path, const char *text, mode_t mode)
{
    int root = place_make_real(path, BENEATH_FILE) ? open_root() : -1;
    int fd = root < 0 ? -1 : beneath_open(root, path, O_WRONLY | O_TRUNC, BENEATH_LINKS_REFUSED);
    size_t len = strlen(text);
    bool ok = fd >= 0 && write(fd, text, len) == (ssize_t)len && fchmod(fd, mode) == 0;
    if (fd >= 0) {
        close(fd);
    }
    if (root >= 0) {
        close(root);
    }
    return ok;
}

bool place_mount(const char *source, const char *target, const char *type, unsigned long flags,
                 const char *options)
{
    char link[64];
    int fd = place_make(target);
    if (fd < 0) {
        return false;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    bool ok = mount(source, link, type, flags, options) == 0;
    int why = errno;
    close(fd);
    errno = why;
    return ok;
}

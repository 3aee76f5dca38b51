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

#include "backends/beneath.h"
#include "backends/local/guest/agent.h"
#include "core/memory.h"

static int open_root(void)
{
    return open(AGENT_ROOT, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* `base`, a name or path below `root`, as an O_PATH descriptor; the last part is made if it is missing. */
static int step(int root, const char *base, const char *last)
{
    int fd = beneath_open(root, base, O_PATH | O_DIRECTORY, BENEATH_LINKS_FOLLOWED);
    if (fd >= 0 || errno != ENOENT) {
        return fd;
    }
    char *parent = mem_string_n(base, (size_t)(last - base));
    int at = *parent ? beneath_open(root, parent, O_PATH | O_DIRECTORY, BENEATH_LINKS_FOLLOWED) : dup(root);
    free(parent);
    if (at < 0) {
        return -1;
    }
    int made = mkdirat(at, last, 0755);
    close(at);
    return made == 0 ? beneath_open(root, base, O_PATH | O_DIRECTORY, BENEATH_LINKS_FOLLOWED) : -1;
}

int place_make(const char *path)
{
    int root = open_root(), fd = root;
    char *copy = mem_string(path + strspn(path, "/"));
    for (char *part = copy; fd >= 0 && *part;) {
        size_t len = strcspn(part, "/");
        char end = part[len];
        part[len] = '\0';
        int next = step(root, copy, part);
        int why = errno;
        if (fd != root) {
            close(fd);
        }
        errno = why;
        fd = next;
        part[len] = end;
        part += len + strspn(part + len, "/");
    }
    free(copy);
    if (fd != root && root >= 0) {
        int why = errno;
        close(root);
        errno = why;
    }
    return fd;
}

bool place_write(const char *path, const char *text, mode_t mode)
{
    int root = open_root();
    int fd = beneath_open(root, path, O_WRONLY | O_CREAT | O_TRUNC, BENEATH_LINKS_FOLLOWED);
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

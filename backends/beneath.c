#include "backends/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/memory.h"

int beneath_open(int root, const char *path, int flags, enum beneath_links links)
{
    struct open_how how = {.flags = (unsigned long long)(flags | O_CLOEXEC)};
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    if (links == BENEATH_LINKS_REFUSED) {
        how.resolve |= RESOLVE_NO_SYMLINKS;
    }
    long fd;
    do {
        fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
    } while (fd < 0 && errno == EAGAIN); /* a rename elsewhere raced with ".." */
    return (int)fd;
}

static char *read_all(int fd, size_t limit, size_t *len)
{
    char *data = mem_new(limit + 1, 1);
    *len = 0;
    while (*len < limit) {
        ssize_t n = read(fd, data + *len, limit - *len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            free(data);
            return NULL;
        }
        if (n == 0) {
            break;
        }
        *len += (size_t)n;
    }
    return data;
}

char *beneath_read(int root, const char *path, size_t limit, size_t *len)
{
    int fd = beneath_open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, BENEATH_LINKS_FOLLOWED);
    if (fd < 0) {
        return NULL;
    }
    struct stat st;
    char *data = NULL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        size_t want = st.st_size > 0 && (size_t)st.st_size < limit ? (size_t)st.st_size + 1 : limit;
        data = read_all(fd, want < limit ? want : limit, len);
    } else {
        errno = EINVAL;
    }
    int saved = errno;
    close(fd);
    errno = saved;
    return data;
}

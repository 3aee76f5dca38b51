#include "backends/local/shared/cpio.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 64 * 1024 };

static void pad(struct cpio *c)
{
    while (c->bytes.len % 4 != 0) {
        text_add_char(&c->bytes, '\0');
    }
}

static void head(struct cpio *c, const char *path, unsigned mode, size_t size, unsigned major, unsigned minor)
{
    const unsigned fields[13] = {
        ++c->entries, mode, 0, 0, 1, 0, (unsigned)size, 0, 0, major, minor, (unsigned)strlen(path) + 1, 0};
    text_add(&c->bytes, "070701");
    for (int i = 0; i < 13; i++) {
        text_addf(&c->bytes, "%08x", fields[i]);
    }
    text_add_n(&c->bytes, path, strlen(path) + 1);
    pad(c);
}

void cpio_folder(struct cpio *c, const char *path)
{
    head(c, path, S_IFDIR | 0755, 0, 0, 0);
}

void cpio_device(struct cpio *c, const char *path, unsigned major, unsigned minor)
{
    head(c, path, S_IFCHR | 0600, 0, major, minor);
}

bool cpio_file(struct cpio *c, const char *path, unsigned mode, const char *from)
{
    char block[BLOCK];
    struct stat st;
    int fd = open(from, O_RDONLY | O_CLOEXEC);
    size_t before = c->bytes.len, left = 0;
    ssize_t n = -1;
    if (fd >= 0 && fstat(fd, &st) == 0) {
        left = (size_t)st.st_size;
        head(c, path, S_IFREG | mode, left, 0, 0);
        while (left > 0 && (n = read(fd, block, left < BLOCK ? left : BLOCK)) > 0) {
            text_add_n(&c->bytes, block, (size_t)n);
            left -= (size_t)n;
        }
        pad(c);
    }
    int why = n < 0 ? errno : EIO;
    if (fd >= 0) {
        close(fd);
    }
    errno = why;
    return c->bytes.len > before && left == 0;
}

void cpio_end(struct cpio *c)
{
    head(c, "TRAILER!!!", 0, 0, 0, 0);
}

void cpio_done(struct cpio *c)
{
    text_done(&c->bytes);
    c->entries = 0;
}

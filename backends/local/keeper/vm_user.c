/* RUN/vm-users is an empty file of which byte N stands for the user FIRST + N: whoever holds the lock of that
 * byte has it. */
#include "backends/local/keeper/vm_user.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/text.h"

/* A range that systemd.io/UIDS-GIDS lists as free: above those for container user namespaces
 * (0x00080000 to 0x6FFFFFFF), below the foreign ones (0x7FFE0000). */
enum { FIRST = 0x70680000, COUNT = 0x1000000, TRIES = 100000, DIGITS = 6 };

static bool lock_byte(int fd, off_t at)
{
    struct flock byte = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};
    return fcntl(fd, F_OFD_SETLK, &byte) == 0;
}

int vm_user_take(const struct paths *p, const char *id, uid_t *out, struct error *e)
{
    struct text path = {0};
    char digits[DIGITS + 1];
    text_addf(&path, "%s/vm-users", p->run);
    snprintf(digits, sizeof digits, "%s", id);
    off_t first = (off_t)strtoul(digits, NULL, 16), at = first;
    int fd = open(text_of(&path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool taken = fd >= 0 && lock_byte(fd, at);
    for (int i = 1; fd >= 0 && !taken && (errno == EAGAIN || errno == EACCES) && i < TRIES; i++) {
        at = (first + i) % COUNT;
        taken = lock_byte(fd, at);
    }
    if (!taken) {
        error_errno(e, errno, "Cannot find a user for the VM's QEMU in %s", text_of(&path));
        if (fd >= 0) {
            close(fd);
        }
    }
    text_done(&path);
    *out = (uid_t)(FIRST + at);
    return taken ? fd : -1;
}

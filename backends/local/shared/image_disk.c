#include "backends/local/shared/image_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/local/shared/command.h"
#include "core/memory.h"
#include "core/program.h"
#include "core/text.h"

enum { DISK_SECONDS = 3600, SCRATCH_SECONDS = 60 };

static const off_t SCRATCH_SIZE = (off_t)16 << 30; /* as far as the host's disk allows */

static bool make(const char *mksquashfs, const char *from, const char *to, struct error *e)
{
    char output[1024];
    const char *const argv[] = {mksquashfs,
                                from,
                                to,
                                "-noappend",
                                "-no-progress",
                                "-quiet",
                                "-noI",
                                "-noD",
                                "-noF",
                                "-noX",
                                geteuid() == 0 ? NULL : "-all-root",
                                NULL};
    int code = command_run(argv, output, sizeof output, DISK_SECONDS, e);
    if (code > 0) {
        struct text words = {0};
        text_add_clean(&words, output, strlen(output));
        error_set(e, ERROR_OTHER, code, "cannot make a disk of the image's files in %s: %.200s", from,
                  text_of(&words));
        text_done(&words);
    }
    return code == 0;
}

char *image_disk(const struct image_config *image, const char *mksquashfs, struct error *e)
{
    struct text folder = {0}, path = {0}, fresh = {0};
    text_add_n(&folder, image->rootfs, strlen(image->rootfs) - strlen("/rootfs"));
    text_addf(&path, "%s/disk.squashfs", text_of(&folder));
    text_addf(&fresh, "%s.new", text_of(&path));
    int lock = open(text_of(&folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = lock >= 0 && flock(lock, LOCK_EX) == 0; /* others who want the same disk wait for this one */
    if (!ok) {
        error_errno(e, errno, "cannot lock the image in %s", text_of(&folder));
    } else if (access(text_of(&path), R_OK) < 0) {
        ok = make(mksquashfs, image->rootfs, text_of(&fresh), e);
        if (ok && rename(text_of(&fresh), text_of(&path)) < 0) {
            error_errno(e, errno, "cannot write %s", text_of(&path));
            ok = false;
        }
        if (!ok) {
            unlink(text_of(&fresh));
        }
    }
    if (lock >= 0) {
        close(lock);
    }
    text_done(&folder);
    text_done(&fresh);
    if (!ok) {
        text_done(&path);
    }
    return ok ? text_take(&path) : NULL;
}

bool image_scratch(const char *path)
{
    char *mkfs = program_find("mkfs.ext4");
    int fd = mkfs ? open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    bool ok = fd >= 0 && ftruncate(fd, SCRATCH_SIZE) == 0;
    if (fd >= 0) {
        close(fd);
    }
    if (ok) {
        const char *const argv[] = {mkfs,
                                    "-q",
                                    "-F",
                                    "-m",
                                    "0",
                                    "-J",
                                    "size=8",
                                    "-i",
                                    "65536",
                                    "-O",
                                    "^resize_inode",
                                    "-E",
                                    "packed_meta_blocks=1,lazy_itable_init=1,lazy_journal_init=1,nodiscard",
                                    path,
                                    NULL};
        ok = command_run(argv, NULL, 0, SCRATCH_SECONDS, NULL) == 0;
    }
    if (!ok) {
        unlink(path);
    }
    free(mkfs);
    return ok;
}

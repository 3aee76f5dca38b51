/* "upper" tells that the container lives on overlayfs: then nothing else will do, what it has written is in
 * there. Else "rootfs" is a copy; it was called "rootfs.new" until it was complete. */
#include "backends/local/keeper/rootfs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/local/shared/command.h"
#include "backends/local/shared/paths.h"
#include "core/text.h"

enum { COPY_SECONDS = 3600, MOUNTS_AT_MOST = 16 };

static bool is_folder(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void add_escaped(struct text *t, const char *path)
{
    for (; *path; path++) {
        if (strchr("\\:,", *path)) {
            text_add_char(t, '\\');
        }
        text_add_char(t, *path);
    }
}

static bool mount_overlay(const char *lower)
{
    struct text options = {0};
    text_add(&options, "lowerdir=");
    add_escaped(&options, lower);
    text_add(&options, ",upperdir=upper,workdir=work");
    bool ok = mount("overlay", "rootfs", "overlay", 0, text_of(&options)) == 0;
    int why = errno;
    text_done(&options);
    errno = why;
    return ok;
}

/* 1: mounted, 0: not possible here, -1 and e: it should have been. */
static int prepare_overlay(const char *lower, struct error *e)
{
    bool before = is_folder("upper");
    mkdir("rootfs", 0755);
    mkdir("upper", 0755);
    mkdir("work", 0700);
    if (mount_overlay(lower)) {
        return 1;
    }
    if (before) {
        return error_errno(e, errno, "Cannot mount the container's files over its image %s", lower);
    }
    paths_remove_tree("upper", NULL);
    paths_remove_tree("work", NULL);
    paths_remove_tree("rootfs", NULL);
    return 0;
}

static bool copy(const char *from, struct error *e)
{
    struct text source = {0};
    text_addf(&source, "%s/.", from);
    const char *const argv[] = {"cp", "-a", "--reflink=auto", text_of(&source), "rootfs.new", NULL};
    char words[512];
    paths_remove_tree("rootfs.new", NULL);
    int code = command_run(argv, words, sizeof words, COPY_SECONDS, e);
    text_done(&source);
    if (code == 0 && rename("rootfs.new", "rootfs") == 0) {
        return true;
    }
    if (code >= 0) {
        struct text clean = {0};
        text_add_clean(&clean, words, strlen(words));
        error_set(e, ERROR_OTHER, code, "Cannot copy the image's files from %s: %s", from, text_of(&clean));
        text_done(&clean);
    }
    paths_remove_tree("rootfs.new", NULL);
    return false;
}

bool rootfs_prepare(const char *image_rootfs, bool overlay, struct error *e)
{
    rootfs_release();
    bool copied = is_folder("rootfs") && !is_folder("upper");
    if (copied) {
        return true;
    }
    int mounted = overlay || is_folder("upper") ? prepare_overlay(image_rootfs, e) : 0;
    return mounted > 0 || (mounted == 0 && copy(image_rootfs, e));
}

void rootfs_release(void)
{
    for (int i = 0; i < MOUNTS_AT_MOST; i++) {
        if (umount2("rootfs", UMOUNT_NOFOLLOW) < 0 &&
            (errno != EBUSY || umount2("rootfs", UMOUNT_NOFOLLOW | MNT_DETACH) < 0)) {
            return;
        }
    }
}

/* Whiteouts. A layer's own members stay wherever its whiteouts stand among them, so that folders which it has
 * made, or made something in, are gone through; all else goes as a whole.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/local/unpack/member.h"
#include "backends/local/unpack/target_inside.h"
#include "core/memory.h"
#include "core/text.h"

/* What has to be looked into, one folder at a time, so that depth costs no stack. */
struct pending {
    char **paths;
    size_t count, room;
};

static void pending_add(struct pending *p, const char *folder, const char *name)
{
    struct text path = {0};
    text_addf(&path, "%s%s%s", folder, *folder && *name ? "/" : "", name);
    p->paths = mem_grow(p->paths, &p->room, p->count + 1, sizeof(*p->paths));
    p->paths[p->count++] = path.len > 0 ? text_take(&path) : mem_string("");
    text_done(&path);
}

/* Takes away what this layer has not made; folders that it has made, or made something in, are pending. */
static bool hide_children(struct target *t, const char *folder, DIR *dir, struct pending *p)
{
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        struct text path = {0};
        struct stat st;
        text_addf(&path, "%s%s%s", folder, *folder ? "/" : "", entry->d_name);
        bool kept = seen_has(&t->seen, text_of(&path));
        text_done(&path);
        if (!kept && !target_replace(t, dirfd(dir), entry->d_name)) {
            return false;
        }
        if (kept && fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISDIR(st.st_mode)) {
            pending_add(p, folder, entry->d_name);
        }
    }
    return true;
}

static bool hide_folder(struct target *t, const char *path, struct pending *p)
{
    int fd = target_open_folder(t, path);
    if (fd < 0) {
        return errno == ENOENT || errno == ENOTDIR;
    }
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return false;
    }
    bool good = hide_children(t, path, dir, p);
    closedir(dir);
    return good;
}

bool target_hide_inside(struct target *t, const char *path, struct error *e)
{
    target_forget_parent(t);
    struct pending p = {0};
    pending_add(&p, path, "");
    bool good = progress_check(t->progress, e);
    while (good && p.count > 0) {
        char *folder = p.paths[--p.count];
        good = (hide_folder(t, folder, &p) || target_failed("take away what is below", folder, e)) &&
               progress_check(t->progress, e);
        free(folder);
    }
    while (p.count > 0) {
        free(p.paths[--p.count]);
    }
    free(p.paths);
    return good;
}

bool target_hide(struct target *t, const char *path, struct error *e)
{
    target_forget_parent(t);
    if (!limits_entries(t->limits, ++t->entries, e)) {
        return false;
    }
    if (seen_has(&t->seen, path)) {
        return target_hide_inside(t, path, e);
    }
    char *copy = mem_string(path);
    const char *base;
    int parent = target_open_folder(t, member_split(copy, &base));
    bool good = parent < 0 ? errno == ENOENT || errno == ENOTDIR : target_replace(t, parent, base);
    if (!good) {
        target_failed("take away", path, e);
    }
    if (parent >= 0) {
        close(parent);
    }
    free(copy);
    return good;
}

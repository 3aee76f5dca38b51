#include "backends/local/shared/mount_targets.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/beneath.h"

/* The engine's own: an image has no say in what these are. */
static const struct {
    const char *path;
    enum beneath_kind kind;
} own[] = {
    {"/dev", BENEATH_FOLDER},        {"/proc", BENEATH_FOLDER},    {"/sys", BENEATH_FOLDER},
    {"/etc/hostname", BENEATH_FILE}, {"/etc/hosts", BENEATH_FILE}, {"/etc/resolv.conf", BENEATH_FILE},
};

static int own_index(const char *path)
{
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (strcmp(own[i].path, path) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static bool lies_in(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    return len > 1 && strncmp(path, folder, len) == 0 && path[len] == '/';
}

/* Does it lie in one of the mounts before `end` (NULL: in any)? A path with ".." does not tell. */
static bool in_mount(const cJSON *config, const cJSON *end, const char *path)
{
    const cJSON *mount;
    if (strstr(path, "/..")) {
        return false;
    }
    cJSON_ArrayForEach(mount, json_at(config, "mounts"))
    {
        if (mount == end) {
            break;
        }
        if (lies_in(path, json_string(mount, "destination", ""))) {
            return true;
        }
    }
    return false;
}

static bool make_own(int root, int index, struct error *e)
{
    const char *path = own[index].path;
    if (beneath_make_real(root, path, own[index].kind)) {
        return true;
    }
    if (errno == ENOTEMPTY) {
        error_set(e, ERROR_CONFLICT, errno,
                  "Cannot give the container its %s: its image has a folder with files there; remove that "
                  "from the image",
                  path);
    } else {
        error_errno(e, errno, "Cannot make %s below the container's root", path);
    }
    return false;
}

/* The path of an open file as a process below `root` has it. */
static bool path_below(int root, int fd, char *out, size_t room)
{
    char link[64], base[PATH_MAX + 1], path[PATH_MAX + 1];
    snprintf(link, sizeof link, "/proc/self/fd/%d", root);
    ssize_t base_len = readlink(link, base, PATH_MAX);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, PATH_MAX);
    if (base_len <= 0 || len < base_len || memcmp(path, base, (size_t)base_len) != 0 ||
        (len > base_len && path[base_len] != '/')) {
        errno = EXDEV;
        return false;
    }
    path[len] = '\0';
    snprintf(out, room, "%s", len > base_len ? path + base_len : "/");
    return true;
}

static bool refuse(const char *path, int why, struct error *e)
{
    if (why == ENOTDIR || why == EISDIR) {
        error_set(e, ERROR_CONFLICT, why, "Cannot mount a %s at %s: the image has a %s there",
                  why == ENOTDIR ? "folder" : "file", path, why == ENOTDIR ? "file" : "folder");
    } else {
        error_errno(e, why, "Cannot make the place for a mount at %s in the container", path);
    }
    return false;
}

static void replace_string(cJSON *o, const char *name, const char *value)
{
    cJSON_ReplaceItemInObject(o, name, cJSON_CreateString(value));
}

static bool find_target(int root, cJSON *mount, const char *path, enum beneath_kind kind, struct error *e)
{
    char found[PATH_MAX + 1];
    struct stat st;
    int fd = beneath_make(root, path, kind);
    bool ok = fd >= 0 && fstat(fd, &st) == 0 && path_below(root, fd, found, sizeof found);
    int why = errno;
    if (ok && kind == BENEATH_FILE && S_ISDIR(st.st_mode)) {
        ok = false;
        why = EISDIR;
    }
    if (fd >= 0) {
        close(fd);
    }
    if (!ok) {
        return refuse(path, why, e);
    }
    replace_string(mount, "destination", found);
    return true;
}

static bool prepare_mount(int root, const cJSON *config, cJSON *mount, struct error *e)
{
    const char *path = json_string(mount, "destination", "");
    int index = own_index(path);
    if (index >= 0) {
        return make_own(root, index, e);
    }
    if (in_mount(config, mount, path)) {
        return true;
    }
    struct stat st;
    bool bind = strcmp(json_string(mount, "type", ""), "bind") == 0;
    if (bind && stat(json_string(mount, "source", ""), &st) < 0) {
        error_errno(e, errno, "Cannot mount %s at %s", json_string(mount, "source", ""), path);
        return false;
    }
    return find_target(root, mount, path, bind && !S_ISDIR(st.st_mode) ? BENEATH_FILE : BENEATH_FOLDER, e);
}

/* The node is made by the runtime, which takes anything that has the name already for the node. */
static bool prepare_device(int root, const cJSON *config, cJSON *device, struct error *e)
{
    char path[PATH_MAX + 1], found[PATH_MAX + 1], whole[2 * PATH_MAX + 2];
    snprintf(path, sizeof path, "%s", json_string(device, "path", ""));
    char *slash = strrchr(path, '/');
    if (in_mount(config, NULL, path) || !slash) {
        return true;
    }
    *slash = '\0';
    int parent = beneath_make(root, path, BENEATH_FOLDER);
    bool ok = parent >= 0 && path_below(root, parent, found, sizeof found);
    if (ok) {
        snprintf(whole, sizeof whole, "%s/%s", strcmp(found, "/") == 0 ? "" : found, slash + 1);
        replace_string(device, "path", whole);
        ok = in_mount(config, NULL, whole) || unlinkat(parent, slash + 1, 0) == 0 || errno == ENOENT;
    }
    if (!ok) {
        error_errno(e, errno, "Cannot make the device %s/%s in the container", path, slash + 1);
    }
    if (parent >= 0) {
        close(parent);
    }
    return ok;
}

/* What stands in the way of the folder to start in is the runtime's to tell. */
static void prepare_workdir(int root, const cJSON *config)
{
    const char *path = json_string(config, "process.cwd", "/");
    int fd = in_mount(config, NULL, path) ? -1 : beneath_make(root, path, BENEATH_FOLDER);
    if (fd >= 0) {
        close(fd);
    }
}

bool mount_targets_prepare(const char *rootfs, cJSON *config, struct error *e)
{
    int root = open(rootfs, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (root < 0) {
        error_errno(e, errno, "Cannot open the root file system %s", rootfs);
        return false;
    }
    bool ok = true;
    cJSON *mounts = cJSON_GetObjectItemCaseSensitive(config, "mounts"), *item;
    cJSON *devices =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(config, "linux"), "devices");
    cJSON_ArrayForEach(item, mounts)
    {
        ok = ok && prepare_mount(root, config, item, e);
    }
    cJSON_ArrayForEach(item, devices)
    {
        ok = ok && prepare_device(root, config, item, e);
    }
    if (ok) {
        prepare_workdir(root, config);
    }
    close(root);
    return ok;
}

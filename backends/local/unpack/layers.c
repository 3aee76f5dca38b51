#include "backends/local/unpack/layers.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/local/unpack/member.h"
#include "backends/local/unpack/progress.h"
#include "backends/local/unpack/stream.h"
#include "backends/local/unpack/target.h"
#include "core/memory.h"

static const char whiteout[] = ".wh.";
static const char opaque[] = ".wh..wh..opq";
static const char meta[] = ".wh..wh."; /* notes of old storage drivers */

static bool starts(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

static bool refuse_whiteout(const char *path, struct error *e)
{
    struct text shown = {0};
    error_set(e, ERROR_INVALID, 0,
              "The archive's member \"%s\" takes nothing away that can have a name; the import is refused",
              member_shown(&shown, path));
    text_done(&shown);
    return false;
}

static bool take_away(struct target *t, const char *path, struct error *e)
{
    char *copy = mem_string(path);
    const char *base;
    const char *folder = member_split(copy, &base);
    const char *victim = base + sizeof(whiteout) - 1;
    bool good = true;
    if (strcmp(base, opaque) == 0) {
        good = target_hide_inside(t, folder, e);
    } else if (!starts(base, meta)) {
        if (!*victim || strcmp(victim, ".") == 0 || strcmp(victim, "..") == 0) {
            good = refuse_whiteout(path, e);
        } else {
            struct text hidden = {0};
            text_addf(&hidden, "%s%s%s", folder, *folder ? "/" : "", victim);
            good = target_hide(t, text_of(&hidden), e);
            text_done(&hidden);
        }
    }
    free(copy);
    return good;
}

/* Does it lie in a folder of such notes? */
static bool is_note(const char *path)
{
    const char *slash;
    while ((slash = strchr(path, '/'))) {
        if (starts(path, meta)) {
            return true;
        }
        path = slash + 1;
    }
    return false;
}

static bool is_whiteout(const char *path)
{
    const char *slash = strrchr(path, '/');
    return starts(slash ? slash + 1 : path, whiteout);
}

static char *path_of(struct archive_entry *member, struct error *e)
{
    const char *name = archive_entry_pathname(member);
    name = name ? name : archive_entry_pathname_utf8(member);
    if (!name || !*name) {
        error_set(e, ERROR_INVALID, 0, "The archive has a member without a name; the import is refused");
        return NULL;
    }
    return member_path(name, e);
}

bool layers_put(struct target *t, struct stream *s, enum layers_as as, struct error *e)
{
    struct archive *tar = stream_tar(s);
    struct archive_entry *member;
    int status;
    while ((status = archive_read_next_header(tar, &member)) == ARCHIVE_OK || status == ARCHIVE_WARN) {
        char *path = path_of(member, e);
        bool layered = as == LAYERS_ONE_OF_MANY;
        bool good = path != NULL;
        if (good && layered && is_whiteout(path)) {
            good = take_away(t, path, e);
        } else if (good && !(layered && is_note(path))) {
            good = target_put(t, path, tar, member, e);
        }
        free(path);
        if (!good) {
            return false;
        }
    }
    return status == ARCHIVE_EOF || stream_failed(s, e);
}

static bool disk_failed(struct archive *disk, struct error *e)
{
    struct text why = {0};
    const char *said = archive_error_string(disk);
    said = said ? said : "unknown";
    text_add_clean(&why, said, strnlen(said, 200));
    error_set(e, error_kind_of_errno(archive_errno(disk)), archive_errno(disk),
              "Cannot read the folder to import: %s", text_of(&why));
    text_done(&why);
    return false;
}

struct folder_copy {
    struct target *target;
    struct archive *disk;
    struct archive_entry_linkresolver *links;
    struct progress *progress;
    size_t prefix; /* of every path: the folder itself */
};

static bool copy_member(struct folder_copy *c, struct archive_entry *member, struct error *e)
{
    struct archive_entry *later = NULL;
    archive_entry_linkify(c->links, &member, &later); /* with tar's rules it never keeps one back */
    const char *hard = archive_entry_hardlink(member);
    if (hard) {
        char *inside = mem_string(hard + (strlen(hard) > c->prefix ? c->prefix + 1 : 0));
        archive_entry_copy_hardlink(member, inside);
        free(inside);
    } else if (archive_entry_filetype(member) == AE_IFREG) {
        progress_add(c->progress, (uint64_t)archive_entry_size(member));
    }
    const char *name = archive_entry_pathname(member);
    char *path = name && strlen(name) >= c->prefix ? member_path(name + c->prefix, e) : NULL;
    bool good = path && target_put(c->target, path, c->disk, member, e);
    free(path);
    return good;
}

static bool copy_members(struct folder_copy *c, struct error *e)
{
    struct archive_entry *member = archive_entry_new();
    int status;
    bool good = true;
    while (good &&
           ((status = archive_read_next_header2(c->disk, member)) == ARCHIVE_OK || status == ARCHIVE_WARN)) {
        good = copy_member(c, member, e);
        archive_read_disk_descend(c->disk);
        archive_entry_clear(member);
    }
    archive_entry_free(member);
    return good && (status == ARCHIVE_EOF || disk_failed(c->disk, e));
}

bool layers_copy_folder(struct target *t, int folder, struct progress *progress, struct error *e)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d/.", folder);
    struct folder_copy c = {.target = t, .progress = progress, .prefix = strlen(path)};
    c.disk = archive_read_disk_new();
    c.links = archive_entry_linkresolver_new();
    archive_entry_linkresolver_set_strategy(c.links, ARCHIVE_FORMAT_TAR_USTAR);
    archive_read_disk_set_symlink_physical(c.disk);
    archive_read_disk_set_behavior(c.disk, ARCHIVE_READDISK_NO_TRAVERSE_MOUNTS | ARCHIVE_READDISK_NO_ACL |
                                               ARCHIVE_READDISK_NO_FFLAGS);
    bool good =
        archive_read_disk_open(c.disk, path) == ARCHIVE_OK ? copy_members(&c, e) : disk_failed(c.disk, e);
    archive_entry_linkresolver_free(c.links);
    archive_read_free(c.disk);
    return good;
}

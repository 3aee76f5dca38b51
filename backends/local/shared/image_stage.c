/* A stage is a folder whose name starts with ".tmp-" and whose descriptor is locked. The lock, not a pid,
 * says that the maker lives: it vanishes with the process, whatever ends it. Between mkdir and flock another
 * process may sweep the new folder, so the maker looks, once it has the lock, whether the folder is still
 * there.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/local/shared/image_record.h"
#include "core/memory.h"
#include "core/text.h"
#include "core/times.h"

static const char stage_prefix[] = ".tmp-";

void image_random_id(char id[IMAGE_ID])
{
    unsigned char bytes[(IMAGE_ID - 1) / 2];
    ssize_t n;
    do {
        n = getrandom(bytes, sizeof(bytes), 0);
    } while (n != (ssize_t)sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        snprintf(id + 2 * i, 3, "%02x", bytes[i]);
    }
}

static bool still_there(int fd, const char *path)
{
    struct stat held, named;
    return fstat(fd, &held) == 0 && lstat(path, &named) == 0 && held.st_ino == named.st_ino &&
           held.st_dev == named.st_dev;
}

static int lock_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && (flock(fd, LOCK_EX | LOCK_NB) < 0 || !still_there(fd, path))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static char *stage_path(const struct paths *p)
{
    char id[IMAGE_ID];
    image_random_id(id);
    struct text path = {0};
    text_addf(&path, "%s/%s%s", p->images, stage_prefix, id);
    return text_take(&path);
}

bool image_stage_open(const struct paths *p, struct image_stage *s, struct error *e)
{
    *s = (struct image_stage){.fd = -1};
    for (int attempt = 0; attempt < 10 && s->fd < 0; attempt++) {
        free(s->path);
        s->path = stage_path(p);
        if (mkdir(s->path, 0700) < 0) {
            break;
        }
        s->fd = lock_folder(s->path);
    }
    struct text rootfs = {0};
    text_addf(&rootfs, "%s/rootfs", s->path);
    s->rootfs = text_take(&rootfs);
    if (s->fd < 0 || mkdir(s->rootfs, 0755) < 0 || chmod(s->rootfs, 0755) < 0) {
        error_errno(e, errno, "Cannot make a folder for a new image in %s", p->images);
        image_stage_drop(s);
        return false;
    }
    return true;
}

static void stage_done(struct image_stage *s)
{
    if (s->fd >= 0) {
        close(s->fd);
    }
    free(s->path);
    free(s->rootfs);
    *s = (struct image_stage){.fd = -1};
}

void image_stage_drop(struct image_stage *s)
{
    if (s->path) {
        paths_remove_tree(s->path, NULL);
    }
    stage_done(s);
}

static void sweep_stage(const struct paths *p, const char *name)
{
    struct text path = {0};
    text_addf(&path, "%s/%s", p->images, name);
    int fd = lock_folder(text_of(&path));
    if (fd >= 0) {
        paths_remove_tree(text_of(&path), NULL);
        close(fd);
    }
    text_done(&path);
}

static void sweep_nameless(const struct paths *p)
{
    int lock = image_store_lock(p, NULL);
    if (lock < 0) {
        return;
    }
    char **ids = image_record_ids(p);
    for (char **id = ids; *id; id++) {
        cJSON *record = image_record_read(p, *id, NULL);
        const cJSON *names = json_at(record, "names");
        if (cJSON_IsArray(names) && cJSON_GetArraySize(names) == 0 && !image_record_used(p, *id, NULL)) {
            image_store_remove(p, *id, NULL);
        }
        cJSON_Delete(record);
    }
    free(ids);
    close(lock);
}

void image_sweep(const struct paths *p)
{
    struct dirent *entry;
    DIR *dir = opendir(p->images);
    while (dir && (entry = readdir(dir))) {
        if (strncmp(entry->d_name, stage_prefix, sizeof(stage_prefix) - 1) == 0) {
            sweep_stage(p, entry->d_name);
        }
    }
    if (dir) {
        closedir(dir);
    }
    sweep_nameless(p);
}

void image_facts_done(struct image_facts *f)
{
    image_config_done(&f->config);
    free(f->os);
    free(f->architecture);
    free(f->digest);
    *f = (struct image_facts){0};
}

static void add_string(cJSON *object, const char *name, const char *value)
{
    if (value) {
        cJSON_AddStringToObject(object, name, value);
    }
}

static cJSON *record_of(const struct image_facts *f, const char *id, const char *name)
{
    cJSON *record = cJSON_CreateObject();
    cJSON *names = cJSON_AddArrayToObject(record, "names");
    cJSON_AddItemToArray(names, cJSON_CreateString(name));
    cJSON_AddStringToObject(record, "id", id);
    add_string(record, "digest", f->digest);
    cJSON_AddNumberToObject(record, "created", (double)(f->created ? f->created : time_now()));
    cJSON_AddNumberToObject(record, "size", (double)f->size);
    add_string(record, "os", f->os);
    add_string(record, "architecture", f->architecture);
    cJSON *config = cJSON_AddObjectToObject(record, "config");
    json_add_strings(config, "entrypoint", (const char *const *)f->config.entrypoint);
    json_add_strings(config, "command", (const char *const *)f->config.command);
    json_add_strings(config, "env", (const char *const *)f->config.env);
    add_string(config, "workdir", f->config.workdir);
    add_string(config, "user", f->config.user);
    return record;
}

/* The digest's first digits, unless an image of another digest has them. True in *same: that very image is
 * there. */
static void choose_id(const struct paths *p, const char *digest, char id[IMAGE_ID], bool *same)
{
    *same = false;
    const char *hex = digest ? strchr(digest, ':') : NULL;
    if (!hex || strlen(hex + 1) < IMAGE_ID - 1) {
        image_random_id(id);
        return;
    }
    snprintf(id, IMAGE_ID, "%s", hex + 1);
    struct text path = {0};
    text_addf(&path, "%s/%s", p->images, id);
    if (access(text_of(&path), F_OK) == 0) {
        cJSON *record = image_record_read(p, id, NULL);
        *same = strcmp(json_string(record, "digest", ""), digest) == 0;
        cJSON_Delete(record);
        if (!*same) {
            image_random_id(id);
        }
    }
    text_done(&path);
}

static bool publish(struct image_stage *s, const struct paths *p, const struct image_facts *f, const char *id,
                    const char *name, struct error *e)
{
    cJSON *record = record_of(f, id, name);
    bool good = image_record_write(s->path, record, e);
    cJSON_Delete(record);
    if (!good) {
        return false;
    }
    struct text target = {0};
    text_addf(&target, "%s/%s", p->images, id);
    if (rename(s->path, text_of(&target)) < 0) {
        error_errno(e, errno, "Cannot move the new image to %s", text_of(&target));
        good = false;
    }
    text_done(&target);
    return good;
}

static void take_from_others(const struct paths *p, const char *name, const char *keeper)
{
    char **ids = image_record_ids(p);
    for (char **id = ids; *id; id++) {
        cJSON *record = strcmp(*id, keeper) == 0 ? NULL : image_record_read(p, *id, NULL);
        if (image_record_has(record, name)) {
            image_record_name(p, *id, name, false, NULL);
        }
        cJSON_Delete(record);
    }
    free(ids);
}

static bool commit_locked(struct image_stage *s, const struct paths *p, const struct image_facts *f,
                          const char *name, struct error *e)
{
    char id[IMAGE_ID];
    bool same;
    choose_id(p, f->digest, id, &same);
    bool good = same ? image_record_name(p, id, name, true, e) : publish(s, p, f, id, name, e);
    if (good) {
        take_from_others(p, name, id);
    }
    if (good && !same) {
        stage_done(s);
    }
    return good;
}

bool image_stage_commit(struct image_stage *s, const struct paths *p, const struct image_facts *f,
                        const char *name, enum image_name_rule rule, struct error *e)
{
    char *clean = image_name_clean(name, e);
    int lock = clean ? image_store_lock(p, e) : -1;
    if (lock < 0) {
        free(clean);
        return false;
    }
    char *taken = rule == IMAGE_NAME_STAYS ? image_record_find(p, clean) : NULL;
    bool good = taken || commit_locked(s, p, f, clean, e);
    close(lock);
    if (good) {
        image_stage_drop(s);
    }
    free(taken);
    free(clean);
    return good;
}

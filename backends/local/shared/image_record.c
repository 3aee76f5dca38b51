#include "backends/local/shared/image_record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "backends/local/shared/state.h"
#include "core/memory.h"
#include "core/text.h"

enum { NAME_LIMIT = 255, IMAGES_LIMIT = 10000 };

static bool name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("._/:@-", c));
}

char *image_name_clean(const char *name, struct error *e)
{
    size_t len = strlen(name);
    size_t good = 0;
    while (good < len && name_byte(name[good])) {
        good++;
    }
    if (len == 0 || len > NAME_LIMIT || good < len || strchr("./:@-", name[0])) {
        struct text shown = {0};
        text_add_clean(&shown, name, len < 80 ? len : 80);
        error_set(e, ERROR_INVALID, 0,
                  "\"%s\" cannot be the name of an image; use letters, digits and . _ / : @ -, a letter or "
                  "digit first",
                  text_of(&shown));
        text_done(&shown);
        return NULL;
    }
    static const char latest[] = ":latest";
    size_t tail = sizeof(latest) - 1;
    if (len > tail && strcmp(name + len - tail, latest) == 0) {
        len -= tail;
    }
    return mem_string_n(name, len);
}

static char *folder_of(const struct paths *p, const char *id)
{
    struct text path = {0};
    text_addf(&path, "%s/%s", p->images, id);
    return text_take(&path);
}

cJSON *image_record_read(const struct paths *p, const char *id, struct error *e)
{
    struct text path = {0};
    text_addf(&path, "%s/%s/image.json", p->images, id);
    cJSON *record = json_read_own_file(text_of(&path), IMAGE_JSON_LIMIT, e);
    text_done(&path);
    return record;
}

static bool write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return false;
        }
        data += n;
        len -= (size_t)n;
    }
    return true;
}

static bool write_file(const char *path, const char *data)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    bool good = write_all(fd, data, strlen(data)) && fsync(fd) == 0;
    int saved = errno;
    close(fd);
    errno = saved;
    return good;
}

bool image_record_write(const char *folder, const cJSON *record, struct error *e)
{
    struct text path = {0};
    struct text fresh = {0};
    text_addf(&path, "%s/image.json", folder);
    text_addf(&fresh, "%s.new", text_of(&path));
    char *json = cJSON_Print(record);
    bool good = json && write_file(text_of(&fresh), json) && rename(text_of(&fresh), text_of(&path)) == 0;
    if (!good) {
        error_errno(e, errno, "Cannot write %s", text_of(&path));
        unlink(text_of(&fresh));
    }
    cJSON_free(json);
    text_done(&path);
    text_done(&fresh);
    return good;
}

bool image_record_has(const cJSON *record, const char *clean_name)
{
    const cJSON *name;
    cJSON_ArrayForEach(name, json_at(record, "names"))
    {
        if (cJSON_IsString(name) && strcmp(name->valuestring, clean_name) == 0) {
            return true;
        }
    }
    return false;
}

char **image_record_ids(const struct paths *p)
{
    const char **ids = NULL;
    size_t count = 0, room = 0;
    struct dirent *entry;
    DIR *dir = opendir(p->images);
    while (dir && count < IMAGES_LIMIT && (entry = readdir(dir))) {
        if (entry->d_name[0] != '.') {
            ids = mem_grow(ids, &room, count + 2, sizeof(*ids));
            ids[count++] = mem_string(entry->d_name);
        }
    }
    if (dir) {
        closedir(dir);
    }
    ids = mem_grow(ids, &room, count + 1, sizeof(*ids));
    ids[count] = NULL;
    char **out = mem_strings(ids);
    for (size_t i = 0; i < count; i++) {
        free((char *)ids[i]);
    }
    free(ids);
    return out;
}

char *image_record_find(const struct paths *p, const char *clean_name)
{
    char *found = NULL;
    char **ids = image_record_ids(p);
    for (char **id = ids; *id && !found; id++) {
        cJSON *record = image_record_read(p, *id, NULL);
        if (image_record_has(record, clean_name)) {
            found = mem_string(*id);
        }
        cJSON_Delete(record);
    }
    free(ids);
    return found;
}

static void take_name(cJSON *names, const char *clean_name)
{
    for (int i = cJSON_GetArraySize(names) - 1; i >= 0; i--) {
        const cJSON *name = cJSON_GetArrayItem(names, i);
        if (!cJSON_IsString(name) || strcmp(name->valuestring, clean_name) == 0) {
            cJSON_DeleteItemFromArray(names, i);
        }
    }
}

bool image_record_name(const struct paths *p, const char *id, const char *clean_name, bool add,
                       struct error *e)
{
    cJSON *record = image_record_read(p, id, e);
    if (!record) {
        return false;
    }
    cJSON *names = cJSON_GetObjectItemCaseSensitive(record, "names");
    if (!cJSON_IsArray(names)) {
        cJSON_DeleteItemFromObjectCaseSensitive(record, "names");
        names = cJSON_AddArrayToObject(record, "names");
    }
    take_name(names, clean_name);
    if (add) {
        cJSON_AddItemToArray(names, cJSON_CreateString(clean_name));
    }
    char *folder = folder_of(p, id);
    bool good = image_record_write(folder, record, e);
    free(folder);
    cJSON_Delete(record);
    return good;
}

static bool state_uses(const struct paths *p, const char *file, const char *id, char **who)
{
    struct text path = {0};
    text_addf(&path, "%s/%s", p->states, file);
    struct state s;
    state_init(&s);
    bool uses = state_read(&s, text_of(&path), NULL) && s.image_id && strcmp(s.image_id, id) == 0;
    if (uses && who) {
        *who = mem_string(s.spec.name ? s.spec.name : s.id);
    }
    state_done(&s);
    text_done(&path);
    return uses;
}

bool image_record_used(const struct paths *p, const char *id, char **who)
{
    bool used = false;
    struct dirent *entry;
    DIR *dir = opendir(p->states);
    while (dir && !used && (entry = readdir(dir))) {
        size_t len = strlen(entry->d_name);
        bool state = len > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + len - 5, ".json") == 0;
        used = state && state_uses(p, entry->d_name, id, who);
    }
    if (dir) {
        closedir(dir);
    }
    return used;
}

int image_store_lock(const struct paths *p, struct error *e)
{
    char *path = folder_of(p, ".lock");
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    int answer = -1;
    if (fd >= 0) {
        do {
            answer = flock(fd, LOCK_EX);
        } while (answer < 0 && errno == EINTR);
    }
    if (answer < 0) {
        error_errno(e, errno, "Cannot lock the image store with %s", path);
        if (fd >= 0) {
            close(fd);
        }
        fd = -1;
    }
    free(path);
    return fd;
}

bool image_store_remove(const struct paths *p, const char *id, struct error *e)
{
    char fresh[IMAGE_ID];
    image_random_id(fresh);
    struct text trash = {0};
    text_addf(&trash, "%s/.tmp-%s", p->images, fresh);
    char *folder = folder_of(p, id);
    bool good = rename(folder, text_of(&trash)) == 0;
    if (good) {
        good = paths_remove_tree(text_of(&trash), e);
    } else {
        error_errno(e, errno, "Cannot remove the image in %s", folder);
    }
    free(folder);
    text_done(&trash);
    return good;
}

char *image_architecture(void)
{
    static const struct {
        const char *machine, *word;
    } words[] = {{"x86_64", "amd64"},  {"i686", "386"},   {"i386", "386"},
                 {"aarch64", "arm64"}, {"armv7l", "arm"}, {"armv6l", "arm"}};
    struct utsname name;
    if (uname(&name) < 0) {
        return mem_string("unknown");
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (strcmp(words[i].machine, name.machine) == 0) {
            return mem_string(words[i].word);
        }
    }
    return mem_string(name.machine);
}

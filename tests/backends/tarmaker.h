/* Archives for tests, hostile ones too: members as a table, written with libarchive. */
#ifndef TESTS_BACKENDS_TARMAKER_H
#define TESTS_BACKENDS_TARMAKER_H

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/local/shared/image_record.h"
#include "backends/local/unpack/import.h"
#include "core/memory.h"
#include "core/text.h"

struct item {
    mode_t type; /* AE_IF...; 0: a hard link */
    const char *name;
    const char *data; /* content of a file, target of a link */
    mode_t mode;      /* 0: 0644, 0755 for folders */
    size_t len;       /* of data; 0: strlen */
    int64_t owner;
};

#define ITEMS(array) (array), sizeof(array) / sizeof(*(array))

static inline void put_item(struct archive *a, const struct item *i)
{
    struct archive_entry *e = archive_entry_new();
    size_t len = i->type == AE_IFREG && i->data ? (i->len ? i->len : strlen(i->data)) : 0;
    archive_entry_set_pathname(e, i->name);
    archive_entry_set_filetype(e, i->type ? i->type : AE_IFREG);
    archive_entry_set_perm(e, i->mode ? i->mode : i->type == AE_IFDIR ? 0755 : 0644);
    archive_entry_set_size(e, (int64_t)len);
    archive_entry_set_mtime(e, 1000000000, 0);
    archive_entry_set_uid(e, i->owner);
    archive_entry_set_gid(e, i->owner);
    if (!i->type) {
        archive_entry_set_hardlink(e, i->data);
    } else if (i->type == AE_IFLNK) {
        archive_entry_set_symlink(e, i->data);
    } else if (i->type == AE_IFCHR || i->type == AE_IFBLK) {
        archive_entry_set_rdevmajor(e, 1);
        archive_entry_set_rdevminor(e, 3);
    }
    assert_true(archive_write_header(a, e) >= ARCHIVE_WARN);
    if (len > 0) {
        assert_int_equal(archive_write_data(a, i->data, len), len);
    }
    archive_entry_free(e);
}

/* filter: ARCHIVE_FILTER_NONE, _GZIP, _ZSTD ... */
static inline void make_tar(const char *path, int filter, const struct item *items, size_t count)
{
    struct archive *a = archive_write_new();
    archive_write_add_filter(a, filter);
    archive_write_set_format_pax_restricted(a);
    archive_write_set_bytes_in_last_block(a, 1);
    assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
    for (size_t i = 0; i < count; i++) {
        put_item(a, &items[i]);
    }
    assert_int_equal(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
}

/* A place of its own for each test: DIR/state is the store, DIR/canary must never change. */
struct place {
    char dir[64];
    struct paths *paths;
    struct progress progress;
    struct error e;
    char room[64][256]; /* of in() and rootfs_file(): good until the 64th next one */
    int used;
};

static inline const char *in(struct place *p, const char *name)
{
    char *out = p->room[p->used++ % 64];
    snprintf(out, sizeof(p->room[0]), "%s/%s", p->dir, name);
    return out;
}

static inline void put_file(const char *path, const void *data, size_t len)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    fclose(f);
}

static inline char *get_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    *len = (size_t)ftell(f);
    rewind(f);
    char *data = mem_new(*len + 1, 1);
    assert_int_equal(fread(data, 1, *len, f), *len);
    fclose(f);
    return data;
}

static inline int place_begin(void **state)
{
    struct place *p = mem_new(1, sizeof(*p));
    strcpy(p->dir, "/tmp/porthole-test-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    setenv("PORTHOLE_STATE", in(p, "state"), 1);
    p->paths = paths_new(&p->e);
    assert_non_null(p->paths);
    assert_int_equal(mkdir(in(p, "canary"), 0755), 0);
    put_file(in(p, "canary/bird"), "alive", 5);
    p->progress = (struct progress){.out = -1, .signals = -1};
    *state = p;
    return 0;
}

static inline int place_end(void **state)
{
    struct place *p = *state;
    paths_free(p->paths);
    paths_remove_tree(p->dir, NULL);
    free(p);
    return 0;
}

static inline int count_entries(const char *folder)
{
    struct text command = {0};
    text_addf(&command, "ls -A '%s' | wc -l", folder);
    FILE *f = popen(text_of(&command), "r");
    int count = -1;
    assert_int_equal(fscanf(f, "%d", &count), 1);
    pclose(f);
    text_done(&command);
    return count;
}

static inline void assert_canary_alive(struct place *p)
{
    size_t len;
    struct stat st;
    char *bird = get_file(in(p, "canary/bird"), &len);
    assert_string_equal(bird, "alive");
    free(bird);
    assert_int_equal(stat(in(p, "canary/bird"), &st), 0);
    assert_int_equal(st.st_nlink, 1);
    assert_int_equal(st.st_mode & 07777, 0644);
    assert_int_equal(count_entries(in(p, "canary")), 1);
}

/* The store holds this many images, and no stage. */
static inline void assert_images(struct place *p, int count)
{
    char **ids = image_record_ids(p->paths);
    int found = 0;
    while (ids[found]) {
        found++;
    }
    free(ids);
    assert_int_equal(found, count);
    assert_in_range(count_entries(in(p, "state/images")), count, count + 1); /* .lock */
}

static inline bool try_import(struct place *p, const char *name, const char *path)
{
    p->e = (struct error){0};
    p->progress.consumed = 0;
    return import_image(p->paths, name, path, &limits_usual, &p->progress, &p->e);
}

static inline void must_import(struct place *p, const char *name, const char *path)
{
    if (!try_import(p, name, path)) {
        fail_msg("%s", p->e.text);
    }
}

static inline void must_refuse(struct place *p, const char *path, const char *sentence_has)
{
    if (try_import(p, "bad", path)) {
        fail_msg("%s was taken, it should have been refused with \"%s\"", path, sentence_has);
    }
    if (!strstr(p->e.text, sentence_has)) {
        fail_msg("\"%s\" lacks \"%s\"", p->e.text, sentence_has);
    }
    assert_images(p, 0);
    assert_canary_alive(p);
}

/* The path of an image's file. */
static inline const char *rootfs_file(struct place *p, const char *image, const char *file)
{
    struct image_config c;
    char *out = p->room[p->used++ % 64];
    assert_true(images_find(p->paths, image, &c, &p->e));
    snprintf(out, sizeof(p->room[0]), "%s/%s", c.rootfs, file);
    image_config_done(&c);
    return out;
}

static inline void assert_content(struct place *p, const char *image, const char *file, const char *content)
{
    size_t len;
    char *data = get_file(rootfs_file(p, image, file), &len);
    assert_string_equal(data, content);
    free(data);
}

static inline bool is_there(struct place *p, const char *image, const char *file)
{
    struct stat st;
    return lstat(rootfs_file(p, image, file), &st) == 0;
}

#endif

/* backends/local/unpack/target_inside.h - what the parts of target share. */
#ifndef BACKENDS_LOCAL_UNPACK_TARGET_INSIDE_H
#define BACKENDS_LOCAL_UNPACK_TARGET_INSIDE_H

#include <time.h>

#include "backends/local/unpack/node.h"
#include "backends/local/unpack/seen.h"
#include "backends/local/unpack/target.h"

struct folder_time {
    char *path;
    struct timespec mtime;
};

struct target {
    int root, trash;
    char *trash_path;
    size_t root_path_len;
    unsigned long trashed;
    struct node_owner who;
    const struct limits *limits;
    struct progress *progress;
    uint64_t entries, bytes;
    struct seen seen;
    char *parent_path; /* NULL: parent is not open */
    int parent;
    struct folder_time *times;
    size_t time_count, time_room;
};

/* Closes the parent that is kept open. */
void target_forget_parent(struct target *t);

/* A folder below the root, "" the root itself; -1 and errno. */
int target_open_folder(const struct target *t, const char *path);

/* Takes away whatever is there; nothing there is fine. False and errno. */
bool target_replace(struct target *t, int parent, const char *base);

/* The sentence for errno; returns false. */
bool target_failed(const char *doing, const char *path, struct error *e);

#endif

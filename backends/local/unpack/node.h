/* backends/local/unpack/node.h - one file system object, made in a folder that is open already. */
#ifndef BACKENDS_LOCAL_UNPACK_NODE_H
#define BACKENDS_LOCAL_UNPACK_NODE_H

#include <stdbool.h>
#include <sys/types.h>

struct archive_entry;

struct node_owner {
    bool root; /* may give files away; otherwise all is ours, and folders stay open to us */
};

/* Owner, mode, attributes and times of a member onto an open file or folder. False and errno. */
bool node_dress(int fd, struct archive_entry *member, const struct node_owner *who);

/* The same, as far as it goes, for something that cannot be opened: a link or a FIFO. */
bool node_dress_at(int parent, const char *base, struct archive_entry *member, const struct node_owner *who);

/* A new regular file for writing, or an opened (made if missing) folder; -1 and errno. */
int node_file(int parent, const char *base);
int node_folder(int parent, const char *base);

#endif

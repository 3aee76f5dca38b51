/* backends/local/unpack/blob_inside.h - how source.c makes blobs. */
#ifndef BACKENDS_LOCAL_UNPACK_BLOB_INSIDE_H
#define BACKENDS_LOCAL_UNPACK_BLOB_INSIDE_H

#include "backends/local/unpack/source.h"

/* The bytes of a file from its beginning; `owned`: closes fd. */
struct blob *blob_of_file(const char *name, int fd, uint64_t size, bool owned);

/* A member of the uncompressed tar fd, whose header is at `position`. fd stays the caller's. */
struct blob *blob_of_member(const char *name, int fd, int64_t position, uint64_t size, struct error *e);

#endif

/* backends/hcs/store.h - the images whose layers are on this host, read from the files of who pulled them:
 * docker and containerd. Neither needs to run.
 *
 * Formats: docker's image store (moby, image/fs.go, layer/filestore.go, reference/store.go); containerd's
 * metadata (core/metadata/buckets.go, core/snapshots/storage/bolt.go); OCI's image-spec.
 *
 * Everything is foreign: a file that is missing, too long or broken costs the images that need it, nothing
 * else. Taken are JSON files of at most 8 MiB, containerd's two databases of at most 256 MiB each (copies of
 * both are in memory while they are read), 4096 names, 128 layers of an image.
 */
#ifndef BACKENDS_HCS_STORE_H
#define BACKENDS_HCS_STORE_H

#include <cjson/cJSON.h>

#include "core/error.h"

/* The document of HCS_IMAGES, with one thing left out: [{Name, Id, Build, Size, Layers: [{Path}], ...}],
 * topmost layer first. A layer's Id is what Windows' NameToGuid makes of the last part of Path, and only
 * Windows knows how: who provides the service adds it.
 *
 * - Name: as store_name() gives it; by a digest only where it has no tag. A name that stands for two images
 *   comes twice, docker's first, then that of containerd's namespace "default".
 * - Id: "sha256:<64 hexadecimal digits>", the digest of its configuration
 * - Build: of the Windows in it; 0 unknown
 * - Size: of its layers on the disk, in bytes; 0 unknown
 * - Entrypoint, Command, Env, WorkingDir, User as far as it has them: see defaults.h
 *
 * The roots are folders, in UTF-8: %ProgramData%\docker (its config\daemon.json may name another with
 * data-root, which counts then) and %ProgramData%\containerd\root. NULL, and a folder that does not exist,
 * have no images.
 *
 * Blocks while it reads: for a worker's thread. The caller frees. NULL and why (never NULL) only when there
 * is no image and something that is there could not be read: ERROR_DENIED without the rights, ERROR_INVALID
 * when it is broken. */
char *store_images(const char *docker_root, const char *containerd_root, struct error *why);

/* A reference as people say it: "docker.io/library/app:latest" is "app". The caller frees. */
char *store_name(const char *reference);

/* The first image of such a document (parsed) that is meant: by name, else by Id or at least 12 digits of it.
 * NULL: none. */
const cJSON *store_find(const cJSON *images, const char *word);

#endif

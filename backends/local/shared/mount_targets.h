/* backends/local/shared/mount_targets.h - the places below a container's root where its OCI runtime mounts or
 * makes something.
 *
 * An image may have made any of them a link. Runtimes look for most of their targets with care, but make the
 * links and the ptmx of /dev by their path on the host: with a link in the place of /dev they remove and
 * make files there (CVE-2026-41579 of runc). So each place is made, or found, before the runtime sees the
 * root, and the runtime is told paths without links.
 */
#ifndef BACKENDS_LOCAL_SHARED_MOUNT_TARGETS_H
#define BACKENDS_LOCAL_SHARED_MOUNT_TARGETS_H

#include "backends/json.h"
#include "core/error.h"

/* Of the mounts, devices and process of `config` (an OCI config.json) below the folder `rootfs`, in which
 * nothing may be running:
 *
 * - /dev, /proc, /sys, /etc and the files that name the container become real, whatever was there;
 * - other targets are found as the container would find them, below the root, made where they are missing,
 *   and their destinations replaced by what was found;
 * - the folder to start in is made there likewise;
 * - what lies in a mount listed before is left to the runtime, which makes it in that file system.
 *
 * False and e, with a sentence that names the target. */
bool mount_targets_prepare(const char *rootfs, cJSON *config, struct error *e);

#endif

#include "backends/local/shared/guest_kernel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/local/shared/cpio.h"
#include "core/memory.h"

enum { BUILTIN_LIMIT = 1024 * 1024 };

/* What the agent loads, folder by folder (guest/boot.c), each after those that it needs. A kernel may have
 * some of them built in. */
static const struct {
    const char *folder, *module;
} modules[] = {
    {"boot", "drivers/virtio/virtio_ring"},
    {"boot", "drivers/virtio/virtio"},
    {"boot", "drivers/virtio/virtio_pci_modern_dev"},
    {"boot", "drivers/virtio/virtio_pci_legacy_dev"},
    {"boot", "drivers/virtio/virtio_pci"},
    {"boot", "drivers/char/virtio_console"},
    {"boot", "fs/squashfs/squashfs"},
    {"boot", "fs/overlayfs/overlay"},
    {"disk", "drivers/block/virtio_blk"},
    {"net", "net/core/failover"},
    {"net", "drivers/net/net_failover"},
    {"net", "drivers/net/virtio_net"},
    {"share", "fs/fuse/fuse"},
    {"share", "fs/fuse/virtiofs"},
};
static const char *const folders[] = {"dev",          "proc",        "sys",
                                      "cgroup",       "modules",     "modules/boot",
                                      "modules/disk", "modules/net", "modules/share"};

void guest_fingerprint(struct text *t, const char *path)
{
    struct stat st = {0};
    if (stat(path, &st) < 0) {
        st.st_size = 0;
    }
    text_addf(t, "%s %" PRId64 " %" PRId64 ".%ld\n", path, (int64_t)st.st_size, (int64_t)st.st_mtim.tv_sec,
              st.st_mtim.tv_nsec);
}

/* FNV-1a: names need no secrecy, only to differ. */
void guest_key(const char *text, char out[17])
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *text; text++) {
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    }
    snprintf(out, 17, "%016" PRIx64, hash);
}

/* Finding one. */

void guest_kernel_done(struct guest_kernel *k)
{
    free(k->version);
    free(k->image);
    free(k->modules);
    *k = (struct guest_kernel){0};
}

static bool is_better(const char *version, const char *than)
{
    if (!than) {
        return true;
    }
    bool cloud = strstr(version, "cloud") != NULL, than_cloud = strstr(than, "cloud") != NULL;
    return cloud != than_cloud ? cloud : text_compare(version, than) > 0;
}

static char *join3(const char *a, const char *b, const char *c)
{
    struct text t = {0};
    text_addf(&t, "%s%s%s", a, b, c);
    return text_take(&t);
}

static void look_in(const char *root, struct guest_kernel *best)
{
    static const char prefix[] = "vmlinuz-";
    char *boot = join3(root, "/boot", "");
    DIR *dir = opendir(boot);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        const char *version = entry->d_name + strlen(prefix);
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 || !is_better(version, best->version)) {
            continue;
        }
        struct guest_kernel k = {.version = mem_string(version),
                                 .image = join3(boot, "/", entry->d_name),
                                 .modules = join3(root, "/lib/modules/", version)};
        if (access(k.image, R_OK) == 0 && access(k.modules, F_OK) == 0) {
            guest_kernel_done(best);
            *best = k;
        } else {
            guest_kernel_done(&k);
        }
    }
    if (dir) {
        closedir(dir);
    }
    free(boot);
}

bool guest_kernel_find(const struct paths *p, struct guest_kernel *out, struct error *e)
{
    char *own = join3(p->data, "/kernel", "");
    const char *const roots[] = {own, "/usr/local/lib/porthole/kernel", "/usr/lib/porthole/kernel", ""};
    *out = (struct guest_kernel){0};
    for (size_t i = 0; i < sizeof roots / sizeof *roots && !out->version; i++) {
        look_in(roots[i], out);
    }
    free(own);
    if (!out->version) {
        error_set(e, ERROR_UNSUPPORTED, 0,
                  "there is no kernel for VMs: unpack the package linux-image-cloud-amd64 into "
                  "/usr/local/lib/porthole/kernel (dpkg -x), or install it");
    }
    return out->version != NULL;
}

/* The initramfs. */

static bool is_built_in(const struct guest_kernel *k, const char *module)
{
    char *path = join3(k->modules, "/modules.builtin", ""), *line = join3("kernel/", module, ".ko\n");
    char *text = mem_new(BUILTIN_LIMIT, 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, BUILTIN_LIMIT - 1) : 0;
    bool found = n > 0 && strstr(text, line) != NULL;
    if (fd >= 0) {
        close(fd);
    }
    free(text);
    free(line);
    free(path);
    return found;
}

static bool add_module(struct cpio *c, const struct guest_kernel *k, size_t i, struct error *e)
{
    struct text from = {0}, to = {0};
    text_addf(&from, "%s/kernel/%s.ko", k->modules, modules[i].module);
    text_addf(&to, "modules/%s/%02zu.ko", modules[i].folder, i);
    bool ok = cpio_file(c, text_of(&to), 0600, text_of(&from)) || is_built_in(k, modules[i].module);
    if (!ok) {
        error_set(e, ERROR_UNSUPPORTED, 0,
                  "the kernel %s cannot be used for VMs: it has no module %s that can be read; install "
                  "linux-image-cloud-amd64",
                  k->version, modules[i].module);
    }
    text_done(&from);
    text_done(&to);
    return ok;
}

static bool fill(struct cpio *c, const struct guest_kernel *k, const char *agent, struct error *e)
{
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        cpio_folder(c, folders[i]);
    }
    cpio_device(c, "dev/console", 5, 1);
    cpio_device(c, "dev/null", 1, 3);
    if (!cpio_file(c, "init", 0700, agent)) {
        error_errno(e, errno, "cannot read the guest agent %s", agent);
        return false;
    }
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        if (!add_module(c, k, i, e)) {
            return false;
        }
    }
    cpio_end(c);
    return true;
}

/* Readable for the user that QEMU runs as: nothing in it is secret. */
static bool write_whole(const char *path, const struct text *bytes, struct error *e)
{
    struct text fresh = {0};
    text_addf(&fresh, "%s.%ld", path, (long)getpid());
    int fd = open(text_of(&fresh), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool ok = fd >= 0 && fchmod(fd, 0644) == 0 && write(fd, bytes->data, bytes->len) == (ssize_t)bytes->len;
    int why = errno;
    if (fd >= 0 && close(fd) < 0 && ok) {
        ok = false;
        why = errno;
    }
    if (!ok || rename(text_of(&fresh), path) < 0) {
        error_errno(e, ok ? errno : why, "cannot write the guest's root file system %s", path);
        unlink(text_of(&fresh));
        ok = false;
    }
    text_done(&fresh);
    return ok;
}

char *guest_initramfs(const struct paths *p, const struct guest_kernel *k, const char *agent, struct error *e)
{
    struct text about = {0}, path = {0};
    char key[17];
    guest_fingerprint(&about, agent);
    guest_fingerprint(&about, k->image);
    text_add(&about, k->modules);
    guest_key(text_of(&about), key);
    text_addf(&path, "%s/guest", p->data);
    mkdir(text_of(&path), 0700);
    text_addf(&path, "/%s.cpio", key);
    if (access(text_of(&path), R_OK) < 0) {
        struct cpio c = {0};
        if (!fill(&c, k, agent, e) || !write_whole(text_of(&path), &c.bytes, e)) {
            text_done(&path);
        }
        cpio_done(&c);
    }
    text_done(&about);
    return path.len > 0 ? text_take(&path) : NULL;
}

/* The image "busybox" is made of the machine itself, so that a first launch needs no download: its static
 * busybox in /bin, a link there for each applet that it lists, and the few files that programs expect. /sbin,
 * /usr/bin and /usr/sbin lead to /bin.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/local/shared/image_record.h"
#include "core/memory.h"
#include "core/text.h"

enum { APPLETS_LIMIT = 64 * 1024, HEADERS_LIMIT = 64, COPY = 64 * 1024 };

struct made_file {
    const char *path, *content;
    mode_t mode;
};

static const struct made_file files[] = {
    {"etc/passwd",
     "root:x:0:0:root:/root:/bin/sh\n"
     "user:x:1000:1000:user:/home/user:/bin/sh\n"
     "nobody:x:65534:65534:nobody:/:/bin/false\n",
     0644},
    {"etc/group", "root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n", 0644},
    {"etc/hostname", "", 0644},
    {"etc/hosts", "", 0644},
    {"etc/resolv.conf", "", 0644},
};

static const struct made_file folders[] = {
    {"bin", NULL, 0755},       {"dev", NULL, 0755},  {"etc", NULL, 0755},  {"home", NULL, 0755},
    {"home/user", NULL, 0755}, {"proc", NULL, 0755}, {"root", NULL, 0700}, {"run", NULL, 0755},
    {"sys", NULL, 0755},       {"tmp", NULL, 01777}, {"usr", NULL, 0755},  {"var", NULL, 0755},
    {"var/tmp", NULL, 01777},
};

static const struct made_file links[] = {
    {"sbin", "bin", 0}, {"usr/bin", "../bin", 0}, {"usr/sbin", "../bin", 0}, {"var/run", "../run", 0}};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* An executable for this machine that asks for no dynamic loader. */
static bool is_static(int fd)
{
    ElfW(Ehdr) head;
    if (pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
        memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_phnum > HEADERS_LIMIT ||
        head.e_phentsize != sizeof(ElfW(Phdr))) {
        return false;
    }
    for (unsigned i = 0; i < head.e_phnum; i++) {
        ElfW(Phdr) part;
        off_t at = (off_t)(head.e_phoff + i * sizeof(part));
        if (pread(fd, &part, sizeof(part), at) != (ssize_t)sizeof(part) || part.p_type == PT_INTERP) {
            return false;
        }
    }
    return head.e_phnum > 0;
}

static int open_busybox(const char *const *places, const char **place, struct error *e)
{
    const char *dynamic = NULL;
    for (; *places; places++) {
        int fd = open(*places, O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && is_static(fd)) {
            *place = *places;
            return fd;
        }
        if (fd >= 0) {
            dynamic = *places;
            close(fd);
        }
    }
    if (dynamic) {
        return error_set(
            e, ERROR_UNSUPPORTED, 0,
            "The image busybox needs a static busybox, and %s is linked dynamically; install the package "
            "busybox-static",
            dynamic);
    }
    return error_set(
        e, ERROR_UNSUPPORTED, 0,
        "The image busybox is made from this machine's busybox, and there is none; install the package "
        "busybox-static");
}

static bool copy(int from, int to)
{
    char *buffer = mem_new(COPY, 1);
    ssize_t n = 0;
    for (off_t at = 0; (n = pread(from, buffer, COPY, at)) > 0; at += n) {
        if (pwrite(to, buffer, (size_t)n, at) != n) {
            n = -1;
            break;
        }
    }
    free(buffer);
    return n == 0;
}

static bool make_file(int root, const struct made_file *f, int content)
{
    int fd = openat(root, f->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    bool good = content >= 0 ? copy(content, fd)
                             : write(fd, f->content, strlen(f->content)) == (ssize_t)strlen(f->content);
    good = good && fchmod(fd, f->mode) == 0;
    return close(fd) == 0 && good;
}

static bool make_tree(int root, int busybox)
{
    bool good = true;
    for (size_t i = 0; good && i < COUNT(folders); i++) {
        good = mkdirat(root, folders[i].path, 0700) == 0 &&
               fchmodat(root, folders[i].path, folders[i].mode, 0) == 0;
    }
    for (size_t i = 0; good && i < COUNT(files); i++) {
        good = make_file(root, &files[i], -1);
    }
    for (size_t i = 0; good && i < COUNT(links); i++) {
        good = symlinkat(links[i].content, root, links[i].path) == 0;
    }
    if (good && geteuid() == 0) {
        good = fchownat(root, "home/user", 1000, 1000, 0) == 0;
    }
    return good && make_file(root, &(struct made_file){"bin/busybox", NULL, 0755}, busybox);
}

static size_t read_pipe(int fd, char *out, size_t room)
{
    size_t len = 0;
    ssize_t n;
    while (len < room && ((n = read(fd, out + len, room - len)) > 0 || (n < 0 && errno == EINTR))) {
        len += n > 0 ? (size_t)n : 0;
    }
    return len;
}

/* What `busybox --list` prints; the caller frees; NULL when it cannot be run. */
static char *list_applets(const char *busybox)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return NULL;
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    char *argv[] = {"busybox", "--list", NULL};
    char *env[] = {NULL};
    pid_t pid;
    int failed = posix_spawn(&pid, busybox, &actions, NULL, argv, env);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    char *out = NULL;
    if (!failed) {
        out = mem_new(APPLETS_LIMIT + 1, 1);
        read_pipe(ends[0], out, APPLETS_LIMIT);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    close(ends[0]);
    return out;
}

static bool applet_name(const char *name)
{
    return *name && *name != '.' && !strchr(name, '/') && strlen(name) < 64 && strcmp(name, "busybox") != 0;
}

static bool make_applets(int root, const char *busybox, struct error *e)
{
    char *names = list_applets(busybox);
    int bin = openat(root, "bin", O_PATH | O_DIRECTORY | O_CLOEXEC);
    size_t made = 0;
    char *rest = NULL;
    for (char *name = names ? strtok_r(names, "\n", &rest) : NULL; name && bin >= 0;
         name = strtok_r(NULL, "\n", &rest)) {
        made += applet_name(name) && symlinkat("busybox", bin, name) == 0;
    }
    free(names);
    if (bin >= 0) {
        close(bin);
    }
    if (made == 0) {
        error_set(e, ERROR_OTHER, 0, "%s --list named no applets; reinstall the package busybox-static",
                  busybox);
    }
    return made > 0;
}

static bool fill(const struct image_stage *s, int busybox, const char *place, struct error *e)
{
    int root = open(s->rootfs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = root >= 0 && make_tree(root, busybox);
    if (!good) {
        error_errno(e, errno, "Cannot fill the image busybox in %s", s->rootfs);
    } else {
        good = make_applets(root, place, e);
    }
    if (root >= 0) {
        close(root);
    }
    return good;
}

static bool commit(struct image_stage *s, const struct paths *p, int busybox, struct error *e)
{
    static const char *const env[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                      NULL};
    static const char *const command[] = {"sh", NULL};
    struct stat st = {0};
    fstat(busybox, &st);
    struct image_facts facts = {.os = mem_string("linux"), .architecture = image_architecture()};
    facts.config.env = mem_strings(env);
    facts.config.command = mem_strings(command);
    facts.size = (uint64_t)st.st_size;
    bool good = image_stage_commit(s, p, &facts, "busybox", IMAGE_NAME_STAYS, e);
    image_facts_done(&facts);
    return good;
}

bool image_busybox_from(const struct paths *p, const char *const *places, struct error *e)
{
    const char *place = NULL;
    int busybox = open_busybox(places, &place, e);
    if (busybox < 0) {
        return false;
    }
    struct image_stage stage;
    bool good = image_stage_open(p, &stage, e);
    if (good) {
        good = fill(&stage, busybox, place, e) && commit(&stage, p, busybox, e);
        image_stage_drop(&stage);
    }
    close(busybox);
    return good;
}

static const char *const places[] = {"/bin/busybox",
                                     "/usr/bin/busybox",
                                     "/sbin/busybox",
                                     "/usr/sbin/busybox",
                                     "/bin/busybox.static",
                                     "/usr/bin/busybox-static",
                                     "/usr/lib/busybox/busybox-static",
                                     NULL};

bool images_can_make_busybox(void)
{
    const char *place;
    int fd = open_busybox(places, &place, NULL);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

bool images_make_busybox(const struct paths *p, struct error *e)
{
    char *there = image_record_find(p, "busybox");
    bool good = there || image_busybox_from(p, places, e);
    free(there);
    return good;
}

/* Names are unique: while one is looked for and taken, the folder of states is locked. Whether a name is
 * taken is asked of every state file; only those that contain it at all are understood.
 */
#include "backends/local/create.h"

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

#include "backends/local/shared/command.h"
#include "backends/local/shared/images.h"
#include "backends/local/shared/vm_host.h"
#include "core/memory.h"
#include "core/port.h"
#include "core/program.h"
#include "core/text.h"
#include "core/times.h"

enum { TRIES = 50, GLANCE = 64 * 1024 };

/* Names. */

void create_make_name(uint32_t number, char out[32])
{
    static const char *const first[] = {"able",   "amber",  "bold",   "brave",  "bright", "brisk", "calm",
                                        "clear",  "clever", "coral",  "deep",   "eager",  "early", "fair",
                                        "fleet",  "gentle", "glad",   "golden", "hardy",  "keen",  "kind",
                                        "lively", "merry",  "mild",   "nimble", "noble",  "proud", "quick",
                                        "quiet",  "silver", "steady", "swift"};
    static const char *const second[] = {
        "albatross", "anchor",  "beacon", "buoy",   "cormorant", "crab",  "current", "cutter",
        "dolphin",   "ferry",   "galley", "gull",   "harbour",   "heron", "island",  "kelp",
        "lagoon",    "lantern", "mast",   "osprey", "otter",     "pearl", "petrel",  "pilot",
        "puffin",    "reef",    "sail",   "seal",   "sloop",     "tern",  "tide",    "whale"};
    enum { FIRST = sizeof first / sizeof *first, SECOND = sizeof second / sizeof *second };
    snprintf(out, 32, "%s-%s", first[number % FIRST], second[number / FIRST % SECOND]);
}

static bool mentions(int folder, const char *file, const char *quoted)
{
    char *text = mem_new(GLANCE, 1);
    int fd = openat(folder, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = fd >= 0 ? read(fd, text, GLANCE) : 0;
    if (fd >= 0) {
        close(fd);
    }
    bool found = n == GLANCE || (n > 0 && memmem(text, (size_t)n, quoted, strlen(quoted)));
    free(text);
    return found;
}

static bool has_name(const struct paths *p, const char *file, const char *name, char id[STATE_ID])
{
    struct text path = {0};
    struct state s;
    struct error unread;
    state_init(&s);
    text_addf(&path, "%s/%s", p->states, file);
    bool same = state_read(&s, text_of(&path), &unread) && strcmp(s.spec.name, name) == 0;
    if (same) {
        memcpy(id, s.id, STATE_ID);
    }
    state_done(&s);
    text_done(&path);
    return same;
}

/* `states` is the folder of states, opened. */
static bool is_taken(const struct paths *p, int states, const char *name, char id[STATE_ID])
{
    char quoted[80];
    snprintf(quoted, sizeof quoted, "\"%s\"", name);
    int again = openat(states, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = again >= 0 ? fdopendir(again) : NULL;
    struct dirent *file;
    bool taken = false;
    while (list && !taken && (file = readdir(list))) {
        size_t len = strlen(file->d_name);
        taken = len > 5 && strcmp(file->d_name + len - 5, ".json") == 0 &&
                mentions(states, file->d_name, quoted) && has_name(p, file->d_name, name, id);
    }
    if (list) {
        closedir(list);
    }
    return taken;
}

bool create_name_free(const struct paths *p, int lock, const char *name, struct error *e)
{
    char other[STATE_ID];
    if (!is_taken(p, lock, name, other)) {
        return true;
    }
    error_set(e, ERROR_CONFLICT, 0,
              "the name %s is taken by container %s: remove that one, or choose another name", name, other);
    return false;
}

static bool take_name(const struct paths *p, int states, struct state *s, struct error *e)
{
    char other[STATE_ID], name[32];
    if (s->spec.name) {
        return create_name_free(p, states, s->spec.name, e);
    }
    for (int i = 0; i < TRIES; i++) {
        uint32_t number = 0;
        if (getrandom(&number, sizeof number, 0) != sizeof number) {
            continue;
        }
        create_make_name(number, name);
        if (!is_taken(p, states, name, other)) {
            s->spec.name = mem_string(name);
            return true;
        }
    }
    s->spec.name = mem_string(s->id); /* an id is free by its nature */
    return true;
}

/* What is asked for. */

static bool refuse(struct error *e, enum error_kind kind, const char *words)
{
    error_set(e, kind, 0, "%s", words);
    return false;
}

static bool device_ok(const struct paths *p, const struct crossing *c, bool vm, struct error *e)
{
    struct stat st;
    if (vm) {
        return refuse(
            e, ERROR_UNSUPPORTED,
            "a VM of the local engine cannot be given a device of the host: use --isolation process");
    }
    if (stat(c->outside, &st) < 0) {
        error_errno(e, errno, "cannot give the device %.200s to the container", c->outside);
        return false;
    }
    if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode)) {
        error_set(e, ERROR_INVALID, 0, "%.200s is no device of this host: name one, as /dev/fuse",
                  c->outside);
        return false;
    }
    if (c->read_only && p->rootless) {
        return refuse(e, ERROR_UNSUPPORTED,
                      "a device for reading only needs a cgroup: run porthole as root, or leave out :r");
    }
    return true;
}

static bool crossing_ok(const struct paths *p, const struct crossing *c, bool vm, struct error *e)
{
    if (c->kind == CROSSING_FOLDER && (c->outside[0] != '/' || c->inside[0] != '/')) {
        return refuse(
            e, ERROR_INVALID,
            "the local engine keeps no volumes, and knows paths of Linux only: name both folders as in "
            "-v /data:/data");
    }
    if (c->kind == CROSSING_FOLDER && access(c->outside, F_OK) < 0) {
        error_errno(e, errno, "cannot map the folder %s into the container", c->outside);
        return false;
    }
    if (c->kind == CROSSING_PIPE) {
        return refuse(e, ERROR_UNSUPPORTED, "the local engine cannot map pipes: map a folder with -v");
    }
    return c->kind != CROSSING_DEVICE || device_ok(p, c, vm, e);
}

/* A network of its own needs help, and a namespace that only root can keep. */
static bool nat_ok(const struct paths *p, struct error *e)
{
    char *pasta = program_find("pasta");
    free(pasta);
    if (!pasta) {
        return refuse(e, ERROR_UNSUPPORTED,
                      "the network nat, and ports, need the program pasta: install the package passt, or use "
                      "--network host");
    }
    if (p->rootless) {
        return refuse(e, ERROR_UNSUPPORTED,
                      "the network nat, and ports, need root: run porthole as root, or use --network host");
    }
    return true;
}

static bool network_ok(const struct paths *p, const struct launch_spec *spec, struct error *e)
{
    bool ports = port_any(spec->crossings, spec->n_crossings);
    switch (launch_network(spec)) {
    case LAUNCH_NETWORK_NAT:
        return nat_ok(p, e);
    case LAUNCH_NETWORK_NONE:
        return !ports ||
               refuse(e, ERROR_INVALID, "ports cannot be published from the network none: use --network nat");
    case LAUNCH_NETWORK_HOST:
        return !ports ||
               refuse(e, ERROR_INVALID, "with --network host each port is the host's already: leave out -p");
    case LAUNCH_NETWORK_OTHER:
        break;
    }
    error_set(e, ERROR_UNSUPPORTED, 0, "the local engine has no network %.64s: it knows none, nat and host",
              spec->network);
    return false;
}

static bool folders_ok(const struct paths *p, const struct launch_spec *spec, const struct vm_host *host,
                       struct error *e)
{
    size_t folders = 0;
    for (size_t i = 0; i < spec->n_crossings; i++) {
        struct stat st;
        const struct crossing *c = &spec->crossings[i];
        if (c->kind != CROSSING_FOLDER) {
            continue;
        }
        folders++;
        if (stat(c->outside, &st) == 0 && !S_ISDIR(st.st_mode)) {
            error_set(e, ERROR_UNSUPPORTED, 0,
                      "a VM can be given folders only, and %.200s is a file: map its folder", c->outside);
            return false;
        }
    }
    if (folders > 0 && p->rootless) {
        return refuse(e, ERROR_UNSUPPORTED,
                      "folders of the host in a VM need root: run porthole as root, or leave out -v");
    }
    if (folders > 0 && !host->virtiofsd) {
        return refuse(e, ERROR_UNSUPPORTED,
                      "folders of the host in a VM need virtiofsd: install qemu-system-common or virtiofsd");
    }
    if (folders > VM_FOLDERS_AT_MOST) {
        error_set(e, ERROR_INVALID, 0, "a VM can be given at most %d folders of the host",
                  VM_FOLDERS_AT_MOST);
        return false;
    }
    return true;
}

/* What only a VM refuses. */
static bool vm_ok(const struct paths *p, const struct launch_spec *spec, struct error *e)
{
    struct vm_host host;
    if (spec->memory > 0 && spec->memory < (uint64_t)VM_MEMORY_LEAST_MB << 20) {
        error_set(e, ERROR_INVALID, 0, "a VM needs at least %d MB of memory: its kernel takes a part of it",
                  VM_MEMORY_LEAST_MB);
        return false;
    }
    if (launch_network(spec) == LAUNCH_NETWORK_HOST) {
        return refuse(
            e, ERROR_UNSUPPORTED,
            "a VM has a network of its own and cannot share the host's: use --network nat, or --isolation "
            "process");
    }
    if (!vm_host_find(p, &host, e)) {
        return false;
    }
    bool ok = folders_ok(p, spec, &host, e);
    vm_host_done(&host);
    return ok;
}

static bool spec_ok(const struct paths *p, const struct launch_spec *spec, struct error *e)
{
    if (!spec->image || !*spec->image) {
        return refuse(e, ERROR_INVALID, "no image is named: say which one to launch");
    }
    if (spec->name && !launch_name_ok(spec->name)) {
        error_set(e, ERROR_INVALID, 0,
                  "\"%.64s\" cannot be a name: letters, digits, and after the first also _ . -, at most 64",
                  spec->name);
        return false;
    }
    if (spec->isolation == ISOLATION_HOST) {
        return refuse(e, ERROR_UNSUPPORTED, "only Windows has host processes: use --isolation process or vm");
    }
    if (spec->isolation == ISOLATION_VM && !vm_ok(p, spec, e)) {
        return false;
    }
    if (spec->restart) {
        return refuse(
            e, ERROR_UNSUPPORTED,
            "the local engine has no daemon that could start a container again: leave out --restart, or "
            "use the engine docker");
    }
    if (!network_ok(p, spec, e)) {
        return false;
    }
    if (p->rootless && spec->isolation != ISOLATION_VM && (spec->cpus > 0 || spec->memory > 0)) {
        return refuse(e, ERROR_UNSUPPORTED,
                      "limits need cgroups: run porthole as root, or launch without --cpus and -m");
    }
    for (size_t i = 0; i < spec->n_crossings; i++) {
        if (!crossing_ok(p, &spec->crossings[i], spec->isolation == ISOLATION_VM, e)) {
            return false;
        }
    }
    return true;
}

static size_t count(char *const *words)
{
    size_t n = 0;
    while (words && words[n]) {
        n++;
    }
    return n;
}

char **create_argv(const struct launch_spec *spec, char *const *entrypoint, char *const *command)
{
    char *own[] = {spec->entrypoint, NULL};
    if (spec->entrypoint) {
        entrypoint = own;
        command = NULL; /* the image's command belongs to the image's entrypoint */
    }
    if (spec->command && spec->command[0]) {
        command = spec->command;
    }
    size_t n = count(entrypoint), m = count(command);
    const char **words = mem_new(n + m + 1, sizeof *words);
    for (size_t i = 0; i < n; i++) {
        words[i] = entrypoint[i];
    }
    for (size_t i = 0; i < m; i++) {
        words[n + i] = command[i];
    }
    char **argv = n + m > 0 ? mem_strings(words) : NULL;
    free(words);
    return argv;
}

static bool find_image(const struct paths *p, const struct launch_spec *spec, struct image_config *image,
                       struct error *e)
{
    bool found = images_find(p, spec->image, image, e);
    if (spec->image_id && (!found || strcmp(image->id, spec->image_id) != 0)) {
        image_config_done(image);
        found = images_find(p, spec->image_id, image, e);
    }
    return found;
}

static bool resolve(const struct paths *p, const struct launch_spec *spec, struct state *s, struct error *e)
{
    struct image_config image = {0};
    if (!find_image(p, spec, &image, e)) {
        return false;
    }
    launch_spec_copy(&s->spec, spec);
    s->image_id = mem_string(image.id);
    s->argv = create_argv(spec, image.entrypoint, image.command);
    image_config_done(&image);
    if (!s->argv) {
        error_set(e, ERROR_INVALID, 0, "the image %s does not say what to run: name a command", spec->image);
        return false;
    }
    s->isolation = spec->isolation == ISOLATION_VM ? ISOLATION_VM : ISOLATION_PROCESS;
    s->origin = spec->isolation == ISOLATION_UNKNOWN ? ORIGIN_DEFAULT : ORIGIN_REQUESTED;
    s->state = CONTAINER_CREATED;
    s->created = time_now();
    state_new_id(s->id);
    s->cgroup = p->rootless ? NULL : state_cgroup(s->id);
    return true;
}

static bool write_down(const struct paths *p, struct state *s, struct error *e)
{
    char *folder = paths_container(p, s->id, NULL);
    bool ok = mkdir(folder, 0700) == 0;
    if (!ok) {
        error_errno(e, errno, "cannot make the container's folder %s", folder);
    } else if (!state_write(s, p, e)) {
        rmdir(folder);
        ok = false;
    }
    free(folder);
    return ok;
}

int create_lock_names(const struct paths *p, struct error *e)
{
    int states = open(p->states, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (states >= 0 && flock(states, LOCK_EX) == 0) {
        return states;
    }
    error_errno(e, errno, "cannot lock %s", p->states);
    if (states >= 0) {
        close(states);
    }
    return -1;
}

bool create_container(const struct paths *p, const struct launch_spec *spec, struct state *s, struct error *e)
{
    if (!spec_ok(p, spec, e) || !resolve(p, spec, s, e)) {
        return false;
    }
    int states = create_lock_names(p, e);
    if (states < 0) {
        return false;
    }
    bool ok = take_name(p, states, s, e) && write_down(p, s, e);
    close(states); /* and the lock goes */
    return ok;
}

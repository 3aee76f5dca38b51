#include "backends/local/shared/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/text.h"
#include "core/trust.h"

static char *join(const char *folder, const char *name)
{
    struct text t = {0};
    text_addf(&t, "%s/%s", folder, name);
    return text_take(&t);
}

static bool trust(const char *path, struct error *e)
{
    return trust_folder(path, e) ||
           error_wrap(e, "cannot keep containers in %s (PORTHOLE_STATE=DIR names another place)", path) == 0;
}

/* Nothing is made below a folder that is not to be trusted, and what was there already is looked at, too. */
static bool make_folder(const char *path, struct error *e)
{
    if (!trust(path, e)) {
        return false;
    }
    char *copy = mem_string(path);
    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(copy, 0700);
        *slash = '/';
    }
    bool ok = mkdir(copy, 0700) == 0 || errno == EEXIST;
    if (!ok) {
        error_errno(e, errno, "Cannot make the folder %s, where containers are kept", path);
    }
    free(copy);
    return ok && trust(path, e);
}

static const char *absolute_env(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] == '/' ? value : NULL; /* relative ones count as unset, as XDG wants it */
}

static bool places_of_user(struct paths *p, struct error *e)
{
    const char *data = absolute_env("XDG_DATA_HOME"), *home = absolute_env("HOME");
    const char *run = absolute_env("XDG_RUNTIME_DIR");
    if (!data && !home) {
        error_set(e, ERROR_INVALID, 0,
                  "Cannot tell where to keep containers: neither HOME nor XDG_DATA_HOME is set; set "
                  "PORTHOLE_STATE");
        return false;
    }
    p->data = data ? join(data, "porthole") : join(home, ".local/share/porthole");
    p->run = run && access(run, W_OK) == 0 ? join(run, "porthole") : join(p->data, "run");
    return true;
}

static bool places(struct paths *p, struct error *e)
{
    const char *state = getenv("PORTHOLE_STATE");
    if (state && *state) {
        if (!make_folder(state, e)) {
            return false;
        }
        p->data = realpath(state, NULL);
        if (!p->data) {
            error_errno(e, errno, "Cannot use PORTHOLE_STATE=%s", state);
            return false;
        }
        p->run = join(p->data, "run");
        return true;
    }
    if (!p->rootless) {
        p->data = mem_string("/var/lib/porthole");
        p->run = mem_string("/run/porthole");
        return true;
    }
    return places_of_user(p, e);
}

struct paths *paths_new(struct error *e)
{
    struct paths *p = mem_new(1, sizeof *p);
    p->rootless = geteuid() != 0;
    if (!places(p, e)) {
        paths_free(p);
        return NULL;
    }
    p->images = join(p->data, "images");
    p->containers = join(p->data, "containers");
    p->states = join(p->data, "states");
    p->runtime = join(p->run, "runtime");
    const char *const folders[] = {p->data, p->run, p->images, p->containers, p->states, p->runtime};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (!make_folder(folders[i], e)) {
            paths_free(p);
            return NULL;
        }
    }
    return p;
}

void paths_free(struct paths *p)
{
    if (p) {
        free(p->data);
        free(p->run);
        free(p->images);
        free(p->containers);
        free(p->states);
        free(p->runtime);
        free(p);
    }
}

char *paths_container(const struct paths *p, const char *id, const char *file)
{
    struct text t = {0};
    text_addf(&t, "%s/%s%s%s", p->containers, id, file ? "/" : "", file ? file : "");
    return text_take(&t);
}

char *paths_state(const struct paths *p, const char *id)
{
    struct text t = {0};
    text_addf(&t, "%s/%s.json", p->states, id);
    return text_take(&t);
}

char *paths_socket(const struct paths *p, const char *id)
{
    struct text t = {0};
    text_addf(&t, "%s/%s.sock", p->run, id);
    return text_take(&t);
}

/* Opens the folder of the sockets and writes an address that leads through it; -1 and errno. */
static int socket_address(const struct paths *p, const char *id, struct sockaddr_un *out)
{
    int folder = open(p->run, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return -1;
    }
    memset(out, 0, sizeof *out);
    out->sun_family = AF_UNIX;
    int len = snprintf(out->sun_path, sizeof out->sun_path, "/proc/self/fd/%d/%s.sock", folder, id);
    if (len >= (int)sizeof out->sun_path) {
        close(folder);
        errno = ENAMETOOLONG;
        return -1;
    }
    return folder;
}

typedef int (*address_fn)(int fd, const struct sockaddr *address, socklen_t len);

static int open_socket(const struct paths *p, const char *id, address_fn use)
{
    struct sockaddr_un address;
    int folder = socket_address(p, id, &address);
    if (folder < 0) {
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && use(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int why = errno;
        close(fd);
        errno = why;
        fd = -1;
    }
    int why = errno;
    close(folder);
    errno = why;
    return fd;
}

int paths_connect(const struct paths *p, const char *id, struct error *e)
{
    int fd = open_socket(p, id, connect);
    if (fd < 0) {
        error_errno(e, errno, "Cannot reach the keeper of container %s", id);
        if (e && (e->native == ENOENT || e->native == ECONNREFUSED)) {
            e->kind = ERROR_UNREACHABLE;
        }
    }
    return fd;
}

int paths_bind(const struct paths *p, const char *id, struct error *e)
{
    char *path = paths_socket(p, id);
    unlink(path);
    int fd = open_socket(p, id, bind);
    /* Nobody can connect before listen(), so the mode is in force before it matters. */
    if (fd >= 0 && (chmod(path, 0600) < 0 || listen(fd, 64) < 0)) {
        int why = errno;
        close(fd);
        unlink(path);
        errno = why;
        fd = -1;
    }
    if (fd < 0) {
        error_errno(e, errno, "Cannot listen on the socket %s", path);
    }
    free(path);
    return fd;
}

char *paths_helper(const char *name)
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    self[len > 0 ? len : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (slash) {
        *slash = '\0';
    }
    struct text t = {0};
    text_addf(&t, "%s/%s", self, name);
    if (access(text_of(&t), F_OK) < 0) {
        text_clear(&t);
        text_addf(&t, "%s/../libexec/porthole/%s", self, name);
    }
    return text_take(&t);
}

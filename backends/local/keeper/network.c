/* pasta goes into the background when the network is up: its first process then ends with 0. Told to, it
 * forwards every port that it finds open, both ways, and makes the gateway's address lead to the host's own
 * loopback; a wall with such holes would be none, so all of this is switched off, and what was asked for is
 * given port by port.
 *
 * It is found again by "netns.pid", and believed to be it when its command line names this very namespace. */
#include "backends/local/keeper/network.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "backends/local/keeper/keeper.h"
#include "backends/local/shared/bundle.h"
#include "backends/local/shared/command.h"
#include "core/memory.h"
#include "core/port.h"
#include "core/text.h"

enum { PATIENCE_MS = 15000, END_TRIES = 100, END_PAUSE_MS = 20, LOG_READ = 4096 };

static const char NAMESPACE[] = "netns", PID_FILE[] = "netns.pid", LOG[] = "netns.log";

struct network {
    struct keeper *keeper;
    const struct network_hooks *hooks;
    void *user;
    pid_t first; /* until it is in the background */
    uv_timer_t patience;
    int code;
    bool late;
};

/* The namespace. */

/* Makes it, and comes back: a keeper has one thread. */
static bool make_namespace(struct error *e)
{
    int place = open(NAMESPACE, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int ours = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    bool made = place >= 0 && ours >= 0 && unshare(CLONE_NEWNET) == 0;
    int why = errno;
    bool kept = made && mount("/proc/self/ns/net", NAMESPACE, NULL, MS_BIND, NULL) == 0;
    why = made && !kept ? errno : why;
    bool back = !made || setns(ours, CLONE_NEWNET) == 0;
    why = back ? why : errno;
    close(place);
    close(ours);
    if (!kept || !back) {
        error_errno(e, why,
                    "Cannot make a network namespace for the container; launch it with --network none");
    }
    return kept && back;
}

/* The helper, as it was left behind. */

static size_t read_file(const char *path, char *out, size_t room)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd >= 0 ? read(fd, out, room - 1) : 0;
    if (fd >= 0) {
        close(fd);
    }
    out[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

static pid_t read_pid(void)
{
    char line[32];
    read_file(PID_FILE, line, sizeof line);
    long pid = strtol(line, NULL, 10);
    return pid > 1 && pid < INT32_MAX ? (pid_t)pid : 0;
}

static char *namespace_path(void)
{
    char *folder = getcwd(NULL, 0);
    struct text path = {0};
    text_addf(&path, "%s/%s", folder ? folder : "", NAMESPACE);
    free(folder);
    return text_take(&path);
}

/* Is it the helper of this namespace, and not another process that got its number? */
static bool is_helper(pid_t pid)
{
    char file[64];
    char *line = mem_new(LOG_READ, 1), *path = namespace_path();
    snprintf(file, sizeof file, "/proc/%d/cmdline", (int)pid);
    size_t len = read_file(file, line, LOG_READ);
    bool same = memmem(line, len, path, strlen(path) + 1) != NULL;
    free(line);
    free(path);
    return same;
}

/* Has it let go of everything? One that is ending loses its command line before its ports. */
static bool has_ended(pid_t pid)
{
    char file[64], line[512];
    snprintf(file, sizeof file, "/proc/%d/stat", (int)pid);
    read_file(file, line, sizeof line);
    const char *state = strrchr(line, ')');
    return !state || strncmp(state, ") Z", 3) == 0 || strncmp(state, ") X", 3) == 0;
}

static void end_helper(void)
{
    const struct timespec pause = {.tv_nsec = END_PAUSE_MS * 1000000L};
    pid_t pid = read_pid();
    if (!pid || !is_helper(pid)) {
        return;
    }
    for (int i = 0; i < END_TRIES && !has_ended(pid); i++) {
        kill(pid, i < END_TRIES / 2 ? SIGTERM : SIGKILL);
        nanosleep(&pause, NULL);
    }
}

void network_release(void)
{
    if (access(NAMESPACE, F_OK) == 0) {
        end_helper();
        umount2(NAMESPACE, UMOUNT_NOFOLLOW | MNT_DETACH);
        unlink(NAMESPACE);
    }
    unlink(PID_FILE);
    unlink(LOG);
}

/* Can our ports be had? pasta is content with one address of several, so they are tried here, for a moment.
 */

static bool can_bind(const struct sockaddr *address, socklen_t len, enum port_protocol protocol)
{
    const int on = 1;
    int type = protocol == PORT_UDP ? SOCK_DGRAM : SOCK_STREAM;
    int fd = socket(address->sa_family, type | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return address->sa_family == AF_INET6; /* a host without IPv6 has nothing to give there */
    }
    if (address->sa_family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    if (protocol == PORT_TCP) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on,
                   sizeof on); /* as pasta will: past connections are over */
    }
    bool ok = bind(fd, address, len) == 0 && (protocol == PORT_UDP || listen(fd, 1) == 0);
    int why = errno;
    close(fd);
    errno = why;
    return ok;
}

static bool port_is_free(const struct port *p)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    bool all = p->address[0] == '\0';
    if (all || !strchr(p->address, ':')) {
        uv_ip4_addr(all ? "0.0.0.0" : p->address, p->outside, &v4);
        if (!can_bind((struct sockaddr *)&v4, sizeof v4, p->protocol)) {
            return false;
        }
    }
    if (all || strchr(p->address, ':')) {
        uv_ip6_addr(all ? "::" : p->address, p->outside, &v6);
        return can_bind((struct sockaddr *)&v6, sizeof v6, p->protocol);
    }
    return true;
}

bool network_ports_free(const struct launch_spec *spec, struct error *e)
{
    struct port p;
    for (size_t i = 0; i < spec->n_crossings; i++) {
        if (port_of(&spec->crossings[i], &p) && !port_is_free(&p)) {
            struct text outside = {0};
            int why = errno;
            port_outside(&p, &outside);
            error_errno(e, why, "Cannot publish the port %s of the host; free it, or choose another one",
                        text_of(&outside));
            text_done(&outside);
            return false;
        }
    }
    return true;
}

/* Starting it. */

/* What it said last; its complaints about a missing system log are not its reason. */
static char *last_words(void)
{
    char *log = mem_new(LOG_READ, 1), *rest = log;
    struct text words = {0};
    read_file(LOG, log, LOG_READ);
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        if (*line && !strstr(line, "syslog") && !strstr(line, "Changing to nobody")) {
            text_clear(&words);
            text_add_clean(&words, line, strlen(line));
        }
    }
    free(log);
    return text_take(&words);
}

static void fail(struct network *n)
{
    struct error why;
    char *words = n->late ? mem_string("it did not come up in time") : last_words();
    error_set(&why, ERROR_OTHER, n->code, "Cannot give container %s its network or ports: pasta says: %s",
              n->keeper->state.spec.name, words && *words ? words : "nothing");
    free(words);
    n->hooks->failed(n->user, &why);
}

static void on_helper_ended(void *user, int code)
{
    struct network *n = user;
    (void)code;
    n->hooks->lost(n->user);
}

static void on_first_ended(void *user, int code)
{
    struct network *n = user;
    struct children *children = n->keeper->children;
    pid_t helper = code == 0 ? read_pid() : 0;
    n->code = code;
    uv_timer_stop(&n->patience);
    if (helper) {
        char file[64], name[32];
        snprintf(file, sizeof file, "/proc/%d/comm", (int)helper);
        read_file(file, name, sizeof name);
        name[strcspn(name, "\n")] = '\0';
        children_watch(children, helper, on_helper_ended, n);
        n->hooks->ready(n->user, (uint32_t)helper, name);
    } else {
        fail(n);
    }
    children_end(children);
}

static void on_late(uv_timer_t *timer)
{
    struct network *n = timer->data;
    n->late = true;
    kill(n->first, SIGKILL);
}

void network_add_ports(const struct launch_spec *spec, struct text *words)
{
    struct port p;
    for (size_t i = 0; i < spec->n_crossings; i++) {
        if (port_of(&spec->crossings[i], &p)) {
            text_add(words, p.protocol == PORT_UDP ? "-u " : "-t ");
            text_addf(words, p.address[0] ? "%s/" : "%s", p.address);
            text_addf(words, "%u:%u ", p.outside, p.inside);
        }
    }
}

static char *command_line(const struct launch_spec *spec)
{
    struct text words = {0};
    text_addf(&words,
              "pasta -q -e --runas 0 --config-net --ns-ifname eth0 --no-map-gw -T none -U none "
              "--dns-forward %s -P %s ",
              BUNDLE_RESOLVER, PID_FILE);
    size_t before = words.len;
    network_add_ports(spec, &words);
    text_add(&words, strstr(words.data + before, "-t ") ? "" : "-t none ");
    text_add(&words, strstr(words.data + before, "-u ") ? "" : "-u none ");
    text_add(&words, "--netns-only --netns");
    return text_take(&words);
}

/* The words have no blanks in them, except for the path, which comes last. */
static pid_t spawn(const struct keeper *k, int log, struct error *e)
{
    char *line = command_line(&k->state.spec), *path = namespace_path(), *rest = line;
    const char **argv = mem_new(strlen(line) / 2 + 3, sizeof *argv);
    size_t n = 0;
    for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " ")) {
        argv[n++] = word;
    }
    argv[n] = path;
    pid_t pid = command_spawn(argv, (int[3]){-1, log, log}, 0, e);
    free(argv);
    free(path);
    free(line);
    return pid;
}

struct network *network_start(struct keeper *k, const struct network_hooks *hooks, void *user,
                              struct error *e)
{
    network_release();
    if (!network_ports_free(&k->state.spec, e) || !make_namespace(e)) {
        network_release();
        return NULL;
    }
    int log = open(LOG, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    children_begin(k->children);
    pid_t pid = log >= 0 ? spawn(k, log, e) : error_errno(e, errno, "Cannot write the log of the network");
    close(log);
    if (pid < 0) {
        children_end(k->children);
        network_release();
        return NULL;
    }
    struct network *n = mem_new(1, sizeof *n);
    *n = (struct network){.keeper = k, .hooks = hooks, .user = user, .first = pid};
    uv_timer_init(&k->loop, &n->patience);
    n->patience.data = n;
    uv_timer_start(&n->patience, on_late, PATIENCE_MS, 0);
    children_watch(k->children, pid, on_first_ended, n);
    return n;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void network_close(struct network *n)
{
    if (n) {
        children_forget(n->keeper->children, n);
        uv_close((uv_handle_t *)&n->patience, on_closed);
    }
}

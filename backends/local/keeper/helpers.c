#include "backends/local/keeper/helpers.h"

#include <dirent.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backends/procfs.h"
#include "core/memory.h"

enum { ENVIRONMENT = 256 * 1024, PAUSE_MS = 20 };

static const char VARIABLE[] = "PORTHOLE_KEEPER_OF";

void helpers_mark(const char *id)
{
    setenv(VARIABLE, id, 1);
}

struct search {
    int proc;
    struct text mark; /* "VARIABLE=ID" and a NUL */
    char *room;
};

static bool is_marked(const struct search *s, uint32_t pid)
{
    ssize_t len = procfs_read(s->proc, pid, "environ", s->room, ENVIRONMENT);
    const char *mark = text_of(&s->mark), *at = s->room, *end = s->room + (len > 0 ? len : 0);
    size_t size = s->mark.len + 1;
    while (at < end && (at = memmem(at, (size_t)(end - at), mark, size)) != NULL) {
        if (at == s->room || at[-1] == '\0') {
            return true;
        }
        at++;
    }
    return false;
}

/* Calls for each; the number of those that live. */
static size_t each(const char *id, void (*visit)(uint32_t pid, const char *name, void *user), void *user)
{
    DIR *dir = opendir("/proc");
    struct search s = {.proc = dir ? dirfd(dir) : -1, .room = mem_new(ENVIRONMENT, 1)};
    uint32_t self = (uint32_t)getpid();
    size_t n = 0;
    text_addf(&s.mark, "%s=%s", VARIABLE, id);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        struct procfs_stat stat;
        uint32_t pid = (uint32_t)strtoul(entry->d_name, NULL, 10);
        if (pid > 1 && pid != self && procfs_stat(s.proc, pid, &stat) && stat.state != 'Z' &&
            stat.state != 'X' && !stat.kernel && (stat.parent == self || is_marked(&s, pid))) {
            visit(pid, stat.name, user);
            n++;
        }
    }
    if (dir) {
        closedir(dir);
    }
    text_done(&s.mark);
    free(s.room);
    return n;
}

static void add_name(uint32_t pid, const char *name, void *user)
{
    struct text *out = user;
    text_addf(out, "%s%s (pid %u)", out->len > 0 ? ", " : "", name, pid);
}

bool helpers_list(const char *id, struct text *out)
{
    struct text names = {0};
    bool any = each(id, add_name, &names) > 0;
    text_add(out, text_of(&names));
    text_done(&names);
    return any;
}

static void kill_it(uint32_t pid, const char *name, void *user)
{
    (void)name;
    (void)user;
    kill((pid_t)pid, SIGKILL);
}

bool helpers_kill(const char *id, int seconds)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    for (int left = seconds * 1000; each(id, kill_it, NULL) > 0; left -= PAUSE_MS) {
        if (left <= 0) {
            return false;
        }
        nanosleep(&pause, NULL);
    }
    return true;
}

#include "backends/local/keeper/vm_share.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/local/shared/command.h"
#include "core/memory.h"
#include "core/program.h"
#include "core/text.h"

static const char ADDRESS[] = "share.sock";

/* $1 becomes read-only in this namespace; the rest is run. */
static const char READ_ONLY[] =
    "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && shift && exec \"$@\"";

size_t vm_share_count(const struct launch_spec *spec)
{
    size_t n = 0;
    for (size_t i = 0; i < spec->n_crossings; i++) {
        n += spec->crossings[i].kind == CROSSING_FOLDER;
    }
    return n;
}

/* A socket that listens, inherited by what is started, and one that is connected to it. */
static bool make_sockets(int *listener, int *connected)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, ADDRESS, sizeof ADDRESS);
    unlink(ADDRESS);
    *listener = socket(AF_UNIX, SOCK_STREAM, 0);
    *connected = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = *listener >= 0 && *connected >= 0 &&
              bind(*listener, (struct sockaddr *)&address, sizeof address) == 0 &&
              listen(*listener, 1) == 0 &&
              connect(*connected, (struct sockaddr *)&address, sizeof address) == 0;
    int why = errno;
    unlink(ADDRESS);
    errno = why;
    return ok;
}

static pid_t spawn(const struct vm_host *h, const struct crossing *c, int listener, struct error *e)
{
    if (strchr(c->outside, ',')) { /* virtiofsd would take what follows for an option */
        return error_set(e, ERROR_INVALID, 0,
                         "Cannot share the folder %s with a VM: its name has a comma; give it "
                         "another, or a link to it",
                         c->outside);
    }
    char *setpriv = program_find("setpriv");
    struct text fd = {0}, source = {0};
    text_addf(&fd, "--fd=%d", listener);
    text_addf(&source, "source=%s", c->outside);
    const char *words[24];
    size_t n = 0;
    if (c->read_only) {
        static const char *const before[] = {"unshare", "--mount", "--propagation=private", "--", "sh", "-c",
                                             READ_ONLY, "sh"};
        for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
            words[n++] = before[i];
        }
        words[n++] = c->outside;
    }
    if (setpriv) {
        words[n++] = setpriv;
        words[n++] = "--pdeathsig=KILL";
        words[n++] = "--";
    }
    words[n++] = h->virtiofsd;
    words[n++] = text_of(&fd);
    words[n++] = "-o";
    words[n++] = text_of(&source);
    words[n] = NULL;
    pid_t pid = command_spawn(words, (int[3]){-1, -1, -1}, 1, e);
    text_done(&fd);
    text_done(&source);
    free(setpriv);
    return pid;
}

static bool start_one(const struct vm_host *h, const struct crossing *c, struct vm_shares *out,
                      struct error *e)
{
    int listener = -1, connected = -1;
    pid_t pid = -1;
    if (!make_sockets(&listener, &connected)) {
        error_errno(e, errno, "Cannot share the folder %s with the VM", c->outside);
    } else {
        pid = spawn(h, c, listener, e);
    }
    if (listener >= 0) {
        close(listener);
    }
    if (pid < 0 && connected >= 0) {
        close(connected);
    }
    if (pid > 0) {
        out->each[out->count].pid = pid;
        out->each[out->count].socket = connected;
        out->each[out->count++].which = c;
    }
    return pid > 0;
}

bool vm_share_start(const struct vm_host *h, const struct launch_spec *spec, struct vm_shares *out,
                    struct error *e)
{
    for (size_t i = 0; i < spec->n_crossings; i++) {
        const struct crossing *c = &spec->crossings[i];
        if (c->kind == CROSSING_FOLDER && out->count < VM_FOLDERS_AT_MOST && !start_one(h, c, out, e)) {
            return false;
        }
    }
    return true;
}

void vm_share_end(struct vm_shares *s)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->each[i].socket >= 0) {
            close(s->each[i].socket);
        }
        if (waitpid(s->each[i].pid, NULL, WNOHANG) != 0) {
            continue; /* it has ended by itself: its number may be another process's now */
        }
        kill(s->each[i].pid, SIGKILL);
        while (waitpid(s->each[i].pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    s->count = 0;
}

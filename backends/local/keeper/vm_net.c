#include "backends/local/keeper/vm_net.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/local/keeper/network.h"
#include "backends/local/shared/command.h"
#include "core/memory.h"
#include "core/text.h"

/* Words without blanks in them. The host's own loopback is not mapped. */
static char *command_line(const struct launch_spec *spec, int fd)
{
    struct text words = {0};
    char *setpriv = command_find("setpriv");
    if (setpriv) {
        text_addf(&words, "%s --pdeathsig=KILL -- ", setpriv);
    }
    free(setpriv);
    text_addf(&words,
              "passt -q -e -f --fd %d -a 10.0.2.15 -n 24 -g 10.0.2.2 --dns-forward 10.0.2.3 "
              "--no-map-gw%s ",
              fd, geteuid() == 0 ? " --runas 0" : "");
    network_add_ports(spec, &words);
    words.data[--words.len] = '\0';
    return text_take(&words);
}

static pid_t spawn(const struct launch_spec *spec, int theirs, struct error *e)
{
    int inherited = fcntl(theirs, F_DUPFD, 3);
    int log = open("network.log", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    char *line = command_line(spec, inherited), *rest = line;
    const char **argv = mem_new(strlen(line) / 2 + 3, sizeof *argv);
    size_t n = 0;
    for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " ")) {
        argv[n++] = word;
    }
    pid_t pid = command_spawn(argv, (int[3]){-1, log, log}, 1, e);
    free(argv);
    free(line);
    close(inherited);
    if (log >= 0) {
        close(log);
    }
    return pid;
}

bool vm_net_start(const struct launch_spec *spec, struct vm_net *out, struct error *e)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        error_errno(e, errno, "Cannot make a socket for the VM's network");
        return false;
    }
    pid_t pid = spawn(spec, ends[1], e);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return false;
    }
    *out = (struct vm_net){.pid = pid, .socket = ends[0]};
    return true;
}

void vm_net_end(struct vm_net *n)
{
    if (n->socket > 0) {
        close(n->socket);
        unlink("network.log");
    }
    if (n->pid > 0) {
        kill(n->pid, SIGKILL);
        while (waitpid(n->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    *n = (struct vm_net){0};
}

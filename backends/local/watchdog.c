/* A keeper that was killed, or that a restart of the machine took away, leaves a state that says "running".
 * Each second every keeper is asked for cheaply (signal 0), and one of them closely, by its start time, in
 * case its pid was dealt again. What a dead keeper left behind is cleared by the keeper's program, which
 * knows what it had set up.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backends/json.h"
#include "backends/local/engine.h"
#include "backends/local/shared/command.h"

enum {
    PERIOD = 1000 /* ms */,
    CLEANERS = 4,
    PATIENCE = 60 /* s */,
    KILL_PATIENCE = 10000 /* ms */,
    OUTPUT = 1024
};

struct cleaning {
    struct job job;
    char id[STATE_ID];
    struct error why;
};

static bool exists(uint32_t pid)
{
    return kill((pid_t)pid, 0) == 0 || errno == EPERM;
}

/* What the kernel says of it; its state is 0 when there is none, or another process has its number. */
static struct procfs_stat keeper_process(const struct state *s)
{
    struct procfs_stat stat = {0};
    int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool there = proc >= 0 && s->keeper != 0 && procfs_stat(proc, s->keeper, &stat);
    if (proc >= 0) {
        close(proc);
    }
    if (!there || stat.state == 'Z' || stat.state == 'X' ||
        (s->keeper_started != 0 && stat.started != s->keeper_started)) {
        stat.state = 0;
    }
    return stat;
}

bool keeper_lives(const struct state *s)
{
    return keeper_process(s).state != 0;
}

bool keeper_stopped(const struct state *s)
{
    char state = keeper_process(s).state;
    return state == 'T' || state == 't';
}

/* The descriptor stands for the process that has the number now; only if that started when our keeper did,
 * and is called as keepers are, is it killed. */
bool keeper_kill(const struct state *s, struct error *e)
{
    int fd = s->keeper ? (int)syscall(SYS_pidfd_open, (pid_t)s->keeper, 0) : -1;
    int failed = s->keeper && fd < 0 && errno != ESRCH ? errno : 0;
    struct procfs_stat process = keeper_process(s);
    bool ended = process.state == 0;
    bool ours = s->keeper_started != 0 && strcmp(process.name, "porthole-keeper") == 0;
    if (!ended && ours && syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0) {
        struct pollfd end = {.fd = fd, .events = POLLIN};
        ended = poll(&end, 1, KILL_PATIENCE) == 1;
    }
    if (fd >= 0) {
        close(fd);
    }
    if (!ended && failed) {
        error_errno(e, failed, "cannot kill the keeper of %s (pid %u)", s->spec.name, s->keeper);
    } else if (!ended) {
        error_set(e, ERROR_TIMEOUT, 0, "the keeper of %s (pid %u) %s", s->spec.name, s->keeper,
                  ours ? "was killed and does not end" : "is no keeper: end it by hand if it is of no use");
    }
    return ended;
}

/* A keeper that ended in good order has signed off; one that has not may have left something behind even if
 * its container never came to run. */
static bool should_live(const struct state *s)
{
    return state_has_processes(s->state) || s->keeper != 0;
}

static bool is_dead(const struct local *l, const struct state *s, bool closely)
{
    if (s->keeper == 0 || (s->boot && strcmp(s->boot, l->boot) != 0)) {
        return true;
    }
    return closely ? !keeper_lives(s) : !exists(s->keeper);
}

static void explain(const char *output, int code, struct error *e)
{
    cJSON *o = json_parse(output, strlen(output), OUTPUT, NULL);
    error_set(e, ERROR_OTHER, code, "%s",
              json_string(o, "error.text", "its keeper's program gave no reason"));
    cJSON_Delete(o);
}

bool watchdog_must_clear(const struct local *l, const struct state *s)
{
    return should_live(s) && is_dead(l, s, true);
}

bool keeper_program(const char *option, const char *id, struct error *e)
{
    char *program = paths_helper("porthole-keeper"), output[OUTPUT];
    const char *const argv[] = {program, option, id, NULL};
    int code = command_run(argv, output, sizeof output, PATIENCE, e);
    if (code > 0) {
        explain(output, code, e);
    }
    free(program);
    return code == 0;
}

bool watchdog_clear(const char *id, struct error *e)
{
    struct error why;
    if (keeper_program("--clean", id, &why)) {
        return true;
    }
    error_set(e, why.kind, why.native, "its keeper is dead, and clearing up after it failed: %s", why.text);
    return false;
}

static void run_cleaning(struct job *j)
{
    struct cleaning *c = (struct cleaning *)j;
    const struct local *l = j->task.local;
    struct state s;
    struct error unread;
    state_init(&s);
    /* It may have ended in good order: the news is then still on its way to us. */
    if (local_read_state(l, c->id, &s, &unread) && watchdog_must_clear(l, &s)) {
        watchdog_clear(c->id, &c->why);
    }
    state_done(&s);
}

static void show_as_lost(struct local *l, struct entry *en, const struct error *why)
{
    en->stuck = true;
    en->state.state = CONTAINER_LOST;
    free(en->state.note);
    en->state.note = mem_string(why->text);
    en->shown.record.state = CONTAINER_LOST;
    en->shown.record.note = en->state.note;
    entries_tell(l, en, FIELD_STATE);
}

static void cleaned(struct job *j)
{
    struct cleaning *c = (struct cleaning *)j;
    struct local *l = j->task.local;
    struct entry *en = l->closing ? NULL : entries_find(l, c->id);
    l->cleaners--;
    if (en) {
        en->cleaning = false;
        if (c->why.kind != ERROR_NONE) {
            show_as_lost(l, en, &c->why);
        } else {
            entries_changed(l, c->id);
        }
    }
    job_end(j);
}

static bool may_clean(const struct local *l, const struct entry *en)
{
    return !en->cleaning && !en->stuck && should_live(&en->state) && l->cleaners < CLEANERS;
}

void watchdog_clean(struct local *l, struct entry *en)
{
    if (may_clean(l, en)) {
        struct cleaning *c = mem_new(1, sizeof *c);
        memcpy(c->id, en->state.id, STATE_ID);
        en->cleaning = true;
        l->cleaners++;
        job_start(&c->job, l, NULL, run_cleaning, cleaned);
    }
}

void watchdog_check(struct local *l, struct entry *en, bool closely)
{
    if (may_clean(l, en) && is_dead(l, &en->state, closely)) {
        watchdog_clean(l, en);
    }
}

static void look_round(uv_timer_t *timer)
{
    struct local *l = timer->data;
    for (size_t i = 0; i < l->entries.count; i++) {
        watchdog_check(l, l->entries.rows[i], false);
    }
    if (l->entries.count > 0) {
        l->doubtful = (l->doubtful + 1) % l->entries.count;
        watchdog_check(l, l->entries.rows[l->doubtful], true);
    }
}

void watchdog_start(struct local *l)
{
    if (!uv_is_active((uv_handle_t *)&l->watchdog)) {
        uv_timer_start(&l->watchdog, look_round, PERIOD, PERIOD);
    }
}

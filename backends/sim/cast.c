/* Who lives on the simulated host: a cast for demonstrations that is always the same, then as many more as
 * are wanted. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/sim/parts.h"
#include "core/memory.h"

/* In a Windows container the session's own processes come first; rates: 100000 is 1 % of a core. */
enum {
    SMSS,
    CSRSS,
    WININIT,
    SERVICES,
    LSASS,
    SVCHOST,
    CEXECSVC,
    FONTDRVHOST,
    CONHOST,
    CMD,
    PING,
    W3WP,
    SERVICE_MONITOR,
    SQLSERVR,
    DOTNET,
    NODE,
    JAVA,
    NGINX,
    REDIS,
    POWERSHELL,
    MSBUILD,
    INIT,
    MORE,
    HOSTNAME,
    TIMEOUT,
    TASKLIST,
    WHOAMI,
    ROLES
};

static const struct role roles[ROLES] = {
    [SMSS] = {"smss.exe", 420, 0},
    [CSRSS] = {"csrss.exe", 1300, 300},
    [WININIT] = {"wininit.exe", 1100, 0},
    [SERVICES] = {"services.exe", 2700, 600},
    [LSASS] = {"lsass.exe", 4300, 900},
    [SVCHOST] = {"svchost.exe", 5200, 1500},
    [CEXECSVC] = {"CExecSvc.exe", 1200, 0},
    [FONTDRVHOST] = {"fontdrvhost.exe", 900, 0},
    [CONHOST] = {"conhost.exe", 2300, 100},
    [CMD] = {"cmd.exe", 900, 0},
    [PING] = {"ping.exe", 1300, 500},
    [W3WP] = {"w3wp.exe", 148000, 420000},
    [SERVICE_MONITOR] = {"ServiceMonitor.exe", 1900, 50},
    [SQLSERVR] = {"sqlservr.exe", 812000, 1900000},
    [DOTNET] = {"dotnet.exe", 96000, 610000},
    [NODE] = {"node.exe", 71000, 380000},
    [JAVA] = {"java.exe", 421000, 1100000},
    [NGINX] = {"nginx.exe", 8400, 60000},
    [REDIS] = {"redis-server.exe", 36000, 140000},
    [POWERSHELL] = {"powershell.exe", 62000, 90000},
    [MSBUILD] = {"MSBuild.exe", 154000, 7400000},
    [INIT] = {"init", 3100, 1000},
    [MORE] = {"more.com", 1100, 0},
    [HOSTNAME] = {"HOSTNAME.EXE", 900, 0},
    [TIMEOUT] = {"timeout.exe", 1000, 0},
    [TASKLIST] = {"tasklist.exe", 5200, 20000},
    [WHOAMI] = {"whoami.exe", 2100, 0},
};

enum { PLAY_PING, PLAY_WEB, PLAY_BILLING, PLAY_DB, PLAY_NODE, PLAY_JAVA, PLAY_CACHE, PLAY_BUILD, PLAYS };

static const uint8_t plays[PLAYS][4] = {
    /* ended by 0: SMSS is in every session anyway */
    [PLAY_PING] = {PING},           [PLAY_WEB] = {SERVICE_MONITOR, W3WP, W3WP},
    [PLAY_BILLING] = {DOTNET, CMD}, [PLAY_DB] = {SQLSERVR, POWERSHELL},
    [PLAY_NODE] = {NODE, NODE},     [PLAY_JAVA] = {JAVA},
    [PLAY_CACHE] = {REDIS, NGINX},  [PLAY_BUILD] = {MSBUILD, POWERSHELL, MSBUILD},
};

const struct role *role_at(unsigned role)
{
    return &roles[role];
}

unsigned role_by_name(const char *name, bool *found)
{
    size_t len = strlen(name);
    for (unsigned i = 0; i < ROLES; i++) {
        const char *dot = strchr(roles[i].name, '.');
        size_t stem = dot ? (size_t)(dot - roles[i].name) : strlen(roles[i].name);
        char lower[32] = "";
        for (size_t k = 0; roles[i].name[k] && k < sizeof lower - 1; k++) {
            char c = roles[i].name[k];
            lower[k] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        }
        if (strcmp(name, lower) == 0 || (len == stem && strncmp(name, lower, len) == 0)) {
            *found = true;
            return i;
        }
    }
    *found = false;
    return CMD;
}

/* Time and cost. */

int64_t system_clock(const struct machine *m, const struct system *s)
{
    return (s->life == LIFE_PAUSED ? s->paused_at : m->now) - s->lag;
}

/* The load swings round its rate; this is its integral, which never falls. */
uint64_t task_cpu(const struct machine *m, const struct system *s, const struct task *t)
{
    const double period = 40.0 + t->pid % 50, turn = 6.283185307179586 / period;
    double age = (double)(system_clock(m, s) - t->created) / 1000.0;
    age = age > 0 ? age : 0;
    double swing = m->options.still ? 0 : 0.6 / turn * (1 - cos(turn * age));
    return (uint64_t)(t->rate * (age + swing));
}

uint64_t system_cpu(const struct machine *m, const struct system *s)
{
    uint64_t sum = s->spent;
    for (size_t i = 0; i < s->n_tasks; i++) {
        sum += task_cpu(m, s, &s->tasks[i]);
    }
    return sum;
}

/* Processes. */

/* The host and its silos share one numbering, in steps of 4; each VM has its own. */
static uint32_t next_pid(struct machine *m, struct system *s)
{
    uint32_t *last = s && s->shape > SHAPE_SILO_ZERO ? &s->last_pid : &m->last_pid;
    *last += 4 * (1 + (uint32_t)(machine_random(m) % 7));
    return *last;
}

struct task *system_add_task(struct machine *m, struct system *s, unsigned role)
{
    const struct role *r = &roles[role];
    uint64_t random = machine_random(m);
    s->tasks = mem_grow(s->tasks, &s->tasks_room, s->n_tasks + 1, sizeof *s->tasks);
    struct task *t = &s->tasks[s->n_tasks++];
    *t = (struct task){.pid = next_pid(m, s),
                       .role = (uint16_t)role,
                       .kilobytes =
                           r->kilobytes - r->kilobytes / 8 + (uint32_t)(random % (r->kilobytes / 4 + 1)),
                       .rate = r->rate / 2 + (uint32_t)((random >> 32) % (r->rate + 1)),
                       .created = system_clock(m, s)};
    return t;
}

void system_end_task(const struct machine *m, struct system *s, size_t i)
{
    s->spent += task_cpu(m, s, &s->tasks[i]);
    memmove(&s->tasks[i], &s->tasks[i + 1], (s->n_tasks - i - 1) * sizeof *s->tasks);
    s->n_tasks--;
}

void system_happens(struct machine *m, struct system *s)
{
    static const unsigned visitors[] = {CONHOST, CMD, POWERSHELL, SVCHOST};
    if (!shape_is_container(s->shape)) {
        return;
    }
    for (size_t i = s->n_tasks; i-- > 0;) {
        if (s->tasks[i].transient) {
            system_end_task(m, s, i);
            return;
        }
    }
    system_add_task(m, s, visitors[machine_random(m) % 4])->transient = true;
}

/* Systems. */

static void add_hex(struct machine *m, char *out, size_t digits)
{
    for (size_t i = 0; i < digits; i++) {
        out[i] = "0123456789abcdef"[machine_random(m) >> 60];
    }
    out[digits] = '\0';
}

static void make_guid(struct machine *m, char out[37])
{
    char hex[33];
    add_hex(m, hex, 32);
    snprintf(out, 37, "%.8s-%.4s-4%.3s-a%.3s-%.12s", hex, hex + 8, hex + 13, hex + 17, hex + 20);
}

void system_start(struct machine *m, struct system *s)
{
    enum { SMALL_SESSION = 4 };
    static const uint8_t session[] = {SMSS,    CSRSS,       WININIT, SERVICES, LSASS,
                                      SVCHOST, FONTDRVHOST, SVCHOST, CEXECSVC, SVCHOST};
    s->life = LIFE_RUNNING;
    s->started = m->now;
    if (shape_has_worker(s->shape)) {
        make_guid(m, s->vm);
        s->vmwp = next_pid(m, NULL);
        s->vmmem = next_pid(m, NULL);
        s->last_pid = 300;
    }
    if (s->shape <= SHAPE_SILO_ZERO) {
        s->silo = ++m->last_silo;
    }
    size_t n = s->small ? SMALL_SESSION : sizeof session;
    for (size_t i = 0; shape_is_container(s->shape) && i < n; i++) {
        system_add_task(m, s, session[i]);
    }
    for (size_t i = 0; shape_is_container(s->shape) && !s->bare && i < 4 && plays[s->cast % PLAYS][i]; i++) {
        system_add_task(m, s, plays[s->cast % PLAYS][i]);
    }
}

void system_pause(const struct machine *m, struct system *s)
{
    s->paused_at = m->now;
    s->life = LIFE_PAUSED;
}

void system_resume(const struct machine *m, struct system *s)
{
    s->lag += m->now - s->paused_at;
    s->life = LIFE_RUNNING;
}

/* Starts it as if it were so many ms ago. */
static void start_before(struct machine *m, struct system *s, int64_t ms)
{
    m->now -= ms;
    system_start(m, s);
    m->now += ms;
}

struct part {
    const char *name; /* NULL: as Docker does, the id is the name */
    const char *owner;
    enum shape shape;
    uint8_t cast;
    enum life life;
    int minutes; /* since it was started */
    bool small;  /* a session of few processes, as of a nano image */
};

static struct system *add_part(struct machine *m, const struct part *p)
{
    char id[72];
    bool docker = strcmp(p->owner, "docker") == 0, utility = p->shape == SHAPE_UTILITY_VM;
    if (docker || utility) {
        add_hex(m, id, 64);
        strcat(id, utility ? "@vm" : "");
    } else {
        make_guid(m, id);
    }
    struct system *s = system_add(m, id, p->name ? p->name : id, p->shape);
    s->owner = p->owner;
    s->cast = p->cast;
    s->linux_inside = p->shape == SHAPE_WSL;
    s->small = p->small;
    if (p->life != LIFE_CREATED) {
        start_before(m, s, p->minutes * INT64_C(60000) + (int64_t)(machine_random(m) % 20000));
    }
    if (p->life == LIFE_PAUSED) {
        system_pause(m, s);
    }
    return s;
}

static const char SHIM[] = "containerd-shim-runhcs-v1.exe";

/* A VM, and a container that HCS manages inside it. */
static void add_hosted(struct machine *m, const struct part *p)
{
    struct system *vm =
        add_part(m, &(struct part){"pod", SHIM, SHAPE_UTILITY_VM, 0, LIFE_RUNNING, p->minutes, true});
    struct system *s = add_part(m, p);
    snprintf(s->hosting, sizeof s->hosting, "%s", vm->id);
}

static const struct part cast[] = {
    {"ping-process", "hcsctl", SHAPE_SILO, PLAY_PING, LIFE_RUNNING, 12, false},
    {"ping-hyperv", "hcsctl", SHAPE_HYPERV, PLAY_PING, LIFE_RUNNING, 12, false},
    {"web-1", "hcsctl", SHAPE_SILO_ZERO, PLAY_WEB, LIFE_RUNNING, 3 * 1440, false},
    {"billing", "hcsctl", SHAPE_HYPERV, PLAY_BILLING, LIFE_RUNNING, 3 * 1440, false},
    {"orders-db", "hcsctl", SHAPE_SILO, PLAY_DB, LIFE_RUNNING, 21 * 1440, false},
    {"reports", "hcsctl", SHAPE_HYPERV, PLAY_JAVA, LIFE_PAUSED, 95, false},
    {NULL, "docker", SHAPE_SILO, PLAY_NODE, LIFE_RUNNING, 340, false},
    {NULL, "docker", SHAPE_HYPERV, PLAY_CACHE, LIFE_RUNNING, 340, false},
    {"imports", "hcsctl", SHAPE_SILO, PLAY_BILLING, LIFE_CREATED, 0, false},
    {"template", "docker", SHAPE_TEMPLATE, 0, LIFE_RUNNING, 9 * 1440, false},
    {"WSL", "WSL", SHAPE_WSL, 0, LIFE_RUNNING, 700, false},
    {"pod", SHIM, SHAPE_UTILITY_VM, 0, LIFE_RUNNING, 410, false},
    {"Windows Sandbox", "Madrid", SHAPE_SANDBOX, 0, LIFE_RUNNING, 25, false},
    {"build-agent", "VMMS", SHAPE_VM, 0, LIFE_RUNNING, 30 * 1440, false},
};

static void add_likely(struct machine *m, int minutes)
{
    static const char *const stems[] = {"web", "api", "worker", "cache", "db", "cron", "auth", "report"};
    uint64_t dice = machine_random(m);
    unsigned kind = (unsigned)(dice % 100), stem = (unsigned)(dice >> 8) % 8;
    char name[32];
    snprintf(name, sizeof name, "%s-%u", stems[stem], ++m->last_number);
    struct part p = {name,         "hcsctl", SHAPE_SILO, (uint8_t)((dice >> 16) % PLAYS),
                     LIFE_RUNNING, minutes,  true};
    p.shape = kind < 45 ? SHAPE_SILO : kind < 60 ? SHAPE_SILO_ZERO : kind < 92 ? SHAPE_HYPERV : SHAPE_HOSTED;
    if (kind % 5 == 0) {
        p.name = NULL;
        p.owner = "docker";
    }
    if (p.shape == SHAPE_HOSTED && m->n_systems + 1 >= m->options.systems) {
        p.shape = SHAPE_HYPERV; /* there is no room for two */
    }
    if (p.shape == SHAPE_HOSTED) {
        p.owner = SHIM;
        p.name = name;
        add_hosted(m, &p);
    } else {
        add_part(m, &p);
    }
}

void cast_born(struct machine *m)
{
    add_likely(m, 0);
}

void cast_populate(struct machine *m)
{
    for (size_t i = 0; i < sizeof cast / sizeof *cast && m->n_systems < m->options.systems; i++) {
        add_part(m, &cast[i]);
    }
    while (m->n_systems < m->options.systems) {
        add_likely(m, (int)(machine_random(m) % 20000));
    }
}

#include <stdio.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/text.h"
#include "core/whois.h"
#include "ui/cli/command.h"
#include "ui/cli/out.h"

struct search {
    struct who who;
    bool done;
};

static void on_who(void *user, const struct who *who)
{
    *(struct search *)user = (struct search){*who, true};
}

static struct who ask(struct cli *cli, uint32_t pid, const struct host_table *host)
{
    const struct container **all = mem_new(model_count(cli->model) + 1, sizeof *all);
    struct host_source ours = {0}; /* stands for it: nothing is read here */
    const struct host_source *asked = session_host(cli->session, 0, &ours);
    size_t n = 0, cursor = 0;
    for (const struct container *c; (c = model_next(cli->model, &cursor));) {
        if (session_host(cli->session, c->id, &ours) == asked) {
            all[n++] = c;
        }
    }
    struct who who = hostmap_who(pid, host, all, n);
    free(all);
    struct search search = {.who = who};
    if (who.relation == RELATION_HOST && whois_new(cli->session, pid, host, &ours, asked, on_who, &search)) {
        cli_wait(cli, &search.done);
    }
    return search.who;
}

static void print_json(const struct host_process *p, uint32_t asked, const struct who *who,
                       const struct container *c)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "pid", p->pid);
    out_pid(o, "thread", asked != p->pid ? asked : 0);
    out_string(o, "name", p->name);
    out_string(o, "container", c ? c->name : NULL);
    out_string(o, "container_id", c ? c->key : NULL);
    cJSON_AddStringToObject(o, "relation", relation_word(who->relation));
    out_pid(o, "container_pid", who->container_pid);
    out_string(o, "membership", who->relation == RELATION_PROCESS ? membership_word(who->membership) : NULL);
    out_string(o, "unlisted_container", who->unlisted);
    out_json(o);
}

static void add_relation(struct text *t, const struct who *who, const struct container *c)
{
    char remark[HOSTMAP_REMARK];
    const char *mode = c ? isolation_word(c->isolation, c->hypervisor) : NULL;
    if (who->relation == RELATION_UNLISTED) {
        text_addf(t, "is in container %.12s, which no engine here knows: its cgroup says so", who->unlisted);
    } else if (!c) {
        text_add(t, "belongs to the host, to no container");
    } else if (who->relation == RELATION_PROCESS && who->container_pid) {
        text_addf(t, "is process %u of container %s (%s isolation)", who->container_pid, c->name, mode);
    } else {
        text_addf(t, "is %s %s of container %s (%s isolation)",
                  who->relation == RELATION_PROCESS ? "a" : "the", relation_word(who->relation), c->name,
                  mode);
    }
    hostmap_who_remark(who, remark, sizeof remark);
    if (remark[0]) {
        text_addf(t, ".%s", remark);
    }
}

static void print_sentence(const struct host_process *p, uint32_t asked, const struct who *who,
                           const struct container *c)
{
    struct text t = {0};
    if (asked != p->pid) {
        text_addf(&t, "%u is a thread of ", asked);
    }
    text_addf(&t, "%u (%s)%s ", p->pid, p->name ? p->name : "?", asked != p->pid ? ", which" : "");
    if (p->ended) {
        text_add(&t, "has ended, and waits for its parent (a zombie); it ");
    }
    add_relation(&t, who, c);
    struct text clean = {0};
    text_add_clean(&clean, text_of(&t), t.len);
    out_line(text_of(&clean));
    text_done(&clean);
    text_done(&t);
}

/* A thread has a number of its own, which is no row of the table. */
static const struct host_process *find_process(struct cli *cli, uint32_t asked, const struct host_table *host)
{
    const struct host_process *p = host_table_find(host, asked);
    if (!p) {
        struct host_source *ours = cli->parts->host_open(cli->loop);
        struct host_source *source = session_host(cli->session, 0, ours);
        bool able = source && source->process_of_thread;
        p = host_table_find(host, able ? source->process_of_thread(source, asked) : 0);
        cli->parts->host_close(ours);
    }
    return p;
}

static int answer(struct cli *cli, uint32_t asked)
{
    struct host_table *host = cli_host_table(cli, 0);
    if (!host) {
        return 1;
    }
    const struct host_process *p = find_process(cli, asked, host);
    if (!p) {
        cli_say("the host has no process %u", asked);
        host_table_free(host);
        return 1;
    }
    struct who who = ask(cli, p->pid, host);
    const struct container *c = model_get(cli->model, who.container);
    if (cli->json) {
        print_json(p, asked, &who, c);
    } else {
        print_sentence(p, asked, &who, c);
    }
    host_table_free(host);
    return 0;
}

static int run(struct cli *cli, struct args *args)
{
    char **words, *end = NULL;
    int n, code = cli_words(&cli_command_who, args, NULL, NULL, &words, &n);
    unsigned long pid = n > 0 ? strtoul(words[0], &end, 10) : 0;
    bool number = n == 1 && *end == 0 && pid > 0 && pid <= UINT32_MAX;
    free(words);
    if (code >= 0) {
        return code;
    }
    if (!number) {
        return cli_wrong(&cli_command_who, "who takes one host pid, a positive number");
    }
    return cli_open(cli, true) ? answer(cli, (uint32_t)pid) : EXIT_ENGINE;
}

const struct cli_command cli_command_who = {
    .name = "who",
    .synopsis = "PID",
    .words =
        "Tell which container a process (or thread) of the host belongs to, if any, and its number there",
    .json = true,
    .run = run,
};

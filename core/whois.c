#include "core/whois.h"

#include <stdlib.h>

#include "core/memory.h"

struct whois {
    struct session *session;
    uint32_t pid;
    const struct host_table *host;
    container_id *ids; /* still to be asked: from `next` on */
    size_t n, next;
    struct op *op;
    void (*cb)(void *user, const struct who *who);
    void *user;
};

static bool host_knows(const struct host_table *host, const char *key)
{
    for (size_t i = 0; i < host->count; i++) {
        if (host_process_in(&host->rows[i], key)) {
            return true;
        }
    }
    return false;
}

static void find_candidates(struct whois *w, struct host_source *ours, const struct host_source *asked)
{
    struct model *m = session_model(w->session);
    size_t cursor = 0;
    w->ids = mem_new(model_count(m) + 1, sizeof *w->ids);
    for (const struct container *c; (c = model_next(m, &cursor));) {
        bool may =
            c->isolation == ISOLATION_PROCESS && state_has_processes(c->state) && !c->why_not[VERB_PROCESSES];
        if (may && session_host(w->session, c->id, ours) == asked && !host_knows(w->host, c->key)) {
            w->ids[w->n++] = c->id;
        }
    }
}

static void whois_free(struct whois *w)
{
    free(w->ids);
    free(w);
}

static void finish(struct whois *w, struct who who)
{
    void (*cb)(void *user, const struct who *who) = w->cb;
    void *user = w->user;
    whois_free(w);
    cb(user, &who);
}

static void ask_next(struct whois *w);

static void on_table(void *user, struct answer *answer)
{
    struct whois *w = user;
    uint32_t inside = 0;
    w->op = NULL;
    if (answer->processes && hostmap_is_among(w->pid, w->host, answer->processes, &inside)) {
        finish(w, (struct who){.relation = RELATION_PROCESS,
                               .container = w->ids[w->next - 1],
                               .container_pid = inside});
    } else if (w->next < w->n) {
        ask_next(w);
    } else {
        finish(w, (struct who){.relation = RELATION_HOST});
    }
}

static void ask_next(struct whois *w)
{
    w->op = session_processes(w->session, w->ids[w->next++], on_table, w);
}

struct whois *whois_new(struct session *s, uint32_t pid, const struct host_table *host,
                        struct host_source *ours, const struct host_source *asked,
                        void (*cb)(void *user, const struct who *who), void *user)
{
    struct whois *w = mem_new(1, sizeof *w);
    *w = (struct whois){.session = s, .pid = pid, .host = host, .cb = cb, .user = user};
    find_candidates(w, ours, asked);
    if (w->n == 0) {
        whois_free(w);
        return NULL;
    }
    ask_next(w);
    return w;
}

void whois_cancel(struct whois *w)
{
    if (w) {
        op_cancel(w->op);
        whois_free(w);
    }
}

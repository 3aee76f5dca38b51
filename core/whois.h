/* core/whois.h - who is that host pid, where the host itself does not tell which container a process is in
 * (Windows): the containers whose processes it sees are asked for their tables, one after the other, until
 * one has it. */
#ifndef CORE_WHOIS_H
#define CORE_WHOIS_H

#include "core/hostmap.h"
#include "core/session.h"

struct whois;

/* Which containers it may be in is decided here: those that run under process isolation on the host `asked`
 * (as session_host says; ours: the program's own), and of whom the host's table knows no process. cb is
 * called once, from the loop, with RELATION_PROCESS or RELATION_HOST; the search is gone by then. NULL:
 * nobody is to be asked, cb is not called. host must live as long as the search. */
struct whois *whois_new(struct session *s, uint32_t pid, const struct host_table *host,
                        struct host_source *ours, const struct host_source *asked,
                        void (*cb)(void *user, const struct who *who), void *user);
void whois_cancel(struct whois *w);

#endif

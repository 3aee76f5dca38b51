/* tests/backends/windaemon.h - the transcript of a Windows daemon, for a pretender, whose containers have ids
 * that the Host Compute Service knows as well.
 *
 * It has "web" and "cache" (hyperv), which run, and "old", which has exited. To be killed all of them answer
 * that docker was asked; their processes are "docker-says.exe".
 */
#ifndef TESTS_BACKENDS_WINDAEMON_H
#define TESTS_BACKENDS_WINDAEMON_H

#include "tests/backends/pretender.h"

extern const char WINDAEMON_OLD[]; /* the id of "old" */

struct windaemon { /* {0}: empty */
    struct rule rules[32];
    int n_rules;
    char *texts[64];
    int n_texts;
};

/* Also anew: the pretender that has the rules answers by the new ones. isolation: that of "web". */
void windaemon_fill(struct windaemon *w, const char *web, const char *cache, const char *isolation);
void windaemon_done(struct windaemon *w);

#endif

/* tests/backends/pretender.h - somebody who answers like a Docker daemon, from a table, on a unix socket, in
 * the loop of the test.
 */
#ifndef TESTS_BACKENDS_PRETENDER_H
#define TESTS_BACKENDS_PRETENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct pretender;

struct rule {            /* the first one whose request is how a request begins answers it */
    const char *request; /* "GET /_ping"; NULL: the end of the table */
    const char *status;  /* "200 OK"; NULL: that */
    const char *headers; /* further ones, each with its end of line; NULL none */
    const char *body;
    bool stays;           /* the answer has no end: a stream */
    struct rule *changes; /* whose body is `into` when this has been asked; NULL none */
    const char *into;
};

struct pretender *pretender_new(uv_loop_t *loop, const char *path, const struct rule *rules);
void pretender_free(struct pretender *p); /* the loop must turn once more */

void pretender_cut(struct pretender *p,
                   size_t bytes); /* after so many it closes every connection; from now on */
void pretender_say(struct pretender *p, const char *text);           /* on all answers that stay */
int pretender_count(const struct pretender *p, const char *request); /* how many have begun so; "" all */
size_t pretender_sent(const struct pretender *p);

#endif

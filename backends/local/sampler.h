/* backends/local/sampler.h - reads what containers use, once a second, on a thread. */
#ifndef BACKENDS_LOCAL_SAMPLER_H
#define BACKENDS_LOCAL_SAMPLER_H

#include "backends/local/engine.h"

struct sampler *sampler_new(struct local *l);
void sampler_close(struct sampler *s); /* the timer ends */
void sampler_free(struct sampler *s);  /* when nothing uses it any more */
void sampler_kick(
    struct sampler *s); /* containers came or changed: those wanted and not yet read are read now */

#endif

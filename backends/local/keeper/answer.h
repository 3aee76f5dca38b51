/* backends/local/keeper/answer.h - the one line that whoever starts this program waits for. */
#ifndef BACKENDS_LOCAL_KEEPER_ANSWER_H
#define BACKENDS_LOCAL_KEEPER_ANSWER_H

#include "core/error.h"

/* {"ok":true}, or {"error":{"kind","native","text"}}; then our standard streams lead to /dev/null. */
void answer(const struct error *why);

#endif

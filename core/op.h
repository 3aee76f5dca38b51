/* core/op.h - one question to an engine, from the asking to the answer.
 *
 * The asker makes an op and hands it to the engine with the question. The engine answers it exactly once,
 * at any moment, also from inside the asking; the asker hears it once, later, from the loop. After
 * op_cancel() the asker hears nothing, and his memory may be gone; the engine's late answer is swallowed.
 */
#ifndef CORE_OP_H
#define CORE_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/process.h"

struct uv_loop_s;
struct host_table;
struct image_list;
struct op;

struct answer {       /* what an engine says; {0} is plain success */
    struct error why; /* kind ERROR_NONE: it went well */
    char *remark; /* what was done harsher or weaker than it was asked for, and why: a sentence as remark.h
                     words it, or what an engine warns of in its own words; for the person; also with a
                     failure, of a step before it. NULL: nothing */
    char *text;   /* inspect: JSON; launch: the new container's key; import: the image's name */
    char *lost; /* launch, refused: what cannot go along, as options, parted by "; "; NULL: another reason */
    struct process_table *processes;
    struct image_list *images;
    struct host_table *host;
    struct namespace_table *namespaces;
};

/* Frees the parts that are left in it; afterwards it is {0}. */
void answer_done(struct answer *answer);

/* The answer is borrowed for the call; to keep a part, take its pointer and leave NULL there. */
typedef void (*op_cb)(void *user, struct answer *answer);

/* done of total bytes (total 0: unknown; both 0: not counted in bytes), and a few words on what is being
 * done. */
typedef void (*op_progress_cb)(void *user, uint64_t done, uint64_t total, const char *words);

/* For askers. */
struct op *op_new(struct uv_loop_s *loop, op_cb cb, void *user);
void op_on_progress(struct op *op, op_progress_cb cb);
void op_cancel(struct op *op); /* not after the callback has begun */
void op_stop(struct op *op);   /* the same, but the asker hears how it ended; for ops with a hook */

/* For engines. Each of the four ends the op: it must not be used again. */
void op_finish(struct op *op, struct answer *answer); /* moves the parts out of *answer */
void op_succeed(struct op *op);
void op_succeed_with(struct op *op, const char *remark); /* copies; NULL: as op_succeed */
void op_fail(struct op *op, const struct error *why);

void op_progress(struct op *op, uint64_t done, uint64_t total, const char *words);

/* The engine is told at once when the asker cancels, so that it can stop working; it must still end the op,
 * later or from inside. At most one hook; NULL removes it. */
void op_on_cancel(struct op *op, void (*hook)(void *data), void *data);
bool op_cancelled(const struct op *op);

#endif

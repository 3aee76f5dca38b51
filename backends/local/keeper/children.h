/* backends/local/keeper/children.h - who has ended.
 *
 * A keeper is the parent of the runtime that it starts and, as a subreaper, of what the runtime leaves
 * behind: the first process of the container and those of execs. The loop runs on the first thread, which
 * starts them all; what other threads start is theirs to wait for.
 */
#ifndef BACKENDS_LOCAL_KEEPER_CHILDREN_H
#define BACKENDS_LOCAL_KEEPER_CHILDREN_H

#include <sys/types.h>
#include <uv.h>

struct children;

/* code: as a shell tells it, 128 + n when killed by signal n. Always from the loop. */
typedef void (*child_cb)(void *user, int code);

struct children *children_new(uv_loop_t *loop);
void children_close(struct children *c); /* frees it once the loop has let go */

void children_watch(struct children *c, pid_t pid, child_cb cb, void *user);
void children_forget(struct children *c, const void *user); /* whatever was watched for him */

/* Between begin and end, processes that end before they are watched are remembered: they belong to a start
 * under way. */
void children_begin(struct children *c);
void children_end(struct children *c);

#endif

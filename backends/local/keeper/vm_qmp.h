/* backends/local/keeper/vm_qmp.h - QEMU's control connection (QEMU Machine Protocol): one JSON object a line.
 */
#ifndef BACKENDS_LOCAL_KEEPER_VM_QMP_H
#define BACKENDS_LOCAL_KEEPER_VM_QMP_H

#include <cjson/cJSON.h>
#include <uv.h>

#include "core/error.h"

struct qmp;

/* what: QEMU's "return" part, borrowed; NULL: it refused, why tells. */
typedef void (*qmp_cb)(void *user, const cJSON *what, const struct error *why);

struct qmp *qmp_new(uv_loop_t *loop, int fd); /* takes fd, and says "qmp_capabilities" */
void qmp_close(struct qmp *q);                /* callbacks that are open are not called any more */

/* Answers come in the order of the questions. arguments (may be NULL) is freed; cb may be NULL. */
void qmp_ask(struct qmp *q, const char *command, cJSON *arguments, qmp_cb cb, void *user);

/* Gives QEMU a copy of a descriptor, under a name for "fd:NAME". */
void qmp_pass(struct qmp *q, const char *name, int fd);

/* Saves the machine's state into an empty file, but for memory that is shared, which is saved already; how
 * far that is, "query-migrate" tells. Restores it: cb is told whether QEMU has begun. The file stays open
 * here. */
void qmp_save(struct qmp *q, int fd);
void qmp_restore(struct qmp *q, int fd, qmp_cb cb, void *user);

#endif

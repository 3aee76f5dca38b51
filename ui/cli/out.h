/* ui/cli/out.h - what subcommands print: aligned columns for people, JSON for programs. */
#ifndef UI_CLI_OUT_H
#define UI_CLI_OUT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/container.h"
#include "core/error.h"
#include "core/hostmap.h"

/* Standard output: what is printed is gathered here, and written with out_flush, when much has come together,
 * and at the end. A slow reader is waited for; a pipe that somebody else has made non-blocking loses nothing.
 */
void out_printf(const char *fmt, ...) ERROR_PRINTF(1, 2);
void out_line(const char *s); /* and a newline */
bool out_flush(void);         /* false: not everything could be written, and nothing will be any more */

/* Flushes and says what could not be written. Returns `code`; if that is 0 and something is missing: 1, or
 * 128 + SIGPIPE, silently, when the reader has gone. */
int out_end(int code);

/* Says it on standard error, behind what was printed before. */
void out_error(const char *text);

enum { COLUMN_LEFT, COLUMN_RIGHT };

struct columns; /* a table that is printed when it is complete, so that columns are as wide as needed */

struct columns *columns_new(const char *const *titles, const int *align, int n); /* borrowed; n columns */
void columns_add(struct columns *c, const char *const *cells); /* copies, cleaned of control characters */
void columns_print(struct columns *c);                         /* to standard output; frees */
void columns_free(struct columns *c);                          /* without printing */

void out_json(cJSON *value); /* prints it, indented, with a newline; frees */

/* null for 0 or NULL, as the stable JSON of `--json` wants it. */
void out_time(cJSON *object, const char *name, int64_t ms);
void out_string(cJSON *object, const char *name, const char *s);
void out_pid(cJSON *object, const char *name, uint32_t pid);

/* An op_progress_cb: one line on standard error that is written over, if that is a terminal. The end takes it
 * away. */
void out_progress(void *user, uint64_t done, uint64_t total, const char *words);
void out_progress_end(void);

/* "crossings": null where its engine tells none, or none is known and there may be some. */
cJSON *out_crossings(const struct container *c, const struct namespaces *n);

/* "facts": one of each namespace, with its state, where it was read, and what its engine says beside it. */
cJSON *out_facts(const struct namespaces *n);

cJSON *out_process(const struct process *p);
cJSON *out_workers(const struct container *c);

#endif

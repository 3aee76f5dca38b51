/* ui/cli/standard.h - our standard streams beside the loop: nothing is lost, and nothing waits for them
 * there.
 *
 * A thread writes, and another reads, so that the loop goes on while the other side is slow, and no
 * descriptor that others share is made non-blocking (ui/cli/fd.h).
 */
#ifndef UI_CLI_STANDARD_H
#define UI_CLI_STANDARD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct uv_loop_s;
struct writer;
struct reader;

/* Writes to descriptors 1 and 2, in the order in which it is given bytes for them: they may be the same
 * terminal. SIGPIPE is ignored from here on. changed: some has left, or writing has failed; from the loop. */
struct writer *writer_new(struct uv_loop_s *loop, void (*changed)(void *user), void *user);
void writer_add(struct writer *w, int fd, const char *data, size_t len); /* copies; after a failure: drops */
size_t writer_queued(struct writer *w);                                  /* bytes that have not left */

/* 0, or the errno with which writing has failed, and where; EPIPE: the reader of standard output is gone,
 * which is noticed also while there is nothing to write (not on Windows). */
int writer_error(struct writer *w, int *fd);

/* Gives up what is queued. The memory goes when the loop has run again. */
void writer_close(struct writer *w);

/* Reads descriptor 0. got: len bytes; 0: its end; less: an error. Nothing more comes until reader_want, which
 * ends the use of the bytes that came. */
struct reader *reader_new(struct uv_loop_s *loop, void (*got)(void *user, const char *data, ssize_t len),
                          void *user);
void reader_want(struct reader *r); /* again while it is wanted already: nothing */
void reader_close(struct reader *r);

#endif

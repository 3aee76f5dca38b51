/* backends/hcs/ferry.h - carries over to the loop what is heard on threads that are not ours.
 *
 * Messages name their receiver by a number, never by a pointer: it may be gone when they arrive. Whoever may
 * send later holds a reference; the ferry lives until it is closed and the last reference is dropped, however
 * late that is.
 */
#ifndef BACKENDS_HCS_FERRY_H
#define BACKENDS_HCS_FERRY_H

#include <stdint.h>

struct ferry;
struct uv_loop_s;

enum ferry_kind { FERRY_ANSWER, FERRY_EVENT };

struct ferry_message {
    struct ferry_message *next;
    enum ferry_kind kind;
    uint64_t to;
    int32_t value;  /* HRESULT of an answer, type of an event */
    char *document; /* NULL: none */
};

/* arrived is called from the loop, in the order of sending; it may take the document and leave NULL there. */
struct ferry *ferry_new(struct uv_loop_s *loop, void (*arrived)(void *user, struct ferry_message *),
                        void *user);
void ferry_close(struct ferry *f,
                 void (*done)(void *user)); /* nothing arrives any more; then done, with the same user */

/* From any thread. */
void ferry_hold(struct ferry *f);
void ferry_drop(struct ferry *f);
void ferry_send(struct ferry *f, enum ferry_kind kind, uint64_t to, int32_t value,
                char *document); /* takes document */

#endif

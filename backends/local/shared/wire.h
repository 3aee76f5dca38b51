/* backends/local/shared/wire.h - the frames between a keeper and its clients, and between a keeper and the
 * agent in its VM. Pure.
 *
 * A frame: 8 bytes, then the payload. Little endian:  u32 payload length (at most WIRE_PAYLOAD), u8 version
 * (1), u8 type, u16 channel. On a keeper's socket each connection is one conversation and the channel is 0.
 *
 * A client opens with one of WIRE_ATTACH, WIRE_EXEC, WIRE_CONTROL. Answers: WIRE_OPENED (attach, exec), then
 * WIRE_OUTPUT..., then WIRE_EXIT; WIRE_DONE (control); or WIRE_ERROR at any time, which ends the
 * conversation. To an attach that asks for a replay, a WIRE_OUTPUT without bytes says that the replay has
 * ended: what follows is printed from then on. Older clients make nothing of it; older keepers do not say it,
 * but none of them replays more than WIRE_REPLAY bytes. A client need not wait for WIRE_OPENED before it
 * sends input: that is kept for the process. WIRE_PROCESSES and WIRE_STATISTICS, which only the keeper of a
 * VM knows how to answer, are answered by WIRE_ROWS... and WIRE_DONE.
 *
 * Between keeper and guest agent one connection carries many conversations, each on a channel of its own;
 * channel 0 is about the machine. The agent begins with WIRE_HELLO. The keeper then says WIRE_SETUP (answered
 * by WIRE_DONE or WIRE_ERROR), and opens a channel by WIRE_RUN (answered by WIRE_OPENED, then as for a
 * client), WIRE_PROCESSES or WIRE_STATISTICS. WIRE_EXIT, WIRE_DONE and WIRE_ERROR end a channel. In each
 * direction, bytes of WIRE_INPUT and WIRE_OUTPUT that have not been handed on are at most WIRE_WINDOW;
 * whoever hands on tells so by WIRE_CREDIT. Payloads of pairs are those of shared/words.h.
 */
#ifndef BACKENDS_LOCAL_SHARED_WIRE_H
#define BACKENDS_LOCAL_SHARED_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

enum {
    WIRE_HEADER = 8,
    WIRE_PAYLOAD = 64 * 1024,
    WIRE_VERSION = 1,
    WIRE_WINDOW = 256 * 1024,
    WIRE_REPLAY = 64 * 1024
};

enum wire_type {
    /* from the client */
    WIRE_ATTACH = 1, /* JSON {"rows","cols","input","replay"} */
    WIRE_EXEC,       /* JSON {"argv"[],"env"[],"workdir","user","terminal","input","rows","cols"} */
    WIRE_CONTROL,    /* JSON {"verb":"start|stop|kill|pause|resume|shutdown","signal","timeout"} */
    WIRE_INPUT,      /* bytes */
    WIRE_INPUT_END,  /* empty */
    WIRE_RESIZE,     /* u16 rows, u16 cols */
    WIRE_SIGNAL,     /* u8 number */
    WIRE_PROCESSES,  /* empty */
    WIRE_STATISTICS, /* empty */
    /* from the keeper */
    WIRE_OPENED = 32, /* empty */
    WIRE_OUTPUT,      /* u8 stream (0 out, 1 err), bytes */
    WIRE_EXIT,        /* i32 exit code */
    WIRE_DONE,        /* of a control: UTF-8 sentence on what became harsher than was asked; else empty */
    WIRE_ERROR,       /* u8 enum error_kind, i32 native, UTF-8 sentence */
    WIRE_ROWS,        /* pairs: of each process, beginning with "pid"; or of the statistics */
    /* keeper and guest agent only */
    WIRE_HELLO = 64, /* empty: the guest has booted */
    WIRE_SETUP,      /* pairs: what the machine is to be */
    WIRE_RUN,        /* pairs: a process to start */
    WIRE_CREDIT,     /* u32 bytes that were handed on */
    WIRE_CLOCK       /* i64 ns since 1970: what time it is */
};

struct wire_frame {
    enum wire_type type;
    uint16_t channel;
    const unsigned char *payload; /* borrowed: good until the next wire_feed or wire_next */
    size_t len;
};

struct wire; /* takes bytes as they come, gives frames */

struct wire *wire_new(void);
void wire_free(struct wire *w);
void wire_feed(struct wire *w, const void *bytes, size_t len);

/* 1: *frame is the next; 0: more bytes are needed; -1 and e: nonsense, the connection is to be closed. */
int wire_next(struct wire *w, struct wire_frame *frame, struct error *e);

/* Writes a header into out. */
void wire_header(unsigned char out[WIRE_HEADER], enum wire_type type, uint16_t channel, size_t len);

/* A whole frame; the caller frees; *size is its length. len at most WIRE_PAYLOAD. */
unsigned char *wire_pack(enum wire_type type, uint16_t channel, const void *payload, size_t len,
                         size_t *size);
unsigned char *wire_pack_error(const struct error *why, size_t *size);
uint32_t wire_get_u32(const unsigned char *p);
void wire_put_u32(unsigned char *p, uint32_t value);
void wire_unpack_error(const struct wire_frame *frame, struct error *why);

#endif

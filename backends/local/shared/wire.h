/* backends/local/shared/wire.h - the frames between a keeper and its clients (and later the agent in a VM). Pure.
 *
 * A frame: 8 bytes, then the payload. Little endian:  u32 payload length (at most WIRE_PAYLOAD), u8 version (1), u8 type,
 * u16 channel. On a keeper's socket each connection is one conversation and the channel is 0.
 *
 * A client opens with one of WIRE_ATTACH, WIRE_EXEC, WIRE_CONTROL. Answers: WIRE_OPENED (attach, exec), then WIRE_OUTPUT...,
 * then WIRE_EXIT; WIRE_DONE (control); or WIRE_ERROR at any time, which ends the conversation. A client need not wait for
 * WIRE_OPENED before it sends input: that is kept for the process.
 */
#ifndef BACKENDS_LOCAL_SHARED_WIRE_H
#define BACKENDS_LOCAL_SHARED_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

enum { WIRE_HEADER = 8, WIRE_PAYLOAD = 64 * 1024, WIRE_VERSION = 1 };

enum wire_type {
    /* from the client */
    WIRE_ATTACH = 1, /* JSON {"rows","cols","input","replay"} */
    WIRE_EXEC,       /* JSON {"argv"[],"env"[],"workdir","user","terminal","input","rows","cols"} */
    WIRE_CONTROL,    /* JSON {"verb":"start|stop|kill|pause|resume|shutdown","signal","timeout"} */
    WIRE_INPUT,      /* bytes */
    WIRE_INPUT_END,  /* empty */
    WIRE_RESIZE,     /* u16 rows, u16 cols */
    WIRE_SIGNAL,     /* u8 number */
    /* from the keeper */
    WIRE_OPENED = 32, /* empty */
    WIRE_OUTPUT,      /* u8 stream (0 out, 1 err), bytes */
    WIRE_EXIT,        /* i32 exit code */
    WIRE_DONE,        /* empty */
    WIRE_ERROR        /* u8 enum error_kind, i32 native, UTF-8 sentence */
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
unsigned char *wire_pack(enum wire_type type, uint16_t channel, const void *payload, size_t len, size_t *size);
unsigned char *wire_pack_error(const struct error *why, size_t *size);
void wire_unpack_error(const struct wire_frame *frame, struct error *why);

#endif

/* backends/hcs/result.h - HRESULTs and error documents of HCS as errors that a person can act on. Pure. */
#ifndef BACKENDS_HCS_RESULT_H
#define BACKENDS_HCS_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"

/* Conditions that the engine tells apart. Both families of numbers, 0x8037xxxx (computecore) and 0xC037xxxx
 * (vmcompute), give the same. */
enum hcs_condition {
    HCS_WELL,
    HCS_GONE,    /* no such system or process (any more) */
    HCS_STOPPED, /* it has ended already */
    HCS_WRONG_STATE,
    HCS_REFUSED,      /* rights are missing */
    HCS_SERVICE_GONE, /* the service went away: handles are lost, it may come back */
    HCS_SERVICE_MISSING,
    HCS_GOES_ON,    /* no end of it yet: the service is at it, or the guest has hung up since it is ending */
    HCS_NOT_TAKEN,  /* the call, or its document: another form of it may be */
    HCS_NO_PROGRAM, /* create_process: it is not there */
    HCS_FAILED      /* anything else */
};

enum hcs_condition result_condition(int32_t result);

/* "cannot <what>: <meaning>; <what to do> (HCS_E_...)", with the service's own message when the document
 * brings one. Returns -1. */
int result_error(struct error *e, int32_t result, const char *document, const char *what);

#endif

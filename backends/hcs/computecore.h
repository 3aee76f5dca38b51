/* backends/hcs/computecore.h - the Host Compute Service of this Windows (computecore.dll) as a provider, and
 * the engine "hcs" over it. The address is not used. Refused calls (0x8037011B) are answered as such; what to
 * do is in result.c. */
#ifndef BACKENDS_HCS_COMPUTECORE_H
#define BACKENDS_HCS_COMPUTECORE_H

#include "backends/hcs/hcs.h"

extern const struct hcs_service_type computecore_service;
extern const struct backend_type computecore_backend;

#endif

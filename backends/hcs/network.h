/* backends/hcs/network.h - a container's endpoint on this Windows, and its network namespace.
 *
 * Who asks chooses the GUIDs, so that both can be found again. Everything waits. Results are HRESULTs; with a
 * failure HCN's error record is added to `record`, where it gives one.
 */
#ifndef BACKENDS_HCS_NETWORK_H
#define BACKENDS_HCS_NETWORK_H

#include <cjson/cJSON.h>
#include <stdint.h>
#include <windows.h>

#include "core/text.h"

struct network;

struct network *network_new(void);
void network_free(struct network *n);

/* A HostComputeEndpoint; its HostComputeNetwork is a name or a GUID, and where it has none the NAT network of
 * this host is taken. 0x803B0001: there is no such network. */
int32_t network_create_endpoint(struct network *n, const GUID *id, const char *name, const cJSON *settings,
                                struct text *record);

/* With that endpoint in it; what is half made is taken back. */
int32_t network_create_namespace(struct network *n, const GUID *id, const GUID *endpoint,
                                 struct text *record);

/* Both, whichever is there; S_FALSE: neither was. */
int32_t network_remove(struct network *n, const GUID *endpoint, const GUID *space, struct text *record);

#endif

/* backends/hcs/scratch.h - writable layers of containers on this Windows: made, mounted, removed.
 *
 * Each is a folder of the container's name in %ProgramData%\porthole\scratch, which only administrators and
 * the system may open. The folder is the record of a launch as well: it is made before everything else and
 * removed after it, so that what a killed porthole has left is found by it.
 *
 * Everything waits, and is called by one thread at a time. Results are HRESULTs. It needs the rights of an
 * administrator: 0x80070522 where they are missing.
 */
#ifndef BACKENDS_HCS_SCRATCH_H
#define BACKENDS_HCS_SCRATCH_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

#include "core/text.h"

struct scratch;

struct scratch *scratch_new(void);
void scratch_free(struct scratch *s); /* containers that are being launched are anybody's from now on */

/* The GUID that Windows makes of a name: of a layer's folder, its id. */
int32_t scratch_name_to_guid(struct scratch *s, const char *name, GUID *guid);

/* The arrangements of service.h, with the same documents. */
int32_t scratch_create(struct scratch *s, const char *id, const cJSON *layers, struct text *answer);
int32_t scratch_mount(struct scratch *s, const char *id, const cJSON *layers, struct text *answer);
int32_t scratch_remove(struct scratch *s, const char *id);

bool scratch_exists(const char *id);

/* From scratch_create to scratch_remove or scratch_free a container is in the hands of who launches it. */
bool scratch_is_held(const char *id);                      /* by any program, ours too */
bool scratch_is_others(struct scratch *s, const char *id); /* by another */

bool scratch_program_data(struct text *path); /* adds %ProgramData%, as Windows itself knows it: the
                                                 environment is the caller's to change */

/* The names of all containers that have a folder, as mem_strings makes them; the caller frees. */
char **scratch_all(void);

#endif

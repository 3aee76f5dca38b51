/* tests/windows/standin/records.h - what the stand-ins know of each other, and what outlives the program that
 * loads them, as a real host does: layers, endpoints, namespaces, compute systems. Each is a JSON file in
 * %ProgramData%\standin\KIND, named by its GUID or id.
 *
 * PORTHOLE_STANDIN_FAIL=Function in the environment: its first call fails, maybe after it has done what it
 * should. PORTHOLE_STANDIN_DIE=Function: the program is killed there.
 */
#ifndef TESTS_WINDOWS_RECORDS_H
#define TESTS_WINDOWS_RECORDS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <windows.h>

#define RECORD_LAYERS     "layers" /* {Path, State: 0 made, 1 activated, 2 prepared, Chain: [paths], Volume} */
#define RECORD_ENDPOINTS  "endpoints"  /* HostComputeEndpoint, with HostComputeNamespace when it is in one */
#define RECORD_NAMESPACES "namespaces" /* {ID} */
#define RECORD_SYSTEMS    "systems"    /* {Id, Document, Started, Process: ProcessParameters} */

cJSON *record_read(const char *kind, const char *name);             /* NULL: there is none */
void record_write(const char *kind, const char *name, cJSON *json); /* takes json */
void record_remove(const char *kind, const char *name);

/* The first for which it says yes, for the caller to free, and its name when that is not NULL. */
cJSON *record_find(const char *kind, bool (*is_it)(const cJSON *json, const void *user), const void *user,
                   char name[80]);

void record_name_to_guid(const char *name, GUID *guid); /* as NameToGuid: always the same for a name */
void record_guid_text(const GUID *guid, char out[40]);

bool standin_fails(const char *function); /* this call, by PORTHOLE_STANDIN_FAIL */
void standin_misused(const char *what);   /* ends the program with a sentence and exit code 99 */

#endif

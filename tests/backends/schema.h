/* tests/backends/schema.h - does a document fit a definition of Microsoft's schema of HCS documents?
 *
 * Strict: a member that the definition does not name is wrong, which the schema itself lets pass. Knows what
 * that file uses: $ref, type, enum, properties, items, additionalProperties, and the integer formats.
 */
#ifndef TESTS_BACKENDS_SCHEMA_H
#define TESTS_BACKENDS_SCHEMA_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* The schema beside the work tree; NULL: it is not there. The caller frees with cJSON_Delete. */
cJSON *schema_load(void);

/* False: `why` names the member and what is wrong with it. */
bool schema_fits(const cJSON *schema, const char *definition, const cJSON *document, bool strict, char *why,
                 size_t room);

#endif

/* backends/json.h - reading cJSON with defaults and limits. */
#ifndef BACKENDS_JSON_H
#define BACKENDS_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

/* Parses exactly len bytes; NULL and e when it is not JSON, nested too deep, or longer than `limit` bytes.
 * The caller frees with cJSON_Delete. */
cJSON *json_parse(const char *text, size_t len, size_t limit, struct error *e);

/* Reads a whole file of at most `limit` bytes as JSON. */
cJSON *json_read_file(const char *path, size_t limit, struct error *e);

/* The same of a file that porthole wrote itself and acts on: refused (ERROR_DENIED) when another user could
 * have written it, see core/trust.h. */
cJSON *json_read_own_file(const char *path, size_t limit, struct error *e);

/* A member by path "a.b.c"; NULL when it, or anything on the way, is missing or no object. */
const cJSON *json_at(const cJSON *object, const char *path);

const char *json_string(const cJSON *object, const char *path, const char *otherwise); /* borrowed */
double json_number(const cJSON *object, const char *path, double otherwise);
int64_t json_integer(const cJSON *object, const char *path,
                     int64_t otherwise); /* clamped; fractions are cut */
bool json_bool(const cJSON *object, const char *path, bool otherwise);

const char *json_word(const cJSON *value); /* of a string; "" of anything else, NULL too; borrowed */

/* An array of strings in one block as mem_strings makes, other elements left out; NULL when it is no array.
 */
char **json_strings(const cJSON *object, const char *path);

void json_add_strings(cJSON *object, const char *name, const char *const *strings); /* NULL: adds nothing */

#endif

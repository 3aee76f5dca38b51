/* backends/hcs/document.h - what HCS tells, as records. Pure.
 *
 * HCS leaves out zero counters and the state of what was never started, and newer builds add fields and
 * words: unknown ones are passed over. Numbers are taken up to 2^53, which no counter reaches (100 ns units:
 * 28 years of CPU time). Names of fields: Microsoft's published schema of HCS documents, definitions
 * Properties, ComputeSystemProperties, Statistics, ProcessDetails, ProcessStatus.
 */
#ifndef BACKENDS_HCS_DOCUMENT_H
#define BACKENDS_HCS_DOCUMENT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/container.h"
#include "core/error.h"
#include "core/process.h"

enum { HCS_DOCUMENT_MOST = 64 << 20 }; /* bytes of one document that are taken */

enum hcs_kind {
    HCS_KIND_CONTAINER,
    HCS_KIND_TEMPLATE,   /* what Hyper-V containers are cloned from */
    HCS_KIND_UTILITY_VM, /* containerd's: its containers are not systems of their own */
    HCS_KIND_WSL,
    HCS_KIND_SANDBOX,
    HCS_KIND_VM
};

struct hcs_system { /* an element of an enumeration, or a basic property document; strings are borrowed, NULL:
                       none */
    const char *id; /* never NULL */
    const char *name, *owner;
    const char *runtime_id;  /* GUID of the VM behind it; NULL also for the zero GUID */
    const char *hosting_id;  /* id of the system whose VM it runs in */
    const char *object_root; /* "\\.\Silos\1720" */
    bool is_vm, is_template, is_linux;
    enum container_state state; /* Stopped: EXITED; a word that is not known: RUNNING */
    bool is_saved;              /* its state is SavedAsTemplate */
};

struct hcs_statistics {
    bool known;         /* false: the document had none, as for what does not run */
    int64_t when;       /* ms since 1970 */
    int64_t started;    /* ms since 1970; 0 unknown */
    uint64_t cpu_100ns; /* of all processors */
    uint64_t memory;    /* private working set, bytes */
};

struct hcs_exit { /* of a process */
    bool known;   /* false: it has not ended, or how is not known */
    uint32_t code;
};

/* Parses a whole document; NULL and e when it is no JSON or too long. */
cJSON *document_parse(const char *text, struct error *e);

/* Reads an enumeration element by element, so that it never stands in memory as a whole, and calls each for
 * those that have an id. Returns how many there were; -1 and e: it is no JSON array, or is broken behind
 * those that were told. */
int document_systems(const char *text, void (*each)(void *user, const struct hcs_system *), void *user,
                     struct error *e);

/* False: it is no object with an id. */
bool document_system(const cJSON *object, struct hcs_system *out);

/* Process or VM, and why that is so: a constant sentence. The order of the tests is that of Microsoft's own
 * tools: what stands behind a VM has a RuntimeId. */
enum isolation document_isolation(const struct hcs_system *s, const char **reason);

enum hcs_kind document_kind(const struct hcs_system *s);
const char *document_kind_words(enum hcs_kind kind); /* "a utility VM of containerd", ... */

/* A label for the tool behind an owner's name; the name itself when it is not known; NULL for NULL. */
const char *document_owner(const char *owner);

struct hcs_statistics document_statistics(const cJSON *properties);

/* NULL: the document has no process list. shared: the host sees them under the same numbers. */
struct process_table *document_processes(const cJSON *properties, bool shared);

/* How a system has ended, of its SystemExitStatus; NULL, or nothing that is known: not told. */
enum hcs_end { HCS_END_NOT_TOLD, HCS_END_BY_ITSELF, HCS_END_FORCED };
enum hcs_end document_system_end(const char *status);

/* How many processes; -1: the document has no list. */
int32_t document_process_count(const cJSON *properties);

uint64_t document_vm_memory(const cJSON *properties); /* bytes that are assigned to a VM; 0 unknown */

struct hcs_exit document_process_exit(const cJSON *status);

/* "2.5": the newest schema that the service speaks; false: the document does not tell. */
bool document_schema(const cJSON *properties, int *major, int *minor);

#endif

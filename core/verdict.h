/* core/verdict.h - in which isolation mode an image can run on a host: what will work, what will not, and
 * why. Pure; the rules of Windows, and the engine's own word where there is no build number to go by.
 *
 * Sources, in brackets in what follows and in struct verdict:
 *   [versions]  Microsoft Learn, Windows containers: "Version compatibility"
 *   [hyperv]    Microsoft Learn, Windows containers: "Isolation modes"
 *   [hcsshim]   github.com/microsoft/hcsshim, osversion/platform_compat_windows.go
 *   [moby]      github.com/moby/moby, checkImageCompatibility of pull_v2_windows.go
 */
#ifndef CORE_VERDICT_H
#define CORE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/isolation.h"
#include "core/session.h"

enum verdict_kind { VERDICT_OK, VERDICT_WARN, VERDICT_REFUSE };

enum { VERDICT_REASON = 400 };

struct verdict {
    enum isolation mode;
    enum verdict_kind kind;
    char reason[VERDICT_REASON]; /* one sentence */
    const char *source;          /* where it is written; "engine": its own word */
};

/* What a mode comes to. image_build 0: unknown. */
void verdict_windows(const struct windows_host *host, uint32_t image_build, enum isolation mode,
                     struct verdict *out);

/* The mode of a launch that asks for none: process on servers, hyperv on clients [hyperv]. */
enum isolation verdict_windows_default(const struct windows_host *host);

/* What a mode comes to on an engine that is online: the rules of its Windows, if it is one, and its own
 * offer. image_os: as struct image has it; NULL unknown. */
void verdict_here(const struct engine *e, const char *image_os, enum isolation mode, struct verdict *out);

/* The build in "20348", "10.0.20348", "10.0.20348.2700" or "windows 10.0.20348.2700"; 0: there is none. */
uint32_t verdict_build(const char *version);

bool verdict_edition(const char *word,
                     enum windows_edition *out); /* "server", "pro", "home"; false: another word */

/* "Windows Server 2022", "Windows 11 24H2"; NULL: a build that is none of the known ones. */
const char *verdict_build_name(const struct windows_host *host);

const char *verdict_word(enum verdict_kind kind); /* "ok", "warn", "refuse" */

#endif

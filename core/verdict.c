#include "core/verdict.h"

#include <stdio.h>
#include <string.h>

static const char VERSIONS[] = "learn.microsoft.com, Windows containers: Version compatibility";
static const char MODES[] = "learn.microsoft.com, Windows containers: Isolation modes";
static const char HCSSHIM[] = "github.com/microsoft/hcsshim: osversion/platform_compat_windows.go";
static const char MOBY[] = "github.com/moby/moby: pull_v2_windows.go";

enum {
    BUILD_2016 = 14393,
    BUILD_1809 = 17763, /* Windows Server 2019, Windows 10 1809 */
    BUILD_2022 = 20348,
    BUILD_2025 = 26100
};

static const struct {
    uint32_t build;
    const char *server, *client; /* NULL: there is none */
} builds[] = {
    {14393, "Windows Server 2016", "Windows 10 1607"},
    {15063, NULL, "Windows 10 1703"},
    {16299, "Windows Server 1709", "Windows 10 1709"},
    {17134, "Windows Server 1803", "Windows 10 1803"},
    {17763, "Windows Server 2019", "Windows 10 1809"},
    {18362, "Windows Server 1903", "Windows 10 1903"},
    {18363, "Windows Server 1909", "Windows 10 1909"},
    {19041, "Windows Server 2004", "Windows 10 2004"},
    {19042, "Windows Server 20H2", "Windows 10 20H2"},
    {19043, NULL, "Windows 10 21H1"},
    {19044, NULL, "Windows 10 21H2"},
    {19045, NULL, "Windows 10 22H2"},
    {20348, "Windows Server 2022", NULL},
    {22000, NULL, "Windows 11 21H2"},
    {22621, NULL, "Windows 11 22H2"},
    {22631, NULL, "Windows 11 23H2"},
    {25398, "Windows Server 23H2", NULL},
    {26100, "Windows Server 2025", "Windows 11 24H2"},
    {26200, NULL, "Windows 11 25H2"},
};

const char *verdict_build_name(const struct windows_host *host)
{
    for (size_t i = 0; i < sizeof builds / sizeof *builds; i++) {
        if (builds[i].build == host->build) {
            return host->edition == WINDOWS_SERVER ? builds[i].server : builds[i].client;
        }
    }
    return NULL;
}

const char *verdict_word(enum verdict_kind kind)
{
    static const char *const words[] = {
        [VERDICT_OK] = "ok", [VERDICT_WARN] = "warn", [VERDICT_REFUSE] = "refuse"};
    return words[kind];
}

bool verdict_edition(const char *word, enum windows_edition *out)
{
    static const struct {
        const char *word;
        enum windows_edition edition;
    } words[] = {{"server", WINDOWS_SERVER}, {"pro", WINDOWS_PRO}, {"home", WINDOWS_HOME}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i].word, word) == 0) {
            *out = words[i].edition;
            return true;
        }
    }
    return false;
}

/* Digits only, from 1 to six of them; *end is behind them. 0: it is no such number. */
static uint32_t read_number(const char *s, const char **end)
{
    uint32_t value = 0;
    size_t len = strspn(s, "0123456789");
    *end = s + len;
    for (size_t i = 0; len <= 6 && i < len; i++) {
        value = value * 10 + (uint32_t)(s[i] - '0');
    }
    return value;
}

uint32_t verdict_build(const char *version)
{
    const char *end;
    if (!version) {
        return 0;
    }
    version += strncmp(version, "windows ", 8) == 0 ? 8 : 0;
    bool whole = strncmp(version, "10.0.", 5) == 0;
    uint32_t build = read_number(version + (whole ? 5 : 0), &end);
    if (whole && *end == '.') { /* the revision: 1809 and later do not mind it */
        end += 1 + strspn(end + 1, "0123456789");
    }
    return *end == '\0' ? build : 0;
}

enum isolation verdict_windows_default(const struct windows_host *host)
{
    return host->edition == WINDOWS_SERVER ? ISOLATION_PROCESS : ISOLATION_VM;
}

static void rule(struct verdict *out, enum verdict_kind kind, const char *source, const char *reason)
{
    out->kind = kind;
    out->source = source;
    snprintf(out->reason, sizeof out->reason, "%s", reason);
}

/* The oldest build that a host of 20348 or later takes under process isolation: the nearest stable ABI that
 * is older than itself [hcsshim]. */
static uint32_t oldest_taken(uint32_t host)
{
    return host > BUILD_2025 ? BUILD_2025 : BUILD_2022;
}

/* "20348 only", "20348 to 25398" */
static const char *taken(uint32_t host, char out[32])
{
    uint32_t oldest = host < BUILD_2022 ? host : oldest_taken(host);
    if (oldest == host) {
        snprintf(out, 32, "%u only", host);
    } else {
        snprintf(out, 32, "%u to %u", oldest, host);
    }
    return out;
}

static void built_for_another(uint32_t host, uint32_t image, struct verdict *out)
{
    char builds_taken[32];
    out->kind = VERDICT_REFUSE;
    out->source = VERSIONS;
    snprintf(out->reason, sizeof out->reason,
             "the image is built for %u, and this host takes %s; hyperv runs it", image,
             taken(host, builds_taken));
}

/* Builds only, whatever the edition. */
static void process_by_builds(uint32_t host, uint32_t image, struct verdict *out)
{
    char builds_taken[32];
    if (host < BUILD_2022 ? image != host : image < BUILD_2022) {
        built_for_another(host, image, out);
    } else if (host == BUILD_2016) {
        rule(out, VERDICT_WARN, VERSIONS, "on this host the revisions of both must be the same, too");
    } else if (host >= BUILD_2022 && image < oldest_taken(host)) {
        out->kind = VERDICT_WARN;
        out->source = HCSSHIM;
        snprintf(out->reason, sizeof out->reason,
                 "uncertain: hcsshim takes %s on this host, Microsoft's page also older ones",
                 taken(host, builds_taken));
    } else {
        rule(out, VERDICT_OK, VERSIONS, "the builds fit");
    }
}

/* Clients take process isolation since 1809, for development and test only [hyperv]. */
static void process_on_client(const struct windows_host *host, uint32_t image, struct verdict *out)
{
    if (host->build < BUILD_1809) {
        rule(out, VERDICT_REFUSE, MODES,
             "a Windows client takes process isolation from build 17763 (1809) on only; use hyperv");
        return;
    }
    process_by_builds(host->build, image, out);
    if (out->kind == VERDICT_OK) {
        rule(out, VERDICT_WARN, MODES,
             "on a Windows client for development and test only; it must be asked for, and needs Docker "
             "18.09");
    }
}

void verdict_windows(const struct windows_host *host, uint32_t image_build, enum isolation mode,
                     struct verdict *out)
{
    *out = (struct verdict){.mode = mode};
    if (host->edition == WINDOWS_HOME) {
        rule(out, VERDICT_REFUSE, MODES, "Windows Home has no containers; Pro and Enterprise have");
    } else if (mode != ISOLATION_PROCESS && mode != ISOLATION_VM) {
        rule(out, VERDICT_WARN, MODES, "nothing is known of this mode");
    } else if (image_build == 0) {
        rule(out, VERDICT_WARN, VERSIONS, "it is not known for which build the image is made");
    } else if (image_build > host->build) {
        out->kind = VERDICT_REFUSE;
        out->source = MOBY;
        snprintf(out->reason, sizeof out->reason,
                 "the image is built for %u and this host is %u: an image newer than the host never runs",
                 image_build, host->build);
    } else if (mode == ISOLATION_VM) {
        rule(out, VERDICT_OK, VERSIONS, "its own kernel runs images of the host's build and older ones");
    } else if (host->edition == WINDOWS_SERVER) {
        process_by_builds(host->build, image_build, out);
    } else {
        process_on_client(host, image_build, out);
    }
}

static const struct mode_offer *offer_of(const struct engine *e, enum isolation mode)
{
    for (size_t i = 0; i < e->n_offers; i++) {
        if (e->offers[i].mode == mode) {
            return &e->offers[i];
        }
    }
    return NULL;
}

void verdict_here(const struct engine *e, const char *image_os, enum isolation mode, struct verdict *out)
{
    const struct mode_offer *offer = offer_of(e, mode);
    *out = (struct verdict){.mode = mode};
    rule(out, VERDICT_OK, "engine", "works here");
    if (e->windows.build) {
        verdict_windows(&e->windows, verdict_build(image_os), mode, out);
    }
    if (out->kind == VERDICT_REFUSE) {
        return;
    }
    if (!offer || offer->why_not) {
        rule(out, VERDICT_REFUSE, "engine", offer ? offer->why_not : "the engine does not offer it");
    } else if (offer->cost) {
        size_t len = strlen(out->reason);
        snprintf(out->reason + len, sizeof out->reason - len, "; it costs %s", offer->cost);
    }
}

/* One NtQuerySystemInformation gives every process with its times and memory, and needs no rights. What needs
 * the process to be opened (command line, user, silo) is asked once in its life, and remembered for as long
 * as its pid and start time stay the same.
 */
#include "backends/host/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <winternl.h>

#include "backends/host/reader.h"
#include "backends/host/windows_process.h"
#include "core/memory.h"
#include "core/text.h"

#define MISMATCH ((NTSTATUS)0xC0000004) /* STATUS_INFO_LENGTH_MISMATCH */

enum { PROCESS_CLASS = 5, SNAPSHOT_ROOM = 1 << 19, SNAPSHOT_LIMIT = 1 << 28, NAME_ROOM = 512 };

struct process_information { /* SYSTEM_PROCESS_INFORMATION in full; winternl.h has a part of it */
    ULONG next, threads;
    LARGE_INTEGER private_working_set;
    ULONG hard_faults, threads_most;
    ULONGLONG cycles;
    LARGE_INTEGER created, user_time, kernel_time; /* created: 100 ns since 1601 */
    UNICODE_STRING image;
    LONG priority;
    HANDLE pid, parent;
};

struct known { /* what is remembered of a process; in the order of pids */
    uint32_t pid;
    int64_t created;
    struct windows_process process;
};

struct host {
    struct host_reader reader;
    char *room; /* of the snapshot */
    ULONG room_len;
    struct known *old;
    size_t n_old;
    char *system, *name;
};

static void forget(struct known *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(list[i].process.command);
        free(list[i].process.user);
    }
    free(list);
}

static void free_host(struct host_reader *reader)
{
    struct host *h = (struct host *)reader;
    forget(h->old, h->n_old);
    free(h->room);
    free(h->system);
    free(h->name);
    free(h);
}

/* Reading. */

static bool snapshot(struct host *h, struct error *why)
{
    NTSTATUS status = MISMATCH;
    for (ULONG needed = 0; status == MISMATCH && h->room_len <= SNAPSHOT_LIMIT;) {
        if (h->room == NULL || needed > 0) {
            h->room_len = needed > h->room_len ? needed + needed / 4
                          : h->room_len        ? h->room_len * 2
                                               : SNAPSHOT_ROOM;
            free(h->room);
            h->room = mem_new(h->room_len, 1);
        }
        status =
            NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)PROCESS_CLASS, h->room, h->room_len, &needed);
        needed = needed > 0 ? needed : 1;
    }
    if (status < 0) {
        error_set(why, ERROR_OTHER, (int32_t)status,
                  "Cannot read the host's processes: Windows answers 0x%08lx; try again",
                  (unsigned long)status);
        return false;
    }
    return true;
}

static int64_t unix_ms(int64_t filetime)
{
    return filetime > 0 ? filetime / 10000 - INT64_C(11644473600000) : 0;
}

static void name_of(const struct process_information *p, char out[NAME_ROOM])
{
    int n = p->image.Length > 0
                ? WideCharToMultiByte(CP_UTF8, 0, p->image.Buffer, p->image.Length / (int)sizeof(WCHAR), out,
                                      NAME_ROOM - 1, NULL, NULL)
                : 0;
    struct text clean = {0};
    text_add_clean(&clean, out, (size_t)n);
    snprintf(out, NAME_ROOM, "%s", clean.len > 0 ? clean.data : p->pid ? "" : "System Idle Process");
    text_done(&clean);
}

static int compare_known(const void *a, const void *b)
{
    const struct known *left = a, *right = b;
    return (left->pid > right->pid) - (left->pid < right->pid);
}

/* Moves what is remembered of it; else asks. */
static void know(struct host *h, struct known *k)
{
    struct known *before = h->n_old ? bsearch(k, h->old, h->n_old, sizeof *h->old, compare_known) : NULL;
    if (before && before->created == k->created) {
        k->process = before->process;
        before->process = (struct windows_process){0};
    } else if (k->pid != 0) {
        windows_process_read(&k->process, k->pid);
    }
}

static void add_row(struct host_table *t, const struct process_information *p, const struct known *k)
{
    char name[NAME_ROOM], vm[VM_ID];
    name_of(p, name);
    bool works = windows_process_vm(&k->process, name, vm);
    host_table_add(
        t, &(struct host_process){.pid = k->pid,
                                  .parent = (uint32_t)(uintptr_t)p->parent,
                                  .name = name[0] ? name : NULL,
                                  .command = k->process.command,
                                  .user = k->process.user,
                                  .vm = works ? vm : NULL,
                                  .silo = k->process.silo,
                                  .cpu_100ns = (uint64_t)(p->user_time.QuadPart + p->kernel_time.QuadPart),
                                  .memory = (uint64_t)p->private_working_set.QuadPart,
                                  .created = unix_ms(p->created.QuadPart)});
}

static size_t count(const char *first)
{
    size_t n = 1;
    for (const struct process_information *p = (const void *)first; p->next;
         p = (const void *)((const char *)p + p->next)) {
        n++;
    }
    return n;
}

static char *what_is_missing(size_t refused)
{
    struct text t = {0};
    if (refused > 0) {
        text_addf(
            &t,
            "%zu process%s cannot be opened: command line, user and VM are unknown there; run porthole as "
            "administrator to see them",
            refused, refused == 1 ? "" : "es");
    }
    return t.len > 0 ? text_take(&t) : NULL;
}

static struct host_table *read_host(struct host_reader *reader, struct error *why)
{
    struct host *h = (struct host *)reader;
    if (!snapshot(h, why)) {
        return NULL;
    }
    size_t n = count(h->room), refused = 0;
    struct known *now = mem_new(n, sizeof *now);
    struct host_table *t = host_table_new();
    const struct process_information *p = (const void *)h->room;
    for (size_t i = 0; i < n; i++, p = (const void *)((const char *)p + p->next)) {
        now[i] = (struct known){.pid = (uint32_t)(uintptr_t)p->pid, .created = p->created.QuadPart};
        know(h, &now[i]);
        refused += now[i].process.refused;
        add_row(t, p, &now[i]);
    }
    qsort(now, n, sizeof *now, compare_known);
    forget(h->old, h->n_old);
    h->old = now;
    h->n_old = n;
    host_table_sort(t);
    t->missing = what_is_missing(refused);
    return t;
}

/* The system. */

/* A value of ...\Windows NT\CurrentVersion, as UTF-8 into out; "" when there is none. */
static const char *version_value(const wchar_t *name, char *out, int room)
{
    WCHAR wide[128];
    DWORD size = sizeof wide;
    out[0] = '\0';
    if (RegGetValueW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", name,
                     RRF_RT_REG_SZ, NULL, wide, &size) == 0) {
        WideCharToMultiByte(CP_UTF8, 0, wide, -1, out, room, NULL, NULL);
        out[room - 1] = '\0';
    }
    return out;
}

/* "Windows Server 2022 Standard, Server Core (10.0.20348)". The registry still says Windows 10 on 11: the
 * build decides. */
static char *system_words(void)
{
    char product[128], kind[64], build[32];
    struct text t = {0};
    version_value(L"CurrentBuildNumber", build, sizeof build);
    version_value(L"ProductName", product, sizeof product);
    version_value(L"InstallationType", kind, sizeof kind);
    char *ten =
        strncmp(product, "Windows 10", 10) == 0 && atoi(build) >= 22000 ? strstr(product, "10") : NULL;
    if (ten) {
        ten[1] = '1';
    }
    text_add_clean(&t, product[0] ? product : "Windows", strlen(product[0] ? product : "Windows"));
    if (strcmp(kind, "Server Core") == 0 || strcmp(kind, "Nano Server") == 0) {
        text_addf(&t, ", %s", kind);
    }
    if (build[0]) {
        text_addf(&t, " (10.0.%d)", atoi(build));
    }
    return text_take(&t);
}

static char *host_name(void)
{
    WCHAR wide[256];
    DWORD n = sizeof wide / sizeof *wide;
    char name[1024] = "localhost";
    if (GetComputerNameExW(ComputerNameDnsHostname, wide, &n)) {
        WideCharToMultiByte(CP_UTF8, 0, wide, -1, name, sizeof name, NULL, NULL);
    }
    struct text t = {0};
    text_add_clean(&t, name, strlen(name));
    return text_take(&t);
}

struct host_source *host_open(struct uv_loop_s *loop)
{
    static const struct host_reader_type type = {.read = read_host, .free = free_host};
    struct host *h = mem_new(1, sizeof *h);
    h->system = system_words();
    h->name = host_name();
    return host_reader_begin(&h->reader, &type, loop, h->system, h->name);
}

void host_close(struct host_source *source)
{
    host_reader_close((struct host_reader *)source);
}

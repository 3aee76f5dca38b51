/* What had to be tried out is kept in DATA/vm.json: QEMU's version by the program's fingerprint, KVM's
 * verdict by the boot of the machine. */
#include "backends/local/shared/vm_host.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/json.h"
#include "backends/local/shared/command.h"
#include "backends/local/shared/state.h"
#include "core/memory.h"
#include "core/program.h"
#include "core/text.h"

enum { VERDICT_LIMIT = 64 * 1024, VERSION_SECONDS = 20 };

static const char KVM[] = "/dev/kvm";

void vm_host_done(struct vm_host *h)
{
    free(h->qemu);
    free(h->mksquashfs);
    free(h->agent);
    free(h->version);
    free(h->virtiofsd);
    free(h->kvm_why);
    guest_kernel_done(&h->kernel);
    *h = (struct vm_host){0};
}

static char *verdict_path(const struct paths *p)
{
    struct text t = {0};
    text_addf(&t, "%s/vm.json", p->data);
    return text_take(&t);
}

static char *fingerprint(const char *path)
{
    struct text t = {0};
    guest_fingerprint(&t, path);
    return text_take(&t);
}

/* "QEMU emulator version 7.2.22 (Debian ...)" */
static char *ask_version(const char *qemu)
{
    char output[1024];
    const char *const argv[] = {qemu, "--version", NULL};
    char *at = command_run(argv, output, sizeof output, VERSION_SECONDS, NULL) == 0
                   ? strstr(output, "version ")
                   : NULL;
    if (!at) {
        return NULL;
    }
    at += strlen("version ");
    struct text clean = {0};
    text_add_clean(&clean, at, strcspn(at, " \n"));
    return text_take(&clean);
}

static void write_verdict(const struct paths *p, const struct vm_host *h)
{
    char *file = verdict_path(p), *print = fingerprint(h->qemu), *boot = state_boot_id();
    struct text fresh = {0};
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "qemu", print);
    cJSON_AddStringToObject(o, "version", h->version ? h->version : "");
    if (h->kvm != VM_KVM_UNTRIED) {
        cJSON_AddStringToObject(o, "boot", boot);
        cJSON_AddBoolToObject(o, "kvm", h->kvm == VM_KVM_WORKS);
        cJSON_AddStringToObject(o, "why", h->kvm_why ? h->kvm_why : "");
    }
    char *text = cJSON_PrintUnformatted(o);
    text_addf(&fresh, "%s.%ld", file, (long)getpid());
    int fd = open(text_of(&fresh), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0) {
        bool whole = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
        close(fd);
        if (!whole || rename(text_of(&fresh), file) < 0) {
            unlink(text_of(&fresh)); /* it is tried again then; nothing worse */
        }
    }
    cJSON_free(text);
    cJSON_Delete(o);
    text_done(&fresh);
    free(boot);
    free(print);
    free(file);
}

static void read_kvm(const cJSON *o, struct vm_host *h)
{
    char *boot = state_boot_id();
    bool fits = strcmp(json_string(o, "boot", ""), boot) == 0;
    free(boot);
    if (access(KVM, R_OK | W_OK) < 0) {
        h->kvm = VM_KVM_FAILS;
        h->kvm_why =
            mem_string(errno == ENOENT ? "there is no /dev/kvm" : "/dev/kvm may not be used by this user");
    } else if (fits && json_bool(o, "kvm", false)) {
        h->kvm = VM_KVM_WORKS;
    } else if (fits) {
        h->kvm = VM_KVM_FAILS;
        h->kvm_why = mem_string(json_string(o, "why", "a guest did not run"));
    }
}

static void recall(const struct paths *p, struct vm_host *h)
{
    char *file = verdict_path(p), *print = fingerprint(h->qemu);
    cJSON *o = json_read_own_file(file, VERDICT_LIMIT, NULL);
    bool known = strcmp(json_string(o, "qemu", ""), print) == 0;
    read_kvm(known ? o : NULL, h);
    if (known) {
        h->version = mem_string(json_string(o, "version", ""));
    } else {
        h->version = ask_version(h->qemu);
        write_verdict(p, h);
    }
    cJSON_Delete(o);
    free(print);
    free(file);
}

void vm_host_remember(const struct paths *p, const struct vm_host *h, const char *why)
{
    struct vm_host known = *h;
    known.kvm = why ? VM_KVM_FAILS : VM_KVM_WORKS;
    known.kvm_why = (char *)(uintptr_t)why;
    write_verdict(p, &known);
}

void vm_host_templates(const struct paths *p, size_t *count, uint64_t *bytes)
{
    struct text pattern = {0};
    glob_t found = {0};
    *count = 0;
    *bytes = 0;
    text_addf(&pattern, "%s/templates/*/m*", p->data); /* memory and machine */
    if (glob(text_of(&pattern), GLOB_NOSORT, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            struct stat st;
            bool there = stat(found.gl_pathv[i], &st) == 0;
            *bytes += there ? (uint64_t)st.st_blocks * 512 : 0;
            *count += there && strcmp(strrchr(found.gl_pathv[i], '/'), "/machine") == 0;
        }
    }
    globfree(&found);
    text_done(&pattern);
}

static char *find_virtiofsd(void)
{
    static const char *const places[] = {"/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd",
                                         "/usr/libexec/qemu/virtiofsd"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (access(places[i], X_OK) == 0) {
            return mem_string(places[i]);
        }
    }
    return program_find("virtiofsd");
}

static bool missing(struct error *e, const char *what, const char *package)
{
    error_set(e, ERROR_UNSUPPORTED, 0, "VM isolation needs %s: install the package %s", what, package);
    return false;
}

bool vm_host_find(const struct paths *p, struct vm_host *out, struct error *e)
{
    *out = (struct vm_host){.qemu = program_find("qemu-system-x86_64"),
                            .mksquashfs = program_find("mksquashfs"),
                            .agent = paths_helper("porthole-guest"),
                            .virtiofsd = find_virtiofsd()};
    bool ok = false;
    if (!out->qemu) {
        missing(e, "qemu-system-x86_64", "qemu-system-x86");
    } else if (!out->mksquashfs) {
        missing(e, "mksquashfs", "squashfs-tools");
    } else if (access(out->agent, R_OK) < 0) {
        error_set(e, ERROR_UNSUPPORTED, 0,
                  "this build cannot launch VMs: it was made without the guest agent (%s)", out->agent);
    } else {
        ok = guest_kernel_find(p, &out->kernel, e);
    }
    if (ok) {
        recall(p, out);
    } else {
        vm_host_done(out);
    }
    return ok;
}

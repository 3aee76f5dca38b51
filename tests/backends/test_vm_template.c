/* The template of VMs: nobody who has a descriptor of what several VMs use can change it, least of all a QEMU
 * whose guest has broken out. The QEMU is real; it needs no guest for that. */
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/local/keeper/vm_qemu.h"
#include "backends/local/keeper/vm_sealed.h"
#include "backends/local/keeper/vm_template.h"
#include "backends/local/keeper/vm_user.h"
#include "backends/local/shared/command.h"
#include "core/memory.h"
#include "core/program.h"

enum { MEMORY_MB = 128, SECRET_AT = 3 * 1024 * 1024, PATIENCE = 500 };

static const char SECRET[] = "the kernel of all VMs";

struct room {
    char folder[64];
    struct paths *paths;
    struct vm_plan plan;
};

static void write_file(const char *path, const void *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

static char *in_room(const struct room *r, const char *name)
{
    struct text t = {0};
    text_addf(&t, "%s/%s", r->folder, name);
    return text_take(&t);
}

/* A program that QEMU takes for a kernel: a multiboot header that tells its own place, and "hlt" for ever. */
static void write_kernel(const char *path)
{
    uint32_t words[12] = {0x1BADB002, 0x10000,  0,        0x100000,   0x100000,
                          0x100030,   0x100030, 0x100020, 0xFEF4F4F4, 0xFEEBF4FA};
    words[2] = 0U - words[0] - words[1];
    write_file(path, words, sizeof words);
}

static int setup(void **state)
{
    struct room *r = mem_new(1, sizeof *r);
    struct error e = {0};
    snprintf(r->folder, sizeof r->folder, "/tmp/porthole-template-XXXXXX");
    assert_non_null(mkdtemp(r->folder));
    setenv("PORTHOLE_STATE", r->folder, 1);
    r->paths = paths_new(&e);
    assert_non_null(r->paths);
    r->plan = (struct vm_plan){.memory_mb = MEMORY_MB, .cpus = 1};
    r->plan.host.qemu = program_find("qemu-system-x86_64");
    r->plan.host.kernel.version = mem_string("none");
    r->plan.host.kernel.image = in_room(r, "kernel");
    r->plan.initramfs = in_room(r, "initramfs");
    r->plan.disk = in_room(r, "disk");
    r->plan.scratch = in_room(r, "scratch");
    write_kernel(r->plan.host.kernel.image);
    write_file(r->plan.initramfs, "initramfs", 9);
    write_file(r->plan.disk, r->folder, sizeof r->folder);
    assert_int_equal(truncate(r->plan.disk, 1 << 20), 0);
    write_file(r->plan.scratch, "", 0);
    assert_int_equal(truncate(r->plan.scratch, 1 << 20), 0);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct room *r = *state;
    vm_plan_done(&r->plan);
    paths_remove_tree(r->folder, NULL);
    paths_free(r->paths);
    free(r);
    return 0;
}

/* A template as a QEMU would leave it, kept; its files are open. */
static void make_template(struct room *r, struct vm_template *t)
{
    struct error e = {0};
    vm_template_name(r->paths, &r->plan, t);
    assert_true(vm_template_begin(t, &e));
    assert_int_equal(pwrite(t->memory, SECRET, sizeof SECRET, SECRET_AT), sizeof SECRET);
    assert_int_equal(pwrite(t->machine, "devices", 7, 0), 7);
    assert_true(vm_template_seal(t, &e));
    if (!vm_template_keep(r->paths, t, &e)) {
        fail_msg("%s", e.text);
    }
}

static ino_t inode_of(int fd)
{
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    return st.st_ino;
}

static bool has_secret(int fd)
{
    char got[sizeof SECRET] = "";
    return pread(fd, got, sizeof got, SECRET_AT) == sizeof got && memcmp(got, SECRET, sizeof got) == 0;
}

/* All that can be done to a file through a descriptor of it; true: one of it could be. */
static bool can_change(int fd)
{
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    int again = open(name, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    bool could = false;
    for (int i = 0; i < 2; i++) {
        int each = i == 0 ? fd : again;
        void *map = each < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, each, 0);
        could = could || map != MAP_FAILED;
        if (map != MAP_FAILED) {
            munmap(map, 4096);
        }
        could = could || (each >= 0 && (pwrite(each, "evil", 4, SECRET_AT) > 0 || ftruncate(each, 0) == 0 ||
                                        ftruncate(each, (off_t)1 << 40) == 0 ||
                                        fallocate(each, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                                                  SECRET_AT + 4096) == 0));
    }
    if (again >= 0) {
        close(again);
    }
    return could;
}

static void what_is_sealed_stays(void **state)
{
    struct error e = {0};
    (void)state;
    int fd = sealed_new("porthole-test", 4 << 20, &e);
    assert_true(fd >= 0);
    assert_false(sealed_is(fd, "porthole-test", 4 << 20));
    assert_int_equal(pwrite(fd, SECRET, sizeof SECRET, SECRET_AT), sizeof SECRET);
    void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(map, MAP_FAILED);
    assert_false(sealed_close(fd, &e)); /* somebody could still write */
    munmap(map, 4096);
    assert_true(sealed_close(fd, &e));
    assert_true(sealed_is(fd, "porthole-test", 4 << 20));
    assert_true(sealed_is(fd, "porthole-test", -1));
    assert_false(sealed_is(fd, "porthole-other", -1));
    assert_false(sealed_is(fd, "porthole-test", 8 << 20));
    assert_false(can_change(fd));
    assert_true(has_secret(fd));
    close(fd);
}

static void a_copy_keeps_holes(void **state)
{
    const struct room *r = *state;
    struct error e = {0};
    struct stat st;
    char *path = in_room(r, "copy"), page[4096];
    int from = sealed_new("porthole-test", 64 << 20, &e);
    int to = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(from >= 0 && to >= 0);
    memset(page, 0, sizeof page);
    for (int i = 0; i < 100; i++) { /* written, and zero all the same */
        assert_int_equal(pwrite(from, page, sizeof page, i * 4096), sizeof page);
    }
    assert_int_equal(pwrite(from, SECRET, sizeof SECRET, SECRET_AT), sizeof SECRET);
    assert_int_equal(pwrite(from, "x", 1, (64 << 20) - 1), 1);
    assert_true(sealed_copy(from, to));
    assert_int_equal(fstat(to, &st), 0);
    assert_int_equal(st.st_size, 64 << 20);
    assert_true(st.st_blocks * 512 <= 64 * 1024);
    assert_true(has_secret(to));
    assert_int_equal(pread(to, page, 1, (64 << 20) - 1), 1);
    assert_int_equal(page[0], 'x');
    close(from);
    close(to);
    free(path);
}

static void one_copy_serves_all(void **state)
{
    struct room *r = *state;
    struct vm_template first, second;
    struct error e = {0};
    make_template(r, &first);
    vm_template_name(r->paths, &r->plan, &second);
    assert_true(vm_template_exists(&second));
    assert_true(vm_template_load(&second, &e));
    assert_int_equal(inode_of(first.memory), inode_of(second.memory));
    assert_int_not_equal(inode_of(first.machine), inode_of(second.machine)); /* its place in it is its own */
    assert_false(can_change(second.memory));
    assert_false(can_change(second.machine));
    ino_t before = inode_of(first.memory);
    vm_template_close(&first); /* the second one is a holder, too */
    assert_true(vm_template_load(&first, &e));
    assert_int_equal(inode_of(first.memory), before);
    vm_template_close(&first);
    vm_template_close(&second);
    assert_true(vm_template_load(&first, &e)); /* of the file */
    assert_true(has_secret(first.memory));
    assert_false(can_change(first.memory));
    vm_template_done(&first);
    vm_template_done(&second);
}

/* What an entry names is believed only when it is such a memory. */
static void false_holders_are_not_believed(void **state)
{
    struct room *r = *state;
    struct vm_template t;
    struct error e = {0};
    int open_one = sealed_new("porthole-evil", (off_t)MEMORY_MB << 20, &e), pipes[2];
    make_template(r, &t);
    ino_t honest = inode_of(t.memory);
    vm_template_close(&t);
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    const int numbers[] = {open_one, pipes[0], 0, 1000000, -1};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct text entry = {0};
        text_addf(&entry, "%s/holders/%d-%llu-%d", t.folder, (int)getpid(),
                  (unsigned long long)state_process_started((uint32_t)getpid()), numbers[i]);
        write_file(text_of(&entry), "", 0);
        text_clear(&entry);
        text_addf(&entry, "%s/holders/1-1-%d", t.folder, numbers[i]);
        write_file(text_of(&entry), "", 0);
        text_clear(&entry);
        text_addf(&entry, "%s/holders/nonsense-%zu", t.folder, i);
        write_file(text_of(&entry), "", 0);
        text_done(&entry);
        assert_true(vm_template_load(&t, &e));
        assert_true(has_secret(t.memory));
        assert_int_not_equal(inode_of(t.memory), honest);
        assert_int_not_equal(inode_of(t.memory), inode_of(open_one));
        vm_template_close(&t);
    }
    close(open_one);
    close(pipes[0]);
    close(pipes[1]);
    vm_template_done(&t);
}

static void a_damaged_one_is_refused(void **state)
{
    struct room *r = *state;
    struct vm_template t;
    struct error e = {0};
    make_template(r, &t);
    vm_template_close(&t);
    char *memory = NULL;
    struct text path = {0};
    text_addf(&path, "%s/memory", t.folder);
    memory = text_take(&path);
    assert_int_equal(truncate(memory, 4096), 0);
    assert_false(vm_template_load(&t, &e));
    assert_int_not_equal(e.kind, ERROR_NONE);
    assert_int_equal(t.memory, -1);
    assert_int_equal(unlink(memory), 0);
    assert_false(vm_template_load(&t, &e));
    free(memory);
    vm_template_done(&t);
}

/* QEMU could write into the files of the first format: what it made is not used, and goes. */
static void one_of_the_first_format_goes(void **state)
{
    struct room *r = *state;
    struct vm_template t;
    char *old = in_room(r, "templates/0123456789abcdef"),
         *about = in_room(r, "templates/0123456789abcdef/about");
    char *all = in_room(r, "templates");
    mkdir(all, 0700);
    assert_int_equal(mkdir(old, 0700), 0);
    write_file(about, "memory 128 MB\nprocessors 1\nemulation\n", 37);
    make_template(r, &t);
    assert_int_equal(access(old, F_OK), -1);
    assert_true(vm_template_exists(&t));
    vm_template_done(&t);
    free(all);
    free(about);
    free(old);
}

static void users_differ(void **state)
{
    const struct room *r = *state;
    struct error e = {0};
    uid_t uids[3];
    int locks[3];
    for (int i = 0; i < 3; i++) {
        locks[i] = vm_user_take(r->paths, "0123456789ab", &uids[i], &e);
        assert_true(locks[i] >= 0);
    }
    assert_true(uids[0] != uids[1] && uids[1] != uids[2] && uids[0] != uids[2]);
    uid_t first = uids[0];
    close(locks[0]);
    locks[0] = vm_user_take(r->paths, "0123456789ab", &uids[0], &e);
    assert_int_equal(uids[0], first); /* free again */
    int last = vm_user_take(r->paths, "ffffffffffff", &uids[0], &e);
    int after_last = vm_user_take(r->paths, "ffffffffffff", &uids[1], &e);
    assert_true(last >= 0 && after_last >= 0);
    assert_true(uids[0] < 0x7FFE0000 && uids[1] < 0x7FFE0000 && uids[0] != uids[1]);
    close(last);
    close(after_last);
    for (int i = 0; i < 3; i++) {
        close(locks[i]);
    }
}

/* QEMU. */

static struct room *with_qemu(void **state)
{
    struct room *r = *state;
    char *setpriv = program_find("setpriv");
    bool possible = r->plan.host.qemu && setpriv && geteuid() == 0;
    free(setpriv);
    if (!possible) {
        print_message("SKIPPED: needs root, QEMU and setpriv\n");
        skip();
    }
    return r;
}

static void pause_a_moment(void)
{
    const struct timespec t = {.tv_nsec = 20 * 1000000L};
    nanosleep(&t, NULL);
}

/* Waits until it has mapped its memory: until then it is still a helper. */
static bool has_mapped(pid_t pid, const char *what, char permissions[5])
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
    for (int i = 0; i < PATIENCE; i++) {
        FILE *file = fopen(path, "re");
        while (file && fgets(line, sizeof line, file)) {
            char found[5];
            if (strstr(line, what) && sscanf(line, "%*s %4s", found) == 1) {
                memcpy(permissions, found, 5);
                fclose(file);
                return true;
            }
        }
        if (file) {
            fclose(file);
        }
        pause_a_moment();
    }
    return false;
}

struct started {
    pid_t pid;
    uid_t uid;
    int user_lock, agent, control, log;
};

static void start_qemu(struct room *r, const struct vm_template *t, struct started *out)
{
    struct launch_spec spec = {0};
    const struct vm_shares none = {0};
    struct error e = {0};
    out->user_lock = vm_user_take(r->paths, "0123456789ab", &out->uid, &e);
    out->log = open("/dev/null", O_WRONLY | O_CLOEXEC);
    const struct vm_qemu q = {.plan = &r->plan,
                              .role = VM_ROLE_CLONE,
                              .id = "0123456789ab",
                              .spec = &spec,
                              .memory = t->memory,
                              .log = out->log,
                              .shares = &none,
                              .user = out->uid};
    out->pid = vm_qemu_start(&q, &out->agent, &out->control, &e);
    if (out->pid < 0) {
        fail_msg("%s", e.text);
    }
}

static void end_qemu(const struct started *s)
{
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    close(s->agent);
    close(s->control);
    close(s->log);
    close(s->user_lock);
}

/* Is this a file that other VMs use too? */
static bool is_shared(const struct room *r, const char *path)
{
    return strstr(path, "/memfd:porthole-") || strcmp(path, r->plan.disk) == 0 ||
           strcmp(path, r->plan.initramfs) == 0 || strcmp(path, r->plan.host.kernel.image) == 0;
}

/* In a process of QEMU's user: how many of the shared files that QEMU has open were found, or -1: one of them
 * could be changed. */
static int attack(const struct room *r, const struct started *s)
{
    char folder[64], link[384], path[512];
    int found = 0;
    bool changed = false;
    snprintf(folder, sizeof folder, "/proc/%d/fd", (int)s->pid);
    DIR *dir = opendir(folder);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        snprintf(link, sizeof link, "%s/%s", folder, entry->d_name);
        ssize_t len = readlink(link, path, sizeof path - 1);
        path[len > 0 ? len : 0] = '\0';
        if (!is_shared(r, path)) {
            continue;
        }
        found++;
        for (int i = 0; i < 2; i++) {
            int fd = open(link, (i == 0 ? O_RDONLY : O_RDWR) | O_CLOEXEC);
            changed = changed || (fd >= 0 && can_change(fd));
            if (fd >= 0) {
                close(fd);
            }
        }
    }
    if (dir) {
        closedir(dir);
    }
    return changed ? -1 : found;
}

static int attack_as(const struct room *r, const struct started *s)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (setgroups(0, NULL) < 0 || setgid((gid_t)s->uid) < 0 || setuid(s->uid) < 0) {
            _exit(100);
        }
        int found = attack(r, s);
        _exit(found < 0 ? 101 : found);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_broken_qemu_cannot_change_the_template(void **state)
{
    struct room *r = with_qemu(state);
    struct vm_template t;
    struct started s;
    char permissions[5] = "", path[64];
    struct error e = {0};
    make_template(r, &t);
    start_qemu(r, &t, &s);
    assert_true(has_mapped(s.pid, "/memfd:porthole-", permissions));
    assert_string_equal(permissions, "rw-p");
    /* The memory twice (as it was given and as QEMU opened it), kernel, initramfs and disk. */
    assert_true(attack_as(r, &s) >= 5);
    assert_true(attack_as(r, &s) < 100);
    assert_true(has_secret(t.memory));
    assert_true(attack(r, &s) <
                0); /* the attack works where nothing forbids it: root can write to the disk */
    assert_true(has_secret(t.memory)); /* but not into what is sealed */

    struct stat st;
    snprintf(path, sizeof path, "/proc/%d", (int)s.pid);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_uid, s.uid);
    end_qemu(&s);
    vm_template_close(&t);
    assert_true(vm_template_load(&t, &e));
    assert_true(has_secret(t.memory));
    vm_template_done(&t);
}

/* It is in no namespace where a socket leads anywhere. */
static void a_vm_without_a_network_has_an_empty_one(void **state)
{
    struct room *r = with_qemu(state);
    struct vm_template t;
    struct started s;
    char permissions[5], link[64], theirs[128] = "", ours[128] = "";
    make_template(r, &t);
    start_qemu(r, &t, &s);
    assert_true(has_mapped(s.pid, "/memfd:porthole-", permissions));
    snprintf(link, sizeof link, "/proc/%d/ns/net", (int)s.pid);
    assert_true(readlink(link, theirs, sizeof theirs - 1) > 0);
    assert_true(readlink("/proc/self/ns/net", ours, sizeof ours - 1) > 0);
    assert_string_not_equal(theirs, ours);
    end_qemu(&s);
    vm_template_done(&t);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_sealed_stays),
        TEST(a_copy_keeps_holes),
        TEST(one_copy_serves_all),
        TEST(false_holders_are_not_believed),
        TEST(a_damaged_one_is_refused),
        TEST(one_of_the_first_format_goes),
        TEST(users_differ),
        TEST(a_broken_qemu_cannot_change_the_template),
        TEST(a_vm_without_a_network_has_an_empty_one),
    };
#undef TEST
    return cmocka_run_group_tests_name("VM template", tests, NULL, NULL);
}

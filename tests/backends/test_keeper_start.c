/* Starts that do not come to an end: a runtime that hangs, a guest that never answers. Whatever is at work,
 * it can be stopped, killed and removed, and nothing is left of it. */
#include "tests/backends/hanging.h"
#include "tests/backends/keeperside.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backends/local/keeper/helpers.h"
#include "backends/local/shared/command.h"
#include "backends/local/shared/images.h"
#include "backends/local/shared/vm_host.h"
#include "core/memory.h"
#include "core/program.h"

enum { PATIENCE = 1000 /* moments */ };

static void touch(const char *path, const char *words, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, words, strlen(words)), strlen(words));
    close(fd);
}

static int setup(void **state)
{
    bool there = hanging_new();
    struct side *s = side_new(NULL);
    s->usable = s->usable && there && !s->paths->rootless;
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    side_free(*state);
    hanging_free();
    return 0;
}

/* The keeper's answer is waited for later. */
static int begin(struct box *b, const char *within)
{
    char *program = paths_helper("porthole-keeper");
    const char *direct[] = {program, b->id, NULL}, *limited[] = {program, "--within", within, b->id, NULL};
    struct error e = {0};
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    b->keeper = command_spawn(within ? limited : direct, (int[3]){-1, ends[1], 2}, 1, &e);
    assert_true(b->keeper > 0);
    close(ends[1]);
    free(program);
    return ends[0];
}

static void hear_answer(struct box *b, int fd)
{
    char line[4096];
    size_t len = 0;
    ssize_t n;
    struct error e;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    while (poll(&ready, 1, 30000) > 0 && (n = read(fd, line + len, sizeof line - 1 - len)) > 0) {
        len += (size_t)n;
    }
    close(fd);
    cJSON_Delete(b->answer);
    b->answer = json_parse(line, len, sizeof line, &e);
}

static int begin_hanging(struct side *s, struct box *b, const struct launch_spec *wish, const char *within)
{
    hanging_set("run", true);
    box_script(s, b, wish, "sleep 1000");
    int fd = begin(b, within);
    for (int i = 0; i < PATIENCE && !hanging_reached(); i++) {
        moment();
    }
    assert_true(hanging_reached());
    return fd;
}

/* Zombies are over. */
static bool lives(pid_t pid)
{
    char path[64], line[512] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    bool there = file && fgets(line, sizeof line, file) && !strstr(line, ") Z ");
    if (file) {
        fclose(file);
    }
    return there;
}

/* The keeper has ended, and all that it started. */
static void expect_nothing_left(struct box *b)
{
    struct text names = {0};
    assert_int_equal(box_wait(b), 0);
    if (helpers_list(b->id, &names)) {
        fail_msg("still there: %s", text_of(&names));
    }
    assert_false(box_left_anything(b));
    text_done(&names);
}

static void expect_failed(struct box *b, int fd, const char *words)
{
    struct state s;
    hear_answer(b, fd);
    assert_false(box_ok(b));
    assert_non_null(strstr(json_string(b->answer, "error.text", ""), words));
    expect_nothing_left(b);
    box_state(b, &s);
    assert_int_equal(s.state, CONTAINER_EXITED);
    assert_int_equal(s.keeper, 0);
    assert_non_null(s.note);
    assert_non_null(strstr(s.note, words));
    state_done(&s);
}

static void can_be_started_afterwards(struct box *b)
{
    hanging_set("run", false);
    box_spawn(b, NULL);
    assert_true(box_ok(b));
    assert_int_equal(box_control(b, "{\"verb\":\"kill\"}"), ERROR_NONE);
    expect_nothing_left(b);
    box_free(b);
}

static void it_is_known_while_it_starts(void **state)
{
    struct box b;
    struct state s;
    int fd = begin_hanging(side_usable(state), &b, NULL, NULL);
    box_state(&b, &s);
    assert_int_equal(s.state, CONTAINER_CREATED);
    assert_int_equal(s.keeper, b.keeper);
    state_done(&s);
    assert_int_equal(box_control(&b, "{\"verb\":\"restart\"}"), ERROR_CONFLICT);
    assert_int_equal(box_control(&b, "{\"verb\":\"shutdown\"}"), ERROR_CONFLICT);
    assert_int_equal(box_control(&b, "{\"verb\":\"kill\",\"signal\":\"TERM\"}"), ERROR_CONFLICT);
    assert_true(lives(b.keeper));
    assert_int_equal(box_control(&b, "{\"verb\":\"kill\"}"), ERROR_NONE);
    expect_failed(&b, fd, "was killed while it was being started");
    can_be_started_afterwards(&b);
}

static void it_ends_when_it_takes_too_long(void **state)
{
    struct box b;
    int fd = begin_hanging(side_usable(state), &b, NULL, "1");
    expect_failed(&b, fd, "did not start within 1 s");
    assert_int_equal(box_error(&b), ERROR_TIMEOUT);
    assert_non_null(strstr(json_string(b.answer, "error.text", ""), "(pid "));
    can_be_started_afterwards(&b);
}

static void stop_waits_and_then_ends_it(void **state)
{
    struct box b;
    int fd = begin_hanging(side_usable(state), &b, NULL, NULL);
    assert_int_equal(box_control(&b, "{\"verb\":\"stop\",\"timeout\":1}"), ERROR_NONE);
    expect_failed(&b, fd, "was stopped while it was being started");
    can_be_started_afterwards(&b);
}

static void removal_by_force_ends_it(void **state)
{
    struct box b;
    int fd = begin_hanging(side_usable(state), &b, NULL, NULL);
    assert_int_equal(box_control(&b, "{\"verb\":\"shutdown\",\"force\":true}"), ERROR_NONE);
    expect_failed(&b, fd, "was killed");
    box_free(&b);
}

static void a_network_goes_with_it(void **state)
{
    struct box b;
    struct launch_spec wish = {.network = (char *)(uintptr_t) "nat"};
    struct side *s = side_usable(state);
    char *pasta = program_find("pasta");
    free(pasta);
    if (!pasta) {
        skip();
    }
    int fd = begin_hanging(s, &b, &wish, NULL);
    assert_int_equal(box_control(&b, "{\"verb\":\"kill\"}"), ERROR_NONE);
    expect_failed(&b, fd, "was killed");
    box_free(&b);
}

static bool is_gone(const struct box *b)
{
    char *folder = paths_container(b->side->paths, b->id, NULL), *state = paths_state(b->side->paths, b->id);
    bool gone = access(folder, F_OK) < 0 && access(state, F_OK) < 0;
    free(folder);
    free(state);
    return gone;
}

static void expect_removed(struct box *b)
{
    box_spawn(b, "--remove");
    if (!box_ok(b)) {
        fail_msg("%s", json_string(b->answer, "error.text", ""));
    }
    expect_nothing_left(b);
    assert_true(is_gone(b));
}

/* Its runtime, and what that has started, are not in the state, and in no cgroup. */
static void a_keeper_that_is_killed_while_it_starts_leaves_nothing(void **state)
{
    static const char *const ways[] = {"--clean", "--remove", NULL};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct box b;
        struct launch_spec wish = {.network = (char *)(uintptr_t) "nat"};
        char *pasta = program_find("pasta");
        int fd = begin_hanging(side_usable(state), &b, pasta ? &wish : NULL, NULL);
        free(pasta);
        kill(b.keeper, SIGKILL);
        hear_answer(&b, fd);
        box_wait(&b);
        struct text names = {0};
        assert_true(helpers_list(b.id, &names));
        text_done(&names);
        if (ways[i]) {
            box_spawn(&b, ways[i]);
            assert_true(box_ok(&b));
            expect_nothing_left(&b);
            assert_int_equal(is_gone(&b), strcmp(ways[i], "--remove") == 0);
            box_free(&b);
        } else { /* the next keeper finds it too */
            can_be_started_afterwards(&b);
        }
    }
}

static void a_runtime_that_hangs_does_not_keep_it(void **state)
{
    struct box b;
    struct side *s = side_usable(state);
    hanging_set("run", false);
    box_script(s, &b, NULL, "sleep 1000");
    box_spawn(&b, NULL);
    assert_true(box_ok(&b));
    hanging_set("delete", true);
    kill(b.keeper, SIGKILL);
    box_wait(&b);
    expect_removed(&b);
    hanging_set("delete", false);
    box_free(&b);
}

static void a_container_without_its_folder_can_be_removed(void **state)
{
    struct box b;
    struct side *s = side_usable(state);
    hanging_set("run", false);
    box_script(s, &b, NULL, "sleep 1000");
    box_spawn(&b, NULL);
    assert_true(box_ok(&b));
    struct state known;
    box_state(&b, &known);
    pid_t first = (pid_t)known.pid;
    state_done(&known);
    kill(b.keeper, SIGKILL);
    box_wait(&b);
    char *rootfs = paths_container(s->paths, b.id, "rootfs"), *folder = paths_container(s->paths, b.id, NULL);
    umount2(rootfs, MNT_DETACH);
    assert_true(paths_remove_tree(folder, NULL));
    expect_removed(&b);
    assert_false(lives(first));
    expect_removed(&b); /* once more: there is nothing, and that is fine */
    free(rootfs);
    free(folder);
    box_free(&b);
}

static void a_broken_state_does_not_hide_what_runs(void **state)
{
    struct box b;
    struct state known;
    struct side *s = side_usable(state);
    hanging_set("run", false);
    box_script(s, &b, NULL, "sleep 1000");
    box_spawn(&b, NULL);
    assert_true(box_ok(&b));
    box_state(&b, &known);
    pid_t first = (pid_t)known.pid;
    state_done(&known);
    char *path = paths_state(s->paths, b.id);
    kill(b.keeper, SIGKILL);
    box_wait(&b);
    touch(path, "{", 0600);
    expect_removed(&b);
    assert_false(lives(first));
    free(path);
    box_free(&b);
}

/* Cgroups that the container has made in its own are cleared as well. */
static void nested_cgroups_go(void **state)
{
    struct box b;
    struct text path = {0};
    struct side *s = side_usable(state);
    hanging_set("run", false);
    box_script(s, &b, NULL, "sleep 1000 & sleep 1000");
    box_spawn(&b, NULL);
    assert_true(box_ok(&b));
    struct state known;
    box_state(&b, &known);
    text_addf(&path, "/sys/fs/cgroup/pids/porthole/%s", b.id);
    if (access(text_of(&path), F_OK) < 0) {
        text_clear(&path);
        text_addf(&path, "/sys/fs/cgroup/porthole/%s", b.id);
    }
    text_add(&path, "/deeper");
    assert_int_equal(mkdir(text_of(&path), 0755), 0);
    text_add(&path, "/still");
    assert_int_equal(mkdir(text_of(&path), 0755), 0);
    text_add(&path, "/cgroup.procs");
    char digits[32];
    snprintf(digits, sizeof digits, "%u", known.pid);
    touch(text_of(&path), digits, 0600);
    kill(b.keeper, SIGKILL);
    box_wait(&b);
    expect_removed(&b);
    assert_false(lives((pid_t)known.pid));
    state_done(&known);
    text_done(&path);
    box_free(&b);
}

static void what_is_left_is_told_and_stays(void **state)
{
    struct box b;
    struct side *s = side_usable(state);
    hanging_set("run", false);
    box_script(s, &b, NULL, "exit 0");
    char *busy = paths_container(s->paths, b.id, "busy");
    assert_int_equal(mkdir(busy, 0755), 0);
    assert_int_equal(mount("none", busy, "tmpfs", 0, "size=4k"), 0);
    box_spawn(&b, "--remove");
    assert_false(box_ok(&b));
    assert_non_null(strstr(json_string(b.answer, "error.text", ""), "mounts in"));
    box_wait(&b);
    assert_false(is_gone(&b));
    assert_int_equal(umount(busy), 0);
    expect_removed(&b);
    free(busy);
    box_free(&b);
}

/* Opening such a file for reading waits for somebody who writes. */
static void an_image_with_a_pipe_for_its_users_can_be_ended(void **state)
{
    struct side *s = side_usable(state);
    struct box b;
    struct text fifo = {0}, kept = {0};
    hanging_set("run", false);
    box_script(s, &b, NULL, "exit 0"); /* the image is made */
    box_spawn(&b, NULL);
    assert_true(box_ok(&b));
    box_wait(&b);
    box_free(&b);
    struct image_config image = {0};
    assert_true(images_find(s->paths, "busybox", &image, NULL));
    text_addf(&fifo, "%s/etc/passwd", image.rootfs);
    text_addf(&kept, "%s/etc/passwd.kept", image.rootfs);
    rename(text_of(&fifo), text_of(&kept));
    assert_int_equal(mkfifo(text_of(&fifo), 0644), 0);
    box_script(s, &b, NULL, "sleep 1000");
    int fd = begin(&b, "2");
    hear_answer(&b, fd); /* it may even run: who reads that file is the runtime's business */
    kill(b.keeper, SIGKILL);
    box_wait(&b);
    expect_removed(&b);
    unlink(text_of(&fifo));
    rename(text_of(&kept), text_of(&fifo));
    image_config_done(&image);
    text_done(&fifo);
    text_done(&kept);
    box_free(&b);
}

static void descriptors_of_the_caller_are_not_kept(void **state)
{
    struct box b;
    struct side *s = side_usable(state);
    char path[64];
    hanging_set("run", false);
    int leaked = fcntl(open("/dev/null", O_RDONLY | O_CLOEXEC), F_DUPFD, 77);
    assert_true(leaked >= 77);
    box_script(s, &b, NULL, "sleep 1000");
    box_spawn(&b, NULL);
    close(leaked);
    assert_true(box_ok(&b));
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)b.keeper, leaked);
    assert_int_equal(access(path, F_OK), -1);
    box_free(&b);
}

/* VMs, whose guest is a kernel that does nothing at all. */

static void write_kernel(struct side *s)
{
    static const char *const modules[] = {"drivers/virtio/virtio_ring",
                                          "drivers/virtio/virtio",
                                          "drivers/virtio/virtio_pci_modern_dev",
                                          "drivers/virtio/virtio_pci_legacy_dev",
                                          "drivers/virtio/virtio_pci",
                                          "drivers/char/virtio_console",
                                          "fs/squashfs/squashfs",
                                          "fs/overlayfs/overlay",
                                          "drivers/block/virtio_blk",
                                          "net/core/failover",
                                          "drivers/net/net_failover",
                                          "drivers/net/virtio_net",
                                          "fs/fuse/fuse",
                                          "fs/fuse/virtiofs"};
    /* A multiboot header that tells its own place, and "hlt" for ever. */
    uint32_t words[12] = {0x1BADB002, 0x10000,  0,        0x100000,   0x100000,
                          0x100030,   0x100030, 0x100020, 0xFEF4F4F4, 0xFEEBF4FA};
    words[2] = 0U - words[0] - words[1];
    struct text t = {0}, list = {0};
    static const char *const folders[] = {"kernel", "kernel/boot", "kernel/lib", "kernel/lib/modules",
                                          "kernel/lib/modules/0-cloud"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        text_clear(&t);
        text_addf(&t, "%s/%s", s->folder, folders[i]);
        mkdir(text_of(&t), 0755);
    }
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        text_addf(&list, "kernel/%s.ko\n", modules[i]);
    }
    text_add(&t, "/modules.builtin");
    touch(text_of(&t), text_of(&list), 0644);
    text_clear(&t);
    text_addf(&t, "%s/kernel/boot/vmlinuz-0-cloud", s->folder);
    int fd = open(text_of(&t), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_int_equal(write(fd, words, sizeof words), sizeof words);
    close(fd);
    text_done(&t);
    text_done(&list);
}

static const struct launch_spec in_vm = {.isolation = ISOLATION_VM};

/* The pid of a helper that lives; 0: there is none of this name. */
static pid_t helper_of(const struct box *b, const char *name)
{
    struct text names = {0};
    helpers_list(b->id, &names);
    const char *at = strstr(text_of(&names), name);
    at = at ? strstr(at, "(pid ") : NULL;
    pid_t pid = at ? (pid_t)strtol(at + strlen("(pid "), NULL, 10) : 0;
    text_done(&names);
    return pid;
}

/* Waits until its QEMU is at work. */
static int begin_vm(struct side *s, struct box *b, const struct launch_spec *wish)
{
    struct vm_host host;
    struct error e = {0};
    write_kernel(s);
    if (!vm_host_find(s->paths, &host, &e)) {
        print_message("SKIPPED VMs: %s\n", e.text);
        skip();
    }
    vm_host_remember(s->paths, &host,
                     "it is not tried here"); /* whether KVM works is another test's business */
    vm_host_done(&host);
    box_script(s, b, wish, "sleep 1000");
    int fd = begin(b, NULL);
    for (int i = 0; i < PATIENCE && !helper_of(b, "qemu"); i++) {
        moment();
    }
    assert_int_not_equal(helper_of(b, "qemu"), 0);
    return fd;
}

static void a_guest_that_never_answers_can_be_killed(void **state)
{
    struct box b;
    int fd = begin_vm(side_usable(state), &b, &in_vm);
    assert_int_equal(box_control(&b, "{\"verb\":\"kill\"}"), ERROR_NONE);
    expect_failed(&b, fd, "was killed while it was being started");
    box_free(&b);
}

static void a_guest_that_never_answers_can_be_stopped(void **state)
{
    struct box b;
    int fd = begin_vm(side_usable(state), &b, &in_vm);
    assert_int_equal(box_control(&b, "{\"verb\":\"stop\",\"timeout\":0}"), ERROR_NONE);
    expect_failed(&b, fd, "was stopped while it was being started");
    box_free(&b);
}

static void a_stopped_qemu_can_be_killed(void **state)
{
    struct box b;
    int fd = begin_vm(side_usable(state), &b, &in_vm);
    kill(helper_of(&b, "qemu"), SIGSTOP);
    assert_int_equal(box_control(&b, "{\"verb\":\"shutdown\",\"force\":true}"), ERROR_NONE);
    expect_failed(&b, fd, "was killed");
    box_free(&b);
}

static void a_stopped_virtiofsd_can_be_killed(void **state)
{
    struct side *s = side_usable(state);
    struct box b;
    struct crossing folder = {
        .kind = CROSSING_FOLDER, .outside = s->folder, .inside = "/mnt", .read_only = true};
    const struct launch_spec wish = {.isolation = ISOLATION_VM, .crossings = &folder, .n_crossings = 1};
    int fd = begin_vm(s, &b, &wish);
    pid_t virtiofsd = helper_of(&b, "virtiofsd");
    if (virtiofsd > 0) { /* a machine without it refuses the folder, and has no QEMU */
        kill(virtiofsd, SIGSTOP);
    }
    assert_int_equal(box_control(&b, "{\"verb\":\"kill\"}"), ERROR_NONE);
    expect_failed(&b, fd, "was killed");
    box_free(&b);
}

static void a_vm_whose_keeper_is_killed_while_it_starts_leaves_nothing(void **state)
{
    struct box b;
    int fd = begin_vm(side_usable(state), &b, &in_vm);
    kill(b.keeper, SIGKILL);
    hear_answer(&b, fd);
    box_wait(&b);
    expect_removed(&b);
    box_free(&b);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_known_while_it_starts),
        cmocka_unit_test(it_ends_when_it_takes_too_long),
        cmocka_unit_test(stop_waits_and_then_ends_it),
        cmocka_unit_test(removal_by_force_ends_it),
        cmocka_unit_test(a_network_goes_with_it),
        cmocka_unit_test(a_keeper_that_is_killed_while_it_starts_leaves_nothing),
        cmocka_unit_test(a_runtime_that_hangs_does_not_keep_it),
        cmocka_unit_test(a_container_without_its_folder_can_be_removed),
        cmocka_unit_test(a_broken_state_does_not_hide_what_runs),
        cmocka_unit_test(nested_cgroups_go),
        cmocka_unit_test(what_is_left_is_told_and_stays),
        cmocka_unit_test(an_image_with_a_pipe_for_its_users_can_be_ended),
        cmocka_unit_test(descriptors_of_the_caller_are_not_kept),
        cmocka_unit_test(a_guest_that_never_answers_can_be_killed),
        cmocka_unit_test(a_guest_that_never_answers_can_be_stopped),
        cmocka_unit_test(a_stopped_qemu_can_be_killed),
        cmocka_unit_test(a_stopped_virtiofsd_can_be_killed),
        cmocka_unit_test(a_vm_whose_keeper_is_killed_while_it_starts_leaves_nothing),
    };
    return cmocka_run_group_tests_name("keeper, starting", tests, setup, teardown);
}

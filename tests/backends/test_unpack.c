/* Root file systems into the store: what an ordinary tar or folder becomes, and that hostile ones leave
 * nothing anywhere. */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "tests/backends/tarmaker.h"

static const struct item small[] = {
    {AE_IFDIR, "./", NULL, 0755, 0, 0},
    {AE_IFDIR, "./etc", NULL, 0, 0, 0},
    {AE_IFREG, "./etc/passwd", "root:x:0:0::/:/bin/sh\n", 0, 0, 0},
    {0, "./etc/passwd-", "./etc/passwd", 0, 0, 0},
    {AE_IFDIR, "./usr/lib", NULL, 0, 0, 0},
    {AE_IFLNK, "./lib", "usr/lib", 0, 0, 0},
    {AE_IFREG, "./lib/through", "a link", 0, 0, 0},
    {AE_IFIFO, "./run/pipe", NULL, 0600, 0, 0},
    {AE_IFREG, "./bin/su", "su", 04755, 0, 0},
    {AE_IFREG, "./home/user/own", "mine", 0600, 0, 1000},
    {AE_IFDIR, "./tmp", NULL, 01777, 0, 0},
};

static void check_small(struct place *p, const char *image)
{
    struct stat a, b;
    assert_content(p, image, "etc/passwd-", "root:x:0:0::/:/bin/sh\n");
    assert_content(p, image, "usr/lib/through", "a link");
    assert_int_equal(stat(rootfs_file(p, image, "etc/passwd"), &a), 0);
    assert_int_equal(stat(rootfs_file(p, image, "etc/passwd-"), &b), 0);
    assert_int_equal(a.st_ino, b.st_ino);
    assert_int_equal(a.st_mtime, 1000000000);
    assert_int_equal(lstat(rootfs_file(p, image, "lib"), &a), 0);
    assert_true(S_ISLNK(a.st_mode));
    assert_int_equal(lstat(rootfs_file(p, image, "run/pipe"), &a), 0);
    assert_true(S_ISFIFO(a.st_mode));
    assert_int_equal(stat(rootfs_file(p, image, "tmp"), &a), 0);
    assert_int_equal(a.st_mode & 07777, 01777);
    assert_int_equal(a.st_mtime, 1000000000);
}

static void takes_any_compression(void **state)
{
    struct place *p = *state;
    const int filters[] = {ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_BZIP2, ARCHIVE_FILTER_XZ,
                           ARCHIVE_FILTER_ZSTD};
    for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
        make_tar(in(p, "a.tar"), filters[i], ITEMS(small));
        must_import(p, "small", in(p, "a.tar"));
        check_small(p, "small");
        assert_images(p, 1); /* the same content is the same image */
    }
}

static void root_keeps_owners_and_setuid(void **state)
{
    struct place *p = *state;
    if (geteuid() != 0) {
        skip();
    }
    struct stat st;
    make_tar(in(p, "a.tar"), ARCHIVE_FILTER_NONE, ITEMS(small));
    must_import(p, "small", in(p, "a.tar"));
    assert_int_equal(stat(rootfs_file(p, "small", "bin/su"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 04755);
    assert_int_equal(stat(rootfs_file(p, "small", "home/user/own"), &st), 0);
    assert_int_equal(st.st_uid, 1000);
    assert_int_equal(st.st_gid, 1000);
}

static void attributes_are_kept_by_kind(void **state)
{
    struct place *p = *state;
    struct archive *a = archive_write_new();
    struct archive_entry *e = archive_entry_new();
    archive_write_set_format_pax(a);
    archive_write_open_filename(a, in(p, "a.tar"));
    archive_entry_set_pathname(e, "etc/marked");
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_perm(e, 0644);
    archive_entry_set_size(e, 0);
    archive_entry_xattr_add_entry(e, "user.note", "kept", 4);
    archive_entry_xattr_add_entry(e, "user.overlay.opaque", "y", 1);
    archive_entry_xattr_add_entry(e, "trusted.overlay.opaque", "y", 1);
    archive_write_header(a, e);
    archive_entry_free(e);
    archive_write_free(a);
    must_import(p, "marked", in(p, "a.tar"));
    char names[256] = "";
    const char *file = rootfs_file(p, "marked", "etc/marked");
    ssize_t len = listxattr(file, names, sizeof(names));
    if (len == 0 && setxattr(file, "user.note", "", 0, 0) < 0) {
        skip(); /* a file system without attributes */
    }
    assert_int_equal(len, sizeof("user.note"));
    assert_string_equal(names, "user.note");
}

struct hostile {
    const char *sentence;
    struct item items[4];
};

static const struct hostile refused[] = {
    {"leads out of its folder", {{AE_IFREG, "../canary/new", "x", 0, 0, 0}}},
    {"leads out of its folder", {{AE_IFREG, "etc/../../../canary/bird", "x", 0, 0, 0}}},
    {"leads out of its folder", {{AE_IFDIR, "etc/..", NULL, 0, 0, 0}}},
    {"hard link", {{0, "etc/a", "/etc/passwd", 0, 0, 0}}},
    {"hard link", {{0, "etc/a", "../../../canary/bird", 0, 0, 0}}},
    {"hard link", {{AE_IFLNK, "etc/l", "../../../../canary", 0, 0, 0}, {0, "etc/a", "etc/l/bird", 0, 0, 0}}},
    {"hard link", {{AE_IFDIR, "etc/d", NULL, 0, 0, 0}, {0, "etc/a", "etc/d", 0, 0, 0}}},
    {"hard link", {{0, "etc/a", "etc/none", 0, 0, 0}}},
    {"is a device", {{AE_IFCHR, "dev/null", NULL, 0, 0, 0}}},
    {"is a device", {{AE_IFBLK, "dev/sda", NULL, 0, 0, 0}}},
    {"lies below something", {{AE_IFREG, "etc/f", "x", 0, 0, 0}, {AE_IFREG, "etc/f/x", "x", 0, 0, 0}}},
    {"lies below something",
     {{AE_IFLNK, "etc/loop", "loop", 0, 0, 0}, {AE_IFREG, "etc/loop/x", "x", 0, 0, 0}}},
    {"is no folder", {{AE_IFREG, "bin/a", "x", 0, 0, 0}, {AE_IFLNK, "./", "/etc", 0, 0, 0}}},
    {"owner that cannot exist", {{AE_IFREG, "etc/a", "x", 0, 0, UINT32_MAX}}},
};

static size_t items_in(const struct hostile *h)
{
    size_t n = 0;
    while (n < 4 && h->items[n].name) {
        n++;
    }
    return n;
}

static void hostile_members_are_refused(void **state)
{
    struct place *p = *state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
        make_tar(in(p, "bad.tar"), ARCHIVE_FILTER_NONE, refused[i].items, items_in(&refused[i]));
        must_refuse(p, in(p, "bad.tar"), refused[i].sentence);
    }
}

/* Links that point out are data; what is written through them stays inside. */
static void links_never_lead_out(void **state)
{
    struct place *p = *state;
    const char *canary = in(p, "canary");
    const struct item absolute[] = {
        {AE_IFDIR, "etc", NULL, 0, 0, 0},           {AE_IFLNK, "etc/out", canary, 0, 0, 0},
        {AE_IFDIR, canary + 1, NULL, 0, 0, 0},      {AE_IFREG, "etc/out/bird", "dead", 0600, 0, 0},
        {AE_IFREG, "etc/out/new", "dead", 0, 0, 0},
    };
    make_tar(in(p, "a.tar"), ARCHIVE_FILTER_NONE, ITEMS(absolute));
    must_import(p, "links", in(p, "a.tar"));
    assert_canary_alive(p);
    struct text inside = {0};
    text_addf(&inside, "%s/bird", canary + 1);
    assert_content(p, "links", text_of(&inside), "dead");
    text_done(&inside);

    const struct item relative[] = {
        {AE_IFDIR, "etc/d", NULL, 0, 0, 0},
        {AE_IFREG, "etc/d/a", "1", 0, 0, 0},
        {AE_IFLNK, "etc/d", "../../../../canary", 0, 0, 0}, /* a folder becomes a link */
        {AE_IFREG, "canary/x", "2", 0, 0, 0},
        {AE_IFREG, "etc/d/bird", "dead", 0, 0, 0},
    };
    make_tar(in(p, "a.tar"), ARCHIVE_FILTER_NONE, ITEMS(relative));
    must_import(p, "links", in(p, "a.tar"));
    assert_canary_alive(p);
    assert_content(p, "links", "canary/bird", "dead");
}

static void a_file_replaces_the_link_itself(void **state)
{
    struct place *p = *state;
    const struct item items[] = {
        {AE_IFLNK, "etc/f", in(p, "canary/bird"), 0, 0, 0},
        {AE_IFREG, "etc/f", "mine", 04777, 0, 0},
        {AE_IFLNK, "etc/g", in(p, "canary"), 0, 0, 0},
        {AE_IFDIR, "etc/g", NULL, 0700, 0, 0},
        {AE_IFIFO, "etc/f2", NULL, 0, 0, 0},
        {0, "etc/f2", "etc/f", 0, 0, 0},
    };
    make_tar(in(p, "a.tar"), ARCHIVE_FILTER_NONE, ITEMS(items));
    must_import(p, "files", in(p, "a.tar"));
    assert_canary_alive(p);
    assert_content(p, "files", "etc/f", "mine");
    assert_content(p, "files", "etc/f2", "mine");
}

static void later_members_win(void **state)
{
    struct place *p = *state;
    const struct item items[] = {
        {AE_IFREG, "etc/a", "first and longer", 0, 0, 0},
        {AE_IFREG, "/etc/a", "second", 0, 0, 0},
        {AE_IFREG, "etc/d/e/f", "deep", 0, 0, 0},
        {AE_IFREG, "etc/d", "flat", 0, 0, 0},
        {0, "etc/a", "etc/a", 0, 0, 0},
    };
    make_tar(in(p, "a.tar"), ARCHIVE_FILTER_NONE, ITEMS(items));
    must_import(p, "twice", in(p, "a.tar"));
    assert_content(p, "twice", "etc/a", "second");
    assert_content(p, "twice", "etc/d", "flat");
    struct image_config c;
    assert_true(images_find(p->paths, "twice", &c, NULL));
    struct text folder = {0};
    text_addf(&folder, "%s/..", c.rootfs);
    assert_int_equal(count_entries(text_of(&folder)),
                     2); /* image.json and rootfs: the replaced folder is gone */
    text_done(&folder);
    image_config_done(&c);
}

static void long_names_are_refused(void **state)
{
    struct place *p = *state;
    char part[300] = "etc/", whole[3000] = "etc";
    memset(part + 4, 'x', 260);
    for (int i = 0; i < 550; i++) {
        strcat(whole, "/abc");
    }
    const char *names[] = {part, whole};
    for (int i = 0; i < 2; i++) {
        const struct item item = {AE_IFREG, names[i], "x", 0, 0, 0};
        make_tar(in(p, "a.tar"), ARCHIVE_FILTER_NONE, &item, 1);
        must_refuse(p, in(p, "a.tar"), "too long a name");
    }
}

/* Each name is short enough, and leads through a link to where the one before has ended. */
static void names_that_add_up_are_refused(void **state)
{
    struct place *p = *state;
    enum { LINKS = 6 };
    char deep[LINKS][1500], target[LINKS][1501], name[LINKS][16];
    struct item items[2 * LINKS];
    for (int i = 0; i < LINKS; i++) {
        strcpy(deep[i], i == 0 ? "etc" : name[i - 1]);
        for (int part = 0; part < 6; part++) {
            size_t at = strlen(deep[i]);
            memset(deep[i] + at, 'd', 201);
            deep[i][at] = '/';
            deep[i][at + 201] = '\0';
        }
        snprintf(target[i], sizeof(target[i]), "/%s", deep[i]);
        snprintf(name[i], sizeof(name[i]), "etc/l%d", i);
        items[2 * i] = (struct item){AE_IFDIR, deep[i], NULL, 0, 0, 0};
        items[2 * i + 1] = (struct item){AE_IFLNK, name[i], target[i], 0, 0, 0};
    }
    make_tar(in(p, "a.tar"), ARCHIVE_FILTER_NONE, ITEMS(items));
    must_refuse(p, in(p, "a.tar"), "lies too deep");
}

static void sentences_are_clean(void **state)
{
    struct place *p = *state;
    const struct item item = {AE_IFREG, "etc/\033]0;title\007/../x", "x", 0, 0, 0};
    make_tar(in(p, "a.tar"), ARCHIVE_FILTER_NONE, &item, 1);
    must_refuse(p, in(p, "a.tar"), "leads out");
    assert_null(strchr(p->e.text, '\033'));
    assert_null(strchr(p->e.text, '\007'));
}

static void bombs_are_refused(void **state)
{
    struct place *p = *state;
    const struct limits tight = {.entries = 20, .bytes = 10 << 20, .ratio = 50, .ratio_from = 1 << 20};
    char *zeros = mem_new(4 << 20, 1);
    const struct item zero = {AE_IFREG, "etc/zeros", zeros, 0, 4 << 20, 0};
    make_tar(in(p, "a.tar"), ARCHIVE_FILTER_GZIP, &zero, 1);
    assert_false(import_image(p->paths, "bomb", in(p, "a.tar"), &tight, &p->progress, &p->e));
    assert_non_null(strstr(p->e.text, "bombs"));
    struct item many[3];
    for (int i = 0; i < 3; i++) {
        many[i] =
            (struct item){AE_IFREG, i == 0 ? "etc/a" : i == 1 ? "etc/b" : "etc/c", zeros, 0, 4 << 20, 0};
    }
    make_tar(in(p, "a.tar"), ARCHIVE_FILTER_NONE, ITEMS(many));
    assert_false(import_image(p->paths, "bomb", in(p, "a.tar"), &tight, &p->progress, &p->e));
    assert_non_null(strstr(p->e.text, "more than the 10"));
    free(zeros);
    struct item folders[21];
    char names[21][16];
    for (int i = 0; i < 21; i++) {
        snprintf(names[i], sizeof(names[i]), "etc/%d", i);
        folders[i] = (struct item){AE_IFDIR, names[i], NULL, 0, 0, 0};
    }
    make_tar(in(p, "a.tar"), ARCHIVE_FILTER_NONE, ITEMS(folders));
    assert_false(import_image(p->paths, "bomb", in(p, "a.tar"), &tight, &p->progress, &p->e));
    assert_non_null(strstr(p->e.text, "more than the 20 members"));
    assert_images(p, 0);
}

/* A file that claims a terabyte and holds one byte. */
static void sparse_bombs_are_refused(void **state)
{
    struct place *p = *state;
    struct archive *a = archive_write_new();
    struct archive_entry *e = archive_entry_new();
    archive_write_set_format_pax(a);
    archive_write_open_filename(a, in(p, "a.tar"));
    archive_entry_set_pathname(e, "var/log/lastlog");
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_perm(e, 0644);
    archive_entry_set_size(e, (int64_t)1 << 40);
    archive_entry_sparse_add_entry(e, 0, 1);
    archive_write_header(a, e);
    archive_write_data(a, "x", 1);
    archive_entry_free(e);
    archive_write_close(a);
    archive_write_free(a);
    must_refuse(p, in(p, "a.tar"), "more than the");
}

static void cut_archives_are_refused(void **state)
{
    struct place *p = *state;
    const int filters[] = {ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_ZSTD};
    for (int f = 0; f < 3; f++) {
        size_t len;
        make_tar(in(p, "a.tar"), filters[f], ITEMS(small));
        char *whole = get_file(in(p, "a.tar"), &len);
        /* the end of a tar are two blocks of zeros; whoever has one of them knows that it is whole */
        size_t last = f == 0 ? len - 1024 : len - 1;
        for (int i = 0; i <= 12; i++) {
            put_file(in(p, "cut.tar"), whole, last * (size_t)i / 12);
            must_refuse(p, in(p, "cut.tar"), "");
        }
        free(whole);
    }
}

static void folders_are_copied(void **state)
{
    struct place *p = *state;
    struct stat a, b;
    const char *from = in(p, "from");
    assert_int_equal(mkdir(from, 0755), 0);
    assert_int_equal(mkdir(in(p, "from/etc"), 0750), 0);
    put_file(in(p, "from/etc/a"), "text", 4);
    assert_int_equal(link(in(p, "from/etc/a"), in(p, "from/b")), 0);
    assert_int_equal(symlink(in(p, "canary"), in(p, "from/etc/out")), 0);
    assert_int_equal(symlink("etc/none", in(p, "from/dangling")), 0);
    must_import(p, "copy", in(p, "from"));
    assert_content(p, "copy", "etc/a", "text");
    assert_int_equal(stat(rootfs_file(p, "copy", "etc/a"), &a), 0);
    assert_int_equal(stat(rootfs_file(p, "copy", "b"), &b), 0);
    assert_int_equal(a.st_ino, b.st_ino);
    assert_int_equal(a.st_nlink, 2);
    assert_int_equal(lstat(rootfs_file(p, "copy", "etc/out"), &a), 0);
    assert_true(S_ISLNK(a.st_mode));
    assert_int_equal(stat(rootfs_file(p, "copy", "etc"), &a), 0);
    assert_int_equal(a.st_mode & 07777, 0750);
    assert_true(is_there(p, "copy", "dangling"));
    assert_canary_alive(p);
    assert_int_equal(count_entries(from), 3);
}

static void a_name_moves_to_the_new_image(void **state)
{
    struct place *p = *state;
    const struct item one = {AE_IFREG, "etc/v", "1", 0, 0, 0}, two = {AE_IFREG, "etc/v", "2", 0, 0, 0};
    make_tar(in(p, "1.tar"), ARCHIVE_FILTER_NONE, &one, 1);
    make_tar(in(p, "2.tar"), ARCHIVE_FILTER_NONE, &two, 1);
    must_import(p, "app:latest", in(p, "1.tar"));
    must_import(p, "app", in(p, "2.tar"));
    assert_content(p, "app", "etc/v", "2");
    assert_images(p, 2); /* the old one has no name any more */
    image_sweep(p->paths);
    assert_images(p, 1);
}

static void dead_stages_are_swept_and_live_ones_stay(void **state)
{
    struct place *p = *state;
    struct image_stage live;
    assert_int_equal(mkdir(in(p, "state/images/.tmp-0123"), 0700), 0);
    put_file(in(p, "state/images/.tmp-0123/x"), "x", 1);
    assert_true(image_stage_open(p->paths, &live, &p->e));
    image_sweep(p->paths);
    assert_int_equal(access(in(p, "state/images/.tmp-0123"), F_OK), -1);
    assert_int_equal(access(live.rootfs, F_OK), 0);
    image_stage_drop(&live);
    assert_images(p, 0);
}

static int in_child(struct place *p, void (*run)(struct place *))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        run(p);
        _exit(0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void be_told_to_stop(struct place *p)
{
    progress_init(&p->progress, -1);
    raise(SIGTERM);
    bool taken = try_import(p, "small", in(p, "a.tar"));
    _exit(!taken && p->e.kind == ERROR_CANCELLED ? 7 : 1);
}

static void lose_the_reader(struct place *p)
{
    int ends[2];
    signal(SIGPIPE, SIG_IGN);
    if (pipe(ends) < 0) {
        _exit(2);
    }
    close(ends[0]);
    progress_init(&p->progress, ends[1]);
    bool taken = try_import(p, "small", in(p, "a.tar"));
    _exit(!taken && p->e.kind == ERROR_CANCELLED ? 7 : 1);
}

static void cancelling_leaves_nothing(void **state)
{
    struct place *p = *state;
    make_tar(in(p, "a.tar"), ARCHIVE_FILTER_GZIP, ITEMS(small));
    assert_int_equal(in_child(p, be_told_to_stop), 7);
    assert_int_equal(in_child(p, lose_the_reader), 7);
    assert_images(p, 0);
}

static void import_without_rights(struct place *p)
{
    struct stat st;
    if (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0) {
        _exit(2);
    }
    if (!try_import(p, "small", in(p, "a.tar"))) {
        fprintf(stderr, "%s\n", p->e.text);
        _exit(3);
    }
    bool own = stat(rootfs_file(p, "small", "bin/su"), &st) == 0 && st.st_uid == 65534 &&
               (st.st_mode & 07777) == 0755;
    bool open = stat(rootfs_file(p, "small", "shut"), &st) == 0 && (st.st_mode & 0700) == 0700;
    bool inside = is_there(p, "small", "shut/inside");
    _exit(own && open && inside ? 0 : 4);
}

static void rootless_owns_all_and_drops_setuid(void **state)
{
    struct place *p = *state;
    if (geteuid() != 0) {
        skip();
    }
    const struct item items[] = {
        {AE_IFREG, "bin/su", "su", 04755, 0, 0},
        {AE_IFDIR, "shut", NULL, 0555, 0, 0},
        {AE_IFREG, "shut/inside", "x", 0000, 0, 5},
    };
    make_tar(in(p, "a.tar"), ARCHIVE_FILTER_NONE, ITEMS(items));
    struct text command = {0};
    text_addf(&command, "chown -R 65534:65534 %s && chmod 755 %s", p->dir, p->dir);
    assert_int_equal(system(text_of(&command)), 0);
    text_done(&command);
    assert_int_equal(in_child(p, import_without_rights), 0);
}

static void a_full_disk_is_said_and_left_empty(void **state)
{
    struct place *p = *state;
    if (mount("none", in(p, "state/images"), "tmpfs", 0, "size=1m") < 0) {
        skip(); /* needs root */
    }
    char *bytes = mem_new(3 << 20, 1);
    const struct item big = {AE_IFREG, "etc/big", bytes, 0, 3 << 20, 0};
    make_tar(in(p, "a.tar"), ARCHIVE_FILTER_NONE, &big, 1);
    free(bytes);
    bool taken = try_import(p, "big", in(p, "a.tar"));
    int left = count_entries(in(p, "state/images"));
    assert_int_equal(umount(in(p, "state/images")), 0);
    assert_false(taken);
    assert_int_equal(left, 0);
    assert_non_null(strstr(p->e.text, "full"));
    assert_int_equal(p->e.native, ENOSPC);
}

static void devices_in_a_folder_path_are_not_read(void **state)
{
    struct place *p = *state;
    must_refuse(p, "/dev/zero", "neither a file nor a folder");
    assert_int_equal(mkfifo(in(p, "fifo"), 0600), 0);
    must_refuse(p, in(p, "fifo"), "neither a file nor a folder");
    must_refuse(p, in(p, "none"), "Cannot open");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, place_begin, place_end)

int main(void)
{
    umask(022);
    const struct CMUnitTest tests[] = {
        CASE(takes_any_compression),
        CASE(root_keeps_owners_and_setuid),
        CASE(attributes_are_kept_by_kind),
        CASE(hostile_members_are_refused),
        CASE(links_never_lead_out),
        CASE(a_file_replaces_the_link_itself),
        CASE(later_members_win),
        CASE(long_names_are_refused),
        CASE(names_that_add_up_are_refused),
        CASE(sentences_are_clean),
        CASE(bombs_are_refused),
        CASE(sparse_bombs_are_refused),
        CASE(cut_archives_are_refused),
        CASE(folders_are_copied),
        CASE(a_name_moves_to_the_new_image),
        CASE(dead_stages_are_swept_and_live_ones_stay),
        CASE(cancelling_leaves_nothing),
        CASE(rootless_owns_all_and_drops_setuid),
        CASE(a_full_disk_is_said_and_left_empty),
        CASE(devices_in_a_folder_path_are_not_read),
    };
    return cmocka_run_group_tests_name("unpack", tests, NULL, NULL);
}

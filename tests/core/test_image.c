#include "core/image.h"

#include "tests/core/test.h"

static void rows_are_copies(void **state)
{
    (void)state;
    struct image_list *l = image_list_new();
    char name[] = "busybox";
    image_list_add(
        l, &(struct image){
               .name = name, .id = "sha256:1", .command = "sh", .os = "linux", .size = 7, .created = 9});
    image_list_add(l, &(struct image){.name = "alpine"});
    name[0] = 'x';
    assert_int_equal(l->count, 2);
    assert_string_equal(l->rows[0].name, "busybox");
    assert_string_equal(l->rows[0].id, "sha256:1");
    assert_string_equal(l->rows[0].command, "sh");
    assert_string_equal(l->rows[0].os, "linux");
    assert_int_equal(l->rows[0].size, 7);
    assert_int_equal(l->rows[0].created, 9);
    assert_null(l->rows[1].command);
    image_list_free(l);
    image_list_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

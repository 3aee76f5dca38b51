/* What a launch takes from the image where it says nothing: docker's rules, as a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/hcs/defaults.h"
#include "core/memory.h"
#include "core/text.h"

/* "entrypoint|command|env|workdir|user", words apart by blanks, "-" for NULL. */
static void add_words(struct text *out, char *const *words)
{
    text_add(out, words ? "" : "-");
    for (size_t i = 0; words && words[i]; i++) {
        text_addf(out, "%s%s", i ? " " : "", words[i]);
    }
    text_add(out, "|");
}

static char *print(const struct launch_spec *s)
{
    struct text out = {0};
    text_addf(&out, "%s|", s->entrypoint ? s->entrypoint : "-");
    add_words(&out, s->command);
    add_words(&out, s->env);
    text_addf(&out, "%s|%s", s->workdir ? s->workdir : "-", s->user ? s->user : "-");
    return text_take(&out);
}

static void what_is_not_said_the_image_says(void **state)
{
    (void)state;
    static const char *const ab[] = {"a", "b", NULL}, *const path[] = {"path=C:\\x", "NEW=1", NULL};
    static const char cmd[] = "{\"Command\":[\"cmd\",\"/K\"]}";
    static const char both[] = "{\"Entrypoint\":[\"dotnet\",\"app.dll\"],\"Command\":[\"serve\"]}";
    static const char rest[] =
        "{\"Env\":[\"PATH=C:\\\\y\",\"LANG=C\"],\"WorkingDir\":\"C:\\\\app\",\"User\":\"ContainerUser\"}";
    const struct {
        const char *image;
        const char *const *command, *const *env;
        const char *entrypoint, *workdir, *user, *result;
    } cases[] = {
        {"{}", NULL, NULL, NULL, NULL, NULL, "-|-|-|-|-"},
        {cmd, NULL, NULL, NULL, NULL, NULL, "-|cmd /K|-|-|-"},
        {cmd, ab, NULL, NULL, NULL, NULL, "-|a b|-|-|-"},
        {cmd, NULL, NULL, "e", NULL, NULL, "e|-|-|-|-"},
        {both, NULL, NULL, NULL, NULL, NULL, "dotnet|app.dll serve|-|-|-"},
        {both, ab, NULL, NULL, NULL, NULL, "dotnet|app.dll a b|-|-|-"},
        {both, ab, NULL, "e", NULL, NULL, "e|a b|-|-|-"},
        {"{\"Entrypoint\":[\"one\"]}", NULL, NULL, NULL, NULL, NULL, "one|-|-|-|-"},
        {rest, NULL, NULL, NULL, NULL, NULL, "-|-|PATH=C:\\y LANG=C|C:\\app|ContainerUser"},
        {rest, NULL, path, NULL, "C:\\", "me", "-|-|LANG=C path=C:\\x NEW=1|C:\\|me"},
        {"{\"Env\":7,\"User\":[],\"Command\":\"x\",\"Entrypoint\":[{}],\"WorkingDir\":\"\"}", NULL, NULL,
         NULL, NULL, NULL, "-|-|-|-|-"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct launch_spec spec;
        cJSON *image = cJSON_Parse(cases[i].image);
        launch_spec_init(&spec);
        spec.command = mem_strings(cases[i].command);
        spec.env = mem_strings(cases[i].env);
        spec.entrypoint = mem_string(cases[i].entrypoint);
        spec.workdir = mem_string(cases[i].workdir);
        spec.user = mem_string(cases[i].user);
        defaults_fill(&spec, image);
        char *printed = print(&spec);
        assert_string_equal(printed, cases[i].result);
        defaults_fill(&spec, image); /* a relaunch with what it was: nothing is said twice */
        char *again = print(&spec);
        assert_string_equal(again, printed);
        free(again);
        free(printed);
        launch_spec_done(&spec);
        cJSON_Delete(image);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_not_said_the_image_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

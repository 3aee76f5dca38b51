#include "tests/backends/hanging.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "backends/local/shared/command.h"
#include "backends/local/shared/paths.h"
#include "core/program.h"
#include "core/text.h"

static char folder[64];

static char *place(const char *name)
{
    struct text t = {0};
    text_addf(&t, "%s/%s", folder, name);
    return text_take(&t);
}

static bool write_file(const char *name, const char *words, mode_t mode)
{
    char *path = place(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool ok = file && fputs(words, file) >= 0;
    ok = file && fclose(file) == 0 && ok;
    free(path);
    return ok;
}

static bool write_runtime(const char *real)
{
    struct text script = {0};
    text_addf(&script,
              "#!/bin/sh\ncase \" $* \" in\n"
              "*' run '*) if [ -e %s/hang-run ]; then : >%s/reached; sleep 1000; fi;;\n"
              "*' delete '*) if [ -e %s/hang-delete ]; then sleep 1000; fi;;\n"
              "esac\nexec %s \"$@\"\n",
              folder, folder, folder, real);
    bool ok = write_file("runc", text_of(&script), 0755);
    text_done(&script);
    return ok;
}

bool hanging_new(void)
{
    char *real = program_find("runc");
    struct text path = {0};
    snprintf(folder, sizeof folder, "/tmp/porthole-hanging-XXXXXX");
    bool ok = real && mkdtemp(folder) && write_runtime(real);
    if (ok) {
        text_addf(&path, "%s:%s", folder, getenv("PATH"));
        setenv("PATH", text_of(&path), 1);
    }
    text_done(&path);
    free(real);
    return ok;
}

void hanging_free(void)
{
    paths_remove_tree(folder, NULL);
}

void hanging_set(const char *verb, bool yes)
{
    struct text name = {0};
    text_addf(&name, "hang-%s", verb);
    char *path = place(text_of(&name)), *reached = place("reached");
    if (!yes || !write_file(text_of(&name), "", 0600)) {
        unlink(path);
    }
    unlink(reached);
    free(path);
    free(reached);
    text_done(&name);
}

bool hanging_reached(void)
{
    char *path = place("reached");
    bool there = access(path, F_OK) == 0;
    free(path);
    return there;
}

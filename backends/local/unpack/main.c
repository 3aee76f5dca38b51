/* porthole-unpack import NAME PATH - brings an image into the store, in a process of its own: what it reads
 * is hostile, and may take long. Says "progress DONE TOTAL words", and in the end "done NAME" or "error KIND
 * NATIVE sentence". SIGTERM, or a closed standard output, takes everything back.
 */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/local/shared/image_record.h"
#include "backends/local/unpack/import.h"

static int answer(const struct error *e, const char *name)
{
    char line[600];
    int len = e ? snprintf(line, sizeof(line), "error %d %d %s\n", (int)e->kind, (int)e->native, e->text)
                : snprintf(line, sizeof(line), "done %s\n", name);
    ssize_t written;
    do {
        written = write(STDOUT_FILENO, line, (size_t)len);
    } while (written < 0 && errno == EINTR);
    return e ? 1 : 0;
}

static int import(const char *name, const char *path)
{
    struct error e = {0};
    struct progress progress;
    progress_init(&progress, STDOUT_FILENO);
    struct paths *p = paths_new(&e);
    bool good = false;
    if (p) {
        image_sweep(p);
        good = import_image(p, name, path, &limits_usual, &progress, &e);
    }
    paths_free(p);
    progress_done(&progress);
    return answer(good ? NULL : &e, name);
}

int main(int argc, char **argv)
{
    if (argc != 4 || strcmp(argv[1], "import") != 0) {
        fputs("usage: porthole-unpack import NAME PATH\n", stderr);
        return 2;
    }
    setlocale(LC_CTYPE, "C.UTF-8"); /* libarchive converts names through it */
    signal(SIGPIPE, SIG_IGN);
    umask(022);
    return import(argv[2], argv[3]);
}

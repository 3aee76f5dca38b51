/* tests/fuzz/standalone.c - a fuzz target as an ordinary test: every seed of a folder, and mutations of the
 * seeds, which are the same in every run, so that a debugger finds what failed. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SEEDS = 256, LARGEST = 1 << 16, MUTATIONS = 20000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seed {
    uint8_t *data;
    size_t size;
};

struct seeds {
    struct seed list[MOST_SEEDS];
    size_t count;
    uint64_t random;
};

static uint32_t draw(struct seeds *s, size_t below)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return below ? (uint32_t)((s->random >> 16) % below) : 0;
}

static void load(struct seeds *s, const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(LARGEST);
    if (file && data && s->count < MOST_SEEDS) {
        size_t size = fread(data, 1, LARGEST, file);
        if (!ferror(file)) {
            s->list[s->count++] = (struct seed){data, size};
            data = NULL;
        }
    }
    free(data);
    if (file) {
        fclose(file);
    }
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void load_folder(struct seeds *s, const char *folder)
{
    struct dirent **names = NULL;
    int n = scandir(folder, &names, NULL, by_name);
    for (int i = 0; i < n; i++) {
        char path[4096];
        if (names[i]->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
            load(s, path);
        }
        free(names[i]);
    }
    free(names);
}

/* One small change in the size bytes of data, for which there is room; returns the new size. */
static size_t mutate(struct seeds *s, uint8_t *data, size_t size)
{
    static const char salt[] = "\x1b[{}\"\\:,/*\0\xff\xe2\x80\xae\n\r\t-9";
    size_t at = draw(s, size + 1), len = draw(s, 8) + 1;
    const struct seed *other = &s->list[draw(s, s->count)];
    switch (draw(s, 5)) {
    case 0:
        if (at < size) {
            data[at] ^= (uint8_t)(1u << draw(s, 8));
        }
        return size;
    case 1:
        if (at < size) {
            data[at] = (uint8_t)salt[draw(s, sizeof salt - 1)];
        }
        return size;
    case 2: /* cut out */
        len = len > size - at ? size - at : len;
        memmove(data + at, data + at + len, size - at - len);
        return size - len;
    case 3: /* put in */
        len = len > LARGEST - size ? LARGEST - size : len;
        memmove(data + at + len, data + at, size - at);
        for (size_t i = 0; i < len; i++) {
            data[at + i] = (uint8_t)draw(s, 256);
        }
        return size + len;
    default: /* go on as another seed does */
        len = other->size > at ? other->size - at : 0;
        if (len) {
            memcpy(data + at, other->data + at, len);
        }
        return at + len;
    }
}

/* A block of exactly the size, so that the sanitizer sees a read beyond it. */
static void try_one(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy) {
        abort();
    }
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

int main(int argc, char **argv)
{
    static struct seeds s = {.random = UINT64_C(0x9e3779b97f4a7c15)};
    static uint8_t data[LARGEST];
    if (argc > 1) {
        load_folder(&s, argv[1]);
    }
    size_t found = s.count;
    if (s.count == 0) {
        s.list[s.count++] = (struct seed){calloc(1, 64), 64};
    }
    for (size_t i = 0; i < s.count; i++) {
        try_one(s.list[i].data, s.list[i].size);
    }
    for (int i = 0; i < MUTATIONS; i++) {
        const struct seed *seed = &s.list[draw(&s, s.count)];
        size_t size = seed->size;
        memcpy(data, seed->data, size);
        for (uint32_t n = draw(&s, 8) + 1; n > 0; n--) {
            size = mutate(&s, data, size);
        }
        try_one(data, size);
    }
    for (size_t i = 0; i < s.count; i++) {
        free(s.list[i].data);
    }
    printf("%zu seeds, %d mutations\n", found, MUTATIONS);
    return 0;
}

#include "ui/cli/args.h"

#include <stdio.h>
#include <string.h>

void args_init(struct args *a, const struct cli_option *options, int argc, char **argv)
{
    *a = (struct args){.options = options, .argc = argc, .argv = argv};
}

static int wrong(struct args *a, const char *fmt, const char *what)
{
    snprintf(a->error, sizeof a->error, fmt, what);
    return ARGS_WRONG;
}

static int take_value(struct args *a, int option, const char *given, const char *spelled)
{
    if (given) {
        a->value = given;
    } else if (a->at < a->argc) {
        a->value = a->argv[a->at++];
    } else {
        return wrong(a, "%s needs a value", spelled);
    }
    return option;
}

static int take_flag(struct args *a, int option, const char *given)
{
    a->on = true;
    if (given && (strcmp(given, "false") == 0 || strcmp(given, "0") == 0)) {
        a->on = false;
    } else if (given && strcmp(given, "true") != 0 && strcmp(given, "1") != 0) {
        return wrong(a, "--%s takes no value but true or false", a->options[option].name);
    }
    return option;
}

static int next_long(struct args *a, const char *word)
{
    const char *equals = strchr(word, '=');
    size_t len = equals ? (size_t)(equals - word) : strlen(word);
    for (int i = 0; a->options[i].name; i++) {
        if (strlen(a->options[i].name) == len && strncmp(a->options[i].name, word, len) == 0) {
            const char *given = equals ? equals + 1 : NULL;
            return a->options[i].value ? take_value(a, i, given, word - 2) : take_flag(a, i, given);
        }
    }
    return wrong(a, "unknown option %s", word - 2);
}

static int next_letter(struct args *a)
{
    char letter = *a->cluster++;
    const char *rest = *a->cluster ? a->cluster : NULL;
    char spelled[3] = {'-', letter, 0};
    for (int i = 0; a->options[i].name; i++) {
        if (a->options[i].letter != letter) {
            continue;
        }
        if (!a->options[i].value) {
            a->cluster = rest;
            return take_flag(a, i, NULL);
        }
        a->cluster = NULL;
        return take_value(a, i, rest && *rest == '=' ? rest + 1 : rest, spelled);
    }
    return wrong(a, "unknown option %s", spelled);
}

int args_next(struct args *a)
{
    if (a->cluster) {
        return next_letter(a);
    }
    if (a->at >= a->argc) {
        return ARGS_END;
    }
    const char *word = a->argv[a->at++];
    if (a->words_only || word[0] != '-' || word[1] == 0) {
        a->value = word;
        return ARGS_WORD;
    }
    if (strcmp(word, "--") == 0) {
        a->words_only = true;
        return args_next(a);
    }
    if (word[1] == '-') {
        return next_long(a, word + 2);
    }
    a->cluster = word + 1;
    return next_letter(a);
}

char **args_rest(const struct args *a)
{
    return a->argv + a->at;
}

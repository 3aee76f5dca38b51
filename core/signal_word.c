#include "core/signal_word.h"

#include <string.h>
#include <strings.h>

bool signal_word_is(const char *word, const char *name, const char *number)
{
    const char *bare = strncasecmp(word, "SIG", 3) == 0 ? word + 3 : word;
    return strcasecmp(bare, name) == 0 || strcmp(word, number) == 0;
}

/* core/signal_word.h - signals as people spell them. Pure. */
#ifndef CORE_SIGNAL_WORD_H
#define CORE_SIGNAL_WORD_H

#include <stdbool.h>

/* Is the word this signal: its name ("TERM") with or without SIG and in any case, or its number ("15")? */
bool signal_word_is(const char *word, const char *name, const char *number);

#endif

/* ui/key_bytes.h - what a terminal sends for characters and pastes, whatever its modes. */
#ifndef UI_KEY_BYTES_H
#define UI_KEY_BYTES_H

#include <stddef.h>

#include "core/text.h"
#include "ui/keys.h"

enum { KEY_BYTES = 5 };

/* For a key that is a character; returns how many bytes. */
size_t key_bytes(const struct key *k, char out[KEY_BYTES]);

/* Nothing in a paste may end the paste, or act as a key: control characters but tabs and newlines are left
 * out. */
void key_bytes_paste(struct text *out, const char *s, size_t len);

#endif

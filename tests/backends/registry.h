/* tests/backends/registry.h - a registry of images that has one image, of one layer, in the loop of the test.
 *
 * It speaks as much of the Registry API (version 2, image manifest schema 2) as a pull takes, over HTTP: a
 * Docker daemon allows that of 127.0.0.1. The layer comes in two halves, the second one only when it is let
 * go, so that a pull can be met in its middle for as long as one likes.
 */
#ifndef TESTS_BACKENDS_REGISTRY_H
#define TESTS_BACKENDS_REGISTRY_H

#include <stdbool.h>
#include <uv.h>

struct registry;

/* layer: a file, a tar archive. NULL: it cannot be read. */
struct registry *registry_new(uv_loop_t *loop, const char *layer);
void registry_free(struct registry *r); /* turns the loop */

const char *registry_image(const struct registry *r); /* "127.0.0.1:40123/test/image:1" */

void registry_hold(struct registry *r, bool hold);  /* the second half; false also sends what was held */
bool registry_is_holding(const struct registry *r); /* somebody has got the first half, and waits */

#endif

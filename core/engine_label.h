/* core/engine_label.h - what an engine is called where there may be several of a kind. */
#ifndef CORE_ENGINE_LABEL_H
#define CORE_ENGINE_LABEL_H

enum { ENGINE_LABEL_SHORT, ENGINE_LABEL_LONG, ENGINE_LABEL_WHOLE, ENGINE_LABEL_DETAILS };

/* "docker"; of a context "docker:prod"; on another host "docker@10.0.0.5"; with more detail, for what is not
 * told apart otherwise: "docker@podman.sock", "docker@me@build", then the whole address. address NULL: the
 * default one. The caller frees. */
char *engine_label(const char *name, const char *address, int detail);

#endif

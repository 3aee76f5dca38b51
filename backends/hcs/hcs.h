/* backends/hcs/hcs.h - containers as the Host Compute Service knows them: the engine, over any provider of
 * the service.
 *
 * Sees every compute system of the host, whoever created it. HCS tells of exits, never of beginnings: systems
 * are found by enumerating, often after a change and seldom while nothing happens; an exit is heard at once.
 */
#ifndef BACKENDS_HCS_HCS_H
#define BACKENDS_HCS_HCS_H

#include "backends/hcs/service.h"
#include "core/backend.h"

/* Fields in which HCS is believed over Docker where both know a container: what it measures, and the wall.
 * The container's life is Docker's, which hears of its end only as of an accident if it is ended through HCS.
 */
#define HCS_AUTHORITY (FIELD_ISOLATION | FIELD_WORKERS | FIELD_USAGE)

/* An engine of this type over that provider; type must be made with HCS_BACKEND, which fills the other
 * functions. */
struct backend *hcs_open(const struct backend_type *type, const struct hcs_service_type *provider,
                         struct uv_loop_s *loop, const char *address, const struct backend_sink *sink,
                         void *user);

/* The functions of the engine, for the table of each provider. */
void hcs_close(struct backend *, struct op *);
void hcs_list(struct backend *);
void hcs_sample(struct backend *, const char *const *keys, size_t n, unsigned fields);
void hcs_processes(struct backend *, struct op *, const char *key);
void hcs_act(struct backend *, struct op *, const char *key, enum verb verb,
             const struct act_options *options);
void hcs_inspect(struct backend *, struct op *, const char *key);
void hcs_launch(struct backend *, struct op *, const struct launch_spec *);
bool hcs_spec_of(struct backend *, const char *key, struct launch_spec *out);
void hcs_images(struct backend *, struct op *);
struct console *hcs_console(struct backend *, const char *key, const struct console_spec *spec,
                            const struct console_sink *sink, void *user);
struct host_source *hcs_host(struct backend *, struct host_source *ours);

#define HCS_BACKEND                                                                                          \
    .authority = HCS_AUTHORITY, .close = hcs_close, .list = hcs_list, .sample = hcs_sample,                  \
    .processes = hcs_processes, .act = hcs_act, .inspect = hcs_inspect, .launch = hcs_launch,                \
    .spec_of = hcs_spec_of, .images = hcs_images, .console = hcs_console

#endif

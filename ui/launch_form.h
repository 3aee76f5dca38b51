/* ui/launch_form.h - the fields of the launch form, and the spec that they make. Knows no screen. */
#ifndef UI_LAUNCH_FORM_H
#define UI_LAUNCH_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"
#include "core/launch.h"
#include "ui/line_edit.h"

enum { FORM_FOLDERS_MAX = 6 };

enum form_field {
    FORM_ENGINE,
    FORM_IMAGE,
    FORM_COMMAND,
    FORM_ISOLATION,
    FORM_MEMORY,
    FORM_CPUS,
    FORM_NAME,
    FORM_NETWORK,
    FORM_PORTS,   /* all of them, with blanks between */
    FORM_DEVICES, /* likewise */
    FORM_TERMINAL,
    FORM_REMOVE,
    FORM_FOLDER, /* the first; there are n_folders */
    FORM_ADD = FORM_FOLDER + FORM_FOLDERS_MAX,
    FORM_LAUNCH,
    FORM_FIELDS
};

enum form_network {
    NETWORK_DEFAULT,
    NETWORK_NONE,
    NETWORK_NAT,
    NETWORK_HOST,
    NETWORK_KEPT, /* a name that only the engine knows, as it was begun with */
    NETWORK_COUNT
};

struct launch_form {
    struct line_edit image, command, memory, cpus, name, ports, devices, folders[FORM_FOLDERS_MAX];
    size_t n_folders;
    enum isolation isolation; /* ISOLATION_UNKNOWN: the default */
    enum form_network network;
    bool terminal, remove;
    struct launch_spec rest; /* what it was begun with and does not show */
};

void launch_form_init(struct launch_form *f, const struct launch_spec *start); /* NULL: empty */
void launch_form_done(struct launch_form *f);

/* Makes the spec. False: `where` is the field that cannot be understood, and why says what is wrong with it.
 */
bool launch_form_spec(const struct launch_form *f, struct launch_spec *out, struct error *why,
                      enum form_field *where);

struct line_edit *launch_form_line(struct launch_form *f,
                                   enum form_field field);                /* NULL: it is no line of text */
bool launch_form_has(const struct launch_form *f, enum form_field field); /* folders come and go */
enum form_field launch_form_step(const struct launch_form *f, enum form_field from, int by);

bool launch_form_add_folder(struct launch_form *f); /* false: there are as many as can be */
void launch_form_remove_folder(struct launch_form *f, size_t folder);

const char *launch_form_network_word(const struct launch_form *f);
void launch_form_network_step(struct launch_form *f, int by);

#endif

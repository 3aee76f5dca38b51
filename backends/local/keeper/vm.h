/* backends/local/keeper/vm.h - a container's machine, from nothing to the guest agent that is ready to run
 * processes.
 *
 *   PREPARING  a thread finds or makes what it is made of
 *   WAITING    another keeper makes the template
 *   TEMPLATE   a guest boots, to be saved as the template
 *   STARTING   the machine starts: from the template, or, with folders of the host, by booting
 *   SETTING    the guest makes the container's root file system
 *   UP         processes can be run
 *   OVER       there is no machine any more
 */
#ifndef BACKENDS_LOCAL_KEEPER_VM_H
#define BACKENDS_LOCAL_KEEPER_VM_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/error.h"

struct keeper;
struct link;
struct vm;

struct vm_events {
    void (*up)(void *user);
    void (*failed)(void *user, const struct error *why); /* it did not come up; the vm is over */
    void (*broken)(void *user, const struct error *why); /* it was up, and has ended without being asked to */
};

struct vm *vm_new(struct keeper *k, const struct vm_events *events, void *user); /* begins */

struct link *vm_link(struct vm *vm); /* once it is up; also when it is broken */
void vm_freeze(struct vm *vm, bool pause, void (*done)(void *user, const struct error *why), void *user);
pid_t vm_pid(const struct vm *vm);  /* of QEMU */
char *vm_note(const struct vm *vm); /* what a person should know of it; the caller frees; NULL nothing */
void vm_expect_end(struct vm *vm);  /* it is killed if the guest does not see to its own end soon */
void vm_cancel(struct vm *vm, const struct error *why); /* it is not up: it fails, from inside */
void vm_kill(struct vm *vm);                            /* its processes are gone when this returns */
void vm_close(struct vm *vm); /* handles go, and it frees itself once the loop has let go */

#endif

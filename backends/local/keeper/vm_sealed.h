/* backends/local/keeper/vm_sealed.h - memory files (memfd_create(2)) that nobody can change once they are
 * sealed, whoever has a descriptor of them and however it was opened: F_SEAL_WRITE refuses write(2) and a
 * shared writable mapping, F_SEAL_SHRINK and F_SEAL_GROW truncation, F_SEAL_SEAL the lifting of these.
 * A private mapping is still possible, and that is all that a VM needs of its template. */
#ifndef BACKENDS_LOCAL_KEEPER_VM_SEALED_H
#define BACKENDS_LOCAL_KEEPER_VM_SEALED_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/error.h"

/* An empty file of `size` bytes (all zero), not sealed yet, close-on-exec, which /proc shows as
 * "/memfd:NAME (deleted)". -1 and e: ERROR_UNSUPPORTED where the kernel has none. */
int sealed_new(const char *name, off_t size, struct error *e);

/* From now on it stays as it is. False and e: somebody still has it mapped for writing. */
bool sealed_close(int fd, struct error *e);

/* Has it all four seals, this size (-1: any), and this name? */
bool sealed_is(int fd, const char *name, off_t size);

/* Writes the bytes of one file into another, at the same places; what is zero stays a hole. The target is
 * empty or all zero. False and errno. Takes as long as the copying: for threads. */
bool sealed_copy(int from, int to);

#endif

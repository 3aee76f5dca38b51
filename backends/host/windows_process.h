/* backends/host/windows_process.h - what Windows tells of one process only when it is opened. */
#ifndef BACKENDS_HOST_WINDOWS_PROCESS_H
#define BACKENDS_HOST_WINDOWS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

enum { VM_ID = 40 };

struct windows_process {
    char *command; /* NULL: unknown, as the user; the caller frees both */
    char *user;    /* "DOMAIN\\name", for a VM's processes "NT VIRTUAL MACHINE\\<id>" */
    uint32_t silo; /* number of the server silo that it runs in; 0: the host's own, or not told */
    bool refused;  /* it exists and may not be opened by us */
};

/* Never fails: what is not told stays unknown. */
void windows_process_read(struct windows_process *p, uint32_t pid);

/* The id of the VM that a process works for, as RuntimeId spells it in lower case, into out: vmwp.exe has it
 * in its command line and its user's name, vmmem in its user's name. False: it works for none, or it cannot
 * be told. */
bool windows_process_vm(const struct windows_process *p, const char *name, char out[VM_ID]);

#endif

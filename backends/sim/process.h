/* backends/sim/process.h - a process that was created through HCS on the simulated host: its pipes, and a
 * small command interpreter behind them.
 *
 * It runs in machine_advance, and when it is written to, read from or called. It stops printing while 64 KB
 * wait to be read.
 */
#ifndef BACKENDS_SIM_PROCESS_H
#define BACKENDS_SIM_PROCESS_H

#include "backends/sim/machine.h"

uint32_t machine_process_pid(const struct machine_process *p);
bool machine_process_has(const struct machine_process *p,
                         enum console_stream stream); /* was the pipe asked for? */

/* Takes up to `room` bytes of what it has printed; 0: nothing now. */
size_t machine_process_read(struct machine_process *p, enum console_stream stream, char *out, size_t room);

void machine_process_write(struct machine_process *p, const char *data, size_t len);
void machine_process_end_input(struct machine_process *p);

/* HcsModifyProcess, HcsSignalProcess, HcsTerminateProcess; as machine_call. */
int32_t machine_process_call(struct machine_process *p, enum hcs_process_call call, const char *document,
                             struct text *answer);

/* True when it has ended; its ProcessStatus is then added to `answer` (may be NULL). What it printed can
 * still be read. */
bool machine_process_ended(const struct machine_process *p, struct text *answer);

void machine_process_drop(
    struct machine_process *p); /* nobody listens any more: it goes on, and is freed when it ends */

#endif

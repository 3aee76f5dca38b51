/* backends/hcs/request.h - the documents that we send to HCS. Pure; each passes a strict reading of
 * Microsoft's schema. Every function returns text that the caller frees.
 */
#ifndef BACKENDS_HCS_REQUEST_H
#define BACKENDS_HCS_REQUEST_H

#include <stdbool.h>

#include "core/console.h"

#define REQUEST_SERVICE "{\"PropertyTypes\":[\"Basic\"]}" /* Service_PropertyQuery */
#define REQUEST_STATISTICS                                                                                   \
    "{\"PropertyTypes\":[\"Statistics\"]}" /* System_PropertyQuery, as the next three */
#define REQUEST_PROCESSES "{\"PropertyTypes\":[\"ProcessList\"]}"
#define REQUEST_USAGE     "{\"PropertyTypes\":[\"Statistics\",\"ProcessList\"]}"
#define REQUEST_MEMORY    "{\"PropertyTypes\":[\"Memory\"]}" /* of VMs */

#define REQUEST_SHUTDOWN "{\"Mechanism\":\"GuestConnection\",\"Type\":\"Shutdown\"}" /* ShutdownOptions */

char *request_one_system(const char *id); /* SystemQuery */

/* ProcessParameters. spec is of CONSOLE_EXEC; argv NULL: the shell that every image has. */
char *request_process(const struct console_spec *spec, bool linux_inside);

char *request_console_size(int rows, int cols); /* ProcessModifyRequest */
char *request_close_input(void);                /* ProcessModifyRequest */

/* SignalProcessOptions for a signal's number; NULL: Windows has nothing that is like it, or it is KILL. */
char *request_signal(int number);

/* One command line from words, so that Windows' own rules take it apart into the same words. */
char *request_command_line(const char *const *argv);

#endif

/* backends/sim/service.h - the simulated machine as a provider of the Host Compute Service on a loop.
 *
 * The address is as machine_options_parse reads it, and these words of the skin:
 *   delay=MS       every answer takes so long (2)
 *   slow=MS        answers with statistics take so long more (0)
 *   speed=N        the machine's clock runs so many times faster (1)
 *   disconnect=MS  the service goes away so long after it was opened; opened again, it is back (0: never)
 */
#ifndef BACKENDS_SIM_SERVICE_H
#define BACKENDS_SIM_SERVICE_H

#include "backends/hcs/service.h"

extern const struct hcs_service_type sim_service;

#endif

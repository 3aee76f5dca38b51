/* tests/fake/fake.h - the smallest complete engine: containers that live in memory, for tests and trials.
 *
 * Its address is a list of options, "containers=300,seed=7,live=1":
 *   containers=N  how many there are at first (12); the first twelve have names and fates of their own
 *   seed=N        what the others look like
 *   live=1        usage moves, deterministically, once a second; else it is constant
 *   slow=MS       an import of an image takes so long (50)
 *   stop=S        after so many seconds a stop kills by default (10)
 *   offline=MS    it goes offline once, so long after it came online
 *   refuse=1      it cannot be opened
 *   novm=1        it cannot launch VMs
 *   lost=1        a launch is refused, with what cannot go along, until that is left out
 *
 * A command is run by a tiny shell of its own: see fake_shell.h.
 */
#ifndef TESTS_FAKE_FAKE_H
#define TESTS_FAKE_FAKE_H

#include "core/backend.h"

extern const struct backend_type fake_backend;

#endif

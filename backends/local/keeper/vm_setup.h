/* backends/local/keeper/vm_setup.h - what a guest is told that it is to be: the pairs of WIRE_SETUP. */
#ifndef BACKENDS_LOCAL_KEEPER_VM_SETUP_H
#define BACKENDS_LOCAL_KEEPER_VM_SETUP_H

#include "backends/local/keeper/vm_plan.h"
#include "backends/local/keeper/vm_share.h"
#include "core/text.h"

void vm_setup_pairs(const struct state *s, const struct vm_plan *plan, const struct vm_shares *shares,
                    struct text *out);

#endif

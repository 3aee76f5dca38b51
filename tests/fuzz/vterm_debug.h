/* tests/fuzz/vterm_debug.h - comes before libvterm's sources when they are built with DEBUG for the fuzz
 * targets: its checks stay, what it prints of every byte that it does not know goes nowhere. */
#ifndef TESTS_FUZZ_VTERM_DEBUG_H
#define TESTS_FUZZ_VTERM_DEBUG_H

#include <stdio.h>
#include <stdlib.h>

#define fprintf(...) ((void)0)

#endif

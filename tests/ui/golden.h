/* tests/ui/golden.h - whole screens, compared with tests/ui/screens/NAME.txt; PORTHOLE_UPDATE_SCREENS=1
 * writes them anew, to be looked at before they are kept. */
#ifndef TESTS_UI_GOLDEN_H
#define TESTS_UI_GOLDEN_H

#include "tests/ui/pty.h"

/* Waits until the screen is quiet; ends the test, after printing both, when it is another one. */
void golden_expect(struct pty *p, const char *name);

#endif

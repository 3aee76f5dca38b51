/* tests/backends/localroom.h - a folder for the local engine's state that leaves nothing behind. */
#ifndef TESTS_BACKENDS_LOCALROOM_H
#define TESTS_BACKENDS_LOCALROOM_H

/* Kills the keepers of all containers of this PORTHOLE_STATE, has what they set up cleared, and removes the
 * folder. */
void localroom_clear(const char *folder);

#endif

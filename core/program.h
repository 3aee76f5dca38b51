/* core/program.h - where a program is that another one starts.
 *
 * Programs are started by their absolute path only, and relative parts of PATH are passed over. The system's
 * own search would take them from the current folder: on Unix where PATH has an empty or relative part, on
 * Windows always; and what lies there may be anybody's.
 */
#ifndef CORE_PROGRAM_H
#define CORE_PROGRAM_H

/* The absolute path of a program of the system: in the folders of PATH, else in /usr/sbin and the like, which
 * the PATH of a user often lacks. The caller frees; NULL: there is none. */
char *program_find(const char *name);

/* The absolute path of a program that the user installs (ssh, a credential helper): in the folders of PATH
 * only; on Windows ".exe" is added to the name. The caller frees. Never NULL: when there is none, it is the
 * path of a file that does not exist, so that starting it tells so. */
char *program_path(const char *name);

#endif

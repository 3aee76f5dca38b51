/* core/trust.h - whether another user of this host could have written, or could replace, what is read here.
 *
 * Names of programs, pids and folders to remove come out of these files: whoever may write them acts with the
 * rights of the user who runs porthole. Trusted is root and the effective user, nobody else. A folder above
 * may be writable by others when it is sticky (/tmp): nobody else can rename what is ours in it. A group is
 * not "others" where it is root's, or has the number of the owner (the private group that most systems give
 * each user).
 *
 * On Windows everything is trusted: the folders that are read lie below %APPDATA% and %ProgramData%, whose
 * access lists Windows sets.
 */
#ifndef CORE_TRUST_H
#define CORE_TRUST_H

#include <stdbool.h>
#include <stdio.h>

#include "core/error.h"

/* The folder (absolute) must be the effective user's own and writable by nobody else, and nobody else may be
 * able to replace it or a folder or link on the way to it. What does not exist yet is trusted: whoever makes
 * it owns it; so this is asked before making a folder and again afterwards. False and e (ERROR_DENIED): the
 * sentence names the folder at fault and what to do. */
bool trust_folder(const char *path, struct error *e);

/* Does this folder exist, and is it the effective user's own and writable by nobody else? Says nothing of the
 * folders above. */
bool trust_is_own_folder(const char *path);

/* The open file must be a regular file of root or of the effective user, writable by nobody else; `path` is
 * named in e (ERROR_DENIED). */
bool trust_file(FILE *file, const char *path, struct error *e);

/* Opens a regular file for reading that trust_file() accepts. Never waits (a FIFO is refused) and never
 * follows a link at the end of the path. NULL and e. */
FILE *trust_open(const char *path, struct error *e);

#endif

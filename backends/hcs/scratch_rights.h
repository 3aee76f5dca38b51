/* backends/hcs/scratch_rights.h - what Windows must let us do to make layers, and whom it lets at them. */
#ifndef BACKENDS_HCS_SCRATCH_RIGHTS_H
#define BACKENDS_HCS_SCRATCH_RIGHTS_H

#include <stdint.h>
#include <wchar.h>

/* Turns on, for this thread, the privileges that layers need: SeManageVolumePrivilege, without which nothing
 * works, and SeBackupPrivilege and SeRestorePrivilege, for files that not even administrators may open. The
 * rest of the program goes on without them. 0x80070005: this user is no administrator (now); 0x80070522: does
 * not have the first. */
int32_t rights_take(void);
void rights_drop(void); /* after each rights_take that went well */

/* Makes a folder that only administrators and the system may open; well where it is there already and was
 * made by one of them or by this user. %ProgramData% lets everybody make folders: 0x8007051B when somebody
 * else was there first, or when it leads elsewhere. */
int32_t rights_make_folder(const wchar_t *path);

/* The same of one that must be there: 0x80070003. 0x80070005: this user may not even look. */
int32_t rights_check_folder(const wchar_t *path);

/* The same of a folder that others keep, and may have put on another disk by a link of their own. */
int32_t rights_check_owner(const wchar_t *path);

#endif

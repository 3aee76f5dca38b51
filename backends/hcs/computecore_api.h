/* backends/hcs/computecore_api.h - the functions of computecore.dll, found at run time. All functions here
 * exist since Windows 10 1809 and Server 2019; what came later (HcsWaitForProcessExit and others) is not
 * used.
 */
#ifndef BACKENDS_HCS_COMPUTECORE_API_H
#define BACKENDS_HCS_COMPUTECORE_API_H

#include <stdbool.h>
#include <windows.h>

#include <computecore.h>

#include "core/error.h"

#define COMPUTECORE_FUNCTIONS(F)                                                                             \
    F(HcsCreateOperation)                                                                                    \
    F(HcsCloseOperation)                                                                                     \
    F(HcsGetOperationResult)                                                                                 \
    F(HcsWaitForOperationResult)                                                                             \
    F(HcsWaitForOperationResultAndProcessInfo)                                                               \
    F(HcsEnumerateComputeSystems)                                                                            \
    F(HcsGetServiceProperties)                                                                               \
    F(HcsCreateComputeSystem)                                                                                \
    F(HcsOpenComputeSystem)                                                                                  \
    F(HcsCloseComputeSystem)                                                                                 \
    F(HcsStartComputeSystem)                                                                                 \
    F(HcsShutDownComputeSystem)                                                                              \
    F(HcsTerminateComputeSystem)                                                                             \
    F(HcsPauseComputeSystem)                                                                                 \
    F(HcsResumeComputeSystem)                                                                                \
    F(HcsGetComputeSystemProperties)                                                                         \
    F(HcsModifyComputeSystem)                                                                                \
    F(HcsSetComputeSystemCallback)                                                                           \
    F(HcsCreateProcess)                                                                                      \
    F(HcsOpenProcess)                                                                                        \
    F(HcsCloseProcess)                                                                                       \
    F(HcsGetProcessInfo)                                                                                     \
    F(HcsGetProcessProperties)                                                                               \
    F(HcsModifyProcess)                                                                                      \
    F(HcsSignalProcess)                                                                                      \
    F(HcsTerminateProcess)                                                                                   \
    F(HcsSetProcessCallback)

struct computecore_api {
#define FIELD(name) __typeof__(&name) name;
    COMPUTECORE_FUNCTIONS(FIELD)
#undef FIELD
};

/* False and e: it is not there, or too old. */
bool computecore_load(struct computecore_api *api, struct error *e);

#endif

/* backends/hcs/computecore_api.h - the functions of computecore.dll, found at run time.
 *
 * The library is never linked: a program that imports it does not start where it is missing. All functions
 * here exist since Windows 10 1809 and Server 2019; what came later (HcsWaitForProcessExit and others) is not
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

/* Loads it from system32 only: one that lies beside the program would run with the rights of an
 * administrator. It stays loaded, because its threads may call us whenever they like. False and e: it is not
 * there, or too old. */
bool computecore_load(struct computecore_api *api, struct error *e);

#endif

/* tests/backends/hcs_words.h - how the containers of the simulated Windows host spell what the conformance
 * suite runs. */
#ifndef TESTS_BACKENDS_HCS_WORDS_H
#define TESTS_BACKENDS_HCS_WORDS_H

#include "tests/backends/conformance.h"

static const struct conformance_words hcs_words = {
    .streams = "cmd /c \"echo out %GREETING%& echo err 1>&2& exit 4\"",
    .cat = "more",
    .idle = "ping -t localhost",
    .no_command = "no-such-command",
    .not_runnable = "C:\\\\Windows",
    .size = "cmd /c \"mode con& set /p X=& mode con& echo %X%\"",
    .size_24x80 = "Lines:          24\r\n    Columns:        80\r\n",
    .size_31x97 = "Lines:          31\r\n    Columns:        97\r\n",
    .shell_line = "echo sum is %OS% over\r",
    .shell_answer = "sum is Windows_NT over\r\n",
    .flood = "cmd /c \"type big.log\"",
    .line_end = "\r\n",
    .signalled = (int)0xC000013A, /* STATUS_CONTROL_C_EXIT */
    .killed = 1067,               /* ERROR_PROCESS_ABORTED */
};

#endif

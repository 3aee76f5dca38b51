/* tests/core/test.h - what cmocka wants before it, in one place. */
#ifndef TESTS_CORE_TEST_H
#define TESTS_CORE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* tap: the Test Anything Protocol, as little of it as tests here need. */
#ifndef TEST_TAP_H
#define TEST_TAP_H

#include <stdbool.h>

bool tap_ok(bool passed, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void tap_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What cannot be tested here; counts neither way. */
void tap_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));
int tap_done(void); /* prints the plan; exit status for main */

#define ok(passed, ...) tap_ok((passed), __FILE__, __LINE__, __VA_ARGS__)

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_scalar: what a plain scalar stands for, as yaml.v2 resolves it.
 */
#ifndef CODEC_YAML_SCALAR_H
#define CODEC_YAML_SCALAR_H

#include <stdint.h>

#include "base/str.h"

enum yaml_kind {
	YAML_STRING,
	YAML_NULL,
	YAML_BOOL,
	YAML_INT,
	YAML_UINT, /* beyond int64 */
	YAML_FLOAT,
	YAML_TIME, /* a date, with or without a time; kept as its text */
	YAML_MERGE,
};

struct yaml_scalar {
	enum yaml_kind kind;
	union {
		bool boolean;
		int64_t integer;
		uint64_t natural;
		double number; /* infinite or NaN too */
	};
};

struct yaml_scalar yaml_resolve(str_t text);

enum { YAML_NUMBER_TEXT = 40 };

/* Shortest text that reads back the same, finite numbers: as Go's JSON has it ... */
str_t yaml_print_json(double, char text[YAML_NUMBER_TEXT]);
/* ... and as its %g, in double or in single precision. */
str_t yaml_print_general(double, bool single, char text[YAML_NUMBER_TEXT]);

#endif

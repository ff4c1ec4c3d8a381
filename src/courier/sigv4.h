/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sigv4: AWS Signature Version 4, in the Authorization header, as S3 wants it.
 *
 *   lifetime  the request borrows; nothing is kept
 *   limits    SIGV4_HEADERS_MAX headers; SCOPE texts as the configuration allows them
 *   failure   none but the limit of the buf that is written to
 */
#ifndef COURIER_SIGV4_H
#define COURIER_SIGV4_H

#include "base/buf.h"

enum { SIGV4_HEADERS_MAX = 16, SIGV4_TIME_LEN = 16 };

struct sigv4_header {
	const char *name; /* in lower case */
	str_t value; /* without blanks around it */
};

struct sigv4_request {
	const char *method;
	str_t path; /* as it is sent, percent-encoded once; begins with / */
	str_t query; /* in the canonical order and form; may be empty */
	const struct sigv4_header *headers; /* all that are signed, by name in order */
	size_t header_count;
	str_t payload; /* SHA-256 of the body, in hex */
	str_t time; /* 20130524T000000Z */
	str_t region, service, access_key, secret_key;
};

/* 20130524T000000Z and a NUL, of Unix seconds from 0 to the year 9999. */
void sigv4_time(int64_t unix_s, char ret[SIGV4_TIME_LEN + 1]);
/* The value of the Authorization header. */
void sigv4_sign(struct buf *, const struct sigv4_request *);

#endif

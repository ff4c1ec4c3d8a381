/* SPDX-License-Identifier: Apache-2.0 */
/*
 * der: ASN.1 values one after the other (ITU-T X.690 10), strictly DER.
 *
 * A reader is a str_t that gets shorter at its front.  A function that answers false
 * found something else there, or nothing; what the reader then holds is not
 * specified.  Everything borrows from the bytes that are read.
 *
 *   limits  one-byte tags, lengths up to four bytes; no recursion here
 */
#ifndef CRYPT_DER_H
#define CRYPT_DER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BITS = 0x03,
	DER_OCTETS = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_UTF8 = 0x0c,
	DER_NUMERIC = 0x12,
	DER_PRINTABLE = 0x13,
	DER_T61 = 0x14,
	DER_IA5 = 0x16,
	DER_UTC_TIME = 0x17,
	DER_GENERAL_TIME = 0x18,
	DER_BMP = 0x1e,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT = 0x80, /* [n]: DER_CONTEXT | n */
	DER_CONTEXT_MADE = 0xa0, /* [n], constructed */
};

bool der_is(str_t der, unsigned tag); /* whether the next value begins with this tag */
bool der_read(str_t *der, unsigned tag, str_t *ret_body);
bool der_read_element(str_t *der, unsigned tag, str_t *ret_whole); /* with tag and length */
bool der_read_any(str_t *der, uint8_t *ret_tag, str_t *ret_body, str_t *ret_whole);
/* An absent one is fine: then *ret_body is STR_NONE (data is NULL). */
bool der_read_optional(str_t *der, unsigned tag, str_t *ret_body);

bool der_read_bool(str_t *der, bool *ret);
bool der_read_integer(str_t *der, str_t *ret); /* two's complement, big-endian, no byte too many */
bool der_read_int64(str_t *der, int64_t *ret);
bool der_to_int64(str_t integer, int64_t *ret); /* false: more than 64 bits */
/* False: negative.  Else the bytes without a zero in front; none for zero. */
bool der_to_natural(str_t integer, str_t *ret);
bool der_read_bits(str_t *der, str_t *ret_bytes, unsigned *ret_unused);
bool der_read_oid(str_t *der, str_t *ret); /* every arc below 2^31 */

/* The arcs of an OID whose arcs are small, one by one.  False: it is over. */
struct der_arcs {
	str_t left;
	uint64_t second;
	bool has_second, begun;
};
struct der_arcs der_arcs_of(str_t oid);
bool der_next_arc(struct der_arcs *, uint32_t *ret);

bool der_is_oid(str_t oid); /* well-formed, arcs of at most 448 bits */
bool der_has_small_arcs(str_t oid); /* well-formed and every arc below 2^31 */
void der_print_oid(struct buf *, str_t oid); /* "2.5.4.3"; of one that is_oid */

/*
 * UTCTime or GeneralizedTime, in its one spelling (rfc5280 4.1.2.5), but with a zone
 * other than Z too, and UTCTime without seconds, as they were once written.
 */
struct der_time {
	int64_t seconds; /* unix time */
	int32_t zone; /* minutes east of Greenwich, as it was written */
};
bool der_read_time(str_t *der, struct der_time *ret);

#endif

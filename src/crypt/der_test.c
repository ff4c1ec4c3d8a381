/* SPDX-License-Identifier: Apache-2.0 */
#include <tap.h>

#include "crypt/der.h"

/* `want` is the body, or NULL: refused. */
static const struct {
	const char *what;
	unsigned tag;
	str_t der;
	const char *want;
} values[] = {
	{ "short form", 0x04, STR("\x04\x02" "ab" "rest"), "ab" },
	{ "empty", 0x04, STR("\x04\x00"), "" },
	{ "another tag", 0x04, STR("\x05\x00"), NULL },
	{ "nothing", 0x04, STR(""), NULL },
	{ "tag alone", 0x04, STR("\x04"), NULL },
	{ "cut", 0x04, STR("\x04\x03" "ab"), NULL },
	{ "long form for a short length", 0x04, STR("\x04\x81\x02" "ab"), NULL },
	{ "zero in front of the length", 0x04, STR("\x04\x82\x00\x80"), NULL },
	{ "indefinite", 0x30, STR("\x30\x80\x00\x00"), NULL },
	{ "length of five bytes", 0x04, STR("\x04\x85\x01\x00\x00\x00\x00"), NULL },
	{ "length beyond everything", 0x04, STR("\x04\x84\xff\xff\xff\xff"), NULL },
	{ "tag of several bytes", 0x1f, STR("\x1f\x01\x00"), NULL },
};

static const struct {
	str_t der;
	bool want;
	int64_t number;
} integers[] = {
	{ STR("\x02\x01\x00"), true, 0 },
	{ STR("\x02\x01\x7f"), true, 127 },
	{ STR("\x02\x02\x00\x80"), true, 128 },
	{ STR("\x02\x01\x80"), true, -128 },
	{ STR("\x02\x01\xff"), true, -1 },
	{ STR("\x02\x08\x7f\xff\xff\xff\xff\xff\xff\xff"), true, INT64_MAX },
	{ STR("\x02\x08\x80\x00\x00\x00\x00\x00\x00\x00"), true, INT64_MIN },
	{ STR("\x02\x09\x00\x80\x00\x00\x00\x00\x00\x00\x00"), false, 0 },
	{ STR("\x02\x00"), false, 0 },
	{ STR("\x02\x02\x00\x7f"), false, 0 },
	{ STR("\x02\x02\xff\x80"), false, 0 },
};

static const struct {
	str_t oid;
	const char *want; /* NULL: none */
	bool small;
} oids[] = {
	{ STR("\x55\x04\x03"), "2.5.4.3", true },
	{ STR("\x2a\x86\x48\x86\xf7\x0d"), "1.2.840.113549", true },
	{ STR("\x00"), "0.0", true },
	{ STR("\x27"), "0.39", true },
	{ STR("\x4f"), "1.39", true },
	{ STR("\x50"), "2.0", true },
	{ STR("\x81\x00"), "2.48", true },
	{ STR("\x88\x37"), "2.999", true },
	{ STR("\x2a\x87\xff\xff\xff\x7f"), "1.2.2147483647", true },
	{ STR("\x2a\x88\x80\x80\x80\x00"), "1.2.2147483648", false },
	{ STR("\x2a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), "1.2.151115727451828646838271",
	    false },
	{ STR(""), NULL, false },
	{ STR("\x2a\x80\x01"), NULL, false },
	{ STR("\x2a\x81"), NULL, false },
};

static const struct {
	str_t der;
	bool want;
	int64_t seconds;
	int zone;
} times[] = {
	{ STR("\x17\x0d" "700101000000Z"), true, 0, 0 },
	{ STR("\x17\x0d" "491231235959Z"), true, 2524607999, 0 },
	{ STR("\x17\x0d" "500101000000Z"), true, -631152000, 0 },
	{ STR("\x17\x0d" "000229000000Z"), true, 951782400, 0 },
	{ STR("\x17\x0b" "7001010000Z"), true, 0, 0 },
	{ STR("\x17\x11" "700101010000+0100"), true, 0, 60 },
	{ STR("\x17\x11" "700101000000-0030"), true, 1800, -30 },
	{ STR("\x18\x0f" "19700101000000Z"), true, 0, 0 },
	{ STR("\x18\x0f" "99991231235959Z"), true, 253402300799, 0 },
	{ STR("\x18\x0f" "00010101000000Z"), true, -62135596800, 0 },
	{ STR("\x17\x11" "700101000000+0000"), false, 0, 0 },
	{ STR("\x17\x0d" "700101000060Z"), false, 0, 0 },
	{ STR("\x17\x0d" "700100000000Z"), false, 0, 0 },
	{ STR("\x17\x0d" "010229000000Z"), false, 0, 0 },
	{ STR("\x17\x0d" "700101000000z"), false, 0, 0 },
	{ STR("\x17\x0c" "700101000000"), false, 0, 0 },
	{ STR("\x18\x0d" "197001010000Z"), false, 0, 0 },
	{ STR("\x18\x11" "19700101000000.5Z"), false, 0, 0 },
	{ STR("\x04\x0d" "700101000000Z"), false, 0, 0 },
};

static void
check_oids(void)
{
	for (size_t i = 0; i < COUNT(oids); i++) {
		bool is_oid = der_is_oid(oids[i].oid);
		struct buf text, arcs;
		struct der_arcs left = der_arcs_of(oids[i].oid);
		uint32_t arc;

		buf_init(&text, 256);
		buf_init(&arcs, 256);
		if (is_oid)
			der_print_oid(&text, oids[i].oid);
		while (oids[i].small && der_next_arc(&left, &arc))
			buf_printf(&arcs, "%s%u", arcs.len > 0 ? "." : "", arc);
		ok(is_oid == (oids[i].want != NULL) &&
		        str_eq(buf_str(&text), str_of(oids[i].want)) &&
		        der_has_small_arcs(oids[i].oid) == oids[i].small &&
		        (!oids[i].small || str_eq(buf_str(&arcs), buf_str(&text))),
		    "OID %zu: %.*s", i, STR_FMT(buf_str(&text)));
		buf_fini(&text);
		buf_fini(&arcs);
	}
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(values); i++) {
		str_t der = values[i].der, body = STR_NONE;
		bool read = der_read(&der, values[i].tag, &body);

		ok(read == (values[i].want != NULL) &&
		        (!read || str_eq(body, str_of(values[i].want))),
		    "%s", values[i].what);
	}
	for (size_t i = 0; i < COUNT(integers); i++) {
		str_t der = integers[i].der;
		int64_t number = 0;

		ok(der_read_int64(&der, &number) == integers[i].want && number == integers[i].number,
		    "integer %zu: %lld", i, (long long)number);
	}
	check_oids();
	for (size_t i = 0; i < COUNT(times); i++) {
		struct der_time t = { .zone = 0 };
		str_t der = times[i].der;
		bool read = der_read_time(&der, &t);

		ok(read == times[i].want &&
		        (!read || (t.seconds == times[i].seconds && t.zone == times[i].zone)),
		    "time %zu: %lld %d", i, (long long)t.seconds, t.zone);
	}
	return tap_done();
}

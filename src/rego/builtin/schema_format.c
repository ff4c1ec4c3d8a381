/* SPDX-License-Identifier: Apache-2.0 */
/* What "format" may demand of a string; unknown formats demand nothing. */
#include "rego/builtin/net_address.h"
#include "rego/builtin/schema_internal.h"
#include "rego/builtin/time_layout.h"
#include "rego/builtin/uri_read.h"

enum {
	LONGEST_HOSTNAME = 255,
	LONGEST_LABEL = 63,
	LONGEST_TIME_FAULT = 256,
	REGEX_WORK = 64 * 1024,
	REGEX_WORK_PER_BYTE = 512,
};

typedef bool format_fn(struct schema_run *, str_t);

/* ---- times ---- */

static bool
is_time_by(str_t s, const char *layout)
{
	struct buf problem;
	int64_t seconds;
	int32_t nanosecond;
	bool fine;

	buf_init(&problem, LONGEST_TIME_FAULT);
	fine = layout_read(str_of(layout), s, &seconds, &nanosecond, &problem);
	buf_fini(&problem);
	return fine;
}

static bool
is_date(struct schema_run *run, str_t s)
{
	(void)run;
	return is_time_by(s, "2006-01-02");
}

static bool
is_time(struct schema_run *run, str_t s)
{
	(void)run;
	return is_time_by(s, "15:04:05") || is_time_by(s, "15:04:05Z07:00");
}

/* A date or a time alone will do, as in OPA. */
static bool
is_date_time(struct schema_run *run, str_t s)
{
	return is_time(run, s) || is_date(run, s) || is_time_by(s, "2006-01-02T15:04:05Z07:00");
}

/* ---- hosts and addresses ---- */

static bool
is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
is_label(str_t s)
{
	if (s.len == 0 || s.len > LONGEST_LABEL || s.data[0] == '-' || s.data[s.len - 1] == '-')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!is_alphanumeric(s.data[i]) && s.data[i] != '-')
			return false;
	}
	return true;
}

static bool
is_hostname(struct schema_run *run, str_t s)
{
	(void)run;
	if (s.len > LONGEST_HOSTNAME)
		return false;
	for (;;) {
		size_t dot = str_find_char(s, '.', 0);

		if (!is_label(str_sub(s, 0, dot)))
			return false;
		if (dot == s.len)
			return true;
		s = str_skip(s, dot + 1);
	}
}

static bool
is_address_with(str_t s, char mark)
{
	struct net_block unused;

	return net_address_parse(s, &unused) && str_find_char(s, mark, 0) < s.len;
}

static bool
is_ipv4(struct schema_run *run, str_t s)
{
	(void)run;
	return is_address_with(s, '.');
}

static bool
is_ipv6(struct schema_run *run, str_t s)
{
	(void)run;
	return is_address_with(s, ':');
}

static bool
is_email(struct schema_run *run, str_t s)
{
	(void)run;
	return schema_is_email(s);
}

/* ---- URIs ---- */

static bool
read_uri(struct schema_run *run, str_t s, struct uri *ret)
{
	struct uri_fault unused;

	return schema_run_work(run, 512 + s.len * 8) && uri_read(run->arena, s, ret, &unused) &&
	    str_find_char(s, '\\', 0) == s.len;
}

static bool
is_uri(struct schema_run *run, str_t s)
{
	struct uri uri;

	return read_uri(run, s, &uri) && uri.scheme.len > 0;
}

static bool
is_uri_reference(struct schema_run *run, str_t s)
{
	struct uri uri;

	return read_uri(run, s, &uri);
}

/* Each opening brace of the path is closed. */
static bool
is_uri_template(struct schema_run *run, str_t s)
{
	struct uri uri;

	if (!read_uri(run, s, &uri))
		return false;
	for (size_t open = 0;;) {
		open = str_find_char(uri.path, '{', open);
		if (open == uri.path.len)
			return true;
		open = str_find_char(uri.path, '}', open);
		if (open == uri.path.len)
			return false;
	}
}

/* ---- the rest ---- */

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool
is_uuid(struct schema_run *run, str_t s)
{
	(void)run;
	if (s.len != 36)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s.data[i] != '-' : !is_hex(s.data[i]))
			return false;
	}
	return true;
}

static bool
is_regex(struct schema_run *run, str_t s)
{
	char unused[REGEX_ERROR_LEN];
	struct regex *regex;

	if (!schema_run_work(run, REGEX_WORK + s.len * REGEX_WORK_PER_BYTE))
		return true;
	regex = regex_new(s.data, s.len, unused);
	if (regex == NULL)
		return false;
	regex_free(regex);
	return true;
}

/* rfc6901 3 */
static bool
is_json_pointer(struct schema_run *run, str_t s)
{
	(void)run;
	if (s.len > 0 && s.data[0] != '/')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] == '~' && (i + 1 == s.len || (s.data[i + 1] != '0' && s.data[i + 1] != '1')))
			return false;
	}
	return true;
}

static bool
is_relative_json_pointer(struct schema_run *run, str_t s)
{
	size_t digits = 0;

	while (digits < s.len && s.data[digits] >= '0' && s.data[digits] <= '9')
		digits++;
	if (digits == 0 || (s.data[0] == '0' && digits > 1))
		return false;
	s = str_skip(s, digits);
	return str_eq(s, STR("#")) || is_json_pointer(run, s);
}

static const struct {
	str_t name;
	format_fn *matches;
} formats[] = {
	{ STR("date"), is_date },
	{ STR("time"), is_time },
	{ STR("date-time"), is_date_time },
	{ STR("hostname"), is_hostname },
	{ STR("email"), is_email },
	{ STR("idn-email"), is_email },
	{ STR("ipv4"), is_ipv4 },
	{ STR("ipv6"), is_ipv6 },
	{ STR("uri"), is_uri },
	{ STR("uri-reference"), is_uri_reference },
	{ STR("iri"), is_uri },
	{ STR("iri-reference"), is_uri_reference },
	{ STR("uri-template"), is_uri_template },
	{ STR("uuid"), is_uuid },
	{ STR("regex"), is_regex },
	{ STR("json-pointer"), is_json_pointer },
	{ STR("relative-json-pointer"), is_relative_json_pointer },
};

bool
schema_format_matches(struct schema_run *run, str_t format, str_t text)
{
	for (size_t i = 0; i < COUNT(formats); i++) {
		if (str_eq(format, formats[i].name))
			return !schema_run_work(run, text.len) || formats[i].matches(run, text);
	}
	return true;
}

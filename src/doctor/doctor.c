/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/doctor.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "codec/json.h"

enum { SAID_MAX = 1024, FINDINGS_MAX = 16 };

void
doctor_say(struct doctor *d, enum doctor_mark mark, const char *about, const char *help, const char *format, ...)
{
	struct doctor_finding f = { .mark = mark, .about = about, .help = mark == DOCTOR_FINE ? STR_NONE : str_of(help) };
	char room[SAID_MAX];
	va_list list;

	va_start(list, format);
	(void)vsnprintf(room, sizeof(room), format, list);
	va_end(list);
	f.said = arena_str(d->arena, str_of(room));
	if (!VEC_PUSH(d->arena, &d->findings, f))
		mark = DOCTOR_TROUBLE; /* what found no room must not look like health */
	d->warnings += mark == DOCTOR_WARNING;
	d->troubles += mark == DOCTOR_TROUBLE;
}

/* false: nothing else can be looked at. */
static bool
examine_config(struct doctor *d, const struct config_inputs *inputs)
{
	struct diag diag;
	bool good;

	diag_init(&diag, d->arena, FINDINGS_MAX);
	good = config_load(d->arena, inputs, &diag, &d->config) == ERR_OK;
	for (const struct diag_finding *f = diag.first; f != NULL; f = f->next)
		doctor_say(d, f->level == DIAG_ERROR ? DOCTOR_TROUBLE : DOCTOR_WARNING, "configuration",
		    f->hint.len > 0 ? arena_str(d->arena, f->hint).data : "core config check FILE shows where",
		    "%.*s", STR_FMT(f->message));
	if (good && diag.first == NULL)
		doctor_say(d, DOCTOR_FINE, "configuration", "", "%s", "valid");
	else if (!good && diag.error_count == 0)
		doctor_say(d, DOCTOR_TROUBLE, "configuration", "name the file with --config", "%s", "it cannot be read");
	if (good && d->config.environment == CONFIG_DEVELOPMENT)
		doctor_say(d, DOCTOR_WARNING, "environment", "set environment: production where it counts",
		    "%s", "development: signatures are not asked for");
	return good;
}

void
doctor_examine(struct doctor *d, struct arena *arena, const struct config_inputs *inputs)
{
	static void (*const checks[])(struct doctor *) = { doctor_bundle, doctor_keys, doctor_settings, doctor_license,
		doctor_certificates, doctor_clock, doctor_air_gap, doctor_sockets, doctor_limits, doctor_directories };

	*d = (struct doctor){ .arena = arena, .now_s = clock_wall_s(&clock_system) };
	if (!examine_config(d, inputs))
		return;
	for (size_t i = 0; i < COUNT(checks); i++)
		checks[i](d);
}

err_t
doctor_verdict(const struct doctor *d, bool strict)
{
	return d->troubles > 0 || (strict && d->warnings > 0) ? ERR_NEGATIVE : ERR_OK;
}

/* ---- the report ---- */

static void
add_clean(struct buf *out, str_t s)
{
	char bytes[8];
	size_t width;

	for (; s.len > 0; s = str_skip(s, width)) {
		uint32_t rune = utf8_decode(s, &width);

		if (rune < 0x20 || (rune >= 0x7f && rune < 0xa0))
			rune = rune == '\n' ? ' ' : 0xfffd;
		buf_add(out, bytes, utf8_encode(bytes, rune));
	}
}

static void
write_json(const struct doctor *d, struct buf *out)
{
	static const char *const marks[] = { "fine", "warning", "trouble" };

	buf_printf(out, "{\"warnings\":%zu,\"troubles\":%zu,\"findings\":[", d->warnings, d->troubles);
	for (size_t i = 0; i < d->findings.count; i++) {
		const struct doctor_finding *f = &d->findings.at[i];

		buf_printf(out, "%s{\"mark\":\"%s\",\"about\":\"%s\",\"said\":", i > 0 ? "," : "", marks[f->mark], f->about);
		json_write_string(out, f->said, false);
		buf_add_text(out, ",\"help\":");
		json_write_string(out, f->help, false);
		buf_add_char(out, '}');
	}
	buf_add_text(out, "]}\n");
}

void
doctor_write(const struct doctor *d, struct buf *out, bool json)
{
	static const char *const marks[] = { "✓", "!", "✗" };

	if (json) {
		write_json(d, out);
		return;
	}
	for (size_t i = 0; i < d->findings.count; i++) {
		const struct doctor_finding *f = &d->findings.at[i];

		buf_printf(out, "%s %-14s ", marks[f->mark], f->about);
		add_clean(out, f->said);
		if (f->help.len > 0) {
			buf_add_text(out, "\n  help: ");
			add_clean(out, f->help);
		}
		buf_add_char(out, '\n');
	}
	if (d->troubles == 0 && d->warnings == 0)
		buf_add_text(out, "All checks passed.\n");
	else
		buf_printf(out, "%zu in trouble, %zu %s.\n", d->troubles, d->warnings,
		    d->warnings == 1 ? "warning" : "warnings");
}

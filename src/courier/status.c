/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/status.h"

#include "base/clock.h"
#include "base/file.h"
#include "codec/json.h"

enum { PAGE_MAX = 65536 };

void
status_init(struct status *s)
{
	*s = (struct status){ .lock = PTHREAD_MUTEX_INITIALIZER };
}

void
status_set_text(char *to, size_t size, str_t text)
{
	text = str_cut(text, size - 1);
	memcpy(to, text.data != NULL ? text.data : "", text.len);
	to[text.len] = '\0';
}

void
status_begin(struct status *s)
{
	must(pthread_mutex_lock(&s->lock) == 0);
}

static void
add_text(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, ",\"%s\":", name);
	json_write_string(out, str_of(text), false);
}

static void
add_number(struct buf *out, const char *name, uint64_t number)
{
	buf_printf(out, ",\"%s\":%llu", name, (unsigned long long)number);
}

static void
add_pull(struct buf *out, const struct status *s)
{
	buf_printf(out, ",\"control_plane\":{\"reached\":%s", s->pull.failures == 0 && s->pull.last_contact > 0 ? "true" : "false");
	add_number(out, "last_contact", (uint64_t)s->pull.last_contact);
	add_number(out, "last_try", (uint64_t)s->pull.last_try);
	add_number(out, "failures", s->pull.failures);
	add_text(out, "last_error", s->pull.last_error);
	for (size_t i = 0; i < STATUS_PARTS; i++) {
		const struct status_part *p = &s->pull.parts[i];

		if (p->name == NULL)
			continue;
		buf_printf(out, ",\"%s\":{\"verdict\":\"%s\"", p->name, p->verdict);
		add_text(out, "etag", p->etag);
		add_text(out, "in_use_etag", p->in_use_etag);
		add_number(out, "in_use_at", (uint64_t)p->in_use_at);
		add_number(out, "taken", p->taken);
		add_number(out, "refused", p->refused);
		add_text(out, "reason", p->reason);
		buf_add_char(out, '}');
	}
	buf_add_char(out, '}');
}

static void
add_upload(struct buf *out, const struct status *s)
{
	buf_printf(out, ",\"audit_s3\":{\"reached\":%s", s->upload.failures == 0 && s->upload.last_contact > 0 ? "true" : "false");
	add_number(out, "last_contact", (uint64_t)s->upload.last_contact);
	add_number(out, "last_try", (uint64_t)s->upload.last_try);
	add_number(out, "failures", s->upload.failures);
	add_number(out, "last_seq", s->upload.last_seq);
	add_number(out, "files_sent", s->upload.files);
	add_number(out, "files_found", s->upload.found);
	add_number(out, "records_missing", s->upload.records_missing);
	add_text(out, "last_object", s->upload.last_object);
	add_text(out, "last_error", s->upload.last_error);
	buf_add_char(out, '}');
}

err_t
status_end(struct status *s, const struct vault *v, struct diag *diag)
{
	char path[VAULT_PATH_MAX + VAULT_NAME_MAX];
	struct buf out;
	err_t err;

	buf_init(&out, PAGE_MAX);
	buf_printf(&out, "{\"written\":%lld", (long long)clock_wall_s(&clock_system));
	if (s->pulls)
		add_pull(&out, s);
	if (s->uploads)
		add_upload(&out, s);
	buf_add_text(&out, "}\n");
	err = vault_path(v, "status.json", path) && !buf_failed(&out) ?
	    file_replace(NULL, path, 0644, buf_str(&out), diag) :
	    ERR_LIMIT;
	buf_fini(&out);
	must(pthread_mutex_unlock(&s->lock) == 0);
	return err;
}

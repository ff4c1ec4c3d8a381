/* SPDX-License-Identifier: Apache-2.0 */
#include "courier/handover.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "admin/client.h"
#include "base/file.h"
#include "codec/json.h"

enum { ANSWER_MS = 60000, ANSWER_MAX = 1 << 20, FILE_MODE = 0644 };
#define FILE_BYTES_MAX ((size_t)1 << 30)

static str_t
member_text(value_t object, const char *name)
{
	value_t v = value_object_get_text(object, name);

	return value_is_string(v) ? value_str(v) : STR("");
}

/* False: nobody answered in JSON; *ret_why says so. */
static bool
ask(const struct handover *h, str_t line, int fd, value_t *ret_answer, str_t *ret_why)
{
	struct buf answer;
	struct diag diag;
	err_t err;

	diag_init(&diag, h->arena, 4);
	buf_init(&answer, ANSWER_MAX);
	err = admin_call(h->socket_path, line, fd, ANSWER_MS, &answer, &diag);
	if (err == ERR_OK)
		err = json_read(h->arena, arena_str(h->arena, buf_str(&answer)), NULL, &diag, ret_answer);
	buf_fini(&answer);
	if (err == ERR_OK && value_is_bool(value_object_get_text(*ret_answer, "ok")))
		return true;
	*ret_why = diag_first_message(&diag);
	if (ret_why->len == 0)
		*ret_why = STR("the sidecar's answer is not understood");
	return false;
}

static bool
is_yes(value_t answer)
{
	return value_object_get_text(answer, "ok").tag == VALUE_TRUE;
}

/* ---- bundles ---- */

/* The daemon reads the staged file itself, through a descriptor of it. */
static int
open_staged(const struct handover *h, const char *name)
{
	char path[VAULT_PATH_MAX + VAULT_NAME_MAX];

	return vault_path(h->vault, name, path) ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
}

enum handover_verdict
handover_bundle(
    const struct handover *h, const char *name, str_t bytes, str_t path, str_t *ret_why)
{
	static const char line[] = "{\"command\":\"reload-policy\",\"name\":\"(pulled by coresdk-courier)\"}";
	int fd = open_staged(h, name);
	struct diag diag;
	value_t answer;
	bool reached;

	*ret_why = STR("the staged bundle cannot be opened");
	if (fd < 0)
		return HANDOVER_WAIT;
	reached = ask(h, str_of(line), fd, &answer, ret_why);
	(void)close(fd);
	if (!reached)
		return HANDOVER_WAIT;
	if (!is_yes(answer)) {
		*ret_why = member_text(answer, "message");
		return HANDOVER_REFUSED;
	}
	*ret_why = STR_NONE;
	diag_init(&diag, h->arena, 4);
	if (path.len > 0 && file_replace(NULL, path.data, FILE_MODE, bytes, &diag) != ERR_OK)
		*ret_why = diag_first_message(&diag); /* in use all the same */
	return HANDOVER_TAKEN;
}

/* ---- files ---- */

static enum handover_verdict
judge_reload(value_t answer, const char *code, str_t path, str_t *ret_why)
{
	value_t findings = value_object_get_text(answer, "findings");

	if (is_yes(answer))
		return HANDOVER_TAKEN;
	for (uint32_t i = 0; findings.tag == VALUE_ARRAY && i < findings.count; i++) {
		value_t one = value_get(findings, value_int(i));
		str_t message = member_text(one, "message");

		if (!str_eq(member_text(one, "level"), STR("error")))
			continue;
		if (str_eq(member_text(one, "code"), str_of(code)) ||
		    str_find(message, path, 0) < message.len) {
			*ret_why = message;
			return HANDOVER_REFUSED;
		}
	}
	return HANDOVER_TAKEN; /* what it does not like is something else */
}

static bool
read_now(str_t path, struct buf *ret)
{
	err_t err = file_read(NULL, path.data, FILE_ANY, ret, NULL);

	if (err == ERR_OK)
		return true;
	buf_clear(ret);
	return err == ERR_NOT_FOUND;
}

/* Empty bytes: there was no file. */
static bool
put(str_t path, str_t bytes, struct diag *diag)
{
	if (bytes.len == 0)
		return unlink(path.data) == 0 || access(path.data, F_OK) != 0;
	return file_replace(NULL, path.data, FILE_MODE, bytes, diag) == ERR_OK;
}

/* What stands there is kept in the vault first, so that a crash does not lose it. */
static bool
put_aside(const struct handover *h, const char *name, str_t path, str_t bytes, struct buf *before,
    struct diag *diag)
{
	char aside[VAULT_NAME_MAX], etag[VAULT_ETAG_MAX];

	if (snprintf(aside, sizeof(aside), "%s.before", name) >= (int)sizeof(aside) || !read_now(path, before))
		return false;
	if (str_eq(buf_str(before), bytes)) {
		/* Put there before a crash, if something was put aside; else it was always there. */
		if (vault_read(h->vault, aside, before, etag, diag) != ERR_OK)
			buf_add_str(before, bytes);
		return !buf_failed(before);
	}
	return vault_write(h->vault, aside, buf_str(before), STR(""), diag) == ERR_OK &&
	    put(path, bytes, diag);
}

/* It was taken: there is no way back to what was before. */
static void
forget_aside(const struct handover *h, const char *name)
{
	static const char *const endings[] = { ".before", ".before.tag" };
	char path[VAULT_PATH_MAX + VAULT_NAME_MAX], aside[VAULT_NAME_MAX];

	for (size_t i = 0; i < COUNT(endings); i++)
		if (snprintf(aside, sizeof(aside), "%s%s", name, endings[i]) < (int)sizeof(aside) &&
		    vault_path(h->vault, aside, path))
			(void)unlink(path);
}

enum handover_verdict
handover_file(const struct handover *h, const char *name, const char *code, str_t bytes, str_t path,
    str_t *ret_why)
{
	enum handover_verdict verdict = HANDOVER_WAIT;
	struct buf before;
	struct diag diag;
	value_t answer;

	if (bytes.len == 0) {
		*ret_why = STR("it is empty");
		return HANDOVER_REFUSED;
	}
	/* Without a sidecar nobody could say whether the file is good. */
	if (!ask(h, STR("{\"command\":\"status\"}"), -1, &answer, ret_why))
		return HANDOVER_WAIT;
	diag_init(&diag, h->arena, 4);
	buf_init(&before, FILE_BYTES_MAX);
	if (put_aside(h, name, path, bytes, &before, &diag)) {
		*ret_why = STR_NONE;
		if (ask(h, STR("{\"command\":\"reload\"}"), -1, &answer, ret_why))
			verdict = judge_reload(answer, code, path, ret_why);
		if (verdict != HANDOVER_TAKEN && !str_eq(buf_str(&before), bytes)) {
			str_t ignored;

			(void)put(path, buf_str(&before), &diag);
			(void)ask(h, STR("{\"command\":\"reload\"}"), -1, &answer, &ignored);
		}
		if (verdict != HANDOVER_WAIT)
			forget_aside(h, name);
	} else {
		*ret_why = diag_first_message(&diag);
	}
	buf_fini(&before);
	return verdict;
}

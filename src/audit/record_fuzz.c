/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/record.h"

#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes as a line of the log; and as a text that somebody else chose, inside one. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct audit_record r = { .subject = str_make((const char *)data, size),
		.resource = str_make((const char *)data, size) };
	struct digest *sha = digest_new(DIGEST_SHA256);
	char hash[AUDIT_HASH_LEN];
	struct audit_link link;
	struct buf body, line;
	size_t split;

	if (sha == NULL)
		return 0;
	(void)audit_line_read(sha, str_make((const char *)data, size), &link);
	buf_init(&body, AUDIT_BODY_MAX);
	buf_init(&line, AUDIT_LINE_MAX);
	audit_genesis(hash);
	audit_record_write(&body, &r, NULL, &split);
	audit_line_write(&line, sha, buf_str(&body), split, 9, hash);
	must(!buf_failed(&line) && str_find_char(buf_str(&line), '\n', 0) == line.len - 1);
	must(audit_line_read(sha, str_make(line.data, line.len - 1), &link) && link.seq == 9);
	buf_fini(&body);
	buf_fini(&line);
	digest_free(&sha);
	return 0;
}

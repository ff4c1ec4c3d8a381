/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "audit/record.h"
#include "audit/source.h"

struct walk {
	struct diag *diag;
	struct digest *digest;
	struct audit_verdict *verdict;
	struct audit_chain chain; /* seq 0: nothing read yet */
	const struct audit_checkpoint *next, *end; /* checkpoints not met yet */
	const char *path;
	uint32_t row;
};

static err_t
refuse(struct walk *w, const char *why, uint64_t seq)
{
	struct diag_place place = { .file = str_of(w->path), .row = w->row, .col = 1 };

	if (seq > 0)
		(void)diag_add(w->diag, DIAG_ERROR, "audit", place, "record %llu: %s",
		    (unsigned long long)seq, why);
	else
		(void)diag_add(w->diag, DIAG_ERROR, "audit", place, "%s", why);
	return ERR_SIGNATURE;
}

/* A record must be the one that was sealed under its number. */
static err_t
check_seal(struct walk *w, uint64_t seq, const char hash[AUDIT_HASH_LEN])
{
	uint64_t before = w->verdict->sealed_seq > 0 ? w->verdict->sealed_seq : w->verdict->first_seq - 1;
	char why[160];

	while (w->next < w->end && w->next->chain.seq < seq)
		w->next++; /* of records that are no longer kept */
	if (w->next == w->end || w->next->chain.seq != seq)
		return ERR_OK;
	if (memcmp(w->next->chain.hash, hash, AUDIT_HASH_LEN) != 0) {
		if (before + 1 < seq)
			(void)snprintf(why, sizeof(why),
			    "it is not the one that was sealed: what was changed is in records %llu to %llu",
			    (unsigned long long)before + 1, (unsigned long long)seq);
		else
			(void)snprintf(why, sizeof(why), "it is not the one that was sealed");
		return refuse(w, why, seq);
	}
	w->next++;
	w->verdict->sealed++;
	w->verdict->sealed_seq = seq;
	return ERR_OK;
}

static err_t
check_begin(struct walk *w, const struct audit_link *link)
{
	char genesis[AUDIT_HASH_LEN];

	audit_genesis(genesis);
	if (link->seq == 0 ||
	    (link->seq == 1) != (memcmp(link->prev_hash, genesis, AUDIT_HASH_LEN) == 0))
		return refuse(w, "it does not begin a log", link->seq);
	w->verdict->first_seq = link->seq;
	/* The record before it is gone, but what it was is still known. */
	if (link->seq > 1 && check_seal(w, link->seq - 1, link->prev_hash) != ERR_OK)
		return ERR_SIGNATURE;
	return ERR_OK;
}

static err_t
check_line(struct walk *w, str_t line, bool whole)
{
	struct audit_link link;

	if (!whole)
		return refuse(w, "the line has no end", 0);
	if (!audit_line_read(w->digest, line, &link))
		return refuse(w, "the line is not as it was written (its hash does not fit)", 0);
	if (w->chain.seq > 0) {
		if (link.seq != w->chain.seq + 1)
			return refuse(w,
			    link.seq > w->chain.seq ? "records before it are missing" :
						      "it stands here a second time or out of order",
			    link.seq);
		if (memcmp(link.prev_hash, w->chain.hash, AUDIT_HASH_LEN) != 0)
			return refuse(w, "it does not follow the record before it", link.seq);
	} else {
		TRY(check_begin(w, &link));
	}
	if (w->next < w->end)
		TRY(check_seal(w, link.seq, link.hash));
	w->chain.seq = w->verdict->last_seq = link.seq;
	memcpy(w->chain.hash, link.hash, AUDIT_HASH_LEN);
	memcpy(w->verdict->last_hash, link.hash, AUDIT_HASH_LEN);
	w->verdict->records++;
	return ERR_OK;
}

static err_t
check_file(struct walk *w, struct audit_source *s)
{
	str_t line;
	bool whole;

	w->row = 0;
	for (;;) {
		TRY(audit_source_line(s, &line, &whole));
		if (line.len == 0 && !whole && audit_source_at_end(s))
			return ERR_OK;
		w->row++;
		TRY(check_line(w, line, whole));
	}
}

static err_t
check_path(struct walk *w, const char *path)
{
	struct audit_source *s = NULL;
	err_t err = audit_source_open(AT_FDCWD, path, &s);

	w->path = path;
	if (err == ERR_OK)
		err = check_file(w, s);
	audit_source_close(&s);
	if (err == ERR_IO)
		(void)diag_add(w->diag, DIAG_ERROR, "audit",
		    (struct diag_place){ .file = str_of(path) }, "cannot be read: %s",
		    strerror(errno));
	if (err == ERR_SYNTAX)
		(void)diag_add(w->diag, DIAG_ERROR, "audit",
		    (struct diag_place){ .file = str_of(path) },
		    "the gzip stream is broken behind line %u", w->row);
	if (err == ERR_OK)
		w->verdict->files++;
	return err;
}

/* What was sealed behind the last record is missing. */
static err_t
check_tail(struct walk *w)
{
	uint64_t sealed = w->next < w->end ? w->end[-1].chain.seq : 0;
	char why[160];

	if (sealed <= w->verdict->last_seq)
		return ERR_OK;
	w->row++;
	(void)snprintf(why, sizeof(why),
	    "is missing, and so is what follows it: the log ends here, but record %llu was sealed",
	    (unsigned long long)sealed);
	return refuse(w, why, w->verdict->last_seq + 1);
}

err_t
audit_verify(const char *const *paths, size_t count, const struct audit_checkpoints *sealed,
    struct diag *diag, struct audit_verdict *ret)
{
	struct audit_verdict verdict = { 0 };
	struct walk w = { .diag = diag, .verdict = &verdict };
	err_t err = ERR_OK;

	if (sealed != NULL && sealed->count > 0) {
		w.next = sealed->at;
		w.end = sealed->at + sealed->count;
	}
	audit_genesis(verdict.last_hash);
	w.digest = digest_new(DIGEST_SHA256);
	if (w.digest == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; err == ERR_OK && i < count; i++)
		err = check_path(&w, paths[i]);
	if (err == ERR_OK)
		err = check_tail(&w);
	digest_free(&w.digest);
	*ret = verdict;
	return err;
}

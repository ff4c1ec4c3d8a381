/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/x509_verify.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "crypt/openssl.h"
#include "crypt/x509_mailbox.h"
#include "crypt/x509_parts.h"
#include "crypt/x509_policy.h"

enum { RSA_BITS_MIN = 1024, RSA_BITS_MAX = 16384, CHAIN_MAX = X509_CHECKS_MAX + 2,
	COMPARED_MAX = 256 << 20 };

struct search {
	struct arena *arena;
	const struct x509_verify *how;
	const struct x509_certificate *chain[CHAIN_MAX]; /* from the leaf on */
	size_t count;
	unsigned checks; /* signatures looked at */
	int64_t comparisons;
	size_t compared; /* bytes, in the whole search */
};

enum role { LEAF, INTERMEDIATE, ROOT };

/* ---- signatures ---- */

static const struct {
	enum x509_signature algorithm;
	enum x509_key_kind kind;
	enum digest_kind digest;
	bool is_pss;
} trusted[] = {
	{ X509_SHA256_RSA, X509_RSA, DIGEST_SHA256, false },
	{ X509_SHA384_RSA, X509_RSA, DIGEST_SHA384, false },
	{ X509_SHA512_RSA, X509_RSA, DIGEST_SHA512, false },
	{ X509_SHA256_PSS, X509_RSA, DIGEST_SHA256, true },
	{ X509_SHA384_PSS, X509_RSA, DIGEST_SHA384, true },
	{ X509_SHA512_PSS, X509_RSA, DIGEST_SHA512, true },
	{ X509_SHA256_ECDSA, X509_ECDSA, DIGEST_SHA256, false },
	{ X509_SHA384_ECDSA, X509_ECDSA, DIGEST_SHA384, false },
	{ X509_SHA512_ECDSA, X509_ECDSA, DIGEST_SHA512, false },
	{ X509_ED25519_PURE, X509_ED25519, DIGEST_SHA512, false },
};

static bool
is_usable_rsa(const struct x509_key *key)
{
	size_t bits = key->n.len * 8;

	for (unsigned top = 0x80; key->n.len > 0 && !((unsigned char)key->n.data[0] & top); top >>= 1)
		bits--;
	return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX &&
	    (key->n.data[key->n.len - 1] & 1) != 0 && key->e >= 3 && (key->e & 1) != 0 &&
	    key->e <= INT32_MAX;
}

static bool
check_bytes(EVP_PKEY *handle, const EVP_MD *md, bool is_pss, str_t message, str_t signature)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *options = NULL;
	bool good = context != NULL &&
	    EVP_DigestVerifyInit(context, &options, md, NULL, handle) == 1;

	if (good && is_pss)
		good = EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
		    EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
	good = good &&
	    EVP_DigestVerify(context, (const unsigned char *)signature.data, signature.len,
	        (const unsigned char *)message.data, message.len) == 1;
	EVP_MD_CTX_free(context);
	openssl_forget_errors();
	return good;
}

static bool
is_signed_by(const struct x509_certificate *child, const struct x509_certificate *parent)
{
	EVP_PKEY *handle;
	size_t i = 0;
	bool good;

	if ((parent->version == 3 && !parent->has_basic) || (parent->has_basic && !parent->is_ca) ||
	    (parent->key_usage != 0 && !(parent->key_usage & X509_CERTIFICATE_SIGNING)))
		return false;
	while (i < COUNT(trusted) && trusted[i].algorithm != child->algorithm)
		i++;
	if (i == COUNT(trusted) || trusted[i].kind != parent->key.kind ||
	    (parent->key.kind == X509_RSA && !is_usable_rsa(&parent->key)))
		return false;
	handle = x509_key_handle(&parent->key);
	good = handle != NULL &&
	    check_bytes(handle, trusted[i].kind == X509_ED25519 ? NULL : openssl_digest(trusted[i].digest),
	        trusted[i].is_pss, child->tbs, child->signature);
	EVP_PKEY_free(handle);
	return good;
}

/* ---- name constraints ---- */

static bool
spend(struct search *s, size_t count)
{
	int64_t limit = s->how->comparisons != 0 ? s->how->comparisons : X509_COMPARISONS_DEFAULT;

	s->comparisons += (int64_t)count;
	return s->comparisons <= limit;
}

static bool
spend_bytes(struct search *s, str_t constraint)
{
	s->compared += constraint.len + 1;
	return s->compared <= COMPARED_MAX;
}

struct name {
	str_t text;
	struct x509_mailbox mailbox; /* of an e-mail address */
};

typedef bool covers_fn(struct arena *, str_t constraint, const struct name *);

static bool
domain_covered(struct arena *arena, str_t constraint, const struct name *name)
{
	return x509_domain_covers(constraint, name->text);
}

static bool
domain_excluded(struct arena *arena, str_t constraint, const struct name *name)
{
	return x509_domain_excludes(constraint, name->text);
}

static bool
mailbox_covered(struct arena *arena, str_t constraint, const struct name *name)
{
	return x509_mailbox_covers(arena, constraint, &name->mailbox);
}

static bool
address_covered(struct arena *arena, str_t constraint, const struct name *name)
{
	return x509_range_covers(constraint, name->text);
}

/* None of those excluded covers the name, and one of those permitted does, if there are any. */
static bool
is_allowed(struct search *s, const struct name *name, const struct x509_texts *permitted,
    covers_fn *covers, const struct x509_texts *excluded, covers_fn *excludes)
{
	if (!spend(s, excluded->count))
		return false;
	for (size_t i = 0; i < excluded->count; i++)
		if (!spend_bytes(s, excluded->at[i]) || excludes(s->arena, excluded->at[i], name))
			return false;
	if (!spend(s, permitted->count))
		return false;
	for (size_t i = 0; i < permitted->count; i++)
		if (spend_bytes(s, permitted->at[i]) && covers(s->arena, permitted->at[i], name))
			return true;
	return permitted->count == 0;
}

/* A URI without a host name cannot be compared, so it is refused (rfc5280 4.2.1.10). */
static bool
host_of_uri(struct search *s, str_t uri, str_t *ret)
{
	uint8_t address[16];
	str_t host = s->how->host_of != NULL ? s->how->host_of(s->arena, uri) : STR_NONE;
	size_t colon = str_find_char(host, ':', 0);

	if (host.len == 0 || host.data[0] == '[') /* an IPv6 address */
		return false;
	*ret = str_sub(host, 0, colon);
	return x509_address_read(*ret, address) == 0 && x509_is_labels(*ret);
}

/* Each alternative name of `c` is one that `ca` may sign. */
static bool
are_names_allowed(struct search *s, const struct x509_certificate *ca,
    const struct x509_certificate *c)
{
	const struct x509_subtrees *in = &ca->permitted, *out = &ca->excluded;
	struct name name;

	for (size_t i = 0; i < c->names.emails.count; i++)
		if (!x509_mailbox_read(s->arena, c->names.emails.at[i], &name.mailbox) ||
		    !is_allowed(s, &name, &in->emails, mailbox_covered, &out->emails, mailbox_covered))
			return false;
	for (size_t i = 0; i < c->names.dns.count; i++) {
		name.text = c->names.dns.at[i];
		if (!x509_is_labels(name.text) ||
		    !is_allowed(s, &name, &in->dns, domain_covered, &out->dns, domain_excluded))
			return false;
	}
	for (size_t i = 0; i < c->names.uris.count; i++)
		if (in->uris.count + out->uris.count > 0 &&
		    (!host_of_uri(s, c->names.uris.at[i], &name.text) ||
		        !is_allowed(s, &name, &in->uris, domain_covered, &out->uris, domain_covered)))
			return false;
	for (size_t i = 0; i < c->names.ips.count; i++) {
		name.text = c->names.ips.at[i];
		if (!is_allowed(s, &name, &in->ips, address_covered, &out->ips, address_covered))
			return false;
	}
	return true;
}

static bool
has_constraints(const struct x509_certificate *c)
{
	const struct x509_subtrees *in = &c->permitted, *out = &c->excluded;

	return in->dns.count + in->ips.count + in->emails.count + in->uris.count + out->dns.count +
	    out->ips.count + out->emails.count + out->uris.count > 0;
}

/* ---- the chain ---- */

/* Whether `c` may stand behind the chain as it is. */
static bool
is_valid(struct search *s, const struct x509_certificate *c, enum role role)
{
	int64_t now = s->how->now_ns / 1000000000, part = s->how->now_ns % 1000000000;

	if (part < 0) {
		now--;
		part += 1000000000;
	}
	if (c->unhandled.count > 0 ||
	    (s->count > 0 && !str_eq(s->chain[s->count - 1]->raw_issuer, c->raw_subject)))
		return false;
	if (now < c->not_before.seconds || now > c->not_after.seconds ||
	    (now == c->not_after.seconds && part > 0))
		return false;
	s->comparisons = 0;
	for (size_t i = 0; role != LEAF && has_constraints(c) && i < s->count; i++)
		if (s->chain[i]->has_alternatives && !are_names_allowed(s, c, s->chain[i]))
			return false;
	if (role == INTERMEDIATE && (!c->has_basic || !c->is_ca))
		return false;
	return !c->has_basic || c->path_length < 0 ||
	    (int64_t)s->count - 1 <= c->path_length;
}

static bool
has_usage(const struct x509_certificate *c, int usage)
{
	for (size_t i = 0; i < c->usages.count; i++)
		if (c->usages.at[i] == usage || c->usages.at[i] == X509_USAGE_ANY)
			return true;
	return false;
}

/* One of the usages wanted is allowed by every certificate that lists any. */
static bool
is_chain_for_usages(const struct search *s)
{
	uint32_t left = s->how->usages != 0 ? s->how->usages : 1u << X509_USAGE_SERVER_AUTH;

	if (left & 1u << X509_USAGE_ANY)
		return true;
	for (size_t i = 0; i < s->count; i++) {
		const struct x509_certificate *c = s->chain[i];

		if (c->usages.count == 0 && c->unknown_usages.count == 0)
			continue;
		for (int usage = 0; usage < X509_USAGE_END; usage++)
			if (!has_usage(c, usage))
				left &= ~(1u << usage);
	}
	return left != 0;
}

bool
x509_key_same(const struct x509_key *a, const struct x509_key *b)
{
	return a->kind == b->kind && a->curve == b->curve && a->e == b->e && str_eq(a->n, b->n) &&
	    str_eq(a->x, b->x) && str_eq(a->y, b->y) && str_eq(a->p, b->p) && str_eq(a->q, b->q) &&
	    str_eq(a->g, b->g) && str_eq(a->bytes, b->bytes);
}

static str_t
alternatives_of(const struct x509_certificate *c)
{
	for (size_t i = 0; c->has_alternatives && i < c->extensions.count; i++)
		if (str_eq(c->extensions.at[i].oid, STR("\x55\x1d\x11")))
			return c->extensions.at[i].value;
	return STR_NONE;
}

/* The same subject, key and alternative names are there already: a loop. */
static bool
is_in_chain(const struct search *s, const struct x509_certificate *c)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct x509_certificate *other = s->chain[i];

		if (!str_eq(c->raw_subject, other->raw_subject) || !x509_key_same(&c->key, &other->key))
			continue;
		if (c->has_alternatives != other->has_alternatives)
			return false;
		if (str_eq(alternatives_of(c), alternatives_of(other)))
			return true;
	}
	return false;
}

static bool
is_acceptable(struct search *s)
{
	return is_chain_for_usages(s) && x509_policies_hold(s->arena, s->chain, s->count);
}

/* How well the parent's key id fits: 0 best. */
static unsigned
rank(const struct x509_certificate *parent, const struct x509_certificate *child)
{
	if (str_eq(parent->subject_key_id, child->authority_key_id))
		return 0;
	return parent->subject_key_id.len == 0 || child->authority_key_id.len == 0 ? 1 : 2;
}

static bool
may_extend(struct search *s, const struct x509_certificate *c, enum role role)
{
	const struct x509_certificate *last = s->chain[s->count - 1];

	if (!str_eq(last->raw_issuer, c->raw_subject) || c->key.kind == X509_KEY_UNKNOWN ||
	    is_in_chain(s, c) || s->checks >= X509_CHECKS_MAX)
		return false;
	s->checks++;
	return is_signed_by(last, c) && is_valid(s, c, role);
}

/* A place in the search: which intermediate to try next behind the chain's `count` links. */
struct step {
	unsigned rank;
	size_t next;
};

static const struct x509_certificate *
next_intermediate(struct search *s, struct step *step)
{
	const struct x509_verify *how = s->how;
	const struct x509_certificate *last = s->chain[s->count - 1];

	for (; step->rank < 3; step->rank++, step->next = 0)
		while (step->next < how->intermediate_count) {
			const struct x509_certificate *c = &how->intermediates[step->next++];

			if (rank(c, last) == step->rank && may_extend(s, c, INTERMEDIATE))
				return c;
		}
	return NULL;
}

/* Depth first, the root before any intermediate; the chain is left as it was found. */
static bool
find_chain(struct search *s)
{
	struct step steps[CHAIN_MAX] = { { 0, 0 } };

	for (;;) {
		const struct x509_certificate *c = s->how->root;
		struct step *step = &steps[s->count];

		if (step->rank == 0 && step->next == 0 && may_extend(s, c, ROOT)) {
			s->chain[s->count++] = c;
			if (is_acceptable(s))
				return true;
			s->count--;
		}
		c = s->checks < X509_CHECKS_MAX ? next_intermediate(s, step) : NULL;
		if (c != NULL) {
			s->chain[s->count++] = c;
			steps[s->count] = (struct step){ 0, 0 };
		} else if (--s->count == 0) {
			return false;
		}
	}
}

err_t
x509_verify(struct arena *arena, const struct x509_certificate *leaf,
    const struct x509_verify *how, struct x509_chain *ret)
{
	struct search s = { .arena = arena, .how = how };
	struct x509_chain chain = { .at = NULL };
	bool found;

	if (!is_valid(&s, leaf, LEAF) || (how->host.len > 0 && !x509_is_for_host(leaf, how->host)))
		return ERR_SIGNATURE;
	s.chain[s.count++] = leaf;
	found = str_eq(leaf->whole, how->root->whole) ? is_acceptable(&s) : find_chain(&s);
	for (size_t i = 0; found && i < s.count; i++)
		if (!VEC_PUSH(arena, &chain, s.chain[i]))
			return ERR_MEMORY;
	if (arena_failed(arena))
		return ERR_MEMORY;
	if (!found)
		return ERR_SIGNATURE;
	*ret = chain;
	return ERR_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* crypto: digests and MACs of strings. */
#include "crypt/hmac.h"
#include "crypt/secret.h"
#include "rego/builtin.h"

static value_t
make_hex(struct arena *arena, const uint8_t *bytes, size_t len)
{
	char text[2 * DIGEST_SIZE_MAX];

	for (size_t i = 0; i < len; i++) {
		text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	return value_string(arena, str_make(text, 2 * len));
}

static enum rego_outcome
hash(struct rego_call *call, enum digest_kind kind, value_t *ret)
{
	uint8_t bytes[DIGEST_SIZE_MAX];

	digest_of(kind, value_str(call->arg[0]), bytes);
	*ret = make_hex(call->arena, bytes, digest_size(kind));
	return REGO_DEFINED;
}

static enum rego_outcome
mac(struct rego_call *call, enum digest_kind kind, value_t *ret)
{
	uint8_t bytes[DIGEST_SIZE_MAX];

	hmac_of(kind, value_str(call->arg[1]), value_str(call->arg[0]), bytes);
	*ret = make_hex(call->arena, bytes, digest_size(kind));
	return REGO_DEFINED;
}

static enum rego_outcome
md5(struct rego_call *call, value_t *ret)
{
	return hash(call, DIGEST_MD5, ret);
}

static enum rego_outcome
sha1(struct rego_call *call, value_t *ret)
{
	return hash(call, DIGEST_SHA1, ret);
}

static enum rego_outcome
sha256(struct rego_call *call, value_t *ret)
{
	return hash(call, DIGEST_SHA256, ret);
}

static enum rego_outcome
hmac_md5(struct rego_call *call, value_t *ret)
{
	return mac(call, DIGEST_MD5, ret);
}

static enum rego_outcome
hmac_sha1(struct rego_call *call, value_t *ret)
{
	return mac(call, DIGEST_SHA1, ret);
}

static enum rego_outcome
hmac_sha256(struct rego_call *call, value_t *ret)
{
	return mac(call, DIGEST_SHA256, ret);
}

static enum rego_outcome
hmac_sha512(struct rego_call *call, value_t *ret)
{
	return mac(call, DIGEST_SHA512, ret);
}

static enum rego_outcome
hmac_equal(struct rego_call *call, value_t *ret)
{
	str_t a = value_str(call->arg[0]), b = value_str(call->arg[1]);

	*ret = value_bool(a.len == b.len && secret_equal(a.data, b.data, a.len));
	return REGO_DEFINED;
}

const struct rego_builtin rego_builtins_crypto[] = {
	{ "crypto.md5", "x: string -> string", md5, "The MD5 digest of `x`, in hexadecimal." },
	{ "crypto.sha1", "x: string -> string", sha1, "The SHA-1 digest of `x`, in hexadecimal." },
	{ "crypto.sha256", "x: string -> string", sha256,
	    "The SHA-256 digest of `x`, in hexadecimal." },
	{ "crypto.hmac.md5", "x: string, key: string -> string", hmac_md5,
	    "The HMAC-MD5 of `x` under `key`, in hexadecimal." },
	{ "crypto.hmac.sha1", "x: string, key: string -> string", hmac_sha1,
	    "The HMAC-SHA-1 of `x` under `key`, in hexadecimal." },
	{ "crypto.hmac.sha256", "x: string, key: string -> string", hmac_sha256,
	    "The HMAC-SHA-256 of `x` under `key`, in hexadecimal." },
	{ "crypto.hmac.sha512", "x: string, key: string -> string", hmac_sha512,
	    "The HMAC-SHA-512 of `x` under `key`, in hexadecimal." },
	{ "crypto.hmac.equal", "mac1: string, mac2: string -> boolean", hmac_equal,
	    "Whether two MACs are the same, in a time that does not tell where they differ." },
	{ 0 },
};

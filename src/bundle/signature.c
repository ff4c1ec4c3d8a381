/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/signature.h"

#include "base/vec.h"
#include "bundle/archive.h"
#include "bundle/trust.h"
#include "codec/json.h"
#include "token/claims.h"
#include "token/jws.h"
#include "value/number.h"

enum { HEX_MAX = 2 * DIGEST_SIZE_MAX };

static const str_t file_name = STR(".signatures.json");

static err_t
refuse(struct diag *diag, const char *why)
{
	diag_say(diag, "bundle", ".signatures.json: %s", why);
	return ERR_BUNDLE;
}

static err_t
refuse_file(struct diag *diag, str_t name, const char *why)
{
	diag_say(diag, "bundle", "%.*s: %s", STR_FMT(name), why);
	return ERR_BUNDLE;
}

/* ---- the payload ---- */

static bool
read_time(value_t payload, const char *member, int64_t *ret)
{
	value_t v = value_object_get_text(payload, member);

	*ret = 0;
	if (!value_is_defined(v))
		return true;
	return value_is_number(v) && number_to_int64(v, ret) && *ret >= 0 && *ret <= CLAIMS_TIME_MAX;
}

static bool
is_text_member(value_t object, const char *member)
{
	return value_is_string(value_object_get_text(object, member));
}

static bool
is_list_of_files(value_t list, const char *digest_member)
{
	if (list.tag != VALUE_ARRAY)
		return false;
	for (uint32_t i = 0; i < list.count; i++)
		if (!is_text_member(list.items[i], "name") ||
		    !is_text_member(list.items[i], digest_member))
			return false;
	return true;
}

/* By its digests the whole content is the same, or is not. */
static err_t
digest_list(value_t list, char hex[SHA256_HEX_SIZE])
{
	struct buf text;
	err_t err;

	buf_init(&text, BUNDLE_UNPACKED_MAX);
	json_write(&text, list);
	err = buf_failed(&text) ? ERR_LIMIT : ERR_OK;
	if (err == ERR_OK)
		digest_sha256_hex(buf_str(&text), hex);
	buf_fini(&text);
	return err;
}

static err_t
read_payload(str_t text, struct arena *arena, struct diag *diag, struct bundle_signature *sig,
    struct signature_list *list)
{
	value_t payload, scope, number;
	int64_t issued;

	if (json_read(arena, text, &(struct json_options){ .refuse_duplicates = true }, NULL,
	        &payload) != ERR_OK || payload.tag != VALUE_OBJECT)
		return refuse(diag, "the signed payload is not one JSON object");
	list->files = value_object_get_text(payload, "files");
	list->raw = value_object_get_text(payload, "raw");
	sig->has_raw = value_is_defined(list->raw);
	if (!is_list_of_files(list->files, "hash") ||
	    (sig->has_raw && !is_list_of_files(list->raw, "sha256")))
		return refuse(diag, "the signed payload has no list of files that can be used");
	scope = value_object_get_text(payload, "scope");
	if (value_is_defined(scope) && !value_is_string(scope))
		return refuse(diag, "the scope is not a string");
	if (value_is_string(scope))
		sig->scope = value_str(scope);
	if (!read_time(payload, "created", &sig->created) || !read_time(payload, "iat", &issued) ||
	    !read_time(payload, "not_before", &sig->not_before) ||
	    !read_time(payload, "expires", &sig->expires))
		return refuse(diag, "a time in the signed payload is not a number of seconds");
	if (sig->created == 0)
		sig->created = issued;
	number = value_object_get_text(payload, "revision_number");
	if (value_is_defined(number) && (number.tag != VALUE_INT || number.integer < 0))
		return refuse(diag, "the revision number is not a whole number");
	if (value_is_defined(number))
		sig->revision_number = (uint64_t)number.integer;
	return ERR_OK;
}

/* The array of signatures. */
static err_t
read_tokens(str_t text, struct arena *arena, struct diag *diag, value_t *ret)
{
	const struct json_options json = { .refuse_duplicates = true, .depth_limit = 8 };
	value_t document, tokens, plugin;

	if (json_read(arena, text, &json, NULL, &document) != ERR_OK)
		return refuse(diag, "it is not JSON");
	plugin = value_object_get_text(document, "plugin");
	if (value_is_defined(plugin) && !(value_is_string(plugin) && plugin.count == 0))
		return refuse(diag, "it asks for a verification plugin");
	tokens = value_object_get_text(document, "signatures");
	if (tokens.tag != VALUE_ARRAY || tokens.count == 0 || tokens.count > BUNDLE_SIGNATURES_MAX)
		return refuse(diag, "it is not an object with an array of 1 to 16 signatures");
	*ret = tokens;
	return ERR_OK;
}

err_t
signature_read(str_t text, const struct bundle_options *options, struct arena *arena,
    struct diag *diag, struct bundle_signature *ret, struct signature_list *ret_list)
{
	struct bundle_signature sig = { .present = true };
	struct trust trust;
	value_t tokens;

	TRY(read_tokens(text, arena, diag, &tokens));
	TRY(trust_read(tokens, options, arena, diag, &trust));
	TRY(read_payload(trust.payload, arena, diag, &sig, ret_list));
	TRY(digest_list(sig.has_raw ? ret_list->raw : ret_list->files, sig.content));
	sig.verified = trust.count > 0;
	sig.signer_count = trust.count;
	sig.algorithm = trust.algorithm;
	sig.kid = trust.kid;
	sig.key = trust.key;
	memcpy(ret_list->verifiers, trust.verifiers, sizeof(trust.verifiers));
	ret_list->verifier_count = trust.count;
	*ret = sig;
	if (!sig.verified || options->any_scope || str_eq(sig.scope, options->scope))
		return ERR_OK;
	diag_say(diag, "bundle",
	    ".signatures.json: the bundle was signed for another scope: \"%.*s\", not \"%.*s\" (policy.bundle_scope)",
	    STR_FMT(sig.scope), STR_FMT(options->scope));
	return ERR_BUNDLE;
}

err_t
signature_check_times(const struct bundle_signature *sig, const struct bundle_options *options,
    struct diag *diag)
{
	if (options->ignore_times)
		return ERR_OK;
	if (sig->not_before > 0 && options->now < sig->not_before)
		return refuse(diag, "the bundle is not valid yet (not_before)");
	if (sig->expires > 0 && options->now >= sig->expires && !options->ignore_expiry)
		return refuse(diag, "the bundle has expired (expires)");
	return ERR_OK;
}

/* ---- the set of files ---- */

static value_t
find_entry(value_t by_name, str_t name)
{
	return value_object_get_str(by_name, name);
}

static str_t
strip_slash(str_t name)
{
	return name.len > 0 && name.data[0] == '/' ? str_skip(name, 1) : name;
}

/* name → entry; a name twice is refused. */
static err_t
index_entries(value_t list, struct arena *arena, struct diag *diag, value_t *ret)
{
	struct object_builder builder;

	object_builder_init(&builder, arena, list.count);
	for (uint32_t i = 0; i < list.count; i++) {
		str_t name = strip_slash(value_str(value_object_get_text(list.items[i], "name")));

		(void)object_builder_add(&builder, value_string(arena, name), list.items[i]);
	}
	*ret = object_builder_freeze(&builder, OBJECT_FIRST_WINS, NULL);
	if (arena_failed(arena))
		return ERR_MEMORY;
	return ret->count == list.count ? ERR_OK : refuse(diag, "it lists a file twice");
}

static bool
has_file(const struct bundle_file *files, size_t count, str_t name)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(files[i].name, name))
			return true;
	return false;
}

/* Every file is listed and every listed file is there; .signatures.json stands outside. */
static err_t
check_set(value_t by_name, const struct bundle_file *files, size_t count, struct diag *diag)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		if (str_eq(files[i].name, file_name))
			continue;
		if (!value_is_defined(find_entry(by_name, files[i].name)))
			return refuse_file(diag, files[i].name,
			    "this file is not covered by the signature");
		found++;
	}
	for (uint32_t i = 0; found < by_name.count && i < by_name.count; i++) {
		str_t name = value_str(by_name.object->keys[i]);

		if (!has_file(files, count, name))
			return refuse_file(diag, name,
			    "this file is covered by the signature but missing");
	}
	return ERR_OK;
}

static size_t
write_hex(enum digest_kind kind, str_t bytes, char out[HEX_MAX])
{
	uint8_t digest[DIGEST_SIZE_MAX];
	size_t size = digest_size(kind);

	digest_of(kind, bytes, digest);
	for (size_t i = 0; i < size; i++) {
		out[2 * i] = "0123456789abcdef"[digest[i] >> 4];
		out[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
	}
	return 2 * size;
}

err_t
signature_check_raw(const struct signature_list *list, const struct bundle_file *files,
    size_t count, struct arena *arena, struct diag *diag)
{
	value_t by_name;

	TRY(index_entries(list->raw, arena, diag, &by_name));
	TRY(check_set(by_name, files, count, diag));
	for (size_t i = 0; i < count; i++) {
		value_t entry = find_entry(by_name, files[i].name);
		value_t size = value_object_get_text(entry, "size");
		char digest[HEX_MAX];

		if (str_eq(files[i].name, file_name))
			continue;
		if (size.tag != VALUE_INT || size.integer < 0 ||
		    (uint64_t)size.integer != files[i].bytes.len)
			return refuse_file(diag, files[i].name,
			    "this file does not have the size that was signed");
		if (!str_eq(value_str(value_object_get_text(entry, "sha256")),
		        str_make(digest, write_hex(DIGEST_SHA256, files[i].bytes, digest))))
			return refuse_file(diag, files[i].name, "this file was changed after signing");
	}
	return ERR_OK;
}

static bool
find_digest(value_t entry, enum digest_kind *ret)
{
	value_t name = value_object_get_text(entry, "algorithm");
	static const struct {
		str_t name;
		enum digest_kind kind;
	} known[] = {
		{ STR("SHA-256"), DIGEST_SHA256 },
		{ STR("SHA-384"), DIGEST_SHA384 },
		{ STR("SHA-512"), DIGEST_SHA512 },
	};

	for (size_t i = 0; i < COUNT(known); i++)
		if (value_is_string(name) && str_eq(value_str(name), known[i].name)) {
			*ret = known[i].kind;
			return true;
		}
	return false;
}

static err_t
check_digest(value_t entry, str_t name, str_t bytes, struct diag *diag)
{
	enum digest_kind kind;
	char digest[HEX_MAX];

	if (!find_digest(entry, &kind))
		return refuse_file(diag, name,
		    "its signed digest is none of SHA-256, SHA-384, SHA-512");
	if (!str_eq_nocase(value_str(value_object_get_text(entry, "hash")),
	        str_make(digest, write_hex(kind, bytes, digest))))
		return refuse_file(diag, name, "this file was changed after signing");
	return ERR_OK;
}

static str_t
base_name(str_t name)
{
	for (size_t at = name.len; at > 0; at--)
		if (name.data[at - 1] == '/')
			return str_skip(name, at);
	return name;
}

/* OPA's list of names that are hashed in parsed form: data.yml is not among them. */
static bool
is_document(str_t name)
{
	str_t base = base_name(name);

	return str_eq(base, STR("data.json")) || str_eq(base, STR("data.yaml")) ||
	    str_eq(base, STR(".manifest"));
}

err_t
signature_check_files(const struct signature_list *list, const struct bundle_file *files,
    size_t count, struct arena *arena, struct diag *diag)
{
	value_t by_name;

	TRY(index_entries(list->files, arena, diag, &by_name));
	TRY(check_set(by_name, files, count, diag));
	if (value_is_defined(list->raw))
		return ERR_OK; /* the bytes themselves were checked */
	for (size_t i = 0; i < count; i++)
		if (!is_document(files[i].name) && !str_eq(files[i].name, file_name))
			TRY(check_digest(find_entry(by_name, files[i].name), files[i].name,
			    files[i].bytes, diag));
	return ERR_OK;
}

static value_t
find_listed(value_t list, str_t name)
{
	for (uint32_t i = 0; i < list.count; i++) {
		value_t entry = list.items[i];

		if (str_eq(strip_slash(value_str(value_object_get_text(entry, "name"))), name))
			return entry;
	}
	return VALUE_NONE;
}

err_t
signature_check_document(const struct signature_list *list, str_t name, value_t document,
    struct arena *arena, struct diag *diag)
{
	value_t entry = find_listed(list->files, name);
	struct buf text;
	err_t err;

	if (value_is_defined(list->raw) || !is_document(name))
		return ERR_OK;
	buf_init(&text, BUNDLE_UNPACKED_MAX);
	json_write(&text, document);
	err = buf_failed(&text) ? ERR_LIMIT : check_digest(entry, name, buf_str(&text), diag);
	buf_fini(&text);
	return err;
}

/* ---- writing ---- */

static err_t
add_file_lists(struct buf *payload, const struct bundle_file *files, const value_t *documents,
    size_t count)
{
	char digest[HEX_MAX];
	struct buf canonical;
	err_t err;

	buf_init(&canonical, BUNDLE_UNPACKED_MAX);
	buf_add_text(payload, "{\"files\":[");
	for (size_t i = 0; i < count; i++) {
		str_t bytes = files[i].bytes;

		if (is_document(files[i].name)) {
			buf_clear(&canonical);
			json_write(&canonical, documents[i]);
			bytes = buf_str(&canonical);
		}
		buf_add_text(payload, i > 0 ? ",{\"name\":" : "{\"name\":");
		json_write_string(payload, files[i].name, false);
		buf_printf(payload, ",\"hash\":\"%.*s\",\"algorithm\":\"SHA-256\"}",
		    (int)write_hex(DIGEST_SHA256, bytes, digest), digest);
	}
	buf_add_text(payload, "],\"raw\":[");
	for (size_t i = 0; i < count; i++) {
		buf_add_text(payload, i > 0 ? ",{\"name\":" : "{\"name\":");
		json_write_string(payload, files[i].name, false);
		buf_printf(payload, ",\"size\":%zu,\"sha256\":\"%.*s\"}", files[i].bytes.len,
		    (int)write_hex(DIGEST_SHA256, files[i].bytes, digest), digest);
	}
	buf_add_char(payload, ']');
	err = buf_failed(&canonical) || buf_failed(payload) ? ERR_LIMIT : ERR_OK;
	buf_fini(&canonical);
	return err;
}

static void
add_claims(struct buf *payload, const struct signature_claims *claims)
{
	const struct {
		const char *name;
		int64_t value;
	} times[] = {
		{ "iat", claims->created },
		{ "created", claims->created },
		{ "not_before", claims->not_before },
		{ "expires", claims->expires },
	};

	if (claims->kid.len > 0) {
		buf_add_text(payload, ",\"keyid\":");
		json_write_string(payload, claims->kid, false);
	}
	if (claims->scope.len > 0) {
		buf_add_text(payload, ",\"scope\":");
		json_write_string(payload, claims->scope, false);
	}
	for (size_t i = 0; i < COUNT(times); i++)
		if (times[i].value > 0) {
			buf_printf(payload, ",\"%s\":", times[i].name);
			buf_add_int(payload, times[i].value);
		}
	if (claims->revision_number > 0)
		buf_printf(payload, ",\"revision_number\":%llu",
		    (unsigned long long)claims->revision_number);
	buf_add_char(payload, '}');
}

err_t
signature_write(struct buf *out, const struct bundle_file *files, const value_t *documents,
    size_t count, const struct signer *signers, size_t signer_count,
    const struct signature_claims *claims)
{
	struct buf payload;
	err_t err;

	buf_init(&payload, BUNDLE_UNPACKED_MAX);
	err = add_file_lists(&payload, files, documents, count);
	add_claims(&payload, claims);
	buf_add_text(out, "{\"signatures\":[");
	for (size_t i = 0; err == ERR_OK && i < signer_count; i++) {
		buf_add_text(out, i > 0 ? ",\"" : "\"");
		err = jws_sign(out, signers[i].key, signers[i].algorithm, signers[i].kid, STR_NONE,
		    buf_str(&payload));
		buf_add_char(out, '"');
	}
	buf_add_text(out, "]}\n");
	if (err == ERR_OK && (buf_failed(&payload) || buf_failed(out)))
		err = ERR_LIMIT;
	buf_fini(&payload);
	return err;
}

/* Whether one of the signatures is by this key, whatever it calls itself. */
static err_t
refuse_second(const struct signer *signer, value_t tokens, struct arena *arena, struct diag *diag)
{
	if (trust_has_signed(tokens, signer->key, arena))
		return refuse(diag, "this key signed the bundle before");
	if (tokens.count >= BUNDLE_SIGNATURES_MAX)
		return refuse(diag, "it has 16 signatures, the most there may be");
	return ERR_OK;
}

err_t
signature_add(struct buf *out, str_t text, const struct signer *signer, struct arena *arena,
    struct diag *diag)
{
	const struct bundle_options any = { 0 };
	struct trust trust;
	value_t tokens;
	err_t err;

	TRY(read_tokens(text, arena, diag, &tokens));
	TRY(refuse_second(signer, tokens, arena, diag));
	TRY(trust_read(tokens, &any, arena, diag, &trust));
	buf_add_text(out, "{\"signatures\":[");
	for (uint32_t i = 0; i < tokens.count; i++) {
		json_write_string(out, value_str(tokens.items[i]), false);
		buf_add_char(out, ',');
	}
	buf_add_char(out, '"');
	err = jws_sign(out, signer->key, signer->algorithm, signer->kid, STR_NONE, trust.payload);
	buf_add_text(out, "\"]}\n");
	return err == ERR_OK && buf_failed(out) ? ERR_LIMIT : err;
}

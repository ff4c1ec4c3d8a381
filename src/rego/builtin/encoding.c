/* SPDX-License-Identifier: Apache-2.0 */
/* base64, base64url and hex: strings that stand for bytes. */
#include "base/utf8.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "rego/builtin/util.h"

static enum rego_outcome
encode_base64(struct rego_call *call, unsigned form, value_t *ret)
{
	struct buf out;

	rego_text_init(call, &out);
	base64_encode(&out, value_str(call->arg[0]), form);
	return rego_give_text(call, &out, ret);
}

static enum rego_outcome
decode_base64(struct rego_call *call, str_t text, unsigned form, value_t *ret)
{
	str_t bytes;
	size_t bad;

	if (!rego_charge(call, text.len))
		return REGO_HALT;
	switch (base64_decode(call->arena, text, form | BASE64_LOOSE, &bytes, &bad)) {
	case ERR_OK:
		return rego_give_str(call, bytes, ret);
	case ERR_MEMORY:
		return REGO_HALT;
	default:
		return rego_fail(call, "illegal base64 data at input byte %zu", bad);
	}
}

static enum rego_outcome
base64_encode_text(struct rego_call *call, value_t *ret)
{
	return encode_base64(call, BASE64_STANDARD | BASE64_PADDED, ret);
}

static enum rego_outcome
base64_decode_text(struct rego_call *call, value_t *ret)
{
	return decode_base64(call, value_str(call->arg[0]), BASE64_STANDARD | BASE64_PADDED, ret);
}

static enum rego_outcome
base64_is_valid(struct rego_call *call, value_t *ret)
{
	struct arena_mark mark = arena_mark(call->arena);
	str_t bytes;
	err_t e = ERR_SYNTAX;

	if (value_is_string(call->arg[0])) {
		if (!rego_charge(call, call->arg[0].count))
			return REGO_HALT;
		e = base64_decode(call->arena, value_str(call->arg[0]),
		    BASE64_STANDARD | BASE64_PADDED | BASE64_LOOSE, &bytes, NULL);
		if (e == ERR_MEMORY)
			return REGO_HALT;
		arena_release(call->arena, mark);
	}
	*ret = value_bool(e == ERR_OK);
	return REGO_DEFINED;
}

static enum rego_outcome
base64url_encode_text(struct rego_call *call, value_t *ret)
{
	return encode_base64(call, BASE64_URL | BASE64_PADDED, ret);
}

static enum rego_outcome
base64url_encode_no_pad(struct rego_call *call, value_t *ret)
{
	return encode_base64(call, BASE64_URL, ret);
}

/* Missing padding is put back first (rfc7515 appendix C). */
static enum rego_outcome
base64url_decode_text(struct rego_call *call, value_t *ret)
{
	str_t text = value_str(call->arg[0]);
	size_t over = text.len % 4;
	char *padded;

	if (over == 0 || str_has_suffix(text, STR("=")))
		return decode_base64(call, text, BASE64_URL | BASE64_PADDED, ret);
	if (over == 1)
		return rego_fail(call, "illegal base64url string: %.*s", STR_FMT(text));
	if (!rego_charge(call, text.len))
		return REGO_HALT;
	padded = arena_alloc_raw(call->arena, text.len + 2, 1);
	if (padded == NULL)
		return REGO_HALT;
	memcpy(padded, text.data, text.len);
	memcpy(padded + text.len, "==", 4 - over);
	return decode_base64(call, str_make(padded, text.len + 4 - over),
	    BASE64_URL | BASE64_PADDED, ret);
}

static enum rego_outcome
hex_encode_text(struct rego_call *call, value_t *ret)
{
	struct buf out;

	rego_text_init(call, &out);
	hex_write(&out, value_str(call->arg[0]));
	return rego_give_text(call, &out, ret);
}

/* Go names the byte as if it were a rune: U+0067 'g'. */
static enum rego_outcome
refuse_byte(struct rego_call *call, uint8_t byte)
{
	char rune[4];
	size_t len = utf8_encode(rune, byte);

	if (!utf8_is_printable(byte))
		return rego_fail(call, "encoding/hex: invalid byte: U+%04X", byte);
	return rego_fail(call, "encoding/hex: invalid byte: U+%04X '%.*s'", byte, (int)len, rune);
}

static enum rego_outcome
hex_decode_text(struct rego_call *call, value_t *ret)
{
	str_t text = value_str(call->arg[0]), bytes;
	size_t bad;

	if (!rego_charge(call, text.len))
		return REGO_HALT;
	switch (hex_read(call->arena, text, &bytes, &bad)) {
	case ERR_OK:
		return rego_give_str(call, bytes, ret);
	case ERR_MEMORY:
		return REGO_HALT;
	default:
		if (bad == text.len)
			return rego_fail(call, "encoding/hex: odd length hex string");
		return refuse_byte(call, (uint8_t)text.data[bad]);
	}
}

const struct rego_builtin rego_builtins_encoding[] = {
	{ "base64.encode", "x: string -> string", base64_encode_text,
	  "The bytes of `x` in base64, padded." },
	{ "base64.decode", "x: string -> string", base64_decode_text,
	  "The text that the base64 string `x` stands for." },
	{ "base64.is_valid", "x: string -> boolean", base64_is_valid,
	  "Whether `x` is a string in base64.", .flags = REGO_LENIENT },
	{ "base64url.encode", "x: string -> string", base64url_encode_text,
	  "The bytes of `x` in the URL alphabet of base64, padded." },
	{ "base64url.encode_no_pad", "x: string -> string", base64url_encode_no_pad,
	  "The bytes of `x` in the URL alphabet of base64, without padding." },
	{ "base64url.decode", "x: string -> string", base64url_decode_text,
	  "The text that the base64url string `x`, padded or not, stands for." },
	{ "hex.encode", "x: string -> string", hex_encode_text,
	  "The bytes of `x` as hexadecimal digits." },
	{ "hex.decode", "x: string -> string", hex_decode_text,
	  "The text that the hexadecimal digits `x` stand for." },
	{ 0 },
};

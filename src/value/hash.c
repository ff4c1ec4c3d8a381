/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SipHash-1-3 (one round a word, three at the end), so that nobody can choose
 * input that collides: an index is as good as its hash is unpredictable.
 */
#include "value/number.h"
#include "value/value.h"
#include "value/work.h"
#include "value/value_internal.h"

/* The process's key: set once, before the first value; fixed until then, for tests. */
static uint64_t key_low = 0x0706050403020100u, key_high = 0x0f0e0d0c0b0a0908u;

void
value_hash_key(const uint8_t key[16])
{
	memcpy(&key_low, key, sizeof(key_low));
	memcpy(&key_high, key + sizeof(key_low), sizeof(key_high));
}

struct sip {
	uint64_t a, b, c, d;
};

static inline uint64_t
rotate(uint64_t v, int bits)
{
	return v << bits | v >> (64 - bits);
}

static inline void
sip_round(struct sip *s)
{
	s->a += s->b;
	s->c += s->d;
	s->b = rotate(s->b, 13) ^ s->a;
	s->d = rotate(s->d, 16) ^ s->c;
	s->a = rotate(s->a, 32);
	s->c += s->b;
	s->a += s->d;
	s->b = rotate(s->b, 17) ^ s->c;
	s->d = rotate(s->d, 21) ^ s->a;
	s->c = rotate(s->c, 32);
}

static inline struct sip
sip_begin(void)
{
	return (struct sip){ key_low ^ 0x736f6d6570736575u, key_high ^ 0x646f72616e646f6du,
		key_low ^ 0x6c7967656e657261u, key_high ^ 0x7465646279746573u };
}

static inline void
sip_word(struct sip *s, uint64_t word)
{
	s->d ^= word;
	sip_round(s);
	s->a ^= word;
}

static inline uint32_t
sip_end(struct sip *s, uint64_t last)
{
	uint64_t hash;

	sip_word(s, last);
	s->c ^= 0xff;
	sip_round(s);
	sip_round(s);
	sip_round(s);
	hash = s->a ^ s->b ^ s->c ^ s->d;
	hash ^= hash >> 32;
	return (uint32_t)hash != 0 ? (uint32_t)hash : 1;
}

/* Up to seven bytes, in two overlapping loads rather than a copy of unknown length. */
static inline uint64_t
tail(const char *at, size_t left)
{
	const unsigned char *u = (const unsigned char *)at;
	uint32_t low, high;

	if (left >= 4) {
		memcpy(&low, at, 4);
		memcpy(&high, at + left - 4, 4);
		return low | (uint64_t)high << (left - 4) * 8;
	}
	if (left == 0)
		return 0;
	return u[0] | (uint64_t)u[left / 2] << left / 2 * 8 | (uint64_t)u[left - 1] << (left - 1) * 8;
}

uint32_t
value_hash_bytes(const void *bytes, size_t len)
{
	const char *at = bytes;
	struct sip s = sip_begin();
	uint64_t last = (uint64_t)len << 56, word;
	size_t left;

	for (left = len; left >= 8; left -= 8, at += 8) {
		memcpy(&word, at, 8);
		sip_word(&s, word);
	}
	return sip_end(&s, last | tail(at, left));
}

/* The string's own hash, kept in it: the one thing in a value that is ever written late. */
static uint32_t
hash_string(value_t v)
{
	uint32_t hash = __atomic_load_n(&v.string->hash, __ATOMIC_RELAXED);

	if (hash == 0) {
		hash = value_hash_bytes(v.string->bytes, v.count);
		__atomic_store_n((uint32_t *)(uintptr_t)&v.string->hash, hash, __ATOMIC_RELAXED);
	}
	return hash;
}

uint32_t
value_hash_words(uint64_t first, uint64_t second)
{
	struct sip s = sip_begin();

	sip_word(&s, first);
	return sip_end(&s, second);
}

static uint32_t
hash_items(uint8_t tag, const value_t *items, uint32_t count)
{
	struct sip s = sip_begin();

	if (!value_work_take(count))
		count = 0;
	for (uint32_t i = 0; i < count; i++)
		sip_word(&s, value_hash(items[i]));
	return sip_end(&s, (uint64_t)tag << 56 | count);
}

static uint32_t
hash_object(const struct value_object *o)
{
	struct sip s = sip_begin();

	if (!value_work_take(o->count))
		return 1;
	for (uint32_t i = 0; i < o->count; i++)
		sip_word(&s, (uint64_t)value_hash(o->keys[i]) << 32 |
			value_hash(o->values[i]));
	return sip_end(&s, (uint64_t)VALUE_OBJECT << 56 | o->count);
}

uint32_t
value_hash(value_t v)
{
	switch (v.tag) {
	case VALUE_INT:
		return value_hash_words(VALUE_INT, (uint64_t)v.integer);
	case VALUE_NUMBER:
		return number_hash(v);
	case VALUE_STRING:
		return hash_string(v);
	case VALUE_ARRAY:
		return hash_items(VALUE_ARRAY, v.items, v.count);
	case VALUE_OBJECT:
		return hash_object(v.object);
	case VALUE_SET:
		return hash_items(VALUE_SET, v.set->items, v.count);
	default:
		return value_hash_words(v.tag, 0);
	}
}

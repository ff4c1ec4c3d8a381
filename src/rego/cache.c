/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/cache.h"

#include <stdint.h>
#include <stdlib.h>

#include "value/value.h"

enum { LONGEST_KEY = 64 * 1024 };

struct entry {
	struct entry *next; /* in its bucket */
	struct entry *newer, *older; /* by use */
	const void *family;
	void *thing;
	rego_cache_free_fn *free_thing;
	uint32_t hash;
	size_t len;
	char key[];
};

struct rego_cache {
	size_t limit, count, mask;
	struct entry *newest, *oldest;
	struct entry *buckets[];
};

struct rego_cache *
rego_cache_new(size_t limit)
{
	size_t buckets = 16;
	struct rego_cache *c;

	while (buckets < limit)
		buckets *= 2;
	c = calloc(1, sizeof(*c) + buckets * sizeof(struct entry *));
	if (c == NULL)
		return NULL;
	c->limit = limit;
	c->mask = buckets - 1;
	return c;
}

static void
unlink_use(struct rego_cache *c, struct entry *e)
{
	if (e->newer != NULL)
		e->newer->older = e->older;
	else
		c->newest = e->older;
	if (e->older != NULL)
		e->older->newer = e->newer;
	else
		c->oldest = e->newer;
}

static void
link_newest(struct rego_cache *c, struct entry *e)
{
	e->newer = NULL;
	e->older = c->newest;
	if (c->newest != NULL)
		c->newest->newer = e;
	c->newest = e;
	if (c->oldest == NULL)
		c->oldest = e;
}

static void
drop_oldest(struct rego_cache *c)
{
	struct entry *e = c->oldest;
	struct entry **at = &c->buckets[e->hash & c->mask];

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	unlink_use(c, e);
	c->count--;
	e->free_thing(e->thing);
	free(e);
}

void
rego_cache_free(struct rego_cache **cache)
{
	if (*cache == NULL)
		return;
	while ((*cache)->count > 0)
		drop_oldest(*cache);
	free(*cache);
	*cache = NULL;
}

void *
rego_cache_find(struct rego_cache *c, const void *family, str_t key)
{
	uint32_t hash = value_hash_bytes(key.data, key.len);

	for (struct entry *e = c->buckets[hash & c->mask]; e != NULL; e = e->next) {
		if (e->hash == hash && e->family == family && str_eq(str_make(e->key, e->len), key)) {
			if (c->newest != e) {
				unlink_use(c, e);
				link_newest(c, e);
			}
			return e->thing;
		}
	}
	return NULL;
}

bool
rego_cache_add(struct rego_cache *c, const void *family, str_t key, void *thing,
    rego_cache_free_fn *free_thing)
{
	struct entry *e;

	if (key.len > LONGEST_KEY || (e = malloc(sizeof(*e) + key.len)) == NULL)
		return false;
	if (c->count == c->limit)
		drop_oldest(c);
	*e = (struct entry){ .family = family, .thing = thing, .free_thing = free_thing,
		.hash = value_hash_bytes(key.data, key.len), .len = key.len };
	if (key.len > 0)
		memcpy(e->key, key.data, key.len);
	e->next = c->buckets[e->hash & c->mask];
	c->buckets[e->hash & c->mask] = e;
	link_newest(c, e);
	c->count++;
	return true;
}

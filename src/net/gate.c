/* SPDX-License-Identifier: Apache-2.0 */
#include "net/gate.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "crypt/random.h"

enum { BUCKETS = 4096 }; /* 2^12: see find_counter() */

struct key {
	uint8_t kind, bytes[8]; /* an IPv4 address, an IPv6 /64, a user id */
};

struct counter {
	struct counter *next;
	struct key key;
	uint32_t count;
};

struct gate {
	pthread_mutex_t lock;
	uint32_t most, most_per_peer, count;
	uint64_t refused;
	bool told; /* a refusal, at told_ns */
	int64_t told_ns;
	uint64_t untold; /* refusals since */
	uint64_t seed; /* so that nobody can choose addresses of one bucket */
	struct counter *buckets[BUCKETS];
};

struct gate *
gate_new(uint32_t most, uint32_t most_per_peer)
{
	struct gate *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->most = most;
	g->most_per_peer = most_per_peer;
	random_bytes(&g->seed, sizeof(g->seed));
	must(pthread_mutex_init(&g->lock, NULL) == 0);
	return g;
}

void
gate_free(struct gate **gate)
{
	if (*gate == NULL)
		return;
	must((*gate)->count == 0);
	(void)pthread_mutex_destroy(&(*gate)->lock);
	free(*gate);
	*gate = NULL;
}

static struct key
key_of(const struct peer *peer)
{
	struct key key = { .kind = (uint8_t)peer->kind };

	switch (peer->kind) {
	case PEER_IPV4:
		memcpy(key.bytes, peer->ip, 4);
		break;
	case PEER_IPV6:
		memcpy(key.bytes, peer->ip, 8); /* one customer's network, not one address */
		break;
	case PEER_UNIX:
		memcpy(key.bytes, &peer->uid, sizeof(peer->uid));
		break;
	}
	return key;
}

/* Where the peer's counter is linked, or would be. */
static struct counter **
find_counter(struct gate *g, const struct key *key)
{
	uint64_t hash = g->seed ^ key->kind;
	struct counter **at;

	for (size_t i = 0; i < sizeof(key->bytes); i++)
		hash = (hash ^ key->bytes[i]) * UINT64_C(0x9e3779b97f4a7c15);
	at = &g->buckets[hash >> 52];
	while (*at != NULL && memcmp(&(*at)->key, key, sizeof(*key)) != 0)
		at = &(*at)->next;
	return at;
}

static bool
enter(struct gate *g, const struct key *key)
{
	struct counter **at;

	if (g->count >= g->most)
		return false;
	at = find_counter(g, key);
	if (*at == NULL) {
		*at = calloc(1, sizeof(**at));
		if (*at == NULL)
			return false;
		(*at)->key = *key;
	} else if ((*at)->count >= g->most_per_peer) {
		return false;
	}
	(*at)->count++;
	g->count++;
	return true;
}

bool
gate_enter(struct gate *g, const struct peer *peer)
{
	struct key key = key_of(peer);
	bool entered;

	must(pthread_mutex_lock(&g->lock) == 0);
	entered = enter(g, &key);
	g->refused += !entered;
	must(pthread_mutex_unlock(&g->lock) == 0);
	return entered;
}

void
gate_leave(struct gate *g, const struct peer *peer)
{
	struct key key = key_of(peer);
	struct counter **at, *c;

	must(pthread_mutex_lock(&g->lock) == 0);
	at = find_counter(g, &key);
	c = *at;
	must(c != NULL && c->count > 0);
	g->count--;
	if (--c->count == 0) {
		*at = c->next;
		free(c);
	}
	must(pthread_mutex_unlock(&g->lock) == 0);
}

void
gate_turn_away(struct gate *g)
{
	must(pthread_mutex_lock(&g->lock) == 0);
	g->refused++;
	must(pthread_mutex_unlock(&g->lock) == 0);
}

uint32_t
gate_count(struct gate *g)
{
	uint32_t count;

	must(pthread_mutex_lock(&g->lock) == 0);
	count = g->count;
	must(pthread_mutex_unlock(&g->lock) == 0);
	return count;
}

uint64_t
gate_refused_count(struct gate *g)
{
	uint64_t refused;

	must(pthread_mutex_lock(&g->lock) == 0);
	refused = g->refused;
	must(pthread_mutex_unlock(&g->lock) == 0);
	return refused;
}

bool
gate_may_tell(struct gate *g, int64_t now_ns, uint64_t *ret_untold)
{
	bool may;

	must(pthread_mutex_lock(&g->lock) == 0);
	may = !g->told || now_ns - g->told_ns >= GATE_TELL_MS * CLOCK_NS_PER_MS;
	*ret_untold = g->untold;
	g->untold = may ? 0 : g->untold + 1;
	if (may) {
		g->told = true;
		g->told_ns = now_ns;
	}
	must(pthread_mutex_unlock(&g->lock) == 0);
	return may;
}

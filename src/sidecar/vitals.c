/* SPDX-License-Identifier: Apache-2.0 */
#include "sidecar/vitals.h"

#include "base/str.h"

const char *const vitals_part_names[VITALS_PART_COUNT] = { "configuration", "key set", "settings", "license",
	"certificates", "bundle" };

void
vitals_open(struct vitals_board *b)
{
	(void)pthread_mutex_init(&b->lock, NULL);
	b->now = (struct vitals){ 0 };
}

void
vitals_close(struct vitals_board *b)
{
	(void)pthread_mutex_destroy(&b->lock);
}

void
vitals_tell(struct vitals_board *b, const struct vitals *v)
{
	(void)pthread_mutex_lock(&b->lock);
	b->now = *v;
	(void)pthread_mutex_unlock(&b->lock);
}

void
vitals_get(struct vitals_board *b, struct vitals *ret)
{
	(void)pthread_mutex_lock(&b->lock);
	*ret = b->now;
	(void)pthread_mutex_unlock(&b->lock);
}

/* Cut between characters, so that what is shown is still text. */
void
vitals_note_reload(struct vitals *v, int64_t at_s, bool refused, str_t what)
{
	struct vitals_reload *r = &v->history[v->reloads % VITALS_HISTORY];

	*r = (struct vitals_reload){ .at_s = at_s, .refused = refused };
	if (what.len >= VITALS_TEXT_MAX) {
		what.len = VITALS_TEXT_MAX - 1;
		while (what.len > 0 && ((unsigned char)what.data[what.len] & 0xc0) == 0x80)
			what.len--;
	}
	if (what.len > 0)
		memcpy(r->what, what.data, what.len);
	v->reloads++;
	v->reloads_refused += refused;
}

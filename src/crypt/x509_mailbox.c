/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/x509_mailbox.h"

#include <arpa/inet.h>
#include <string.h>

static bool
is_quotable(unsigned char c) /* rfc2822 3.2.2: text */
{
	return (c >= 1 && c <= 9) || c == 11 || c == 12 || (c >= 14 && c <= 127);
}

static bool
is_quoted_text(unsigned char c) /* rfc2822 3.2.5: qtext, and the blank that rfc3696 allows */
{
	return (c >= 1 && c <= 8) || c == 11 || c == 12 || (c >= 14 && c <= 33) ||
	    (c >= 35 && c <= 91) || (c >= 93 && c <= 127);
}

static bool
is_atom_text(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.", c) != NULL);
}

/* The quoted string at the front of *s; false: it does not end, or has what it may not have. */
static bool
take_quoted(str_t *s, char *out, size_t *len)
{
	size_t i = 1;

	for (; i < s->len && s->data[i] != '"'; i++) {
		bool escaped = s->data[i] == '\\';

		if (escaped)
			i++;
		if (i == s->len || !(escaped ? is_quotable((unsigned char)s->data[i])
		                             : is_quoted_text((unsigned char)s->data[i])))
			return false;
		out[(*len)++] = s->data[i];
	}
	if (i == s->len)
		return false;
	*s = str_skip(*s, i + 1);
	return true;
}

static bool
take_atoms(str_t *s, char *out, size_t *len)
{
	size_t i = 0;

	for (; i < s->len; i++) {
		if (s->data[i] == '\\') { /* rfc3696 3 has such */
			if (++i == s->len)
				return false;
		} else if (!is_atom_text(s->data[i])) {
			break;
		}
		out[(*len)++] = s->data[i];
	}
	*s = str_skip(*s, i);
	for (size_t k = 0; k < *len; k++) /* rfc3696 3: no dot at an end, no two together */
		if (out[k] == '.' && (k == 0 || k + 1 == *len || out[k + 1] == '.'))
			return false;
	return *len > 0;
}

bool
x509_mailbox_read(struct arena *arena, str_t s, struct x509_mailbox *ret)
{
	char *local = arena_alloc_raw(arena, s.len + 1, 1);
	size_t len = 0;

	if (local == NULL || s.len == 0 ||
	    !(s.data[0] == '"' ? take_quoted(&s, local, &len) : take_atoms(&s, local, &len)) ||
	    s.len == 0 || s.data[0] != '@')
		return false;
	s = str_skip(s, 1);
	if (!x509_is_labels(s))
		return false;
	*ret = (struct x509_mailbox){ .local = str_make(local, len), .domain = s };
	return true;
}

size_t
x509_address_read(str_t s, uint8_t ret[16])
{
	char text[INET6_ADDRSTRLEN];

	if (s.len >= sizeof(text) || str_find_char(s, '\0', 0) < s.len)
		return 0;
	memcpy(text, s.data, s.len);
	text[s.len] = '\0';
	if (inet_pton(AF_INET, text, ret) == 1)
		return 4;
	return inet_pton(AF_INET6, text, ret) == 1 ? 16 : 0;
}

bool
x509_is_labels(str_t domain)
{
	bool empty = true;

	for (size_t i = 0; i < domain.len; i++) {
		char c = domain.data[i];

		if (c < '!' || c > '~' || (c == '.' && empty))
			return false;
		empty = c == '.';
	}
	return domain.len == 0 || !empty;
}

bool
x509_domain_covers(str_t constraint, str_t domain)
{
	bool only_below;
	str_t tail;

	if (constraint.len == 0)
		return true;
	only_below = constraint.data[0] == '.';
	if (only_below)
		constraint = str_skip(constraint, 1);
	if (domain.len < constraint.len)
		return false;
	tail = str_skip(domain, domain.len - constraint.len);
	if (!str_eq_nocase(tail, constraint))
		return false;
	if (domain.len == constraint.len)
		return !only_below;
	return constraint.len == 0 || domain.data[domain.len - constraint.len - 1] == '.';
}

bool
x509_domain_excludes(str_t constraint, str_t domain)
{
	size_t dot = str_find_char(constraint, '.', 0);

	if (x509_domain_covers(constraint, domain))
		return true;
	return str_has_prefix(domain, STR("*.")) && dot < constraint.len &&
	    str_eq_nocase(str_skip(constraint, dot), str_skip(domain, 1));
}

bool
x509_mailbox_covers(struct arena *arena, str_t constraint, const struct x509_mailbox *mailbox)
{
	struct arena_mark mark = arena_mark(arena);
	struct x509_mailbox wanted;
	bool covers;

	if (str_find_char(constraint, '@', 0) == constraint.len)
		return x509_domain_covers(constraint, mailbox->domain);
	covers = x509_mailbox_read(arena, constraint, &wanted) &&
	    str_eq(wanted.local, mailbox->local) && str_eq_nocase(wanted.domain, mailbox->domain);
	arena_release(arena, mark);
	return covers;
}

bool
x509_range_covers(str_t range, str_t address)
{
	if (range.len != 2 * address.len)
		return false;
	for (size_t i = 0; i < address.len; i++)
		if ((range.data[i] ^ address.data[i]) & range.data[address.len + i])
			return false;
	return true;
}

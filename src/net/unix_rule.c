/* SPDX-License-Identifier: Apache-2.0 */
#include "net/unix_rule.h"

#include <sys/socket.h>

#include "base/buf.h"
#include "base/file.h"

enum { TABLE_MAX = 16 << 20 };

static bool
read_number(str_t text, uint32_t *ret)
{
	uint64_t n = 0;

	if (text.len == 0 || text.len > 10)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(text.data[i] - '0');
	}
	*ret = (uint32_t)n;
	return n < UINT32_MAX; /* which is nobody: (uid_t)-1 */
}

/* "name:x:number:…" */
bool
unix_rule_find(str_t table, str_t name, uint32_t *ret)
{
	while (table.len > 0) {
		size_t end = str_find_char(table, '\n', 0);
		str_t line = str_sub(table, 0, end), rest = line;
		size_t colon = str_find_char(rest, ':', 0);

		table = str_skip(table, end < table.len ? end + 1 : end);
		if (colon == rest.len || !str_eq(str_sub(rest, 0, colon), name))
			continue;
		rest = str_skip(rest, colon + 1);
		colon = str_find_char(rest, ':', 0);
		if (colon == rest.len)
			continue;
		rest = str_skip(rest, colon + 1);
		return read_number(str_sub(rest, 0, str_find_char(rest, ':', 0)), ret);
	}
	return false;
}

struct names_of { /* what is listed, and where its names stand */
	const char *key, *table;
};

static err_t
look_up(struct arena *arena, struct unix_names names, const struct names_of *of, struct diag *diag,
    const uint32_t **ret)
{
	uint32_t *numbers = ARENA_ARRAY(arena, uint32_t, names.count + 1);
	struct buf table;
	err_t err = numbers != NULL ? ERR_OK : ERR_MEMORY;

	buf_init(&table, TABLE_MAX);
	for (size_t i = 0; err == ERR_OK && i < names.count; i++) {
		if (read_number(names.at[i], &numbers[i]))
			continue;
		if (table.len == 0)
			err = file_read(NULL, of->table, FILE_ANY, &table, diag);
		if (err != ERR_OK || unix_rule_find(buf_str(&table), names.at[i], &numbers[i]))
			continue;
		diag_say(diag, "config", "%s: there is no \"%.*s\" in %s", of->key, STR_FMT(names.at[i]), of->table);
		err = ERR_CONFIG;
	}
	buf_fini(&table);
	*ret = numbers;
	return err;
}

err_t
unix_rule_read(struct arena *arena, struct unix_names users, struct unix_names groups,
    struct diag *diag, struct unix_rule *ret)
{
	struct unix_rule r = { .user_count = users.count, .group_count = groups.count };

	TRY(look_up(arena, users, &(struct names_of){ "listen.unix_users", "/etc/passwd" }, diag, &r.users));
	TRY(look_up(arena, groups, &(struct names_of){ "listen.unix_groups", "/etc/group" }, diag, &r.groups));
	*ret = r;
	return ERR_OK;
}

static bool
has_number(const uint32_t *list, size_t count, uint32_t n)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i] == n)
			return true;
	}
	return false;
}

static bool
is_in_groups(const struct unix_rule *r, int fd)
{
	gid_t groups[UNIX_RULE_GROUPS];
	socklen_t len = sizeof(groups);

	if (r->group_count == 0 || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) != 0)
		return false;
	for (size_t i = 0; i < len / sizeof(groups[0]); i++) {
		if (has_number(r->groups, r->group_count, groups[i]))
			return true;
	}
	return false;
}

bool
unix_rule_admits(const struct unix_rule *r, const struct peer *peer, int fd)
{
	if (peer->kind != PEER_UNIX || r->user_count + r->group_count == 0)
		return true;
	return has_number(r->users, r->user_count, peer->uid) ||
	    has_number(r->groups, r->group_count, peer->gid) || is_in_groups(r, fd);
}

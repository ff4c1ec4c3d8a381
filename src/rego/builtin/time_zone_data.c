/* SPDX-License-Identifier: Apache-2.0 */
#include "rego/builtin/time_zone_data.h"

#include "base/must.h"
#include "codec/base64.h"
#include "codec/gzip.h"
#include "rego/builtin/time_zone_data.inc"

err_t
time_zone_data_unpack(struct arena *arena, str_t *ret)
{
	static const struct gzip_limits limits = { .unpacked = TIME_ZONE_DATA_MEMORY / 2 };
	const char *why;
	str_t bytes;

	TRY(base64_read(arena, str_make(packed, sizeof(packed) - 1), &bytes));
	return gzip_read(arena, bytes, &limits, ret, &why);
}

static size_t
read_number(str_t *line)
{
	size_t n = 0;

	while (line->len > 0 && line->data[0] == ' ')
		*line = str_skip(*line, 1);
	for (; line->len > 0 && line->data[0] >= '0' && line->data[0] <= '9'; *line = str_skip(*line, 1))
		n = n * 10 + (size_t)(line->data[0] - '0');
	return n;
}

err_t
time_zone_data_find(str_t unpacked, str_t name, str_t *ret_file)
{
	size_t files = str_find(unpacked, STR("\n\n"), 0) + 2;

	must(files <= unpacked.len);
	for (size_t at = 0; at < files - 1;) {
		size_t end = str_find_char(unpacked, '\n', at);
		str_t line = str_sub(unpacked, at, end - at);
		size_t offset, len;

		at = end + 1;
		if (!str_has_prefix(line, name) || line.len <= name.len || line.data[name.len] != ' ')
			continue;
		line = str_skip(line, name.len);
		offset = read_number(&line);
		len = read_number(&line);
		must(offset + len <= unpacked.len - files);
		*ret_file = str_sub(unpacked, files + offset, len);
		return ERR_OK;
	}
	return ERR_NOT_FOUND;
}

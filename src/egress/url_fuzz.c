/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/must.h"
#include "egress/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is taken is taken the same way again when it is written plainly. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char plain[2 * URL_SCHEME_MAX + HOST_MAX + 32];
	struct url first, second;
	bool is_v6;
	int len;

	if (url_read(str_make((const char *)data, size), &first) != NULL)
		return 0;
	must(first.host.text[0] != '\0' && first.path.len > 0 && first.path.data[0] == '/');
	is_v6 = strchr(first.host.text, ':') != NULL;
	len = snprintf(plain, sizeof(plain), "%s://%s%s%s:%u/", first.scheme, is_v6 ? "[" : "",
	    first.host.text, is_v6 ? "]" : "", first.port != 0 ? first.port : 1);
	must(len > 0 && (size_t)len < sizeof(plain));
	must(url_read(str_make(plain, (size_t)len), &second) == NULL);
	must(strcmp(first.host.text, second.host.text) == 0 &&
	     first.host.blocked == second.host.blocked &&
	     first.host.is_address == second.host.is_address);
	return 0;
}

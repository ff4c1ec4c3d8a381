/* SPDX-License-Identifier: Apache-2.0 */
#include "base/must.h"
#include "crypt/private_key.h"
#include "crypt/x509_verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static str_t
host_of(struct arena *arena, str_t uri)
{
	return uri;
}

/* The bytes as certificates, one behind the other, the first of them trusted; as a request and as keys. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(16 << 20);
	str_t all = str_make((const char *)data, size), rest = all, why;
	struct x509_certificate list[8];
	struct x509_request request;
	struct private_key key;
	struct x509_chain chain;
	size_t count = 0;

	while (count < COUNT(list) && x509_read(arena, rest, &list[count], &why) == ERR_OK) {
		must(list[count].whole.len > 0 && list[count].whole.len <= rest.len);
		rest = str_skip(rest, list[count++].whole.len);
	}
	if (count >= 2) {
		struct x509_verify how = { .root = &list[0], .intermediates = &list[1],
			.intermediate_count = count - 2, .host = STR("www.example.com"),
			.now_ns = 1900000000LL * 1000000000, .host_of = host_of };

		if (x509_verify(arena, &list[count - 1], &how, &chain) == ERR_OK)
			must(chain.count > 0 && chain.at[0] == &list[count - 1]);
	}
	if (x509_read_request(arena, all, &request, &why) == ERR_OK)
		must(request.whole.len == size);
	if (private_key_read_pkcs1(arena, all, &key, &why) == ERR_OK ||
	    private_key_read_pkcs8(arena, all, &key, &why) == ERR_OK ||
	    private_key_read_sec1(arena, all, &key, &why) == ERR_OK)
		must(key.d.len > 0);
	arena_free(&arena);
	return 0;
}

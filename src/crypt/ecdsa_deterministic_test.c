/* SPDX-License-Identifier: Apache-2.0 */
/* The known answers of RFC 6979 A.2.5 to A.2.7. */
#include "crypt/ecdsa_deterministic.h"

#include <tap.h>

#include "crypt/key_parts.h"
#include "crypt/signature.h"

enum { HALF_MAX = 66 };

static const struct {
	enum key_kind kind;
	enum algorithm algorithm;
	size_t half;
	const char *d, *x, *y;
} keys[] = {
	{ KEY_P256, ALGORITHM_ES256, 32,
	    "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721",
	    "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6",
	    "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299" },
	{ KEY_P384, ALGORITHM_ES384, 48,
	    "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D8"
	    "96D5724E4C70A825F872C9EA60D2EDF5",
	    "EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64"
	    "DEF8F0EA9055866064A254515480BC13",
	    "8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9F54CA84B3F1C9DB1"
	    "288B231C3AE0D4FE7344FD2533264720" },
	{ KEY_P521, ALGORITHM_ES512, 66,
	    "00FAD06DAA62BA3B25D2FB40133DA757205DE67F5BB0018FEE8C86E1B68C7E75"
	    "CAA896EB32F1F47C70855836A6D16FCC1466F6D8FBEC67DB89EC0C08B0E996B83538",
	    "01894550D0785932E00EAA23B694F213F8C3121F86DC97A04E5A7167DB4E5BCD"
	    "371123D46E45DB6B5D5370A7F20FB633155D38FFA16D2BD761DCAC474B9A2F5023A4",
	    "00493101C962CD4D2FDDF782285E64584139C2F91B47F87FF82354D6630F746A"
	    "28A0DB25741B5B34A828008B22ACC23F924FAAFBD4D33F81EA66956DFEAA2BFDFCF5" },
};

/* Also digests shorter and longer than the order, which no JOSE algorithm has. */
static const struct {
	size_t key;
	enum digest_kind digest;
	const char *message, *r, *s;
} answers[] = {
	{ 0, DIGEST_SHA256, "sample",
	    "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
	    "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8" },
	{ 0, DIGEST_SHA256, "test",
	    "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
	    "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083" },
	{ 0, DIGEST_SHA512, "sample",
	    "8496A60B5E9B47C825488827E0495B0E3FA109EC4568FD3F8D1097678EB97F00",
	    "2362AB1ADBE2B8ADF9CB9EDAB740EA6049C028114F2460F96554F61FAE3302FE" },
	{ 1, DIGEST_SHA384, "sample",
	    "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C"
	    "81A648152E44ACF96E36DD1E80FABE46",
	    "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94F"
	    "A329C145786E679E7B82C71A38628AC8" },
	{ 1, DIGEST_SHA384, "test",
	    "8203B63D3C853E8D77227FB377BCF7B7B772E97892A80F36AB775D509D7A5FEB"
	    "0542A7F0812998DA8F1DD3CA3CF023DB",
	    "DDD0760448D42D8A43AF45AF836FCE4DE8BE06B485E9B61B827C2F13173923E0"
	    "6A739F040649A667BF3B828246BAA5A5" },
	{ 1, DIGEST_SHA256, "sample",
	    "21B13D1E013C7FA1392D03C5F99AF8B30C570C6F98D4EA8E354B63A21D3DAA33"
	    "BDE1E888E63355D92FA2B3C36D8FB2CD",
	    "F3AA443FB107745BF4BD77CB3891674632068A10CA67E3D45DB2266FA7D1FEEB"
	    "EFDC63ECCD1AC42EC0CB8668A4FA0AB0" },
	{ 2, DIGEST_SHA512, "sample",
	    "00C328FAFCBD79DD77850370C46325D987CB525569FB63C5D3BC53950E6D4C5F"
	    "174E25A1EE9017B5D450606ADD152B534931D7D4E8455CC91F9B15BF05EC36E377FA",
	    "00617CCE7CF5064806C467F678D3B4080D6F1CC50AF26CA209417308281B68AF"
	    "282623EAA63E5B5C0723D8B8C37FF0777B1A20F8CCB1DCCC43997F1EE0E44DA4A67A" },
	{ 2, DIGEST_SHA512, "test",
	    "013E99020ABF5CEE7525D16B69B229652AB6BDF2AFFCAEF38773B4B7D08725F1"
	    "0CDB93482FDCC54EDCEE91ECA4166B2A7C6265EF0CE2BD7051B7CEF945BABD47EE6D",
	    "01FBD0013C674AA79CB39849527916CE301C66EA7CE8B80682786AD60F98F7E7"
	    "8A19CA69EFF5C57400E3B3A0AD66CE0978214D13BAF4E9AC60752F7B155E2DE4DCE3" },
};

static str_t
from_hex(const char *text, size_t len, uint8_t *ret)
{
	for (size_t i = 0; i < len; i++) {
		unsigned high = (unsigned char)text[2 * i], low = (unsigned char)text[2 * i + 1];

		high = high <= '9' ? high - '0' : high - 'A' + 10;
		low = low <= '9' ? low - '0' : low - 'A' + 10;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return str_make((char *)ret, len);
}

static struct key *
make_key(size_t row)
{
	uint8_t d[HALF_MAX], x[HALF_MAX], y[HALF_MAX];
	size_t half = keys[row].half;
	struct key_ec parts = { keys[row].kind, from_hex(keys[row].x, half, x),
		from_hex(keys[row].y, half, y), from_hex(keys[row].d, half, d) };
	struct key *key = NULL;

	ok(key_make_ec(&parts, NULL, &key) == ERR_OK, "key %s", key_kind_name(keys[row].kind));
	return key;
}

int
main(void)
{
	struct key *made[COUNT(keys)];

	for (size_t i = 0; i < COUNT(keys); i++)
		made[i] = make_key(i);
	for (size_t i = 0; i < COUNT(answers); i++) {
		size_t row = answers[i].key, half = keys[row].half, len = 0;
		str_t message = str_of(answers[i].message);
		uint8_t want[2 * HALF_MAX], got[SIGNATURE_SIZE_MAX];
		const char *name = algorithm_name(keys[row].algorithm);

		from_hex(answers[i].r, half, want);
		from_hex(answers[i].s, half, want + half);
		ok(ecdsa_sign_deterministic(made[row]->handle, answers[i].digest, message, half,
		       got) && memcmp(got, want, 2 * half) == 0,
		    "%s, digest of %zu bytes, %s", name, digest_size(answers[i].digest),
		    answers[i].message);
		if (algorithm_digest(keys[row].algorithm) != answers[i].digest)
			continue;
		ok(signature_make(made[row], keys[row].algorithm, message, got, &len) == ERR_OK &&
		        len == 2 * half && memcmp(got, want, len) == 0,
		    "%s signs %s so", name, answers[i].message);
	}
	for (size_t i = 0; i < COUNT(keys); i++)
		key_free(&made[i]);
	return tap_done();
}

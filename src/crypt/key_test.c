/* SPDX-License-Identifier: Apache-2.0 */
#include <tap.h>

#include "crypt/key.h"

static const struct {
	const char *name, *why, *pem;
} refused[] = {
	{ "RSA of 1024 bits", "shorter than 2048",
	    "-----BEGIN PUBLIC KEY-----\n"
	    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC+DznYt22aTI6aYxXwkrvk81u9\n"
	    "gIGcLiI8zlOJYql7XQJqFVHrC4uSdS69khSH+pn/pd0Bj7L2boT0wZpC4FTyFAHi\n"
	    "EQRawWIX0swC9CB8UlYTTaKRYDpcS76WReM+mwUDpWcw3M4g1ioomhnm0++Dr3Mx\n"
	    "SJxyn6+htIMfN137JwIDAQAB\n"
	    "-----END PUBLIC KEY-----\n" },
	{ "RSA with exponent 3", "smaller than 65537",
	    "-----BEGIN PUBLIC KEY-----\n"
	    "MIIBIDANBgkqhkiG9w0BAQEFAAOCAQ0AMIIBCAKCAQEAyH4mMOI1u5xX+g3HPaxy\n"
	    "5YGPOFKlnCafsh9l53lSNaBprdD/W1rx2lYHZ4Ht0PS3bdXrHJpTGQZrn88/9mEb\n"
	    "/7rlJ3VtLKYCISAAppS46DRK+OIYDN0sYR6YH5EMdwI6uDHPNc5DEJ1vNVo+hzOI\n"
	    "cI61AmptbcQh0S4U+b1uVLZ42ULa6gWh8sacnxtV6Nt/LkDZOP2kH7/YpjM75wg2\n"
	    "U0/B1c9jbcdQoyH3Gzp66jPZXfEubEQY3+f36Gwo78JSAqpYkii88z5PjKnvhcfx\n"
	    "szZkmHOvRYg9xrlnU2MYe3afrAXOQqjLheO2tE8Fibf7n91VK2vvgFEO71EZzZ2G\n"
	    "OQIBAw==\n"
	    "-----END PUBLIC KEY-----\n" },
	{ "EC secp256k1", "none of P-256",
	    "-----BEGIN PUBLIC KEY-----\n"
	    "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEqkUEnyoTdx/SD6c8WO7viBBP1DgIqbcc\n"
	    "eRpRUPOmbi8fmHoSmPYPuD0PeBR1yyPXWyG3//FQiabibeEHY4SeiA==\n"
	    "-----END PUBLIC KEY-----\n" },
	{ "EC with its curve spelled out", "not given by name",
	    "-----BEGIN PUBLIC KEY-----\n"
	    "MIIBSzCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAA\n"
	    "AAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA////\n"
	    "///////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSd\n"
	    "NgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5\n"
	    "RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA\n"
	    "//////////+85vqtpxeehPO5ysL8YyVRAgEBA0IABJR/q1XxrrzrW0loCRqc7SKm\n"
	    "kQANfc/j1MI61HY7Fyg7cDB4IPOs0djyMn4p0AyfPgTkJKYAJyP9BnfDtol3Gac=\n"
	    "-----END PUBLIC KEY-----\n" },
	{ "encrypted", "passphrase",
	    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
	    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjO8Yz65A4AXAICCAAw\n"
	    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEMrAqktErFMxniNDpmlD6fwEgZCu\n"
	    "mZafl4unDZA7Dg/l+9RodGWda3zqTg5wakm5HpAsQNTNDz4Zq4xhclbx75Ra2tmC\n"
	    "vcPb8MHK5I8/oC45OO2EHhs9ftSg2Nr6V9Zku7gDDTSXU2FW2RiKR5TxidkidIip\n"
	    "crO9Nipehxo4GlAcp2X81FQ9hjwcttybsotTPV2qoINT7r8YlVLVgswNuVbJU1c=\n"
	    "-----END ENCRYPTED PRIVATE KEY-----\n" },
	{ "X25519", "none of RSA",
	    "-----BEGIN PUBLIC KEY-----\n"
	    "MCowBQYDK2VuAyEA26yOHWmvNqPCB3VnAwye6/nBcrIJGI74CHaHMYbvvC8=\n"
	    "-----END PUBLIC KEY-----\n" },
	{ "DSA", "none of RSA",
	    "-----BEGIN PUBLIC KEY-----\n"
	    "MIIBvjCCATMGByqGSM44BAEwggEmAoGBAML/tASY/qipm3UcWAJ7Aj3p/Ci5rwZy\n"
	    "zCjFb8s8EeKah/HE0Np4IUZXWzYrExYva+ZeFu4s6np5OMG8wLun/gcs5FPnQoHk\n"
	    "MQpCXZOTabikuCdDk9hAIN8fjd5Y2kqrl01xhwzpf+Kf+RuHH64t6vcDHVbLZH2I\n"
	    "xR4RAH178VWhAh0Ay1axqFvtp3eujdmECcljwn7rdntC15nGBJEjfQKBgAT+xars\n"
	    "yMjFf0aqPCFhPluxByNu51sd+NJ4lU8lC1TeseRT/fKzncaELtaHCYjqZQZEkKnF\n"
	    "HNYrHZ1jYC4KpgLOJpdEw5ungIG5DaTTjwW6KXzMEcKj5bvz8GR/OugKy0gTqzsk\n"
	    "VDx1g15KFE1tnWmz89A55Ls1FYXSYbgpGAxJA4GEAAKBgAkK3HlyrMMOzC5cPSSW\n"
	    "JCVUeFBOC7D0p44ILSzjRJm9Z3TM7ymPWOefvMrqFksarHzqwzma+pFmJ7oUky56\n"
	    "apPabLTF4c1uOzPt6fJYMmg0mfvjoFXvGfPJmfq7ZId4c+XrWLDM3d11pAUlLp7u\n"
	    "eQ7eKZK9nVGVz7jpKc7EKUUe\n"
	    "-----END PUBLIC KEY-----\n" },
	{ "RSA bound to PSS", "none of RSA",
	    "-----BEGIN PUBLIC KEY-----\n"
	    "MIIBIDALBgkqhkiG9w0BAQoDggEPADCCAQoCggEBANAKmeaptCTREQ3xloZJPUSU\n"
	    "4cFQLaIWn55nL8vDaDPCQmR3qxqbZs+Xix/Qo3uptBFHGKioP3TtlmNA3NxY9nUZ\n"
	    "nyqXrJtsS94bxuWB79GSA6AWhE/1Xd8ARAUJUfJBqtauyoh8UVvmFF3/E8N1h5Tn\n"
	    "fI32xY/3kO7EUrQ3d3iLTNubXIs1Q1nD2V5GO+aVEm0gAbOA/6C44uYNgxB2TZK3\n"
	    "UOR0i1mLyd4ew9I1zmpfXgIVXbPpahW/hC3m8xLAr6cGEO1Lk/rDg0FtSfkSTwVI\n"
	    "CLuFLvxXLYCapImdcGRoAK3vSdurc2gBJGbKtWMGXqGd2Ao0muRylOA1AwBG67cC\n"
	    "AwEAAQ==\n"
	    "-----END PUBLIC KEY-----\n" },
	{ "no block", "no PEM block", "hello" },
	{ "empty", "no PEM block", "" },
	{ "cut", "cannot be read", "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQ" },
};

static const char certificate[] =
	    "-----BEGIN CERTIFICATE-----\n"
	    "MIIBbTCCAROgAwIBAgIUDPEKS7ShmetSKNOKjoRj9FAGFtswCgYIKoZIzj0EAwIw\n"
	    "DDEKMAgGA1UEAwwBdDAeFw0yNjExMjMxOTMzMDJaFw0zNjExMjAxOTMzMDJaMAwx\n"
	    "CjAIBgNVBAMMAXQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQ2Kdg9uFBWamo0\n"
	    "sk6rjSP9wHjQ6+spM8s27SBECOjxEe+TubHZPN6rB8wBzv+SKc4uS2OGJC1zyFOT\n"
	    "1Z7oyNCVo1MwUTAdBgNVHQ4EFgQU9aoAbxOBZBmcv9Qmx4X8lO8I7nkwHwYDVR0j\n"
	    "BBgwFoAU9aoAbxOBZBmcv9Qmx4X8lO8I7nkwDwYDVR0TAQH/BAUwAwEB/zAKBggq\n"
	    "hkjOPQQDAgNIADBFAiAXTz+HeoAfV3P9cYVnOmS1bRK2VwJVZFrx0Jd0xyKfwQIh\n"
	    "ALXXeYs6H7/wgvkTOUYIGnzn6YPRy2t7bsG0FPo4q6h+\n"
	    "-----END CERTIFICATE-----\n";

static const char with_parameters[] =
	    "-----BEGIN EC PARAMETERS-----\n"
	    "BggqhkjOPQMBBw==\n"
	    "-----END EC PARAMETERS-----\n"
	    "-----BEGIN EC PRIVATE KEY-----\n"
	    "MHcCAQEEILbzdHZDHAZXIKGGtVS7+xvwkYtmPSiopq1RLg6LRMxVoAoGCCqGSM49\n"
	    "AwEHoUQDQgAENinYPbhQVmpqNLJOq40j/cB40OvrKTPLNu0gRAjo8RHvk7mx2Tze\n"
	    "qwfMAc7/kinOLktjhiQtc8hTk9We6MjQlQ==\n"
	    "-----END EC PRIVATE KEY-----\n";

static const struct {
	const char *name;
	uint8_t point[32];
} weak_points[] = {
	{ "the identity", { 1 } },
	{ "zero", { 0 } },
	{ "order 2", { 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	                 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	                 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f } },
	{ "not canonical", { 0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	                       0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	                       0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f } },
};

static struct arena *arena;

static struct key *
read_key(const char *pem, const char **ret_why)
{
	struct diag diag;
	struct key *key = NULL;

	diag_init(&diag, arena, 4);
	if (key_read_pem(str_of(pem), KEY_STRICT, &diag, &key) != ERR_OK && ret_why != NULL)
		*ret_why = arena_copy(arena, diag_first_message(&diag).data,
		    diag_first_message(&diag).len);
	return key;
}

/* Out as PEM and in again: the same key. */
static void
try_round_trip(enum key_kind kind)
{
	struct key *key = NULL, *public = NULL, *private = NULL;
	struct buf text;

	buf_init(&text, KEY_TEXT_MAX);
	ok(key_generate(kind, &key) == ERR_OK && key_kind(key) == kind && key_is_private(key),
	    "%s is made", key_kind_name(kind));
	ok(key_write_pem_private(&text, key) == ERR_OK &&
	        key_read_pem(buf_str(&text), KEY_STRICT, NULL, &private) == ERR_OK &&
	        key_is_private(private), "its private PEM is read");
	buf_clear(&text);
	ok(key_write_pem_public(&text, key) == ERR_OK &&
	        key_read_pem(buf_str(&text), KEY_STRICT, NULL, &public) == ERR_OK &&
	        !key_is_private(public), "its public PEM is read");
	ok(key_same(key, public) && key_same(key, private), "and all three are one key");
	buf_clear(&text);
	ok(key_write_pem_private(&text, public) != ERR_OK, "a public key has no private PEM");
	buf_fini(&text);
	key_free(&key);
	key_free(&public);
	key_free(&private);
}

static void
try_numbers(void)
{
	struct key *key = NULL;
	char big[1025];
	uint8_t off_curve[32] = { 5 };

	memset(big, 0xff, sizeof(big));
	for (size_t i = 0; i < COUNT(weak_points); i++) {
		const struct key_ed25519 ed = {
			.x = str_make((const char *)weak_points[i].point, 32),
		};

		ok(key_make_ed25519(&ed, KEY_STRICT, NULL, &key) == ERR_KEY, "Ed25519: %s",
		    weak_points[i].name);
	}
	ok(key_make_ed25519(&(struct key_ed25519){ .x = str_make(big, 31) }, KEY_STRICT, NULL,
	        &key) == ERR_KEY, "Ed25519: 31 bytes");
	ok(key_make_rsa(&(struct key_rsa){ .n = str_make(big, 1025), .e = STR("\1\0\1") },
	        KEY_STRICT, NULL, &key) == ERR_KEY, "RSA: 8200 bits");
	ok(key_make_rsa(&(struct key_rsa){ .n = str_make(big, 256), .e = STR("\0\1\0\1") },
	        KEY_STRICT, NULL, &key) == ERR_KEY, "RSA: zero before the exponent");
	ok(key_make_rsa(&(struct key_rsa){ .n = str_make(big, 256), .e = STR("\1\0\1") },
	        KEY_STRICT, NULL, &key) == ERR_KEY, "RSA: a modulus with small factors");
	ok(key_make_rsa(&(struct key_rsa){ .n = STR_NONE, .e = STR("\1\0\1") }, KEY_LENIENT, NULL,
	        &key) == ERR_KEY, "RSA: no modulus");
	ok(key_make_ec(&(struct key_ec){ .kind = KEY_P256, .x = str_make((char *)off_curve, 32),
	        .y = str_make((char *)off_curve, 32) }, NULL, &key) == ERR_KEY, "EC: off the curve");
	ok(key_make_ec(&(struct key_ec){ .kind = KEY_P384, .x = str_make((char *)off_curve, 32),
	        .y = str_make((char *)off_curve, 32) }, NULL, &key) == ERR_KEY, "EC: short");
	ok(key == NULL, "nothing was made");
}

int
main(void)
{
	static const enum key_kind kinds[] = { KEY_RSA, KEY_P256, KEY_P384, KEY_P521, KEY_ED25519 };
	struct key *key;

	arena = arena_new(1 << 20);
	for (size_t i = 0; i < COUNT(kinds); i++)
		try_round_trip(kinds[i]);
	for (size_t i = 0; i < COUNT(refused); i++) {
		const char *why = "";

		key = read_key(refused[i].pem, &why);
		ok(key == NULL && strstr(why, refused[i].why) != NULL, "%s: %s", refused[i].name, why);
		key_free(&key);
	}
	key = NULL;
	ok(key_read_pem(str_of(refused[0].pem), KEY_LENIENT, NULL, &key) == ERR_OK,
	    "a lenient reader takes 1024 bits");
	key_free(&key);

	key = read_key(with_parameters, NULL);
	struct key *certified = read_key(certificate, NULL);
	ok(key != NULL && key_is_private(key), "a private key behind its parameters");
	ok(certified != NULL && !key_is_private(certified) && key_same(key, certified),
	    "the certificate has the same key");
	key_free(&key);
	key_free(&certified);
	try_numbers();
	arena_free(&arena);
	return tap_done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The signatures that AWS's documentation of S3 and its suite of test cases give. */
#include "courier/sigv4.h"

#include "tap.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define S3_HOST { "host", STR("examplebucket.s3.amazonaws.com") }
#define S3_HASH(h) { "x-amz-content-sha256", STR(h) }
#define S3_DATE { "x-amz-date", STR("20130524T000000Z") }

static const struct sigv4_header ranged[] = { S3_HOST, { "range", STR("bytes=0-9") }, S3_HASH(EMPTY), S3_DATE };
static const struct sigv4_header plain[] = { S3_HOST, S3_HASH(EMPTY), S3_DATE };
static const struct sigv4_header put[] = { { "date", STR("Fri, 24 May 2013 00:00:00 GMT") }, S3_HOST,
	S3_HASH("44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"), S3_DATE,
	{ "x-amz-storage-class", STR("REDUCED_REDUNDANCY") } };
static const struct sigv4_header vanilla[] = { { "host", STR("example.amazonaws.com") },
	{ "x-amz-date", STR("20150830T123600Z") } };

#define S3 STR("20130524T000000Z"), STR("us-east-1"), STR("s3"), STR("AKIAIOSFODNN7EXAMPLE"), \
	STR("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
#define SUITE STR("20150830T123600Z"), STR("us-east-1"), STR("service"), STR("AKIDEXAMPLE"), \
	STR("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")

static const struct {
	const char *name;
	struct sigv4_request request;
	const char *signature;
} rows[] = {
	{ "GET object", { "GET", STR("/test.txt"), STR(""), ranged, 4, STR(EMPTY), S3 },
	    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41" },
	{ "PUT object", { "PUT", STR("/test%24file.text"), STR(""), put, 5,
	    STR("44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"), S3 },
	    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd" },
	{ "GET lifecycle", { "GET", STR("/"), STR("lifecycle="), plain, 3, STR(EMPTY), S3 },
	    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543" },
	{ "list objects", { "GET", STR("/"), STR("max-keys=2&prefix=J"), plain, 3, STR(EMPTY), S3 },
	    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7" },
	{ "get-vanilla", { "GET", STR("/"), STR(""), vanilla, 2, STR(EMPTY), SUITE },
	    "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "post-vanilla", { "POST", STR("/"), STR(""), vanilla, 2, STR(EMPTY), SUITE },
	    "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b" },
};

static const struct {
	int64_t unix_s;
	const char *text;
} times[] = {
	{ 0, "19700101T000000Z" },
	{ 1369353600, "20130524T000000Z" },
	{ 1440938160, "20150830T123600Z" },
	{ 253402300799, "99991231T235959Z" },
};

int
main(void)
{
	char text[SIGV4_TIME_LEN + 1];
	struct buf out;

	buf_init(&out, 1 << 12);
	for (size_t i = 0; i < COUNT(rows); i++) {
		buf_clear(&out);
		sigv4_sign(&out, &rows[i].request);
		ok(str_has_suffix(buf_str(&out), str_of(rows[i].signature)), "%s: %.*s", rows[i].name,
		    STR_FMT(buf_str(&out)));
	}
	buf_clear(&out);
	sigv4_sign(&out, &rows[0].request);
	ok(str_has_prefix(buf_str(&out), STR("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/"
	    "aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=")), "the header is in its form");
	for (size_t i = 0; i < COUNT(times); i++) {
		sigv4_time(times[i].unix_s, text);
		ok(strcmp(text, times[i].text) == 0, "%s", times[i].text);
	}
	buf_fini(&out);
	return tap_done();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The family providers.aws: signatures, and what is complained of first. */
#include "base/str.h"
#include "rego/builtin/builtin_test.h"

#define SIGN "providers.aws.sign_req"
#define CONFIG \
	"{\"aws_service\": \"es\", \"aws_access_key\": \"AK\", \"aws_secret_access_key\": \"SK\", " \
	"\"aws_region\": \"eu-west-1\"}"
#define REFUSED(why) "eval_type_error: " SIGN ": " why

static const struct builtin_case cases[] = {
	/* The signature was computed by other means. */
	{ SIGN, "[{\"method\": \"GET\", \"url\": \"https://h.example:8443/\"}, " CONFIG
	    ", 1440938160123456789]",
	    "{\"headers\": {\"Authorization\": \"AWS4-HMAC-SHA256 "
	    "Credential=AK/20150830/eu-west-1/es/aws4_request,SignedHeaders=host;x-amz-date,"
	    "Signature=98d746a837e0d60c397f2a717a82c8acabbb254fc43dcb87295d165a2586ce4d\", "
	    "\"host\": \"h.example:8443\", \"x-amz-date\": \"20150830T123600Z\"}, "
	    "\"method\": \"GET\", \"url\": \"https://h.example:8443/\"}" },

	{ SIGN, "[{}, {}, 1]",
	    REFUSED("operand 2 missing required AWS config parameters(s): {\"aws_access_key\", "
	            "\"aws_region\", \"aws_secret_access_key\", \"aws_service\"}") },
	{ SIGN, "[{}, " CONFIG ", 1.5]",
	    REFUSED("operand 3 could not convert time_ns value into a unix timestamp") },
	{ SIGN, "[{\"x\": 1}, " CONFIG ", 1]",
	    REFUSED("operand 1 invalid request parameters(s): {\"x\"}") },
	{ SIGN, "[{}, " CONFIG ", 1]",
	    REFUSED("operand 1 missing required request parameters(s): {\"method\", \"url\"}") },
	{ SIGN, "[{\"method\": 1, \"url\": 1, \"headers\": []}, " CONFIG ", 1]",
	    REFUSED("operand 0 must be object but got array") },
	{ SIGN, "[{\"method\": 1, \"url\": 1}, " CONFIG ", 1]",
	    REFUSED("operand 1 invalid values for required request parameters(s): {\"method\", "
	            "\"url\"}") },
	{ SIGN, "[{\"method\": \"GET\", \"url\": \":\"}, " CONFIG ", 1]",
	    "eval_builtin_error: " SIGN ": parse \":\": missing protocol scheme" },
	{ SIGN, "[[], {}, 1]", REFUSED("operand 1 must be object but got array") },
};

int
main(void)
{
	builtin_test(cases, COUNT(cases));
	return tap_done();
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls.h"

#include "net/peer.h"
#include "support/certificates.h"
#include "support/echo.h"
#include "support/grpc_client.h"
#include "tap.h"

enum { CA, OTHER_CA, SERVER, NEW_SERVER, CLIENT, NO_SAN, EXPIRED, EARLY, STRANGER, SERVER_ONLY, NAMES };

static const struct {
	struct certificate_wish wish;
	int issuer; /* -1: itself */
} wishes[NAMES] = {
	[CA] = { { "Test CA", NULL, NULL, -1, 10, true }, -1 },
	[OTHER_CA] = { { "Other CA", NULL, NULL, -1, 10, true }, -1 },
	[SERVER] = { { "server", "DNS:localhost,IP:127.0.0.1", "serverAuth", -1, 10, false }, CA },
	[NEW_SERVER] = { { "server", "DNS:new.example", "serverAuth", -1, 10, false }, CA },
	[CLIENT] = { { "cn-is-not-looked-at", "DNS:app.example,URI:spiffe://t/app,IP:10.0.0.1,email:a@b.example",
			 "clientAuth", -1, 10, false }, CA },
	[NO_SAN] = { { "app.example", NULL, "clientAuth", -1, 10, false }, CA },
	[EXPIRED] = { { "app", "DNS:app.example", "clientAuth", -10, -1, false }, CA },
	[EARLY] = { { "app", "DNS:app.example", "clientAuth", 1, 10, false }, CA },
	[STRANGER] = { { "app", "DNS:app.example", "clientAuth", -1, 10, false }, OTHER_CA },
	[SERVER_ONLY] = { { "app", "DNS:app.example", "serverAuth", -1, 10, false }, CA },
};

static struct certificate made[NAMES];

static str_t
pem(int which)
{
	return buf_str(&made[which].certificate_pem);
}

static str_t
key(int which)
{
	return buf_str(&made[which].key_pem);
}

static const struct {
	const char *what, *alpn;
	int client; /* -1: no certificate */
	bool served;
	const char *identity; /* in the answer of Who */
} handshakes[] = {
	{ "a client certificate", NULL, CLIENT, true,
	    "certified=1 service= 0:app.example 1:spiffe://t/app 2: 3:a@b.example" },
	{ "a certificate with a common name only", NULL, NO_SAN, false, NULL },
	{ "none", NULL, -1, false, NULL },
	{ "an expired one", NULL, EXPIRED, false, NULL },
	{ "one not yet valid", NULL, EARLY, false, NULL },
	{ "one of another CA", NULL, STRANGER, false, NULL },
	{ "one for servers only", NULL, SERVER_ONLY, false, NULL },
	{ "a CA's", NULL, OTHER_CA, false, NULL },
	{ "a good one, but another protocol", "http/1.1", CLIENT, false, NULL },
	{ "a good one, but no protocol", "", CLIENT, false, NULL },
};

static bool
publish(struct shared *shared, int server, bool mtls, str_t lists)
{
	struct tls_config config = { pem(server), key(server), mtls ? pem(CA) : STR_NONE, lists, mtls };
	struct tls_context *context;

	return tls_context_new(&config, &context, NULL) == ERR_OK &&
	    shared_publish(shared, context) == ERR_OK;
}

static bool
ask(const char *address, const struct grpc_client_tls *tls, const char *identity)
{
	/* In TLS 1.3 a refused client certificate shows only after the client's own part is done. */
	struct grpc_client *c = grpc_client_open(address, tls);
	struct grpc_client_answer a = { .status = -1 };
	bool fine;

	if (c != NULL)
		a = grpc_client_say(c, "/echo.Echo/Who", STR(""));
	fine = a.status == 0 && (identity == NULL || str_has_suffix(a.message, str_of(identity)));
	if (a.status == 0 && !fine)
		tap_note("got %.*s", STR_FMT(a.message));
	grpc_client_close(&c);
	return fine;
}

static void
test_mutual(void)
{
	struct shared *shared = shared_new(tls_context_destroy);
	struct server_config config = { .tls = shared, .limits = { .handshake_ms = 300, .preface_ms = 300, .header_ms = 300 } };
	struct grpc_client_tls tls = { .ca = pem(CA), .server_name = "localhost" };
	struct echo_thread *t;
	struct grpc_client *old;
	static char big[1 << 20];
	struct grpc_client_answer a;

	ok(publish(shared, SERVER, true, STR_NONE), "a context");
	t = echo_start("127.0.0.1:0", &config);
	for (size_t i = 0; i < COUNT(handshakes); i++) {
		int client = handshakes[i].client;

		tls.certificate = client >= 0 ? pem(client) : STR_NONE;
		tls.key = client >= 0 ? key(client) : STR_NONE;
		tls.alpn = handshakes[i].alpn;
		ok(ask(t->address, &tls, handshakes[i].identity) == handshakes[i].served, "%s: %s",
		    handshakes[i].what, handshakes[i].served ? "served" : "refused");
	}
	tls.alpn = NULL;
	tls.certificate = pem(CLIENT);
	tls.key = key(CLIENT);
	old = grpc_client_open(t->address, &tls);
	a = grpc_client_say(old, "/echo.Echo/Say", str_make(big, sizeof(big)));
	ok(a.status == 0 && a.message.len == sizeof(big), "a megabyte there and back");
	ok(publish(shared, NEW_SERVER, true, STR_NONE), "a new certificate is published");
	ok(!ask(t->address, &tls, NULL), "new connections do not see the old one");
	tls.server_name = "new.example";
	ok(ask(t->address, &tls, NULL), "but the new");
	ok(grpc_client_say(old, "/echo.Echo/Say", STR("x")).status == 0, "old connections go on");
	grpc_client_close(&old);
	echo_stop(&t);
	shared_free(&shared);
}

static void
test_one_sided(void)
{
	struct shared *shared = shared_new(tls_context_destroy);
	struct server_config config = { .tls = shared, .limits = { .handshake_ms = 100, .preface_ms = 100, .header_ms = 100 } };
	struct grpc_client_tls tls = { .ca = pem(CA), .server_name = "localhost" };
	struct echo_thread *t = echo_start("127.0.0.1:0", &config);
	struct grpc_client *c;
	struct grpc_client_answer a;

	ok(!ask(t->address, &tls, NULL), "without a context nobody is served, least of all in cleartext");
	ok(publish(shared, SERVER, false, STR_NONE) && ask(t->address, &tls, "secured=1 certified=0 service="),
	    "without mTLS no certificate is needed");
	c = grpc_client_open(t->address, NULL);
	ok(c != NULL && grpc_client_wait(c, 2000, &a), "cleartext on a TLS port is cut off");
	grpc_client_close(&c);
	echo_stop(&t);
	shared_free(&shared);
}

static void
test_contexts(void)
{
	const struct {
		const char *what;
		struct tls_config config;
		err_t want;
	} cases[] = {
		{ "no certificate", { STR(""), key(SERVER), STR_NONE, STR_NONE, false }, ERR_KEY },
		{ "no PEM", { STR("rubbish"), key(SERVER), STR_NONE, STR_NONE, false }, ERR_KEY },
		{ "no key", { pem(SERVER), STR(""), STR_NONE, STR_NONE, false }, ERR_KEY },
		{ "a key of another", { pem(SERVER), key(CLIENT), STR_NONE, STR_NONE, false }, ERR_KEY },
		{ "no CA for mTLS", { pem(SERVER), key(SERVER), STR_NONE, STR_NONE, true }, ERR_CONFIG },
		{ "a CA that is none", { pem(SERVER), key(SERVER), STR("rubbish"), STR_NONE, true }, ERR_KEY },
		{ "a revocation list that is none", { pem(SERVER), key(SERVER), pem(CA), STR("rubbish"), true }, ERR_KEY },
	};
	struct arena *arena = arena_new(1 << 16);
	struct tls_context *context;
	struct diag d;

	diag_init(&d, arena, 20);
	for (size_t i = 0; i < COUNT(cases); i++)
		ok(tls_context_new(&cases[i].config, &context, &d) == cases[i].want && d.error_count == i + 1,
		    "%s: refused, with a sentence", cases[i].what);
	arena_free(&arena);
}

int
main(void)
{
	for (int i = 0; i < NAMES; i++)
		certificate_make(&made[i], &wishes[i].wish,
		    wishes[i].issuer >= 0 ? &made[wishes[i].issuer] : NULL);
	test_contexts();
	test_mutual();
	test_one_sided();
	for (int i = 0; i < NAMES; i++)
		certificate_fini(&made[i]);
	return tap_done();
}

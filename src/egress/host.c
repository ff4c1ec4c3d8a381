/* SPDX-License-Identifier: Apache-2.0 */
#include "egress/host.h"

/* What leads back to the host itself, or to what a cloud tells its machines. */
static const struct {
	const char *name;
	bool below; /* and every name below it */
	const char *what;
} names[] = {
	{ "localhost", true, "a loopback name" }, /* rfc6761 6.3 */
	{ "localdomain", true, "a loopback name" },
	{ "localhost4", false, "a loopback name" },
	{ "localhost6", false, "a loopback name" },
	{ "localhost4.localdomain4", false, "a loopback name" },
	{ "localhost6.localdomain6", false, "a loopback name" },
	{ "ip6-localhost", false, "a loopback name" },
	{ "ip6-loopback", false, "a loopback name" },
	{ "ip6-localnet", false, "a local name" },
	{ "ip6-allnodes", false, "a multicast name" },
	{ "ip6-allrouters", false, "a multicast name" },
	{ "broadcasthost", false, "a broadcast name" },
	{ "metadata", false, "a metadata name" },
	{ "metadata.goog", true, "a metadata name" },
	{ "metadata.tencentyun.com", false, "a metadata name" },
	{ "metadata.packet.net", false, "a metadata name" },
	{ "metadata.platformequinix.com", false, "a metadata name" },
	{ "instance-data", false, "a metadata name" },
	{ "rancher-metadata", true, "a metadata name" },
	{ "host.docker.internal", false, "a loopback name" },
	{ "gateway.docker.internal", false, "a loopback name" },
	{ "host.containers.internal", false, "a loopback name" },
	/* Public zones in which anybody has a name for any address. */
	{ "localtest.me", true, "a loopback name" },
	{ "lvh.me", true, "a loopback name" },
	{ "vcap.me", true, "a loopback name" },
	{ "lacolhost.com", true, "a loopback name" },
	{ "nip.io", true, "a name for any address" },
	{ "sslip.io", true, "a name for any address" },
	{ "xip.io", true, "a name for any address" },
};

/* metadata.google.internal, instance-data.ec2.internal, metadata.azure.internal, … */
static const char *const metadata_labels[] = { "metadata", "instance-data" };

static bool
has_label(str_t name, str_t label)
{
	while (name.len > 0) {
		size_t end = str_find_char(name, '.', 0);

		if (str_eq(str_sub(name, 0, end), label))
			return true;
		name = str_skip(name, end < name.len ? end + 1 : end);
	}
	return false;
}

static bool
is_below(str_t name, str_t zone)
{
	return name.len > zone.len + 1 && str_has_suffix(name, zone) &&
	       name.data[name.len - zone.len - 1] == '.';
}

static const char *
find_name(str_t name)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		str_t known = str_of(names[i].name);

		if (str_eq(name, known) || (names[i].below && is_below(name, known)))
			return names[i].what;
	}
	for (size_t i = 0; is_below(name, STR("internal")) && i < COUNT(metadata_labels);
	     i++) {
		if (has_label(name, str_of(metadata_labels[i])))
			return "a metadata name";
	}
	return NULL;
}

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
	       c == '.';
}

static const char *
check_labels(str_t name)
{
	while (name.len > 0) {
		size_t end = str_find_char(name, '.', 0);

		if (end == 0 || end + 1 == name.len)
			return "a label of the host is empty";
		if (end > HOST_LABEL_MAX)
			return "a label of the host is too long";
		/* Also xn-- of plain ASCII: some read `xn--localhost-` as localhost. */
		if (name.data[0] == '-' || name.data[end - 1] == '-')
			return "a label of the host begins or ends with a hyphen";
		name = str_skip(name, end < name.len ? end + 1 : end);
	}
	return NULL;
}

static const char *
fold(str_t text, struct host *h)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		if (c == '%')
			return "the host is percent-encoded";
		if ((unsigned char)c >= 0x80)
			return "the host is not ASCII";
		if (!is_name_char(c))
			return "the host has a character that no host has";
		h->text[i] = c;
	}
	return NULL;
}

static void
take_address(struct host *h, struct address a)
{
	a = address_meant(a);
	h->is_address = true;
	h->blocked = address_blocked(&a);
	address_write(&a, h->text);
}

const char *
host_read_name(str_t text, struct host *ret)
{
	struct host h = { 0 };
	struct address a;
	const char *why;

	if (text.len > 1 && text.data[text.len - 1] == '.')
		text.len--; /* of the root: the same name */
	if (text.len == 0)
		return "the host is empty";
	if (text.len > HOST_MAX)
		return "the host is too long";
	why = fold(text, &h);
	if (why == NULL)
		why = check_labels(str_make(h.text, text.len));
	if (why != NULL)
		return why;
	switch (address_read_v4(str_make(h.text, text.len), &a)) {
	case ADDRESS_GOOD:
		take_address(&h, a);
		break;
	case ADDRESS_NONE:
		h.blocked = find_name(str_make(h.text, text.len));
		break;
	case ADDRESS_MALFORMED:
		return "the host ends in a number and is no address";
	case ADDRESS_AMBIGUOUS:
		return "the host is an address that clients read differently";
	}
	*ret = h;
	return NULL;
}

const char *
host_read_brackets(str_t inside, struct host *ret)
{
	struct host h = { 0 };
	struct address a;

	if (str_find_char(inside, '%', 0) < inside.len)
		return "the address has a zone";
	if (!address_read_v6(inside, &a))
		return "what is in brackets is no IPv6 address";
	take_address(&h, a);
	*ret = h;
	return NULL;
}

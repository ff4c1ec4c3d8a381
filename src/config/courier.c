/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold between the keys that coresdk-courier obeys. */
#include "config/check.h"

static bool
has_only(str_t text, const char *others)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			strchr(others, c) != NULL))
			return false;
	}
	return memchr(text.data, '\0', text.len) == NULL;
}

/* Whether what is sent there can be read or changed on the way. */
static bool
is_in_the_open(str_t url)
{
	size_t begin = sizeof("http://") - 1, end;
	str_t host;

	if (!str_has_prefix(url, STR("http://")))
		return false;
	end = str_find_char(url, '/', begin);
	host = str_sub(url, begin, end - begin);
	if (!str_has_prefix(host, STR("[")) && str_find_char(host, ':', 0) < host.len)
		host = str_cut(host, str_find_char(host, ':', 0));
	else if (str_has_prefix(host, STR("[")))
		host = str_cut(host, str_find_char(host, ']', 0) + (str_find_char(host, ']', 0) < host.len));
	return !(str_has_prefix(host, STR("127.")) && has_only(host, ".") &&
		   host.data[host.len - 1] >= '0' && host.data[host.len - 1] <= '9') &&
	    !str_eq(host, STR("localhost")) && !str_eq(host, STR("[::1]"));
}

static bool
is_url(str_t url)
{
	return str_has_prefix(url, STR("http://")) || str_has_prefix(url, STR("https://"));
}

static void
check_resource(const struct config *c, struct diag *diag, enum config_key key, str_t resource)
{
	if (!has_only(resource, "-._~/") || str_has_prefix(resource, STR("/")) ||
	    str_find(resource, STR(".."), 0) < resource.len)
		(void)config_refuse(c, diag, key,
		    "is no resource: letters, digits and -._~/ below control_plane.url, without `..`");
}

static void
check_control_plane(const struct config *c, struct diag *diag)
{
	if (!is_url(c->control_plane_url)) {
		(void)config_refuse(c, diag, CONFIG_KEY_control_plane_url,
		    "must begin with https:// or http:// when control_plane.enabled is true");
		return;
	}
	/* A user name before an @ would make a host of what is none. */
	if (!has_only(c->control_plane_url, "-._~/:[]%")) {
		(void)config_refuse(c, diag, CONFIG_KEY_control_plane_url,
		    "may have a host, a port and a path, and nothing else");
		return;
	}
	if (is_in_the_open(c->control_plane_url)) {
		/* A bundle is signed and proves itself; these do not. */
		if (c->control_plane_jwks.len > 0)
			(void)config_refuse(c, diag, CONFIG_KEY_control_plane_jwks,
			    "needs https: whoever can change a key set on its way can make tokens");
		if (c->control_plane_config.len > 0)
			(void)config_refuse(c, diag, CONFIG_KEY_control_plane_config,
			    "needs https: this file is not signed");
		if (c->control_plane_token.len > 0)
			(void)config_refuse(c, diag, CONFIG_KEY_control_plane_token,
			    "needs https: it could be read on its way");
	}
	if ((c->control_plane_client_cert.len > 0) != (c->control_plane_client_key.len > 0))
		(void)config_refuse(c, diag, CONFIG_KEY_control_plane_client_cert,
		    "and control_plane.client_key are set together or not at all");
	if (c->control_plane_config.len > 0 && c->cache_hmac_key_path.len > 0)
		(void)config_refuse(c, diag, CONFIG_KEY_control_plane_config,
		    "and cache.hmac_key_path exclude each other: the courier pulls no tags");
	if (!has_only(c->control_plane_token, "-._~+/="))
		(void)config_refuse(c, diag, CONFIG_KEY_control_plane_token,
		    "is no bearer token: letters, digits and -._~+/=");
	check_resource(c, diag, CONFIG_KEY_control_plane_bundle, c->control_plane_bundle);
	check_resource(c, diag, CONFIG_KEY_control_plane_jwks, c->control_plane_jwks);
	check_resource(c, diag, CONFIG_KEY_control_plane_config, c->control_plane_config);
	if (c->control_plane_bundle.len + c->control_plane_jwks.len + c->control_plane_config.len == 0)
		(void)config_refuse(c, diag, CONFIG_KEY_control_plane_enabled,
		    "is true, but neither a bundle nor a key set nor a config is to be pulled");
}

static bool
lists(const struct config_list *list, str_t word)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_eq_nocase(list->at[i], word))
			return true;
	return false;
}

bool
config_wants_s3(const struct config *c)
{
	return lists(&c->audit_sink, STR("s3"));
}

static void
check_s3(const struct config *c, struct diag *diag)
{
	if (!lists(&c->audit_sink, STR("file")))
		(void)config_refuse(c, diag, CONFIG_KEY_audit_sink,
		    "lists s3 without file: the rotated files of the log are what is uploaded");
	if (!c->audit_file_compress || c->audit_file_rotate_mb == 0)
		(void)config_refuse(c, diag, CONFIG_KEY_audit_sink,
		    "lists s3: that needs audit.file.compress: true and audit.file.rotate_mb above 0");
	if (!is_url(c->audit_s3_endpoint))
		(void)config_refuse(c, diag, CONFIG_KEY_audit_s3_endpoint,
		    "must begin with https:// or http:// when audit.sink lists s3");
	if (c->audit_s3_bucket.len < 3 || c->audit_s3_bucket.len > 63 || !has_only(c->audit_s3_bucket, "-."))
		(void)config_refuse(c, diag, CONFIG_KEY_audit_s3_bucket,
		    "is no name of a bucket: 3 to 63 letters, digits, - and .");
	if (c->audit_s3_prefix.len > 256 || !has_only(c->audit_s3_prefix, "-._/") ||
	    str_has_prefix(c->audit_s3_prefix, STR("/")) ||
	    str_find(c->audit_s3_prefix, STR(".."), 0) < c->audit_s3_prefix.len)
		(void)config_refuse(c, diag, CONFIG_KEY_audit_s3_prefix,
		    "may have 256 letters, digits and -._/, without `..` and no / in front");
	if (c->audit_s3_host.len > 64 || !has_only(c->audit_s3_host, "-._"))
		(void)config_refuse(c, diag, CONFIG_KEY_audit_s3_host, "may have 64 letters, digits and -._");
	if (c->audit_s3_region.len == 0 || c->audit_s3_region.len > 64 || !has_only(c->audit_s3_region, "-"))
		(void)config_refuse(c, diag, CONFIG_KEY_audit_s3_region, "is no region: letters, digits and -");
	if (c->audit_s3_access_key.len == 0 || c->audit_s3_access_key.len > 128 ||
	    !has_only(c->audit_s3_access_key, "-._:+=@"))
		(void)config_refuse(c, diag, CONFIG_KEY_audit_s3_access_key,
		    "is no access key: up to 128 letters, digits and -._:+=@");
	if (c->audit_s3_secret_key_path.len == 0)
		(void)config_refuse(c, diag, CONFIG_KEY_audit_s3_secret_key_path,
		    "is needed when audit.sink lists s3");
}

void
config_check_courier(const struct config *c, struct diag *diag)
{
	if (c->control_plane_enabled)
		check_control_plane(c, diag);
	if (config_wants_s3(c))
		check_s3(c, diag);
}

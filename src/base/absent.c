/* SPDX-License-Identifier: Apache-2.0 */
/*
 * absent: what the libraries below could call, and these programs must not have.
 *
 * libcrypto knows how to look up names and to load code, libstdc++ how to convert
 * character sets; nothing here asks them to.  A static program would still carry the
 * C library's resolver for them, and a way into its loader.  These definitions stand in
 * their place and refuse.  test/package/hardening_test.py reads the programs' symbols.
 *
 *   threads  no state; any
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <iconv.h>
#include <netdb.h>
#include <stddef.h>

int
getaddrinfo(const char *restrict node, const char *restrict service,
    const struct addrinfo *restrict hints, struct addrinfo **restrict ret)
{
	return EAI_FAIL;
}

void
freeaddrinfo(struct addrinfo *list)
{
}

const char *
gai_strerror(int code)
{
	return "this program looks up no names";
}

int
getnameinfo(const struct sockaddr *restrict address, socklen_t len, char *restrict host,
    socklen_t host_len, char *restrict service, socklen_t service_len, int flags)
{
	return EAI_FAIL;
}

struct hostent *
gethostbyname(const char *name)
{
	return NULL;
}

void *
dlopen(const char *path, int flags)
{
	return NULL;
}

void *
dlsym(void *restrict handle, const char *restrict name)
{
	return NULL;
}

int
dlclose(void *handle)
{
	return -1;
}

char *
dlerror(void)
{
	static char text[] = "this program loads no code";

	return text;
}

int
dladdr(const void *address, Dl_info *ret)
{
	return 0;
}

iconv_t
iconv_open(const char *to, const char *from)
{
	errno = EINVAL;
	return (iconv_t)-1;
}

size_t
iconv(iconv_t conversion, char **restrict in, size_t *restrict in_left, char **restrict out,
    size_t *restrict out_left)
{
	errno = EBADF;
	return (size_t)-1;
}

int
iconv_close(iconv_t conversion)
{
	errno = EBADF;
	return -1;
}

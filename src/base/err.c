/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include "base/must.h"
#include "base/str.h"

static const struct {
	const char *name, *text;
	int grpc, exit;
} rows[] = {
#define ERR(name, grpc, exit, text) { "ERR_" #name, text, grpc, exit },
#include "base/err.def"
#undef ERR
};

const char *
err_name(err_t e)
{
	must((size_t)e < COUNT(rows));
	return rows[e].name;
}

const char *
err_text(err_t e)
{
	must((size_t)e < COUNT(rows));
	return rows[e].text;
}

int
err_grpc(err_t e)
{
	must((size_t)e < COUNT(rows));
	return rows[e].grpc;
}

int
err_exit(err_t e)
{
	must((size_t)e < COUNT(rows));
	return rows[e].exit;
}

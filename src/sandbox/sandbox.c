/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/sandbox.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sandbox/layer.h"

static const char *const layer_names[] = { "privileges", "netns", "landlock", "seccomp" };
static const char *const state_names[] = { "off", "missing", "partial", "on" };

void
layer_report(struct sandbox_outcome *o, enum sandbox_state state, const char *format, ...)
{
	va_list list;

	o->state = state;
	va_start(list, format);
	(void)vsnprintf(o->detail, sizeof(o->detail), format, list);
	va_end(list);
}

static void
enter(enum sandbox_layer layer, const struct grants *grants, struct sandbox_outcome *o)
{
	switch (layer) {
	case SANDBOX_PRIVILEGES:
		privileges_enter(o);
		break;
	case SANDBOX_NETNS:
		netns_enter(o);
		break;
	case SANDBOX_LANDLOCK:
		landlock_enter(grants, o);
		break;
	default:
		seccomp_enter(o);
	}
}

static err_t
check(enum sandbox_layer layer, const struct sandbox_outcome *o, struct diag *diag)
{
	if (o->state == SANDBOX_ON)
		return ERR_OK;
	diag_say(diag, "sandbox", "sandbox.%s is required, and here it is %s: %s; with `sandbox: { %s: auto }` the start goes on without",
	    layer_names[layer], state_names[o->state], o->detail, layer_names[layer]);
	return ERR_REFUSED;
}

void
sandbox_begin(void)
{
	privileges_begin();
}

/*
 * Leaving the network takes a capability, Landlock takes opening the directories, and each
 * of these takes calls that the filter refuses: hence this order.
 */
err_t
sandbox_enter(const struct sandbox_options *options, struct diag *diag, struct sandbox_report *ret)
{
	static const enum sandbox_layer order[] = { SANDBOX_NETNS, SANDBOX_LANDLOCK, SANDBOX_PRIVILEGES, SANDBOX_SECCOMP };

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < COUNT(order); i++) {
		enum sandbox_layer layer = order[i];
		struct sandbox_outcome *o = &ret->layer[layer];

		if (options->wish[layer] == SANDBOX_OFF)
			layer_report(o, SANDBOX_IS_OFF, "by configuration");
		else
			enter(layer, options->grants, o);
		if (options->wish[layer] == SANDBOX_REQUIRED)
			TRY(check(layer, o, diag));
	}
	return ERR_OK;
}

bool
sandbox_enter_worker(void)
{
	return seccomp_enter_worker();
}

const char *
sandbox_layer_name(enum sandbox_layer layer)
{
	return layer_names[layer];
}

const char *
sandbox_state_name(enum sandbox_state state)
{
	return state_names[state];
}

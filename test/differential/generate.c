/* SPDX-License-Identifier: Apache-2.0 */
#include "generate_internal.h"

#include <stdio.h>
#include <string.h>

const char *const gen_packages[GEN_PACKAGES] = { "t", "u.v", "w" };

uint32_t
gen_random(uint64_t *state, uint32_t below)
{
	uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15); /* splitmix64 */

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return below == 0 ? 0 : (uint32_t)((z ^ z >> 31) >> 32) % below;
}

uint32_t
gen_pick(struct generator *g, uint32_t below)
{
	return gen_random(&g->state, below);
}

bool
gen_chance(struct generator *g, uint32_t percent)
{
	return gen_pick(g, 100) < percent;
}

void
gen_say(struct generator *g, const char *text)
{
	buf_add_text(&g->out, text);
}

static str_t
take_text(struct generator *g, size_t from)
{
	str_t text = arena_str(g->arena, str_skip(buf_str(&g->out), from));

	g->out.len = from;
	return text;
}

/* ---- variables ---- */

int
gen_bind(struct generator *g, enum gen_type type)
{
	int id = g->next_var++;

	g->defines |= UINT64_C(1) << (id & 63);
	if (g->scope_count < MOST_VARS)
		g->scope[g->scope_count++] = (struct gen_var){ id, type };
	return id;
}

void
gen_leave(struct generator *g, uint32_t scope, uint64_t defines)
{
	g->uses &= ~(g->defines & ~defines);
	g->defines = defines;
	g->scope_count = scope;
}

bool
gen_say_var(struct generator *g, enum gen_type type)
{
	uint32_t start = gen_pick(g, g->scope_count);

	for (uint32_t i = 0; i < g->scope_count; i++) {
		const struct gen_var *v = &g->scope[(start + i) % g->scope_count];

		if (v->type != type)
			continue;
		g->uses |= UINT64_C(1) << (v->id & 63);
		buf_printf(&g->out, "v%d", v->id);
		return true;
	}
	return false;
}

/* ---- rules ---- */

static void
begin_clause(struct generator *g)
{
	g->scope_count = 0;
	g->next_var = 0;
	g->defines = g->uses = 0;
}

static void
add_body(struct generator *g, struct gen_clause *c, uint32_t least, uint32_t most)
{
	uint32_t count = least + gen_pick(g, most - least + 1);

	for (uint32_t i = 0; i < count && g->next_var < 40; i++) {
		struct gen_literal literal = { 0 };
		size_t from = g->out.len;

		g->defines = g->uses = 0;
		gen_say_literal(g, EXPRESSION_DEPTH);
		literal.is_test = g->defines == 0;
		literal.defines = g->defines;
		literal.uses = g->uses & ~g->defines;
		literal.text = take_text(g, from);
		VEC_PUSH(g->arena, &c->body, literal);
	}
}

/* A clause that demands a constant of input, for the index. */
static void
add_picked(struct generator *g, struct gen_clause *c, uint32_t which)
{
	struct gen_literal literal = { .is_test = true };
	size_t from = g->out.len;

	if (gen_chance(g, 20)) {
		int id = gen_bind(g, GEN_ANY);

		buf_printf(&g->out, "v%d := input.kind", id);
		VEC_PUSH(g->arena, &c->body,
		    ((struct gen_literal){
			.text = take_text(g, from), .defines = UINT64_C(1) << id }));
		buf_printf(&g->out, "v%d == \"k%u\"", id, which % 5);
		literal.uses = UINT64_C(1) << id;
	} else if (gen_chance(g, 30)) {
		buf_printf(&g->out, "\"k%u\" == input.kind", which % 5);
	} else {
		buf_printf(&g->out, "input.kind == %s%u%s", which % 7 == 6 ? "" : "\"k",
		    which % 5, which % 7 == 6 ? "" : "\"");
	}
	literal.text = take_text(g, from);
	VEC_PUSH(g->arena, &c->body, literal);
}

/* The parameters of a function: variables, constants, patterns. */
static void
say_params(struct generator *g, const struct gen_info *info)
{
	gen_say(g, "(");
	for (int i = 0; i < info->params; i++) {
		gen_say(g, i > 0 ? ", " : "");
		if (info->param[i] == GEN_ANY && gen_chance(g, 40)) {
			int first = gen_bind(g, GEN_ANY), second = gen_bind(g, GEN_ANY);

			buf_printf(&g->out,
			    gen_chance(g, 50) ? "[v%d, v%d]" : "{\"a\": v%d, \"b\": v%d}",
			    first, second);
		} else if (info->param[i] == GEN_NUMBER && gen_chance(g, 25)) {
			buf_printf(&g->out, "%u", gen_pick(g, 4));
		} else {
			buf_printf(&g->out, "v%d", gen_bind(g, info->param[i]));
		}
	}
	gen_say(g, ")");
}

/* What stands behind the name: the value, or what makes the rule a partial one. */
static void
say_head(struct generator *g, const struct gen_info *info)
{
	switch (info->kind) {
	case GEN_SET_RULE:
		gen_say(g, " contains ");
		gen_say_value(g, GEN_NUMBER);
		return;
	case GEN_OBJECT_RULE:
		gen_say(g, "[");
		gen_say_value(g, GEN_TEXT);
		gen_say(g, "] := ");
		gen_say_value(g, GEN_NUMBER);
		return;
	case GEN_PATH_RULE:
		gen_say(g, gen_chance(g, 50) ? "[" : ".a[");
		gen_say_value(g, GEN_TEXT);
		gen_say(g, "][");
		gen_say_value(g, GEN_NUMBER);
		gen_say(g, "] := ");
		gen_say_value(g, GEN_ANY);
		return;
	case GEN_PATH_SET_RULE:
		gen_say(g, ".a[");
		gen_say_value(g, GEN_TEXT);
		gen_say(g, "] contains ");
		gen_say_value(g, GEN_NUMBER);
		return;
	default:
		gen_say(g, " := ");
		if (info->constant >= 0)
			buf_printf(&g->out, "%d", info->constant);
		else
			gen_say_value(g, info->type);
	}
}

static void
add_clause(struct generator *g, struct gen_rule *rule, const struct gen_info *info,
    uint32_t which, bool is_else)
{
	struct gen_clause c = { .is_else = is_else };
	size_t from;

	if (!is_else) {
		begin_clause(g);
		g->head_vars = 0;
		from = g->out.len;
		if (info->params > 0)
			say_params(g, info);
		g->params = take_text(g, from);
		g->head_vars = g->scope_count;
	} else {
		g->scope_count = g->head_vars;
	}
	if (info->picked)
		add_picked(g, &c, which);
	add_body(g, &c, info->picked ? 0 : 1, info->picked ? 1 : 4);
	from = g->out.len;
	g->defines = g->uses = 0;
	if (is_else)
		gen_say(g, "else");
	else
		buf_printf(&g->out, "r%zu%.*s", g->policy->rules.count, STR_FMT(g->params));
	say_head(g, info);
	c.head = take_text(g, from);
	VEC_PUSH(g->arena, &rule->clauses, c);
}

static void
add_default(struct generator *g, struct gen_rule *rule, const struct gen_info *info)
{
	static const char *const values[] = { [GEN_NUMBER] = "7",
		[GEN_TEXT] = "\"d\"",
		[GEN_ARRAY] = "[7]",
		[GEN_SET] = "{7}",
		[GEN_OBJECT] = "{\"d\": 7}",
		[GEN_ANY] = "null" };
	struct gen_clause c = { 0 };
	size_t from = g->out.len;

	buf_printf(&g->out, "default r%zu", g->policy->rules.count);
	for (int i = 0; i < info->params; i++)
		gen_say(g, i == 0 ? "(_" : ", _");
	buf_printf(&g->out, "%s := %s", info->params > 0 ? ")" : "", values[info->type]);
	c.head = take_text(g, from);
	VEC_PUSH(g->arena, &rule->clauses, c);
}

static void
add_rule(struct generator *g, int package)
{
	static const enum gen_kind kinds[] = { GEN_COMPLETE, GEN_COMPLETE, GEN_COMPLETE,
		GEN_FUNCTION, GEN_FUNCTION, GEN_SET_RULE, GEN_SET_RULE, GEN_OBJECT_RULE,
		GEN_PATH_RULE, GEN_PATH_SET_RULE };
	struct gen_info info = {
		.kind = kinds[gen_pick(g, COUNT(kinds))], .package = package, .constant = -1
	};
	struct gen_rule rule = { .package = package };
	uint32_t count;

	info.type = info.kind == GEN_SET_RULE      ? GEN_SET
		    : info.kind == GEN_OBJECT_RULE ? GEN_OBJECT
		    : info.kind >= GEN_PATH_RULE   ? GEN_ANY
						   : (enum gen_type)gen_pick(g, GEN_TYPES);
	if (info.kind == GEN_FUNCTION) {
		rule.is_function = true;
		info.params = 1 + (int)gen_pick(g, 2);
		for (int i = 0; i < info.params; i++)
			info.param[i] = (enum gen_type)gen_pick(g, GEN_TYPES);
	}
	info.picked = gen_chance(g, 25);
	if (info.kind <= GEN_FUNCTION && gen_chance(g, 35)) {
		info.type = GEN_NUMBER;
		info.constant = (int)gen_pick(g, 3);
	}
	count = info.picked ? 6 + gen_pick(g, 4) : 1 + gen_pick(g, 3);
	if (info.kind <= GEN_FUNCTION && gen_chance(g, 30))
		add_default(g, &rule, &info);
	for (uint32_t i = 0; i < count; i++) {
		add_clause(g, &rule, &info, i, false);
		for (uint32_t k = 0; info.kind <= GEN_FUNCTION && k < 2 && gen_chance(g, 20);
		     k++)
			add_clause(g, &rule, &info, i + k, true);
	}
	rule.path = arena_printf(
	    g->arena, "data.%s.r%zu", gen_packages[package], g->policy->rules.count);
	VEC_PUSH(g->arena, &g->policy->rules, rule);
	VEC_PUSH(g->arena, &g->infos, info);
}

/* ---- documents ---- */

static void
say_document(struct generator *g, bool is_input)
{
	gen_say(g, "{");
	for (uint32_t i = 0; i < 3; i++) {
		if (!gen_chance(g, 15))
			buf_printf(&g->out, "\"n%u\": %u, ", i, gen_pick(g, 4));
		if (!gen_chance(g, 15))
			buf_printf(&g->out, "\"s%u\": \"%c\", ", i, "abck"[gen_pick(g, 4)]);
	}
	if (!gen_chance(g, 15))
		buf_printf(&g->out, "\"kind\": \"k%u\", ", gen_pick(g, 6));
	buf_printf(
	    &g->out, "\"xs\": [%u, %u, %u], ", gen_pick(g, 4), gen_pick(g, 4), gen_pick(g, 4));
	buf_printf(&g->out, "\"o\": {\"a\": %u, \"b\": %u%s}, ", gen_pick(g, 4),
	    gen_pick(g, 4), gen_chance(g, 30) ? ", \"c\": \"x\"" : "");
	buf_printf(&g->out, "\"any\": %s, ",
	    (const char *[]){ "1", "\"a\"", "null", "false", "[1, [2, 3]]",
		"{\"a\": 1, \"b\": {\"a\": 2}}", "[]", "{}" }[gen_pick(g, 8)]);
	buf_printf(&g->out, "\"deep\": {\"a\": {\"b\": [%u, {\"a\": \"%s\"}]}}",
	    gen_pick(g, 4), gen_chance(g, 50) ? "a" : "b");
	gen_say(g, is_input ? "}" : "}");
}

void
gen_make(struct arena *arena, uint64_t seed, struct gen_policy *ret)
{
	struct generator g = {
		.arena = arena, .state = seed * 2654435761U + 1, .policy = ret
	};

	*ret = (struct gen_policy){ .seed = seed };
	buf_init(&g.out, 1 << 20);
	for (int package = 0; package < GEN_PACKAGES; package++) {
		uint32_t count = 1 + gen_pick(&g, 5);

		g.package = package;
		for (uint32_t i = 0; i < count; i++)
			add_rule(&g, package);
	}
	gen_say(&g, "{\"b\": ");
	say_document(&g, false);
	buf_printf(&g.out,
	    ", \"t\": {\"extra\": %u, \"zz\": {\"a\": [1]}}, \"u\": {\"base\": {\"x\": %u}}}",
	    gen_pick(&g, 4), gen_pick(&g, 4));
	ret->data = take_text(&g, 0);
	for (int i = 0; i < GEN_INPUTS; i++) {
		say_document(&g, true);
		ret->inputs[i] = take_text(&g, 0);
	}
	buf_fini(&g.out);
}

/* ---- writing ---- */

/* Any order in which every variable is made before it is used: the next one is drawn from
 * those that may stand. */
static void
write_body(const struct gen_clause *c, enum gen_way way, uint64_t *state, struct buf *out)
{
	uint64_t made = 0, own = 0;
	bool *done = calloc(c->body.count + 1, sizeof(bool));

	for (size_t i = 0; i < c->body.count; i++)
		own |= c->body.at[i].dropped ? 0 : c->body.at[i].defines;
	for (size_t placed = 0; done != NULL && placed < c->body.count; placed++) {
		size_t start = way == GEN_SHUFFLED ? gen_random(state, (uint32_t)c->body.count)
						   : 0,
		       at = c->body.count;

		for (size_t i = 0; i < c->body.count && at == c->body.count; i++) {
			size_t k = (start + i) % c->body.count;

			if (!done[k] && (c->body.at[k].uses & own & ~made) == 0)
				at = k;
		}
		if (at == c->body.count)
			break;
		done[at] = true;
		if (c->body.at[at].dropped)
			continue;
		made |= c->body.at[at].defines;
		if (way == GEN_WRAPPED && c->body.at[at].is_test)
			buf_printf(out, "\t[1 | %.*s][0]\n", STR_FMT(c->body.at[at].text));
		else
			buf_printf(out, "\t%.*s\n", STR_FMT(c->body.at[at].text));
	}
	free(done);
}

void
gen_write(const struct gen_policy *policy, int package, enum gen_way way, struct buf *out)
{
	uint64_t state = policy->seed + 99;
	bool any = false;

	for (size_t i = 0; i < policy->rules.count; i++) {
		const struct gen_rule *rule = &policy->rules.at[i];

		if (rule->dropped || rule->package != package)
			continue;
		if (!any)
			buf_printf(
			    out, "package %s\n\nimport rego.v1\n", gen_packages[package]);
		any = true;
		for (size_t k = 0; k < rule->clauses.count; k++) {
			const struct gen_clause *c = &rule->clauses.at[k];
			size_t literals = 0;

			for (size_t l = 0; l < c->body.count; l++)
				literals += !c->body.at[l].dropped;
			if (c->dropped)
				continue;
			buf_printf(out, "%s%.*s", c->is_else ? " " : "\n", STR_FMT(c->head));
			if (literals > 0) {
				buf_add_text(out, " if {\n");
				write_body(c, way, &state, out);
				buf_add_text(out, "}");
			}
		}
		buf_add_char(out, '\n');
	}
}

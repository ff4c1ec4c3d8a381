/* SPDX-License-Identifier: Apache-2.0 */
/* graph: everything inside a value, and what can be reached along edges. */
#include "base/vec.h"
#include "rego/builtin/util.h"

/* ---- walk ---- */

struct level {
	value_t value;
	uint32_t next; /* entry to go into */
};

struct walker {
	struct rego_call *call;
	VEC(struct level) levels;
	VEC(value_t) path; /* keys to the innermost level */
	VEC(value_t) found;
};

static bool
note(struct walker *w, value_t value)
{
	struct arena *arena = w->call->arena;
	value_t pair[2] = { value_empty_array(), value };

	if (!rego_charge(w->call, (w->path.count + 4) * sizeof(value_t)))
		return false;
	if (w->path.count > 0)
		pair[0] = value_array(arena, w->path.at, w->path.count);
	return VEC_PUSH(arena, &w->found, value_array(arena, pair, 2)) && !arena_failed(arena);
}

/* The value itself, then what it holds, each before what that holds. */
static enum rego_outcome
walk(struct rego_call *call, value_t *ret)
{
	struct walker w = { .call = call };
	struct level top = { .value = call->arg[0] };
	value_t key, value;

	if (!note(&w, top.value) || !VEC_PUSH(call->arena, &w.levels, top))
		return REGO_HALT;
	while (w.levels.count > 0) {
		struct level *l = &w.levels.at[w.levels.count - 1];

		if (!value_is_collection(l->value) || l->next == l->value.count) {
			w.levels.count--;
			w.path.count -= w.path.count > 0;
			continue;
		}
		value_entry_at(l->value, l->next++, &key, &value);
		top.value = value;
		if (!VEC_PUSH(call->arena, &w.path, key) || !note(&w, value) ||
		    !VEC_PUSH(call->arena, &w.levels, top))
			return REGO_HALT;
	}
	*ret = value_array_of(w.found.at, w.found.count);
	return REGO_DEFINED;
}

/* ---- reachable ---- */

/* A set that grows: open addressing, at most half full. */
struct seen {
	value_t *slots;
	size_t count, mask;
};

static bool
insert_seen(struct seen *s, value_t v)
{
	size_t at = value_hash(v) & s->mask;

	for (; value_is_defined(s->slots[at]); at = (at + 1) & s->mask) {
		if (value_equal(s->slots[at], v))
			return false;
	}
	s->slots[at] = v;
	s->count++;
	return true;
}

static bool
grow_seen(struct rego_call *call, struct seen *s)
{
	size_t size = s->slots == NULL ? 16 : (s->mask + 1) * 2;
	struct seen larger = { .mask = size - 1 };

	if (!rego_charge(call, size * sizeof(value_t)))
		return false;
	larger.slots = ARENA_ARRAY(call->arena, value_t, size);
	if (larger.slots == NULL)
		return false;
	for (size_t i = 0; s->slots != NULL && i <= s->mask; i++) {
		if (value_is_defined(s->slots[i]))
			(void)insert_seen(&larger, s->slots[i]);
	}
	*s = larger;
	return true;
}

VEC_TYPE(value_vec, value_t);

/* Queues the vertices of an array or set that were not seen before.  False: halt. */
static bool
queue_vertices(struct rego_call *call, struct seen *seen, struct value_vec *queue, value_t vertices)
{
	if (vertices.tag != VALUE_ARRAY && vertices.tag != VALUE_SET)
		return true;
	for (uint32_t i = 0; i < vertices.count; i++) {
		value_t vertex = rego_items(vertices)[i];

		if (!rego_charge(call, 64))
			return false;
		if ((seen->slots == NULL || seen->count * 2 > seen->mask) && !grow_seen(call, seen))
			return false;
		if (insert_seen(seen, vertex) && !VEC_PUSH(call->arena, queue, vertex))
			return false;
	}
	return true;
}

/* OPA's message has its own braces. */
static bool
is_graph_call(struct rego_call *call)
{
	if (call->arg[0].tag != VALUE_OBJECT)
		(void)rego_fail_type(call, 1, "object", call->arg[0]);
	else if (call->arg[1].tag != VALUE_ARRAY && call->arg[1].tag != VALUE_SET)
		(void)rego_fail_type(call, 2, "{array, set}", call->arg[1]);
	else
		return true;
	return false;
}

static enum rego_outcome
reachable(struct rego_call *call, value_t *ret)
{
	value_t graph = call->arg[0];
	struct value_vec queue = { 0 };
	struct seen seen = { 0 };
	struct set_builder reached;

	if (!is_graph_call(call))
		return REGO_FAILED;
	set_builder_init(&reached, call->arena, 0);
	if (!queue_vertices(call, &seen, &queue, call->arg[1]))
		return REGO_HALT;
	for (size_t i = 0; i < queue.count; i++) {
		value_t edges = value_object_get(graph, queue.at[i]);

		if (!value_is_defined(edges))
			continue;
		if (!set_builder_add(&reached, queue.at[i]) ||
		    !queue_vertices(call, &seen, &queue, edges))
			return REGO_HALT;
	}
	return rego_give(set_builder_freeze(&reached), ret);
}

/* ---- reachable_paths ---- */

struct step {
	value_t vertex, edges;
	uint32_t next;
};

struct path_finder {
	struct rego_call *call;
	value_t graph;
	VEC(struct step) steps; /* the path */
	struct set_builder paths;
};

static uint32_t
edge_count(value_t edges)
{
	return edges.tag == VALUE_ARRAY || edges.tag == VALUE_SET ? edges.count : 0;
}

static bool
note_path(struct path_finder *f)
{
	value_t *path;

	if (!rego_charge(f->call, (f->steps.count + 1) * sizeof(value_t)))
		return false;
	path = ARENA_ARRAY(f->call->arena, value_t, f->steps.count);
	if (path == NULL)
		return false;
	for (size_t i = 0; i < f->steps.count; i++)
		path[i] = f->steps.at[i].vertex;
	return set_builder_add(&f->paths, value_array_of(path, f->steps.count));
}

static bool
is_on_path(const struct path_finder *f, value_t vertex)
{
	for (size_t i = 0; i < f->steps.count; i++) {
		if (value_equal(f->steps.at[i].vertex, vertex))
			return true;
	}
	return false;
}

/* Goes to `vertex`.  A path ends where there is no edge, no such vertex, or a cycle. */
static bool
enter(struct path_finder *f, value_t vertex)
{
	struct step step = { .vertex = vertex, .edges = value_object_get(f->graph, vertex) };

	if (!rego_charge(f->call, 64 + f->steps.count * 8))
		return false;
	if (!value_is_defined(step.edges) || is_on_path(f, vertex))
		return f->steps.count == 0 || note_path(f);
	if (!VEC_PUSH(f->call->arena, &f->steps, step))
		return false;
	return edge_count(step.edges) > 0 || note_path(f);
}

static bool
find_paths(struct path_finder *f, value_t start)
{
	if (!enter(f, start))
		return false;
	while (f->steps.count > 0) {
		struct step *s = &f->steps.at[f->steps.count - 1];

		if (s->next == edge_count(s->edges))
			f->steps.count--;
		else if (!enter(f, rego_items(s->edges)[s->next++]))
			return false;
	}
	return true;
}

static enum rego_outcome
reachable_paths(struct rego_call *call, value_t *ret)
{
	struct path_finder f = { .call = call, .graph = call->arg[0] };

	if (!is_graph_call(call))
		return REGO_FAILED;
	set_builder_init(&f.paths, call->arena, 0);
	for (uint32_t i = 0; i < call->arg[1].count; i++) {
		if (!find_paths(&f, rego_items(call->arg[1])[i]))
			return REGO_HALT;
	}
	return rego_give(set_builder_freeze(&f.paths), ret);
}

#define GRAPH "graph: object[any: (array[any]|set[any])], initial: (array[any]|set[any])"

const struct rego_builtin rego_builtins_graph[] = {
	{ "graph.reachable", GRAPH " -> set[any]", reachable,
	    "The vertices of `graph` that can be reached from `initial`.", REGO_LENIENT },
	{ "graph.reachable_paths", GRAPH " -> set[array[any]]", reachable_paths,
	    "The longest paths without cycles from `initial`.", REGO_LENIENT },
	{ "walk", "x: any -> array<array[any], any>", walk,
	    "Every value inside `x`, and `x` itself, each with the path to it.", REGO_RELATION },
	{ 0 },
};

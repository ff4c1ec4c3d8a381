/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/str.h"
#include "rego/builtin/builtin_test.h"

#define DATA \
	"{\"a\": \"x\", \"n\": 7, \"z\": 0, \"t\": true, \"f\": false, \"nil\": null, \"e\": [], " \
	"\"l\": [\"p\", \"q\", 3], \"o\": {\"k\": {\"m\": \"deep\"}, \"b\": 1}}"

/* Templates over DATA, and what they yield. */
static const struct {
	const char *text, *want;
} good[] = {
	{ "plain", "plain" },
	{ "{{.a}}", "x" },
	{ "[{{ .n }}|{{.t}}|{{.nil}}]", "[7|true|<no value>]" },
	{ "{{.o.k.m}} {{.o}} {{.l}}", "deep map[b:1 k:map[m:deep]] [p q 3]" },
	{ "{{range $i, $x := .l}}{{if $i}}, {{end}}{{$x}}{{end}}", "p, q, 3" },
	{ "{{range .l}}<{{.}}{{$.a}}>{{end}}", "<px><qx><3x>" },
	{ "{{range $k, $v := .o}}{{$k}};{{end}}", "b;k;" },
	{ "{{range .e}}x{{else}}none{{end}}", "none" },
	{ "{{range .l}}{{if eq . `q`}}{{continue}}{{end}}{{.}}{{end}}", "p3" },
	{ "{{range .l}}{{.}}{{break}}{{end}}", "p" },
	{ "{{range 3}}{{.}}{{end}}", "012" },
	{ "{{if .f}}a{{else if .e}}b{{else}}c{{end}}", "c" },
	{ "{{if .z}}text is true{{end}}", "text is true" },
	{ "{{with .o.k}}{{.m}}{{else}}no{{end}}", "deep" },
	{ "{{with $x := .a}}{{$x}}{{$x}}{{end}}", "xx" },
	{ "{{$v := 1}}{{range .l}}{{$v = 2}}{{end}}{{$v}}", "2" },
	{ "a {{- /* gone */ -}} b", "ab" },
	{ "a\\n{{- .a -}}\\n b", "axb" },
	{ "{{/* a }} b */}}c", "c" },
	{ "{{\\\"q\\\\n\\\\u00e9\\\" | printf `%s-%d` | len}}", "17" },
	{ "{{printf \\\"%05d|%s|%v\\\" 42 .a .l}}", "00042|x|[p q 3]" },
	{ "{{print 1 2 .a 3}} {{println .a}}", "1 2x3 x\\n" },
	{ "{{len .l}}{{len .a}}{{len .o}}", "312" },
	{ "{{index .l 1}}{{index .o `k` `m`}}{{index .o `nope`}}", "qdeep<no value>" },
	{ "{{slice .o.k.m 1 3}} {{slice .l 1}}", "ee [q 3]" },
	{ "{{0x1F}} {{'a'}} {{1_000}} {{.5}}", "31 97 1000 0.5" },
	{ "{{eq .a `y` `x`}} {{ne .a `x`}} {{lt 1 2}} {{ge `a` `b`}}", "true false true false" },
	{ "{{and .a .e}} {{or .e .a}} {{not .e}}", "[] x true" },
	{ "{{and .f .missing}}", "false" },
	{ "{{(index .o `k`).m}}", "deep" },
	{ "{{html `<a href=\\\"x\\\">`}}", "&lt;a href=&#34;x&#34;&gt;" },
	{ "{{urlquery `a b&c`}} {{js `<'>`}}", "a+b%26c \\\\u003C\\\\'\\\\u003E" },
	{ "{{define `t`}}[{{.}}]{{end}}{{template `t` .a}}", "[x]" },
	{ "{{block \\\"b\\\" .n}}({{.}}){{end}}", "(7)" },
	{ "{{define \\\"t\\\"}}[{{.}}]{{end}}{{template \\\"t\\\" .a}}{{template \\\"t\\\"}}", "[x][<no value>]" },
	{ "{{true}}{{printf `%v` nil}}", "true<nil>" },
	{ "{{-3}} {{1.5}}", "-3 1.5" },
};

#define PARSING "template: template:1: "
#define RUNNING(at, what) "template: template:" at ": executing \"template\" at <" what ">: "

static const struct {
	const char *text, *want;
} bad[] = {
	{ "{{.missing}}", RUNNING("1:2", ".missing") "map has no entry for key \"missing\"" },
	{ "a\\nb {{.a.b}}",
	    RUNNING("2:6", ".a.b") "can't evaluate field b in type interface {}" },
	{ "{{$.a.b}}", RUNNING("1:3", "$.a.b") "can't evaluate field b in type interface {}" },
	{ "{{(.o.k).m.x}}",
	    RUNNING("1:5", ".o.k") "can't evaluate field x in type interface {}" },
	{ "{{with .a}}{{.b}}{{end}}", RUNNING("1:13", ".b") "can't evaluate field b in type string" },
	{ "{{.nil.b}}", RUNNING("1:6", ".nil.b") "nil pointer evaluating interface {}.b" },
	{ "{{.a", PARSING "unclosed action" },
	{ "{{if .a}}x", PARSING "unexpected EOF" },
	{ "{{end}}", PARSING "unexpected {{end}}" },
	{ "\\n{{else}}", "template: template:2: unexpected {{else}}" },
	{ "{{nope .a}}", PARSING "function \"nope\" not defined" },
	{ "{{.a .a}}", RUNNING("1:2", ".a") "a is not a method but has arguments" },
	{ "{{1 2}}", RUNNING("1:2", "1") "can't give argument to non-function 1" },
	{ "{{nil}}", RUNNING("1:2", "nil") "nil is not a command" },
	{ "{{eq .n 7}}",
	    RUNNING("1:2", "eq .n 7") "error calling eq: incompatible types for comparison" },
	{ "{{eq 1 1.5}}",
	    RUNNING("1:2", "eq 1 1.5") "error calling eq: incompatible types for comparison" },
	{ "{{eq .l .l}}", RUNNING("1:2", "eq .l .l")
	    "error calling eq: non-comparable type [p q 3]: []interface {}" },
	{ "{{.l | index 9}}",
	    RUNNING("1:7", "index 9") "error calling index: can't index item of type int" },
	{ "{{index .l 9}}",
	    RUNNING("1:2", "index .l 9") "error calling index: index out of range: 9" },
	{ "{{len}}", RUNNING("1:2", "len") "wrong number of args for len: want 1 got 0" },
	{ "{{index}}", RUNNING("1:2", "index") "wrong number of args for index: want at least 1 got 0" },
	{ "{{len .t}}", RUNNING("1:2", "len .t") "error calling len: len of type bool" },
	{ "{{break}}", PARSING "{{break}} outside {{range}}" },
	{ "{{$x}}", PARSING "undefined variable \"$x\"" },
	{ "{{if .a}}{{$x := 1}}{{end}}{{$x}}", PARSING "undefined variable \"$x\"" },
	{ "{{range .a}}{{end}}", RUNNING("1:8", ".a") "range can't iterate over x" },
	{ "{{template \\\"no\\\"}}",
	    RUNNING("1:11", "{{template \"no\"}}") "template \"no\" not defined" },
	{ "{{define \\\"t\\\"}}{{template \\\"t\\\"}}{{end}}{{template \\\"t\\\"}}",
	    "template: template:1:25: executing \"t\" at <{{template \"t\"}}>: "
	    "exceeded maximum template depth (100)" },
	{ "{{(.a}}", PARSING "unclosed left paren" },
	{ "{{.a)}}", PARSING "unexpected \")\" in command" },
	{ "{{| .a}}", PARSING "missing value for command" },
	{ "{{if}}{{end}}", PARSING "missing value for if" },
	{ "{{.a | }}", PARSING "empty command" },
	{ "{{.a | 1}}", PARSING "non executable command in pipeline stage 2" },
	{ "{{/* x}}", PARSING "unclosed comment" },
	{ "{{01F}}", PARSING "bad number syntax: \"01F\"" },
	{ "{{'a}}", PARSING "unterminated character constant" },
	{ "{{.a%}}", PARSING "bad character U+0025 '%'" },
};

static void
test_template(const char *text, const char *format, const char *wanted)
{
	char operands[1024], want[256];
	struct builtin_case row = { "strings.render_template", operands, want };

	(void)snprintf(operands, sizeof(operands), "[\"%s\", " DATA "]", text);
	(void)snprintf(want, sizeof(want), format, wanted);
	builtin_test(&row, 1);
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(good); i++)
		test_template(good[i].text, "\"%s\"", good[i].want);
	for (size_t i = 0; i < COUNT(bad); i++)
		test_template(bad[i].text, "eval_builtin_error: strings.render_template: %s", bad[i].want);
	return tap_done();
}

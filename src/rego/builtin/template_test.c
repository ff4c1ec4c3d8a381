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
	{ "{{eq .a `y` `x`}} {{ne .a `x`}} {{lt 1 2}} {{ge `a` `b`}}", "true false true false" },
	{ "{{and .a .e}} {{or .e .a}} {{not .e}}", "[] x true" },
	{ "{{and .f .missing}}", "false" },
	{ "{{(index .o `k`).m}}", "deep" },
	{ "{{html `<a href=\\\"x\\\">`}}", "&lt;a href=&#34;x&#34;&gt;" },
	{ "{{urlquery `a b&c`}} {{js `<'>`}}", "a+b%26c \\\\u003C\\\\'\\\\u003E" },
	{ "{{define `t`}}[{{.}}]{{end}}{{template `t` .a}}", "[x]" },
	{ "{{block \\\"b\\\" .n}}({{.}}){{end}}", "(7)" },
	{ "{{define \\\"t\\\"}}[{{.}}]{{end}}{{template \\\"t\\\" .a}}{{template \\\"t\\\"}}", "[x][<no value>]" },
	{ "{{true}}{{nil | printf `%v`}}", "true<nil>" },
	{ "{{-3}} {{1.5}}", "-3 1.5" },
};

static const struct {
	const char *text, *want;
} bad[] = {
	{ "{{.missing}}", "map has no entry for key missing" },
	{ "{{.a.b}}", "can't evaluate field b" },
	{ "{{.a", "template: template: unclosed action" },
	{ "{{if .a}}x", "template: template: unexpected EOF" },
	{ "{{end}}", "template: template: unexpected {{end}} or {{else}}" },
	{ "{{nope .a}}", "template: template: function not defined: nope" },
	{ "{{.a .a}}", "can't give argument to non-function" },
	{ "{{eq .n 7}}", "incompatible types for comparison" },
	{ "{{eq .l .l}}", "non-comparable type" },
	{ "{{index .l 9}}", "error calling index: index out of range" },
	{ "{{break}}", "template: template: break or continue outside of range" },
	{ "{{$x}}", "undefined variable: $x" },
	{ "{{range .a}}{{end}}", "range can't iterate over that" },
	{ "{{template \\\"no\\\"}}", "template not defined: no" },
	{ "{{define \\\"t\\\"}}{{template \\\"t\\\"}}{{end}}{{template \\\"t\\\"}}",
	    "exceeded maximum template depth" },
	{ "{{(.a}}", "template: template: unclosed left paren" },
	{ "{{| .a}}", "template: template: missing value for command" },
	{ "{{/* x}}", "template: template: unclosed comment" },
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

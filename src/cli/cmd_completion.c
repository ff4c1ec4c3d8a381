/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core completion: scripts that make bash, zsh and fish complete `core` commands.
 *
 * Written from the table of commands, so they say what this program can do.  In each, `here`
 * is the longest beginning of the line that is a command or a group of commands.
 */
#define _GNU_SOURCE
#include <string.h>

#include "cli/cli.h"

enum { PLACES_MAX = 256 };

struct place { /* a command or a group: "", "policy", "policy bundle" */
	str_t words;
	const struct cli_command *command; /* NULL: a group */
};

struct shell {
	const char *name;
	void (*write)(struct buf *, const struct place *, size_t count);
};

/* ---- the table, as shells walk it ---- */

static const struct cli_command *
find(str_t words)
{
	size_t count;
	const struct cli_command *all = cli_commands(&count);

	for (size_t i = 0; i < count; i++) {
		if (str_eq(str_of(all[i].words), words))
			return &all[i];
	}
	return NULL;
}

static bool
is_listed(const struct place *places, size_t count, str_t words)
{
	for (size_t i = 0; i < count; i++) {
		if (str_eq(places[i].words, words))
			return true;
	}
	return false;
}

/* Every command and every group, the program itself first. */
static size_t
list_places(struct place *places)
{
	size_t count, n = 1;
	const struct cli_command *all = cli_commands(&count);

	places[0] = (struct place){ 0 };
	for (size_t i = 0; i < count; i++) {
		str_t words = str_of(all[i].words);

		for (size_t end = 0; end < words.len; end++) {
			end = str_find_char(words, ' ', end);
			if (n < PLACES_MAX && !is_listed(places, n, str_sub(words, 0, end))) {
				places[n].words = str_sub(words, 0, end);
				places[n].command = find(places[n].words);
				n++;
			}
		}
	}
	return n;
}

/* The word that leads from `from` to `to`, if one does. */
static bool
is_step(str_t from, str_t to, str_t *ret_word)
{
	size_t skip = from.len > 0 ? from.len + 1 : 0;

	if (to.len <= skip || !str_has_prefix(to, from) ||
	    (skip > 0 && to.data[from.len] != ' '))
		return false;
	*ret_word = str_skip(to, skip);
	return str_find_char(*ret_word, ' ', 0) == ret_word->len;
}

/* "text|json", not "FILE". */
static bool
is_choice(const char *value)
{
	return value != NULL && strchr(value, '|') != NULL &&
	       strpbrk(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ[") == NULL;
}

static void
add_choices(struct buf *out, const char *value)
{
	for (; *value != '\0'; value++)
		buf_add_char(out, *value == '|' ? ' ' : *value);
}

/* Inside single quotes, with `escaped` also behind a backslash. */
static void
add_quoted(struct buf *out, const char *text, const char *quote, char escaped)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			buf_add_text(out, quote);
		else if (*text == escaped)
			buf_printf(out, "\\%c", escaped);
		else
			buf_add_char(out, *text);
	}
}

static const char *
sentence_of(const struct place *p)
{
	return p->command != NULL ? p->command->sentence : "more commands";
}

/* ---- bash ---- */

static void
bash_words(struct buf *out, const struct place *places, size_t count, const struct place *here)
{
	str_t word;

	buf_printf(out, "\t'%.*s') next='", STR_FMT(here->words));
	for (size_t i = 0; i < count; i++) {
		if (is_step(here->words, places[i].words, &word))
			buf_printf(out, "%.*s ", STR_FMT(word));
	}
	if (here->command != NULL && is_choice(here->command->operands))
		add_choices(out, here->command->operands);
	buf_add_text(out, "' options='");
	for (const struct cli_spec *s = here->command != NULL ? here->command->specs
							      : cli_no_options;
	     s->name != NULL; s++)
		buf_printf(out, "%s ", s->name);
	buf_add_text(out, "' ;;\n");
}

static void
case_choices(struct buf *out, const char *pattern, const struct cli_spec *s, const char *how)
{
	for (; s->name != NULL; s++) {
		if (!is_choice(s->value))
			continue;
		buf_printf(out, "\t'%s '%s) %s'", pattern, s->name, how);
		add_choices(out, s->value);
		buf_add_text(out, "' ;;\n");
	}
}

static void
case_all_choices(struct buf *out, const struct place *places, size_t count, const char *how)
{
	for (size_t i = 0; i < count; i++) {
		if (places[i].command != NULL)
			case_choices(
			    out, places[i].command->words, places[i].command->specs, how);
	}
	for (const struct cli_spec *s = cli_common_options(); s->name != NULL; s++) {
		if (!is_choice(s->value))
			continue;
		buf_printf(out, "\t*' %s') %s'", s->name, how);
		add_choices(out, s->value);
		buf_add_text(out, "' ;;\n");
	}
}

/* 'audit'|'audit query'|… */
static void
case_places(struct buf *out, const struct place *places, size_t count)
{
	for (size_t i = 1; i < count; i++)
		buf_printf(out, "%s'%.*s'", i > 1 ? "|" : "", STR_FMT(places[i].words));
}

static void
write_bash(struct buf *out, const struct place *places, size_t count)
{
	buf_add_text(out, "# bash completion of core; made by `core completion bash`\n"
			  "_core() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} "
			  "prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
			  "\tlocal here= word next= options= values= i\n\tCOMPREPLY=()\n"
			  "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
			  "\t\tword=${here:+$here }${COMP_WORDS[i]}\n\t\tcase $word in\n\t\t");
	case_places(out, places, count);
	buf_add_text(
	    out, ") here=$word ;;\n\t\t*) break ;;\n\t\tesac\n\tdone\n\tcase $here in\n");
	for (size_t i = 0; i < count; i++)
		bash_words(out, places, count, &places[i]);
	buf_add_text(out, "\tesac\n\tcase \"$here $prev\" in\n");
	case_all_choices(out, places, count, "values=");
	buf_add_text(out,
	    "\tesac\n\tif [ -n \"$values\" ]; then\n"
	    "\t\tCOMPREPLY=($(compgen -W \"$values\" -- \"$cur\"))\n"
	    "\telif [[ $cur == -* ]]; then\n\t\tCOMPREPLY=($(compgen -W \"$options ");
	for (const struct cli_spec *s = cli_common_options(); s->name != NULL; s++)
		buf_printf(out, "%s ", s->name);
	buf_add_text(out, "\" -- \"$cur\"))\n"
			  "\telif [ -n \"$next\" ]; then\n\t\tCOMPREPLY=($(compgen -W "
			  "\"$next\" -- \"$cur\"))\n\tfi\n}\n"
			  "complete -o default -F _core core coresdk\n");
}

/* ---- zsh ---- */

static void
zsh_options(struct buf *out, const struct cli_spec *s)
{
	for (; s->name != NULL; s++) {
		buf_printf(out, " '%s:", s->name);
		add_quoted(out, s->sentence, "'\\''", ':');
		buf_add_char(out, '\'');
	}
}

static void
zsh_place(struct buf *out, const struct place *places, size_t count, const struct place *here)
{
	str_t word;

	buf_printf(out, "\t('%.*s') next=(", STR_FMT(here->words));
	for (size_t i = 0; i < count; i++) {
		if (!is_step(here->words, places[i].words, &word))
			continue;
		buf_printf(out, " '%.*s:", STR_FMT(word));
		add_quoted(out, sentence_of(&places[i]), "'\\''", ':');
		buf_add_char(out, '\'');
	}
	if (here->command != NULL && is_choice(here->command->operands)) {
		buf_add_char(out, ' ');
		add_choices(out, here->command->operands);
	}
	buf_add_text(out, ") options=(");
	zsh_options(out, here->command != NULL ? here->command->specs : cli_no_options);
	buf_add_text(out, ") ;;\n");
}

static void
write_zsh(struct buf *out, const struct place *places, size_t count)
{
	buf_add_text(out,
	    "#compdef core coresdk\n# zsh completion of core; made by `core completion zsh`\n"
	    "_core() {\n\tlocal here= word values=\n\tlocal -i i\n\tlocal -a next options\n"
	    "\tfor ((i = 2; i < CURRENT; i++)); do\n"
	    "\t\tword=${here:+$here }$words[i]\n\t\tcase $word in\n\t\t(");
	case_places(out, places, count);
	buf_add_text(
	    out, ") here=$word ;;\n\t\t(*) break ;;\n\t\tesac\n\tdone\n\tcase $here in\n");
	for (size_t i = 0; i < count; i++)
		zsh_place(out, places, count, &places[i]);
	buf_add_text(out, "\tesac\n\tcase \"$here $words[CURRENT-1]\" in\n");
	case_all_choices(out, places, count, "values=");
	buf_add_text(out, "\tesac\n\toptions+=(");
	zsh_options(out, cli_common_options());
	buf_add_text(out,
	    ")\n\tif [[ -n $values ]]; then\n\t\tcompadd -- ${=values}\n"
	    "\telif [[ $words[CURRENT] == -* ]]; then\n\t\t_describe option options\n"
	    "\telse\n\t\t(( $#next )) && _describe command next\n\t\t_files\n\tfi\n}\n"
	    "if [ \"$funcstack[1]\" = _core ]; then _core \"$@\"; else compdef _core core "
	    "coresdk; fi\n");
}

/* ---- fish ---- */

static void
fish_option(struct buf *out, str_t here, const char *condition, const struct cli_spec *s)
{
	buf_printf(out, "complete -c core -n '%s", condition);
	if (here.len > 0)
		buf_printf(out, " \"%.*s\"", STR_FMT(here));
	buf_add_text(out, "'");
	if (s->name[1] == '-')
		buf_printf(out, " -l %s", s->name + 2);
	else
		buf_printf(out, s->name[2] == '\0' ? " -s %s" : " -o %s", s->name + 1);
	if (s->alias != NULL && s->alias[0] == '-' && s->alias[1] != '-')
		buf_printf(out, " -s %s", s->alias + 1);
	if (s->value != NULL)
		buf_add_text(out, is_choice(s->value) ? " -x -a '" : " -r");
	if (is_choice(s->value)) {
		add_choices(out, s->value);
		buf_add_char(out, '\'');
	}
	buf_add_text(out, " -d '");
	add_quoted(out, s->sentence, "\\'", '\\');
	buf_add_text(out, "'\n");
}

static void
fish_place(struct buf *out, const struct place *places, size_t count, const struct place *here)
{
	str_t word;

	for (size_t i = 0; i < count; i++) {
		if (!is_step(here->words, places[i].words, &word))
			continue;
		buf_printf(out, "complete -c core -f -n '__core_at \"%.*s\"' -a %.*s -d '",
		    STR_FMT(here->words), STR_FMT(word));
		add_quoted(out, sentence_of(&places[i]), "\\'", '\\');
		buf_add_text(out, "'\n");
	}
	if (here->command == NULL)
		return;
	if (is_choice(here->command->operands)) {
		buf_printf(out, "complete -c core -f -n '__core_at \"%.*s\"' -a '",
		    STR_FMT(here->words));
		add_choices(out, here->command->operands);
		buf_add_text(out, "'\n");
	}
	for (const struct cli_spec *s = here->command->specs; s->name != NULL; s++)
		fish_option(out, here->words, "__core_at", s);
}

static void
write_fish(struct buf *out, const struct place *places, size_t count)
{
	buf_add_text(out,
	    "# fish completion of core; made by `core completion fish`\n"
	    "function __core_here\n\tset -l here ''\n\tfor word in (commandline -opc)[2..-1]\n"
	    "\t\tset -l longer (string trim \"$here $word\")\n\t\tswitch $longer\n\t\t\tcase");
	for (size_t i = 1; i < count; i++)
		buf_printf(out, " '%.*s'", STR_FMT(places[i].words));
	buf_add_text(out,
	    "\n\t\t\t\tset here $longer\n\t\t\tcase '*'\n\t\t\t\tbreak\n\t\tend\n\tend\n"
	    "\techo $here\nend\n"
	    "function __core_at\n\ttest (__core_here) = \"$argv[1]\"\nend\n"
	    "complete -c coresdk -w core\n");
	for (size_t i = 0; i < count; i++)
		fish_place(out, places, count, &places[i]);
	for (const struct cli_spec *s = cli_common_options(); s->name != NULL; s++)
		fish_option(out, STR_NONE, "true", s);
}

static const struct shell shells[] = {
	{ "bash", write_bash },
	{ "zsh", write_zsh },
	{ "fish", write_fish },
};

err_t
cmd_completion(struct cli *cli)
{
	struct place *places = ARENA_ARRAY(cli->arena, struct place, PLACES_MAX);

	if (places == NULL)
		return ERR_MEMORY;
	for (size_t i = 0; i < COUNT(shells); i++) {
		if (strcmp(shells[i].name, cli->rest[0]) != 0)
			continue;
		shells[i].write(&cli->out, places, list_places(places));
		return ERR_OK;
	}
	diag_say(
	    &cli->diag, "completion", "bash, zsh and fish are known, not %s", cli->rest[0]);
	return ERR_USAGE;
}

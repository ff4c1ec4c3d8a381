/* SPDX-License-Identifier: Apache-2.0 */
#include "regex/regex.h"

#include <cstdio>
#include <new>
#include <string>

#include <re2/re2.h>

enum { MEMORY_LIMIT = 2 << 20, ON_STACK = 16 };

/* RE2 throws; who asked cannot be told "no match", because that may be what permits. */
static thread_local bool out_of_memory;

struct regex {
	re2::RE2 re;

	regex(const std::string &pattern, const re2::RE2::Options &options) : re(pattern, options)
	{
	}
};

/*
 * (?<name> as (?P<name>; what is quoted, escaped or between brackets stays.  \C, one byte,
 * is RE2's alone: *ret_known tells.
 */
static std::string
translate(const char *pattern, size_t len, bool *ret_known)
{
	bool in_class = false, quoted = false;
	std::string out;

	for (size_t i = 0; i < len; i++) {
		char c = pattern[i], next = i + 1 < len ? pattern[i + 1] : '\0';

		out.push_back(c);
		if (c == '\\' && i + 1 < len && (!quoted || next == 'E')) {
			if (!in_class)
				quoted = next == 'Q';
			*ret_known = *ret_known && (in_class || next != 'C');
			out.push_back(pattern[++i]);
		} else if (quoted) {
			continue;
		} else if (in_class) {
			in_class = c != ']';
		} else if (c == '[') {
			in_class = true;
			if (next == '^')
				out.push_back(pattern[++i]);
			if (i + 1 < len && pattern[i + 1] == ']')
				out.push_back(pattern[++i]);
		} else if (c == '(' && i + 3 < len && next == '?' && pattern[i + 2] == '<' &&
		    pattern[i + 3] != '=' && pattern[i + 3] != '!') {
			out.append("?P");
			i++;
		}
	}
	return out;
}

/* As Go says it. */
static const char *
describe(re2::RE2::ErrorCode code)
{
	switch (code) {
	case re2::RE2::ErrorBadEscape:
		return "invalid escape sequence";
	case re2::RE2::ErrorBadCharClass:
		return "invalid character class";
	case re2::RE2::ErrorBadCharRange:
		return "invalid character class range";
	case re2::RE2::ErrorMissingBracket:
		return "missing closing ]";
	case re2::RE2::ErrorMissingParen:
		return "missing closing )";
	case re2::RE2::ErrorUnexpectedParen:
		return "unexpected )";
	case re2::RE2::ErrorTrailingBackslash:
		return "trailing backslash at end of expression";
	case re2::RE2::ErrorRepeatArgument:
		return "missing argument to repetition operator";
	case re2::RE2::ErrorRepeatSize:
		return "invalid repeat count";
	case re2::RE2::ErrorRepeatOp:
		return "invalid nested repetition operator";
	case re2::RE2::ErrorBadPerlOp:
		return "invalid or unsupported Perl syntax";
	case re2::RE2::ErrorBadUTF8:
		return "invalid UTF-8";
	case re2::RE2::ErrorBadNamedCapture:
		return "invalid named capture";
	default:
		return "expression too large";
	}
}

extern "C" struct regex *
regex_new(const char *pattern, size_t len, char error[REGEX_ERROR_LEN])
{
	struct regex *r = NULL;

	try {
		re2::RE2::Options options;
		bool known = true;
		std::string translated = translate(pattern, len, &known);

		if (!known) {
			snprintf(error, REGEX_ERROR_LEN, "error parsing regexp: %s: `\\C`",
			    describe(re2::RE2::ErrorBadEscape));
			return NULL;
		}
		options.set_log_errors(false);
		options.set_max_mem(MEMORY_LIMIT);
		r = new regex(translated, options);
		if (r->re.ok() && r->re.NumberOfCapturingGroups() <= REGEX_MOST_GROUPS)
			return r;
		snprintf(error, REGEX_ERROR_LEN, "error parsing regexp: %s: `%s`",
		    describe(r->re.error_code()), r->re.error_arg().c_str());
	} catch (const std::bad_alloc &) {
		snprintf(error, REGEX_ERROR_LEN, "out of memory");
		out_of_memory = true;
	}
	delete r;
	return NULL;
}

extern "C" void
regex_free(struct regex *r)
{
	delete r;
}

extern "C" size_t
regex_worst_cost(const struct regex *r, size_t len, int count)
try {
	int size = r->re.ProgramSize(), back = r->re.ReverseProgramSize();
	size_t both = (size_t)(size > 0 ? size : 0) + (size_t)(back > 0 ? back : 0);
	size_t cost;

	/* Every group is copied from thread to thread. */
	return __builtin_mul_overflow(both * (size_t)(4 + count) / 8, len, &cost) ? SIZE_MAX : cost;
} catch (const std::bad_alloc &) {
	out_of_memory = true;
	return 0; /* whoever asks is told afterwards */
}

extern "C" int
regex_group_count(const struct regex *r)
{
	return r->re.NumberOfCapturingGroups();
}

extern "C" int
regex_group_named(const struct regex *r, const char *name, size_t len)
try {
	auto found = r->re.NamedCapturingGroups().find(std::string(name, len));

	return found == r->re.NamedCapturingGroups().end() ? -1 : found->second;
} catch (const std::bad_alloc &) {
	out_of_memory = true;
	return -1;
}

extern "C" bool
regex_is_word(const char *rune, size_t len)
try {
	static const re2::RE2 word("[\\p{L}\\p{Nd}_]");

	return re2::RE2::FullMatch(re2::StringPiece(rune, len), word);
} catch (const std::bad_alloc &) {
	out_of_memory = true;
	return false;
}

static bool
find(const struct regex *r, const char *text, size_t len, size_t from,
    struct regex_span *spans, int count)
{
	re2::StringPiece few[ON_STACK], *groups = few;
	re2::StringPiece whole(text, len);
	bool found;

	if (count > ON_STACK)
		groups = new (std::nothrow) re2::StringPiece[count];
	if (groups == NULL)
		throw std::bad_alloc();
	found = r->re.Match(whole, from, len, re2::RE2::UNANCHORED, groups, count);
	for (int i = 0; found && i < count; i++) {
		bool took_part = groups[i].data() != NULL;

		spans[i].at = took_part ? groups[i].data() - text : -1;
		spans[i].end = took_part ? spans[i].at + (long)groups[i].size() : -1;
	}
	if (groups != few)
		delete[] groups;
	return found;
}

extern "C" bool
regex_find(const struct regex *r, const char *text, size_t len, size_t from,
    struct regex_span *spans, int count)
try {
	return find(r, text, len, from, spans, count);
} catch (const std::bad_alloc &) {
	out_of_memory = true;
	return false;
}

extern "C" bool
regex_take_failure(void)
{
	bool failed = out_of_memory;

	out_of_memory = false;
	return failed;
}

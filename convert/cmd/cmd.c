/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the verbs share: see cmd.h. */
#include "convert/cmd/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <string.h>

#include "common/checked.h"
#include "common/page.h"
#include "common/safe_text.h"

#define MAX_OPTIONS 64

#define OPTION_COLOR 1024

/* Of every verb. */
static const struct cmd_option common_options[] = {
	{OPTION_COLOR, "color", "WHEN",
	 "auto (on a terminal, unless NO_COLOR is set), always or never:\n"
	 "bold titles on pages; default: auto"},
	{'h', "help", NULL, "show this text"},
};

int cmd_fail(const struct error *err)
{
	safe_printf(stderr, "hvgen2: ");
	if (err->kind == ERROR_REFUSED)
		safe_printf(stderr, "refused [%s]: ", refusal_id(err->refusal));
	safe_printf(stderr, "%s%s%s\n", err->message, *err->advice ? "; " : "", err->advice);
	return err->kind == ERROR_NONE ? ERROR_FAILED : (int)err->kind;
}

void cmd_warn(const char *format, ...)
{
	va_list args;

	safe_printf(stderr, "hvgen2: warning: ");
	va_start(args, format);
	safe_vprintf(stderr, format, args);
	va_end(args);
	safe_printf(stderr, "\n");
}

int cmd_end_output(struct error *err)
{
	if (fflush(stdout) == EOF || ferror(stdout) || page_was_cut())
		return error_errno(err, "cannot write to standard output");
	return 0;
}

/* The tables of getopt_long from ours. Returns the number of options, without the end mark. */
static size_t getopt_tables(const struct cmd_verb *verb, struct option *longs, char *shorts)
{
	size_t count = 0;

	size_t own = 0;

	while (verb->options[own].name)
		own++;
	for (size_t i = 0; i < own + ARRAY_SIZE(common_options) && count < MAX_OPTIONS; i++) {
		const struct cmd_option *option =
			i < own ? &verb->options[i] : &common_options[i - own];

		longs[count++] = (struct option){option->name,
						 option->argument ? required_argument : no_argument,
						 NULL, option->key};
		if (option->key >= 256)
			continue;
		*shorts++ = (char)option->key;
		if (option->argument)
			*shorts++ = ':';
	}
	longs[count] = (struct option){NULL, 0, NULL, 0};
	*shorts = '\0';
	return count;
}

static int check_color(const char *argument, struct error *err)
{
	return page_is_color(argument)
		       ? 0
		       : error_usage(err,
				     "option '--color': '%s' is none of auto, always and never",
				     argument);
}

static bool is_key_of(const struct option *longs, int key, const char **ret_name)
{
	for (; longs->name; longs++)
		if (longs->val == key) {
			*ret_name = longs->name;
			return true;
		}
	return false;
}

/* "--output, --output-dir": the options that begin so. Returns how many there are. */
static size_t list_matches(const struct option *longs, const char *text, char list[256])
{
	size_t length = strcspn(text, "="), count = 0, used = 0;

	*list = '\0';
	for (; longs->name; longs++) {
		if (length == 0 || strncmp(longs->name, text, length) != 0)
			continue;
		if (used < 256)
			used += (size_t)snprintf(list + used, 256 - used, "%s--%s",
						 count ? ", " : "", longs->name);
		count++;
	}
	return count;
}

/* What getopt_long() has returned '?' for: 'given' is the argument, 'key' its optopt, which is 0 for a
 * long option that is none or may be several. */
static int refuse_option(const struct cmd_verb *verb, const struct option *longs, const char *given,
			 int key, struct error *err)
{
	const char *name;
	char list[256];

	if (is_key_of(longs, key, &name))
		return error_usage(err, "option '--%s' takes no argument; see 'hvgen2 help %s'",
				   name, verb->name);
	if (key)
		return error_usage(err, "unknown option '-%c'; see 'hvgen2 help %s'", key,
				   verb->name);
	if (strncmp(given, "--", 2) == 0 && list_matches(longs, given + 2, list) > 1)
		return error_usage(err, "option '%.*s' may be any of %s", (int)strcspn(given, "="),
				   given, list);
	return error_usage(err, "unknown option '%s'; see 'hvgen2 help %s'", given, verb->name);
}

const char *cmd_option_name(const struct cmd_verb *verb, int key)
{
	const struct cmd_option *option = verb->options;

	while (option->name && option->key != key)
		option++;
	return option->name;
}

int cmd_parse(const struct cmd_verb *verb, int argc, char **argv,
	      int (*set)(void *context, int key, const char *argument, struct error *err),
	      void *context, int *ret_operands, struct error *err)
{
	struct option longs[MAX_OPTIONS + 1];
	char shorts[2 * MAX_OPTIONS + 2] = ":";
	const char *color = "auto";
	int key, r;

	getopt_tables(verb, longs, shorts + 1);
	optind = 0; /* a new scan, in the way of the GNU library */
	opterr = 0;
	while ((key = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (key == 'h') {
			page_set_color(color);
			cmd_print_help(verb, stdout);
			r = cmd_end_output(err);
			return r < 0 ? r : CMD_HELP_SHOWN;
		}
		if (key == ':')
			return error_usage(
				err, "an argument is missing for option '%s'; see 'hvgen2 help %s'",
				argv[optind - 1], verb->name);
		if (key == '?')
			return refuse_option(verb, longs, argv[optind - 1], optopt, err);
		if (key == OPTION_COLOR)
			color = optarg;
		r = key == OPTION_COLOR ? check_color(optarg, err) : set(context, key, optarg, err);
		if (r < 0)
			return r;
	}
	page_set_color(color); /* the last one holds */
	*ret_operands = optind;
	return 0;
}

/* The text goes on below itself; its own line ends are those of the source. */
static void print_option(const struct cmd_option *option, FILE *stream)
{
	const char *help = option->help, *line_end;
	char head[64], letter[8] = "    ";

	if (option->key < 256)
		snprintf(letter, sizeof(letter), "-%c, ", option->key);
	snprintf(head, sizeof(head), "%s--%s%s%s", letter, option->name,
		 option->argument ? " " : "", option->argument ? option->argument : "");
	safe_printf(stream, "  %-27s  ", head);
	for (; (line_end = strchr(help, '\n')); help = line_end + 1)
		safe_printf(stream, "%.*s ", (int)(line_end - help), help);
	safe_printf(stream, "%s\n", help);
}

static void print_help(const struct cmd_verb *verb, FILE *stream, unsigned int width)
{
	safe_printf(stream, "Usage: hvgen2 %s ", verb->name);
	safe_lines(stream, verb->synopsis);
	safe_printf(stream, "\n\n");
	page_fill(stream, verb->purpose, width);
	safe_printf(stream, "\n\nOptions:\n");
	for (const struct cmd_option *option = verb->options; option->name; option++)
		print_option(option, stream);
	for (size_t i = 0; i < ARRAY_SIZE(common_options); i++)
		print_option(&common_options[i], stream);
	if (verb->epilogue) {
		safe_printf(stream, "\n");
		page_fill(stream, verb->epilogue, width);
	}
	safe_printf(stream, "\nManual: man hvgen2-%s\n", verb->name);
}

void cmd_print_help(const struct cmd_verb *verb, FILE *stream)
{
	CLEANUP_PAGE FILE *page = page_open(stream);

	if (page)
		print_help(verb, page, page_width(stream));
}

int cmd_parse_size(const char *option, const char *text, uint64_t *ret, struct error *err)
{
	static const char units[] = "KMGT";
	char *end;
	uint64_t number;

	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno == 0 && end != text && text[0] >= '0' && text[0] <= '9') {
		const char *unit = *end ? strchr(units, *end) : NULL;

		if (*end == '\0' || (unit && end[1] == '\0')) {
			uint64_t factor = unit ? UINT64_C(1) << (10 * (unit - units + 1)) : 1;

			if (mul_u64(number, factor, ret))
				return 0;
		}
	}
	return error_usage(
		err, "option '--%s': '%s' is no size; give bytes, or a number and K, M, G or T",
		option, text);
}

int cmd_parse_sandbox(const char *text, enum sandbox_wish *ret, struct error *err)
{
	if (sandbox_parse(text, ret))
		return 0;
	return error_usage(err, "option '--sandbox': '%s' is none of auto, require and off", text);
}

int cmd_parse_number(const char *option, const char *text, unsigned int least, unsigned int most,
		     unsigned int *ret, struct error *err)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (errno || end == text || *end || text[0] == '-' || number < least || number > most)
		return error_usage(err, "option '--%s': '%s' is no number from %u to %u", option,
				   text, least, most);
	*ret = (unsigned int)number;
	return 0;
}

int cmd_add_path(struct cmd_paths *paths, const char *option, const char *name, struct error *err)
{
	if (paths->count + 1 == ARRAY_SIZE(paths->names))
		return error_usage(err, "option '--%s' is given more than %zu times", option,
				   paths->count);
	paths->names[paths->count++] = name;
	return 0;
}

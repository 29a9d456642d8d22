/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages for people: see page.h. */
#include "common/page.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/checked.h"
#include "common/safe_text.h"
#include "common/width.h"

#define DEFAULT_WIDTH 80
#define LEAST_WIDTH   40
#define MOST_WIDTH    10000
/* What a column must leave for those behind it to be the one that is gone on in. */
#define LEAST_TEXT 20
/* "%-8s ": where the text of a page begins. */
#define TITLE 9
/* No line of ours that stands beside texts of guests begins behind this column. */
#define DEEPEST_ITEM 13

struct page {
	FILE *under;
	unsigned int width;
	bool has_color;
	struct buffer line; /* that is not over yet */
};

bool page_is_color(const char *text)
{
	return strcmp(text, "auto") == 0 || strcmp(text, "always") == 0 ||
	       strcmp(text, "never") == 0;
}

void page_set_color(const char *text)
{
	bool is_always = strcmp(text, "always") == 0, is_never = strcmp(text, "never") == 0;

	if (is_always)
		unsetenv("NO_COLOR");
	if (is_never)
		unsetenv("CLICOLOR_FORCE");
	if (is_always || is_never)
		setenv(is_always ? "CLICOLOR_FORCE" : "NO_COLOR", "1", /*overwrite=*/1);
}

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

/* Of both, NO_COLOR has the last word. */
static bool wants_color(FILE *under)
{
	return !is_set("NO_COLOR") && (is_set("CLICOLOR_FORCE") || isatty(fileno(under)));
}

unsigned int page_width(FILE *under)
{
	const char *columns = getenv("COLUMNS");
	unsigned long wanted =
		columns && isdigit((unsigned char)*columns) ? strtoul(columns, NULL, 10) : 0;
	struct winsize size;

	if (wanted == 0 && ioctl(fileno(under), TIOCGWINSZ, &size) == 0)
		wanted = size.ws_col;
	if (wanted == 0)
		wanted = DEFAULT_WIDTH;
	return (unsigned int)min_u64(max_u64(wanted, LEAST_WIDTH), MOST_WIDTH);
}

bool page_is_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

/* A page of this process lost something, for want of memory. */
static bool was_cut;

/* How many bytes of the text 'columns' hold, with the marks on the last character, and at least one character. */
static size_t skip_columns(const char *text, size_t length, size_t columns)
{
	struct width width = {.marks = 0};
	const char *at = text, *end = text + length, *next = text;
	size_t taken = 0;

	while (at < end) {
		taken += width_next(&next, end, &width);
		if (taken > columns && at > text)
			break;
		at = next;
	}
	return (size_t)(at - text);
}

/* Where what follows is to stand: below the last cell that leaves room, and behind the begin of all lines, so that no text of a guest
 * looks like one. */
static size_t find_indent(const char *line, size_t length, size_t width)
{
	size_t leading = 0, best = 0;

	while (leading < length && line[leading] == ' ')
		leading++;
	for (size_t at = leading; at + 1 < length; at++) {
		size_t column = width_of_text(line, line + at + 1, width);

		if (column + LEAST_TEXT > width)
			break;
		if (line[at] == ' ' && line[at + 1] != ' ' && line[at - 1] == ' ')
			best = column;
	}
	if (best == 0 && leading == 0 && length > TITLE && isupper((unsigned char)line[0]) &&
	    line[TITLE - 1] == ' ')
		best = TITLE;
	best = best ? best : min_u64(leading + 2, width / 2);
	return max_u64(best, DEEPEST_ITEM + 2);
}

/* Has the word that begins here more than 'columns'? */
static bool is_longer(const char *text, size_t length, size_t columns)
{
	size_t bytes = min_u64(length, WIDTH_MOST_BYTES * (columns + 1));
	const char *end = memchr(text, ' ', bytes);

	return width_of_text(text, end ? end : text + bytes, columns) > columns;
}

/* How many bytes of the text, which is too long, stand in this line; the next one has room for 'next' columns. A word that
 * does not fit there either is cut here. */
static size_t find_break(const char *text, size_t length, size_t columns, size_t next)
{
	size_t end = skip_columns(text, length, columns), at = end;

	size_t blanks = 0;

	while (at > 0 && text[at] != ' ')
		at--;
	while (blanks < at && text[blanks] == ' ')
		blanks++;
	return blanks >= at || is_longer(text + at + 1, length - at - 1, next) ? end : at;
}

/* Without the blanks at the end. */
static size_t trimmed(const char *line, size_t length)
{
	while (length > 0 && line[length - 1] == ' ')
		length--;
	return length;
}

static void put_line(const struct page *page, const char *line, size_t length)
{
	bool has_title =
		page->has_color && length > TITLE && line[0] != ' ' && line[TITLE - 1] == ' ';
	size_t title = has_title ? TITLE - 1 : 0;

	if (has_title)
		safe_printf(page->under, "\033[1m%.*s\033[0m", (int)title, line);
	safe_printf(page->under, "%.*s\n", (int)(length - title), line + title);
}

static void wrap_line(const struct page *page, const char *line, size_t length)
{
	size_t indent, end;

	if (width_of_text(line, line + length, page->width) <= page->width) {
		put_line(page, line, length);
		return;
	}
	indent = find_indent(line, length, page->width);
	end = find_break(line, length, page->width, page->width - indent);
	put_line(page, line, trimmed(line, end));
	while (end < length && line[end] == ' ')
		end++;
	for (line += end, length -= end; length > 0; line += end, length -= end) {
		size_t room = page->width - indent;

		end = width_of_text(line, line + length, room) <= room
			      ? length
			      : find_break(line, length, room, room);
		safe_printf(page->under, "%*s%.*s\n", (int)indent, "", (int)trimmed(line, end),
			    line);
		while (end < length && line[end] == ' ')
			end++;
	}
}

/* A line end that is a space; false for one that stays. */
static bool is_soft(const char *end)
{
	return *end == '\n' && end[1] && end[1] != '\n' && end[1] != ' ';
}

void page_fill(FILE *page, const char *text, unsigned int width)
{
	size_t column = 0;
	bool is_fixed = false; /* a line that is indented stays one */
	size_t owed = 0;       /* the blank of a soft line end, if a word follows in its line */

	while (*text) {
		size_t blanks = strspn(text, " "), length = blanks + strcspn(text + blanks, " \n");
		bool is_over;

		is_fixed = column == 0 ? *text == ' ' : is_fixed;
		is_over = !is_fixed && column > 0 && column + owed + length > width;
		if (is_over)
			safe_printf(page, "\n");
		else if (owed)
			safe_printf(page, " ");
		text += is_over ? blanks : 0;
		length -= is_over ? blanks : 0;
		safe_printf(page, "%.*s", (int)length, text);
		column = (is_over ? 0 : column + owed) + length;
		owed = 0;
		text += length;
		if (*text != '\n')
			continue;
		if (!is_fixed && is_soft(text) && column > 0) {
			owed = 1;
		} else {
			safe_printf(page, "\n");
			column = 0;
		}
		text++;
	}
}

static ssize_t write_page(void *cookie, const char *text, size_t size)
{
	struct page *page = cookie;

	for (size_t at = 0, length; at < size; at += length) {
		const char *end = memchr(text + at, '\n', size - at);

		length = end ? (size_t)(end - text) + 1 - at : size - at;
		buffer_append(&page->line, text + at, length - (end != NULL));
		if (!end)
			continue;
		wrap_line(page, page->line.size ? (const char *)page->line.data : "",
			  page->line.size);
		page->line.size = 0;
	}
	if (fflush(page->under) == 0 && !ferror(page->under) && !page->line.failed)
		return (ssize_t)size;
	errno = errno ? errno : EIO;
	return 0; /* an error, to a cookie's stream */
}

static int close_page(void *cookie)
{
	struct page *page = cookie;
	bool is_cut = page->line.failed;

	if (page->line.size)
		wrap_line(page, (const char *)page->line.data, page->line.size);
	buffer_done(&page->line);
	free(page);
	was_cut |= is_cut;
	return is_cut ? -1 : 0;
}

bool page_was_cut(void)
{
	return was_cut;
}

FILE *page_open(FILE *under)
{
	const cookie_io_functions_t functions = {.write = write_page, .close = close_page};
	struct page *page = malloc(sizeof(*page));
	FILE *stream;

	if (!page)
		return NULL;
	*page = (struct page){.under = under,
			      .width = page_width(under),
			      .has_color = wants_color(under),
			      .line = BUFFER_INIT};
	stream = fopencookie(page, "w", functions);
	if (!stream)
		free(page);
	return stream;
}

int page_close(FILE *page)
{
	return page && fclose(page) == 0 ? 0 : -1;
}

void page_cleanup(FILE **page)
{
	if (*page)
		(void)page_close(*page);
	*page = NULL;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report as one file for a browser: the page for people, and a drawing of the disk. No script,
 * no reference. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/checked.h"
#include "common/json/html.h"
#include "common/json/text_json.h"
#include "convert/report/page.h"
#include "convert/report/report.h"

static const struct html_page page_of_report = {
	.title = "hvgen2 report",
	.style =
		"pre{font:13px/1.45 monospace;white-space:pre-wrap;overflow-wrap:anywhere}\n"
		/* What goes on stands behind all lines: see page.h. */
		"pre span{display:block;padding-left:15ch;text-indent:-15ch;unicode-bidi:plaintext}\n"
		"svg{max-width:100%}\n",
};

#define BAR_WIDTH  900
#define BAR_HEIGHT 28

/* The title of a line, "%-8s ", is bold. */
static void put_line(struct buffer *page, const char *line)
{
	char title[9];

	buffer_text(page, "<span>");
	if (strlen(line) > sizeof(title) && line[0] != ' ' && line[8] == ' ') {
		memcpy(title, line, 8);
		title[8] = '\0';
		buffer_text(page, "<b>");
		html_text(page, title);
		buffer_text(page, "</b>");
		line += 8;
	}
	html_line(page, line);
	buffer_text(page, "\n</span>");
}

static int put_page(struct buffer *page, const struct report *report)
{
	CLEANUP_FREE char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	char *rest, *line;

	if (!stream)
		return -1;
	report_page(report, stream, /*width=*/0);
	if (fclose(stream) != 0 || !text)
		return -1;
	buffer_text(page, "<pre>");
	rest = text;
	while ((line = strsep(&rest, "\n")))
		if (*line || rest)
			put_line(page, line);
	buffer_text(page, "</pre>\n");
	return 0;
}

static void put_disk(struct buffer *page, const json_t *report)
{
	const json_t *before = json_object_get(report, "before");
	const json_t *after = json_object_get(report, "after");
	const struct html_scale scale = {
		.width = BAR_WIDTH,
		.height = BAR_HEIGHT,
		.largest = max_u64(html_disk_size(before), html_disk_size(after)),
	};

	if (!scale.largest)
		return;
	buffer_text(page, html_disk_legend);
	html_disk(page, before, after, &scale);
	buffer_text(page, "\n");
}

static void put_failure(struct buffer *page, const struct error *failure)
{
	buffer_printf(page, "<p><b>%s</b> ", failure->kind == ERROR_REFUSED ? "refused" : "failed");
	html_sentence(page, failure->message);
	if (*failure->advice) {
		buffer_text(page, "; ");
		html_sentence(page, failure->advice);
	}
	buffer_text(page, "</p>\n");
}

char *report_html(const struct report *report)
{
	CLEANUP_BUFFER struct buffer page = BUFFER_INIT;
	CLEANUP_FREE char *json = report_json(report);
	json_t *document = json ? json_loads(json, 0, NULL) : NULL;

	if (!document)
		return NULL;
	html_begin(&page, &page_of_report);
	if (report->failure)
		put_failure(&page, report->failure);
	put_disk(&page, document);
	json_decref(document);
	if (put_page(&page, report) < 0)
		return NULL;
	buffer_text(&page, "</body>\n</html>\n");
	return buffer_take_text(&page);
}

bool report_is_html(const char *path)
{
	size_t length = path ? strlen(path) : 0;

	return length > 5 && strcasecmp(path + length - 5, ".html") == 0;
}

char *report_file(const struct report *report, const char *path)
{
	return report_is_html(path) ? report_html(report) : report_json(report);
}

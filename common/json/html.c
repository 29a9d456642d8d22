/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of pages for a browser: see html.h. */
#include "common/json/html.h"

#include <string.h>

#include "common/checked.h"
#include "common/safe_text.h"
#include "common/size.h"
#include "common/utf16.h"

static const char head[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\">\n"
	"<head>\n"
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
	"'unsafe-inline'%s\">\n"
	"<title>%s</title>\n"
	"<style>\n"
	"body{font:14px/1.4 sans-serif;margin:2em;color:#222;background:#fff}\n"
	"%s%s"
	"@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}.free{fill:#333}\n"
	"%s}\n"
	"</style>\n"
	"</head>\n"
	"<body>\n"
	"<h1>%s</h1>\n";

static const char disk_style[] =
	"svg{display:block}\n"
	".esp{fill:#287d3c}.msr{fill:#9aa}.windows{fill:#3b78c2}.system{fill:#c9a227}.other{fill:#b0b7c3}\n"
	".free{fill:#eee}\n"
	".key i{display:inline-block;width:.9em;height:.9em;margin:0 .3em 0 1em;vertical-align:-.1em}\n";

const char html_disk_legend[] =
	"<p class=\"key\">Disks before and after, to one scale:"
	"<i style=\"background:#3b78c2\"></i>Windows or Linux<i style=\"background:#c9a227\"></i>BIOS boot files"
	"<i style=\"background:#287d3c\"></i>EFI system partition<i style=\"background:#9aa\"></i>Microsoft "
	"reserved<i style=\"background:#b0b7c3\"></i>other</p>\n";

void html_begin(struct buffer *page, const struct html_page *of)
{
	buffer_printf(page, head, of->has_script ? "; script-src 'unsafe-inline'" : "", of->title,
		      disk_style, of->style, of->dark_style ? of->dark_style : "", of->title);
}

static void put_byte(struct buffer *page, unsigned char byte)
{
	if (byte == '<')
		buffer_text(page, "&lt;");
	else if (byte == '>')
		buffer_text(page, "&gt;");
	else if (byte == '&')
		buffer_text(page, "&amp;");
	else if (byte == '"')
		buffer_text(page, "&quot;");
	else if (byte == '\'')
		buffer_text(page, "&#39;");
	else
		buffer_append(page, &byte, 1);
}

static void put_bytes(struct buffer *page, const char *text, const char *end)
{
	for (; text < end; text++)
		put_byte(page, (unsigned char)*text);
}

void html_text(struct buffer *page, const char *text)
{
	CLEANUP_FREE char *shown = safe_copy(text);

	page->failed |= !shown;
	if (shown)
		put_bytes(page, shown, shown + strlen(shown));
}

/* Where characters are of Bidi_Class R, AL or AN, those that are not assigned too (Unicode 15,
 * DerivedBidiClass.txt). */
static const struct {
	uint32_t first, last;
} right_to_left[] = {
	{0x0590, 0x08ff},   {0xfb1d, 0xfdff},	{0xfe70, 0xfeff},
	{0x10800, 0x10fff}, {0x1e800, 0x1efff},
};

static bool is_right_to_left(uint32_t point)
{
	for (size_t i = 0; i < ARRAY_SIZE(right_to_left); i++)
		if (point >= right_to_left[i].first && point <= right_to_left[i].last)
			return true;
	return false;
}

/* Behind the last character of that kind with only blanks, and others beyond ASCII, between them;
 * 'text' itself when the first one is none. */
static const char *end_of_run(const char *text)
{
	const char *end = text, *at = text;

	while (*at) {
		uint32_t point = utf8_next(&at);

		if (is_right_to_left(point))
			end = at;
		else if (end == text || (point < 0x80 && point != ' '))
			break;
	}
	return end;
}

void html_line(struct buffer *page, const char *text)
{
	CLEANUP_FREE char *shown = safe_copy(text);

	page->failed |= !shown;
	for (const char *at = shown ? shown : ""; *at;) {
		const char *next = at, *end = end_of_run(at);

		utf8_next(&next);
		if (end == at) {
			put_bytes(page, at, next);
			at = next;
			continue;
		}
		buffer_text(page, "<bdi>");
		put_bytes(page, at, end);
		buffer_text(page, "</bdi>");
		at = end;
	}
}

void html_sentence(struct buffer *page, const char *text)
{
	buffer_text(page, "<bdi>");
	html_line(page, text);
	buffer_text(page, "</bdi>");
}

void html_isolated(struct buffer *page, const char *text)
{
	buffer_text(page, "<bdi>");
	html_text(page, text);
	buffer_text(page, "</bdi>");
}

static uint64_t number_of(const json_t *object, const char *key)
{
	json_int_t number = json_integer_value(json_object_get(object, key));

	return number > 0 ? (uint64_t)number : 0;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static const char *class_of(const json_t *partition)
{
	const char *role = text_of(partition, "role");

	if (strcmp(role, "esp") == 0 || strcmp(role, "msr") == 0)
		return role;
	if (strcmp(role, "windows") == 0 || strcmp(role, "linux") == 0 ||
	    json_is_true(json_object_get(partition, "has_windows")))
		return "windows";
	if (strcmp(role, "old-system") == 0 || json_is_true(json_object_get(partition, "has_bcd")))
		return "system";
	return "other";
}

uint64_t html_disk_size(const json_t *side)
{
	return number_of(side, "size");
}

static double to_scale(uint64_t bytes, const struct html_scale *scale)
{
	return scale->largest ? (double)bytes / (double)scale->largest * scale->width : 0;
}

static void put_partition(struct buffer *page, const json_t *partition, unsigned int y,
			  const struct html_scale *scale)
{
	uint64_t start = number_of(partition, "start_lba") * 512;
	uint64_t size = number_of(partition, "sectors") * 512;
	char size_buffer[SIZE_TEXT];

	buffer_printf(page,
		      "<rect class=\"%s\" x=\"%.2f\" y=\"%u\" width=\"%.2f\" height=\"%u\"><title>",
		      class_of(partition), to_scale(start, scale), y, to_scale(size, scale),
		      scale->height);
	html_text(page, text_of(partition, "type"));
	buffer_printf(page, ", %s</title></rect>", size_text(size, size_buffer));
}

static void put_bar(struct buffer *page, const json_t *side, unsigned int y,
		    const struct html_scale *scale)
{
	const json_t *partitions = json_object_get(side, "partitions");

	buffer_printf(page, "<rect class=\"free\" x=\"0\" y=\"%u\" width=\"%.2f\" height=\"%u\"/>",
		      y, to_scale(html_disk_size(side), scale), scale->height);
	for (size_t i = 0; i < json_array_size(partitions); i++)
		put_partition(page, json_array_get(partitions, i), y, scale);
}

void html_disk(struct buffer *page, const json_t *before, const json_t *after,
	       const struct html_scale *scale)
{
	char old[SIZE_TEXT], new[SIZE_TEXT];

	buffer_printf(
		page,
		"<svg width=\"%u\" height=\"%u\" role=\"img\" aria-label=\"%s before, %s after\">",
		scale->width, 2 * scale->height + 3, size_text(html_disk_size(before), old),
		size_text(html_disk_size(after), new));
	put_bar(page, before, 0, scale);
	if (html_disk_size(after))
		put_bar(page, after, scale->height + 3, scale);
	buffer_text(page, "</svg>");
}

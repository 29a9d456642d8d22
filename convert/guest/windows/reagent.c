/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ReAgent.xml: see reagent.h. The file is a flat list of elements with attributes, written by one
 * program, so its tags are looked at one after the other; the places of the values are known, which
 * are then replaced one by one.
 */
#include "convert/guest/windows/reagent.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "common/xml_spans.h"
#include "convert/guest/windows/reagent_text.h"

#define MAX_ATTRIBUTES 16
#define NUMBER_SIZE    21 /* of 64 bits in decimal */
#define ROOT	       "WindowsRE"

static const char zero_guid[] = "{00000000-0000-0000-0000-000000000000}";

/* One start tag. */
struct tag {
	struct span name;
	struct span_attribute attributes[MAX_ATTRIBUTES];
	size_t count;
};

struct scanner {
	const char *text;
	size_t size;
	size_t at;
	bool is_closed;	  /* the end tag of the root was seen */
	const char *name; /* of the file */
	struct error *err;
};

void reagent_done(struct reagent *reagent)
{
	free(reagent->path);
	reagent->path = NULL;
}

static int malformed(const struct scanner *scanner)
{
	return error_damaged(scanner->err, "'%s': not a ReAgent.xml: unexpected text at byte %zu",
			     scanner->name, scanner->at);
}

static int cut_off(const struct scanner *scanner)
{
	return error_damaged(scanner->err,
			     "'%s': not a whole ReAgent.xml: no end of element '" ROOT
			     "' in its %zu bytes",
			     scanner->name, scanner->size);
}

/* The attributes of a start tag, which the scanner stands behind. */
static int scan_attributes(struct scanner *scanner, const struct span_markup *markup,
			   struct tag *tag)
{
	size_t end = scanner->at;
	struct span_attribute attribute;
	int r;

	scanner->at = markup->name.at + markup->name.size;
	if (markup->name.size == 0)
		return malformed(scanner);
	while ((r = span_next_attribute(scanner->text, end, &scanner->at, &attribute)) != 0) {
		if (tag->count == MAX_ATTRIBUTES)
			scanner->at = attribute.name.at;
		if (r < 0 || tag->count == MAX_ATTRIBUTES)
			return malformed(scanner);
		tag->attributes[tag->count++] = attribute;
	}
	scanner->at = end;
	return 0;
}

/* The next start tag: 1, or 0 at the end of the file, which must be whole. */
static int next_tag(struct scanner *scanner, struct tag *ret)
{
	struct span_markup markup;
	int r;

	do {
		if (!span_next_markup(scanner->text, scanner->size, &scanner->at, &markup))
			return scanner->is_closed ? 0 : cut_off(scanner);
		if (markup.kind == SPAN_END || markup.kind == SPAN_EMPTY)
			scanner->is_closed |= span_is(scanner->text, markup.name, ROOT);
	} while (markup.kind != SPAN_START && markup.kind != SPAN_EMPTY);
	*ret = (struct tag){.name = markup.name};
	r = scan_attributes(scanner, &markup, ret);
	return r < 0 ? r : 1;
}

static const struct span_attribute *find_attribute(const struct scanner *scanner,
						   const struct tag *tag, const char *name)
{
	for (size_t i = 0; i < tag->count; i++)
		if (span_is(scanner->text, tag->attributes[i].name, name))
			return &tag->attributes[i];
	return NULL;
}

/* An unsigned decimal number that fills the whole value. */
static bool get_number(const struct scanner *scanner, const struct span_attribute *attribute,
		       uint64_t *ret)
{
	uint64_t value = 0;

	if (!attribute || attribute->value.size == 0)
		return false;
	for (size_t i = 0; i < attribute->value.size; i++) {
		char c = scanner->text[attribute->value.at + i];

		if (c < '0' || c > '9' || !mul_u64(value, 10, &value) ||
		    !add_u64(value, (uint64_t)(c - '0'), &value))
			return false;
	}
	*ret = value;
	return true;
}

static bool get_guid(const struct scanner *scanner, const struct span_attribute *attribute,
		     struct guid *ret)
{
	char text[GUID_TEXT_SIZE + 2];

	if (!attribute || attribute->value.size >= sizeof(text))
		return false;
	memcpy(text, scanner->text + attribute->value.at, attribute->value.size);
	text[attribute->value.size] = '\0';
	return guid_parse(text, ret);
}

/* A value with the five entities of XML resolved; NULL when empty or out of memory. */
static char *get_text(const struct scanner *scanner, const struct span_attribute *attribute)
{
	static const struct {
		const char *entity;
		char c;
	} entities[] = {
		{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
	struct span span = attribute ? attribute->value : (struct span){0, 0};
	char *text = span.size ? calloc(1, span.size + 1) : NULL;
	size_t used = 0, at = 0;

	while (text && at < span.size) {
		const char *from = scanner->text + span.at + at;
		size_t step = 1;

		text[used] = *from;
		for (size_t i = 0; i < ARRAY_SIZE(entities); i++) {
			size_t length = strlen(entities[i].entity);

			if (span.size - at < length ||
			    memcmp(from, entities[i].entity, length) != 0)
				continue;
			text[used] = entities[i].c;
			step = length;
		}
		used++;
		at += step;
	}
	return text;
}

static int scanner_init(struct scanner *scanner, const struct file_bytes *file, struct error *err)
{
	struct tag tag;
	int r;

	*scanner = (struct scanner){.text = (const char *)file->data,
				    .size = file->size,
				    .name = file->name,
				    .err = err};
	if (file->size > REAGENT_MAX_SIZE)
		return error_damaged(err, "'%s': a ReAgent.xml of %zu bytes is not credible",
				     file->name, file->size);
	r = next_tag(scanner, &tag);
	if (r < 0)
		return r;
	if (r == 0 || !span_is(scanner->text, tag.name, ROOT))
		return error_damaged(err, "'%s': not a ReAgent.xml: no element '" ROOT "'",
				     file->name);
	return 0;
}

static void read_location(const struct scanner *scanner, const struct tag *tag,
			  struct reagent *reagent)
{
	uint64_t number;

	free(reagent->path);
	reagent->path = get_text(scanner, find_attribute(scanner, tag, "path"));
	(void)get_number(scanner, find_attribute(scanner, tag, "offset"), &reagent->offset);
	if (get_number(scanner, find_attribute(scanner, tag, "id"), &number) &&
	    number <= UINT32_MAX)
		reagent->mbr_signature = (uint32_t)number;
	(void)get_guid(scanner, find_attribute(scanner, tag, "guid"), &reagent->gpt_disk);
}

int reagent_read(const struct file_bytes *file, struct reagent *ret, struct error *err)
{
	CLEANUP_REAGENT_TEXT struct reagent_text text = REAGENT_TEXT_INIT;
	CLEANUP_REAGENT struct reagent reagent = REAGENT_INIT;
	struct scanner scanner;
	struct tag tag;
	uint64_t state = 0;
	int r = reagent_text_open(file, &text, err);

	if (r == 0)
		r = scanner_init(&scanner, &text.plain, err);
	while (r == 0 && (r = next_tag(&scanner, &tag)) > 0) {
		r = 0;
		if (span_is(scanner.text, tag.name, "WinreBCD"))
			reagent.has_loader =
				get_guid(&scanner, find_attribute(&scanner, &tag, "id"),
					 &reagent.loader) &&
				!guid_is_zero(&reagent.loader);
		else if (span_is(scanner.text, tag.name, "InstallState"))
			(void)get_number(&scanner, find_attribute(&scanner, &tag, "state"), &state);
		else if (span_is(scanner.text, tag.name, "WinreLocation"))
			read_location(&scanner, &tag, &reagent);
	}
	if (r < 0)
		return r;
	reagent.is_enabled = state != 0;
	*ret = reagent;
	reagent.path = NULL;
	return 0;
}

/* The file while it is rewritten: everything up to 'copied' is in 'out'. */
struct rewriter {
	struct scanner scanner;
	FILE *out;
	size_t copied;
	bool is_changed;
};

/* Put 'text' into the place of the span, which must lie behind all earlier ones. */
static void replace_span(struct rewriter *rewriter, struct span span, const char *text)
{
	fwrite(rewriter->scanner.text + rewriter->copied, 1, span.at - rewriter->copied,
	       rewriter->out);
	fputs(text, rewriter->out);
	rewriter->copied = span.at + span.size;
	rewriter->is_changed = true;
}

typedef void rewrite_tag(struct rewriter *rewriter, const struct tag *tag, void *context);

/* Run 'rewrite' over all tags of plain text. */
static int rewrite_plain(const struct file_bytes *file, rewrite_tag *rewrite, void *context,
			 uint8_t **ret_bytes, size_t *ret_size, struct error *err)
{
	struct rewriter rewriter = {.copied = 0};
	CLEANUP_FREE char *text = NULL;
	size_t length = 0;
	struct tag tag;
	int r = scanner_init(&rewriter.scanner, file, err);

	if (r < 0)
		return r;
	rewriter.out = open_memstream(&text, &length);
	if (!rewriter.out)
		return error_errno(err, "'%s'", file->name);
	while ((r = next_tag(&rewriter.scanner, &tag)) > 0)
		rewrite(&rewriter, &tag, context);
	fwrite(file->data + rewriter.copied, 1, file->size - rewriter.copied, rewriter.out);
	if (fclose(rewriter.out) != 0 && r == 0)
		r = error_errno(err, "'%s'", file->name);
	if (r < 0 || !rewriter.is_changed)
		return r;
	*ret_bytes = (uint8_t *)TAKE(text);
	*ret_size = length;
	return 0;
}

/* The same of a file, in its own encoding. */
static int rewrite_file(const struct file_bytes *file, rewrite_tag *rewrite, void *context,
			uint8_t **ret_bytes, size_t *ret_size, struct error *err)
{
	CLEANUP_REAGENT_TEXT struct reagent_text text = REAGENT_TEXT_INIT;
	CLEANUP_FREE uint8_t *bytes = NULL;
	int r = reagent_text_open(file, &text, err);

	*ret_bytes = NULL;
	*ret_size = 0;
	if (r == 0)
		r = rewrite_plain(&text.plain, rewrite, context, &bytes, ret_size, err);
	if (r == 0 && bytes)
		r = reagent_text_encode(&text, &bytes, ret_size, err);
	if (r == 0)
		*ret_bytes = TAKE(bytes);
	return r;
}

struct conversion {
	const struct moved_disk *disk;
	struct edit_notes *notes; /* or NULL */
};

/* The new value of one attribute of a place; NULL when it stays. */
static const char *new_value(const struct rewriter *rewriter,
			     const struct span_attribute *attribute, const char *offset,
			     const char *guid)
{
	if (span_is(rewriter->scanner.text, attribute->name, "id"))
		return "0";
	if (span_is(rewriter->scanner.text, attribute->name, "offset"))
		return offset;
	return span_is(rewriter->scanner.text, attribute->name, "guid") ? guid : NULL;
}

static void move_place(struct rewriter *rewriter, const struct tag *tag,
		       const struct conversion *conversion, const struct moved_partition *partition)
{
	const struct span_attribute *first_offset =
		find_attribute(&rewriter->scanner, tag, "offset");
	bool has_guid = find_attribute(&rewriter->scanner, tag, "guid") != NULL;
	char disk[GUID_TEXT_SIZE], guid[GUID_TEXT_SIZE + 2], offset[NUMBER_SIZE];

	snprintf(guid, sizeof(guid), "{%s}", guid_format(&conversion->disk->gpt_disk, disk));
	snprintf(offset, sizeof(offset), "%" PRIu64, partition->new_offset);
	for (size_t i = 0; i < tag->count; i++) {
		const struct span_attribute *attribute = &tag->attributes[i];
		const char *text = new_value(rewriter, attribute, offset, guid);
		char both[NUMBER_SIZE + 64];

		if (!text)
			continue;
		/* The first version of the file has no guid: it follows the offset. */
		if (attribute == first_offset && !has_guid) {
			char quote = rewriter->scanner.text[attribute->value.at - 1];

			snprintf(both, sizeof(both), "%s%c guid=%c%s", offset, quote, quote, guid);
			text = both;
		}
		replace_span(rewriter, attribute->value, text);
	}
}

static void warn_of_place(const struct conversion *conversion, const struct scanner *scanner,
			  const struct tag *tag, uint64_t offset)
{
	bool is_winre = span_is(scanner->text, tag->name, "WinreLocation");

	if (conversion->notes)
		note_add(&conversion->notes->warnings,
			 "%.*s names byte %" PRIu64
			 " of the disk, where no partition starts; it stays as it is%s",
			 (int)tag->name.size, scanner->text + tag->name.at, offset,
			 is_winre ? ": run 'reagentc /disable' and then 'reagentc /enable' in the "
				    "guest"
				  : "");
}

static void convert_tag(struct rewriter *rewriter, const struct tag *tag, void *context)
{
	const struct conversion *conversion = context;
	const struct scanner *scanner = &rewriter->scanner;
	const struct moved_partition *partition;
	struct guid guid;
	uint64_t id, offset;

	if (!get_number(scanner, find_attribute(scanner, tag, "id"), &id) ||
	    !get_number(scanner, find_attribute(scanner, tag, "offset"), &offset) || id == 0 ||
	    id != conversion->disk->mbr_signature)
		return;
	if (get_guid(scanner, find_attribute(scanner, tag, "guid"), &guid) && !guid_is_zero(&guid))
		return;
	/* No room for the GUID: nothing that Windows has written. */
	if (tag->count == MAX_ATTRIBUTES)
		return;
	partition = moved_find(conversion->disk, offset);
	if (!partition) {
		warn_of_place(conversion, scanner, tag, offset);
		return;
	}
	move_place(rewriter, tag, conversion, partition);
	if (conversion->notes)
		note_add(&conversion->notes->changed, "%.*s follows its partition to the GPT",
			 (int)tag->name.size, scanner->text + tag->name.at);
}

int reagent_convert(const struct file_bytes *file, const struct moved_disk *disk,
		    uint8_t **ret_bytes, size_t *ret_size, struct edit_notes *notes,
		    struct error *err)
{
	struct conversion conversion = {.disk = disk, .notes = notes};

	return rewrite_file(file, convert_tag, &conversion, ret_bytes, ret_size, err);
}

static void disable_tag(struct rewriter *rewriter, const struct tag *tag, void *context)
{
	const struct scanner *scanner = &rewriter->scanner;
	const struct span_attribute *attribute;
	struct guid guid;

	(void)context;
	attribute = find_attribute(scanner, tag, "state");
	if (span_is(scanner->text, tag->name, "InstallState") && attribute &&
	    !span_is(scanner->text, attribute->value, "0"))
		replace_span(rewriter, attribute->value, "0");
	attribute = find_attribute(scanner, tag, "id");
	if (span_is(scanner->text, tag->name, "WinreBCD") && get_guid(scanner, attribute, &guid) &&
	    !guid_is_zero(&guid))
		replace_span(rewriter, attribute->value, zero_guid);
}

int reagent_disable(const struct file_bytes *file, uint8_t **ret_bytes, size_t *ret_size,
		    struct error *err)
{
	return rewrite_file(file, disable_tag, NULL, ret_bytes, ret_size, err);
}

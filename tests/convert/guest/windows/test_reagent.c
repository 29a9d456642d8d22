/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ReAgent.xml: reading, converting, disabling; libxml2 is the foreign reader. */
#include <criterion/criterion.h>
#include <iconv.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/guest/windows/reagent.h"
#include "convert/guest/windows/reagent_text.h"

TestSuite(reagent);

#define NAME "\\Windows\\System32\\Recovery\\ReAgent.xml"
#define ZERO "{00000000-0000-0000-0000-000000000000}"

static const char enabled[] =
	"\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?>\r\n\r\n"
	"<WindowsRE version=\"2.0\">\r\n"
	"  <!-- <WinreLocation id=\"3050800051\" offset=\"1048576\"/> -->\r\n"
	"  <WinreBCD id=\"{fc93cb35-f905-11ea-b624-e1afe00b4753}\"/>\r\n"
	"  <WinreLocation path=\"\\Recovery\\WindowsRE\" id=\"3050800051\" offset=\"1048576\" guid=\"" ZERO
	"\"/>\r\n"
	"  <ImageLocation path=\"\" id=\"0\" offset=\"0\" guid=\"" ZERO "\"/>\r\n"
	"  <PBRImageLocation path='\\Images &amp; more' id='3050800051' offset='608174080' guid='" ZERO
	"' index='1'/>\r\n"
	"  <InstallState state=\"1\"/>\r\n"
	"  <ScheduledOperation state=\"5\"/>\r\n"
	"</WindowsRE>";

static const struct moved_partition partitions[] = {{.mbr_offset = 1048576,
						     .new_offset = 135266304},
						    {.mbr_offset = 608174080,
						     .new_offset = 742391808}};

static struct moved_disk target(void)
{
	struct moved_disk target = {.mbr_signature = 3050800051,
				    .partitions = partitions,
				    .partition_count = 2};

	cr_assert(guid_parse("{f42ed324-fffd-4523-a0cf-86abb432503c}", &target.gpt_disk));
	return target;
}

/* The value of an attribute, by libxml2. */
static void assert_attribute(const void *bytes, size_t size, const char *path, const char *expected)
{
	xmlDoc *doc = xmlReadMemory(bytes, (int)size, "ReAgent.xml", NULL, XML_PARSE_NONET);
	xmlXPathContext *context = xmlXPathNewContext(doc);
	xmlXPathObject *found = xmlXPathEvalExpression((const xmlChar *)path, context);
	xmlChar *text = xmlXPathCastToString(found);

	cr_assert_not_null(doc);
	cr_assert_str_eq((const char *)text, expected, "%s", path);
	xmlFree(text);
	xmlXPathFreeObject(found);
	xmlXPathFreeContext(context);
	xmlFreeDoc(doc);
}

static uint8_t *convert(const char *text, size_t *ret_size, struct edit_notes *notes)
{
	struct moved_disk to = target();
	struct error err = ERROR_INIT;
	uint8_t *bytes = NULL;

	cr_assert_eq(reagent_convert(&(struct file_bytes){(const uint8_t *)text, strlen(text),
							  NAME},
				     &to, &bytes, ret_size, notes, &err),
		     0, "%s", err.message);
	return bytes;
}

Test(reagent, places_get_the_gpt_form)
{
	CLEANUP_EDIT_NOTES struct edit_notes notes = EDIT_NOTES_INIT;
	size_t size;
	CLEANUP_FREE uint8_t *bytes = convert(enabled, &size, &notes);
	const char *disk = "{f42ed324-fffd-4523-a0cf-86abb432503c}";

	cr_assert_not_null(bytes);
	assert_attribute(bytes, size, "/WindowsRE/WinreLocation/@id", "0");
	assert_attribute(bytes, size, "/WindowsRE/WinreLocation/@offset", "135266304");
	assert_attribute(bytes, size, "/WindowsRE/WinreLocation/@guid", disk);
	assert_attribute(bytes, size, "/WindowsRE/WinreLocation/@path", "\\Recovery\\WindowsRE");
	assert_attribute(bytes, size, "/WindowsRE/PBRImageLocation/@offset", "742391808");
	assert_attribute(bytes, size, "/WindowsRE/PBRImageLocation/@guid", disk);
	assert_attribute(bytes, size, "/WindowsRE/ImageLocation/@guid", ZERO);
	assert_attribute(bytes, size, "/WindowsRE/WinreBCD/@id",
			 "{fc93cb35-f905-11ea-b624-e1afe00b4753}");
	cr_assert_not_null(memmem(bytes, size, "<!-- <WinreLocation id=\"3050800051\"", 35));
	cr_assert_eq(memcmp(bytes, "\xef\xbb\xbf<?xml", 8), 0);
	cr_assert_eq(notes.changed.count, 2);
	cr_assert_eq(notes.warnings.count, 0);
}

Test(reagent, converted_file_needs_nothing_more)
{
	size_t size, again_size;
	CLEANUP_FREE uint8_t *bytes = convert(enabled, &size, NULL);
	CLEANUP_FREE char *text = strndup((char *)bytes, size);

	cr_assert_null(convert(text, &again_size, NULL));
}

Test(reagent, first_version_has_no_guid)
{
	size_t size;
	CLEANUP_FREE uint8_t *bytes =
		convert("<WindowsRE version='1.0'><OsInstallLocation path='\\x' id='3050800051' "
			"offset='1048576' index='2'></OsInstallLocation></WindowsRE>",
			&size, NULL);

	assert_attribute(bytes, size, "//OsInstallLocation/@guid",
			 "{f42ed324-fffd-4523-a0cf-86abb432503c}");
	assert_attribute(bytes, size, "//OsInstallLocation/@offset", "135266304");
	assert_attribute(bytes, size, "//OsInstallLocation/@index", "2");
}

Test(reagent, other_places_stay)
{
	CLEANUP_EDIT_NOTES struct edit_notes notes = EDIT_NOTES_INIT;
	size_t size;

	cr_assert_null(convert("<WindowsRE><WinreLocation id='17' offset='1048576'/></WindowsRE>",
			       &size, &notes));
	cr_assert_eq(notes.warnings.count, 0);
	cr_assert_null(convert("<WindowsRE><WinreLocation id='3050800051' offset='5'/></WindowsRE>",
			       &size, &notes));
	cr_assert_eq(notes.warnings.count, 1);
}

Test(reagent, reading)
{
	CLEANUP_REAGENT struct reagent reagent = REAGENT_INIT;
	struct error err = ERROR_INIT;
	char id[GUID_TEXT_SIZE];

	cr_assert_eq(reagent_read(&(struct file_bytes){(const uint8_t *)enabled, strlen(enabled),
						       NAME},
				  &reagent, &err),
		     0, "%s", err.message);
	cr_assert(reagent.is_enabled);
	cr_assert(reagent.has_loader);
	cr_assert_str_eq(guid_format(&reagent.loader, id), "fc93cb35-f905-11ea-b624-e1afe00b4753");
	cr_assert_str_eq(reagent.path, "\\Recovery\\WindowsRE");
	cr_assert_eq(reagent.offset, 1048576);
	cr_assert_eq(reagent.mbr_signature, 3050800051);
}

Test(reagent, disabling)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	CLEANUP_REAGENT struct reagent reagent = REAGENT_INIT;
	struct error err = ERROR_INIT;
	size_t size;

	cr_assert_eq(reagent_disable(&(struct file_bytes){(const uint8_t *)enabled, strlen(enabled),
							  NAME},
				     &bytes, &size, &err),
		     0);
	assert_attribute(bytes, size, "/WindowsRE/InstallState/@state", "0");
	assert_attribute(bytes, size, "/WindowsRE/WinreBCD/@id", ZERO);
	assert_attribute(bytes, size, "/WindowsRE/ScheduledOperation/@state", "5");
	cr_assert_eq(reagent_read(&(struct file_bytes){(const uint8_t *)bytes, size, NAME},
				  &reagent, &err),
		     0);
	cr_assert_not(reagent.is_enabled);
	cr_assert_not(reagent.has_loader);
}

Test(reagent, what_is_not_such_a_file)
{
	static const char *const texts[] = {"",
					    "text",
					    "<a/>",
					    "<WindowsRE",
					    "<WindowsRE a>",
					    "<WindowsRE a='",
					    "<WindowsRE><b c=d/>",
					    "<WindowsRE><",
					    "<WindowsRE><WinreBCD id=''/>",
					    "<WindowsRE></WindowsR>",
					    "<!--"};
	struct moved_disk to = target();

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CLEANUP_REAGENT struct reagent reagent = REAGENT_INIT;
		struct error err = ERROR_INIT;
		uint8_t *bytes;
		size_t size;

		cr_assert_lt(reagent_convert(&(struct file_bytes){(const uint8_t *)texts[i],
								  strlen(texts[i]), NAME},
					     &to, &bytes, &size, NULL, &err),
			     0, "%s", texts[i]);
		cr_assert_null(bytes);
		cr_assert_eq(err.kind, ERROR_DAMAGED);
		cr_assert_lt(reagent_read(&(struct file_bytes){(const uint8_t *)texts[i],
							       strlen(texts[i]), NAME},
					  &reagent, &err),
			     0);
	}
}

/* The file in UTF-16, by iconv. */
static uint8_t *in_encoding(const char *text, size_t length, const char *encoding, size_t *ret_size)
{
	iconv_t converter = iconv_open(encoding, "UTF-8");
	size_t left = 2 * length, in_left = length;
	uint8_t *bytes = calloc(1, left + 1);
	char *in = (char *)(uintptr_t)text, *out = (char *)bytes;

	cr_assert_neq(converter, (iconv_t)-1);
	cr_assert_neq(iconv(converter, &in, &in_left, &out, &left), (size_t)-1);
	iconv_close(converter);
	*ret_size = 2 * length - left;
	return bytes;
}

/* Read, converted and disabled as the UTF-8 file is, and given back in the encoding it had. */
Test(reagent, other_encodings)
{
	static const struct {
		const char *encoding;
		size_t skip; /* 3: without the byte order mark */
	} forms[] = {{"UTF-16LE", 0}, {"UTF-16BE", 0}, {"UTF-16LE", 3}, {"UTF-16BE", 3}};
	struct moved_disk to = target();
	size_t plain_size, off_size;
	CLEANUP_FREE uint8_t *plain = convert(enabled, &plain_size, NULL);
	CLEANUP_FREE uint8_t *off = NULL;

	cr_assert_eq(reagent_disable(&(struct file_bytes){(const uint8_t *)enabled, strlen(enabled),
							  NAME},
				     &off, &off_size, NULL),
		     0);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t skip = forms[i].skip, size, wanted_size, got_size;
		CLEANUP_FREE uint8_t *bytes = in_encoding(enabled + skip, strlen(enabled) - skip,
							  forms[i].encoding, &size);
		CLEANUP_FREE uint8_t *wanted = in_encoding((char *)plain + skip, plain_size - skip,
							   forms[i].encoding, &wanted_size);
		CLEANUP_FREE uint8_t *wanted_off = NULL;
		CLEANUP_FREE uint8_t *got = NULL;
		CLEANUP_FREE uint8_t *got_off = NULL;
		CLEANUP_REAGENT struct reagent reagent = REAGENT_INIT;
		const struct file_bytes file = {bytes, size, NAME};
		struct error err = ERROR_INIT;

		cr_assert(reagent_is_utf16(&file));
		cr_assert_eq(reagent_read(&file, &reagent, &err), 0, "%s", err.message);
		cr_assert_eq(reagent.offset, 1048576);
		cr_assert_str_eq(reagent.path, "\\Recovery\\WindowsRE");
		cr_assert_eq(reagent_convert(&file, &to, &got, &got_size, NULL, &err), 0);
		cr_assert_eq(got_size, wanted_size);
		cr_assert_eq(memcmp(got, wanted, wanted_size), 0, "%s", forms[i].encoding);
		wanted_off = in_encoding((char *)off + skip, off_size - skip, forms[i].encoding,
					 &wanted_size);
		cr_assert_eq(reagent_disable(&file, &got_off, &got_size, &err), 0);
		cr_assert_eq(got_size, wanted_size);
		cr_assert_eq(memcmp(got_off, wanted_off, wanted_size), 0);
	}
}

/* What would not come back as it was is not touched. */
Test(reagent, damaged_utf16_is_named)
{
	struct moved_disk to = target();
	size_t size;
	CLEANUP_FREE uint8_t *bytes = in_encoding(enabled, strlen(enabled), "UTF-16LE", &size);
	CLEANUP_FREE uint8_t *got = NULL;
	struct error err = ERROR_INIT;
	size_t got_size;

	cr_assert_lt(reagent_convert(&(struct file_bytes){bytes, size - 1, NAME}, &to, &got,
				     &got_size, NULL, &err),
		     0);
	cr_assert_not_null(strstr(err.message, "UTF-16"));
	bytes[100] = bytes[101] = 0;
	cr_assert_lt(reagent_convert(&(struct file_bytes){bytes, size, NAME}, &to, &got, &got_size,
				     NULL, &err),
		     0);
	cr_assert_not_null(strstr(err.message, "UTF-16"));
	cr_assert_null(got);
	cr_assert_lt(reagent_convert(&(struct file_bytes){bytes, 2, NAME}, &to, &got, &got_size,
				     NULL, &err),
		     0);
}

/* The two real files, where they are present. */
Test(reagent, real_files)
{
	static const char *const names[] = {"ReAgent-2012r2-mbr.xml", "ReAgent-win10-empty.xml"};

	for (size_t i = 0; i < 2; i++) {
		CLEANUP_REAGENT struct reagent reagent = REAGENT_INIT;
		struct error err = ERROR_INIT;
		char path[256], text[4096];
		size_t size, new_size;
		FILE *file;

		snprintf(path, sizeof(path), "%s/hives/reagent/%s", SHARED_DATA, names[i]);
		file = fopen(path, "rb");
		if (!file)
			cr_skip_test("the real files are not there");
		size = fread(text, 1, sizeof(text) - 1, file);
		text[size] = '\0';
		fclose(file);
		cr_assert_eq(reagent_read(&(struct file_bytes){(const uint8_t *)text, size,
							       names[i]},
					  &reagent, &err),
			     0, "%s", err.message);
		cr_assert_eq(reagent.is_enabled, i == 0);
		CLEANUP_FREE uint8_t *bytes = convert(text, &new_size, NULL);
		cr_assert_eq(bytes != NULL, i == 0);
		if (bytes)
			assert_attribute(bytes, new_size, "/WindowsRE/WinreLocation/@offset",
					 "135266304");
	}
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hvgen2 nvram show --all: every variable, Secure Boot databases by what they hold. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/json/text_json.h"
#include "common/page.h"
#include "common/safe_text.h"
#include "convert/cmd/nvram/action.h"

/* Bytes of a variable shown in the text form. */
#define SHOWN_BYTES 32

static const struct {
	uint32_t bit;
	const char *text;
} attribute_texts[] = {{0x01, "NV"}, {0x02, "BS"}, {0x04, "RT"},     {0x08, "HR"},
		       {0x10, "AW"}, {0x20, "TA"}, {0x40, "APPEND"}, {0x80, "EA"}};

static char *attributes_text(uint32_t attributes, char text[48])
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(attribute_texts); i++)
		if (attributes & attribute_texts[i].bit)
			used += (size_t)snprintf(text + used, 48 - used, "%s%s", used ? "+" : "",
						 attribute_texts[i].text);
	return text;
}

static char *hex(const uint8_t *data, size_t size)
{
	char *text = malloc(2 * size + 1);

	for (size_t i = 0; text && i < size; i++)
		snprintf(text + 2 * i, 3, "%02x", data[i]);
	if (text)
		text[2 * size] = '\0';
	return text;
}

/* EFI_TIME: UEFI 2.10 section 8.3.1 */
static char *time_text(const uint8_t time[16], char text[40])
{
	snprintf(text, 40, "%04u-%02u-%02u %02u:%02u:%02u", get_le16(time), time[2], time[3],
		 time[4], time[5], time[6]);
	return text;
}

static void print_signatures(FILE *page, const struct nvram_variable *variable)
{
	CLEANUP_SIGNATURES struct nvram_signatures signatures = NVRAM_SIGNATURES_INIT;
	struct error err = ERROR_INIT;

	if (nvram_read_signatures(variable, &signatures, &err) < 0) {
		safe_printf(page, "    %s\n", err.message);
		return;
	}
	for (size_t i = 0; i < signatures.certificates; i++)
		safe_printf(page, "    certificate: %s\n", signatures.subjects[i]);
	if (signatures.hashes)
		safe_printf(page, "    %zu SHA-256 hashes\n", signatures.hashes);
	if (signatures.others)
		safe_printf(page, "    %zu signatures of other kinds\n", signatures.others);
}

static int print_variable(FILE *page, const struct nvram_variable *variable, struct error *err)
{
	CLEANUP_FREE char *bytes = hex(variable->data, min_u64(variable->size, SHOWN_BYTES));
	char guid[GUID_TEXT_SIZE], attributes[48], time[40];

	if (!bytes)
		return error_failed(err, ENOMEM, "out of memory");
	safe_printf(page, "%s  %s  %s  %zu bytes", guid_format(&variable->vendor, guid),
		    variable->name, attributes_text(variable->attributes, attributes),
		    variable->size);
	if (!is_zero(variable->time, sizeof(variable->time)))
		safe_printf(page, "  %s", time_text(variable->time, time));
	safe_printf(page, "\n");
	if (nvram_holds_signatures(variable))
		print_signatures(page, variable);
	else if (variable->size > 0)
		safe_printf(page, "    %s%s\n", bytes, variable->size > SHOWN_BYTES ? "..." : "");
	return 0;
}

static json_t *signatures_json(const struct nvram_variable *variable)
{
	CLEANUP_SIGNATURES struct nvram_signatures signatures = NVRAM_SIGNATURES_INIT;
	json_t *subjects = json_array();

	if (nvram_read_signatures(variable, &signatures, NULL) < 0) {
		json_decref(subjects);
		return json_null();
	}
	for (size_t i = 0; i < signatures.certificates; i++)
		json_array_append_new(subjects, text_json(signatures.subjects[i]));
	return json_pack("{s:o, s:I, s:I}", "certificates", subjects, "hashes",
			 (json_int_t)signatures.hashes, "others", (json_int_t)signatures.others);
}

static json_t *variable_json(const struct nvram_variable *variable)
{
	CLEANUP_FREE char *bytes = hex(variable->data, variable->size);
	CLEANUP_FREE char *time = hex(variable->time, sizeof(variable->time));
	char guid[GUID_TEXT_SIZE];
	json_t *json =
		json_pack("{s:o, s:s, s:I, s:I}", "name", text_json(variable->name), "guid",
			  guid_format(&variable->vendor, guid), "attr",
			  (json_int_t)variable->attributes, "size", (json_int_t)variable->size);

	if (json && bytes)
		json_object_set_new(json, "data", json_string(bytes));
	if (json && time && !is_zero(variable->time, sizeof(variable->time)))
		json_object_set_new(json, "time", json_string(time));
	if (json && nvram_holds_signatures(variable))
		json_object_set_new(json, "signatures", signatures_json(variable));
	return json;
}

int cmd_nvram_show_all(struct nvram_command *command, struct error *err)
{
	CLEANUP_PAGE FILE *page = NULL;
	const struct nvram *nvram = &command->store.nvram;
	json_t *list, *root;

	if (command->options.json) {
		list = json_array();
		for (size_t i = 0; i < nvram->count; i++)
			json_array_append_new(list, variable_json(&nvram->variables[i]));
		root = json_pack("{s:s, s:o}", "format", nvram_format_text(command->store.format),
				 "variables", list);
		cmd_nvram_set_schema(root);
		return text_json_print(root, err);
	}
	page = page_open(stdout);
	if (!page)
		return error_failed(err, ENOMEM, "out of memory");
	safe_printf(page, "%s: %s, %zu variables, %s\n", command->store.name,
		    nvram_format_text(command->store.format), nvram->count,
		    nvram_has_secure_boot_keys(nvram) ? "Secure Boot keys" : "no Secure Boot keys");
	for (size_t i = 0; i < nvram->count; i++) {
		int r = print_variable(page, &nvram->variables[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Elements of a boot store as text: see value.h. */
#include "bcd/value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bcd/device.h"
#include "bcd/names.h"
#include "common/bytes.h"

/* More hexadecimal digits than this say nothing to a reader. */
#define MAX_HEX_BYTES 256

void bcd_texts_done(struct bcd_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->list[i]);
	free(texts->list);
	texts->list = NULL;
	texts->count = 0;
}

char *bcd_id_text(const struct guid *id, char text[BCD_ID_SIZE])
{
	const char *alias = bcd_object_alias(id);
	char guid[GUID_TEXT_SIZE];

	if (alias)
		snprintf(text, BCD_ID_SIZE, "%s", alias);
	else
		snprintf(text, BCD_ID_SIZE, "{%s}", guid_format(id, guid));
	return text;
}

/* Append 'text', which the list takes over; NULL means out of memory. */
static bool append_text(struct bcd_texts *texts, char *text)
{
	char **grown = text ? reallocarray(texts->list, texts->count + 1, sizeof(*grown)) : NULL;

	if (!grown) {
		free(text);
		return false;
	}
	texts->list = grown;
	grown[texts->count++] = text;
	return true;
}

static char *hex_text(const struct bcd_element *element)
{
	size_t shown = element->size < MAX_HEX_BYTES ? element->size : MAX_HEX_BYTES;
	char *text = malloc(2 * shown + 32);
	int at;

	if (!text)
		return NULL;
	at = snprintf(text, 32, "type %" PRIu32 ": ", element->registry_type);
	for (size_t i = 0; i < shown; i++)
		at += snprintf(text + at, 3, "%02x", element->data[i]);
	if (shown < element->size)
		snprintf(text + at, 4, "...");
	return text;
}

static char *number_text(uint32_t object_type, uint32_t code, uint64_t value)
{
	const char *name = bcd_value_name(object_type, code, value);
	char *text = NULL;

	if (name)
		return strdup(name);
	return asprintf(&text, "%" PRIu64, value) < 0 ? NULL : text;
}

/*
 * Each of these returns 1 when done, 0 when the value is not of that form, and -1 without memory.
 */

static int device_texts(const struct bcd_element *element, struct bcd_texts *ret)
{
	CLEANUP_BCD_DEVICE struct bcd_device device = BCD_DEVICE_INIT;
	struct error err = ERROR_INIT;

	if (bcd_device_decode(element->data, element->size, &device, &err) < 0)
		return err.code == ENOMEM ? -1 : 0;
	if (device.kind == BCD_DEVICE_OTHER)
		return 0;
	return append_text(ret, bcd_device_text(&device)) ? 1 : -1;
}

static int string_texts(const struct bcd_object *holder, uint32_t code, struct bcd_texts *ret)
{
	char *text = bcd_object_string(holder, code);

	return append_text(ret, text) ? 1 : -1;
}

static int guid_texts(const struct bcd_element *element, struct bcd_texts *ret)
{
	CLEANUP_FREE struct guid *ids = NULL;
	size_t count = 0;
	int r = bcd_element_guids(element, &ids, &count);

	if (r < 0)
		return r == -ENOMEM ? -1 : 0;
	for (size_t i = 0; i < count; i++) {
		char id[BCD_ID_SIZE];

		if (!append_text(ret, strdup(bcd_id_text(&ids[i], id))))
			return -1;
	}
	return 1;
}

static int integer_texts(uint32_t object_type, const struct bcd_element *element,
			 struct bcd_texts *ret)
{
	uint64_t value;

	if (!bcd_element_integer(element, &value))
		return 0;
	return append_text(ret, number_text(object_type, element->code, value)) ? 1 : -1;
}

static int integer_list_texts(const struct bcd_element *element, struct bcd_texts *ret)
{
	if (element->size == 0 || element->size % 8 != 0)
		return 0;
	for (size_t at = 0; at < element->size; at += 8) {
		char *text = NULL;

		if (asprintf(&text, "0x%" PRIx64, get_le64(element->data + at)) < 0 ||
		    !append_text(ret, text))
			return -1;
	}
	return 1;
}

static int boolean_texts(const struct bcd_element *element, struct bcd_texts *ret)
{
	if (element->size != 1 || element->data[0] > 1)
		return 0;
	return append_text(ret, strdup(element->data[0] ? "Yes" : "No")) ? 1 : -1;
}

static int texts_by_format(uint32_t object_type, const struct bcd_element *element,
			   struct bcd_texts *ret)
{
	struct bcd_element copy = *element;
	struct bcd_object holder = {.elements = &copy, .element_count = 1};

	if (BCD_ELEMENT_FORMAT(element->code) != BCD_FORMAT_OBJECT_LIST &&
	    element->registry_type != bcd_registry_type(element->code))
		return 0;
	switch (BCD_ELEMENT_FORMAT(element->code)) {
	case BCD_FORMAT_DEVICE:
		return device_texts(element, ret);
	case BCD_FORMAT_STRING:
		return string_texts(&holder, element->code, ret);
	case BCD_FORMAT_OBJECT:
	case BCD_FORMAT_OBJECT_LIST:
		return guid_texts(element, ret);
	case BCD_FORMAT_INTEGER:
		return integer_texts(object_type, element, ret);
	case BCD_FORMAT_BOOLEAN:
		return boolean_texts(element, ret);
	case BCD_FORMAT_INTEGER_LIST:
		return integer_list_texts(element, ret);
	default:
		return 0;
	}
}

int bcd_element_texts(uint32_t object_type, const struct bcd_element *element,
		      struct bcd_texts *ret, struct error *err)
{
	CLEANUP_BCD_TEXTS struct bcd_texts texts = BCD_TEXTS_INIT;
	int r = element->data ? texts_by_format(object_type, element, &texts) : 0;

	if (r == 0) {
		bcd_texts_done(&texts);
		r = append_text(&texts, element->data ? hex_text(element) : strdup("(no value)"))
			    ? 1
			    : -1;
	}
	if (r < 0)
		return error_failed(err, ENOMEM, "out of memory");
	*ret = texts;
	texts.list = NULL;
	texts.count = 0;
	return 0;
}

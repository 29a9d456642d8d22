/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys and values of PowerShell: see powershell_parts.h. */
#include "convert/vm/emit/powershell_parts.h"

#include <inttypes.h>

#include "convert/vm/emit/quote.h"

static void begin_line(struct ps_writer *writer, const char *key)
{
	buffer_fill(writer->out, '\t', writer->depth);
	if (key)
		buffer_printf(writer->out, "%s = ", key);
}

void ps_open(struct ps_writer *writer, const char *key, const char *opening)
{
	begin_line(writer, key);
	buffer_printf(writer->out, "%s\n", opening);
	writer->depth++;
}

void ps_close(struct ps_writer *writer, const char *closing)
{
	writer->depth--;
	begin_line(writer, NULL);
	buffer_printf(writer->out, "%s\n", closing);
}

void ps_text(struct ps_writer *writer, const char *key, const char *text)
{
	begin_line(writer, key);
	emit_quote(writer->out, text);
	buffer_text(writer->out, "\n");
}

void ps_unsigned(struct ps_writer *writer, const char *key, uint64_t value)
{
	begin_line(writer, key);
	buffer_printf(writer->out, "%" PRIu64 "\n", value);
}

void ps_number(struct ps_writer *writer, const char *key, const struct vm_number *number)
{
	if (number->is_present)
		ps_unsigned(writer, key, number->value);
	else
		ps_text(writer, key, NULL);
}

void ps_bool(struct ps_writer *writer, const char *key, bool value)
{
	begin_line(writer, key);
	buffer_text(writer->out, value ? "$true\n" : "$false\n");
}

void ps_flag(struct ps_writer *writer, const char *key, enum vm_flag flag)
{
	if (flag == VM_ABSENT)
		ps_text(writer, key, NULL);
	else
		ps_bool(writer, key, flag == VM_YES);
}

void ps_guid(struct ps_writer *writer, const char *key, const struct guid *guid)
{
	char text[GUID_TEXT_SIZE];

	ps_text(writer, key, guid ? guid_format(guid, text) : NULL);
}

void ps_mac(struct ps_writer *writer, const char *key, const uint8_t *mac)
{
	if (!mac) {
		ps_text(writer, key, NULL);
		return;
	}
	begin_line(writer, key);
	buffer_printf(writer->out, "'%02X%02X%02X%02X%02X%02X'\n", mac[0], mac[1], mac[2], mac[3],
		      mac[4], mac[5]);
}

void ps_bytes(struct ps_writer *writer, const char *key, const uint8_t *data, size_t size)
{
	begin_line(writer, key);
	buffer_text(writer->out, "'");
	for (size_t i = 0; i < size; i++)
		buffer_printf(writer->out, "%02x", data[i]);
	buffer_text(writer->out, "'\n");
}

void ps_texts(struct ps_writer *writer, const char *key, const char *const *texts, size_t count)
{
	begin_line(writer, key);
	buffer_text(writer->out, "@(");
	for (size_t i = 0; i < count; i++) {
		buffer_text(writer->out, i ? ", " : "");
		emit_quote(writer->out, texts[i]);
	}
	buffer_text(writer->out, ")\n");
}

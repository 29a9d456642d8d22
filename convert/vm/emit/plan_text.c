/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words of the cmdlets: see plan_text.h. */
#include "convert/vm/emit/plan_text.h"

#include "common/buffer.h"
#include "common/checked.h"
#include "common/safe_text.h"
#include "common/utf16.h"

const char *plan_start_action(enum vm_action action)
{
	static const char *const words[] = {NULL, "Nothing", "StartIfRunning", "Start"};

	return words[action];
}

const char *plan_stop_action(enum vm_action action)
{
	static const char *const words[] = {NULL, "TurnOff", "Save", "ShutDown"};

	return words[action];
}

static const char *word(const char *const *words, size_t count, const struct vm_number *number)
{
	return number->is_present && number->value < count ? words[number->value] : NULL;
}

/* As UserSnapshotType of Msvm_VirtualSystemSettingData. */
const char *plan_checkpoint_type(const struct vm_number *number)
{
	static const char *const words[] = {
		NULL, NULL, "Disabled", "Production", "ProductionOnly", "Standard"};

	return word(words, ARRAY_SIZE(words), number);
}

const char *plan_critical_error(const struct vm_number *number)
{
	static const char *const words[] = {"None", "Pause"};

	return word(words, ARRAY_SIZE(words), number);
}

/* As ResolutionType of Msvm_SyntheticDisplayControllerSettingData. */
const char *plan_resolution_type(const struct vm_number *number)
{
	static const char *const words[] = {NULL, NULL, "Maximum", "Single", "Default"};

	return word(words, ARRAY_SIZE(words), number);
}

const char *plan_network_protocol(const struct vm_number *number)
{
	if (!number->is_present)
		return NULL;
	return number->value == 6 ? "IPv6" : "IPv4";
}

/* As IOVInterruptModeration of Msvm_EthernetSwitchPortOffloadSettingData. */
const char *plan_iov_moderation(uint32_t number)
{
	static const struct {
		uint32_t number;
		const char *word;
	} words[] = {{0, "Default"}, {1, "Adaptive"}, {2, "Off"},
		     {100, "Low"},   {200, "Medium"}, {300, "High"}};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].number == number)
			return words[i].word;
	return NULL;
}

/* Char of XML 1.0, section 2.2. */
static bool is_xml(uint32_t code)
{
	return code == '\t' || code == '\n' || code == '\r' || (code >= 0x20 && code < 0xd800) ||
	       (code >= 0xe000 && code < 0xfffe) || (code >= 0x10000 && code < 0x110000);
}

bool plan_is_plain(uint32_t code)
{
	return is_xml(code) && safe_is_shown(code);
}

static void append_escape(struct buffer *copy, uint32_t code)
{
	buffer_printf(copy, "\\u%04X", code == UTF8_MALFORMED ? 0xfffd : code);
}

char *plan_xml_text(const char *text, bool *ret_changed)
{
	struct buffer copy = BUFFER_INIT;

	*ret_changed = false;
	while (*text) {
		const char *at = text;
		uint32_t code = utf8_next(&text);

		if (is_xml(code)) {
			buffer_append(&copy, at, (size_t)(text - at));
		} else {
			append_escape(&copy, code);
			*ret_changed = true;
		}
	}
	return buffer_take_text(&copy);
}

char *plan_plain_text(const char *text, bool has_lines)
{
	struct buffer copy = BUFFER_INIT;

	while (*text) {
		const char *at = text;
		uint32_t code = utf8_next(&text);
		bool is_kept = has_lines && (code == '\n' || code == '\t');

		if (is_kept || plan_is_plain(code))
			buffer_append(&copy, at, (size_t)(text - at));
		else if (!has_lines || code != '\r' || *text != '\n')
			append_escape(&copy, code);
	}
	return buffer_take_text(&copy);
}

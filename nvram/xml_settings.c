/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VM settings of the firmware, which only a configuration holds: leaves of the virtual BIOS beside
 * its variables. */
#include "nvram/xml_settings.h"

#include <errno.h>
#include <string.h>

#include "nvram/internal.h"
#include "nvram/xml.h"

static const struct {
	const char *key, *type, *values[2];
} leaves[NVRAM_SETTING_MAX] = {
	[NVRAM_SETTING_NETWORK_PROTOCOL] = {"pxe_preferred_protocol", "integer", {"4", "6"}},
	[NVRAM_SETTING_PAUSE] = {"pause_after_boot_failure", "bool", {"False", "True"}},
};

/* The element, or where the alphabet wants it: behind the last sibling that comes before. */
static bool find_leaf(const struct xml_text *xml, const struct xml_element *bios, const char *key,
		      struct xml_element *ret, size_t *ret_place)
{
	size_t offset = bios->content;
	struct xml_element child;

	*ret_place = bios->content;
	while (xml_next(xml, bios, &offset, &child))
		if (strcmp(xml->text + child.name, key) < 0)
			*ret_place = child.end;
	return xml_child(xml, bios, key, ret);
}

int xml_set(const struct file_bytes *old, enum nvram_setting setting, unsigned int choice,
	    uint8_t **ret, size_t *ret_size, struct error *err)
{
	CLEANUP_XML struct xml_text xml = XML_TEXT_INIT;
	CLEANUP_BUFFER struct buffer out = BUFFER_INIT;
	CLEANUP_FREE char *text = NULL;
	const char *key = leaves[setting].key;
	struct xml_element bios, leaf;
	size_t from, to, size;
	int r = xml_load(old, &xml, err);

	if (r == 0)
		r = xml_find_bios(&xml, old->name, &bios, err);
	if (r < 0)
		return r;
	if (find_leaf(&xml, &bios, key, &leaf, &from)) {
		from = leaf.start;
		to = leaf.end;
		buffer_append(&out, xml.text, from);
	} else {
		to = from;
		buffer_append(&out, xml.text, from);
		buffer_printf(&out, "%s    ", xml.newline);
	}
	buffer_printf(&out, "<%s type=\"%s\">%s</%s>", key, leaves[setting].type,
		      leaves[setting].values[choice], key);
	buffer_append(&out, xml.text + to, xml.size - to);
	size = out.size;
	text = buffer_take_text(&out);
	if (!text)
		return error_failed(err, ENOMEM, "'%s': out of memory", old->name);
	return xml_save(&xml, text, size, ret, ret_size, err);
}

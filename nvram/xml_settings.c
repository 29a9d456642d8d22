/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VM settings of the firmware, which only a configuration holds: leaves of the virtual BIOS beside
 * its variables. */
#include "nvram/xml_settings.h"

#include <errno.h>
#include <string.h>

#include "nvram/xml.h"

static const struct {
	const char *key, *type, *values[2];
} leaves[NVRAM_SETTING_MAX] = {
	[NVRAM_SETTING_NETWORK_PROTOCOL] = {"pxe_preferred_protocol", "integer", {"4", "6"}},
	[NVRAM_SETTING_PAUSE] = {"pause_after_boot_failure", "bool", {"False", "True"}},
};

/* Where the alphabet wants a new leaf: behind the last sibling that comes before. */
static size_t place_of(const struct nvram_xml_text *xml, const struct span_element *bios,
		       const char *key)
{
	const struct span_element *child = NULL;
	size_t place = bios->content;

	while ((child = span_child(bios, child)))
		if (strcmp(xml->text + child->name.at, key) < 0)
			place = child->end;
	return place;
}

int nvram_xml_set(const struct file_bytes *old, enum nvram_setting setting, unsigned int choice,
		  uint8_t **ret, size_t *ret_size, struct error *err)
{
	CLEANUP_NVRAM_XML struct nvram_xml_text xml = NVRAM_XML_TEXT_INIT;
	CLEANUP_BUFFER struct buffer out = BUFFER_INIT;
	CLEANUP_FREE char *text = NULL;
	const char *key = leaves[setting].key;
	const struct span_element *bios, *leaf;
	size_t from, to, size;
	int r = nvram_xml_load(old, &xml, err);

	if (r == 0)
		r = nvram_xml_find_bios(&xml, old->name, &bios, err);
	if (r < 0)
		return r;
	leaf = nvram_xml_child(&xml, bios, key);
	from = leaf ? leaf->start : place_of(&xml, bios, key);
	to = leaf ? leaf->end : from;
	buffer_append(&out, xml.text, from);
	if (!leaf)
		buffer_printf(&out, "%s    ", xml.newline);
	buffer_printf(&out, "<%s type=\"%s\">%s</%s>", key, leaves[setting].type,
		      leaves[setting].values[choice], key);
	buffer_append(&out, xml.text + to, xml.size - to);
	size = out.size;
	text = buffer_take_text(&out);
	if (!text)
		return error_failed(err, ENOMEM, "'%s': out of memory", old->name);
	return nvram_xml_save(&xml, text, size, ret, ret_size, err);
}

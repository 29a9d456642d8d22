/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UEFI variables in a Hyper-V configuration of version 5.0 (Windows Server 2012 R2), an XML file:
 *
 *   <configuration>
 *     <_ac6b8dc1-3257-4a70-b1b2-a9c9215659ad_>           the virtual BIOS
 *       <nvram>
 *         <_8BE4DF61-...-00E098032B8CBoot0000>           vendor and name
 *           <attributes type="integer">7</attributes>
 *           <data type="bytes">base64 in lines of 64</data>
 *           <index type="integer">0</index>              number in the map
 *           <timestamp type="bytes">EFI_TIME</timestamp> absent on some
 *         </...>
 *         <last_update_time .../>
 *         <map> <index0 type="string">8BE4DF61-...Boot0000</index0> ... </map>
 *         <map_max_index type="integer">1</map_max_index>
 *
 * Known from one real file; elements are in alphabetical order there.
 */
#ifndef HVGEN2_NVRAM_XML_H
#define HVGEN2_NVRAM_XML_H

#include "common/bytes.h"
#include "nvram/nvram.h"
#include "nvram/xml_text.h"

/* Names are read without regard to case. */
bool nvram_xml_is_named(const struct nvram_xml_text *xml, const struct span_element *element,
			const char *name);

/* The first child of this name, or NULL. */
const struct span_element *nvram_xml_child(const struct nvram_xml_text *xml,
					   const struct span_element *parent, const char *name);

/* The virtual BIOS, or ERROR_DAMAGED when this is no configuration. */
int nvram_xml_find_bios(const struct nvram_xml_text *xml, const char *name,
			const struct span_element **ret, struct error *err);

/* A variable element of the nvram node: false for "map" and the like. *ret_name is to be freed. */
bool nvram_xml_variable_key(const struct nvram_xml_text *xml, const struct span_element *element,
			    struct guid *ret_vendor, char **ret_name);

/* One variable, and its number in the map. */
int nvram_xml_read_variable(const struct nvram_xml_text *xml, const struct span_element *element,
			    const char *name, struct nvram *ret, uint64_t *ret_index,
			    struct error *err);

/* The variables in the order of the map. Empty when there is no nvram node. */
int nvram_xml_decode(const struct file_bytes *file, struct nvram *ret, struct error *err);

#endif

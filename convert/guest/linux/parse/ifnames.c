/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adapters in files of keys and values: see ifnames.h. */
#include "convert/guest/linux/parse/ifnames.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/checked.h"
#include "convert/guest/linux/parse/ifnames_list.h"

#define MAX_VALUE 64 /* longest value of ifcfg that is looked at, names and MACs are shorter */

/* --- ifupdown --------------------------------------------------------------------------------- */

/* A line of a stanza: "address 192.0.2.7/24", "netmask 255.255.255.0", "hwaddress ether 00:15:..."
 * and "hwaddress 00:15:...". */
static int take_interfaces_option(const struct file_bytes *file, struct text_line line,
				  struct network_name *name, struct error *err)
{
	struct text_line word;

	bool is_address, is_mask;

	if (!name || !text_next_word(&line, &word))
		return 0;
	is_address = text_is(&word, "address") && name->is_static_address;
	is_mask = text_is(&word, "netmask");
	if (!is_address && !is_mask && !text_is(&word, "hwaddress"))
		return 0;
	if (!text_next_word(&line, &word))
		return 0;
	if (is_address)
		ifnames_add_addresses(&word, name);
	else if (is_mask)
		ifnames_add_mask(&word, name);
	if (is_address || is_mask)
		return 0;
	if (text_is(&word, "ether") && !text_next_word(&line, &word))
		return 0;
	return ifnames_set(file, &word, &name->mac, err);
}

/* "iface NAME [FAMILY METHOD]", behind its first word. */
static int take_iface(const struct file_bytes *file, struct text_line line,
		      struct network_names *ret, struct network_name **ret_name, struct error *err)
{
	struct text_line interface, word;
	int r;

	*ret_name = NULL;
	if (!text_next_word(&line, &interface) || ifnames_is_loopback(&interface))
		return 0;
	r = ifnames_add(file, &interface, ret, ret_name, err);
	while (r == 0 && text_next_word(&line, &word))
		if (text_is(&word, "static"))
			(*ret_name)->is_static_address = true;
	return r;
}

static bool ends_stanza(const struct text_line *word)
{
	return text_is(word, "auto") || text_is(word, "mapping") || text_is(word, "source") ||
	       text_is(word, "source-directory") || text_starts_with(word, "allow-") ||
	       text_is(word, "template");
}

int ifnames_from_interfaces(const struct file_bytes *file, struct network_names *ret,
			    struct error *err)
{
	struct text_line line = {.number = 0}, rest, word;
	struct network_name *name = NULL;
	size_t at = 0;
	int r = text_file_check(file, IFNAMES_MAX_BYTES, err);

	while (r == 0 && text_next_line(file, &at, &line)) {
		rest = line;
		if (!text_next_word(&rest, &word) || word.text[0] == '#')
			continue;
		if (text_is(&word, "iface"))
			r = take_iface(file, rest, ret, &name, err);
		else if (ends_stanza(&word))
			name = NULL;
		else
			r = take_interfaces_option(file, line, name, err);
	}
	return r;
}

/* --- ifcfg ------------------------------------------------------------------------------------ */

/* "IPADDR2=..." with what belongs to the same number. */
struct ifcfg_address {
	char number[8]; /* "", "0", "_1" */
	char address[MAX_VALUE], mask[MAX_VALUE];
};

#define MAX_IFCFG_ADDRESSES 8

/* What an ifcfg file says. Lines are those where it says it, 0 where it does not. */
struct ifcfg {
	struct ifcfg_address addresses[MAX_IFCFG_ADDRESSES];
	size_t address_count;
	char six[MAX_VALUE]; /* IPV6ADDR */
	char device[MAX_VALUE], mac[MAX_VALUE];
	unsigned int device_line, mac_line;
	bool is_static;
};

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static struct ifcfg_address *ifcfg_address_of(struct ifcfg *ifcfg, const char *number, size_t size)
{
	struct ifcfg_address *list = ifcfg->addresses;
	size_t i = 0;

	if (size >= sizeof(list->number))
		return NULL;
	while (i < ifcfg->address_count &&
	       (strncmp(list[i].number, number, size) != 0 || list[i].number[size]))
		i++;
	if (i == MAX_IFCFG_ADDRESSES)
		return NULL;
	if (i == ifcfg->address_count)
		snprintf(list[ifcfg->address_count++].number, sizeof(list->number), "%.*s",
			 (int)size, number);
	return &list[i];
}

/* Masks may come before what they belong to. */
static void take_ifcfg_address(struct ifcfg *ifcfg, const struct text_line *key, const char *value)
{
	static const char *const keys[] = {"IPADDR", "NETMASK", "PREFIXLEN", "PREFIX"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		size_t length = strlen(keys[i]);
		struct ifcfg_address *address;

		if (!text_starts_with(key, keys[i]))
			continue;
		address = ifcfg_address_of(ifcfg, key->text + length, key->size - length);
		if (address)
			snprintf(i == 0 ? address->address : address->mask, MAX_VALUE, "%s", value);
		return;
	}
}

static void add_ifcfg_addresses(const struct ifcfg *ifcfg, struct network_name *name)
{
	for (size_t i = 0; i < ifcfg->address_count; i++) {
		const struct ifcfg_address *from = &ifcfg->addresses[i];
		struct text_line address = {from->address, strlen(from->address), 0};
		struct text_line mask = {from->mask, strlen(from->mask), 0};
		size_t before = name->addresses.count;

		ifnames_add_addresses(&address, name);
		if (name->addresses.count > before)
			ifnames_add_mask(&mask, name);
	}
	ifnames_add_addresses(&(struct text_line){ifcfg->six, strlen(ifcfg->six), 0}, name);
}

static void take_ifcfg_value(struct ifcfg *ifcfg, const struct text_line *key, const char *value)
{
	if (!*value)
		return;
	take_ifcfg_address(ifcfg, key, value);
	if (text_is(key, "DEVICE")) {
		snprintf(ifcfg->device, sizeof(ifcfg->device), "%s", value);
		ifcfg->device_line = key->number;
	} else if (text_is(key, "HWADDR")) {
		snprintf(ifcfg->mac, sizeof(ifcfg->mac), "%s", value);
		ifcfg->mac_line = key->number;
	} else if (text_is(key, "BOOTPROTO")) {
		ifcfg->is_static = ifcfg->is_static || strcasecmp(value, "static") == 0;
	} else if (text_starts_with(key, "IPADDR")) {
		ifcfg->is_static = true;
	} else if (text_is(key, "IPV6ADDR")) {
		ifcfg->is_static = true;
		snprintf(ifcfg->six, sizeof(ifcfg->six), "%s", value);
	}
}

static void read_ifcfg(const struct file_bytes *file, struct ifcfg *ret)
{
	struct text_line line = {.number = 0}, key, value;
	char text[MAX_VALUE];
	size_t at = 0;

	while (text_next_line(file, &at, &line)) {
		key = line;
		if (text_assignment(&key, &value) &&
		    text_shell_value(&value, text, sizeof(text)) < sizeof(text))
			take_ifcfg_value(ret, &key, text);
	}
}

/* What is behind "ifcfg-" in the file's name, which is the adapter's where nothing else is said. */
static struct text_line name_of_file(const struct file_bytes *file)
{
	const char *slash = strrchr(file->name, '/');
	const char *name = slash ? slash + 1 : file->name;

	name += starts_with(name, "ifcfg-") ? strlen("ifcfg-") : strlen(name);
	return (struct text_line){name, strlen(name), 1};
}

int ifnames_from_ifcfg(const struct file_bytes *file, struct network_names *ret, struct error *err)
{
	struct ifcfg ifcfg = {.is_static = false};
	struct text_line interface = name_of_file(file), mac;
	struct network_name *name;
	int r = text_file_check(file, IFNAMES_MAX_BYTES, err);

	if (r < 0)
		return r;
	read_ifcfg(file, &ifcfg);
	if (ifcfg.device_line)
		interface =
			(struct text_line){ifcfg.device, strlen(ifcfg.device), ifcfg.device_line};
	else if (ifcfg.mac_line)
		interface = (struct text_line){"", 0, ifcfg.mac_line};
	if (ifnames_is_loopback(&interface) || (interface.size == 0 && !ifcfg.mac_line))
		return 0;
	r = ifnames_add(file, &interface, ret, &name, err);
	if (r < 0)
		return r;
	name->is_static_address = ifcfg.is_static;
	add_ifcfg_addresses(&ifcfg, name);
	mac = (struct text_line){ifcfg.mac, strlen(ifcfg.mac), ifcfg.mac_line};
	return ifcfg.mac_line ? ifnames_set(file, &mac, &name->mac, err) : 0;
}

/* --- NetworkManager --------------------------------------------------------------------------- */

#define MAX_KEYFILE_ADDRESSES 16

/* What a keyfile says: places in it, of number 0 where it does not. */
struct keyfile {
	struct text_line interface, mac;
	struct text_line addresses[MAX_KEYFILE_ADDRESSES];
	size_t address_count;
	bool is_static;
};

static bool is_mac_section(const struct text_line *section)
{
	return text_is(section, "[ethernet]") || text_is(section, "[802-3-ethernet]");
}

static void take_keyfile_value(struct keyfile *keyfile, const struct text_line *section,
			       const struct text_line *key, const struct text_line *value)
{
	if (text_is(section, "[connection]") && text_is(key, "interface-name"))
		keyfile->interface = *value;
	else if (is_mac_section(section) && text_is(key, "mac-address"))
		keyfile->mac = *value;
	else if (!text_is(section, "[ipv4]") && !text_is(section, "[ipv6]"))
		return;
	else if (text_is(key, "method") && text_is(value, "manual"))
		keyfile->is_static = true;
	else if (text_starts_with(key, "address") && keyfile->address_count < MAX_KEYFILE_ADDRESSES)
		keyfile->addresses[keyfile->address_count++] = *value;
}

static void read_keyfile(const struct file_bytes *file, struct keyfile *ret)
{
	struct text_line line = {.number = 0}, section = {"", 0, 0}, key, value;
	size_t at = 0;

	while (text_next_line(file, &at, &line)) {
		key = line;
		text_trim(&key);
		if (text_starts_with(&key, "[")) {
			section = key;
		} else if (!text_starts_with(&key, "#") && text_split(&key, '=', &value)) {
			text_trim(&key);
			text_trim(&value);
			if (value.size > 0)
				take_keyfile_value(ret, &section, &key, &value);
		}
	}
}

int ifnames_from_nmconnection(const struct file_bytes *file, struct network_names *ret,
			      struct error *err)
{
	struct keyfile keyfile = {.interface = {"", 0, 0}};
	struct network_name *name;
	int r = text_file_check(file, IFNAMES_MAX_BYTES, err);

	if (r < 0)
		return r;
	read_keyfile(file, &keyfile);
	if (ifnames_is_loopback(&keyfile.interface) ||
	    (keyfile.interface.number == 0 && keyfile.mac.number == 0))
		return 0;
	if (keyfile.interface.number == 0)
		keyfile.interface.number = keyfile.mac.number;
	r = ifnames_add(file, &keyfile.interface, ret, &name, err);
	if (r < 0)
		return r;
	name->is_static_address = keyfile.is_static;
	for (size_t i = 0; keyfile.is_static && i < keyfile.address_count; i++) {
		struct text_line address = keyfile.addresses[i], gateway;

		(void)text_split(&address, ',', &gateway);
		ifnames_add_addresses(&address, name);
	}
	return keyfile.mac.number ? ifnames_set(file, &keyfile.mac, &name->mac, err) : 0;
}

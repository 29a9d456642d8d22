/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Adapters in rules of udev, and in the files of systemd that took their place: see ifnames.h. Above a
 * synthetic adapter are a device of the VMBus with the driver hv_netvsc and the bus itself; above an
 * emulated one was a device of the PCI bus with the driver tulip.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "common/checked.h"
#include "convert/guest/linux/parse/ifnames_list.h"

#define MAX_PATTERN 128 /* a longer one is of no driver and no place */

/* Does one of the patterns fit, which have one of 'between' between them? */
static bool fits(const struct text_line *patterns, const char *between, const char *name)
{
	char text[MAX_PATTERN], *rest = text, *pattern;

	if (patterns->size >= sizeof(text))
		return false;
	if (patterns->size == 0) /* the bus has no driver */
		return true;
	snprintf(text, sizeof(text), "%.*s", (int)patterns->size, patterns->text);
	while ((pattern = strsep(&rest, between)))
		if (*pattern && fnmatch(pattern, name, 0) == 0)
			return true;
	return false;
}

static bool is_driver_of_vmbus(const struct text_line *patterns, const char *between)
{
	return fits(patterns, between, "hv_netvsc") || fits(patterns, between, "hv_vmbus");
}

/* "0000:00:0a.0", the place of a device on the PCI bus, in patterns too. */
static bool is_place_of_pci(const struct text_line *text)
{
	const char *colon = memchr(text->text, ':', text->size);

	return colon && memchr(colon, '.', text->size - (size_t)(colon - text->text));
}

/* --- udev ------------------------------------------------------------------------------------- */

/* The value behind KEY== or KEY= in a rule, which has its pairs with commas between. */
static bool find_pair(const struct text_line *rule, const char *key, const char *sign,
		      struct text_line *ret)
{
	struct text_line rest = *rule, pair;
	bool has_more = true;

	while (has_more) {
		pair = rest;
		has_more = text_split(&pair, ',', &rest);
		text_trim(&pair);
		if (text_starts_with(&pair, key) && text_split(&pair, '"', ret)) {
			pair.text += strlen(key);
			pair.size -= strlen(key);
			text_trim(&pair);
			if (text_is(&pair, sign))
				return text_split(ret, '"', &pair);
		}
	}
	return false;
}

/* Does a synthetic adapter lack what this pair of a rule asks for? */
static bool is_of_emulated(const char *key, const struct text_line *value)
{
	if (strcmp(key, "DRIVERS") == 0)
		return !is_driver_of_vmbus(value, "|");
	if (strcmp(key, "KERNELS") == 0 || strcmp(key, "ID") == 0)
		return is_place_of_pci(value);
	return text_is(value, "pci");
}

static int take_device(const struct file_bytes *file, const struct text_line *rule,
		       struct network_name *name, struct error *err)
{
	static const char *const keys[] = {"DRIVERS", "KERNELS", "ID", "SUBSYSTEMS", "BUS"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct text_line value, whole;
		char text[MAX_PATTERN + 16];

		if (!find_pair(rule, keys[i], "==", &value) || !is_of_emulated(keys[i], &value))
			continue;
		snprintf(text, sizeof(text), "%s==\"%.*s\"", keys[i],
			 (int)min_u64(value.size, MAX_PATTERN), value.text);
		whole = (struct text_line){text, strlen(text), value.number};
		return ifnames_set(file, &whole, &name->device, err);
	}
	return 0;
}

static int take_rule(const struct file_bytes *file, const struct text_line *rule,
		     struct network_names *ret, struct error *err)
{
	struct text_line interface, mac;
	struct network_name *name;
	int r;

	if (!find_pair(rule, "NAME", "=", &interface) && !find_pair(rule, "NAME", ":=", &interface))
		return 0;
	r = ifnames_add(file, &interface, ret, &name, err);
	if (r == 0 && (find_pair(rule, "ATTR{address}", "==", &mac) ||
		       find_pair(rule, "SYSFS{address}", "==", &mac) ||
		       find_pair(rule, "ATTRS{address}", "==", &mac)))
		r = ifnames_set(file, &mac, &name->mac, err);
	return r < 0 ? r : take_device(file, rule, name, err);
}

int ifnames_from_udev_rules(const struct file_bytes *file, struct network_names *ret,
			    struct error *err)
{
	struct text_line line = {.number = 0}, rule;
	size_t at = 0;
	int r = text_file_check(file, IFNAMES_MAX_BYTES, err);

	while (r == 0 && text_next_line(file, &at, &line)) {
		rule = line;
		text_trim(&rule);
		if (!text_starts_with(&rule, "#"))
			r = take_rule(file, &rule, ret, err);
	}
	return r;
}

/* --- systemd ---------------------------------------------------------------------------------- */

/* What a .link file says: places in it, of number 0 where it does not. */
struct link {
	struct text_line interface, mac, device;
};

static void take_match(struct link *link, const struct text_line *line, const struct text_line *key,
		       const struct text_line *value)
{
	struct text_line rest = *value;

	if (text_is(key, "MACAddress") || text_is(key, "PermanentMACAddress"))
		(void)text_next_word(&rest, &link->mac);
	else if ((text_is(key, "Driver") && !is_driver_of_vmbus(value, " \t")) ||
		 (text_is(key, "Path") && text_starts_with(value, "pci-")))
		link->device = *line;
}

static void read_link(const struct file_bytes *file, struct link *ret)
{
	struct text_line line = {.number = 0}, section = {"", 0, 0}, key, value;
	size_t at = 0;

	while (text_next_line(file, &at, &line)) {
		text_trim(&line);
		key = line;
		if (text_starts_with(&key, "[")) {
			section = key;
		} else if (!text_starts_with(&key, "#") && text_split(&key, '=', &value)) {
			text_trim(&key);
			text_trim(&value);
			if (value.size == 0)
				continue;
			if (text_is(&section, "[Match]"))
				take_match(ret, &line, &key, &value);
			else if (text_is(&section, "[Link]") && text_is(&key, "Name"))
				ret->interface = value;
		}
	}
}

int ifnames_from_link(const struct file_bytes *file, struct network_names *ret, struct error *err)
{
	struct link link = {.interface = {"", 0, 0}};
	struct network_name *name;
	int r = text_file_check(file, IFNAMES_MAX_BYTES, err);

	if (r < 0)
		return r;
	read_link(file, &link);
	if (link.interface.number == 0)
		return 0;
	r = ifnames_add(file, &link.interface, ret, &name, err);
	if (r == 0 && link.mac.number)
		r = ifnames_set(file, &link.mac, &name->mac, err);
	if (r == 0 && link.device.number)
		r = ifnames_set(file, &link.device, &name->device, err);
	return r;
}

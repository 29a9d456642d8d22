/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Adapters in rules of udev, and in the files of systemd that took their place: see ifnames.h.
 * Above a synthetic adapter are a device of the VMBus with the driver hv_netvsc and the bus itself;
 * above an emulated one was a device of the PCI bus with the driver tulip.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "common/buffer.h"
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

/* KEY="value", KEY{attribute}=="value" and the like. */
struct pair {
	struct text_line key, sign, value;
};

static struct text_line cut(struct text_line *rest, size_t size)
{
	struct text_line front = {rest->text, size, rest->number};

	rest->text += size;
	rest->size -= size;
	return front;
}

/* How many of these letters it begins with. */
static size_t count_letters(const struct text_line *text, const char *letters)
{
	size_t count = 0;

	while (count < text->size && strchr(letters, text->text[count]))
		count++;
	return count;
}

/* Signs in an attribute are of its name. */
static size_t key_length(const struct text_line *text)
{
	bool is_attribute = false;
	size_t length = 0;

	for (; length < text->size; length++) {
		if (!is_attribute && strchr(" \t=!+-:", text->text[length]))
			break;
		is_attribute = is_attribute ? text->text[length] != '}' : text->text[length] == '{';
	}
	return length;
}

/* What stands before the quote of a value: 'e' where each backslash in it is an escape, 'i' where
 * case does not count, or both. Anything else is no value. */
static struct text_line cut_prefix(struct text_line *rest)
{
	static const char *const prefixes[] = {"e\"", "i\"", "ei\"", "ie\""};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (text_starts_with(rest, prefixes[i]))
			return cut(rest, strlen(prefixes[i]) - 1);
	return cut(rest, 0);
}

/* Is this backslash one that takes the next character with it? */
static bool is_escape(const struct text_line *text, size_t at, bool has_escapes)
{
	return text->text[at] == '\\' && at + 1 < text->size &&
	       (has_escapes || text->text[at + 1] == '"');
}

/* Up to the quote that ends it; all that is left when none does. */
static size_t value_length(const struct text_line *text, bool has_escapes)
{
	size_t length = 0;

	while (length < text->size && text->text[length] != '"')
		length += is_escape(text, length, has_escapes) ? 2 : 1;
	return length;
}

/* As udev takes it from the front of a rule, whose pairs have commas between them or not. False at
 * its end, and where there is none: nothing behind that counts. */
static bool next_pair(struct text_line *rule, struct pair *ret)
{
	struct text_line prefix;
	size_t length;

	cut(rule, count_letters(rule, " \t,"));
	ret->key = cut(rule, key_length(rule));
	cut(rule, count_letters(rule, " \t"));
	ret->sign = cut(rule, count_letters(rule, "=!+-:"));
	cut(rule, count_letters(rule, " \t"));
	prefix = cut_prefix(rule);
	if (ret->key.size == 0 || !text_starts_with(rule, "\""))
		return false;
	cut(rule, 1);
	length = value_length(rule, memchr(prefix.text, 'e', prefix.size));
	if (length == rule->size)
		return false;
	ret->value = cut(rule, length);
	cut(rule, 1);
	return true;
}

/* The value of the first pair with this key and sign. */
static bool find_pair(const struct text_line *rule, const char *key, const char *sign,
		      struct text_line *ret)
{
	struct text_line rest = *rule;
	struct pair pair;

	while (next_pair(&rest, &pair)) {
		if (!text_is(&pair.key, key) || !text_is(&pair.sign, sign))
			continue;
		*ret = pair.value;
		return true;
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

static bool find_mac(const struct text_line *rule, struct text_line *ret)
{
	return find_pair(rule, "ATTR{address}", "==", ret) ||
	       find_pair(rule, "SYSFS{address}", "==", ret) ||
	       find_pair(rule, "ATTRS{address}", "==", ret);
}

/* Disks and others had names by rules once. A rule that does not say what it is for may stand where
 * others lead only adapters; it is one of those when it asks for a MAC. */
static bool is_of_network(const struct text_line *rule)
{
	struct text_line value;

	if (find_pair(rule, "SUBSYSTEM", "==", &value))
		return value.size > 0 && fits(&value, "|", "net");
	return find_mac(rule, &value);
}

static int take_rule(const struct file_bytes *file, const struct text_line *rule,
		     struct network_names *ret, struct error *err)
{
	struct text_line interface, mac;
	struct network_name *name;
	int r;

	if (!is_of_network(rule) || (!find_pair(rule, "NAME", "=", &interface) &&
				     !find_pair(rule, "NAME", ":=", &interface)))
		return 0;
	r = ifnames_add(file, &interface, ret, &name, err);
	if (r == 0 && find_mac(rule, &mac))
		r = ifnames_set(file, &mac, &name->mac, err);
	return r < 0 ? r : take_device(file, rule, name, err);
}

/* The next rule, put together in 'joined': a backslash at the end of a line continues it, and
 * comments between are none of it; an empty line ends it. False at the end of the file. */
static bool next_rule(const struct file_bytes *file, size_t *at, struct text_line *line,
		      struct buffer *joined, struct text_line *ret)
{
	unsigned int first = 0;
	bool has_more = true;

	joined->size = 0;
	while (has_more && text_next_line(file, at, line)) {
		struct text_line part = *line;

		text_trim(&part);
		if (text_starts_with(&part, "#"))
			continue;
		first = first ? first : part.number;
		has_more = part.size > 0 && line->text[line->size - 1] == '\\';
		buffer_append(joined, part.text, part.size - has_more);
	}
	*ret = (struct text_line){joined->size ? (const char *)joined->data : "", joined->size,
				  first};
	return !has_more;
}

int ifnames_from_udev_rules(const struct file_bytes *file, struct network_names *ret,
			    struct error *err)
{
	CLEANUP_BUFFER struct buffer joined = BUFFER_INIT;
	struct text_line line = {.number = 0}, rule;
	size_t at = 0;
	int r = text_file_check(file, IFNAMES_MAX_BYTES, err);

	while (r == 0 && next_rule(file, &at, &line, &joined, &rule))
		r = joined.failed ? error_failed(err, ENOMEM, "'%s': out of memory", file->name)
				  : take_rule(file, &rule, ret, err);
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

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * netplan's YAML by its indentation alone: no library, for what is read is a few keys of files that
 * tools write.
 *
 *   network:
 *     ethernets:          the section, whose column is kept
 *       eth0:             an adapter: the first column further in, and all at it
 *         match:          its keys: further in than that
 *           macaddress: "00:15:5d:01:02:03"
 *         addresses: [192.0.2.7/24]
 *
 * An adapter with 'match' has a free name of its own: the one of the match or of 'set-name' counts.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "convert/guest/linux/parse/ifnames_list.h"

#define NOWHERE SIZE_MAX

/* Where the lines are. Columns are NOWHERE until they are known. */
struct netplan {
	const struct file_bytes *file;
	struct network_names *names;
	size_t section, adapter, keys; /* columns of "ethernets:", the adapters, and their keys */
	size_t index;		       /* of the adapter in the list, or NOWHERE */
	bool is_in_match;	       /* what comes is within "match:" */
	bool is_in_addresses;	       /* or is the list behind "addresses:" */
};

static bool is_key(const struct text_line *key, const char *name)
{
	struct text_line bare = *key;

	text_unquote(&bare);
	return text_is(&bare, name);
}

/* The text without a comment, which a blank stands before. */
static void cut_comment(struct text_line *line)
{
	for (size_t i = 0; i < line->size; i++)
		if (line->text[i] == '#' && (i == 0 || line->text[i - 1] == ' ')) {
			line->size = i;
			return;
		}
}

/* "key: value", the key up to a colon with a blank or the end behind it. */
static bool split_pair(struct text_line *key, struct text_line *ret_value)
{
	for (size_t i = 0; i < key->size; i++) {
		if (key->text[i] != ':' || (i + 1 < key->size && key->text[i + 1] != ' '))
			continue;
		*ret_value = (struct text_line){key->text + i + 1, key->size - i - 1, key->number};
		key->size = i;
		text_trim(ret_value);
		text_trim(key);
		return true;
	}
	return false;
}

/* There is one: the index is not NOWHERE. */
static struct network_name *adapter_of(const struct netplan *netplan)
{
	return &netplan->names->list[netplan->index];
}

static int begin_adapter(struct netplan *netplan, struct text_line key, struct error *err)
{
	struct network_name *name;
	int r;

	netplan->index = netplan->keys = NOWHERE;
	netplan->is_in_match = netplan->is_in_addresses = false;
	text_unquote(&key);
	if (ifnames_is_loopback(&key))
		return 0;
	r = ifnames_add(netplan->file, &key, netplan->names, &name, err);
	if (r == 0)
		netplan->index = netplan->names->count - 1;
	return r;
}

/* The adapter's own name is none of the system: until one is said, there is none. */
static void begin_match(struct netplan *netplan)
{
	struct network_name *name = adapter_of(netplan);

	netplan->is_in_match = true;
	free(name->interface);
	name->interface = NULL;
}

static int set_name(const struct netplan *netplan, const struct text_line *value, struct error *err)
{
	struct network_name *name = adapter_of(netplan);

	name->line = value->number;
	return ifnames_set(netplan->file, value, &name->interface, err);
}

/* One or more; in brackets that are not closed, more come. */
static void take_addresses(struct netplan *netplan, const struct text_line *list)
{
	struct network_name *name = adapter_of(netplan);

	name->is_static_address = true;
	ifnames_add_addresses(list, name);
	netplan->is_in_addresses = !memchr(list->text, ']', list->size);
}

/* A key of the adapter itself. */
static int take_own_key(struct netplan *netplan, const struct text_line *key,
			const struct text_line *value, struct error *err)
{
	netplan->is_in_match = false;
	if (is_key(key, "match"))
		begin_match(netplan);
	else if (is_key(key, "set-name"))
		return set_name(netplan, value, err);
	else if (is_key(key, "addresses") && value->size == 0)
		netplan->is_in_addresses = true;
	else if (is_key(key, "addresses") && !text_is(value, "[]"))
		take_addresses(netplan, value);
	return 0;
}

static int take_key(struct netplan *netplan, bool is_own, const struct text_line *key,
		    struct text_line value, struct error *err)
{
	text_unquote(&value);
	netplan->is_in_addresses = false;
	if (is_own)
		return take_own_key(netplan, key, &value, err);
	if (netplan->is_in_match && is_key(key, "name"))
		return set_name(netplan, &value, err);
	if (netplan->is_in_match && is_key(key, "macaddress"))
		return ifnames_set(netplan->file, &value, &adapter_of(netplan)->mac, err);
	return 0;
}

/* "{match: {macaddress: x}, addresses: [y]}": pairs in braces, of the adapter itself in the outer
 * ones when 'is_own'. */
static int take_flow(struct netplan *netplan, bool is_own, struct text_line flow, struct error *err)
{
	size_t depth = 0;
	int r = 0;

	while (r == 0 && flow.size > 0) {
		size_t length = 0;
		struct text_line pair = flow, value;

		while (length < flow.size && !strchr("{},", flow.text[length]))
			length++;
		pair.size = length;
		text_trim(&pair);
		if (split_pair(&pair, &value))
			r = take_key(netplan, is_own && depth == 1, &pair, value, err);
		else if (netplan->is_in_addresses && pair.size > 0)
			take_addresses(netplan, &pair);
		length += length < flow.size;
		if (flow.text[length - 1] == '{')
			depth++;
		else if (flow.text[length - 1] == '}')
			depth -= depth > 0;
		flow.text += length;
		flow.size -= length;
	}
	netplan->is_in_match = netplan->is_in_addresses = false;
	return r;
}

/* A key within the section. */
static int take_pair(struct netplan *netplan, size_t column, struct text_line key,
		     struct text_line value, struct error *err)
{
	bool is_flow = text_starts_with(&value, "{"), is_own;
	int r;

	if (netplan->adapter == NOWHERE)
		netplan->adapter = column;
	if (column <= netplan->adapter) {
		r = begin_adapter(netplan, key, err);
		if (r < 0 || netplan->index == NOWHERE || !is_flow)
			return r;
		return take_flow(netplan, true, value, err);
	}
	if (netplan->index == NOWHERE)
		return 0;
	if (netplan->keys == NOWHERE)
		netplan->keys = column;
	is_own = column <= netplan->keys;
	r = take_key(netplan, is_own, &key, value, err);
	return r == 0 && is_flow ? take_flow(netplan, false, value, err) : r;
}

static bool is_list_item(const struct text_line *line)
{
	return text_starts_with(line, "- ") || text_is(line, "-");
}

/* "- 192.0.2.7/24" */
static void take_item(struct netplan *netplan, struct text_line item)
{
	struct text_line word;

	(void)text_next_word(&item, &word);
	take_addresses(netplan, &item);
	netplan->is_in_addresses = true;
}

static int take_line(struct netplan *netplan, struct text_line line, struct error *err)
{
	size_t column = 0;
	struct text_line value;

	while (column < line.size && line.text[column] == ' ')
		column++;
	cut_comment(&line);
	text_trim(&line);
	if (netplan->is_in_addresses && is_list_item(&line))
		take_item(netplan, line);
	if (is_list_item(&line))
		return 0;
	if (!split_pair(&line, &value)) {
		if (netplan->is_in_addresses && line.size > 0)
			take_addresses(netplan, &line);
		return 0;
	}
	if (netplan->section != NOWHERE && column > netplan->section)
		return take_pair(netplan, column, line, value, err);
	netplan->section = is_key(&line, "ethernets") ? column : NOWHERE;
	netplan->adapter = netplan->index = NOWHERE;
	netplan->is_in_match = netplan->is_in_addresses = false;
	return 0;
}

int ifnames_from_netplan(const struct file_bytes *file, struct network_names *ret,
			 struct error *err)
{
	struct netplan netplan = {.file = file,
				  .names = ret,
				  .section = NOWHERE,
				  .adapter = NOWHERE,
				  .keys = NOWHERE,
				  .index = NOWHERE};
	struct text_line line = {.number = 0};
	size_t at = 0;
	int r = text_file_check(file, IFNAMES_MAX_BYTES, err);

	while (r == 0 && text_next_line(file, &at, &line))
		r = take_line(&netplan, line, err);
	return r;
}

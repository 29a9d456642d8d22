/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adapters in rules of udev: see ifnames.h. */
#include <string.h>

#include "convert/guest/linux/parse/ifnames_list.h"

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
	return r;
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

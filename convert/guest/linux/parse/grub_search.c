/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GRUB's search: see grub_search.h. */
#include "convert/guest/linux/parse/grub_search.h"

#include <string.h>

#define SHORT "search."

/* Of several words without a dash the first is what is searched for; but one behind a bare --set or -s
 * is the variable, when it is not the only one. */
static void parse_options(const struct grub_word *words, size_t count, struct grub_search *ret)
{
	static const char set[] = "--set=";
	size_t names = 0;

	for (size_t i = 1; i < count; i++)
		names += words[i].text[0] != '-';
	for (size_t i = 1; i < count; i++) {
		const char *word = words[i].text;
		bool has_next = names > 1 && i + 1 < count && words[i + 1].text[0] != '-';

		if (strncmp(word, set, strlen(set)) == 0)
			ret->variable = word + strlen(set);
		else if (strcmp(word, "--set") == 0 || strcmp(word, "-s") == 0)
			ret->variable = has_next ? words[++i].text : "root";
		else if (strcmp(word, "--fs-uuid") == 0 || strcmp(word, "-u") == 0)
			ret->is_by_uuid = true;
		else if (strncmp(word, "--hint", 6) == 0 && !strchr(word, '='))
			i++;
		else if (word[0] != '-' && !ret->what)
			ret->what = word;
	}
}

bool grub_search_parse(const struct grub_word *words, size_t count, struct grub_search *ret)
{
	const char *verb = count > 0 ? words[0].text : "";

	*ret = (struct grub_search){.is_by_uuid = strcmp(verb, SHORT "fs_uuid") == 0};
	if (strcmp(verb, "search") == 0) {
		parse_options(words, count, ret);
		return true;
	}
	if (count > 1)
		ret->what = words[1].text;
	if (count > 2)
		ret->variable = words[2].text;
	return strncmp(verb, SHORT, strlen(SHORT)) == 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The entries of custom.cfg: see custom_menu.h. */
#include "convert/guest/linux/custom_menu.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "convert/guest/linux/parse/grub_menu.h"
#include "convert/guest/linux/parse/lines.h"
#include "convert/guest/linux/read.h"

/* The section that grub-mkconfig writes for it: an 'if' that asks for the file. */
#define SECTION_BEGIN "### BEGIN /etc/grub.d/41_custom ###"
#define SECTION_END   "### END /etc/grub.d/41_custom ###"

/* What it takes the place of, in the text of grub.cfg. */
struct span {
	size_t start, end;
};

/* "source $prefix/custom.cfg" */
static bool is_source_line(struct text_line line)
{
	static const char name[] = "/custom.cfg";
	struct text_line word, path;

	if (!text_next_word(&line, &word) || !text_next_word(&line, &path))
		return false;
	text_unquote(&path);
	return (text_is(&word, "source") || text_is(&word, ".")) && path.size >= strlen(name) &&
	       memcmp(path.text + path.size - strlen(name), name, strlen(name)) == 0;
}

static bool find_place(const struct file_bytes *menu, struct span *ret)
{
	struct text_line line = {.number = 0}, trimmed;
	bool is_in_section = false, is_found = false;
	size_t at = 0, before = 0;

	if (memchr(menu->data, '\0', menu->size))
		return false; /* damage, as will be found */
	while (text_next_line(menu, &at, &line)) {
		trimmed = line;
		text_trim(&trimmed);
		if (text_is(&trimmed, SECTION_BEGIN)) {
			is_in_section = true;
			*ret = (struct span){before, at};
		} else if (is_in_section && text_is(&trimmed, SECTION_END)) {
			ret->end = before;
			return is_found;
		} else if (is_source_line(trimmed)) {
			is_found = true;
			if (!is_in_section) {
				*ret = (struct span){before, at};
				return true;
			}
		}
		before = at;
	}
	return false;
}

/* In lines of its own. */
static char *put_together(const struct file_bytes *menu, const struct span *place,
			  const struct file_bytes *custom)
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;

	buffer_append(&text, menu->data, place->start);
	buffer_append(&text, custom->data, custom->size);
	buffer_text(&text, "\n");
	buffer_append(&text, menu->data + place->end, menu->size - place->end);
	return buffer_take_text(&text);
}

static bool can_be_executed(const struct file_bytes *custom, struct error *ret_problem)
{
	CLEANUP_GRUB_MENU struct grub_menu menu = GRUB_MENU_INIT;

	return grub_menu_parse(custom, &menu, ret_problem) == 0;
}

int linux_custom_menu(struct linux_files *boot, const struct linux_system *system,
		      const struct file_bytes *menu, char **ret_text, struct note_list *warnings,
		      struct error *err)
{
	CLEANUP_FREE uint8_t *data = NULL;
	struct error problem = ERROR_INIT;
	struct file_bytes custom;
	struct span place;
	char path[64];
	size_t size = 0;
	int r;

	*ret_text = NULL;
	if (!find_place(menu, &place))
		return 0;
	snprintf(path, sizeof(path), "%s/custom.cfg", system->prefix);
	r = linux_read_text(boot, path, &data, &size, err);
	if (r <= 0)
		return r;
	custom = (struct file_bytes){data, size, path};
	if (!can_be_executed(&custom, &problem)) {
		r = linux_pass_host(&problem, err);
		if (r < 0)
			return r;
		note_add(warnings, "%s, which the guest's boot menu reads, is not looked at: %s",
			 path, problem.message);
		return 0;
	}
	*ret_text = put_together(menu, &place, &custom);
	return *ret_text ? 0 : error_failed(err, ENOMEM, "out of memory");
}

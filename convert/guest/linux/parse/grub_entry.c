/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heads and bodies of menu entries: see grub_entry.h. */
#include "convert/guest/linux/parse/grub_entry.h"

#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/checked.h"
#include "convert/guest/linux/parse/grub_search.h"

void grub_root_done(struct grub_root *root)
{
	free(root->device);
	free(root->uuid);
	*root = (struct grub_root){.device = NULL};
}

void grub_entry_done(struct grub_entry *entry)
{
	grub_root_done(&entry->root);
	free(entry->title);
	free(entry->id);
	free(entry->kernel);
	free(entry->arguments);
	for (size_t i = 0; i < entry->initrd_count; i++)
		free(entry->initrds[i]);
	free(entry->initrds);
}

static bool is_one_of(const char *text, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, texts[i]) == 0)
			return true;
	return false;
}

/* grub-mkconfig writes the option as a variable, which GRUBs without it leave empty. */
static bool is_id_option(const char *word)
{
	static const char *const options[] = {"--id", "$menuentry_id_option",
					      "${menuentry_id_option}"};

	return is_one_of(word, options, ARRAY_SIZE(options));
}

static bool has_value(const char *word)
{
	static const char *const options[] = {"--class", "--users", "--hotkey", "--source"};

	return is_one_of(word, options, ARRAY_SIZE(options));
}

bool grub_entry_head(const struct grub_command *command, struct grub_entry *entry)
{
	const char *title = NULL, *id = NULL;

	for (size_t i = 1; i < command->count; i++) {
		const char *word = command->words[i].text;

		if (is_id_option(word) && i + 1 < command->count)
			id = command->words[++i].text;
		else if (strncmp(word, "--id=", 5) == 0)
			id = word + 5;
		else if (has_value(word))
			i++;
		else if (!title && strncmp(word, "--", 2) != 0)
			title = word;
	}
	title = title ? title : "";
	entry->title = strdup(title);
	entry->id = strdup(id ? id : title);
	return entry->title && entry->id;
}

static bool apply_search(const struct grub_search *search, const char *name, struct grub_root *root)
{
	if (!search->variable || !search->what || strcmp(search->variable, name) != 0)
		return true;
	free(root->uuid);
	root->is_by_name = !search->is_by_uuid || strchr(search->what, '$');
	root->uuid = root->is_by_name ? NULL : strdup(search->what);
	return root->uuid || root->is_by_name;
}

bool grub_root_command(const struct grub_command *command, const char *name, bool is_conditional,
		       struct grub_root *root)
{
	const char *verb = command->count > 0 ? command->words[0].text : "";
	const char *word =
		strcmp(verb, "set") == 0 && command->count > 1 ? command->words[1].text : verb;
	size_t length = strlen(name);
	struct grub_search search;

	if (grub_search_parse(command->words, command->count, &search))
		return apply_search(&search, name, root);
	if (strncmp(word, name, length) != 0 || word[length] != '=')
		return true;
	if (is_conditional) {
		root->is_unsure = true;
		return true;
	}
	grub_root_done(root);
	root->device = strdup(word + length + 1);
	return root->device;
}

/* As GRUB joins them: a word with a space in it gets quotes. */
static char *join(const struct grub_word *words, size_t count)
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;

	for (size_t i = 0; i < count; i++) {
		const char *quote = strchr(words[i].text, ' ') ? "\"" : "";

		buffer_printf(&text, "%s%s%s%s", i > 0 ? " " : "", quote, words[i].text, quote);
	}
	return buffer_take_text(&text);
}

static bool add_kernel(const struct grub_command *command, struct grub_entry *entry)
{
	if (command->count < 2)
		return true;
	if (entry->kernel) {
		if (strcmp(entry->kernel, command->words[1].text) != 0)
			entry->has_several_kernels = true;
		return true;
	}
	entry->kernel = strdup(command->words[1].text);
	entry->arguments = join(command->words + 2, command->count - 2);
	return entry->kernel && entry->arguments;
}

/* The first 'initrd' counts, as the first 'linux' does: a second one is of another branch. */
static bool add_initrds(const struct grub_command *command, struct grub_entry *entry)
{
	if (command->count < 2 || entry->initrd_count > 0)
		return true;
	entry->initrds = calloc(command->count - 1, sizeof(*entry->initrds));
	for (size_t i = 1; entry->initrds && i < command->count; i++) {
		char *initrd = strdup(command->words[i].text);

		if (!initrd)
			return false;
		entry->initrds[entry->initrd_count++] = initrd;
	}
	return entry->initrds;
}

bool grub_entry_command(const struct grub_command *command, bool is_conditional,
			struct grub_entry *entry)
{
	static const char *const kernels[] = {"linux", "linux16", "linuxefi"};
	static const char *const initrds[] = {"initrd", "initrd16", "initrdefi"};
	static const char *const others[] = {"chainloader", "multiboot",      "multiboot2",
					     "configfile",  "xen_hypervisor", "kfreebsd",
					     "fwsetup",	    "halt",	      "reboot"};
	const char *name = command->count > 0 ? command->words[0].text : "";

	if (strcmp(name, "linux16") == 0 || strcmp(name, "initrd16") == 0)
		entry->uses_linux16 = true;
	if (is_one_of(name, kernels, ARRAY_SIZE(kernels)))
		return add_kernel(command, entry);
	if (is_one_of(name, initrds, ARRAY_SIZE(initrds)))
		return add_initrds(command, entry);
	if (is_one_of(name, others, ARRAY_SIZE(others)))
		entry->is_foreign = true;
	return entry->kernel || grub_root_command(command, "root", is_conditional, &entry->root);
}

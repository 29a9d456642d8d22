/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What grub-fstest prints: a folder, several folders, a device, an error. Input: the text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "convert/linux_files/grub_folders.h"
#include "convert/linux_files/grub_words.h"
#include "convert/linux_files/linux_files.h"
#include "tests/fuzz/fuzz.h"

static void take_names(const char *text, size_t size)
{
	char **names = NULL;
	size_t count = 0;

	if (grub_words_names(text, size, &names, &count, NULL) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (!names[i][0] || strchr(names[i], '/') || strchr(names[i], '\n'))
			abort();
	linux_files_names_free(names, count);
}

static void take_folders(const char *text, size_t size)
{
	static const char *const paths[] = {"/", "/etc/", "/etc/fstab", "/boot/grub/grub.cfg"};
	CLEANUP(grub_folders_done)
	struct grub_folders folders = {.count = 0};

	grub_folders_take(&folders, "/\n/etc/\n/boot/", text, size);
	if (folders.count > 3 || grub_folders_lack(&folders, "/"))
		abort();
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		(void)grub_folders_lack(&folders, paths[i]);
	/* What is printed for a folder counts against nothing that is in it. */
	for (size_t i = 0; i < folders.count; i++) {
		struct grub_folders one = {.list = {folders.list[i]}, .count = 1};
		char *name = strdup(folders.list[i].names), path[512];

		name[strcspn(name, " /")] = '\0';
		snprintf(path, sizeof(path), "%s%s", folders.list[i].path, name);
		if (name[0] && strlen(name) < 255 && folders.list[i].names[strlen(name)] == ' ' &&
		    grub_folders_lack(&one, path))
			abort();
		free(name);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct linux_volume_id id;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	take_names(text, size);
	take_folders(text, size);
	grub_words_probe(text, &id);
	if (grub_words_error(text, "/x", NULL) >= 0)
		abort();
	free(text);
	return 0;
}

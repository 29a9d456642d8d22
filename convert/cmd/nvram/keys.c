/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hvgen2 nvram add-keys: the keys of Secure Boot from another file. */
#include "convert/cmd/nvram/action.h"

int cmd_nvram_edit_add_keys(struct nvram_command *command, struct error *err)
{
	CLEANUP_STORE struct nvram_store keys = NVRAM_STORE_INIT;
	struct nvram *nvram = &command->store.nvram;
	const char *name = command->options.keys;
	int r = nvram_store_open(name, &keys, err);

	if (r == 0)
		r = nvram_add_keys(nvram, command->store.format, &keys.nvram, name, err);
	if (r < 0)
		return error_advise(err, "name a file that holds the keys of Secure Boot");
	r = nvram_describe_keys(nvram, &command->summary_text, err);
	command->summary = command->summary_text;
	return r;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The NVRAM store of the new VM: see firmware.h. */
#include "convert/firmware.h"

#include <errno.h>
#include <stdlib.h>

#define BOOT_MANAGER_PATH "\\EFI\\Microsoft\\Boot\\bootmgfw.efi"

int firmware_read_template(struct firmware_options *options, struct error *err)
{
	if (!options->template)
		return 0;
	options->store = calloc(1, sizeof(*options->store));
	if (!options->store)
		return error_failed(err, ENOMEM, "out of memory");
	return nvram_store_read(options->template, options->store, err);
}

void firmware_template_done(struct firmware_options *options)
{
	if (options->store)
		nvram_store_done(options->store);
	free(options->store);
	options->store = NULL;
}

/* The store that the user has, with our entry on top. */
static int firmware_from_template(const struct nvram_partition *esp,
				  const struct firmware_options *options, struct firmware *ret,
				  struct error *err)
{
	const char *name = options->template, *warning;
	struct nvram_store *store = options->store;
	int r = nvram_store_decode(store, err);

	if (r == 0)
		r = nvram_from_template(store, esp, BOOT_MANAGER_PATH, options->drop_stale_entries,
					&ret->file, &ret->size, err);
	if (r < 0)
		return error_advise(err, "choose another store as template");
	warning = nvram_key_warning(store->format, &store->nvram);
	if (warning)
		note_add(&ret->warnings, "'%s': %s", name, warning);
	return nvram_decode(ret->file, ret->size, name, &ret->nvram, err);
}

int firmware_build(const struct plan *plan, const struct firmware_options *options,
		   struct firmware *ret, struct error *err)
{
	const struct gpt_partition *esp = &plan->gpt.partitions[plan->esp];
	const struct nvram_partition partition = {
		.number = (uint32_t)plan->esp + 1,
		.start_lba = esp->first_lba,
		.sectors = esp->last_lba - esp->first_lba + 1,
		.guid = esp->unique,
	};
	int r;

	if (options->template)
		return firmware_from_template(&partition, options, ret, err);
	r = nvram_add_windows_boot_manager(&ret->nvram, &partition, BOOT_MANAGER_PATH, NULL, err);
	if (r == 0 && options->has_nvram)
		r = nvram_encode(options->format, &ret->nvram, &plan->nvram_id, &ret->file,
				 &ret->size, err);
	if (r == 0 && options->has_nvram && options->format == NVRAM_FORMAT_VMGS)
		note_add(
			&ret->warnings,
			"the NVRAM store holds no Secure Boot keys, and a host adds them only to an empty one: "
			"with this store start the VM with Secure Boot off, or use --nvram-template");
	return r;
}

void firmware_done(struct firmware *firmware)
{
	nvram_done(&firmware->nvram);
	free(firmware->file);
	note_list_done(&firmware->warnings);
	*firmware = (struct firmware){.file = NULL};
}

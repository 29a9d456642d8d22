/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kinds of guests: see kinds.h. */
#include "convert/guest/kinds.h"

#include <errno.h>
#include <stdlib.h>

#include "convert/guest/linux/chain/efi_folder.h"
#include "convert/guest/linux/kind.h"
#include "convert/guest/windows/kind.h"

const struct guest_kind *const guest_kinds[] = {&guest_windows, &guest_linux, NULL};

void guest_volume_done(struct guest_volume *volume)
{
	guest_contents_done(&volume->contents);
	if (volume->linux_system)
		linux_system_done(volume->linux_system);
	free(volume->linux_system);
	volume->linux_system = NULL;
}

int guest_open_host_files(struct guest_options *options, struct error *err)
{
	options->efi_folder = malloc(sizeof(*options->efi_folder));
	if (!options->efi_folder)
		return error_failed(err, ENOMEM, "out of memory");
	return efi_folder_open(options->efi_path, options->efi_folder, err);
}

void guest_close_host_files(struct guest_options *options)
{
	if (options->efi_folder)
		efi_folder_done(options->efi_folder);
	free(options->efi_folder);
	options->efi_folder = NULL;
}

void guest_boot_drop(struct guest_boot *boot, struct guest_file *file)
{
	file->is_left_out = true;
	bootfiles_report_drop(&boot->boot_files, file->path);
}

void guest_boot_done(struct guest_boot *boot)
{
	guest_files_done(&boot->files);
	note_list_done(&boot->warnings);
	bootfiles_report_done(&boot->boot_files);
	boot_store_done(&boot->store);
	*boot = (struct guest_boot){.time = 0};
}

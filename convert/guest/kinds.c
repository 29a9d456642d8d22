/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kinds of guests: see kinds.h. */
#include "convert/guest/kinds.h"

#include "convert/guest/windows/kind.h"

const struct guest_kind *const guest_kinds[] = {&guest_windows, NULL};

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

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was found in the volumes of a disk: see disk.h. */
#include "convert/guest/disk.h"

void guest_contents_done(struct guest_contents *contents)
{
	note_list_done(&contents->own);
	note_list_done(&contents->others);
}

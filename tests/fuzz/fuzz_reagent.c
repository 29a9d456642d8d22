/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ReAgent.xml: a converted or disabled file can be read again, and needs no second conversion. */
#include <stdlib.h>

#include "convert/guest/windows/reagent.h"
#include "fuzz.h"

static const struct moved_partition partitions[] = {{.mbr_offset = 1048576,
						     .new_offset = 135266304},
						    {.mbr_offset = 0, .new_offset = 7}};

static const struct moved_disk target = {.mbr_signature = 3050800051,
					 .gpt_disk = {{1, 2, 3}},
					 .partitions = partitions,
					 .partition_count = 2};

static void check(const uint8_t *data, size_t size)
{
	CLEANUP_REAGENT struct reagent reagent = REAGENT_INIT;
	CLEANUP_FREE uint8_t *again = NULL;
	const struct file_bytes file = {data, size, "file"};
	size_t again_size;

	if (!data)
		return;
	if (reagent_read(&file, &reagent, NULL) < 0)
		abort();
	if (reagent_convert(&file, &target, &again, &again_size, NULL, NULL) < 0)
		abort();
	if (again)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_REAGENT struct reagent reagent = REAGENT_INIT;
	CLEANUP_EDIT_NOTES struct edit_notes notes = EDIT_NOTES_INIT;
	const struct file_bytes file = {data, size, "file"};
	CLEANUP_FREE uint8_t *converted = NULL, *disabled = NULL;
	size_t converted_size, disabled_size;
	int r = reagent_read(&file, &reagent, NULL);

	if ((reagent_convert(&file, &target, &converted, &converted_size, &notes, NULL) < 0) !=
	    (r < 0))
		abort();
	check(converted, converted_size);
	if (reagent_disable(&file, &disabled, &disabled_size, NULL) < 0 && r == 0)
		abort();
	return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entries of the Boot Loader Specification. Input: two of them, each with its name in its first
 * line, and a NUL between. */
#include <stdlib.h>
#include <string.h>

#include "convert/guest/linux/parse/bls.h"
#include "tests/fuzz/fuzz.h"

static int parse(const uint8_t *data, size_t size, struct bls_entry *ret)
{
	const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
	size_t length = end ? (size_t)(end - data) : 0;
	CLEANUP_FREE char *name = strndup(length > 0 ? (const char *)data : "", length);
	const struct file_bytes file = {data, size, name};

	return name ? bls_parse(&file, ret, NULL) : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size > 0 ? memchr(data, '\0', size) : NULL;
	size_t first = nul ? (size_t)(nul - data) : size, second = nul ? first + 1 : size, chosen;
	struct bls_entry entries[2] = {BLS_ENTRY_INIT, BLS_ENTRY_INIT};

	if (parse(data, first, &entries[0]) == 0 &&
	    parse(size > 0 ? data + second : data, size - second, &entries[1]) == 0) {
		int there = bls_compare(&entries[0], &entries[1]);
		int back = bls_compare(&entries[1], &entries[0]);

		if ((there > 0) != (back < 0) || bls_compare(&entries[0], &entries[0]) != 0)
			abort();
		bls_out_of_convention(&entries[0], "");
		bls_out_of_convention(&entries[1], "/boot");
		if (!bls_default(entries, 2, entries[1].file_stem, &chosen) || chosen > 1)
			abort();
	}
	bls_entry_done(&entries[0]);
	bls_entry_done(&entries[1]);
	return 0;
}

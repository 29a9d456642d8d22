/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chains of archives and compressed streams. Input: one such, read in pieces. */
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/guest/linux/parse/initramfs.h"
#include "tests/fuzz/fuzz.h"

struct input {
	const uint8_t *data;
	size_t left, piece;
};

static int read_input(void *context, void *buffer, size_t size, size_t *got, struct error *err)
{
	struct input *input = context;

	(void)err;
	*got = min_u64(min_u64(size, input->piece), input->left);
	if (*got > 0)
		memcpy(buffer, input->data, *got);
	input->data += *got;
	input->left -= *got;
	return 0;
}

struct answer {
	int r;
	bool is_found[2];
	struct initramfs_result result;
};

static struct answer scan(const uint8_t *data, size_t size, size_t piece)
{
	struct input input = {data, size, piece};
	const struct initramfs_source source = {read_input, &input, "file"};
	struct initramfs_module modules[] = {{"hv_vmbus", false}, {"x", false}};
	struct initramfs_wanted wanted = {modules, ARRAY_SIZE(modules)};
	struct answer answer;

	answer.r = initramfs_scan(&source, &wanted, 4 * MIB, &answer.result, NULL);
	answer.is_found[0] = modules[0].is_found;
	answer.is_found[1] = modules[1].is_found;
	return answer;
}

/* How the bytes come is no matter, but for what damage leaves readable. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct answer whole = scan(data, size, SIZE_MAX), pieces = scan(data, size, 7);

	if (whole.r == 0 && pieces.r == 0 &&
	    (memcmp(whole.is_found, pieces.is_found, sizeof(whole.is_found)) != 0 ||
	     whole.result.members != pieces.result.members ||
	     whole.result.is_complete != pieces.result.is_complete ||
	     strcmp(whole.result.compression, pieces.result.compression) != 0))
		abort();
	if (modules_builtin_has(&(struct file_bytes){data, size, "file"}, "") && size == 0)
		abort();
	return 0;
}

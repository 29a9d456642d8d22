/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking into the guest's SOFTWARE hive. Input: the hive. */
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "common/hive/peek.h"
#include "tests/fuzz/fuzz.h"

struct input {
	const uint8_t *data;
	size_t size;
};

static int read_input(void *context, void *buffer, size_t length, uint64_t offset,
		      struct error *err)
{
	const struct input *input = context;

	(void)err;
	if (!range_within(offset, length, input->size))
		abort();
	memcpy(buffer, input->data + offset, length);
	return 0;
}

static void look(const struct hive_peek *peek, const char *path)
{
	static const char *const names[] = {"CurrentVersion", "ProductName",
					    "CurrentMajorVersionNumber", "x"};
	struct hive_peek_value value;
	uint32_t key;

	if (hive_peek_key(peek, peek->root, path, &key, NULL) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (hive_peek_value(peek, key, names[i], &value, NULL) == 0 &&
		    value.size > sizeof(value.bytes))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	struct hive_peek peek = {.read = read_input,
				 .context = &input,
				 .name = "fuzz",
				 .size = size};
	bool dirty;

	if (hive_peek_open(&peek, &dirty, NULL) < 0)
		return 0;
	look(&peek, "Microsoft\\Windows NT\\CurrentVersion");
	look(&peek, "");
	look(&peek, "a\\b");
	return 0;
}

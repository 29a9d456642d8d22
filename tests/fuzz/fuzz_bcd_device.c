/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Device elements: what decodes has a text, encodes to what decodes to the same text, and is
 * rewritten in place. */
#include <stdlib.h>
#include <string.h>

#include "bcd/device.h"
#include "fuzz.h"

/* Take every partition, and note what it was. */
static bool take(void *context, enum bcd_device_kind kind, unsigned int depth,
		 struct bcd_partition_id *id)
{
	size_t *count = context;

	(void)depth;
	if (kind == BCD_DEVICE_OTHER)
		abort();
	memset(id, 0x55, sizeof(*id));
	++*count;
	return true;
}

static void check_encoding(const struct bcd_device *device, const char *text)
{
	CLEANUP_BCD_DEVICE struct bcd_device again = BCD_DEVICE_INIT;
	CLEANUP_FREE uint8_t *bytes = NULL;
	CLEANUP_FREE char *again_text = NULL;
	size_t size;

	if (bcd_device_encode(device, &bytes, &size, NULL) < 0)
		return; /* holds something of no known kind */
	if (bcd_device_decode(bytes, size, &again, NULL) < 0)
		abort();
	again_text = bcd_device_text(&again);
	if (!again_text || strcmp(again_text, text) != 0)
		abort();
}

static void check_rewriting(const uint8_t *data, size_t size)
{
	CLEANUP_BCD_DEVICE struct bcd_device device = BCD_DEVICE_INIT;
	CLEANUP_FREE uint8_t *copy = malloc(size);
	size_t changed = 0, seen = 0;

	memcpy(copy, data, size);
	if (bcd_device_rewrite(copy, size, take, &seen, &changed, NULL) < 0 || changed != seen)
		abort();
	if (bcd_device_decode(copy, size, &device, NULL) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_BCD_DEVICE struct bcd_device device = BCD_DEVICE_INIT;
	CLEANUP_FREE char *text = NULL;

	if (bcd_device_decode(data, size, &device, NULL) < 0)
		return 0;
	text = bcd_device_text(&device);
	if (!text)
		abort();
	check_encoding(&device, text);
	check_rewriting(data, size);
	return 0;
}

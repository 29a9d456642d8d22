/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GRUB's environment blocks. Input: the file. */
#include <stdlib.h>

#include "convert/guest/linux/parse/grub_env.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct file_bytes file = {data, size, "file"};
	CLEANUP_GRUB_ENV struct grub_env env = GRUB_ENV_INIT;

	if (grub_env_parse(&file, &env, NULL) < 0)
		return 0;
	for (size_t i = 0; i < env.count; i++)
		if (!grub_env_get(&env, env.list[i].name))
			abort();
	return 0;
}

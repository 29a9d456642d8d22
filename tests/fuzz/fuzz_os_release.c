/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of distributions. Input: os-release, or one of its predecessors. */
#include <stdlib.h>
#include <string.h>

#include "convert/guest/linux/parse/os_release.h"
#include "tests/fuzz/fuzz.h"

static void check(const struct os_release *release)
{
	if (!release->id[0] || !os_release_is_like(release, release->id) ||
	    !memchr(release->pretty_name, 0, sizeof(release->pretty_name)) ||
	    !memchr(release->version_id, 0, sizeof(release->version_id)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct file_bytes file = {data, size, "file"};
	struct os_release release;

	if (os_release_parse(&file, &release, NULL) == 0)
		check(&release);
	for (int kind = OS_RELEASE_REDHAT; kind <= OS_RELEASE_DEBIAN; kind++)
		if (os_release_from_text((enum os_release_kind)kind, &file, &release, NULL) == 0)
			check(&release);
	return 0;
}

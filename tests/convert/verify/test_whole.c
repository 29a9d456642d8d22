/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All checks of 'hvgen2 verify' on a converted sample VM, libguestfs included: half a minute
 * without KVM. */
#include <criterion/criterion.h>
#include <string.h>

#include "common/cleanup.h"
#include "sample.h"

static struct sample sample;

static void set_up(void)
{
	sample_init(&sample);
}

static void tear_down(void)
{
	sample_done(&sample);
}

TestSuite(verify_whole, .init = set_up, .fini = tear_down, .timeout = 1500);

Test(verify_whole, with_libguestfs)
{
	CLEANUP_FREE char *output = NULL;
	int status;

	output = sample_verify(&sample, "", &status);
	cr_assert_eq(status, 0, "status %d: %s", status, output);
	if (strstr(output, "skipped guestfs ("))
		cr_skip_test("libguestfs does not start here");
	assert_line(output, "ok    guestfs-table: 4 partitions");
	assert_line(output, "ok    guestfs-esp: ");
	assert_line(output, "ok    guestfs-windows: 'Windows Server 2012 R2 Standard' 6.3, x86_64");
	assert_line(output, "ok    guestfs-loader: /Windows/System32/winload.efi on /dev/sda4");
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checks of the ESP on a file system made by mkfs.fat and mtools. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bytes.h"
#include "convert/verify/esp.h"
#include "convert/verify/tool.h"
#include "fixture.h"
#include "tests/support/scratch.h"

#define ESP (FIXTURE_ESP_LBA * 512)

FIXTURE_SUITE(verify_esp);

static void check(void)
{
	verify_gpt(fixture.verify);
	verify_esp(fixture.verify);
	verify_boot_files(fixture.verify);
}

Test(verify_esp, accepts_a_good_one)
{
	check();
	assert_ok(&fixture, "esp-fat32");
	assert_ok(&fixture, "esp-fsck");
	assert_ok(&fixture, "esp-bootmgfw");
	assert_ok(&fixture, "esp-bootx64");
	assert_ok(&fixture, "esp-same-program");
	assert_ok(&fixture, "esp-bcd");
	cr_assert_eq(fixture.verify->bcd_size, 8192);
	cr_assert_eq(fixture.verify->counts[VERIFY_FAIL], 0);
}

Test(verify_esp, files_missing)
{
	fixture_run(&fixture, "MTOOLS_SKIP_CHECK=1 mdel -i %s@@1M ::/EFI/Boot/bootx64.efi");
	fixture_run(&fixture, "MTOOLS_SKIP_CHECK=1 mdel -i %s@@1M ::/EFI/Microsoft/Boot/BCD");
	check();
	assert_ok(&fixture, "esp-bootmgfw");
	assert_fail(&fixture, "esp-bootx64", "bootx64.efi");
	assert_skipped(&fixture, "esp-same-program");
	assert_fail(&fixture, "esp-bcd", "BCD");
}

Test(verify_esp, another_fallback_program)
{
	uint8_t program[FIXTURE_PROGRAM_BYTES];

	fixture_program(program, 1);
	fixture_put_esp(&fixture, "/EFI/Boot/bootx64.efi", program, sizeof(program));
	check();
	assert_ok(&fixture, "esp-bootx64");
	assert_fail(&fixture, "esp-same-program", "differ");
}

Test(verify_esp, programs_of_another_kind)
{
	uint8_t program[FIXTURE_PROGRAM_BYTES];

	fixture_program(program, 0);
	put_le16(program + 0x84, 0x14c);
	fixture_put_esp(&fixture, "/EFI/Boot/bootx64.efi", program, sizeof(program));
	fixture_put_esp(&fixture, "/EFI/Microsoft/Boot/bootmgfw.efi", "MZ", 2);
	check();
	assert_fail(&fixture, "esp-bootx64", "no x64 program");
	assert_fail(&fixture, "esp-bootmgfw", "no PE file");
}

Test(verify_esp, store_is_no_hive)
{
	fixture_put_esp(&fixture, "/EFI/Microsoft/Boot/BCD", "?", 1);
	check();
	assert_fail(&fixture, "esp-bcd", "no registry hive");
	assert_ok(&fixture, "esp-fsck");
}

Test(verify_esp, wrong_hidden_sectors)
{
	fixture_flip(&fixture, ESP + 28);
	check();
	assert_fail(&fixture, "esp-fat32", "hidden sectors, expected 2048");
}

Test(verify_esp, volume_larger_than_the_partition)
{
	uint8_t sectors[4];

	put_le32(sectors, (uint32_t)FIXTURE_ESP_SECTORS + 1);
	fixture_write(&fixture, ESP + 32, sectors, sizeof(sectors));
	check();
	assert_fail(&fixture, "esp-fat32", "the partition has");
}

/* A FAT of 4 GiB, for which fsck.fat would ask memory: no other program sees what is broken. */
Test(verify_esp, absurd_fat)
{
	uint8_t sectors[4];

	put_le32(sectors, 0xfffffff0);
	fixture_write(&fixture, ESP + 36, sectors, sizeof(sectors));
	check();
	assert_fail(&fixture, "esp-fat32", "no FAT32 boot sector");
	assert_skipped(&fixture, "esp-fsck");
	cr_assert_not(fixture.verify->has_esp_copy);
}

Test(verify_esp, chains_that_share_a_cluster)
{
	uint8_t boot[64], fat[64];
	uint64_t first;

	/* Cluster 3 (the first folder) is given the successor of itself. */
	fixture_read(&fixture, ESP, boot, sizeof(boot));
	first = ESP + (uint64_t)get_le16(boot + 14) * 512;
	fixture_read(&fixture, first, fat, sizeof(fat));
	put_le32(fat + 12, 3);
	fixture_write(&fixture, first, fat, sizeof(fat));
	check();
	assert_fail(&fixture, "esp-fsck", "fsck.fat -n exits with 1");
}

Test(verify_esp, no_file_system)
{
	static const uint8_t zeros[65536];

	fixture_write(&fixture, ESP, zeros, sizeof(zeros));
	check();
	assert_fail(&fixture, "esp-fat32", "no FAT32 boot sector");
	assert_skipped(&fixture, "esp-fsck");
}

Test(verify_esp, names_that_are_patterns_match_nothing)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct error err = ERROR_INIT;
	size_t size;

	check();
	cr_assert_eq(verify_esp_read(fixture.verify, "\\EFI\\Boot\\*.efi", &bytes, &size, &err),
		     -ENOENT);
	cr_assert_eq(verify_esp_read(fixture.verify, "", &bytes, &size, &err), -ENOENT);
	cr_assert_eq(verify_esp_read(fixture.verify, "\\EFI\\Boot", &bytes, &size, &err), -ENOENT);
	cr_assert_eq(verify_esp_read(fixture.verify, "efi/boot/BOOTX64.EFI", &bytes, &size, &err),
		     0);
	cr_assert_eq(size, FIXTURE_PROGRAM_BYTES);
}

Test(verify_tool, absent_program)
{
	static const char *const argv[] = {"hvgen2-no-such-program", NULL};
	const struct tool_limits limits = {100, 5};
	CLEANUP_TOOL_OUTPUT struct tool_output output = {0};
	struct error err = ERROR_INIT;

	cr_assert_eq(verify_tool_run(argv, -1, &limits, &output, &err), -ENOPKG);
	cr_assert_str_eq(err.message, "hvgen2-no-such-program is not installed");
}

Test(verify_tool, output_and_status)
{
	static const char *const argv[] = {"sh", "-c", "echo out; echo err >&2; exit 7", NULL};
	const struct tool_limits limits = {100, 20};
	CLEANUP_TOOL_OUTPUT struct tool_output output = {0};
	struct error err = ERROR_INIT;

	cr_assert_eq(verify_tool_run(argv, -1, &limits, &output, &err), 0);
	cr_assert_eq(output.status, 7);
	cr_assert_str_eq((char *)output.bytes, "out\n");
	cr_assert_str_eq(output.message, "err");
}

/* What the program gets is open in it, on whatever descriptors it was here. */
Test(verify_tool, image_where_it_belongs)
{
	static const char *const argv[] = {"cat", TOOL_IMAGE, NULL};
	const struct tool_limits limits = {100, 20};
	struct error err = ERROR_INIT;

	for (int fd = 0; fd < 6; fd++) {
		CLEANUP_TOOL_OUTPUT struct tool_output output = {0};
		int kept = fcntl(fd, F_DUPFD_CLOEXEC, 10),
		    image = memfd_create("image", MFD_CLOEXEC);

		cr_assert_eq(write(image, "bytes", 5), 5);
		cr_assert_eq(dup3(image, fd, O_CLOEXEC), fd);
		cr_assert_eq(verify_tool_run(argv, fd, &limits, &output, &err), 0);
		if (kept >= 0)
			dup3(kept, fd, fd > STDERR_FILENO ? O_CLOEXEC : 0);
		else
			close(fd);
		cr_assert_str_eq((char *)output.bytes, "bytes", "%d: %s", fd, output.message);
	}
}

/* A script whose interpreter is missing is as little there as one that is not installed. */
Test(verify_tool, cannot_be_started)
{
	static const char *const argv[] = {"hvgen2-broken-program", NULL};
	const struct tool_limits limits = {100, 20};
	CLEANUP_TOOL_OUTPUT struct tool_output output = {0};
	char folder[] = BUILD_DIR "/tests/tool-XXXXXX", path[sizeof(folder) + 32];
	struct error err = ERROR_INIT;

	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/%s", folder, argv[0]);
	file_write(path, "#!/no/such/interpreter\n", 23);
	cr_assert_eq(chmod(path, 0755), 0);
	setenv("PATH", folder, 1);
	cr_assert_eq(verify_tool_run(argv, -1, &limits, &output, &err), -ENOPKG);
	cr_assert_str_eq(err.message,
			 "'hvgen2-broken-program' cannot be started: No such file or directory");
	unlink(path);
	rmdir(folder);
}

Test(verify_tool, endless_output, .timeout = 30)
{
	static const char *const argv[] = {"cat", "/dev/zero", NULL};
	const struct tool_limits limits = {1000000, 20};
	CLEANUP_TOOL_OUTPUT struct tool_output output = {0};
	struct error err = ERROR_INIT;

	cr_assert_eq(verify_tool_run(argv, -1, &limits, &output, &err), -EFBIG);
}

Test(verify_tool, endless_run, .timeout = 30)
{
	static const char *const argv[] = {"sh", "-c", "sleep 1000 & exec sleep 1000 >&- 2>&-",
					   NULL};
	const struct tool_limits limits = {100, 1};
	CLEANUP_TOOL_OUTPUT struct tool_output output = {0};
	struct error err = ERROR_INIT;

	cr_assert_eq(verify_tool_run(argv, -1, &limits, &output, &err), -ETIMEDOUT);
}

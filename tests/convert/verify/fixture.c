/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The disk for the tests of 'hvgen2 verify': see fixture.h. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <zlib.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "tests/support/scratch.h"

#define BASE BUILD_DIR "/tests/verify-base"

/* Run a command that must succeed. */
static void shell(const char *command)
{
	CLEANUP_FREE char *output = NULL;
	int status = tool_run(&output, "%s", command);

	cr_assert_eq(status, 0, "status %d: %s: %s", status, command, output);
}

void fixture_program(uint8_t program[FIXTURE_PROGRAM_BYTES], uint8_t extra)
{
	memset(program, 0, FIXTURE_PROGRAM_BYTES);
	memcpy(program, "MZ", 2);
	put_le32(program + 0x3c, 0x80);
	memcpy(program + 0x80, "PE\0\0", 4);
	put_le16(program + 0x84, 0x8664);
	put_le16(program + 0x98, 0x20b);
	put_le16(program + 0x98 + 68, 10);
	program[FIXTURE_PROGRAM_BYTES - 1] = extra;
}

/* Once per build folder; the tests run in parallel. */
static void make_base(void)
{
	static const char command[] =
		"set -e; cd " BASE "; rm -f new.img; truncate -s 200M new.img;"
		"sgdisk -o -n 1:2048:+100M -t 1:EF00 -n 2:0:+16M -t 2:0C01 -n 3:0:+64M -t 3:0700 new.img;"
		"mkfs.fat -F 32 -s 1 -h 2048 --offset 2048 new.img 102400;"
		"E=new.img@@1M; export MTOOLS_SKIP_CHECK=1;"
		"mmd -i $E ::/EFI ::/EFI/Boot ::/EFI/Microsoft ::/EFI/Microsoft/Boot;"
		"mcopy -i $E program ::/EFI/Boot/bootx64.efi;"
		"mcopy -i $E program ::/EFI/Microsoft/Boot/bootmgfw.efi;"
		"mcopy -i $E bcd ::/EFI/Microsoft/Boot/BCD;"
		"rm -f ntfs.img; truncate -s 64M ntfs.img;"
		"mkntfs -q -F -L Windows -p 239616 -H 0 -S 0 ntfs.img;"
		"dd if=ntfs.img of=new.img bs=1M seek=117 conv=notrunc,sparse status=none;"
		"rm ntfs.img; mv new.img base.img";
	uint8_t program[FIXTURE_PROGRAM_BYTES], bcd[8192] = "regf";
	int lock;

	mkdir(BUILD_DIR "/tests", 0777);
	mkdir(BASE, 0777);
	lock = open(BASE "/lock", O_CREAT | O_RDWR | O_CLOEXEC, 0666);
	cr_assert_geq(lock, 0);
	cr_assert_eq(flock(lock, LOCK_EX), 0);
	if (access(BASE "/base.img", R_OK) != 0) {
		fixture_program(program, 0);
		file_write(BASE "/program", program, sizeof(program));
		file_write(BASE "/bcd", bcd, sizeof(bcd));
		shell(command);
	}
	close(lock);
}

static bool have_tools(void)
{
	return tool_exists("sgdisk") && tool_exists("mkfs.fat") && tool_exists("fsck.fat") &&
	       tool_exists("mtype") && tool_exists("mkntfs");
}

static void start_verify(const struct fixture *fixture)
{
	verify_init(fixture->verify);
	fixture->verify->path = fixture->path;
	fixture->verify->disk = fixture->disk;
	fixture->verify->info = &fixture->info;
}

void fixture_restart(const struct fixture *fixture)
{
	verify_done(fixture->verify);
	start_verify(fixture);
}

void fixture_init(struct fixture *fixture)
{
	char command[1400];

	if (!have_tools())
		cr_skip_test("sgdisk, dosfstools, mtools or ntfs-3g is not installed");
	make_base();
	memset(fixture, 0, sizeof(*fixture));
	snprintf(fixture->folder, sizeof(fixture->folder), BUILD_DIR "/tests/verify-XXXXXX");
	cr_assert_not_null(mkdtemp(fixture->folder));
	snprintf(fixture->path, sizeof(fixture->path), "%s/disk.img", fixture->folder);
	snprintf(command, sizeof(command), "cp --sparse=always " BASE "/base.img '%s'",
		 fixture->path);
	shell(command);
	fixture->disk = scratch_open(fixture->path, 512);
	fixture->info = (struct vhd_info){.format = VHD_FORMAT_RAW,
					  .virtual_size = fixture->disk->size,
					  .logical_sector_size = 512};
	fixture->verify = malloc(sizeof(*fixture->verify));
	cr_assert_not_null(fixture->verify);
	start_verify(fixture);
}

void fixture_done(struct fixture *fixture)
{
	char command[600];

	if (!fixture->verify)
		return;
	verify_done(fixture->verify);
	free(fixture->verify);
	disk_close(fixture->disk);
	snprintf(command, sizeof(command), "rm -rf '%s'", fixture->folder);
	shell(command);
}

struct disk *fixture_to_vhdx(struct fixture *fixture, const char *qemu_options, char vhdx[700])
{
	CLEANUP_FREE char *output = NULL;
	struct error err = ERROR_INIT;
	struct disk *raw = fixture->disk;

	if (!tool_exists("qemu-img"))
		cr_skip_test("qemu-img is not installed");
	snprintf(vhdx, 700, "%s/disk.vhdx", fixture->folder);
	cr_assert_eq(tool_run(&output, "qemu-img convert -f raw -O vhdx %s '%s' '%s'", qemu_options,
			      fixture->path, vhdx),
		     0, "%s", output);
	cr_assert_eq(vhd_open(vhdx, NULL, &fixture->disk, &err), 0, "%s", err.message);
	fixture->verify->path = vhdx;
	fixture->verify->disk = fixture->disk;
	fixture->verify->info = vhd_info(fixture->disk);
	return raw;
}

void fixture_run(const struct fixture *fixture, const char *command)
{
	const char *mark = strstr(command, "%s");
	char text[2048];

	cr_assert_not_null(mark);
	snprintf(text, sizeof(text), "%.*s'%s'%s", (int)(mark - command), command, fixture->path,
		 mark + 2);
	shell(text);
}

void fixture_read(const struct fixture *fixture, uint64_t offset, void *bytes, size_t size)
{
	cr_assert_eq(disk_read(fixture->disk, bytes, size, offset, NULL), 0);
}

void fixture_write(const struct fixture *fixture, uint64_t offset, const void *bytes, size_t size)
{
	cr_assert_eq(disk_write(fixture->disk, bytes, size, offset, NULL), 0);
}

void fixture_flip(const struct fixture *fixture, uint64_t offset)
{
	uint8_t byte;

	fixture_read(fixture, offset, &byte, 1);
	byte ^= 1;
	fixture_write(fixture, offset, &byte, 1);
}

void fixture_fix_gpt(const struct fixture *fixture)
{
	const uint64_t headers[] = {1, FIXTURE_SECTORS - 1}, arrays[] = {2, FIXTURE_SECTORS - 33};
	uint8_t header[512], array[128 * 128];

	for (size_t i = 0; i < 2; i++) {
		fixture_read(fixture, headers[i] * 512, header, sizeof(header));
		fixture_read(fixture, arrays[i] * 512, array, sizeof(array));
		put_le32(header + 88, (uint32_t)crc32_z(0, array, sizeof(array)));
		put_le32(header + 16, 0);
		put_le32(header + 16, (uint32_t)crc32_z(0, header, 92));
		fixture_write(fixture, headers[i] * 512, header, sizeof(header));
	}
}

void fixture_flip_entry(const struct fixture *fixture, unsigned int number, unsigned int field)
{
	const uint64_t offset = (number - 1) * 128 + field;

	fixture_flip(fixture, 2 * 512 + offset);
	fixture_flip(fixture, (FIXTURE_SECTORS - 33) * 512 + offset);
	fixture_fix_gpt(fixture);
}

void fixture_put_esp(const struct fixture *fixture, const char *path, const void *bytes,
		     size_t size)
{
	char command[1400], source[600];

	snprintf(source, sizeof(source), "%s/file", fixture->folder);
	file_write(source, bytes, size);
	snprintf(command, sizeof(command), "MTOOLS_SKIP_CHECK=1 mcopy -o -i %%s@@1M '%s' '::%s'",
		 source, path);
	fixture_run(fixture, command);
}

size_t fixture_count(const struct fixture *fixture, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < fixture->verify->result_count; i++)
		count += strcmp(fixture->verify->results[i].name, name) == 0;
	return count;
}

const struct verify_result *fixture_result(const struct fixture *fixture, const char *name)
{
	const struct verify_result *found = NULL;

	for (size_t i = 0; i < fixture->verify->result_count; i++) {
		if (strcmp(fixture->verify->results[i].name, name) != 0)
			continue;
		cr_assert_null(found, "two results '%s'", name);
		found = &fixture->verify->results[i];
	}
	cr_assert_not_null(found, "no result '%s'", name);
	return found;
}

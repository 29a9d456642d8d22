/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding Windows on volumes with hives and boot files made here. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/hive/hive.h"
#include "common/utf16.h"
#include "convert/guest/pe.h"
#include "convert/guest/windows/windows.h"
#include "tests/convert/ntfs/ntfs_image.h"

static char image[256];

static void set_up(void)
{
	if (!image_can_make())
		cr_skip_test("mkntfs is not installed");
	snprintf(image, sizeof(image), "%s/tests/convert/windows-%d.ntfs", BUILD_DIR,
		 (int)getpid());
}

static void tear_down(void)
{
	if (image[0])
		unlink(image);
}

/* A Windows to build; NULL strings and 0 numbers are left out. */
struct sample {
	const char *folder;
	const char *product, *edition, *version, *build, *type;
	uint32_t major, minor;
	uint16_t machine;
	const char *missing; /* below the folder */
	bool dirty;
};

static void set_text(struct hive *hive, hive_node_h key, const char *name, const char *text)
{
	size_t size;
	uint8_t *utf16;

	if (!text)
		return;
	utf16 = utf8_to_utf16le(text, &size);
	cr_assert_eq(hive_set(hive, key, name, hive_t_REG_SZ, utf16, size, NULL), 0);
	free(utf16);
}

static uint8_t *software_hive(const struct sample *sample, size_t *ret_size)
{
	struct hive *hive;
	hive_node_h key;
	uint8_t *bytes;

	cr_assert_eq(hive_new("SOFTWARE", "ROOT", 5, &hive, NULL), 0);
	key = hive_make(hive, 0, "Microsoft\\Windows NT\\CurrentVersion", NULL);
	set_text(hive, key, "ProductName", sample->product);
	set_text(hive, key, "EditionID", sample->edition);
	set_text(hive, key, "CurrentVersion", sample->version);
	set_text(hive, key, "CurrentBuildNumber", sample->build);
	set_text(hive, key, "InstallationType", sample->type);
	if (sample->major) {
		cr_assert_eq(hive_set_dword(hive, key, "CurrentMajorVersionNumber", sample->major,
					    NULL),
			     0);
		cr_assert_eq(hive_set_dword(hive, key, "CurrentMinorVersionNumber", sample->minor,
					    NULL),
			     0);
	}
	cr_assert_eq(hive_commit(hive, &bytes, ret_size, NULL), 0);
	hive_close(hive);
	return bytes;
}

static void fix_checksum(uint8_t *base)
{
	uint32_t sum = 0;

	for (size_t at = 0; at < 508; at += 4)
		sum ^= get_le32(base + at);
	put_le32(base + 508, sum);
}

/* Make the sequence numbers differ. */
static void make_dirty(uint8_t *hive)
{
	put_le32(hive + 4, get_le32(hive + 4) + 1);
	fix_checksum(hive);
}

/*
 * Add a log of the old format that holds all of 'hive' (regf specification, "Old format" of
 * transaction logs).
 */
static void add_log(ntfs_volume *volume, const char *path, const uint8_t *hive, size_t size)
{
	size_t bins = size - 4096, pages = bins / 512, at = (512 + 4 + pages / 8 + 511) / 512 * 512;
	uint8_t *log = calloc(1, at + bins);

	memcpy(log, hive, 512);
	put_le32(log + 28, 1);
	fix_checksum(log);
	memcpy(log + 512, "DIRT", 4);
	memset(log + 516, 0xff, pages / 8);
	memcpy(log + at, hive + 4096, bins);
	image_add(volume, path, log, at + bins);
	free(log);
}

static void add_program(ntfs_volume *volume, const struct sample *sample, const char *below)
{
	uint8_t program[9000] = "MZ";
	char path[128];

	if (sample->missing && strcmp(sample->missing, below) == 0)
		return;
	put_le32(program + 0x3c, 0x100);
	memcpy(program + 0x100, "PE\0", 4);
	put_le16(program + 0x104, sample->machine);
	memcpy(program + 8000, "V\0S\0_\0V\0E\0R\0S\0I\0O\0N\0_\0I\0N\0F\0O\0\0", 32);
	put_le32(program + 8034, 0xfeef04bd);
	put_le32(program + 8034 + 8, 6 << 16 | 3);
	put_le32(program + 8034 + 12, (uint32_t)9600 << 16 | 16384);
	snprintf(path, sizeof(path), "%s/%s", sample->folder, below);
	image_add(volume, path, program, sizeof(program));
}

static void add_windows(const struct sample *sample)
{
	ntfs_volume *volume = image_mount(image);
	size_t size;
	uint8_t *hive = software_hive(sample, &size);
	char path[128];

	if (sample->dirty)
		make_dirty(hive);
	snprintf(path, sizeof(path), "%s/System32/config/SOFTWARE", sample->folder);
	image_add(volume, path, hive, size);
	snprintf(path, sizeof(path), "%s/System32/config/SYSTEM", sample->folder);
	image_add(volume, path, "regf", 4);
	add_program(volume, sample, "System32/ntoskrnl.exe");
	add_program(volume, sample, "System32/winload.efi");
	add_program(volume, sample, "System32/winresume.efi");
	add_program(volume, sample, "Boot/EFI/bootmgfw.efi");
	image_unmount(volume);
	free(hive);
}

static int find(struct windows *windows, bool *found, struct error *find_err,
		struct error *check_err)
{
	struct disk *disk = image_disk(image, false);
	struct volume *volume;
	int r;

	cr_assert_eq(volume_open(disk, false, &volume, find_err), 0, "%s", find_err->message);
	r = windows_find(volume, windows, found, find_err);
	if (r == 0 && *found)
		windows_check_efi(volume, windows, check_err);
	volume_cleanup(&volume);
	disk_close(disk);
	return r;
}

static const struct {
	struct sample sample;
	unsigned int major, minor, build;
	bool is_server;
	enum windows_arch arch;
	enum refusal refusal;
} samples[] = {
	{{"Windows", "Windows Server 2012 R2 Standard", "ServerStandard", "6.3", "9600", "Server",
	  0, 0, PE_MACHINE_X64, NULL, false},
	 6,
	 3,
	 9600,
	 true,
	 WINDOWS_X64,
	 REFUSAL_NONE},
	{{"windows", "Windows 10 Pro", "Professional", "6.3", "19045", "Client", 10, 0,
	  PE_MACHINE_X64, NULL, false},
	 10,
	 0,
	 19045,
	 false,
	 WINDOWS_X64,
	 REFUSAL_NONE},
	{{"WINNT", "Windows Server 2012 Datacenter", "ServerDatacenter", "6.2", "9200", NULL, 0, 0,
	  PE_MACHINE_X64, NULL, false},
	 6,
	 2,
	 9200,
	 true,
	 WINDOWS_X64,
	 REFUSAL_NONE},
	{{"Windows", "Windows 7 Professional", "Professional", "6.1", "7601", "Client", 0, 0,
	  PE_MACHINE_X64, NULL, false},
	 6,
	 1,
	 7601,
	 false,
	 WINDOWS_X64,
	 REFUSAL_WINDOWS_TOO_OLD},
	{{"Windows", "Windows 10 Home", "Core", "6.3", "19045", "Client", 10, 0, PE_MACHINE_X86,
	  NULL, false},
	 10,
	 0,
	 19045,
	 false,
	 WINDOWS_X86,
	 REFUSAL_WINDOWS_X86},
	{{"Windows", "Windows 11", "Core", "6.3", "22631", "Client", 10, 0, PE_MACHINE_ARM64, NULL,
	  false},
	 10,
	 0,
	 22631,
	 false,
	 WINDOWS_ARM64,
	 REFUSAL_NO_EFI_FILES},
	{{"Windows", "Windows 10 Pro", "Professional", "6.3", "19045", "Client", 10, 0,
	  PE_MACHINE_X64, "System32/winresume.efi", false},
	 10,
	 0,
	 19045,
	 false,
	 WINDOWS_X64,
	 REFUSAL_NO_EFI_FILES},
	{{"Windows", "Windows 10 Pro", "Professional", "6.3", "19045", "Client", 10, 0,
	  PE_MACHINE_X64, "Boot/EFI/bootmgfw.efi", false},
	 10,
	 0,
	 19045,
	 false,
	 WINDOWS_X64,
	 REFUSAL_NO_EFI_FILES},
};

Test(windows, finds_and_judges, .init = set_up, .fini = tear_down)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		struct error err = ERROR_INIT, check_err = ERROR_INIT;
		struct windows windows;
		bool found = false;

		image_make(image, 16 * MIB, 4096);
		add_windows(&samples[i].sample);
		cr_assert_eq(find(&windows, &found, &err, &check_err), 0, "%zu: %s", i,
			     err.message);
		cr_assert(found);
		cr_assert_str_eq(windows.root + 1, samples[i].sample.folder);
		cr_assert_eq(windows.root[0], '\\');
		cr_assert_str_eq(windows.product, samples[i].sample.product);
		cr_assert_str_eq(windows.edition, samples[i].sample.edition);
		cr_assert_eq(windows.major, samples[i].major);
		cr_assert_eq(windows.minor, samples[i].minor);
		cr_assert_eq(windows.build, samples[i].build);
		cr_assert_eq(windows.is_server, samples[i].is_server);
		cr_assert_eq(windows.arch, samples[i].arch, "%s", windows_arch_text(windows.arch));
		cr_assert_eq(check_err.refusal, samples[i].refusal, "%zu: %s", i,
			     check_err.message);
		if (!samples[i].sample.missing)
			cr_assert_str_eq(windows.boot_version, "6.3.9600.16384");
	}
}

Test(windows, prefers_the_usual_folder, .init = set_up, .fini = tear_down)
{
	struct error err = ERROR_INIT;
	struct sample old = samples[3].sample, new = samples[0].sample;
	struct windows windows;
	bool found = false;

	image_make(image, 16 * MIB, 4096);
	old.folder = "Old";
	add_windows(&old);
	add_windows(&new);
	cr_assert_eq(find(&windows, &found, &err, &err), 0, "%s", err.message);
	cr_assert_str_eq(windows.root, "\\Windows");
	cr_assert_eq(windows.minor, 3);
}

Test(windows, refuses_a_dirty_hive, .init = set_up, .fini = tear_down)
{
	struct error err = ERROR_INIT;
	struct sample sample = samples[0].sample;
	struct windows windows;
	bool found = false;

	image_make(image, 16 * MIB, 4096);
	sample.dirty = true;
	add_windows(&sample);
	cr_assert_lt(find(&windows, &found, &err, &err), 0);
	cr_assert_eq(err.refusal, REFUSAL_HIVE_DIRTY, "%s", err.message);
}

Test(windows, reads_a_dirty_hive_with_its_log, .init = set_up, .fini = tear_down)
{
	struct error err = ERROR_INIT;
	struct sample sample = samples[0].sample;
	struct windows windows;
	bool found = false;
	ntfs_volume *volume;
	uint8_t *newer;
	size_t size;

	image_make(image, 16 * MIB, 4096);
	sample.dirty = true;
	sample.build = "9200";
	add_windows(&sample);
	newer = software_hive(&samples[0].sample, &size);
	volume = image_mount(image);
	add_log(volume, "Windows/System32/config/SOFTWARE.LOG1", newer, size);
	image_unmount(volume);
	free(newer);
	cr_assert_eq(find(&windows, &found, &err, &err), 0, "%s", err.message);
	cr_assert(found);
	cr_assert_eq(windows.build, 9600);
}

Test(windows, finds_none, .init = set_up, .fini = tear_down)
{
	struct error err = ERROR_INIT;
	struct windows windows;
	bool found = true;
	ntfs_volume *volume;

	image_make(image, 16 * MIB, 4096);
	volume = image_mount(image);
	image_add(volume, "Windows/System32/config/SYSTEM", "regf", 4); /* no SOFTWARE */
	image_add(volume, "Recovery/WindowsRE/Winre.wim", "MSWIM", 5);
	image_unmount(volume);
	cr_assert_eq(find(&windows, &found, &err, &err), 0, "%s", err.message);
	cr_assert_not(found);
}

/* What ProductName says, with the build and the kind of installation, and what it is. */
static const struct {
	const char *product, *build, *type, *called;
} names[] = {
	{"Windows 10 Pro", "22631", "Client", "Windows 11 Pro"},
	{"Windows 10 Enterprise LTSC", "22000", "Client", "Windows 11 Enterprise LTSC"},
	{"Windows 10", "26100", "Client", "Windows 11"},
	{"Windows 10 Pro", "21999", "Client", "Windows 10 Pro"},
	{"Windows 11 Pro", "26100", "Client", "Windows 11 Pro"},
	{"Windows 100", "26100", "Client", "Windows 100"},
	{"Windows 10 Pro", "26100", "Server", "Windows 10 Pro"},
	{"Windows Server 2025 Standard", "26100", "Server Core", "Windows Server 2025 Standard"},
};

Test(windows, calls_windows_11_so, .init = set_up, .fini = tear_down)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct error err = ERROR_INIT;
		struct sample sample = samples[1].sample;
		struct windows windows;
		bool found = false;

		sample.product = names[i].product;
		sample.build = names[i].build;
		sample.type = names[i].type;
		image_make(image, 16 * MIB, 4096);
		add_windows(&sample);
		cr_assert_eq(find(&windows, &found, &err, &err), 0, "%zu: %s", i, err.message);
		cr_assert(found);
		cr_assert_str_eq(windows.product, names[i].called);
	}
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a configuration records leads to no file outside of the folders that the user has named:
 * every path is tried beside a file that it must not reach.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/checked.h"
#include "convert/vm/find/find.h"
#include "tests/support/scratch.h"

/*
 *   secret.vhdx                                  must not be reached
 *   export/Virtual Machines/vm.vmcx
 *   export/Virtual Hard Disks/disk.vhdx
 *   export/Virtual Hard Disks/link.vhdx          -> ../../secret.vhdx
 *   export/top.vhdx
 *   store/VMs/web01/disk.vhdx
 *   store/VMs/out                                -> ../..
 *   store/VMs/Web02/Disk.VHDX
 */
static char root[] = "vm-find.XXXXXX";

#define CONFIG "export/Virtual Machines/vm.vmcx"

static void setup(void)
{
	cr_assert(mkdtemp(root) && chdir(root) == 0);
	for (const char *const *name =
		     (const char *const[]){"export", "export/Virtual Machines",
					   "export/Virtual Hard Disks", "store", "store/VMs",
					   "store/VMs/web01", "store/VMs/Web02",
					   "store/VMs/secret.vhdx", NULL};
	     *name; name++)
		cr_assert_eq(mkdir(*name, 0777), 0);
	for (const char *const *name =
		     (const char *const[]){"secret.vhdx", CONFIG,
					   "export/Virtual Hard Disks/disk.vhdx", "export/top.vhdx",
					   "store/VMs/web01/disk.vhdx", "store/VMs/Web02/Disk.VHDX",
					   NULL};
	     *name; name++)
		file_write(*name, "x", 1);
	cr_assert_eq(symlink("../../secret.vhdx", "export/Virtual Hard Disks/link.vhdx"), 0);
	cr_assert_eq(symlink("../..", "store/VMs/out"), 0);
	cr_assert_eq(symlink("secret.vhdx", "export/Virtual Machines/loop.vhdx"), 0);
}

static void clean(void)
{
	cr_assert_eq(chdir(".."), 0);
	cr_assert_eq(tool_run(NULL, "rm -rf '%s'", root), 0);
}

TestSuite(vm_find, .init = setup, .fini = clean);

static const struct vm_map map_list[] = {{"D:\\VMs", 6, "store/VMs"},
					 {"D:\\", 3, "export"},
					 {"\\\\server\\share", 14, "store/VMs"}};
static const struct vm_maps maps = {map_list, ARRAY_SIZE(map_list)}, no_maps = {NULL, 0};

static void expect_found(const struct vm_maps *with, const char *recorded, const char *path)
{
	CLEANUP_VM_FILE struct vm_file file = VM_FILE_INIT;
	struct error err = ERROR_INIT;

	cr_assert_eq(vm_find_disk(CONFIG, with, recorded, &file, &err), 0, "%s: %s", recorded,
		     err.message);
	cr_expect_str_eq(file.path, path);
	cr_expect_geq(file.fd, 0);
}

static void expect_refused(const struct vm_maps *with, const char *recorded, enum refusal refusal)
{
	struct vm_file file = VM_FILE_INIT;
	struct error err = ERROR_INIT;

	cr_expect_eq(vm_find_disk(CONFIG, with, recorded, &file, &err), -EPERM, "%s", recorded);
	cr_expect_eq(err.refusal, refusal, "%s: %s", recorded, err.message);
	cr_expect(file.fd == -1 && !file.path);
	if (refusal == REFUSAL_DISK_PATH)
		cr_expect_str_eq(err.advice, "attach the disk by its plain path on the VM's host, "
					     "and export the VM again");
	else
		cr_expect_str_eq(err.advice,
				 "copy it there, or say with --map "
				 "'D:\\FOLDER=/FOLDER' which folder here is the one that "
				 "is recorded");
}

Test(vm_find, in_the_export)
{
	expect_found(&no_maps, "D:\\VMs\\x\\disk.vhdx", "export/Virtual Hard Disks/disk.vhdx");
	expect_found(&no_maps, "D:\\VMs\\x\\DISK.VHDX", "export/Virtual Hard Disks/disk.vhdx");
	expect_found(&no_maps, "/D:/VMs//disk.vhdx", "export/Virtual Hard Disks/disk.vhdx");
	expect_found(&no_maps, "\\\\?\\Volume{0}\\disk.vhdx",
		     "export/Virtual Hard Disks/disk.vhdx");
	expect_found(&no_maps, "top.vhdx", "export/top.vhdx");
	expect_found(&no_maps, "vm.vmcx", CONFIG);
}

Test(vm_find, by_a_map)
{
	expect_found(&maps, "D:\\VMs\\web01\\disk.vhdx", "store/VMs/web01/disk.vhdx");
	expect_found(&maps, "d:/vms/WEB01\\disk.vhdx", "store/VMs/web01/disk.vhdx");
	expect_found(&maps, "D:\\VMs\\web02\\disk.vhdx", "store/VMs/Web02/Disk.VHDX");
	expect_found(&maps, "D:\\top.vhdx", "export/top.vhdx");
	expect_found(&maps, "\\\\SERVER\\share\\web01\\disk.vhdx", "store/VMs/web01/disk.vhdx");
	/* Not begun by a mapping: as without one. */
	expect_found(&maps, "E:\\VMs\\web01\\disk.vhdx", "export/Virtual Hard Disks/disk.vhdx");
	/* A mapping begins whole names only, and what it does not have is nowhere else. */
	expect_refused(&maps, "D:\\VMsX\\web01\\disk.vhdx", REFUSAL_DISK_MISSING);
	expect_refused(&maps, "D:\\VMs\\top.vhdx", REFUSAL_DISK_MISSING);
	expect_refused(&maps, "D:\\VMs", REFUSAL_DISK_MISSING);
	expect_refused(&maps, "D:\\VMs\\", REFUSAL_DISK_MISSING);
}

/* Nobody knows which one Windows would have had. */
Test(vm_find, twins)
{
	struct vm_file file = VM_FILE_INIT;
	struct error err = ERROR_INIT;

	file_write("export/Virtual Hard Disks/Twin.vhdx", "x", 1);
	file_write("export/Virtual Hard Disks/tWIN.vhdx", "x", 1);
	expect_found(&no_maps, "D:\\tWIN.vhdx", "export/Virtual Hard Disks/tWIN.vhdx");
	cr_expect_eq(vm_find_disk(CONFIG, &no_maps, "D:\\twin.vhdx", &file, &err), -EPERM);
	cr_expect_eq(err.refusal, REFUSAL_DISK_CONFLICT);
	cr_expect(err.is_of_wish);
	cr_expect_str_eq(err.message, "'twin.vhdx' in 'export/Virtual Hard Disks' could be "
				      "'Twin.vhdx' or 'tWIN.vhdx'");
	cr_expect_str_eq(err.advice, "rename the one that is not meant");
}

#define ID "4E7D9C20-61B3-4B0F-9E55-0C9D8A7B6F11"

static int find_checkpoint(const char *id, struct vm_file *file, struct error *err)
{
	*file = (struct vm_file)VM_FILE_INIT;
	*err = (struct error)ERROR_INIT;
	return vm_find_checkpoint(CONFIG, id, file, err);
}

Test(vm_find, checkpoints)
{
	struct vm_file file;
	struct error err;

	cr_expect_eq(find_checkpoint(ID, &file, &err), -EINVAL);
	cr_expect_eq(err.kind, ERROR_USAGE);
	cr_assert_eq(mkdir("export/Snapshots", 0777), 0);
	cr_assert_eq(symlink("../../secret.vhdx", "export/Snapshots/" ID ".vmcx"), 0);
	cr_expect_eq(find_checkpoint(ID, &file, &err), -EINVAL);
	file_write("export/Snapshots/" ID ".XML", "x", 1);
	cr_assert_eq(find_checkpoint("{" ID "}", &file, &err), 0, "%s", err.message);
	cr_expect_str_eq(file.path, "export/Virtual Machines/../Snapshots/" ID ".XML");
	vm_file_close(&file);
	cr_expect_eq(find_checkpoint("../../secret", &file, &err), -EINVAL);
	cr_expect_eq(err.kind, ERROR_USAGE);
}

static const char *const upward[] = {
	"D:\\VMs\\..\\..\\secret.vhdx",
	"D:/VMs/../../secret.vhdx",
	"D:\\VMs\\web01\\..\\..\\..\\secret.vhdx",
	"..\\..\\secret.vhdx",
	"../../secret.vhdx",
	"D:\\VMs\\.. \\..  /secret.vhdx",
	"D:\\VMs\\...\\secret.vhdx",
	"D:\\VMs\\. .\\secret.vhdx",
	"D:\\VMs\\.\\web01\\disk.vhdx",
	"D:\\VMs\\web01\\..",
	"..",
	".",
	" ",
};

Test(vm_find, nothing_leads_upwards)
{
	for (size_t i = 0; i < ARRAY_SIZE(upward); i++) {
		expect_refused(&maps, upward[i], REFUSAL_DISK_PATH);
		expect_refused(&no_maps, upward[i], REFUSAL_DISK_PATH);
	}
}

Test(vm_find, no_symbolic_link_is_followed)
{
	expect_refused(&no_maps, "C:\\link.vhdx", REFUSAL_DISK_MISSING);
	expect_refused(&no_maps, "C:\\LINK.vhdx", REFUSAL_DISK_MISSING);
	expect_refused(&no_maps, "C:\\loop.vhdx", REFUSAL_DISK_MISSING);
	expect_refused(&maps, "D:\\VMs\\out\\secret.vhdx", REFUSAL_DISK_MISSING);
	expect_refused(&maps, "D:\\VMs\\OUT\\secret.vhdx", REFUSAL_DISK_MISSING);
	expect_refused(&maps, "D:\\VMs\\secret.vhdx", REFUSAL_DISK_MISSING);
	/* Absolute paths of this host. */
	expect_refused(&no_maps, "/etc/passwd", REFUSAL_DISK_MISSING);
	expect_refused(&maps, "D:\\VMs\\/etc/passwd", REFUSAL_DISK_MISSING);
}

Test(vm_find, a_drive_without_a_path)
{
	struct vm_file file = VM_FILE_INIT;
	struct error err = ERROR_INIT;

	cr_expect_eq(vm_find_disk(CONFIG, &maps, "", &file, &err), -EPERM);
	cr_expect_eq(err.refusal, REFUSAL_DISK_MISSING);
	cr_expect_str_eq(err.message, "no file is recorded for this drive");
	cr_expect_str_eq(err.advice, "attach its disk to it again on the VM's host and export the "
				     "VM again, or convert the disk alone");
	cr_expect_not(err.is_of_wish);
	cr_expect(file.fd == -1 && !file.path);
}

Test(vm_find, neither_devices_nor_pipes_are_opened)
{
	struct vm_file file = VM_FILE_INIT;
	struct error err = ERROR_INIT;

	cr_assert_eq(mkfifo("export/Virtual Hard Disks/pipe.vhdx", 0666), 0);
	expect_refused(&no_maps, "C:\\pipe.vhdx", REFUSAL_DISK_MISSING);
	vm_find_disk(CONFIG, &no_maps, "C:\\pipe.vhdx", &file, &err);
	cr_expect(strstr(err.message, "is no regular file"), "%s", err.message);
}

/* Outside of 'Virtual Machines' the folder above is none of the VM's. */
Test(vm_find, the_folder_above_is_the_exports_only)
{
	struct vm_file file = VM_FILE_INIT;
	struct error err = ERROR_INIT;

	file_write("export/vm.vmcx", "x", 1);
	cr_expect_eq(vm_find_disk("export/vm.vmcx", &no_maps, "secret.vhdx", &file, &err), -EPERM);
	cr_expect_eq(err.refusal, REFUSAL_DISK_MISSING);
	cr_expect(err.is_of_wish);
	cr_expect_eq(vm_find_disk("export/vm.vmcx", &no_maps, "disk.vhdx", &file, &err), 0);
	vm_file_close(&file);
}

Test(vm_find, too_many_folders)
{
	char path[300] = "D:";

	for (int i = 0; i < 70; i++)
		strcat(path, "\\a");
	expect_refused(&no_maps, path, REFUSAL_DISK_PATH);
}

static bool listing_fails;

/* Instead of the C library's: a folder that is gone when its names are asked for. */
int openat(int fd, const char *name, int flags, ...)
{
	if (listing_fails && strcmp(name, ".") == 0) {
		errno = ENOENT;
		return -1;
	}
	return (int)syscall(SYS_openat, fd, name, flags, 0);
}

static bool reading_fails;

/* A file system that gives one name and then an error. */
struct dirent *readdir(DIR *dir)
{
	static struct dirent first = {.d_name = "vm.vmcx"};
	static bool has_one;

	if (!reading_fails) {
		struct dirent *(*next)(DIR *);

		*(void **)&next = dlsym(RTLD_NEXT, "readdir64");
		return next(dir);
	}
	has_one = !has_one;
	errno = has_one ? 0 : EIO;
	return has_one ? &first : NULL;
}

static int find_config(const char *path, struct vm_file *file, struct error *err)
{
	*file = (struct vm_file)VM_FILE_INIT;
	*err = (struct error)ERROR_INIT;
	return vm_find_config(path, file, err);
}

Test(vm_find, the_configuration_of_a_folder)
{
	struct vm_file file;
	struct error err;

	cr_assert_eq(find_config("export", &file, &err), 0, "%s", err.message);
	cr_expect_str_eq(file.path, CONFIG);
	vm_file_close(&file);
	file_write("export/Virtual Machines/VM.XML", "x", 1);
	cr_assert_eq(find_config("export/Virtual Machines/", &file, &err), 0);
	cr_expect_str_eq(file.path, CONFIG, "the .vmcx of two with one name");
	vm_file_close(&file);
	file_write("export/other.xml", "x", 1);
	cr_assert_eq(find_config("export", &file, &err), -EPERM);
	cr_expect_eq(err.refusal, REFUSAL_SEVERAL_VMS);
	cr_expect(strstr(err.message, "'export/other.xml', '" CONFIG "'"), "%s", err.message);
	cr_expect_str_eq(err.advice, "give the one that is meant");
	cr_assert_eq(find_config("store", &file, &err), -EPERM);
	cr_expect_eq(err.refusal, REFUSAL_NO_VM);
	cr_expect_str_eq(err.advice,
			 "give the folder of an export, or the .vmcx or .xml file itself");
	cr_assert_eq(find_config("nothing", &file, &err), -ENOENT);
	file_write("old.exp", "x", 1);
	cr_assert_eq(find_config("old.exp", &file, &err), -EPERM);
	cr_expect_eq(err.refusal, REFUSAL_VM_CONFIG_VERSION);
	cr_expect_str_eq(err.advice, "import the VM on a host of Windows Server 2012 R2 and export "
				     "it there, or convert its disk alone");
}

/* That there is no folder 'Virtual Machines' is no error; that one could not be looked at is. */
Test(vm_find, a_folder_that_goes_away_is_an_error)
{
	struct vm_file file;
	struct error err;

	listing_fails = true;
	cr_expect_eq(find_config("store", &file, &err), -ENOENT);
	cr_expect_eq(err.kind, ERROR_FAILED);
	cr_expect(strstr(err.message, "'store': "), "%s", err.message);
}

/* What was listed so far is not all. */
Test(vm_find, a_folder_that_cannot_be_read_whole_is_an_error)
{
	struct vm_file file;
	struct error err;

	reading_fails = true;
	cr_expect_eq(find_config("export/Virtual Machines", &file, &err), -EIO);
	cr_expect_eq(err.kind, ERROR_FAILED);
	cr_expect(strstr(err.message, "'export/Virtual Machines': Input/output error"), "%s",
		  err.message);
}

Test(vm_find, a_link_in_a_folder_is_no_configuration)
{
	struct vm_file file;
	struct error err;

	cr_assert_eq(mkdir("trap", 0777), 0);
	cr_assert_eq(symlink("../export/Virtual Machines/vm.vmcx", "trap/a.vmcx"), 0);
	cr_assert_eq(symlink("../export/Virtual Machines", "trap/Virtual Machines"), 0);
	cr_assert_eq(find_config("trap", &file, &err), -EPERM);
	cr_expect_eq(err.refusal, REFUSAL_NO_VM);
}

Test(vm_find, names_that_mean_a_vm)
{
	cr_expect(vm_is_named("a.vmcx") && vm_is_named("a.XML") && vm_is_named("a.exp"));
	cr_expect(vm_is_named("export") && vm_is_named("."));
	cr_expect_not(vm_is_named("a.vhdx") || vm_is_named("vmcx") || vm_is_named("nothing"));
}

static bool has_state(const char *name, size_t size)
{
	CLEANUP_FREE char *path = NULL;
	struct error err = ERROR_INIT;

	file_write(name, "x", 1);
	cr_assert_eq(truncate(name, (off_t)size), 0);
	cr_assert_eq(vm_find_saved_state(CONFIG, &path, &err), 0, "%s", err.message);
	cr_expect(!path || strcmp(path, name) == 0, "%s", path);
	cr_assert_eq(unlink(name), 0);
	return path != NULL;
}

Test(vm_find, saved_states)
{
	cr_expect_not(has_state("export/Virtual Machines/other.vsv", 1));
	cr_expect_not(has_state("export/Virtual Machines/vm.vmrs", 45092));
	cr_expect(has_state("export/Virtual Machines/vm.vmrs", 32 << 20));
	cr_expect(has_state("export/Virtual Machines/vm.vsv", 1));
	cr_assert_eq(mkdir("export/Virtual Machines/vm", 0777), 0);
	cr_expect(has_state("export/Virtual Machines/vm/vm.bin", 1));
	cr_expect(has_state("export/Virtual Machines/vm/VM.vsv", 1));
}

/* It may be a saved state of which nobody sees how large it is. */
Test(vm_find, a_saved_state_that_is_no_regular_file)
{
	static const char *const names[] = {"export/Virtual Machines/vm.vmrs",
					    "export/Virtual Machines/vm.vsv",
					    "export/Virtual Machines/vm"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP_FREE char *link = NULL, *pipe = NULL;
		struct error err = ERROR_INIT;

		cr_assert_eq(symlink("../../secret.vhdx", names[i]), 0);
		cr_assert_eq(vm_find_saved_state(CONFIG, &link, &err), 0, "%s", err.message);
		cr_expect(link && strcmp(link, names[i]) == 0, "%s: %s", names[i], link);
		cr_assert_eq(unlink(names[i]), 0);
		cr_assert_eq(mkfifo(names[i], 0666), 0);
		cr_assert_eq(vm_find_saved_state(CONFIG, &pipe, &err), 0, "%s", err.message);
		cr_expect(pipe && strcmp(pipe, names[i]) == 0, "%s: %s", names[i], pipe);
		cr_assert_eq(unlink(names[i]), 0);
	}
}

Test(vm_find, maps)
{
	struct vm_map map;

	cr_expect_eq(vm_map_parse("D:\\VMs\\=/mnt", &map, NULL), 0);
	cr_expect_eq(map.from_size, 6);
	cr_expect_eq(vm_map_parse("=x", &map, NULL), -EINVAL);
	cr_expect_eq(vm_map_parse("x=", &map, NULL), -EINVAL);
	cr_expect_eq(vm_map_parse("x", &map, NULL), -EINVAL);
}

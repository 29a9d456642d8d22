/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernel and initramfs: see kernel_check.h. */
#include "convert/guest/linux/kernel_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/guest/linux/find.h"
#include "convert/guest/linux/menu.h"
#include "convert/guest/linux/parse/initramfs.h"
#include "convert/guest/linux/parse/kernel.h"

#define ADVICE_MENU                                                                                \
	"make the boot menu anew in the guest (update-grub, or grub2-mkconfig -o "                 \
	"/boot/grub2/grub.cfg), start the VM with it once, and convert again"
#define ADVICE_KERNEL                                                                              \
	"update the guest to a distribution for x86-64 whose kernel starts by UEFI (3.10 or "      \
	"later), or keep this VM in generation 1"
#define ADVICE_DRIVERS                                                                              \
	"in the guest, Debian and Ubuntu: printf 'hv_vmbus\\nhv_storvsc\\nhv_netvsc\\n"             \
	"hyperv_keyboard\\n' >> /etc/initramfs-tools/modules; update-initramfs -u -k all; Red Hat " \
	"and SUSE: dracut -f --add-drivers 'hv_vmbus hv_storvsc hv_netvsc hyperv_keyboard' "        \
	"--regenerate-all; then convert again"

enum { MODULE_VMBUS, MODULE_STORVSC, MODULE_KEYBOARD, MODULE_MAX };

/* What is looked for, in the kernel and in its initramfs. */
struct drivers {
	struct initramfs_module modules[MODULE_MAX];
	size_t count;	 /* of those that are needed */
	uint64_t output; /* bytes of initramfs that were unpacked */
	bool is_unknown; /* not all could be looked at, which was said */
};

static int refuse_kernel(const struct linux_default *starts, enum refusal refusal, const char *what,
			 struct error *err)
{
	return error_refused(err, refusal, ADVICE_KERNEL, "the kernel '%s' %s", starts->kernel,
			     what);
}

static int refuse_file(const struct linux_default *starts, const char *path,
		       const struct error *problem, struct error *err)
{
	if (error_is_of_host(problem)) {
		*err = *problem;
		return -err->code;
	}
	return error_refused(
		err, REFUSAL_LINUX_BOOT_MENU, ADVICE_MENU,
		"'%s', which the entry '%s' of the boot menu starts, cannot be read: %s", path,
		starts->title, problem->message);
}

static int check_kernel(struct linux_files *boot, struct linux_default *starts, struct error *err)
{
	const char *path = linux_menu_path(starts->kernel);
	CLEANUP_FREE uint8_t *data = NULL;
	struct linux_kernel kernel = {.is_bzimage = false};
	struct error problem = ERROR_INIT;
	uint64_t file_size;
	size_t size;

	if (linux_files_read_start(boot, path, LINUX_KERNEL_HEAD, &data, &size, &file_size,
				   &problem) < 0)
		return refuse_file(starts, path, &problem, err);
	if (linux_kernel_parse(&(struct file_bytes){data, size, path}, &kernel, NULL) < 0 ||
	    !kernel.is_bzimage)
		return error_refused(err, REFUSAL_LINUX_BOOT_MENU, ADVICE_MENU,
				     "'%s', which the entry '%s' of the boot menu starts, is no "
				     "kernel for PCs",
				     path, starts->title);
	snprintf(starts->version, sizeof(starts->version), "%s", kernel.version);
	if (kernel.protocol >= 0x20c && !kernel.is_64_bit)
		return refuse_kernel(starts, REFUSAL_LINUX_X86,
				     "is for 32 bits, and generation 2 starts 64 bits alone", err);
	if (!kernel.has_efi_stub || !kernel.is_64_bit)
		return refuse_kernel(starts, REFUSAL_LINUX_TOO_OLD,
				     "cannot be started by UEFI: it has no EFI stub", err);
	return 0;
}

/* What is built in needs no initramfs. */
static int look_into_kernel(struct linux_files *root, const char *version, struct drivers *drivers,
			    struct error *err)
{
	static const char *const folders[] = {"/lib/modules", "/usr/lib/modules"};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(folders); i++) {
		CLEANUP_FREE uint8_t *data = NULL;
		char path[200];
		size_t size = 0;

		snprintf(path, sizeof(path), "%s/%.*s/modules.builtin", folders[i],
			 (int)strcspn(version, " /"), version);
		r = linux_read_text(root, path, &data, &size, err);
		for (size_t j = 0; r > 0 && j < drivers->count; j++)
			drivers->modules[j].is_found |=
				modules_builtin_has(&(struct file_bytes){data, size, path},
						    drivers->modules[j].name);
	}
	return r < 0 ? r : 0;
}

static int read_stream(void *context, void *buffer, size_t size, size_t *got, struct error *err)
{
	return linux_stream_read(context, buffer, size, got, err);
}

static bool are_found(const struct drivers *drivers)
{
	for (size_t i = 0; i < drivers->count; i++)
		if (!drivers->modules[i].is_found)
			return false;
	return true;
}

static bool is_done(const struct drivers *drivers)
{
	return drivers->is_unknown || are_found(drivers);
}

/* One that cannot be read to its end may hold what is missing: that is said, and no more. */
static int look_into_initrd(struct linux_files *boot, const struct linux_default *starts,
			    const char *path, struct drivers *drivers, struct note_list *warnings,
			    struct error *err)
{
	CLEANUP_LINUX_STREAM struct linux_stream *stream = NULL;
	struct initramfs_wanted wanted = {drivers->modules, drivers->count};
	struct initramfs_source source = {.read = read_stream, .name = path};
	struct initramfs_result result = {.output = 0};
	struct error problem = ERROR_INIT;
	uint64_t size;
	int r = linux_stream_open(boot, path, &stream, &size, &problem);

	if (r < 0)
		return refuse_file(starts, path, &problem, err);
	source.context = stream;
	r = initramfs_scan(&source, &wanted, INITRAMFS_MAX_OUTPUT - drivers->output, &result,
			   &problem);
	if (r < 0 && error_is_of_host(&problem)) {
		*err = problem;
		return r;
	}
	drivers->output += result.output;
	if (are_found(drivers) || (r == 0 && !result.unsupported))
		return 0;
	note_add(
		warnings,
		"the initramfs '%s' cannot be read to its end (%s%s): whether it has the drivers of "
		"Hyper-V is not known",
		path, r < 0 ? "" : "compressed with ",
		r < 0 ? problem.message : result.unsupported);
	drivers->is_unknown = true;
	return 0;
}

static int refuse_drivers(const struct linux_default *starts, const struct drivers *drivers,
			  struct error *err)
{
	char names[100] = "";

	for (size_t i = 0; i < drivers->count; i++)
		if (!drivers->modules[i].is_found)
			snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
				 names[0] ? ", " : "", drivers->modules[i].name);
	return error_refused(err, REFUSAL_NO_HYPERV_DRIVERS, ADVICE_DRIVERS,
			     "the kernel %s and its initramfs have no %s: it %s", starts->version,
			     names,
			     drivers->modules[MODULE_VMBUS].is_found &&
					     drivers->modules[MODULE_STORVSC].is_found
				     ? "could not ask for the passphrase of its root"
				     : "would not find its disk");
}

static int check_drivers(struct linux_files *boot, struct linux_files *root, bool is_encrypted,
			 struct linux_default *starts, struct note_list *warnings,
			 struct error *err)
{
	struct drivers drivers = {.modules = {{"hv_vmbus", false},
					      {"hv_storvsc", false},
					      {"hyperv_keyboard", false}},
				  .count = is_encrypted ? MODULE_MAX : MODULE_KEYBOARD};
	int r = root ? look_into_kernel(root, starts->version, &drivers, err) : 0;

	for (size_t i = 0; r == 0 && i < starts->initrd_count && !is_done(&drivers); i++)
		r = look_into_initrd(boot, starts, linux_menu_path(starts->initrds[i]), &drivers,
				     warnings, err);
	if (r == 0 && are_found(&drivers))
		starts->drivers = LINUX_DRIVERS_FOUND;
	if (r < 0 || is_done(&drivers))
		return r;
	if (starts->initrd_count == 0 && !root) {
		note_add(warnings,
			 "whether the kernel has the drivers of Hyper-V is not known: it has "
			 "no initramfs, and the guest's root cannot be read");
		return 0;
	}
	starts->drivers = LINUX_DRIVERS_MISSING;
	return refuse_drivers(starts, &drivers, err);
}

static int check(struct linux_files *boot, struct linux_files *root, bool is_encrypted,
		 struct linux_default *starts, struct note_list *warnings, struct error *err)
{
	int r = check_kernel(boot, starts, err);

	return r < 0 ? r : check_drivers(boot, root, is_encrypted, starts, warnings, err);
}

/* Entries stay in menus when their kernels go, and others are of another disk. */
static bool is_there(struct linux_files *boot, const struct linux_default *other)
{
	enum linux_file_type type = LINUX_FILE_NONE;

	return linux_files_find(boot, linux_menu_path(other->kernel), &type, NULL, NULL) == 0 &&
	       type == LINUX_FILE_REGULAR;
}

/* The guest starts without it: what would stop it is a warning. */
static int check_other(struct linux_files *boot, struct linux_files *root,
		       const struct linux_system *system, struct linux_default *other,
		       struct note_list *warnings, struct error *err)
{
	struct error problem = ERROR_INIT;

	if (!is_there(boot, other))
		return 0;
	if (check(boot, root, system->root_is_encrypted, other, warnings, &problem) == 0)
		return 0;
	if (error_is_of_host(&problem)) {
		*err = problem;
		return -err->code;
	}
	note_add(warnings,
		 "the entry '%s' of the boot menu, which is not the default, would not "
		 "start: %s",
		 other->title, problem.message);
	return 0;
}

int linux_kernel_check(struct linux_files *boot, struct linux_files *root,
		       struct linux_system *system, struct note_list *warnings, struct error *err)
{
	int r = check(boot, root, system->root_is_encrypted, &system->starts, warnings, err);

	for (size_t i = 0; r == 0 && i < system->other_count; i++)
		r = check_other(boot, root, system, &system->others[i], warnings, err);
	if (r == 0 && system->has_more_others)
		note_add(warnings,
			 "the boot menu has more kernels than the %zu that were looked at",
			 system->other_count + 1);
	return r;
}

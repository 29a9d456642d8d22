/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernel and initramfs: see kernel_check.h. */
#include "convert/guest/linux/kernel_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/guest/linux/menu.h"
#include "convert/guest/linux/parse/initramfs.h"
#include "convert/guest/linux/parse/kernel.h"
#include "convert/guest/linux/read.h"

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
	size_t count;	       /* of those that are needed */
	bool is_unknown;       /* not all could be looked at, which was said, or will be */
	struct error unlisted; /* why not all that is built in is known; else of kind ERROR_NONE */
};

/* An initramfs that was looked at: several kernels may name one. */
struct seen {
	const char *path;	 /* of the menu */
	bool wanted[MODULE_MAX]; /* what was looked for in it */
	bool is_found[MODULE_MAX];
	bool is_unknown;
};

#define MAX_SEEN 64

/* What all initramfs of the other kernels have together when they are unpacked: one has up to this.
 * The guest starts without them, and zeros cost little to pack. */
#define OTHERS_MAX_OUTPUT (256 * MIB)

/* Through the kernels of a guest. 'root' is NULL where it cannot be read. */
struct look {
	const struct linux_system *system;
	struct linux_files *boot, *root;
	struct note_list *warnings;
	bool is_at_others;
	uint64_t output; /* bytes of initramfs that may be unpacked yet */
	bool is_short;	 /* which was not enough for the others */
	struct seen seen[MAX_SEEN];
	size_t seen_count;
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
	bool is_damage = problem->kind == ERROR_DAMAGED && problem->code != EFBIG;

	if (is_damage || error_is_of_host(problem)) {
		*err = *problem;
		return -err->code;
	}
	return error_refused(
		err, REFUSAL_LINUX_BOOT_MENU, LINUX_ADVICE_MENU,
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
		return error_refused(err, REFUSAL_LINUX_BOOT_MENU, LINUX_ADVICE_MENU,
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

/* What is built in needs no initramfs. Where that cannot be read, an initramfs may have all. */
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
		r = linux_read_text(root, path, &data, &size, &drivers->unlisted);
		if (r < 0)
			r = linux_pass_host(&drivers->unlisted, err);
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

/* An earlier look at it for all that is missing yet. */
static const struct seen *find_seen(const struct look *look, const char *path,
				    const struct drivers *drivers)
{
	for (size_t i = 0; i < look->seen_count; i++) {
		const struct seen *seen = &look->seen[i];
		bool has_all = strcmp(seen->path, path) == 0;

		for (size_t j = 0; j < drivers->count; j++)
			has_all &= seen->wanted[j] || drivers->modules[j].is_found;
		if (has_all)
			return seen;
	}
	return NULL;
}

/* What is too much of the others is told of all at once. */
static void note_unknown(struct look *look, const char *path, int r, const struct error *problem,
			 const struct initramfs_result *result)
{
	if (look->is_at_others && look->output == 0) {
		look->is_short = true;
		return;
	}
	note_add(look->warnings,
		 "the initramfs '%s' cannot be read to its end (%s%s): whether it has the drivers "
		 "of Hyper-V is not known",
		 path, r < 0 ? "" : "compressed with ",
		 r < 0 ? problem->message : result->unsupported);
}

/* One that cannot be read to its end may hold what is missing: that is said, and no more. */
static int scan_initrd(struct look *look, const struct linux_default *starts, struct seen *ret,
		       const struct drivers *drivers, struct error *err)
{
	CLEANUP_LINUX_STREAM struct linux_stream *stream = NULL;
	struct drivers found = *drivers;
	struct initramfs_wanted wanted = {found.modules, found.count};
	struct initramfs_source source = {.read = read_stream, .name = ret->path};
	struct initramfs_result result = {.output = 0};
	struct error problem = ERROR_INIT;
	uint64_t size;
	int r;

	if (look->is_at_others && look->output == 0) {
		look->is_short = ret->is_unknown = true;
		return 0;
	}
	r = linux_stream_open(look->boot, ret->path, &stream, &size, &problem);
	if (r < 0)
		return refuse_file(starts, ret->path, &problem, err);
	source.context = stream;
	r = initramfs_scan(&source, &wanted, look->output, &result, &problem);
	if (r < 0 && error_is_of_host(&problem)) {
		*err = problem;
		return r;
	}
	look->output -= min_u64(look->output, result.output);
	for (size_t i = 0; i < found.count; i++) {
		ret->wanted[i] = !drivers->modules[i].is_found;
		ret->is_found[i] = found.modules[i].is_found;
	}
	ret->is_unknown = !are_found(&found) && (r < 0 || result.unsupported);
	if (ret->is_unknown)
		note_unknown(look, ret->path, r, &problem, &result);
	return 0;
}

static int look_into_initrd(struct look *look, const struct linux_default *starts, const char *path,
			    struct drivers *drivers, struct error *err)
{
	const struct seen *known = find_seen(look, path, drivers);
	struct seen seen = {.path = path};
	int r = 0;

	if (known)
		seen = *known;
	else
		r = scan_initrd(look, starts, &seen, drivers, err);
	if (r < 0)
		return r;
	if (!known && look->seen_count < MAX_SEEN)
		look->seen[look->seen_count++] = seen;
	for (size_t i = 0; i < drivers->count; i++)
		drivers->modules[i].is_found |= seen.is_found[i];
	drivers->is_unknown = seen.is_unknown && !are_found(drivers);
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

static int check_drivers(struct look *look, bool is_encrypted, struct linux_default *starts,
			 struct error *err)
{
	struct drivers drivers = {.modules = {{"hv_vmbus", false},
					      {"hv_storvsc", false},
					      {"hyperv_keyboard", false}},
				  .count = is_encrypted ? MODULE_MAX : MODULE_KEYBOARD,
				  .unlisted = ERROR_INIT};
	int r = look->root ? look_into_kernel(look->root, starts->version, &drivers, err) : 0;

	for (size_t i = 0; r == 0 && i < starts->initrd_count && !is_done(&drivers); i++)
		r = look_into_initrd(look, starts, linux_menu_path(starts->initrds[i]), &drivers,
				     err);
	if (r == 0 && are_found(&drivers))
		starts->drivers = LINUX_DRIVERS_FOUND;
	if (r < 0 || is_done(&drivers))
		return r;
	if (starts->initrd_count == 0 && !look->root) {
		note_add(look->warnings,
			 "whether the kernel has the drivers of Hyper-V is not known: it has "
			 "no initramfs, and the guest's root cannot be read");
		return 0;
	}
	if (drivers.unlisted.code == EFBIG) {
		note_add(
			look->warnings,
			"whether the kernel %s has the drivers of Hyper-V built in is not known: %s",
			starts->version, drivers.unlisted.message);
		return 0;
	}
	if (drivers.unlisted.kind != ERROR_NONE) {
		*err = drivers.unlisted;
		return linux_prefix_root(look->system, err);
	}
	starts->drivers = LINUX_DRIVERS_MISSING;
	return refuse_drivers(starts, &drivers, err);
}

static int check(struct look *look, bool is_encrypted, struct linux_default *starts,
		 struct error *err)
{
	int r = check_kernel(look->boot, starts, err);

	return r < 0 ? r : check_drivers(look, is_encrypted, starts, err);
}

/* Entries stay in menus when their kernels go, and others are of another disk. */
static int check_if_there(struct look *look, bool is_encrypted, struct linux_default *other,
			  struct error *err)
{
	enum linux_file_type type = LINUX_FILE_NONE;
	int r = linux_files_find(look->boot, linux_menu_path(other->kernel), &type, NULL, err);

	return r < 0 || type != LINUX_FILE_REGULAR ? r : check(look, is_encrypted, other, err);
}

/* The guest starts without it: what would stop it, or cannot be looked at, is a warning. */
static void check_other(struct look *look, bool is_encrypted, struct linux_default *other)
{
	struct error problem = ERROR_INIT;

	if (check_if_there(look, is_encrypted, other, &problem) == 0)
		return;
	if (problem.kind == ERROR_REFUSED)
		note_add(look->warnings,
			 "the entry '%s' of the boot menu, which is not the default, would not "
			 "start: %s",
			 other->title, problem.message);
	else
		note_add(look->warnings,
			 "whether the entry '%s' of the boot menu, which is not the default, would "
			 "start is not known: %s",
			 other->title, problem.message);
}

static void check_others(struct look *look, struct linux_system *system)
{
	look->is_at_others = true;
	look->output = OTHERS_MAX_OUTPUT;
	for (size_t i = 0; i < system->other_count; i++)
		check_other(look, system->root_is_encrypted, &system->others[i]);
	if (look->is_short)
		note_add(
			look->warnings,
			"whether all other kernels of the boot menu have the drivers of Hyper-V is "
			"not known: their initramfs are larger than what is looked at");
	if (system->has_more_others)
		note_add(look->warnings,
			 "the boot menu has more kernels than the %zu that were looked at",
			 system->other_count + 1);
}

int linux_kernel_check(struct linux_files *boot, struct linux_files *root,
		       struct linux_system *system, struct note_list *warnings, struct error *err)
{
	struct look look = {.system = system,
			    .boot = boot,
			    .root = root,
			    .warnings = warnings,
			    .output = INITRAMFS_MAX_OUTPUT};
	int r = check(&look, system->root_is_encrypted, &system->starts, err);

	if (r == 0)
		check_others(&look, system);
	return r;
}

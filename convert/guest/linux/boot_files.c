/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Shim and GRUB for a guest: see boot_files.h. Files that the user names come first, then the
 * guest's own, with which its later updates go on, then those of this machine, and last a GRUB that
 * this machine makes.
 */
#include "convert/guest/linux/boot_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/guest/linux/chain/chain.h"
#include "convert/guest/linux/chain/grub_stub.h"
#include "convert/guest/linux/menu.h"
#include "convert/guest/linux/own_esp.h"
#include "convert/guest/linux/read.h"
#include "convert/guest/linux/volumes.h"
#include "convert/guest/signer.h"

#define ADVICE_FILES                                                                                  \
	"install Debian's packages shim-signed and grub-efi-amd64-signed on this machine (or, for "   \
	"Secure Boot off, grub-common and grub-efi-amd64-bin), or "                                   \
	"those of the guest's distribution in the guest (Debian, Ubuntu: apt install shim-signed "    \
	"grub-efi-amd64-signed; Red Hat: dnf install shim-x64 grub2-efi-x64), or name a folder with " \
	"shimx64.efi and grubx64.efi (--efi-files)"
#define ADVICE_BLS                                                                                  \
	"name the shim and GRUB of the guest's distribution (--efi-files), or install them in the " \
	"guest (dnf install shim-x64 grub2-efi-x64), and convert again"

#define ADVICE_SUSE                                                                                   \
	"name SUSE's shim and GRUB (--efi-files), or install them in the guest (zypper install shim " \
	"grub2-x86_64-efi), and convert again"

#define ADVICE_DRIVER                                                                               \
	"name the shim and GRUB of the guest's distribution (--efi-files), or install them in the " \
	"guest, and convert again"

/* A kernel is read whole to see who signed it. */
#define MAX_KERNEL (128 * MIB)

#define MAX_VENDORS 16 /* folders below EFI */

/* Where a distribution's packages put them in the guest's root. */
struct guest_paths {
	const char *shim, *grub, *mm, *fb;
};

static const struct guest_paths guest_sets[] = {
	{"/usr/lib/shim/shimx64.efi.signed.latest",
	 "/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed", "/usr/lib/shim/mmx64.efi",
	 "/usr/lib/shim/fbx64.efi"},
	{"/usr/lib/shim/shimx64.efi.signed", "/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed",
	 "/usr/lib/shim/mmx64.efi.signed", "/usr/lib/shim/fbx64.efi.signed"},
	{"/usr/share/efi/x86_64/shim.efi", "/usr/share/efi/x86_64/grub.efi",
	 "/usr/share/efi/x86_64/MokManager.efi", "/usr/share/efi/x86_64/fallback.efi"},
	{"/usr/lib64/efi/shim.efi", "/usr/lib64/efi/grub.efi", "/usr/lib64/efi/MokManager.efi",
	 "/usr/lib64/efi/fallback.efi"},
};

/* The bytes of a set out of the guest. */
struct guest_bytes {
	struct efi_files files;
	uint8_t *memory[4];
};

static void guest_bytes_done(struct guest_bytes *bytes)
{
	for (size_t i = 0; i < ARRAY_SIZE(bytes->memory); i++)
		free(bytes->memory[i]);
}
#define CLEANUP_GUEST_BYTES CLEANUP(guest_bytes_done)

/* A look for the guest's own. */
struct search {
	struct note_list *warnings;
	bool has_damage; /* of which one word is enough: below a damaged folder are all */
};

/* What is not there needs no word. */
static int leave_out(const struct error *problem, struct search *search, struct error *err)
{
	if (problem->kind == ERROR_DAMAGED && !search->has_damage)
		note_add(search->warnings, "a boot file of the guest's own is not taken: %s",
			 problem->message);
	search->has_damage |= problem->kind == ERROR_DAMAGED;
	return linux_pass_host(problem, err);
}

/* One that is not there, or cannot be read for what is wrong in the guest, stays NULL. */
static int read_file(struct linux_files *root, const char *path, const char *name, uint8_t **memory,
		     struct file_bytes *ret, struct search *search, struct error *err)
{
	struct error problem = ERROR_INIT;
	size_t size = 0;
	int r = linux_files_read(root, path, EFI_SET_FILE_MAX, memory, &size, &problem);

	if (r == 0) {
		*ret = (struct file_bytes){*memory, size, name};
		return 0;
	}
	return leave_out(&problem, search, err);
}

static int read_guest_set(struct linux_files *root, const struct guest_paths *paths,
			  struct guest_bytes *ret, struct search *search, struct error *err)
{
	struct efi_files *files = &ret->files;
	int r = read_file(root, paths->shim, "shimx64.efi", &ret->memory[0], &files->shim, search,
			  err);

	if (r == 0 && files->shim.data)
		r = read_file(root, paths->grub, "grubx64.efi", &ret->memory[1], &files->grub,
			      search, err);
	if (r < 0 || !files->grub.data)
		return r;
	r = read_file(root, paths->mm, "mmx64.efi", &ret->memory[2], &files->mm, search, err);
	return r < 0 ? r
		     : read_file(root, paths->fb, "fbx64.efi", &ret->memory[3], &files->fb, search,
				 err);
}

/* 1 when it is whole and usable. */
static int try_guest_set(struct linux_files *root, const struct guest_paths *paths,
			 struct efi_set *ret, struct search *search, struct error *err)
{
	CLEANUP_GUEST_BYTES struct guest_bytes bytes = {.memory = {NULL}};
	struct error problem = ERROR_INIT;
	int r = read_guest_set(root, paths, &bytes, search, err);

	if (r < 0 || !bytes.files.grub.data)
		return r;
	r = efi_set_from_bytes(&bytes.files, "the guest's packages", ret, &problem);
	if (r == 0)
		return 1;
	efi_set_done(ret);
	r = linux_pass_host(&problem, err);
	if (r < 0)
		return r;
	note_add(search->warnings, "the guest's own '%s' and GRUB are not taken: %s", paths->shim,
		 problem.message);
	return 0;
}

/* The Red Hat family keeps them where its ESP is mounted, in EFI/NAME below 'folder'. */
static int try_red_hat(struct linux_files *root, const char *folder, struct efi_set *ret,
		       struct search *search, struct error *err)
{
	char **names = NULL, paths[4][400];
	struct error problem = ERROR_INIT;
	size_t count = 0;
	int r = linux_files_list(root, folder, &names, &count, &problem);

	if (r < 0)
		return leave_out(&problem, search, err);
	for (size_t i = 0; r == 0 && i < count && i < MAX_VENDORS; i++) {
		const struct guest_paths set = {paths[0], paths[1], paths[2], paths[3]};

		snprintf(paths[0], sizeof(paths[0]), "%s/%s/shimx64.efi", folder, names[i]);
		snprintf(paths[1], sizeof(paths[1]), "%s/%s/grubx64.efi", folder, names[i]);
		snprintf(paths[2], sizeof(paths[2]), "%s/%s/mmx64.efi", folder, names[i]);
		snprintf(paths[3], sizeof(paths[3]), "%s/BOOT/fbx64.efi", folder);
		r = try_guest_set(root, &set, ret, search, err);
	}
	linux_files_names_free(names, count);
	return r;
}

/* 'boot' is a file system of its own, or NULL. */
static int try_guest(struct linux_files *root, struct linux_files *boot, struct efi_set *ret,
		     struct search *search, struct error *err)
{
	int r = 0;

	for (size_t i = 0; root && r == 0 && i < ARRAY_SIZE(guest_sets); i++)
		r = try_guest_set(root, &guest_sets[i], ret, search, err);
	if (r == 0 && boot)
		r = try_red_hat(boot, "/efi/EFI", ret, search, err);
	if (r == 0 && root)
		r = try_red_hat(root, "/boot/efi/EFI", ret, search, err);
	return r;
}

/*
 * The guest's go first, for its updates go on with them; but they may be older than those of this
 * machine, and what firmware refuses grows. Those of another vendor are no choice: they would not
 * start its kernel. Whatever is amiss with them does not matter here.
 */
static void note_newer_ones(const struct guest_options *options, const struct efi_set *set,
			    struct note_list *warnings)
{
	const struct efi_folder *folder = options->efi_folder;
	const struct efi_image *shim = &set->shim_facts, *grub = &set->grub_facts;
	CLEANUP_EFI_SET struct efi_set own = {.source = ""};
	struct error problem = ERROR_INIT;

	if (!folder || folder->path || folder->is_made || !efi_folder_is_there(folder) ||
	    efi_set_from_folder(folder, &own, &problem) < 0 ||
	    strcmp(own.shim_facts.vendor, shim->vendor) != 0 ||
	    (own.shim_facts.sbat.shim <= shim->sbat.shim &&
	     own.grub_facts.sbat.grub <= grub->sbat.grub))
		return;
	note_add(warnings,
		 "%s: shim and GRUB have the SBAT generations %u and %u, and those of this "
		 "machine's packages %u and %u: firmware with newer revocations may refuse the "
		 "older ones; update them in the guest, or give the newer ones with --efi-files",
		 set->source, shim->sbat.shim, grub->sbat.grub, own.shim_facts.sbat.shim,
		 own.grub_facts.sbat.grub);
}

static int choose_set(struct linux_files *root, struct linux_files *boot,
		      const struct guest_options *options, struct efi_set *ret,
		      struct guest_boot *made, struct error *err)
{
	struct efi_folder *folder = options->efi_folder;
	struct search search = {.warnings = &made->warnings};
	int r = folder && folder->path ? 0 : try_guest(root, boot, ret, &search, err);

	if (r > 0)
		note_newer_ones(options, ret, &made->warnings);
	if (r != 0)
		return r < 0 ? r : 0;
	if (folder)
		efi_folder_make(folder);
	if (folder && efi_folder_is_there(folder)) {
		r = efi_set_from_folder(folder, ret, err);
		made->is_elsewhere = r < 0;
		return r;
	}
	error_refused(err, REFUSAL_NO_EFI_FILES, ADVICE_FILES,
		      "neither the guest nor this machine has shim and GRUB for UEFI");
	return error_of_wish(err);
}

/* A store without keys gets those of its host. */
static bool is_trusted(const struct file_bytes *shim, const struct guest_trust *trust)
{
	CLEANUP_FREE char *issuer = NULL;

	return !trust || signer_is_trusted(shim->data, shim->size, trust, &issuer);
}

/* Secure Boot goes as far as the vendor's chain reaches: to this kernel, or not. */
static int judge_secure_boot(struct linux_files *boot, const struct linux_system *system,
			     const struct efi_set *set, const struct guest_trust *trust,
			     struct linux_boot *ret, struct error *err)
{
	const char *path = linux_menu_path(system->starts.kernel);
	struct efi_image image = {.is_signed = false};
	struct error problem = ERROR_INIT;
	CLEANUP_FREE uint8_t *data = NULL;
	struct file_bytes kernel = {.name = path};
	int r = linux_files_read(boot, path, MAX_KERNEL, &data, &kernel.size, &problem);

	if (r == -EFBIG)
		return error_refused(err, REFUSAL_LINUX_BOOT_MENU, LINUX_ADVICE_MENU,
				     "the kernel of the boot menu cannot be read: %s",
				     problem.message);
	if (r < 0) {
		*err = problem;
		return r;
	}
	kernel.data = data;
	(void)efi_image_read(&kernel, &image, NULL);
	snprintf(ret->kernel_signer, sizeof(ret->kernel_signer), "%s", image.signer[0]);
	if (!set->files.shim.data)
		snprintf(ret->why_no_secure_boot, sizeof(ret->why_no_secure_boot),
			 "GRUB is an unsigned one that grub-mkimage has made on this machine, for "
			 "neither the guest nor this machine has a signed shim and GRUB");
	else if (!set->shim_facts.is_signed || !efi_set_starts(set, &set->files.grub))
		snprintf(ret->why_no_secure_boot, sizeof(ret->why_no_secure_boot),
			 "shim (%s) is not signed, or does not start this GRUB", set->source);
	else if (!is_trusted(&set->files.shim, trust))
		snprintf(
			ret->why_no_secure_boot, sizeof(ret->why_no_secure_boot),
			"shim is signed under '%s', which is not in the db of the store: take keys "
			"with Microsoft's UEFI CA",
			set->shim_facts.signer[0]);
	else if (!image.is_signed)
		snprintf(ret->why_no_secure_boot, sizeof(ret->why_no_secure_boot),
			 "the kernel %s has no signature, which shim demands",
			 system->starts.version);
	else if (!efi_set_starts(set, &kernel))
		snprintf(
			ret->why_no_secure_boot, sizeof(ret->why_no_secure_boot),
			"the kernel %s is signed under '%s', and shim (%s) starts no other kernels than "
			"those of '%s'",
			system->starts.version, image.signer[0], set->source,
			set->shim_facts.vendor);
	ret->has_secure_boot = !ret->why_no_secure_boot[0];
	return 0;
}

/* The module by which GRUB would read /boot, and that this one lacks; NULL when it has all. A GRUB
 * with one of the two for arrays has both. */
static const char *missing_module(const struct linux_place *boot, const struct efi_set *set)
{
	static const char *const names[LINUX_CONTENTS_MAX] = {
		[LINUX_EXT] = "ext2", [LINUX_XFS] = "xfs", [LINUX_BTRFS] = "btrfs"};
	const char *const needed[] = {names[boot->id.contents], boot->volume[0] ? "lvm" : NULL,
				      boot->is_array ? "mdraid1x" : NULL};

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (needed[i] && !efi_image_has_module(&set->files.grub, needed[i]))
			return needed[i];
	return NULL;
}

/* It was read here by another GRUB, that of this machine, or by none. */
static int check_grub(const struct linux_place *boot, const struct efi_set *set,
		      struct note_list *warnings, struct error *err)
{
	unsigned int has = set->grub_facts.grub_version, needed = boot->id.grub_version;
	const char *module = missing_module(boot, set);
	char text[LINUX_PLACE_TEXT];

	if (module) {
		error_refused(err, REFUSAL_NO_EFI_FILES, ADVICE_DRIVER,
			      "GRUB (%s) has no module '%s', by which it would read the "
			      "file system with /boot %s",
			      set->source, module, linux_place_text(boot, text));
		return error_of_wish(err);
	}
	/* One that was made here says no version; but what asks for one, XFS and Btrfs, the GRUB of
	 * this machine has read already. */
	if (has < needed && set->files.shim.data)
		note_add(warnings,
			 "GRUB (%s) is older than %u.%02u, which is the first to read all that the "
			 "file system with /boot %s has: the guest may stop at a prompt of GRUB",
			 set->source, needed / 100, needed % 100, linux_place_text(boot, text));
	return 0;
}

static int make_stub(const struct linux_system *system, const struct efi_set *set, char **ret,
		     struct note_list *warnings, struct error *err)
{
	/* SUSE's own GRUB counts from the subvolume, others from the top. */
	const char *top = system->is_btrfs_relative ? "" : system->boot_top;
	char prefix[sizeof(system->boot_top) + sizeof(system->prefix)];
	const struct grub_stub stub = {
		.uuid = system->boot.id.uuid,
		.hint_entry = system->boot.volume[0] ? 0 : system->boot.partition,
		.prefix = prefix,
		.boot_is_own_volume = system->boot_is_own_volume,
		.is_bls = system->is_bls,
		.grub_has_blscfg = set->grub_facts.has_blscfg,
		.is_btrfs_relative = system->is_btrfs_relative,
	};
	int r = check_grub(&system->boot, set, warnings, err);

	if (r < 0)
		return r;
	snprintf(prefix, sizeof(prefix), "%s%s", top, system->prefix);
	if (!grub_stub_is_prefix(prefix))
		return error_refused(
			err, REFUSAL_LINUX_BOOT_MENU, LINUX_ADVICE_MENU,
			"the guest's boot menu stands in a snapshot of Btrfs, '%s', and does not "
			"count paths from there (btrfs_relative_path), as SUSE's does",
			prefix);
	if (stub.is_btrfs_relative && !set->grub_facts.has_btrfs_relative) {
		error_refused(err, REFUSAL_LINUX_BOOT_MENU, ADVICE_SUSE,
			      "the guest's boot menu counts paths from a subvolume of Btrfs, which "
			      "GRUB (%s) does not",
			      set->source);
		return error_of_wish(err);
	}
	if (stub.is_bls && !stub.grub_has_blscfg && system->starts.bls_trouble[0]) {
		error_refused(err, REFUSAL_LINUX_BOOT_MENU, ADVICE_BLS,
			      "the guest's boot menu is made of loader/entries, and GRUB (%s) "
			      "cannot follow it: %s",
			      set->source, system->starts.bls_trouble);
		return error_of_wish(err);
	}
	if (stub.is_bls && !stub.grub_has_blscfg && system->strange_entries)
		note_add(
			warnings,
			"GRUB (%s) has no command blscfg, and cannot start %zu of the %zu entries of "
			"the guest's boot menu",
			set->source, system->strange_entries, system->kernel_count);
	if (stub.is_bls && !stub.grub_has_blscfg && system->numbered)
		note_add(
			warnings,
			"GRUB (%s) has no command blscfg, and starts the newest entry of the "
			"guest's boot menu, not number %zu of it, '%s': in the guest, make that the "
			"default by its name (grub2-set-default)",
			set->source, system->numbered, system->starts.title);
	return grub_stub_make(&stub, ret, err);
}

static const char *name_of(const struct linux_system *system)
{
	return system->release.pretty_name[0] ? system->release.pretty_name : "Linux";
}

static int add_files(const struct linux_system *system, const struct efi_set *set,
		     struct guest_boot *ret, struct error *err)
{
	const char *name = name_of(system);
	CLEANUP_FREE char *stub = NULL;
	int r = make_stub(system, set, &stub, &ret->warnings, err);

	if (r == 0)
		r = chain_add_files(set, stub, name, ret->time, &ret->files, err);
	chain_loader_path(set, ret->loader.path);
	chain_label(set, name, ret->loader.description);
	return r;
}

static void tell(const struct efi_set *set, bool has_sata, struct guest_boot *ret)
{
	struct linux_boot *told = &ret->linux_boot;

	snprintf(told->source, sizeof(told->source), "%s", set->source);
	snprintf(told->folder, sizeof(told->folder), "%s", set->folder);
	snprintf(told->signer, sizeof(told->signer), "%s", set->shim_facts.signer[0]);
	snprintf(told->vendor, sizeof(told->vendor), "%s", set->shim_facts.vendor);
	told->is_made = !set->files.shim.data;
	told->shim_sbat = set->shim_facts.sbat.shim;
	told->grub_sbat = set->grub_facts.sbat.grub;
	note_list_append(&ret->warnings, &set->warnings);
	if (has_sata)
		note_add(&ret->warnings,
			 "the new VM has its disks on a SATA controller: the guest's "
			 "initramfs must have the driver ahci");
	if (!told->has_secure_boot)
		note_add(&ret->warnings, "Secure Boot must be off in the new VM: %s",
			 told->why_no_secure_boot);
}

/* Nothing is added to an ESP of the guest's own: its entry of the firmware is what it lacks. */
static int keep_own_esp(const struct guest_disk *old, struct linux_files *boot,
			const struct guest_options *options, struct efi_set *set,
			struct guest_boot *ret, struct error *err)
{
	const struct linux_system *system = old->start->found->linux_system;
	int r = linux_own_esp_read(old, &system->esp, set, err);

	if (r == 0)
		r = judge_secure_boot(boot, system, set, options->trust, &ret->linux_boot, err);
	if (r < 0)
		return r;
	note_newer_ones(options, set, &ret->warnings);
	snprintf(set->folder, sizeof(set->folder), "%s", system->esp.folder);
	linux_own_esp_loader(&system->esp, ret->loader.path);
	chain_label(set, name_of(system), ret->loader.description);
	return 0;
}

static int make_esp(const struct linux_volume *root, const struct linux_volume *boot,
		    const struct linux_system *system, const struct guest_options *options,
		    struct efi_set *set, struct guest_boot *ret, struct error *err)
{
	int r = choose_set(root ? root->files : NULL,
			   system->boot_is_own_volume ? boot->files : NULL, options, set, ret, err);

	if (r == 0 && !set->files.shim.data)
		efi_set_call_folder(set, system->release.id);
	if (r == 0)
		r = judge_secure_boot(boot->files, system, set, options->trust, &ret->linux_boot,
				      err);
	return r < 0 ? r : add_files(system, set, ret, err);
}

int linux_boot_files(const struct guest_disk *old, const struct guest_target *target,
		     const struct guest_options *options, struct guest_boot *ret, struct error *err)
{
	const struct linux_system *system = old->start->found->linux_system;
	CLEANUP_LINUX_VOLUMES struct linux_volumes volumes = {.list = NULL};
	CLEANUP_EFI_SET struct efi_set set = {.source = ""};
	struct linux_volume *boot, *root;
	int r;

	*ret = (struct guest_boot){.time = 0};
	r = linux_volumes_open(old, &volumes, err);
	if (r < 0)
		return r;
	boot = linux_volumes_at(&volumes, &system->boot);
	root = linux_volumes_at(&volumes, &system->root);
	if (!boot || !boot->files)
		return error_failed(err, EIO, "the file system that holds /boot is gone");
	if (target->keeps_esp)
		r = keep_own_esp(old, boot->files, options, &set, ret, err);
	else
		r = make_esp(root, boot, system, options, &set, ret, err);
	if (r == 0)
		tell(&set, options->has_sata, ret);
	return r;
}

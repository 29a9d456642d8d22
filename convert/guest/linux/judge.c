/* SPDX-License-Identifier: GPL-3.0-or-later */
/* May UEFI start a Linux that was found: see judge.h. */
#include "convert/guest/linux/judge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/checked.h"
#include "convert/guest/linux/find.h"
#include "convert/guest/linux/kernel_check.h"
#include "convert/guest/linux/menu.h"
#include "convert/guest/linux/names.h"
#include "convert/guest/linux/network.h"
#include "convert/guest/linux/own_esp.h"
#include "convert/guest/linux/read.h"
#include "convert/guest/linux/release.h"
#include "convert/guest/linux/volumes.h"

/* GRUB takes the first of two that it meets, the kernel perhaps another. */
static int check_uuid(const struct linux_volumes *volumes, const struct linux_system *system,
		      struct error *err)
{
	const char *uuid = system->boot.id.uuid;

	if (system->other_uuid[0])
		return error_refused(err, REFUSAL_SEVERAL_SYSTEMS,
				     "choose the one to start with --boot-uuid UUID",
				     "several systems are installed: Linux with /boot on the "
				     "file systems %s, %s",
				     uuid, system->other_uuid);
	if (!uuid[0])
		return error_refused(
			err, REFUSAL_LINUX_AMBIGUOUS,
			"give it one (tune2fs -U random), make the boot menu anew, and "
			"convert again",
			"the file system that holds /boot has no UUID");
	if (linux_volumes_with_uuid(volumes, uuid) == 1)
		return 0;
	return error_refused(
		err, REFUSAL_LINUX_AMBIGUOUS,
		"give the copy another UUID (tune2fs -U random), or remove it, and "
		"convert again",
		"two file systems of the disk have the UUID %s, by which /boot is found", uuid);
}

static int check_swap(const struct linux_volumes *volumes, struct error *err)
{
	char text[LINUX_PLACE_TEXT];

	for (size_t i = 0; i < volumes->count; i++)
		if (volumes->list[i]->place.id.contents == LINUX_SWAP_HIBERNATED)
			return error_refused(
				err, REFUSAL_HIBERNATED,
				"start the VM, shut it down without hibernating and convert again",
				"the guest is hibernated: its memory is in the swap space %s",
				linux_place_text(&volumes->list[i]->place, text));
	return 0;
}

static int check_boot_volume(const struct linux_volume *boot, const struct linux_system *system,
			     struct note_list *warnings, struct error *err)
{
	const char *trouble = linux_files_grub_trouble(boot->files);
	char text[LINUX_PLACE_TEXT];

	linux_place_text(&boot->place, text);
	if (trouble)
		return error_refused(
			err, REFUSAL_LINUX_UNREADABLE,
			"make /boot a file system of its own without this feature, and "
			"convert again",
			"the file system %s, which holds /boot, has the feature '%s', which "
			"GRUB does not read",
			text, trouble);
	if (system->has_other_root)
		note_add(warnings, "another root of the disk has the same /boot: its menu decides "
				   "which one is started");
	if (boot->place.id.needs_recovery)
		note_add(warnings,
			 "the file system %s was not closed: it is left to the guest as it is, and "
			 "the newest boot menu may not be seen here",
			 text);
	return 0;
}

/* That of its own root ends the conversion, or is told of as such. */
static void note_damage(const struct linux_system *system, struct note_list *warnings)
{
	for (size_t i = 0; i < LINUX_MAX_DAMAGES && system->damages[i].message[0]; i++) {
		const struct linux_damage *damage = &system->damages[i];

		if (damage->root.partition && linux_is_same_place(&damage->root, &system->root))
			continue;
		note_add(warnings, "what may be another system cannot be read: %s",
			 damage->message);
		return;
	}
}

static int check_fstab(struct linux_files *root, bool has_gpt, struct note_list *warnings,
		       struct error *err)
{
	CLEANUP_FSTAB struct fstab fstab = FSTAB_INIT;
	CLEANUP_FREE uint8_t *data = NULL;
	struct error problem = ERROR_INIT;
	size_t size = 0;
	int r = linux_read_text(root, "/etc/fstab", &data, &size, &problem);

	if (r == 0)
		return 0;
	if (r < 0 && r != -EFBIG) {
		*err = problem;
		return r;
	}
	if (r > 0 &&
	    fstab_parse(&(struct file_bytes){data, size, "/etc/fstab"}, &fstab, &problem) == 0)
		return linux_names_check_fstab(&fstab, has_gpt, warnings, err);
	r = linux_pass_host(&problem, err);
	if (r < 0)
		return r;
	note_add(warnings,
		 "the guest's /etc/fstab cannot be read (%s): whether its names of devices stay "
		 "true could not be looked at",
		 problem.message);
	return 0;
}

static int check_files(struct linux_files *root, bool has_gpt, struct linux_system *system,
		       struct note_list *warnings, struct error *err)
{
	struct os_release release;
	int r = linux_read_release(root, &release, warnings, err);

	if (r >= 0)
		r = check_fstab(root, has_gpt, warnings, err);
	if (r >= 0)
		r = linux_network_check(root, system, warnings, err);
	return r < 0 ? linux_prefix_root(system, err) : r;
}

static const char *why_unreadable(const struct linux_volume *volume)
{
	if (volume->problem.kind != ERROR_NONE)
		return volume->problem.message;
	return volume->why_not ? volume->why_not : linux_contents_text(volume->place.id.contents);
}

static int check_root(const struct linux_volume *root, bool has_gpt, struct linux_system *system,
		      struct note_list *warnings, struct error *err)
{
	char text[LINUX_PLACE_TEXT];

	if (root && root->files)
		return check_files(root->files, has_gpt, system, warnings, err);
	if (system->root_is_encrypted)
		note_add(
			warnings,
			"the guest's root %s is encrypted and asks for its passphrase as before; its "
			"/etc/fstab could not be looked at",
			linux_place_text(&system->root, text));
	else if (root)
		note_add(
			warnings,
			"the root that the boot menu starts, %s, cannot be read (%s): its /etc/fstab "
			"could not be looked at",
			linux_place_text(&system->root, text), why_unreadable(root));
	else
		note_add(
			warnings,
			"no root of the guest was found that can be read: its /etc/fstab could not "
			"be looked at");
	return 0;
}

/* Two logical volumes of one name, or a source that changes while it is read. */
static int refuse_boot(struct error *err)
{
	return error_refused(err, REFUSAL_LINUX_UNREADABLE, LINUX_ADVICE_READER,
			     "the file system that holds /boot cannot be told from another one");
}

static int judge(const struct linux_volumes *volumes, struct linux_system *system,
		 struct note_list *warnings, struct error *err)
{
	bool has_gpt = volumes->has_gpt;
	struct linux_volume *boot = linux_volumes_at(volumes, &system->boot);
	const struct linux_volume *root;
	int r = boot && boot->files ? check_swap(volumes, err) : refuse_boot(err);

	if (r == 0)
		r = check_uuid(volumes, system, err);
	if (r == 0)
		r = check_boot_volume(boot, system, warnings, err);
	if (r == 0)
		r = linux_menu_read(boot->files, system, warnings, err);
	if (r == 0)
		r = linux_find_root(volumes, system, warnings, err);
	root = linux_volumes_at(volumes, &system->root);
	if (r == 0)
		note_damage(system, warnings);
	if (r == 0)
		r = linux_names_check_arguments(system->starts.arguments, has_gpt, warnings, err);
	if (r == 0)
		r = check_root(root, has_gpt, system, warnings, err);
	return r < 0 ? r
		     : linux_kernel_check(boot->files, root ? root->files : NULL, system, warnings,
					  err);
}

int linux_judge(const struct guest_disk *old, struct guest_findings *ret, struct error *err)
{
	CLEANUP_LINUX_VOLUMES struct linux_volumes volumes = {.list = NULL};
	struct linux_system *system = old->start->found->linux_system;
	int r = linux_volumes_open(old, &volumes, err);

	if (r == 0)
		r = judge(&volumes, system, ret->warnings, err);
	if (r == 0 && !old->has_vm)
		r = linux_network_tell_macs(system, ret->warnings, err);
	return r < 0 ? r : linux_own_esp_find(old, system, ret->warnings, err);
}

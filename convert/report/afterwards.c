/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The steps in a Linux guest, by its distribution: see afterwards.h. hvgen2-convert(1) has them in full. */
#include "convert/report/afterwards.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/checked.h"

/* How a distribution comes by a shim and a GRUB for UEFI that its updates reach. */
struct family {
	const char *ids[4]; /* in ID or ID_LIKE of os-release */
	const char *commands[4];
	bool is_red_hat;
};

static const struct family families[] = {
	{{"debian", "ubuntu"},
	 {"apt install grub-efi-amd64 grub-efi-amd64-signed shim-signed", "grub-install",
	  "update-grub"},
	 .is_red_hat = false},
	{{"rhel", "fedora", "centos"}, {"dnf install grub2-efi-x64 shim-x64"}, .is_red_hat = true},
	{{"suse", "opensuse", "sles", "sled"},
	 {"zypper install shim grub2-x86_64-efi",
	  "sed -i -e 's/^LOADER_TYPE=.*/LOADER_TYPE=\"grub2-efi\"/' "
	  "-e 's/^SECURE_BOOT=.*/SECURE_BOOT=\"yes\"/' /etc/sysconfig/bootloader",
	  "update-bootloader --reinit"},
	 .is_red_hat = false},
};

/* dnf came with 8. */
static const struct family red_hat_7 = {.commands = {"yum install grub2-efi-x64 shim-x64"},
					.is_red_hat = true};

static bool is_of(const struct os_release *release, const struct family *family)
{
	for (size_t i = 0; i < ARRAY_SIZE(family->ids) && family->ids[i]; i++)
		if (os_release_is_like(release, family->ids[i]))
			return true;
	return false;
}

/* NULL for others. */
static const struct family *family_of(const struct os_release *release)
{
	bool is_7 =
		strcmp(release->version_id, "7") == 0 || strncmp(release->version_id, "7.", 2) == 0;

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (is_of(release, &families[i]))
			return families[i].is_red_hat && is_7 ? &red_hat_7 : &families[i];
	return NULL;
}

/* As blkid and udev write the volume ID of a FAT. */
static void set_fstab(uint32_t id, struct afterwards *ret)
{
	snprintf(ret->fstab, sizeof(ret->fstab),
		 "UUID=%04" PRIX32 "-%04" PRIX32 " /boot/efi vfat umask=0077 0 1", id >> 16,
		 id & UINT32_C(0xffff));
}

/* The folder below \\EFI of the Red Hat family. */
static const char *red_hat_folder(const struct os_release *release)
{
	return strcmp(release->id, "rhel") == 0 || strcmp(release->id, "ol") == 0 ? "redhat"
										  : release->id;
}

/* Unlike grub-install and SUSE's update-bootloader, its packages make no boot entry. */
static void note_red_hat(const struct os_release *release, const char *folder,
			 struct note_list *notes)
{
	note_add(notes, "never run grub2-install in the guest: it puts a GRUB without a signature "
			"in the place of the signed one");
	if (strcasecmp(folder, red_hat_folder(release)) != 0)
		note_add(
			notes,
			"the firmware starts what is in \\EFI\\%s; what the guest's packages put on "
			"the ESP it starts once it has an entry for that (efibootmgr)",
			folder);
}

static void add_steps(const struct os_release *release, uint32_t id, const char *folder,
		      struct afterwards *ret)
{
	const struct family *family = family_of(release);

	note_add(&ret->notes, "nothing has to be done in the guest, but until it knows its ESP its "
			      "updates leave shim and GRUB there as they are");
	set_fstab(id, ret);
	note_add(&ret->commands, "mkdir -p /boot/efi && echo '%s' >>/etc/fstab && mount /boot/efi",
		 ret->fstab);
	for (size_t i = 0; family && i < ARRAY_SIZE(family->commands) && family->commands[i]; i++)
		note_add(&ret->commands, "%s", family->commands[i]);
	if (!family)
		note_add(&ret->notes, "of its packages, those of GRUB for UEFI and of shim belong "
				      "on the ESP");
	else if (family->is_red_hat)
		note_red_hat(release, folder, &ret->notes);
}

/* Where an ESP was there that starts the guest, the guest's updates go on with that one. */
void afterwards_of_linux(const struct survey *survey, const struct plan *plan,
			 const struct linux_boot *boot, struct afterwards *ret)
{
	const struct linux_system *system = survey->partitions[survey->start].guest.linux_system;

	note_add(&ret->notes, "never attach the source disk beside the new one: both have the same "
			      "UUIDs, and either is taken for the other");
	if (!plan->keeps_esp && !system->esp.partition)
		add_steps(&system->release, plan->fat_volume_id, boot->folder, ret);
}

void afterwards_done(struct afterwards *afterwards)
{
	note_list_done(&afterwards->notes);
	note_list_done(&afterwards->commands);
}

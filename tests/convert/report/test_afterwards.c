/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a Linux guest is told, by its distribution. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "convert/guest/linux/linux.h"
#include "convert/report/afterwards.h"

static struct linux_system linux_system;
static struct linux_boot boot;
static struct survey_partition partition = {.guest.linux_system = &linux_system};

static struct afterwards of(const char *id, const char *id_like, const char *version,
			    bool keeps_esp)
{
	const struct survey survey = {.partitions = &partition, .count = 1};
	struct plan plan = {.keeps_esp = keeps_esp, .fat_volume_id = 0x0012ABCD};
	struct afterwards ret = {.fstab = ""};
	struct os_release *release = &linux_system.release;

	snprintf(release->id, sizeof(release->id), "%s", id);
	snprintf(release->id_like, sizeof(release->id_like), "%s", id_like);
	snprintf(release->version_id, sizeof(release->version_id), "%s", version);
	afterwards_of_linux(&survey, &plan, &boot, &ret);
	cr_assert_not(ret.notes.failed || ret.commands.failed);
	cr_assert(strstr(ret.notes.texts[0], "never attach the source disk"));
	return ret;
}

static void expect_command(const char *id, const char *id_like, const char *version, size_t count,
			   const char *command, const char *note)
{
	CLEANUP_AFTERWARDS struct afterwards got = of(id, id_like, version, false);

	cr_assert_str_eq(got.fstab, "UUID=0012-ABCD /boot/efi vfat umask=0077 0 1");
	cr_assert_eq(got.commands.count, count, "%s: %zu", id, got.commands.count);
	cr_assert_str_eq(
		got.commands.texts[0],
		"mkdir -p /boot/efi && echo 'UUID=0012-ABCD /boot/efi vfat umask=0077 0 1' "
		">>/etc/fstab && mount /boot/efi");
	if (command)
		cr_assert_str_eq(got.commands.texts[1], command, "%s", id);
	cr_assert_eq(got.notes.count, note ? 3 : 2, "%s", id);
	if (note)
		cr_assert(strstr(got.notes.texts[2], note), "%s: %s", id, got.notes.texts[2]);
}

Test(afterwards, each_family_has_its_packages)
{
	const char *apt = "apt install grub-efi-amd64 grub-efi-amd64-signed shim-signed";
	const char *zypper = "zypper install shim grub2-x86_64-efi";

	expect_command("debian", "", "12", 4, apt, NULL);
	expect_command("linuxmint", "ubuntu debian", "21", 4, apt, NULL);
	expect_command("sles", "", "12.5", 4, zypper, NULL);
	expect_command("opensuse-leap", "suse opensuse", "15.5", 4, zypper, NULL);
}

Test(afterwards, red_hat_never_runs_grub2_install)
{
	const char *never =
		"never run grub2-install in the guest: it puts a GRUB without a signature";

	snprintf(boot.folder, sizeof(boot.folder), "rocky");
	expect_command("rocky", "rhel centos fedora", "9.4", 2,
		       "dnf install grub2-efi-x64 shim-x64", never);
	snprintf(boot.folder, sizeof(boot.folder), "centos");
	expect_command("centos", "rhel fedora", "7", 2, "yum install grub2-efi-x64 shim-x64",
		       never);
	snprintf(boot.folder, sizeof(boot.folder), "redhat");
	expect_command("rhel", "fedora", "7.9", 2, "yum install grub2-efi-x64 shim-x64", never);
	snprintf(boot.folder, sizeof(boot.folder), "fedora");
	expect_command("fedora", "", "40", 2, "dnf install grub2-efi-x64 shim-x64", never);
}

Test(afterwards, what_red_hat_installs_needs_an_entry)
{
	CLEANUP_AFTERWARDS struct afterwards got = {.fstab = ""};

	snprintf(boot.folder, sizeof(boot.folder), "debian");
	got = of("rocky", "rhel centos fedora", "9.4", false);
	cr_assert_eq(got.notes.count, 4);
	cr_assert(strstr(got.notes.texts[3], "starts what is in \\EFI\\debian; what the guest's "
					     "packages put on the ESP it starts once"));
}

Test(afterwards, others_look_for_theirs)
{
	const char *own = "of its packages, those of GRUB for UEFI and of shim belong on the ESP";

	expect_command("gentoo", "", "", 1, NULL, own);
	expect_command("", "", "", 1, NULL, own);
}

Test(afterwards, an_esp_that_starts_the_guest_is_known_to_it)
{
	CLEANUP_AFTERWARDS struct afterwards kept = of("debian", "", "12", true);
	CLEANUP_AFTERWARDS struct afterwards beside = {.fstab = ""};

	cr_assert_eq(kept.commands.count + kept.notes.count, 1);
	cr_assert_str_eq(kept.fstab, "");
	linux_system.esp.partition = 15;
	beside = of("debian", "", "12", false);
	linux_system.esp.partition = 0;
	cr_assert_eq(beside.commands.count + beside.notes.count, 1);
}

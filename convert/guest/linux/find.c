/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Linux systems of a disk: see find.h. A root is known by the release of its distribution; its
 * fstab says whether /boot is a file system of its own. A /boot whose root cannot be read (it is
 * encrypted, or of a kind that is not read) is known by its menu alone.
 */
#include "convert/guest/linux/find.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/guest/linux/parse/devices.h"
#include "convert/guest/linux/parse/fstab.h"
#include "convert/guest/linux/read.h"
#include "convert/guest/linux/release.h"

#define ADVICE_GRUB                                                                                \
	"install GRUB 2 in the guest (Debian, Ubuntu: apt install grub-pc; Red Hat: dnf install "  \
	"grub2-pc and grub2-mkconfig), start the VM with it once, and convert again"
#define ADVICE_DAMAGED                                                                             \
	"let the guest check it (fsck), shut it down and convert again, or take the disk from a "  \
	"backup"

void linux_systems_done(struct linux_systems *systems)
{
	for (size_t i = 0; i < systems->count; i++)
		linux_system_done(&systems->list[i]);
	systems->count = 0;
}

static bool is_file(struct linux_files *files, const char *path)
{
	enum linux_file_type type = LINUX_FILE_NONE;
	uint64_t size;

	return linux_files_find(files, path, &type, &size, NULL) == 0 && type == LINUX_FILE_REGULAR;
}

/* Of a menu; 0 when there is none. */
static int find_size(const struct linux_volume *volume, const char *path, uint64_t *ret,
		     struct error *err)
{
	enum linux_file_type type = LINUX_FILE_NONE;
	struct error problem = ERROR_INIT;
	char text[LINUX_PLACE_TEXT];
	int r = linux_files_find(volume->files, path, &type, ret, &problem);

	if (r == 0)
		return 0;
	if (problem.kind == ERROR_REFUSED || error_is_of_host(&problem)) {
		*err = problem;
		return r;
	}
	error_damaged(err, "the boot menu %s cannot be read: %s",
		      linux_place_text(&volume->place, text), problem.message);
	return error_advise(err, ADVICE_DAMAGED);
}

/* "/boot/grub" or "/boot/grub2" below 'base': where the larger grub.cfg is, for the other may be a
 * stub that points there. Returns 1, or 0 when there is none. One that cannot be read may be the
 * one that counts. */
static int find_menu(const struct linux_volume *volume, const char *base, char prefix[32],
		     struct error *err)
{
	static const char *const folders[] = {"grub", "grub2"};
	uint64_t largest = 0;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		char path[64];
		uint64_t size = 0;
		int r;

		snprintf(path, sizeof(path), "%s/%s/grub.cfg", base, folders[i]);
		r = find_size(volume, path, &size, err);
		if (r < 0)
			return r;
		if (size <= largest)
			continue;
		largest = size;
		snprintf(prefix, 32, "%s/%s", base, folders[i]);
	}
	return largest > 0;
}

/* What starts the guest when GRUB 2 does not; NULL when nothing of it is there. */
static const char *other_loader(struct linux_files *files, const char *base)
{
	static const struct {
		const char *path, *name;
	} loaders[] = {
		{"/grub/menu.lst", "GRUB legacy"},	{"/grub/grub.conf", "GRUB legacy"},
		{"/extlinux.conf", "extlinux"},		{"/extlinux/extlinux.conf", "extlinux"},
		{"/syslinux/syslinux.cfg", "syslinux"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(loaders); i++) {
		char path[64];

		snprintf(path, sizeof(path), "%s%s", base, loaders[i].path);
		if (is_file(files, path))
			return loaders[i].name;
	}
	return is_file(files, "/etc/lilo.conf") ? "LILO" : NULL;
}

/* Of this root, or (NULL) of a menu. */
static void note_damage(struct linux_systems *systems, const struct linux_place *root,
			const struct error *why)
{
	for (size_t i = 0; i < LINUX_MAX_DAMAGES; i++) {
		struct linux_damage *damage = &systems->damages[i];

		if (root && linux_is_same_place(&damage->root, root))
			return;
		if (damage->message[0])
			continue;
		if (root)
			damage->root = *root;
		snprintf(damage->message, sizeof(damage->message), "%s", why->message);
		return;
	}
}

/* The first reason counts; but damage is told of beside what is found, too. */
static void note_why_none(struct linux_systems *systems, const struct linux_place *root,
			  const struct error *why)
{
	if (systems->why_none.kind == ERROR_NONE)
		systems->why_none = *why;
	if (why->kind == ERROR_DAMAGED)
		note_damage(systems, root, why);
}

/* What cannot be read in the guest is a reason; what is of this host is an error. */
static int note_problem(struct linux_systems *systems, const struct linux_place *root,
			const struct error *why, struct error *err)
{
	int r = linux_pass_host(why, err);

	if (r == 0)
		note_why_none(systems, root, why);
	return r;
}

/* What was found when it was opened: damage, or a feature that is not known. */
static void refuse_damaged(const struct linux_volume *volume, struct error *ret)
{
	char text[LINUX_PLACE_TEXT];

	*ret = volume->problem;
	error_prefix(ret, "what is %s cannot be read", linux_place_text(&volume->place, text));
	error_advise(ret, ADVICE_DAMAGED);
}

static void refuse_unreadable(struct linux_systems *systems, const struct linux_volume *volume,
			      const char *what)
{
	char text[LINUX_PLACE_TEXT];
	struct error why = ERROR_INIT;

	linux_place_text(&volume->place, text);
	if (volume->needs_other_disks)
		error_refused(&why, REFUSAL_VOLUME_GROUP_INCOMPLETE,
			      "move the logical volumes that start the guest to the boot disk "
			      "(pvmove in the guest), and convert again",
			      "%s %s: parts of the logical volume are on other disks", what, text);
	else if (volume->place.id.contents == LINUX_LUKS)
		error_refused(&why, REFUSAL_LINUX_ENCRYPTED_BOOT,
			      "give the guest a /boot that is not encrypted, and convert again",
			      "%s %s is encrypted (LUKS), and its boot menu with it", what, text);
	else if (volume->problem.kind != ERROR_NONE)
		refuse_damaged(volume, &why);
	else
		error_refused(&why, REFUSAL_LINUX_UNREADABLE, LINUX_ADVICE_READER,
			      "%s %s holds %s and cannot be read%s%s", what, text,
			      linux_contents_text(volume->place.id.contents),
			      volume->why_not ? ": " : "", volume->why_not ? volume->why_not : "");
	note_why_none(systems, &volume->place, &why);
}

static struct linux_system *add_system(struct linux_systems *systems,
				       const struct linux_volume *boot, const char *prefix)
{
	struct linux_system *system;

	if (systems->count == LINUX_MAX_SYSTEMS)
		return NULL;
	system = &systems->list[systems->count++];
	*system = (struct linux_system){.boot = boot->place};
	snprintf(system->prefix, sizeof(system->prefix), "%s", prefix);
	snprintf(system->boot_top, sizeof(system->boot_top), "%s", linux_files_top(boot->files));
	return system;
}

/* 'base' is "/boot", or "" on a /boot of its own. */
static void note_no_menu(struct linux_systems *systems, const struct linux_volume *volume,
			 const char *base, const struct os_release *release)
{
	const char *loader = other_loader(volume->files, base);
	struct error why = ERROR_INIT;
	char text[LINUX_PLACE_TEXT];

	error_refused(&why, REFUSAL_LINUX_BOOTLOADER, ADVICE_GRUB,
		      "/boot of '%s' %s has no menu of GRUB 2 (grub/grub.cfg)%s%s",
		      release->pretty_name, linux_place_text(&volume->place, text),
		      loader ? ": it is started by " : "", loader ? loader : "");
	note_why_none(systems, NULL, &why);
}

/* 'boot' has the root's /boot, which begins at 'base'. */
static int add_with_menu(const struct linux_volume *root, const struct os_release *release,
			 const struct linux_volume *boot, const char *base,
			 struct linux_systems *systems, struct error *err)
{
	struct error why = ERROR_INIT;
	struct linux_system *system;
	char prefix[32];
	int r = find_menu(boot, base, prefix, &why);

	if (r < 0)
		return note_problem(systems, NULL, &why, err);
	if (r == 0) {
		note_no_menu(systems, boot, base, release);
		return 0;
	}
	system = add_system(systems, boot, prefix);
	if (system) {
		system->boot_is_own_volume = !base[0];
		system->root = root->place;
		system->release = *release;
	}
	return 0;
}

/* /boot of a root is a file system of its own, by its fstab. */
static int add_with_boot(const struct linux_volumes *volumes, const struct linux_volume *root,
			 const struct os_release *release, const char *source,
			 struct linux_systems *systems, struct error *err)
{
	const struct linux_volume *boot = linux_volumes_named(volumes, source);
	struct error why = ERROR_INIT;
	char text[LINUX_PLACE_TEXT];

	if (boot && boot->files)
		return add_with_menu(root, release, boot, "", systems, err);
	if (boot) {
		refuse_unreadable(systems, boot, "/boot");
		return 0;
	}
	error_refused(&why, REFUSAL_LINUX_AMBIGUOUS,
		      "give /boot a name in the guest's fstab that can be told (UUID=), or "
		      "convert the disk that holds it",
		      "/etc/fstab %s has '%s' for /boot, and no file system of this disk is that",
		      linux_place_text(&root->place, text), source);
	note_why_none(systems, NULL, &why);
	return 0;
}

/* What the root's fstab has for /boot: a new string, or NULL when it names none. */
static int read_boot_source(struct linux_files *root, char **ret, struct error *err)
{
	CLEANUP_FSTAB struct fstab fstab = FSTAB_INIT;
	CLEANUP_FREE uint8_t *data = NULL;
	const struct fstab_entry *boot;
	struct error problem = ERROR_INIT;
	size_t size = 0;
	int r = linux_read_text(root, "/etc/fstab", &data, &size, &problem);

	*ret = NULL;
	if (r == 0 || r == -EFBIG) /* too large, or no text: that is said when it is judged */
		return 0;
	if (r < 0) {
		*err = problem;
		return r;
	}
	if (fstab_parse(&(struct file_bytes){data, size, "/etc/fstab"}, &fstab, &problem) < 0)
		return linux_pass_host(&problem, err);
	boot = fstab_find(&fstab, "/boot");
	return boot ? linux_copy_text(boot->source, ret, err) : 0;
}

/* Without its fstab it cannot be told where a root has its /boot. */
static int note_bad_fstab(struct linux_systems *systems, const struct linux_volume *root,
			  enum linux_release release, struct error *why, struct error *err)
{
	char text[LINUX_PLACE_TEXT];

	error_prefix(why, "%s %s",
		     release == LINUX_RELEASE_READ ? "the guest's root"
						   : "what may be a root of the guest",
		     linux_place_text(&root->place, text));
	error_advise(why, ADVICE_DAMAGED);
	return note_problem(systems, &root->place, why, err);
}

static int look_for_root(const struct linux_volumes *volumes, const struct linux_volume *volume,
			 struct linux_systems *systems, struct error *err)
{
	CLEANUP_FREE char *boot = NULL;
	struct error why = ERROR_INIT;
	struct os_release release = {.id = ""};
	int r = linux_read_release(volume->files, &release, NULL, err);

	if (r <= 0)
		return r;
	if (read_boot_source(volume->files, &boot, &why) < 0)
		return note_bad_fstab(systems, volume, (enum linux_release)r, &why, err);
	if (boot)
		return add_with_boot(volumes, volume, &release, boot, systems, err);
	return add_with_menu(volume, &release, volume, "/boot", systems, err);
}

static bool is_claimed(const struct linux_systems *systems, const struct linux_volume *volume)
{
	for (size_t i = 0; i < systems->count; i++)
		if (linux_is_same_place(&systems->list[i].boot, &volume->place))
			return true;
	return false;
}

/* Of what cannot be read: swap and what logical volumes are in is none. */
static bool may_be_root(const struct linux_volume *volume)
{
	enum linux_contents contents = volume->place.id.contents;

	return !volume->files && contents != LINUX_SWAP && contents != LINUX_SWAP_HIBERNATED &&
	       !(contents == LINUX_LVM && volume->group);
}

/* The one encrypted volume, where no other that cannot be read may be the root. */
static const struct linux_volume *find_encrypted(const struct linux_volumes *volumes)
{
	const struct linux_volume *found = NULL;

	for (size_t i = 0; i < volumes->count; i++) {
		if (!may_be_root(volumes->list[i]))
			continue;
		if (found || volumes->list[i]->place.id.contents != LINUX_LUKS)
			return NULL;
		found = volumes->list[i];
	}
	return found;
}

/* A menu that no root claims: its root is one that cannot be read, or whose fstab does not name
 * /boot. */
static int look_for_boot(const struct linux_volumes *volumes, const struct linux_volume *volume,
			 struct linux_systems *systems, struct error *err)
{
	const struct linux_volume *encrypted = find_encrypted(volumes);
	struct error why = ERROR_INIT;
	struct linux_system *system;
	char prefix[32];
	int r = is_claimed(systems, volume) ? 0 : find_menu(volume, "", prefix, &why);

	if (r < 0)
		return note_problem(systems, NULL, &why, err);
	system = r > 0 ? add_system(systems, volume, prefix) : NULL;
	if (!system)
		return 0;
	system->boot_is_own_volume = true;
	system->root_is_encrypted = encrypted;
	if (encrypted)
		system->root = encrypted->place;
	return 0;
}

/* Where nothing was found, each may hold it; beside what was found, a damaged one may be another
 * system. */
static void look_at_unreadable(const struct linux_volumes *volumes, struct linux_systems *systems)
{
	for (size_t i = 0; i < volumes->count; i++) {
		const struct linux_volume *volume = volumes->list[i];
		struct error why = ERROR_INIT;

		if (!may_be_root(volume))
			continue;
		if (systems->count == 0) {
			refuse_unreadable(systems, volume, "what may be the guest's root");
		} else if (volume->problem.kind == ERROR_DAMAGED) {
			refuse_damaged(volume, &why);
			note_damage(systems, &volume->place, &why);
		}
	}
}

int linux_find_systems(const struct linux_volumes *volumes, struct linux_systems *ret,
		       struct error *err)
{
	int r = 0;

	*ret = (struct linux_systems){.why_none = ERROR_INIT};
	for (size_t i = 0; r == 0 && i < volumes->count; i++)
		if (volumes->list[i]->files)
			r = look_for_root(volumes, volumes->list[i], ret, err);
	for (size_t i = 0; r == 0 && i < volumes->count; i++)
		if (volumes->list[i]->files)
			r = look_for_boot(volumes, volumes->list[i], ret, err);
	if (r == 0)
		look_at_unreadable(volumes, ret);
	return r;
}

/* Of the default entry of the menu: the kernel takes the last one. False when it has none. */
static bool root_argument(const char *arguments, char ret[256])
{
	const char *at = arguments ? arguments : "";
	bool has_root = false;

	for (; *at; at += strcspn(at, " \t"), at += strspn(at, " \t")) {
		if (strncmp(at, "root=", 5) != 0)
			continue;
		snprintf(ret, 256, "%.*s", (int)strcspn(at + 5, " \t"), at + 5);
		has_root = true;
	}
	return has_root;
}

/* The one volume with a release, if it has no /boot elsewhere, and no menu of its own. */
static int find_lone_root(const struct linux_volumes *volumes, struct linux_volume **ret,
			  struct error *err)
{
	struct linux_volume *found = NULL;
	CLEANUP_FREE char *boot = NULL;
	struct error why = ERROR_INIT;
	char prefix[32], text[LINUX_PLACE_TEXT];
	int r = 0, menu;

	*ret = NULL;
	for (size_t i = 0; r >= 0 && i < volumes->count; i++) {
		struct os_release release = {.id = ""};
		struct linux_volume *volume = volumes->list[i];

		r = volume->files ? linux_read_release(volume->files, &release, NULL, err) : 0;
		if (r > 0 && found)
			return 0;
		found = r > 0 ? volume : found;
	}
	if (r < 0 || !found)
		return r < 0 ? r : 0;
	menu = find_menu(found, "/boot", prefix, &why);
	if (menu != 0)
		return menu < 0 ? linux_pass_host(&why, err) : 0;
	r = read_boot_source(found->files, &boot, err);
	if (r < 0)
		return error_prefix(err, "the guest's root %s",
				    linux_place_text(&found->place, text));
	*ret = boot ? NULL : found;
	return 0;
}

/* What is encrypted may have it: a volume of the mapper, or a file system with a UUID or a label. Not a
 * partition, or a pool of ZFS. */
static bool may_be_encrypted(const char *device)
{
	switch (device_name_of(device)) {
	case DEVICE_MAPPER:
	case DEVICE_UUID:
	case DEVICE_LABEL:
		return true;
	default:
		return false;
	}
}

/* A root by a name that only the guest has (/dev/mapper/luks-...) is in one of those that are
 * encrypted. */
static struct linux_volume *find_any_encrypted(const struct linux_volumes *volumes)
{
	for (size_t i = 0; i < volumes->count; i++)
		if (volumes->list[i]->place.id.contents == LINUX_LUKS)
			return volumes->list[i];
	return NULL;
}

/* The menu's root is not the one whose /boot this is. */
static void note_two_roots(const struct linux_system *system, const struct linux_volume *root,
			   struct note_list *warnings)
{
	char started[LINUX_PLACE_TEXT], known[LINUX_PLACE_TEXT];

	if (!system->root.partition || system->root_is_encrypted || system->has_other_root)
		return;
	note_add(warnings, "the boot menu starts the root %s, but /boot belongs to the root %s",
		 linux_place_text(&root->place, started), linux_place_text(&system->root, known));
}

int linux_find_root(const struct linux_volumes *volumes, struct linux_system *system,
		    struct note_list *warnings, struct error *err)
{
	struct linux_volume *root = NULL;
	struct os_release release = {.id = ""};
	char device[256];
	bool has_argument = root_argument(system->starts.arguments, device);
	int r = 0;

	if (has_argument)
		root = linux_volumes_named(volumes, device);
	else if (!system->root.partition)
		r = find_lone_root(volumes, &root, err);
	if (r == 0 && !root && !system->root.partition &&
	    (!has_argument || may_be_encrypted(device)))
		root = find_any_encrypted(volumes);
	if (r < 0 || !root || linux_is_same_place(&root->place, &system->root))
		return r;
	r = root->files ? linux_read_release(root->files, &release, NULL, err) : may_be_root(root);
	if (r <= 0)
		return r;
	note_two_roots(system, root, warnings);
	system->root = root->place;
	system->release = release;
	system->root_is_encrypted = root->place.id.contents == LINUX_LUKS;
	return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of an installed Linux, for the plan, the boot files and the report. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_LINUX_H
#define HVGEN2_CONVERT_GUEST_LINUX_LINUX_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "common/error.h"
#include "common/notes.h"
#include "convert/guest/linux/parse/os_release.h"
#include "convert/linux_files/contents.h"

#define LINUX_VOLUME_NAME 260 /* "VG/LV" */

/* Where a file system of the guest stands. */
struct linux_place {
	unsigned int partition;		/* its number, or that of its physical volume; 0: unknown */
	char volume[LINUX_VOLUME_NAME]; /* the logical volume, "VG/LV"; else "" */
	bool is_array; /* a member of a software RAID, and 'id' what is in that, once it is known */
	struct linux_volume_id id;
};

/* Whether a kernel and its initramfs have what finds a disk on Hyper-V. */
enum linux_drivers { LINUX_DRIVERS_UNKNOWN, LINUX_DRIVERS_FOUND, LINUX_DRIVERS_MISSING };

/* A kernel that the guest's own menu starts: by default, or another one. */
struct linux_default {
	char *kernel;	 /* path on the file system of /boot, as the menu has it */
	char *arguments; /* its command line, as the menu has it */
	char **initrds;	 /* paths alike */
	size_t initrd_count;
	char *title;
	char version[128]; /* of the kernel itself */
	char signer[128];  /* common name of who signed it; "" where nobody did */
	bool is_sure;	   /* the menu does not leave open which it is */
	enum linux_drivers drivers;
	char bls_trouble[300]; /* why no GRUB without blscfg starts it; "" where one does */
};

/* An ESP that the disk has already, with shim and GRUB on it. */
struct linux_esp {
	unsigned int partition;	 /* its number; 0: there is none */
	char folder[64];	 /* with shim and GRUB, below \\EFI: "debian", "BOOT" */
	char shim[16], grub[16]; /* their names in it */
	bool has_removable;	 /* \\EFI\\BOOT\\BOOTX64.EFI is there too */
};

/* A network adapter with addresses of its own, as a file of the guest has it. */
struct linux_adapter {
	char *interface;	    /* "eth0"; NULL: it is told by its MAC alone */
	char *mac;		    /* by which it is told; NULL: by its name alone */
	char *file;		    /* "/etc/network/interfaces" */
	struct note_list addresses; /* "192.0.2.7/24"; none where they could not be read */
};

#define LINUX_MAX_ADAPTERS 64

#define LINUX_MAC_TEXT 18

/* An adapter that a file of the guest knows by its MAC: one with another MAC is another adapter. */
struct linux_mac {
	char mac[LINUX_MAC_TEXT]; /* "00:15:5d:01:02:03" */
	char *interface;	  /* its name, "eth0"; NULL: it is not said */
	char *file;		  /* "/etc/udev/rules.d/70-persistent-net.rules" */
	unsigned int line;	  /* of the file, from 1 */
	bool gives_name;	  /* the file names the adapter so; else it has settings of it */
	bool is_static;		  /* a static address goes with it */
};

/* What cannot be read beside a system that was found. */
struct linux_damage {
	struct linux_place root; /* which one it is; of partition 0: a menu is */
	char message[1024];	 /* "": there is none */
};

/* One may be the system's own root. */
#define LINUX_MAX_DAMAGES 2

/* Embedded; all zero is nothing; memory belongs to it. */
struct linux_system {
	struct os_release release; /* all "" where the root could not be read */
	struct linux_place boot, root;
	char prefix[32];   /* the folder of grub.cfg on the file system of /boot: "/boot/grub" */
	char boot_top[64]; /* the subvolume of Btrfs in which 'prefix' stands: "/@"; else "" */
	bool boot_is_own_volume; /* /boot is a file system of its own */
	bool is_bls;		 /* its menu is made of loader/entries by the command blscfg */
	bool is_btrfs_relative;	 /* its menu needs SUSE's GRUB */
	bool has_other_root;	 /* two roots have this /boot */
	char other_uuid[37];	 /* of the /boot of another system in the same partition; else "" */
	struct linux_damage damages[LINUX_MAX_DAMAGES];
	bool root_is_encrypted; /* LUKS: asks for its passphrase as before */
	size_t kernel_count;	/* entries of the menu that start a Linux */
	size_t strange_entries; /* that no GRUB without blscfg starts, beside the default */
	size_t numbered; /* the default, by its number in a sorted menu, where that is not the newest; else 0 */
	struct linux_default starts;
	struct linux_default *others; /* kernels of other entries, each once */
	size_t other_count;
	bool has_more_others; /* than were looked at */
	struct linux_esp esp;
	struct linux_adapter
		*adapters; /* with static addresses alone; at most LINUX_MAX_ADAPTERS */
	size_t adapter_count;
	struct linux_mac *macs; /* at most LINUX_MAX_ADAPTERS */
	size_t mac_count;
};

/* Where shim and GRUB came from, and how far Secure Boot goes with them. */
struct linux_boot {
	/* "the guest's packages", "the host's packages", "'/srv/efi'", "grub-mkimage" */
	char source[300];
	bool is_made;			   /* by grub-mkimage: GRUB alone, unsigned */
	char folder[64];		   /* of the ESP, below \\EFI: "debian" */
	char signer[128];		   /* of shim: who issued its certificate */
	char vendor[128];		   /* whom shim trusts */
	unsigned int shim_sbat, grub_sbat; /* generations; 0: none */
	char kernel_signer[128];       /* who issued the certificate of its signer; "" unsigned */
	bool has_secure_boot;	       /* can be on, with the keys of Microsoft's UEFI CA */
	char why_no_secure_boot[1000]; /* a clause; "" when it can */
};

void linux_system_done(struct linux_system *system);

/* A copy, to be freed; NULL of NULL. Errors: lack of memory. */
int linux_copy_text(const char *text, char **ret, struct error *err);

bool linux_is_same_place(const struct linux_place *one, const struct linux_place *other);

/* Put the place of the system's root before an error, where that of /boot is another. Returns
 * -err->code. */
int linux_prefix_root(const struct linux_system *system, struct error *err);

/* "on partition 5", "in rhel/root on partition 2". */
#define LINUX_PLACE_TEXT (LINUX_VOLUME_NAME + 40)
const char *linux_place_text(const struct linux_place *place, char text[LINUX_PLACE_TEXT]);

#endif

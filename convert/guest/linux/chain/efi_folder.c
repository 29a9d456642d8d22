/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening the host's EFI programs: see efi_folder.h. */
#include "convert/guest/linux/chain/efi_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "convert/guest/linux/chain/efi_make.h"

#define GIVE_FILES                                                                                  \
	"put shimx64.efi and grubx64.efi of the guest's distribution into it, out of its packages " \
	"or out of /boot/efi/EFI of a UEFI machine of it"

/* The names of each, the preferred one first: Debian has unsigned files beside the signed ones.
 * Ubuntu's are links to one of several generations. */
static const char *const shim_names[] = {"shimx64.efi.signed",
					 "shimx64.efi.signed.latest",
					 "shimx64.efi.dualsigned",
					 "shimx64.efi",
					 "shim.efi",
					 NULL};
static const char *const grub_names[] = {"grubx64.efi.signed", "grubx64.efi", "grub.efi", NULL};
static const char *const mm_names[] = {"mmx64.efi.signed", "mmx64.efi", "MokManager.efi", NULL};
static const char *const fb_names[] = {"fbx64.efi.signed", "fbx64.efi", "fallback.efi", NULL};

#define SHIM_PACKAGE "/usr/lib/shim"
#define GRUB_PACKAGE "/usr/lib/grub/x86_64-efi-signed"

static void close_file(struct efi_folder_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	free(file->name);
	*file = (struct efi_folder_file){.fd = -1};
}

void efi_folder_done(struct efi_folder *folder)
{
	close_file(&folder->shim);
	close_file(&folder->grub);
	close_file(&folder->mm);
	close_file(&folder->fb);
	if (folder->maker >= 0)
		close(folder->maker);
	folder->maker = -1;
	free(folder->path);
	folder->path = NULL;
}

bool efi_folder_is_there(const struct efi_folder *folder)
{
	return folder->is_made || (folder->shim.fd >= 0 && folder->grub.fd >= 0);
}

/* O_NONBLOCK: a FIFO must not hold the program up. */
static int open_file(const char *path, struct efi_folder_file *ret, struct error *err)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? 0 : error_errno(err, "cannot open '%s'", path);
	if (fstat(fd, &st) < 0)
		return error_errno(err, "cannot look at '%s'", path);
	if (!S_ISREG(st.st_mode))
		return error_failed(err, EINVAL, "'%s' is not a regular file", path);
	ret->fd = fd;
	fd = -1;
	return 0;
}

/* Open the first of these names that there is. */
static int open_first(const char *folder, const char *const *names, struct efi_folder_file *ret,
		      struct error *err)
{
	int r = 0;

	for (; *names && r == 0 && ret->fd < 0; names++) {
		CLEANUP_FREE char *path = NULL;

		if (asprintf(&path, "%s/%s", folder, *names) < 0) {
			path = NULL;
			return error_failed(err, ENOMEM, "out of memory");
		}
		r = open_file(path, ret, err);
		if (ret->fd >= 0)
			ret->name = TAKE(path);
	}
	return r;
}

static int open_all(const char *shim_folder, const char *grub_folder, struct efi_folder *ret,
		    struct error *err)
{
	int r = open_first(shim_folder, shim_names, &ret->shim, err);

	if (r == 0)
		r = open_first(grub_folder, grub_names, &ret->grub, err);
	if (r == 0)
		r = open_first(shim_folder, mm_names, &ret->mm, err);
	if (r == 0)
		r = open_first(shim_folder, fb_names, &ret->fb, err);
	return r;
}

/* Whatever is amiss with them: most guests do not need them. */
static void open_own(struct efi_folder *ret)
{
	open_all(SHIM_PACKAGE, GRUB_PACKAGE, ret, /* err */ NULL);
	if (efi_folder_is_there(ret))
		return;
	efi_folder_done(ret);
	ret->maker = efi_make_start();
}

void efi_folder_make(struct efi_folder *folder)
{
	if (folder->maker < 0)
		return;
	folder->grub.fd = efi_make_grub(folder->maker);
	folder->is_made = folder->grub.fd >= 0;
	close(folder->maker);
	folder->maker = -1;
}

int efi_folder_open(const char *path, struct efi_folder *ret, struct error *err)
{
	int r;

	*ret = (struct efi_folder)EFI_FOLDER_INIT;
	if (!path) {
		open_own(ret);
		return 0;
	}
	ret->path = strdup(path);
	if (!ret->path)
		return error_failed(err, ENOMEM, "out of memory");
	r = open_all(path, path, ret, err);
	if (r == 0 && !efi_folder_is_there(ret)) {
		error_refused(err, REFUSAL_NO_EFI_FILES, GIVE_FILES, "there is no '%s' in '%s'",
			      ret->shim.fd < 0 ? "shimx64.efi" : "grubx64.efi", path);
		return error_of_wish(err);
	}
	return r;
}

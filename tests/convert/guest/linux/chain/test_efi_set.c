/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which shim and GRUB make a chain, and which files of the ESP. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/utf16.h"
#include "convert/guest/linux/chain/chain.h"
#include "convert/guest/linux/chain/efi_set.h"
#include "tests/convert/guest/linux/chain/efi_bytes.h"

static uint8_t shim[EFI_BYTES], grub[EFI_BYTES];
static struct efi_files files;
static struct efi_set set;
static struct guest_files made;
static struct error err;

/* A shim that looks for these names. */
static void make_shim(const char *sbat, const char *names)
{
	size_t size;
	uint8_t *utf16 = utf8_to_utf16le(names, &size);
	const struct efi_section sections[] = {{".data", utf16, size},
					       {".sbat", sbat, strlen(sbat)},
					       {NULL, NULL, 0}};

	efi_bytes_make(shim, sections);
	free(utf16);
}

static void make_grub(const char *sbat, const char *prefix)
{
	uint8_t mods[0x200];
	size_t size = efi_bytes_mods(mods, prefix);
	const struct efi_section sections[] = {{"mods", mods, size},
					       {".sbat", sbat, strlen(sbat)},
					       {NULL, NULL, 0}};

	efi_bytes_make(grub, sections);
}

static void set_up(void)
{
	make_shim("shim,4\n", "\\grubx64.efi \\mmx64.efi");
	make_grub("grub,5\n", "/EFI/debian");
	files = (struct efi_files){{shim, sizeof(shim), "shimx64.efi.signed"},
				   {grub, sizeof(grub), "grubx64.efi.signed"},
				   {(const uint8_t *)"mm", 2, "mm"},
				   {(const uint8_t *)"fb", 2, "fb"}};
}

static void tear_down(void)
{
	efi_set_done(&set);
	guest_files_done(&made);
}
TestSuite(efi_set, .init = set_up, .fini = tear_down);

static int make(void)
{
	efi_set_done(&set);
	err = (struct error)ERROR_INIT;
	return efi_set_from_bytes(&files, "the guest's packages", &set, &err);
}

static void make_files(const char *description)
{
	cr_assert_eq(make(), 0, "%s", err.message);
	cr_assert_eq(chain_add_files(&set, "stub\n", description, 7, &made, &err), 0);
}

static const struct guest_file *find(const char *path)
{
	for (size_t i = 0; i < made.count; i++)
		if (strcmp(made.list[i].path, path) == 0)
			return &made.list[i];
	return NULL;
}

static void holds(const char *path, const void *data, size_t size)
{
	const struct guest_file *file = find(path);

	cr_assert(file, "%s", path);
	cr_assert_eq(file->size, size, "%s", path);
	cr_assert_eq(memcmp(file->data, data, size), 0, "%s", path);
	cr_assert(!file->is_optional && file->mtime == 7, "%s", path);
}

static void says(const char *path, const char *line)
{
	const struct guest_file *file = find(path);
	char *text;

	cr_assert(file, "%s", path);
	cr_assert_eq(get_le16(file->data), 0xfeff);
	text = utf16le_to_utf8(file->data + 2, file->size - 2);
	cr_assert_str_eq(text, line);
	free(text);
}

Test(efi_set, makes_the_files_of_the_esp)
{
	char path[CHAIN_PATH];

	make_files("Debian GNU/Linux 12 (bookworm)");
	cr_assert_eq(made.count, 7);
	holds("/EFI/debian/shimx64.efi", shim, sizeof(shim));
	holds("/EFI/debian/grubx64.efi", grub, sizeof(grub));
	holds("/EFI/debian/mmx64.efi", "mm", 2);
	holds("/EFI/debian/grub.cfg", "stub\n", 5);
	holds("/EFI/BOOT/BOOTX64.EFI", shim, sizeof(shim));
	holds("/EFI/BOOT/fbx64.efi", "fb", 2);
	says("/EFI/debian/BOOTX64.CSV", "shimx64.efi,Debian GNU/Linux 12 (bookworm),,"
					"This is the boot entry for debian\n");
	cr_assert_str_eq(chain_loader_path(&set, path), "\\EFI\\debian\\shimx64.efi");
}

Test(efi_set, puts_grub_where_there_is_no_fallback)
{
	files.fb = files.mm = (struct file_bytes){.data = NULL};
	make_files(NULL);
	cr_assert_eq(made.count, 6);
	holds("/EFI/BOOT/grubx64.efi", grub, sizeof(grub));
	says("/EFI/debian/BOOTX64.CSV", "shimx64.efi,debian,,This is the boot entry for debian\n");
}

/* SUSE's shim has other names for its helpers, and its GRUB no prefix. */
Test(efi_set, keeps_the_names_that_shim_looks_for)
{
	make_shim("shim,4\n", "\\grub.efi \\MokManager.efi \\fallback.efi");
	make_grub("grub,5\n", NULL);
	make_files(NULL);
	holds("/EFI/linux/grub.efi", grub, sizeof(grub));
	holds("/EFI/linux/MokManager.efi", "mm", 2);
	holds("/EFI/BOOT/fallback.efi", "fb", 2);
	cr_assert(find("/EFI/linux/BOOT.CSV"));
	cr_assert_not(find("/EFI/BOOT/grub.cfg"));
	guest_files_done(&made);
	files.fb.data = NULL;
	make_files(NULL);
	holds("/EFI/BOOT/grub.cfg", "stub\n", 5);
}

/* What the guest calls itself forges no field and no line. */
Test(efi_set, keeps_descriptions_to_their_field)
{
	char many[400];

	make_files("a,b\"\r\n\x1b[1m\xff c");
	says("/EFI/debian/BOOTX64.CSV", "shimx64.efi,ab[1m c,,This is the boot entry for debian\n");
	guest_files_done(&made);
	make_files("\xff,\n");
	says("/EFI/debian/BOOTX64.CSV", "shimx64.efi,debian,,This is the boot entry for debian\n");
	guest_files_done(&made);
	memset(many, 'x', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	make_files(many);
	cr_assert_lt(made.list[4].size, 300);
}

static void is_refused(const char *words)
{
	cr_assert(make() < 0, "%s", words);
	cr_assert_eq(err.refusal, REFUSAL_NO_EFI_FILES);
	cr_assert(strstr(err.message, words), "%s", err.message);
	cr_assert_str_eq(
		err.advice,
		"give shim and the signed GRUB of the guest's distribution with --efi-files (shimx64.efi "
		"and grubx64.efi of its packages, or of /boot/efi/EFI of a UEFI machine of it)");
}

Test(efi_set, refuses_what_makes_no_chain)
{
	static const char *const prefixes[] = {"/boot/grub", "(,gpt2)/boot/grub", "/EFI/",
					       "/EFI/BOOT",  "/EFI/..",		  "/EFI/a/b",
					       "/EFI/a b",   "/EFI/a\xc3\xa4",	  "/efi/boot"};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		make_grub("grub,5\n", prefixes[i]);
		is_refused("looks for its grub.cfg in '");
		cr_assert(strstr(err.message, prefixes[i]), "%s", err.message);
	}
	files.grub = files.shim;
	is_refused("'shimx64.efi.signed' is not GRUB");
	files.grub = files.mm;
	is_refused("'mm' is not an EFI program for x64");
	files.shim = files.mm;
	is_refused("'mm' is not an EFI program for x64");
	files.fb.size = EFI_SET_FILE_MAX + 1;
	files.shim.data = files.grub.data = files.mm.data = NULL;
	is_refused("'fb' has 16777217 bytes");
}

static bool warns(const char *words)
{
	for (size_t i = 0; i < set.warnings.count; i++)
		if (strstr(set.warnings.texts[i], words))
			return true;
	return false;
}

Test(efi_set, warns_of_old_generations)
{
	cr_assert_eq(make(), 0);
	cr_assert_not(warns("generation"));
	make_shim("shim,3\n", "");
	make_grub("grub,2\n", "/EFI/debian");
	cr_assert_eq(make(), 0);
	cr_assert(warns("shim of the guest's packages has SBAT generation 3, and 4 is demanded"));
	cr_assert(warns("GRUB of the guest's packages has SBAT generation 2, and 3 is demanded"));
	make_shim("", "");
	cr_assert_eq(make(), 0);
	cr_assert(warns("shim of the guest's packages has no SBAT generation"));
	cr_assert(warns("GRUB of the guest's packages is not signed"));
}

static char folder[128];

static void put(const char *name, const void *data, size_t size)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "wb");
	cr_assert(file);
	cr_assert_eq(fwrite(data, 1, size, file), size);
	fclose(file);
}

static void take_away(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	remove(path);
}

static void opens(int wanted, const char *words)
{
	struct efi_folder opened;

	err = (struct error)ERROR_INIT;
	cr_assert_eq(efi_folder_open(folder, &opened, &err), wanted, "%s", err.message);
	cr_assert(strstr(err.message, words), "%s", err.message);
	cr_assert(wanted != 0 || efi_folder_is_there(&opened));
	efi_folder_done(&opened);
	efi_folder_done(&opened);
}

/* Whose files are at fault, and not what is converted. */
static void is_of_the_folder(enum error_kind kind, const char *words)
{
	CLEANUP_EFI_FOLDER struct efi_folder opened = EFI_FOLDER_INIT;

	efi_set_done(&set);
	err = (struct error)ERROR_INIT;
	cr_assert_eq(efi_folder_open(folder, &opened, &err), 0, "%s", err.message);
	cr_assert_lt(efi_set_from_folder(&opened, &set, &err), 0, "%s", words);
	cr_assert_eq(err.kind, kind, "%s", err.message);
	cr_assert(err.is_of_wish, "%s", words);
	cr_assert(strstr(err.message, folder) == err.message + 1, "%s", err.message);
	cr_assert(strstr(err.message, words), "%s", err.message);
	cr_assert_eq(strncmp(err.advice, "give shim and the signed GRUB ", 30), 0, "%s",
		     err.advice);
}

Test(efi_set, blames_the_folder)
{
	snprintf(folder, sizeof(folder), "%s/efi-bad-%d", BUILD_DIR, (int)getpid());
	cr_assert_eq(mkdir(folder, 0777), 0);
	put("shimx64.efi", "none", 4);
	put("grubx64.efi", grub, sizeof(grub));
	is_of_the_folder(ERROR_REFUSED, "/shimx64.efi' is not an EFI program for x64");
	put("shimx64.efi", shim, sizeof(shim));
	put_le32(grub + EFI_SECTION(0) + 16, EFI_BYTES); /* size of all modules */
	put("grubx64.efi", grub, sizeof(grub));
	is_of_the_folder(ERROR_DAMAGED, "/grubx64.efi': the modules in section 'mods' have ");
	take_away("shimx64.efi");
	take_away("grubx64.efi");
	remove(folder);
}

Test(efi_set, reads_a_folder)
{
	struct efi_folder opened;

	snprintf(folder, sizeof(folder), "%s/efi-folder-%d", BUILD_DIR, (int)getpid());
	opens(-EPERM, "there is no 'shimx64.efi' in '");
	cr_assert_eq(mkdir(folder, 0777), 0);
	put("shim.efi", shim, sizeof(shim));
	opens(-EPERM, "there is no 'grubx64.efi' in '");
	cr_assert_str_eq(
		err.advice,
		"put shimx64.efi and grubx64.efi of the guest's distribution into it, out of its "
		"packages or out of /boot/efi/EFI of a UEFI machine of it");
	put("grubx64.efi.signed", grub, sizeof(grub));
	put("grubx64.efi", "another, before it was signed", 7);
	put("mmx64.efi", "mm", 2);
	opens(0, "");
	cr_assert_eq(efi_folder_open(folder, &opened, &err), 0);
	cr_assert_eq(opened.fb.fd, -1);
	cr_assert_eq(efi_set_from_folder(&opened, &set, &err), 0, "%s", err.message);
	efi_folder_done(&opened);
	cr_assert_eq(set.source[0], '\'');
	cr_assert(strstr(set.source, folder));
	cr_assert_eq(set.files.mm.size, 2);
	cr_assert_not(set.files.fb.data);
	take_away("mmx64.efi");
	snprintf(folder + strlen(folder), 16, "/mmx64.efi");
	cr_assert_eq(mkdir(folder, 0777), 0);
	*strrchr(folder, '/') = '\0';
	opens(-EINVAL, "mmx64.efi' is not a regular file");
	take_away("mmx64.efi");
	take_away("shim.efi");
	take_away("grubx64.efi");
	take_away("grubx64.efi.signed");
	remove(folder);
}

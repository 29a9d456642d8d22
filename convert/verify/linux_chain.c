/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The programs that start a Linux guest: see linux_chain.h. Firmware with an entry starts shim in the
 * vendor's folder, and that GRUB beside it. Without an entry it starts \EFI\BOOT\BOOTX64.EFI, which is
 * shim again, and that the fallback program beside it, which makes the entry that a .CSV in the
 * vendor's folder names (rhboot/shim, README.fallback); or GRUB, where there is no such program. A GRUB
 * without shim stands alone, in either place.
 */
#include "convert/verify/linux_chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/cleanup.h"
#include "convert/verify/esp.h"
#include "convert/verify/pe_signature.h"

#define PATH_FALLBACK "\\EFI\\BOOT\\BOOTX64.EFI"
#define REMOVABLE     "BOOT"

#define MAX_PATH 128

struct program {
	char path[MAX_PATH];
	uint8_t *bytes; /* NULL: it is not there, or is none */
	size_t size;
};

struct chain {
	struct verify *verify;
	struct program shim; /* GRUB, where that stands alone */
	struct program grub, removable;
	bool has_shim;
};

static void chain_done(struct chain *chain)
{
	free(chain->shim.bytes);
	free(chain->grub.bytes);
	free(chain->removable.bytes);
}
#define CLEANUP_CHAIN CLEANUP(chain_done)

static const char *name_of(const char *path)
{
	return strrchr(path, '\\') + 1;
}

static bool is_same(const struct program *a, const struct program *b)
{
	return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

/* --- each of them --- */

/* Into 'path': the first of the names that the folder has, the last when it has none. */
static void find_program(struct verify *verify, const char *const *names, char path[MAX_PATH])
{
	do
		snprintf(path, MAX_PATH, "\\EFI\\%s\\%s", verify->linux_folder, *names);
	while (!verify_esp_has(verify, path) && *++names);
}

/* SUSE's shim looks for another name than the others'. */
static void check_grub(struct chain *chain)
{
	static const char *const names[] = {"grub.efi", "grubx64.efi", NULL};
	struct program *grub = &chain->grub;

	find_program(chain->verify, names, grub->path);
	(void)verify_esp_program(chain->verify, "esp-grub", grub->path, &grub->bytes, &grub->size);
}

/* Of an ESP that its distribution keeps the two need not be the same. */
static void compare_programs(const struct chain *chain)
{
	static const char name[] = "esp-same-program";
	struct verify *verify = chain->verify;

	if (!chain->shim.bytes || !chain->removable.bytes)
		verify_skip(verify, name, "not both files are there");
	else if (is_same(&chain->shim, &chain->removable))
		verify_ok(verify, name, "BOOTX64.EFI is %s",
			  chain->has_shim ? "shim" : "GRUB, without shim");
	else if (verify->esp_is_of_guest)
		verify_skip(verify, name, "'%s' and '%s' differ on the guest's own ESP",
			    chain->shim.path, PATH_FALLBACK);
	else
		verify_fail(verify, name, "'%s' and '%s' differ", chain->shim.path, PATH_FALLBACK);
}

static void check_shims(struct chain *chain)
{
	static const char *const names[] = {"shim.efi", "shimx64.efi", "BOOTX64.EFI", "grubx64.efi",
					    NULL};
	struct program *shim = &chain->shim, *removable = &chain->removable;
	struct verify *verify = chain->verify;

	find_program(verify, names, shim->path);
	chain->has_shim = strcmp(name_of(shim->path), "grubx64.efi") != 0;
	(void)verify_esp_program(verify, "esp-shim", shim->path, &shim->bytes, &shim->size);
	if (verify->esp_is_of_guest && !verify_esp_has(verify, PATH_FALLBACK))
		verify_skip(verify, "esp-bootx64", "there is none on the guest's own ESP");
	else
		(void)verify_esp_program(verify, "esp-bootx64", PATH_FALLBACK, &removable->bytes,
					 &removable->size);
	compare_programs(chain);
}

/* --- without an entry --- */

/* The file in \EFI\BOOT that shim starts there; false when there is none. */
static bool find_second(struct verify *verify, char path[MAX_PATH])
{
	/* shim takes the fallback program first. */
	static const char *const names[] = {"fbx64.efi", "fallback.efi", "grubx64.efi", "grub.efi"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, MAX_PATH, "\\EFI\\" REMOVABLE "\\%s", names[i]);
		if (verify_esp_has(verify, path))
			return true;
	}
	return false;
}

static void check_second(const struct chain *chain, const char *path)
{
	static const char name[] = "esp-fallback";
	struct verify *verify = chain->verify;
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct program second = {.size = 0};
	struct error err = ERROR_INIT;

	if (strncmp(name_of(path), "grub", 4) != 0) {
		(void)verify_esp_program(verify, name, path, &bytes, &second.size);
		return;
	}
	if (verify_esp_read(verify, path, &bytes, &second.size, &err) < 0 || !chain->grub.bytes) {
		verify_skip(verify, name, "not both files of GRUB can be read");
		return;
	}
	second.bytes = bytes;
	if (is_same(&second, &chain->grub))
		verify_ok(verify, name, "'%s' is GRUB, which shim starts there", path);
	else
		verify_fail(verify, name, "'%s' and '%s' differ", path, chain->grub.path);
}

/* Has a line of this text, UTF-16LE with its mark, this name in its first field? */
static bool names_program(const uint8_t *csv, size_t size, const char *name)
{
	size_t length = strlen(name), matched = 0;
	bool is_possible = true;

	if (size < 2 || get_le16(csv) != 0xfeff)
		return false;
	for (size_t at = 2; at + 2 <= size; at += 2) {
		uint16_t unit = get_le16(csv + at);

		if (unit == '\n' || unit == '\r') {
			is_possible = true;
			matched = 0;
		} else if (is_possible && matched == length && unit == ',') {
			return true;
		} else if (matched < length && unit == (uint8_t)name[matched]) {
			matched++;
		} else {
			is_possible = false;
		}
	}
	return false;
}

/* By which the fallback program makes an entry. One that is called fallback.efi is old, and may
 * know BOOT.CSV alone. */
static void check_csv(const struct chain *chain, const char *second)
{
	static const char name[] = "esp-csv";
	struct verify *verify = chain->verify;
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct error err = ERROR_INIT;
	char path[MAX_PATH];
	size_t size;

	snprintf(path, sizeof(path), "\\EFI\\%s\\%s", verify->linux_folder,
		 strcmp(name_of(second), "fallback.efi") == 0 ? "BOOT.CSV" : "BOOTX64.CSV");
	if (verify_esp_read(verify, path, &bytes, &size, &err) < 0)
		verify_fail(verify, name, "%s", err.message);
	else if (names_program(bytes, size, name_of(chain->shim.path)))
		verify_ok(verify, name, "'%s' names '%s'", path, name_of(chain->shim.path));
	else
		verify_fail(verify, name, "'%s' (%zu bytes) is no UTF-16 text that names '%s'",
			    path, size, name_of(chain->shim.path));
}

static void check_removable(const struct chain *chain)
{
	char path[MAX_PATH];

	if (!chain->has_shim || chain->verify->esp_is_of_guest)
		return;
	if (find_second(chain->verify, path))
		check_second(chain, path);
	else
		verify_fail(chain->verify, "esp-fallback",
			    "there is no '\\EFI\\" REMOVABLE "\\fbx64.efi', nor GRUB in its place: "
			    "shim there has nothing to start");
	check_csv(chain, path);
}

/* --- signatures --- */

static bool fail_signature(struct verify *verify, const char *path, const char *fault)
{
	verify_fail(verify, "esp-signatures", "'%s' %s, and %s", path, fault, verify->secure_boot);
	return false;
}

/* False with a result. What is no program has failed already. */
static bool check_signature(struct verify *verify, const struct program *program, size_t *count)
{
	const char *fault =
		program->bytes ? verify_pe_signature_fault(program->bytes, program->size) : NULL;

	*count += program->bytes != NULL;
	return !fault || fail_signature(verify, program->path, fault);
}

/* What shim starts where firmware has no entry. MokManager it starts when it is asked for alone. */
static bool check_others(struct verify *verify, size_t *count)
{
	static const struct {
		const char *name;
	} files[] = {{"fbx64.efi"}, {"fallback.efi"}, {"grubx64.efi"}, {"grub.efi"}};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP_FREE uint8_t *bytes = NULL;
		struct program program = {.size = 0};
		struct error err = ERROR_INIT;
		bool is_good;

		snprintf(program.path, sizeof(program.path), "\\EFI\\%s\\%s", REMOVABLE,
			 files[i].name);
		if (verify_esp_read(verify, program.path, &bytes, &program.size, &err) < 0)
			continue;
		program.bytes = bytes;
		is_good = check_signature(verify, &program, count);
		if (!is_good)
			return false;
	}
	return true;
}

/* On an ESP that its distribution keeps there may be more than shim starts. */
static void check_signatures(const struct chain *chain)
{
	static const char name[] = "esp-signatures";
	struct verify *verify = chain->verify;
	size_t count = 0;

	if (!verify->secure_boot)
		verify_skip(verify, name, "%s",
			    chain->has_shim ? "nothing says that Secure Boot is on"
					    : "GRUB without shim starts with Secure Boot off");
	else if (!chain->has_shim)
		verify_fail(verify, name, "there is no shim, and %s", verify->secure_boot);
	else if (check_signature(verify, &chain->shim, &count) &&
		 check_signature(verify, &chain->grub, &count) &&
		 (verify->esp_is_of_guest || check_others(verify, &count)))
		verify_ok(verify, name, "%zu programs are what was signed", count);
}

void verify_linux_chain(struct verify *verify)
{
	CLEANUP_CHAIN struct chain chain = {.verify = verify};

	check_shims(&chain);
	/* A store may have keys for what else is started. */
	if (!chain.has_shim && verify->reported_secure_boot != VERIFY_ON)
		verify->secure_boot = NULL;
	check_grub(&chain);
	check_removable(&chain);
	check_signatures(&chain);
}

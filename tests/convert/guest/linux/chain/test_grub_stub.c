/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The grub.cfg on the ESP; GRUB's own judge is asked in tests/scripts/linux_chain.sh. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "convert/guest/linux/chain/grub_stub.h"

#define UUID "0f0e0d0c-0b0a-0908-0706-050403020100"

static struct error err;

static char *make(const struct grub_stub *stub)
{
	char *text = NULL;

	err = (struct error)ERROR_INIT;
	cr_assert_eq(grub_stub_make(stub, &text, &err), 0, "%s", err.message);
	return text;
}

Test(grub_stub, finds_boot_on_its_own_disk_first)
{
	char *text = make(&(struct grub_stub){
		.uuid = UUID, .hint_entry = 5, .prefix = "/grub", .boot_is_own_volume = true});

	cr_assert_str_eq(text, "regexp --set=1:esp_disk '^\\(([^,]+),' \"$cmdpath\"\n"
			       "search.fs_uuid " UUID " root $esp_disk,gpt5\n"
			       "set boot=$root\n"
			       "set prefix=($root)/grub\n"
			       "function linux16 { linux \"$@\"; }\n"
			       "function initrd16 { initrd \"$@\"; }\n"
			       "configfile $prefix/grub.cfg\n");
	free(text);
}

Test(grub_stub, helps_no_grub_that_has_the_commands)
{
	char *text = make(&(struct grub_stub){
		.uuid = UUID, .prefix = "/boot/grub2", .is_bls = true, .grub_has_blscfg = true});

	cr_assert_str_eq(text, "search.fs_uuid " UUID " root\n"
			       "set boot=$root\n"
			       "set prefix=($root)/boot/grub2\n"
			       "configfile $prefix/grub.cfg\n");
	free(text);
	text = make(&(struct grub_stub){.uuid = UUID,
					.prefix = "/boot/grub2",
					.is_btrfs_relative = true});
	cr_assert_str_eq(text, "set btrfs_relative_path=\"yes\"\n"
			       "search.fs_uuid " UUID " root\n"
			       "set boot=$root\n"
			       "set prefix=($root)/boot/grub2\n"
			       "configfile $prefix/grub.cfg\n");
	free(text);
}

/* The ESP is remembered before the search, and the folder is empty for a /boot of its own. */
Test(grub_stub, brings_blscfg_along)
{
	struct grub_stub stub = {.uuid = UUID, .prefix = "/boot/grub2", .is_bls = true};
	char *text = make(&stub);

	cr_assert(strncmp(text, "set bls_esp=$root\nsearch", 24) == 0);
	cr_assert(strstr(text, "set bls_folder=/boot\n"));
	cr_assert(strstr(text, "function blscfg {\n"));
	free(text);
	stub = (struct grub_stub){.uuid = UUID,
				  .prefix = "/grub2",
				  .is_bls = true,
				  .boot_is_own_volume = true};
	text = make(&stub);
	cr_assert(strstr(text, "set bls_folder=\n"));
	free(text);
}

static void fails(const struct grub_stub *stub, enum error_kind kind)
{
	char *text = NULL;

	err = (struct error)ERROR_INIT;
	cr_assert(grub_stub_make(stub, &text, &err) < 0);
	cr_assert_eq(err.kind, kind);
	cr_assert_null(text);
}

Test(grub_stub, lets_nothing_else_into_the_script)
{
	static const char *const uuids[] = {
		"", "-h", "12;reboot", "1 2", "12\n", "g", "0f0e0d0c-0b0a-0908-0706-0504030201000"};

	for (size_t i = 0; i < sizeof(uuids) / sizeof(uuids[0]); i++)
		fails(&(struct grub_stub){.uuid = uuids[i], .prefix = "/grub"}, ERROR_DAMAGED);
	fails(&(struct grub_stub){.uuid = UUID, .prefix = "/grub; reboot"}, ERROR_FAILED);
	fails(&(struct grub_stub){.uuid = UUID, .prefix = ""}, ERROR_FAILED);
	fails(&(struct grub_stub){.uuid = UUID, .prefix = "/grub", .hint_entry = 129},
	      ERROR_FAILED);
}

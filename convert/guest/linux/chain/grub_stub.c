/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The grub.cfg on the ESP: see grub_stub.h. What comes out of the guest is put into a script of
 * GRUB, so it is held to what it can be: a UUID, and a folder from a list.
 *
 * Menus without entries but the command blscfg (Boot Loader Specification; RHEL 8, Fedora 30 and
 * later) need that command, which only their distributions' GRUB has. For others there is a
 * function of this name. What it does is bound by GRUB 2.06, and each of these was seen:
 *
 *  1. A .conf is a script whose keys are commands, so it is sourced, with functions of these names.
 *  2. 'linux' and 'initrd' are commands already, which no function replaces. While a .conf is
 *     sourced the root is the ESP, where both files are not found, which does no harm; 'linux' that
 *     succeeds twice brings GRUB down.
 *  3. So the paths of kernel and initramfs come from the key 'version', and go into the entry with
 *     its arguments: what is sourced in its body waits for a key.
 *  4. An id of an entry that begins with a digit is taken for a number, hence "bls-".
 *  5. The default may be a kernel that is gone, or a number in a menu sorted in another way: what
 *     is no id and no title is the newest, as their own GRUB has it.
 *  6. Files of a wildcard are not sorted, hence -pgt; against nothing it complains, and -o calls it
 *     all the same, hence two elifs.
 */
#include "convert/guest/linux/chain/grub_stub.h"

#include <errno.h>
#include <string.h>

#include "common/buffer.h"
#include "common/checked.h"

#define MAX_ENTRY 128 /* of a GPT, as everybody makes it */

static const char *const prefixes[] = {
	"/boot/grub",
	"/boot/grub2",
	"/grub",
	"/grub2",
	"/@/boot/grub",
	"/@/boot/grub2",
	"/@rootfs/boot/grub",
	"/root/boot/grub2",
	"/root/boot/grub",
};

/* For the menus of RHEL 7 and old Fedora, made for the BIOS. A registered command goes first. */
static const char old_commands[] = "function linux16 { linux \"$@\"; }\n"
				   "function initrd16 { initrd \"$@\"; }\n";

/* Keys of a .conf; 'linux' and 'initrd' are point 2. No function has a hyphen in its name. */
static const char bls_keys[] = "function title { set bls_title=\"$*\"; }\n"
			       "function version { set bls_version=\"$1\"; }\n"
			       "function options { set bls_options=\"$bls_options $*\"; }\n"
			       "function id { true; }\n"
			       "function grub_users { true; }\n"
			       "function grub_arg { true; }\n"
			       "function grub_class { true; }\n"
			       "function architecture { true; }\n"
			       "function increment { true; }\n";

static const char bls_command[] =
	"function blscfg {\n"
	"  set root=$bls_esp\n"
	"  for bls_file in ($boot)$bls_folder/loader/entries/*.conf; do\n"
	"    regexp --set=1:bls_id '.*/([^/]*)\\.conf$' \"$bls_file\"\n"
	"    set bls_options=\n"
	"    source \"$bls_file\"\n"
	"    if [ \"$default\" = \"$bls_title\" ]; then set bls_found=yes; fi\n"
	"    if [ \"$default\" = \"$bls_id\" ]; then\n"
	"      set default=\"bls-$bls_id\"\n"
	"      set bls_found=yes\n"
	"    fi\n"
	"    menuentry \"$bls_title\" --id \"bls-$bls_id\" \"$bls_folder/vmlinuz-$bls_version\" "
	"\"$bls_folder/initramfs-$bls_version.img\" \"$bls_options\" {\n"
	"      load_video\n"
	"      set gfxpayload=keep\n"
	"      set root=$boot\n"
	"      linux \"$2\" $4\n"
	"      initrd \"$3\" $tuned_initrd\n"
	"    }\n"
	"    if regexp -- -0-rescue- \"$bls_id\"; then true\n"
	"    elif [ -z \"$bls_newest\" ]; then set bls_newest=\"$bls_id\"\n"
	"    elif [ \"$bls_id\" -pgt \"$bls_newest\" ]; then set bls_newest=\"$bls_id\"; fi\n"
	"  done\n"
	"  if [ -z \"$bls_found\" ]; then set default=\"bls-$bls_newest\"; fi\n"
	"  set root=$boot\n"
	"}\n";

bool grub_stub_is_prefix(const char *prefix)
{
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strcmp(prefix, prefixes[i]) == 0)
			return true;
	return false;
}

static bool is_uuid(const char *uuid)
{
	size_t length = strlen(uuid);

	return length > 0 && length <= 36 && strspn(uuid, "0123456789abcdefABCDEF-") == length &&
	       uuid[0] != '-';
}

static int check(const struct grub_stub *stub, struct error *err)
{
	if (!is_uuid(stub->uuid))
		return error_damaged(err, "'%s' is not the UUID of a file system", stub->uuid);
	if (!grub_stub_is_prefix(stub->prefix))
		return error_failed(err, EINVAL,
				    "GRUB's folder '%s' is none of those that are known",
				    stub->prefix);
	if (stub->hint_entry > MAX_ENTRY)
		return error_failed(err, EINVAL, "a GPT has no entry %u", stub->hint_entry);
	return 0;
}

/* It must be the first search: GRUB remembers what it found. */
static void put_search(const struct grub_stub *stub, struct buffer *text)
{
	if (stub->hint_entry > 0)
		buffer_printf(text,
			      "regexp --set=1:esp_disk '^\\(([^,]+),' \"$cmdpath\"\n"
			      "search.fs_uuid %s root $esp_disk,gpt%u\n",
			      stub->uuid, stub->hint_entry);
	else
		buffer_printf(text, "search.fs_uuid %s root\n", stub->uuid);
}

static void put_functions(const struct grub_stub *stub, struct buffer *text)
{
	buffer_text(text, old_commands);
	if (!stub->is_bls)
		return;
	buffer_printf(text,
		      "set bls_folder=%s\n"
		      "export bls_esp bls_folder boot\n",
		      stub->boot_is_own_volume ? "" : "/boot");
	buffer_text(text, bls_keys);
	buffer_text(text, bls_command);
}

int grub_stub_make(const struct grub_stub *stub, char **ret_text, struct error *err)
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;
	bool is_plain = stub->grub_has_blscfg || stub->is_btrfs_relative;
	int r = check(stub, err);

	if (r < 0)
		return r;
	if (stub->is_btrfs_relative)
		buffer_text(&text, "set btrfs_relative_path=\"yes\"\n");
	if (stub->is_bls && !is_plain)
		buffer_text(&text, "set bls_esp=$root\n");
	put_search(stub, &text);
	buffer_printf(&text, "set boot=$root\nset prefix=($root)%s\n", stub->prefix);
	if (!is_plain)
		put_functions(stub, &text);
	buffer_text(&text, "configfile $prefix/grub.cfg\n");
	*ret_text = buffer_take_text(&text);
	return *ret_text ? 0 : error_failed(err, ENOMEM, "out of memory");
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heads of kernels: see kernel.h. Offsets and bits are those of boot.rst, "The Real-Mode Kernel
 * Header". */
#include "convert/guest/linux/parse/kernel.h"

#include <string.h>

#include "common/checked.h"

#define PE_OFFSET	0x3c  /* u32, of the DOS header */
#define BOOT_FLAG	0x1fe /* u16, 0xaa55 */
#define HEADER		0x202 /* "HdrS" */
#define PROTOCOL	0x206 /* u16 */
#define VERSION_OFFSET	0x20e /* u16, from 0x200 */
#define LOAD_FLAGS	0x211 /* u8 */
#define XLOAD_FLAGS	0x236 /* u16, from 2.12 on */
#define HANDOVER_OFFSET 0x264 /* u32, from 2.11 on */
#define HEADER_END	0x268

#define LOADED_HIGH	0x01 /* of LOAD_FLAGS: a bzImage */
#define XLF_KERNEL_64	0x0001
#define XLF_HANDOVER_64 0x0008

#define PROTOCOL_2_12 0x020c

static bool has_pe_header(const struct file_bytes *file)
{
	uint64_t at = get_le32(file->data + PE_OFFSET);

	return memcmp(file->data, "MZ", 2) == 0 && range_within(at, 4, file->size) &&
	       memcmp(file->data + at, "PE\0\0", 4) == 0;
}

/* Up to the first space: behind that it says who built it, and when. */
static void read_version(const struct file_bytes *file, struct linux_kernel *kernel)
{
	size_t at = 0x200 + (size_t)get_le16(file->data + VERSION_OFFSET), length = 0;

	if (at == 0x200)
		return;
	while (length + 1 < sizeof(kernel->version) && at + length < file->size &&
	       file->data[at + length] > ' ' && file->data[at + length] < 0x7f) {
		kernel->version[length] = (char)file->data[at + length];
		length++;
	}
	kernel->version[length] = '\0';
}

static void read_header(const struct file_bytes *file, struct linux_kernel *kernel)
{
	uint16_t flags = get_le16(file->data + XLOAD_FLAGS);
	uint32_t handover = get_le32(file->data + HANDOVER_OFFSET);

	kernel->is_bzimage = file->data[LOAD_FLAGS] & LOADED_HIGH;
	kernel->has_efi_stub = has_pe_header(file);
	if (kernel->protocol < PROTOCOL_2_12)
		flags = 0;
	kernel->is_64_bit = flags & XLF_KERNEL_64;
	kernel->has_efi_handover_64 =
		kernel->has_efi_stub && (flags & XLF_HANDOVER_64) && handover != 0;
	read_version(file, kernel);
}

int linux_kernel_parse(const struct file_bytes *file, struct linux_kernel *ret, struct error *err)
{
	struct linux_kernel kernel = {.is_bzimage = false};

	if (file->size < HEADER_END)
		return error_damaged(err, "'%s' has %zu bytes, too few for a Linux kernel",
				     file->name, file->size);
	if (get_le16(file->data + BOOT_FLAG) == 0xaa55 &&
	    memcmp(file->data + HEADER, "HdrS", 4) == 0) {
		kernel.protocol = get_le16(file->data + PROTOCOL);
		read_header(file, &kernel);
	}
	*ret = kernel;
	return 0;
}

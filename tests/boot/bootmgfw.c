/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stand-in for bootmgfw.efi: see boot.h. It goes the way of the boot manager: load option, own
 * volume, BCD store, default entry, partition of the default entry, and the loader there.
 */
#include "boot.h"

#include <efistdarg.h>

#define BCD_PATH L"\\EFI\\Microsoft\\Boot\\BCD"
#define BOOTMGR	 "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"

/* Device element of a partition: type at 0x10, partition GUID at 0x20, style (0 = GPT) at 0x34,
 * disk GUID at 0x38. */
#define DEVICE_SIZE 88

#define PE_HEADER 0x3c /* of the DOS header: offset of the PE header */
#define PE_AMD64  0x8664

static void __attribute__((noreturn)) power_off(void)
{
	uefi_call_wrapper(RT->ResetSystem, 4, EfiResetShutdown, EFI_SUCCESS, 0, NULL);
	for (;;)
		uefi_call_wrapper(BS->Stall, 1, 1000000);
}

void fail(const CHAR16 *format, ...)
{
	va_list args;

	va_start(args, format);
	Print(L"HVGEN2 BOOT FAILED: ");
	VPrint(format, args);
	Print(L"\n");
	va_end(args);
	power_off();
}

static void show_load_option(void)
{
	EFI_GUID global = EFI_GLOBAL_VARIABLE;
	UINTN size;
	UINT16 *current = LibGetVariableAndSize(L"BootCurrent", &global, &size);
	CHAR16 name[16];
	UINT8 *option;

	if (!current || size != 2)
		fail(L"the firmware did not set BootCurrent");
	SPrint(name, sizeof(name), L"Boot%04x", *current);
	option = LibGetVariableAndSize(name, &global, &size);
	if (!option || size < 8)
		fail(L"%s is not there", name);
	/* EFI_LOAD_OPTION: attributes, length of the path list, description, path list. */
	Print(L"load option: %s \"%s\"\n", name, (CHAR16 *)(option + 6));
	Print(L"load option path: %s\n",
	      DevicePathToStr((EFI_DEVICE_PATH *)(option + 6 + StrSize((CHAR16 *)(option + 6)))));
}

static EFI_HANDLE show_image(EFI_HANDLE image)
{
	EFI_LOADED_IMAGE *loaded;

	if (EFI_ERROR(uefi_call_wrapper(BS->HandleProtocol, 3, image, &gEfiLoadedImageProtocolGuid,
					(VOID **)&loaded)))
		fail(L"no loaded image protocol");
	Print(L"started from: %s/%s\n", DevicePathToStr(DevicePathFromHandle(loaded->DeviceHandle)),
	      DevicePathToStr(loaded->FilePath));
	Print(L"load options: %d bytes\n", loaded->LoadOptionsSize);
	return loaded->DeviceHandle;
}

static struct hive read_bcd(EFI_HANDLE volume)
{
	EFI_FILE_HANDLE root = LibOpenRoot(volume), file;
	struct hive hive = {0};
	EFI_FILE_INFO *info;
	UINT8 *bytes;

	if (!root || EFI_ERROR(uefi_call_wrapper(root->Open, 5, root, &file, BCD_PATH,
						 EFI_FILE_MODE_READ, 0)))
		fail(L"cannot open %s", BCD_PATH);
	info = LibFileInfo(file);
	hive.size = info->FileSize;
	bytes = AllocatePool(hive.size);
	if (!bytes || EFI_ERROR(uefi_call_wrapper(file->Read, 3, file, &hive.size, bytes)))
		fail(L"cannot read %s", BCD_PATH);
	hive.bytes = bytes;
	return hive;
}

/* Append within 128 bytes. */
static void append(CHAR8 *text, const char *more)
{
	UINTN used = strlena(text);

	while (*more && used < 127)
		text[used++] = (CHAR8)*more++;
}

/* The data of an element of an object. */
static const UINT8 *element(const struct hive *bcd, const CHAR8 *object, const CHAR8 *type,
			    UINT32 *ret_size)
{
	CHAR8 path[128] = {0};
	const UINT8 *data;
	UINT32 key;

	append(path, "Objects\\");
	append(path, (const char *)object);
	append(path, "\\Elements\\");
	append(path, (const char *)type);
	key = hive_key(bcd, path);
	data = key ? hive_value(bcd, key, (const CHAR8 *)"Element", ret_size) : NULL;
	if (!data)
		fail(L"BCD: %a has no element %a", object, type);
	return data;
}

static const CHAR16 *text_element(const struct hive *bcd, const CHAR8 *object, const char *type)
{
	UINT32 size;
	const UINT8 *data = element(bcd, object, (const CHAR8 *)type, &size);
	CHAR16 *text = AllocateZeroPool(size + 2);

	copy_bytes(text, data, size);
	return text;
}

/* The file that the default entry names must be an x64 program. */
static void check_loader(const struct partition *partition, const CHAR16 *path)
{
	struct ntfs_file file;
	const CHAR16 *kind = L"x64 PE";
	UINT32 header;

	ntfs_read(partition->handle, path, &file);
	header = le32(file.start + PE_HEADER);
	if (file.is_wof)
		kind = L"compressed by WOF";
	else if (CompareMem(file.start, "MZ", 2) != 0 || header > sizeof(file.start) - 6 ||
		 CompareMem(file.start + header, "PE\0\0", 4) != 0)
		fail(L"loader: %s is not a PE program", path);
	else if (le16(file.start + header + 4) != PE_AMD64)
		fail(L"loader: %s is for machine 0x%04x", path, le16(file.start + header + 4));
	Print(L"loader: %s, %ld bytes, %s, on partition {%g}\n", path, file.size, kind,
	      &partition->guid);
}

static void check_default(const struct hive *bcd)
{
	const CHAR16 *id = text_element(bcd, (const CHAR8 *)BOOTMGR, "23000003"), *path;
	CHAR8 object[64] = {0};
	struct partition partition;
	const UINT8 *device;
	UINT32 size;

	for (UINTN i = 0; i < sizeof(object) - 1 && id[i]; i++)
		object[i] = (CHAR8)id[i];
	path = text_element(bcd, object, "12000002");
	Print(L"BCD default: %s \"%s\" %s\n", id, text_element(bcd, object, "12000004"), path);
	device = element(bcd, object, (const CHAR8 *)"11000001", &size);
	if (size != DEVICE_SIZE || le32(device + 0x10) != 6 || le32(device + 0x34) != 0)
		fail(L"BCD: the device of the default entry is not a GPT partition");
	if (!find_partition(device + 0x20, &partition))
		fail(L"BCD: no partition has the GUID of the default entry");
	if (CompareMem(&partition.disk, device + 0x38, 16) != 0)
		fail(L"BCD: the partition of the default entry is on another disk than the entry says");
	Print(L"BCD default partition: %s\n", partition.path);
	Print(L"BCD default disk: %g\n", &partition.disk);
	check_loader(&partition, path);
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	struct hive bcd;
	EFI_HANDLE volume;

	InitializeLib(image, table);
	Print(L"\nhvgen2 stand-in for the Windows boot manager\n");
	show_load_option();
	volume = show_image(image);
	bcd = read_bcd(volume);
	hive_check(&bcd);
	check_default(&bcd);
	Print(L"HVGEN2 BOOT OK\n");
	power_off();
}

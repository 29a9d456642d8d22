/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Find a GPT partition among all that the firmware shows, and the GUID of its disk. */
#include "boot.h"

#define GPT_DISK_GUID 0x38

/* The hard drive node of a device path; NULL when there is none. */
static HARDDRIVE_DEVICE_PATH *hard_drive_node(EFI_DEVICE_PATH *path)
{
	for (; !IsDevicePathEnd(path); path = NextDevicePathNode(path))
		if (DevicePathType(path) == MEDIA_DEVICE_PATH &&
		    DevicePathSubType(path) == MEDIA_HARDDRIVE_DP)
			return (HARDDRIVE_DEVICE_PATH *)path;
	return NULL;
}

/* The GUID in the GPT header of the disk on which the partition of 'path' lies. */
static BOOLEAN disk_guid(EFI_DEVICE_PATH *path, EFI_GUID *ret)
{
	EFI_DEVICE_PATH *disk = DuplicateDevicePath(path), *rest = disk;
	EFI_DEVICE_PATH *last = (EFI_DEVICE_PATH *)hard_drive_node(disk);
	EFI_BLOCK_IO *io;
	EFI_HANDLE handle;
	UINT8 *header;
	BOOLEAN good;

	SetDevicePathEndNode(last);
	if (EFI_ERROR(uefi_call_wrapper(BS->LocateDevicePath, 3, &gEfiBlockIoProtocolGuid, &rest,
					&handle)) ||
	    EFI_ERROR(uefi_call_wrapper(BS->HandleProtocol, 3, handle, &gEfiBlockIoProtocolGuid,
					(VOID **)&io)))
		return FALSE;
	header = AllocatePool(io->Media->BlockSize);
	good = !EFI_ERROR(uefi_call_wrapper(io->ReadBlocks, 5, io, io->Media->MediaId, 1,
					    io->Media->BlockSize, header)) &&
	       CompareMem(header, "EFI PART", 8) == 0;
	if (good)
		copy_bytes(ret, header + GPT_DISK_GUID, sizeof(*ret));
	FreePool(header);
	FreePool(disk);
	return good;
}

static BOOLEAN is_wanted(EFI_HANDLE handle, const UINT8 guid[16], struct partition *ret)
{
	EFI_DEVICE_PATH *path = DevicePathFromHandle(handle);
	HARDDRIVE_DEVICE_PATH *node = path ? hard_drive_node(path) : NULL;

	if (!node || node->SignatureType != SIGNATURE_TYPE_GUID ||
	    CompareMem(node->Signature, guid, 16) != 0)
		return FALSE;
	ret->handle = handle;
	copy_bytes(&ret->guid, guid, sizeof(ret->guid));
	ret->path = DevicePathToStr(path);
	return disk_guid(path, &ret->disk);
}

BOOLEAN find_partition(const UINT8 guid[16], struct partition *ret)
{
	EFI_HANDLE *handles;
	UINTN count;
	BOOLEAN found = FALSE;

	if (EFI_ERROR(
		    LibLocateHandle(ByProtocol, &gEfiBlockIoProtocolGuid, NULL, &count, &handles)))
		return FALSE;
	for (UINTN i = 0; i < count && !found; i++)
		found = is_wanted(handles[i], guid, ret);
	FreePool(handles);
	return found;
}

#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The parsers are of use without the rest: a program of some thirty lines on the public header of vhd/, nvram/ or bcd/ and on
# that library with common/ alone.
. "$(dirname "$0")/lib.sh"
need jq mkntfs pkg-config mcopy

"$MKVM" --small --size 1G vm.vhdx
expect 0 "$HVGEN2" convert -q --format raw --layout front -o new.raw --nvram new.vmgs vm.vhdx

flags="-std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -Wall -Wextra -Werror"
[ -z "$(nm "$BUILD_DIR/vhd/libvhd.a" 2>/dev/null | grep -m1 __asan_init)" ] || flags+=" -fsanitize=address,undefined"
common=$BUILD_DIR/common
build() { # NAME "PACKAGE ..." LIBRARY...
	local name=$1 packages=$2
	shift 2
	# shellcheck disable=SC2046,SC2086
	"$CC" $flags -I "$SOURCE_DIR" -o "$name" "$name.c" "$@" $(pkg-config --libs $packages)
	[ "$(wc -l <"$name.c")" -le 40 ] || fail "$name.c is no small program"
}

cat >disk.c <<'END'
/* How much of a virtual disk is stored, and what stands at its start. */
#include <stdio.h>
#include "vhd/vhd.h"

int main(int argc, char **argv)
{
	struct error err = ERROR_INIT;
	struct disk_extent extent;
	struct disk *disk;
	unsigned char sector[512];
	unsigned long long stored = 0;

	if (argc != 2 || vhd_open(argv[1], NULL, &disk, &err) < 0) {
		fprintf(stderr, "%s; %s\n", err.message, err.advice);
		return 1;
	}
	for (uint64_t at = 0; at < disk->size; at += extent.length) {
		if (disk_extent(disk, at, &extent, &err) < 0)
			return 1;
		if (extent.kind == DISK_DATA || extent.kind == DISK_MEMORY)
			stored += extent.length;
	}
	if (disk_read(disk, sector, sizeof(sector), 0, &err) < 0)
		return 1;
	printf("%s %llu %llu %02x%02x\n", vhd_info_text(vhd_info(disk)),
	       (unsigned long long)disk->size, stored, sector[510], sector[511]);
	disk_close(disk);
	return 0;
}
END
build disk uuid "$BUILD_DIR/vhd/libvhd.a" "$common/libcommon.a"
[[ $(./disk vm.vhdx) =~ ^"dynamic VHDX 1073741824 "[0-9]+" 55aa"$ ]] || fail "$(./disk vm.vhdx)"
! ./disk gone.vhdx 2>out.txt || fail "there is no such disk"

cat >entries.c <<'END'
/* The boot entries of a store, in their order. */
#include <stdio.h>
#include "nvram/nvram.h"

int main(int argc, char **argv)
{
	struct error err = ERROR_INIT;
	CLEANUP_STORE struct nvram_store store = NVRAM_STORE_INIT;
	uint16_t numbers[16];
	size_t count;

	if (argc != 2 || nvram_store_open(argv[1], &store, &err) < 0) {
		fprintf(stderr, "%s; %s\n", err.message, err.advice);
		return 1;
	}
	count = nvram_boot_order(&store.nvram, numbers, 16);
	for (size_t i = 0; i < count && i < 16; i++) {
		char name[9];

		snprintf(name, sizeof(name), "Boot%04X", numbers[i]);
		printf("%s %s\n", name,
		       nvram_get(&store.nvram, &NVRAM_GLOBAL, name) ? "there" : "missing");
	}
	return count == 0;
}
END
build entries "efiboot efivar jansson libxml-2.0 uuid zlib" "$BUILD_DIR/nvram/libnvram.a" "$common/libcommon.a"
[ "$(./entries new.vmgs)" = "Boot0000 there" ] || fail "$(./entries new.vmgs)"
! ./entries vm.vhdx 2>out.txt || fail "a disk is no store"

cat >boot.c <<'END'
/* A boot configuration as readable lines. */
#include <stdio.h>
#include "bcd/bcd.h"

int main(int argc, char **argv)
{
	struct error err = ERROR_INIT;
	static unsigned char bytes[1 << 20];
	FILE *stream = argc == 2 ? fopen(argv[1], "rb") : NULL;
	struct file_bytes file = {.data = bytes, .name = argc == 2 ? argv[1] : ""};
	CLEANUP_FREE char *text = NULL;

	if (!stream)
		return 2;
	file.size = fread(bytes, 1, sizeof(bytes), stream);
	fclose(stream);
	if (bcd_list(&file, &text, &err) < 0) {
		fprintf(stderr, "%s; %s\n", err.message, err.advice);
		return 1;
	}
	fputs(text, stdout);
	return 0;
}
END
build boot "hivex uuid" "$BUILD_DIR/bcd/libbcd.a" "$common/hive/libhive.a" "$common/libcommon.a"
mcopy -n -i new.raw@@1M ::/EFI/Microsoft/Boot/BCD BCD
./boot BCD >boot.txt
grep -q '^Windows Boot Manager' boot.txt && grep -q 'winload.efi' boot.txt || fail "$(<boot.txt)"
! ./boot vm.vhdx 2>out.txt || fail "a disk is no boot configuration"

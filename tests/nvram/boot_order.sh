#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# OVMF starts the entry that 'hvgen2 nvram' put first: from a store made from nothing, from the blank 2M and 4M stores and
# from the one with Secure Boot keys, switched off: the program is not signed.
#
#   boot_order.sh HVGEN2 PROGRAM.efi
#
# Environment: BOOT_STORES, the stores of the firmware to try beside the one made from nothing, or "none"; BOOT_TIMEOUT,
# seconds for one start.
#
# The program prints the number of the entry it was started by, and powers off. Before it, in every store, stands a
# network entry whose adapter does not exist: the firmware must go past it. Exit status: 77 when a tool is missing.
set -euo pipefail

hvgen2=$1 program=$2
firmware=/usr/share/OVMF
for tool in qemu-system-x86_64 sgdisk mformat mcopy; do
	if ! command -v "$tool" >/dev/null; then
		echo "boot_order.sh: skipped: no $tool" >&2
		exit 77
	fi
done
if [ ! -r "$firmware/OVMF_VARS_4M.ms.fd" ]; then
	echo "boot_order.sh: skipped: no OVMF" >&2
	exit 77
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/hvgen2-order.XXXXXX")
trap 'rm -rf "$work"' EXIT

# One ESP with the program under two names.
disk=$work/disk.img
truncate -s 48M "$disk"
sgdisk -n 1:2048:+40M -t 1:ef00 "$disk" >/dev/null
esp=$disk@@1M
export MTOOLS_SKIP_CHECK=1
mformat -i "$esp" -T 81920 -F ::
mmd -i "$esp" ::/EFI ::/EFI/Microsoft ::/EFI/Microsoft/Boot ::/EFI/Other
mcopy -i "$esp" "$program" ::/EFI/Microsoft/Boot/bootmgfw.efi
mcopy -i "$esp" "$program" ::/EFI/Other/other.efi

nvram() { COLUMNS=9999 "$hvgen2" nvram "$@"; }

# Windows Boot Manager first but for the network; "Other" behind it.
prepare() {
	nvram add-file --disk "$disk" --path '\EFI\Other\other.efi' --description Other "$1"
	nvram add-file --disk "$disk" "$1" 2>/dev/null
	nvram add-network --adapter 11223344-5566-7788-99aa-bbccddeeff00 "$1"
	nvram first 'EFI Network' "$1"
}

# boot STORE DESCRIPTION PATH: the firmware must start this entry.
boot() {
	local code=$firmware/OVMF_CODE_4M.fd number
	if [ "$(stat -c %s "$1")" = 131072 ]; then code=$firmware/OVMF_CODE.fd; fi
	cp "$1" "$work/vars.fd"
	timeout "${BOOT_TIMEOUT:-180}" qemu-system-x86_64 -machine q35,accel=tcg -cpu max -m 256 -nodefaults \
		-display none -net none -no-reboot -serial "file:$work/serial" \
		-drive "if=pflash,format=raw,unit=0,readonly=on,file=$code" \
		-drive "if=pflash,format=raw,unit=1,file=$work/vars.fd" \
		-device virtio-scsi-pci -device scsi-hd,drive=disk \
		-drive "if=none,id=disk,format=raw,snapshot=on,file=$disk"
	tr -d '\r\000' <"$work/serial" | sed 's/\x1b\[[0-9;=?]*[A-Za-z]//g' >"$work/log"
	if ! grep -qF "load option: Boot" "$work/log" || ! grep -F "load option: Boot" "$work/log" | grep -qF "\"$2\"" ||
		! grep -F "started from:" "$work/log" | grep -qF "$3"; then
		echo "boot_order.sh: $1: '$2' was not started from $3" >&2
		cat "$work/log" >&2
		exit 1
	fi
	if ! grep -q 'failed to load Boot.* "EFI Network"' "$work/log"; then
		echo "boot_order.sh: $1: the network entry was not tried first" >&2
		cat "$work/log" >&2
		exit 1
	fi
	# What the firmware leaves is a store, and our entries are in it as they were.
	number=$(nvram list "$1" | sed -n "s/.*Boot\([0-9A-F]*\) .*  $2\$/\1/p")
	diff <(nvram show "$number" "$1") <(nvram show "$number" "$work/vars.fd")
	echo "$1: $2 started"
}

check() {
	local store=$1
	prepare "$store"
	boot "$store" 'Windows Boot Manager' '\EFI\Microsoft\Boot\bootmgfw.efi'
	nvram order --drop network:0 Other 'Windows Boot Manager' "$store"
	boot "$store" Other '\EFI\Other\other.efi'
}

cd "$work"
echo '{"version": 2, "variables": []}' >empty.json
nvram export --format ovmf -o new.fd empty.json
check new.fd
for name in ${BOOT_STORES:-OVMF_VARS.fd OVMF_VARS_4M.fd OVMF_VARS_4M.ms.fd}; do
	if [ "$name" = none ]; then continue; fi
	cp "$firmware/$name" .
	chmod u+w "$name"
	if [ "$name" = OVMF_VARS_4M.ms.fd ]; then
		switch=SecureBootEnable-f0a30bc7-af08-4556-99c4-001009c93a44
		printf '\3\0\0\0\0' >$switch
		nvram import $switch "$name"
	fi
	check "$name"
done

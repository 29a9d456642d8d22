#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Boot a converted disk under QEMU with OVMF and judge by the serial console.
#
#   boot.sh DISK STORE.fd    the firmware must start Boot0000 "Windows Boot Manager" from STORE
#   boot.sh DISK -           blank variables: the firmware must find \EFI\Boot\bootx64.efi by itself
#
# Neither file is written to. The serial log goes to standard output. Exit status: 0 when the stand-in boot manager has
# printed its marker (and the firmware started it from the right entry), 1 when not, 77 when QEMU or OVMF is not installed.
#
# Environment: BOOT_TIMEOUT seconds for one try (default 180), BOOT_ACCEL kvm or tcg (default: KVM where it works),
# BOOT_SNAPSHOT off for a DISK that takes writes and is no file,
# BOOT_FORMAT of the disk (default: from its name), BOOT_ENTRY and BOOT_PATH of the entry that the firmware must start from
# STORE when it is not that of the Windows Boot Manager: 'Boot0001 "Fallback"' and '\EFI\Boot\bootx64.efi'.
set -euo pipefail

marker='HVGEN2 BOOT OK'
option=${BOOT_ENTRY:-'Boot0000 "Windows Boot Manager"'}
program=${BOOT_PATH:-'\EFI\Microsoft\Boot\bootmgfw.efi'}
timeout=${BOOT_TIMEOUT:-180}

if [ $# -ne 2 ]; then
	echo "usage: boot.sh DISK STORE.fd|-" >&2
	exit 2
fi
disk=$1 store=$2
# QEMU takes a comma in an option for its end, unless doubled.
disk_option=${disk//,/,,}

qemu=$(command -v qemu-system-x86_64 || true)
firmware=/usr/share/OVMF
if [ -z "$qemu" ] || [ ! -d "$firmware" ]; then
	echo "boot.sh: skipped: qemu-system-x86_64 or OVMF is not installed" >&2
	exit 77
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/hvgen2-boot.XXXXXX")
pid=
cleanup() {
	if [ -n "$pid" ]; then kill "$pid" 2>/dev/null || true; fi
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

if [ "$store" = - ]; then
	source=$firmware/OVMF_VARS_4M.fd
else
	source=$store
fi
# The 2 MiB build of the firmware has a store of 128 KiB, the 4 MiB build one of 528 KiB.
case $(stat -c %s "$source") in
131072) code=$firmware/OVMF_CODE.fd ;;
540672) code=$firmware/OVMF_CODE_4M.fd ;;
*)
	echo "boot.sh: '$source' has the size of no OVMF variable store" >&2
	exit 1
	;;
esac

case ${BOOT_FORMAT:-${disk##*.}} in
vhdx) format=vhdx ;;
vhd | vpc) format=vpc ;;
*) format=raw ;;
esac

# Wait until the machine is off, cannot run, or has had its time.
watch() {
	local waited=0
	while kill -0 "$pid" && [ "$waited" -lt $((timeout * 5)) ]; do
		# A machine that KVM cannot run stays there, stopped.
		if grep -q 'KVM internal error\|emulation failure' "$work/errors"; then break; fi
		# So does one whose firmware has caught an exception.
		if grep -q 'Exception Type' "$work/serial"; then break; fi
		sleep 0.2
		waited=$((waited + 1))
	done
}

# Run the machine once with accelerator $1; true when the marker came.
try() {
	local cpu=max
	[ "$1" = kvm ] && cpu=host
	cp "$source" "$work/vars.fd"
	chmod u+w "$work/vars.fd"
	: >"$work/serial"
	: >"$work/errors"
	"$qemu" -machine "q35,accel=$1" -cpu "$cpu" -m 512 -nodefaults -display none -net none -no-reboot \
		-serial "file:$work/serial" \
		-drive "if=pflash,format=raw,unit=0,readonly=on,file=$code" \
		-drive "if=pflash,format=raw,unit=1,file=$work/vars.fd" \
		-device virtio-scsi-pci -device scsi-hd,drive=disk \
		-drive "if=none,id=disk,format=$format,snapshot=${BOOT_SNAPSHOT:-on},file=$disk_option" \
		2>"$work/errors" &
	pid=$!
	# The shell has something to say about a program that crashes; so has boot.sh, and better.
	{
		watch
		kill "$pid" || true
		wait "$pid" || true
	} 2>/dev/null
	pid=
	# Without the cursor movements and colours of the firmware's console.
	tr -d '\r\000' <"$work/serial" | sed 's/\x1b\[[0-9;=?]*[A-Za-z]//g' >"$work/log"
	grep -q "$marker" "$work/log"
}

accelerators=tcg
if [ -n "${BOOT_ACCEL:-}" ]; then
	accelerators=$BOOT_ACCEL
elif [ -w /dev/kvm ]; then
	accelerators='kvm tcg'
fi
booted=no
for accelerator in $accelerators; do
	if try "$accelerator"; then
		booted=yes
		break
	fi
	# What the guest itself says is an answer; only a machine that does not run is tried otherwise.
	if grep -q 'HVGEN2 BOOT FAILED' "$work/log"; then break; fi
	if [ "$accelerator" = kvm ]; then
		echo "boot.sh: KVM does not work here, trying without:" \
			"$(grep -m1 . "$work/errors" || echo "no message")" >&2
	fi
done

cat "$work/log"
echo
if [ "$booted" = no ]; then
	echo "boot.sh: '$marker' did not come from the guest ($accelerator)" >&2
	cat "$work/errors" >&2
	exit 1
fi
if [ "$store" = - ]; then exit 0; fi
if ! grep -F "BdsDxe: starting $option from HD(" "$work/log" | grep -qF "$program"; then
	echo "boot.sh: the firmware did not start $option from $program" >&2
	exit 1
fi

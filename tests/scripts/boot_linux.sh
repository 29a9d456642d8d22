#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# boot_linux.sh SHAPE STORE [FORMAT]: a made Linux guest, converted, comes up to its own init under OVMF with the command line that
# it had. STORE: "entry" for the store that was made (Secure Boot off), "blank" and "secure" for stores without our entry, which
# fbx64.efi heals, "secure" with Microsoft's keys; "refused" as secure, and the kernel must be refused; "made" as "entry" and then "blank",
# with an unsigned GRUB, for this machine has no shim.
. "$(dirname "$0")/lib.sh"
. "$SOURCE_DIR/tests/scripts/linux_lib.sh"
need qemu-system-x86_64 qemu-img python3
read -ra shape <<<"$1"
store=$2 format=${3:-dynamic}

make_linux "${shape[@]}" old.vhdx
if [ "$store" = made ]; then
	need grub-mkimage
	hide /usr/lib/shim || skip "no namespaces, in which shim could be hidden"
fi
expect 0 "$HVGEN2" convert -q --format "$format" -o new.vhdx --nvram new.fd old.vhdx
disk=new.vhdx
if [ "$format" = differencing ]; then
	disk=new.raw
	to_raw old.vhdx new.raw
	flatten new.vhdx new.raw
fi
case $store in
entry) boot_linux $disk new.fd old.vhdx.cmdline ;;
made)
	boot_linux $disk new.fd old.vhdx.cmdline
	boot_linux $disk blank old.vhdx.cmdline
	;;
refused)
	jq -e '.esp.secure_boot == false and (.warnings | any(startswith("Secure Boot must be off")))' new.report.json >/dev/null ||
		fail "not foretold: $(jq .esp new.report.json)"
	boot_linux_fails $disk secure 'bad shim signature'
	;;
*) boot_linux $disk "$store" old.vhdx.cmdline ;;
esac
grep -a HVGEN2 serial.txt || true

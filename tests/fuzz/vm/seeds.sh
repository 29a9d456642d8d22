#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# seeds.sh FOLDER: seeds for mutate_vm, small VMs of many shapes made by mkvm. MKVM and HVGEN2 name the programs.
set -euo pipefail
seeds=$1
export PATH=$PATH:/usr/sbin:/sbin

vm() { # NAME FILE MKVM-OPTION...
	mkdir -p "$seeds/$1"
	"$MKVM" --small --size 1G "${@:3}" "$seeds/$1/$2"
}

# The first variable store of a list that this machine has, as a template.
template() { # NAME STORE...
	local name=$1 store
	shift
	for store; do
		[ -e "$store" ] || continue
		cp "$store" "$seeds/$name/template.${store##*.}"
		return
	done
}

number() { # FILE OFFSET: 64 bits
	od -An -tu8 -j "$2" -N 8 "$1" | tr -d ' '
}

# A child in which nothing is stored yet: what --format differencing makes of the parent, with its size and an empty BAT.
# The table of regions has the BAT first, then the metadata; of these the size of the disk is the second item.
child() { # NAME PARENT
	local disk=$seeds/$1/disk.vhdx bat metadata size
	"$HVGEN2" convert --quiet --format differencing --nvram none -o "$disk" "$seeds/$1/$2"
	rm -f "$seeds/$1/disk.report.json"
	bat=$(number "$disk" $((192 * 1024 + 32)))
	metadata=$(number "$disk" $((192 * 1024 + 64)))
	size=$(number "$disk" $((metadata + 80))) # offset and length of the second item
	size=$((size & 0xffffffff))
	head -c $((16 * 1024)) /dev/zero | dd of="$disk" bs=1024 seek=$((bat / 1024)) conv=notrunc status=none
	printf '\0\0\0\x40\0\0\0\0' | dd of="$disk" bs=1 seek=$((metadata + size)) conv=notrunc status=none
}

vm dynamic disk.vhdx --block-size 1M --winre system --adapters static,legacy
vm vhd disk.vhd --format vhd --system-fs fat32 --stale-bcd
vm fixed disk.vhd --format vhd-fixed --system-fs fat16 --logical
vm fat12 disk.raw --format raw --system-fs fat12 --system-size 16M --windows 10 --winre own
vm to-go disk.raw --format raw --to-go --stale-gpt both
vm crashed disk.vhdx --defect crashed
vm crashed-7 disk.raw --format raw --defect crashed-7
vm hives disk.vhdx --defect dirty-hives --compact --block-size 2M
vm template disk.vhdx --format vhdx-fixed --no-system-reserved
vm child base.vhdx --block-size 1M
child child base.vhdx
template template /usr/share/OVMF/OVMF_VARS_4M.ms.fd /usr/share/OVMF/OVMF_VARS_4M.fd /usr/share/OVMF/OVMF_VARS.fd
"$HVGEN2" convert --quiet --format differencing -o "$seeds/made.vhdx" "$seeds/dynamic/disk.vhdx"
mv "$seeds/made.vmgs" "$seeds/dynamic/template.vmgs"
rm -f "$seeds"/made.*

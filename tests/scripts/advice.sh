#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# advice.sh FORMAT: what the program tells its user to do about a partition table or a layout is done, to the letter, with
# an image of this format: it leads to a conversion, and the image is as it was before.
. "$(dirname "$0")/lib.sh"
need jq qemu-img mkntfs sgdisk sfdisk fsck.fat mcopy ntfsfix

format=$1
source=vm.${format%-fixed}

make() { # MKVM OPTION ...
	rm -f -- *.vhdx *.vhd *.raw *.vmgs *.json
	"$MKVM" --small --block-size 1M --format "$format" "$@" "$source"
	before=$(sum "$source")
}

# The program says this and exits so.
says() { # STATUS WORDS COMMAND...
	local status=$1 words=$2
	shift 2
	expect "$status" "$@"
	grep -qF -e "$words" err.txt || fail "not said: '$words': $(cat err.txt)"
	[ "$before" = "$(sum "$source")" ] || fail "the source was changed"
}

converts() { # CONVERT OPTION... SOURCE
	expect 0 "$HVGEN2" convert "$@"
	check_result vm-gen2.vhdx
	[ "$before" = "$(sum "$source")" ] || fail "the source was changed"
}

# A disk with a GPT, true or hybrid: no tool is named that could write to the image.
no_tool() {
	! grep -Eq 'sgdisk|sfdisk|gdisk|wipefs|zap' err.txt || fail "a tool is named: $(cat err.txt)"
	[ "$before" = "$(sum "$source")" ] || fail "the source was changed"
}
make --defect already-gpt
advised already-gpt "a disk with a GPT needs no conversion: attach it to a generation 2 VM as it is" convert "$source"
no_tool
make --hybrid
advised already-gpt "copy Windows with imaging software in the guest to a new disk that has an MBR alone, let the VM start \
from that one, and convert that one" convert "$source"
no_tool

# A bad entry: the option.
make --bad-entry beyond
says 4 "--ignore-bad-partitions leaves it out" "$HVGEN2" convert "$source"
converts --ignore-bad-partitions "$source"

# A loop: repair the table on a raw copy. The second link ends the chain.
make --logical --bad-entry ebr-loop
says 4 "qemu-img convert -O raw, then sfdisk or testdisk" "$HVGEN2" convert "$source"
qemu-img convert -f "$(case $source in *.vhd) echo vpc ;; *) echo "${source#vm.}" ;; esac)" -O raw "$source" copy.raw
sfdisk -q --delete copy.raw 3
printf 'start=3663872,size=528384,type=f\nstart=3665920,size=262144,type=7\nstart=3930112,size=262144,type=7\n' |
	sfdisk -q --append copy.raw
converts -o vm-gen2.vhdx copy.raw
[ "$(jq '.before.partitions | length' vm-gen2.report.json)" -eq 4 ] || fail "not all partitions are back"

# Several Windows: choose one.
make --defect several-windows
advised several-windows "choose the one to start by default with --windows NUMBER" convert "$source"
advised no-windows "choose one of those with --windows" convert --windows 1 "$source"
converts --windows 3 "$source"

# Layouts: each advice leads on until the disk is converted. Whether the image is fixed makes no difference here.
[[ $format != *-fixed ]] || exit 0
make --winre system
advised layout-impossible "use --layout front or end" convert --layout reuse "$source"
converts --layout end "$source"
advised output-exists "choose another name for it, or replace it with --force" convert "$source"
converts --force "$source"
advised esp-too-small "choose at least 100M; the default is 260M" convert --force --esp-size 64M "$source"
converts --force --esp-size 100M "$source"
if [ "${format%-fixed}" = vhdx ]; then
	# No tool but ours opens a child.
	check_result() { expect 0 "$HVGEN2" verify --no-guestfs "$1"; }
	advised layout-impossible "use --layout reuse or end" convert -f --format differencing --layout front "$source"
	advised layout-impossible "use --layout end" convert -f --format differencing --layout reuse "$source"
	converts -f --format differencing --layout end "$source"
else
	advised layout-impossible "use --format dynamic" convert -f --format differencing "$source"
	converts -f --format dynamic "$source"
fi

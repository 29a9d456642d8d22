#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The name of a disk says its format, and every form holds the same virtual disk, byte for byte: dynamic, fixed and differencing
# VHDX, dynamic and fixed VHD, raw. qemu-img reads them (but the child), and 'verify' with libvhdi.
. "$(dirname "$0")/lib.sh"
need qemu-img mkntfs jq python3 vhdiinfo

"$MKVM" --small vm.vhdx
convert() { # NAME OPTION...
	expect 0 "$HVGEN2" convert --layout end -o "$@" vm.vhdx
	expect 0 "$HVGEN2" verify --no-guestfs "$1"
}
form_of() { jq -r '"\(.after.format) \(.after.image)"' "$1.report.json"; }

convert raw.raw
[ "$(form_of raw)" = "raw fixed" ] || fail "raw.raw is called $(form_of raw)"
[ "$(stat -c %s raw.raw)" -eq "$(jq .after.size raw.report.json)" ] || fail "raw.raw has another size than the disk"
[ "$(du -k raw.raw | cut -f 1)" -lt $(($(stat -c %s raw.raw) / 4096)) ] || fail "zeros are stored"

while read -r name format form options; do
	# shellcheck disable=SC2086
	convert "$name" $options
	stem=${name%.*}
	[ "$(form_of "$stem")" = "${form/-/ }" ] || fail "$name is called $(form_of "$stem")"
	if [ "$format" != none ]; then
		[ "$(qemu-img info --output json -f "$format" "$name" | jq '."virtual-size"')" -eq \
			"$(stat -c %s raw.raw)" ] || fail "$name has another size"
		qemu-img compare -q -f "$format" -F raw "$name" raw.raw || fail "$name holds another disk than raw.raw"
	fi
	"$HVGEN2" inspect --json "$name" >inspect.json || true
	jq -e --arg format "${form%-*}" '.source.format == $format' inspect.json >/dev/null || fail "$name is no ${form%-*}"
done <<'END2'
dynamic.vhdx vhdx vhdx-dynamic --format dynamic
fixed.vhdx vhdx vhdx-fixed --format fixed
child.vhdx none vhdx-differencing --format differencing
DYNAMIC.VHD vpc vhd-dynamic
solid.vhd vpc vhd-fixed --format fixed
plain.img raw raw-fixed --format fixed
END2
cmp raw.raw plain.img

# The child: its sectors on top of the source's.
to_raw vm.vhdx below.raw
flatten child.vhdx below.raw
qemu-img compare -q -f raw -F raw below.raw raw.raw || fail "child.vhdx holds another disk than raw.raw"

# The writers of a VHD are those of other people's readers: the checksums of the footers, and blocks at whole pages.
qemu-img check -q -f vpc DYNAMIC.VHD 2>/dev/null || [ $? -eq 63 ] || fail "qemu-img check found something"
vhdiinfo DYNAMIC.VHD >info.txt || fail "vhdiinfo: $(cat info.txt)"
grep -q "Dynamic" info.txt || fail "$(cat info.txt)"
cmp <(head -c 512 DYNAMIC.VHD) <(tail -c 512 DYNAMIC.VHD) || fail "the footers differ"

# What holds something else than the name says is not made, and nothing with it.
refused() { # NAME OPTION...
	expect 2 "$HVGEN2" convert -o "$@" vm.vhdx
	[ ! -e "$1" ] || fail "$1 was made"
}
for name in a.vmdk a.vdi a web01.gen2 a.vhds; do refused $name; done
expect 2 "$HVGEN2" convert -o a.vmdk vm.vhdx
grep -q "qemu-img convert.*nbdkit hvgen2" err.txt || fail "no way to a.vmdk: $(cat err.txt)"
refused a.vhdx --format raw
refused a.raw --format dynamic
refused a.img --format differencing
refused a.vhd --format differencing
refused a.avhdx
refused a.vhdx --output-dir .

# What to do next is what the format allows.
next() { # WORDS ARGUMENT...
	local words=$1
	shift
	expect 0 "$HVGEN2" convert -f "$@" vm.vhdx
	grep -F "Next     $words" out.txt >/dev/null || fail "not '$words' after convert $*: $(grep -A1 '^Next' out.txt)"
}
next "create the generation 2 VM on the Hyper-V host" -o n.vhdx
next "generation 2 of Hyper-V takes only VHDX: make one of this disk on the host (Convert-VHD), or convert again" -o n.vhd
for name in n.raw n.img n.qcow2; do
	next "start a machine with UEFI firmware (KVM with OVMF) that has this disk; '--nvram NAME.fd'" -o $name
done
next "start a machine with UEFI firmware (KVM with OVMF) that has this disk, and n.fd for its variables" --nvram n.fd -o n.raw
rm n.*

# Folders.
mkdir one two
expect 0 "$HVGEN2" convert -o one/ vm.vhdx
expect 0 "$HVGEN2" convert --output-dir two --format raw --nvram none vm.vhdx
[ "$(cd one && echo *)" = "vm-gen2.report.json vm-gen2.vhdx vm-gen2.vmgs" ] || fail "in one/: $(ls one)"
[ "$(cd two && echo *)" = "vm-gen2.raw vm-gen2.report.json" ] || fail "in two/: $(ls two)"
expect 1 "$HVGEN2" convert --output-dir three vm.vhdx

# More than a VHD holds.
"$MKVM" --small --format raw large.raw
truncate -s 2050G large.raw
advised layout-impossible "give the new disk a name that ends in .vhdx" convert -o large.vhd large.raw
expect 0 "$HVGEN2" convert -o large.vhdx large.raw

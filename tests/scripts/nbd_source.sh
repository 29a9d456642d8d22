#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# 'view=source': the plugin serves a disk as it is, so that a program that knows raw disks alone reads any image. qemu-img compares,
# but for checkpoints, which it does not know.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/nbd_lib.sh"
need mkntfs

same_source() { # RAW KEY...
	start_serving "$plugin" view=source "${@:2}"
	qemu-img compare -q -f raw -F raw "$1" "$uri" || fail "${*:2}: another disk is served"
	stop_serving
	[ ! -s nbdkit.txt ] || fail "${*:2}: $(<nbdkit.txt)"
}

"$MKVM" --small --size 1G --block-size 1M vm.vhdx
before=$(sum vm.vhdx)
to_raw vm.vhdx plain.raw
same_source plain.raw vm.vhdx
same_source plain.raw disk=plain.raw
[ -n "$sanitizers" ] || same_source plain.raw disk=plain.raw source-format=raw sandbox=require
qemu-img convert -f raw -O vpc -o force_size=on plain.raw old.vhd
same_source plain.raw old.vhd
[ "$(sum vm.vhdx)" = "$before" ] || fail "the source was changed"

# What cannot be converted is served all the same.
"$MKVM" --small --defect bitlocker locked.vhdx
to_raw locked.vhdx locked.raw
same_source locked.raw locked.vhdx

expect 0 "$HVGEN2" convert -q --format differencing -o child.vhdx --nvram none --report none.json vm.vhdx
flatten child.vhdx plain.raw
same_source plain.raw child.vhdx
mkdir elsewhere
mv vm.vhdx elsewhere
refuses "refused \[parent-missing\]: " child.vhdx view=source
same_source plain.raw child.vhdx parent-dir=elsewhere
same_source plain.raw child.vhdx "parent=$PWD/elsewhere/vm.vhdx"

refuses "key 'view': 'x' is none of converted and source" view=x child.vhdx
refuses "key 'view': the source has no store and no report" view=source child.vhdx report=x.json
refuses "key 'view': the source has no store and no report" view=source child.vhdx nvram=x.fd
refuses "key 'layout': with 'view=source' nothing is converted" view=source child.vhdx layout=end
refuses "key 'windows': with 'view=source' nothing is converted" windows=2 child.vhdx view=source
refuses "refused \[not-a-disk-image\]: " view=source "$work"

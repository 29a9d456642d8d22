#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What nbdkit serves is what 'convert' writes, byte for byte, and so is the store: of every format, from chains, of crashed
# machines, in every layout. qemu-img compares over the socket.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/nbd_lib.sh"
need mkntfs

# The options of 'convert', and the same as keys.
same() { # DISK [OPTION=VALUE...]
	local disk=$1
	shift
	rm -f ref.* served.*
	expect 0 "$HVGEN2" convert -q "${@/#/--}" -o ref.raw --nvram ref.fd "$disk"
	start_serving "$plugin" "disk=$disk" nvram=served.fd report=served.json "$@"
	qemu-img compare -q -f raw -F raw ref.raw "$uri" || fail "$disk $*: another disk is served"
	stop_serving
	[ ! -s nbdkit.txt ] || fail "$disk $*: $(<nbdkit.txt)"
	cmp ref.fd served.fd || fail "$disk $*: another store"
	cmp <(jq 'del(.outputs)' ref.report.json) <(jq 'del(.outputs)' served.json) || fail "$disk $*: another report"
	jq -e '.outputs == {nvram: "served.fd", report: "served.json"}' served.json >/dev/null || fail "$(jq .outputs served.json)"
	count=$((count + 1))
}
count=0

"$MKVM" --small --size 1G vm.vhdx
same vm.vhdx
same vm.vhdx layout=end
same vm.vhdx layout=front esp-size=100M boot-files=2011 windows=2
"$MKCHILD" vm.vhdx child.vhdx 0x20000000 "in the checkpoint"
mkdir elsewhere
mv vm.vhdx elsewhere
same child.vhdx parent-dir=elsewhere
same child.vhdx parent=elsewhere/vm.vhdx layout=end
rm -r elsewhere child.vhdx
while read -r disk options; do
	# shellcheck disable=SC2086
	"$MKVM" --small --size 1G $options "$disk"
	same "$disk"
	[[ $options != *logical* ]] || same "$disk" layout=end
	rm "$disk"
done <<'END'
fixed.vhdx --format vhdx-fixed
old.vhd --format vhd
solid.vhd --size 2G --format vhd-fixed --winre own
plain.raw --format raw --stale-gpt back
crashed.vhdx --defect crashed
hives.vhd --format vhd --defect dirty-hives
fat32.vhdx --system-fs fat32
data.vhdx --size 4G --data 2 --block-size 1M
logical.vhdx --size 4G --logical --no-system-reserved
END
[ "$count" -ge 15 ] || fail "only $count disks"
echo "$count disks"

#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# boot_libvirt.sh WHAT: the machine that the domain XML of a whole VM describes starts from its store. Its arguments for QEMU are
# taken from the XML alone; only KVM and host-passthrough, which not every machine has, are given up for TCG.
#   plain      a store without keys
#   signed     Secure Boot with keys of our own, by which the guest's boot manager is signed, and qcow2 disks
#   unsigned   Secure Boot with Microsoft's keys: the boot manager of the sample is signed by nobody, and refused
. "$(dirname "$0")/lib.sh"
need qemu-img mkntfs sfdisk xmllint qemu-system-x86_64
[ -e /usr/share/OVMF/OVMF_CODE_4M.secboot.fd ] || skip "no OVMF"

what=$1 mkvm_options=() options=() format=raw
case $what in
signed)
	need openssl sbsign jq
	openssl req -new -x509 -newkey rsa:2048 -nodes -subj "/CN=Test" -days 3650 -keyout db.key -out db.pem 2>/dev/null
	sbsign --key db.key --cert db.pem --output signed.efi "$BUILD_DIR/tests/boot/bootmgfw.efi" 2>/dev/null
	mkvm_options=(--bootmgfw signed.efi)
	openssl x509 -in db.pem -outform DER | base64 -w 0 >db.txt
	jq -n --rawfile der db.txt '{type: "Microsoft.Compute/disks", properties: {uefiSettings: {signatureMode: "Replace",
		signatures: ({type: "x509", value: [$der]} as $x | {PK: $x, KEK: [$x], db: [$x], dbx: []})}}}' >keys.json
	options=(--secure-boot-keys keys.json) format=qcow2
	;;
unsigned) options=(--secure-boot-keys auto) ;;
esac
mkdir -p "x/Virtual Hard Disks"
"$MKVM" --small --size 1G --block-size 1M "${mkvm_options[@]}" "x/Virtual Hard Disks/system.vhdx"
make_export x --set "settings/memory/bank/size integer 512" --set "settings/memory/bank/limit integer 512"
expect 0 "$HVGEN2" convert --define libvirt -o "a 'b' & <c>.$format" "${options[@]}" x
xml="a 'b' & <c>.libvirt.xml"
[ ! -e /usr/share/libvirt/schemas/domain.rng ] ||
	expect 0 xmllint --noout --relaxng /usr/share/libvirt/schemas/domain.rng "$xml"

at() { xmllint --xpath "string($1)" "$xml"; }
count() { xmllint --xpath "count($1)" "$xml"; }
# QEMU takes a comma in an option for its end, unless doubled.
file() { sed 's/,/,,/g' <<<"$1"; }

machine=q35,accel=tcg
[ "$(at /domain/features/smm/@state)" != on ] || machine+=,smm=on
arguments=(-machine "$machine" -cpu max -m "$(($(at /domain/memory) / 1024))" -smp "$(at /domain/vcpu)"
	-uuid "$(at /domain/uuid)" -nodefaults -display none -no-reboot -boot strict=on
	-drive "if=pflash,format=raw,unit=0,readonly=on,file=$(at /domain/os/loader)"
	-drive "if=pflash,format=raw,unit=1,file=$(file "$(at /domain/os/nvram)")"
	-smbios "type=1,serial=$(at '/domain/sysinfo/system/entry[@name="serial"]'),uuid=$(at '/domain/sysinfo/system/entry[@name="uuid"]')")
[ "$(at /domain/os/loader/@secure)" != yes ] || arguments+=(-global driver=cfi.pflash01,property=secure,value=on)
for ((i = 1; i <= $(count /domain/devices/disk); i++)); do
	disk="/domain/devices/disk[$i]"
	[ "$(at "$disk/target/@bus")" = sata ] || fail "disk $i is not on SATA"
	order=$(at "$disk/boot/@order")
	if [ "$(at "$disk/@device")" = cdrom ]; then
		arguments+=(-device "ide-cd,bus=ide.$((i - 1))")
	else
		arguments+=(-drive "if=none,id=disk$i,format=$(at "$disk/driver/@type"),file=$(file "$(at "$disk/source/@file")")"
			-device "ide-hd,bus=ide.$((i - 1)),drive=disk$i${order:+,bootindex=$order}")
	fi
done
for ((i = 1; i <= $(count /domain/devices/interface); i++)); do
	nic="/domain/devices/interface[$i]"
	arguments+=(-nic none -device "$(at "$nic/model/@type"),mac=$(at "$nic/mac/@address")")
done
arguments+=(-device VGA -serial file:serial)

marker='HVGEN2 BOOT OK'
[ "$what" != unsigned ] || marker='Access Denied'
: >serial
qemu-system-x86_64 "${arguments[@]}" 2>errors.txt &
pid=$!
trap 'kill $pid 2>/dev/null || true; rm -rf "$work"' EXIT
for ((i = 0; i < 900; i++)); do
	kill -0 $pid 2>/dev/null && ! grep -qa "$marker" serial || break
	sleep 0.2
done
kill $pid 2>/dev/null || true
wait $pid 2>/dev/null || true
tr -d '\r\000' <serial | sed 's/\x1b\[[0-9;=?]*[A-Za-z]//g' >log
cat log errors.txt
grep -q "$marker" log || fail "'$marker' did not come"
case $what in
unsigned)
	[ "$(at /domain/os/loader/@secure)" = yes ] || fail "Secure Boot is off in spite of keys"
	grep -q 'BdsDxe: failed to load Boot0000 "Windows Boot Manager" from HD(.*bootmgfw.efi: Access Denied' log ||
		fail "the firmware refused something else"
	! grep -q 'HVGEN2 BOOT' log || fail "an unsigned program was started"
	;;
*)
	[ "$what:$(at /domain/os/loader/@secure)" = plain:no ] || [ "$what:$(at /domain/os/loader/@secure)" = signed:yes ] ||
		fail "Secure Boot: $(at /domain/os/loader/@secure)"
	grep -q 'BdsDxe: starting Boot0000 "Windows Boot Manager" from HD(.*bootmgfw.efi' log || fail "not from the store's entry"
	;;
esac

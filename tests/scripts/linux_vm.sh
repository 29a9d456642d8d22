#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A whole VM with a Linux guest: its script starts shim and has the keys of Microsoft's UEFI CA, or Secure Boot off where the kernel
# is not signed, or the keys that are put into the store refuse shim.
. "$(dirname "$0")/lib.sh"
. "$SOURCE_DIR/tests/scripts/linux_lib.sh"
need debugfs qemu-img sfdisk jq openssl python3

export_of() { # MKLINUX-OPTION... SHAPE
	rm -rf exp exp.*.raw ./*-gen2*
	mkdir -p "exp/Virtual Hard Disks"
	make_linux "$@" "exp/Virtual Hard Disks/system.vhdx"
	rm -f "exp/Virtual Hard Disks/system.vhdx.cmdline"
	make_export exp
}
in_script() { # WORDS
	grep -qF -- "$1" ./*-gen2.ps1 || fail "the script has no '$1': $(grep -n 'SecureBoot\|BootEntry' -A4 ./*-gen2.ps1 | head -40)"
}

export_of plain
# KVM's disks are on another controller than Hyper-V's.
expect 0 "$HVGEN2" convert -n --define libvirt exp
grep -qF "the new VM has its disks on a SATA controller: the guest's initramfs must have the driver ahci" out.txt || fail "$(cat out.txt)"
expect 0 "$HVGEN2" convert exp
jq -e 'any(.warnings[]; contains("SATA")) | not' ./*-gen2.report.json >/dev/null || fail "$(jq .warnings ./*-gen2.report.json)"
in_script "SecureBootTemplate = 'MicrosoftUEFICertificateAuthority'"
in_script '/\EFI\debian\shimx64.efi'
in_script "Description = 'Debian GNU/Linux 12 (bookworm)'"
jq -e '[.vm.rows[] | select(.what == "Secure Boot" and .to == "true, MicrosoftUEFICertificateAuthority")] | length == 1' ./*-gen2.report.json >/dev/null ||
	fail "$(jq -c '.vm.rows[] | select(.what == "Secure Boot")' ./*-gen2.report.json)"

# Behind the File entry one for the disk on the controller that the script makes, byte for byte as formats and firmware have it: the
# bus of Hyper-V, a SCSI controller of this instance, LUN 0. libefiboot takes both.
channel=$(sed -n "s/.*Channel = '\([0-9a-fA-F-]*\)'.*/\1/p" ./*-gen2.ps1 | head -1)
python3 - ./*-gen2.vmgs "$channel" <<'END' || fail "no Drive entry for the controller '$channel'"
import sys, uuid
of = lambda text: uuid.UUID(text).bytes_le
node = lambda kind, data: bytes(kind) + (len(data) + 4).to_bytes(2, "little") + data
path = (node((1, 4), of("9b17e5a2-0891-42dd-b653-80b5c22809ba") + of("ba6163d9-04a1-4d29-b605-72e2ffb1dc7f") + of(sys.argv[2]))
        + node((3, 2), bytes(4)) + bytes.fromhex("7fff0400"))
data = open(sys.argv[1], "rb").read()
sys.exit("EFI SCSI Device".encode("utf-16-le") not in data or path not in data)
END
expect 0 "$HVGEN2" verify --no-guestfs --nvram ./*-gen2.vmgs ./*-gen2.vhdx
grep -q 'nvram-libefiboot: 2 load options are valid; the first is HD(15,GPT' out.txt || fail "$(cat out.txt)"
expect 0 "$HVGEN2" nvram list --json ./*-gen2.vmgs
jq -e '[.entries[].type] == ["File", "Drive"]' out.txt >/dev/null || fail "$(cat out.txt)"

# The step for the entry names what it starts, and no Windows.
! grep -n "Windows Boot Manager" ./*-gen2.ps1 || fail "the script speaks of a Windows"
in_script "add a boot entry for '{0}'"
# Looked at beforehand, it is the same VM: places of its drives, Secure Boot.
jq -S '[.vm.rows[] | select(.what == "Secure Boot" or .what == "kind of drive")]' ./*-gen2.report.json >rows.json
expect 0 "$HVGEN2" inspect --json exp
jq -S '[.vm.rows[] | select(.what == "Secure Boot" or .what == "kind of drive")]' out.txt | cmp -s rows.json - ||
	fail "inspect says otherwise: $(jq -c '.vm.rows[] | select(.what == "Secure Boot" or .what == "kind of drive")' out.txt) $(<rows.json)"
jq -e '.warnings == []' out.txt >/dev/null || fail "$(jq .warnings out.txt)"

# In front of all that a template has: its own disk comes before the network.
mv ./*-gen2.vmgs template.vmgs
expect 0 "$HVGEN2" nvram remove drive:0 template.vmgs
expect 0 "$HVGEN2" nvram add-network --adapter 01234567-89ab-cdef-0123-456789abcdef template.vmgs
rm ./*-gen2*
expect 0 "$HVGEN2" convert --nvram-template template.vmgs exp
expect 0 "$HVGEN2" nvram list --json ./*-gen2.vmgs
jq -e '[.entries[].type] | .[0] == "File" and . - ["File"] == ["Drive", "Network"]' out.txt >/dev/null || fail "$(cat out.txt)"
rm template.vmgs

# Not in a store for other machines, which have no such bus.
for store in other.fd other.json; do
	rm ./*-gen2*
	expect 0 "$HVGEN2" convert --nvram $store exp
	expect 0 "$HVGEN2" nvram list --json $store
	jq -e '[.entries[].type] == ["File"]' out.txt >/dev/null || fail "$store: $(cat out.txt)"
	rm $store
done

# The disks stay in the order that the guest knows: IDE 0:0 and 0:1, then what was SCSI 0:0 and 0:1 and makes room, in all that makes
# the VM; whichever of them is started. A guest with a Windows knows its disks otherwise, and there they stay (vm_convert).
scsi=_31f6c0de-5b0a-4d27-8c44-0a6f1d2e9b71_/controller0
make_export exp --set "$scsi/drive0/type string VHD" --set "$scsi/drive0/pathname string D:\\VMs\\FILES-01\\zero.vhdx"
qemu-img create -q -f vhdx "exp/Virtual Hard Disks/zero.vhdx" 64M
order="IDE 0:0=SCSI 0:0 IDE 0:1=SCSI 0:1 SCSI 0:0=SCSI 0:2 SCSI 0:1=SCSI 0:3"
names="FILES-01-gen2 FILES-01-gen2-ide0-1 FILES-01-gen2-scsi0-0 FILES-01-gen2-scsi0-1"
slots() { # JSON
	jq -r '[.vm.disks[] | "\(.slot)=\(.new_slot)"] | join(" ")' "$1"
}
for boot in ide:0:0 ide:0:1; do
	# The one with the system is started, wherever it is.
	[ $boot = ide:0:0 ] || make_export exp --set "$scsi/drive0/type string VHD" \
		--set "$scsi/drive0/pathname string D:\\VMs\\FILES-01\\zero.vhdx" \
		--set '_83f8638b-8dca-4152-9eda-2ca8b33039b4_/controller0/drive0/pathname string D:\VMs\FILES-01\data.vhd' \
		--set '_83f8638b-8dca-4152-9eda-2ca8b33039b4_/controller0/drive1/pathname string D:\VMs\FILES-01\system.vhdx'
	[ $boot = ide:0:0 ] || names="FILES-01-gen2-ide0-0 FILES-01-gen2 FILES-01-gen2-scsi0-0 FILES-01-gen2-scsi0-1"
	rm ./*-gen2*
	expect 0 "$HVGEN2" inspect --json --boot-disk $boot exp
	[ "$(slots out.txt)" = "$order" ] || fail "inspect, $boot: $(slots out.txt)"
	expect 0 "$HVGEN2" convert --boot-disk $boot exp
	[ "$(slots ./*-gen2.report.json)" = "$order" ] || fail "$boot: $(slots ./*-gen2.report.json)"
	jq -e '[.vm.rows[] | select(.id == "disk-order") | .to] | sort == ["SCSI 0:2 (was SCSI 0:0)", "SCSI 0:3 (was SCSI 0:1)"]' \
		./*-gen2.report.json >/dev/null || fail "$(jq -c '.vm.rows[] | select(.what == "kind of drive")' ./*-gen2.report.json)"
	[ "$(tr -d '\r' <./*-gen2.ps1 | sed -n '/^\tDisks = /,/^\tDvds = /{s/.*Slot = //p;s/.*File = .\(.*\)\.vhdx.*/\1/p}' | xargs)" = \
		"$(i=0 && for name in $names; do echo $((i++)) "$name"; done | xargs)" ] || fail "$boot: $(grep -n 'Slot = \|File = ' ./*-gen2.ps1)"
	# The Drive entry in the store follows.
	expect 0 "$HVGEN2" nvram list --json ./*-gen2.vmgs
	jq -e --arg lun "Scsi(0,${boot##*:})" '[.entries[] | select(.type == "Drive") | .firmwarePath | endswith($lun)] == [true]' \
		out.txt >/dev/null || fail "$boot: $(cat out.txt)"
	mkdir kvm
	expect 0 "$HVGEN2" convert --define libvirt,proxmox --output-dir kvm --boot-disk $boot exp
	[ "$(sed -n 's/.*<source file=.*\/\(.*\)\.raw.*/\1/p' kvm/*.libvirt.xml | xargs)" = "$names" ] || fail "$boot: $(cat kvm/*.libvirt.xml)"
	grep -qF "boot order=sata${boot##*:}" kvm/*.proxmox.sh || fail "$boot: $(cat kvm/*.proxmox.sh)"
	rm -r kvm
done
make_export exp

# One that is refused is a Linux all the same.
mv "exp/Virtual Hard Disks/system.vhdx" system.vhdx
make_linux --no-hyperv plain "exp/Virtual Hard Disks/system.vhdx"
make_export exp --set "$scsi/drive0/type string VHD" --set "$scsi/drive0/pathname string D:\\VMs\\FILES-01\\zero.vhdx"
expect 0 "$HVGEN2" inspect --json exp
jq -e '.convertible == false and any(.warnings[]; startswith("the boot disk as it is cannot be converted [no-hyperv-drivers]: IDE 0:0: ")) and
	([.vm.rows[] | select(.what == "Secure Boot" and .status == "changed") | .to, .how] ==
		["not known: that depends on the guest\u0027s boot files", null])' out.txt >/dev/null ||
	fail "$(jq -c '.convertible, .warnings, (.vm.rows[] | select(.what == "Secure Boot"))' out.txt)"
[ "$(slots out.txt)" = "$order" ] || fail "the places of a Windows: $(slots out.txt)"
mv system.vhdx "exp/Virtual Hard Disks/system.vhdx"
rm -f "exp/Virtual Hard Disks/system.vhdx.cmdline"
make_export exp

# Keys that do not have the UEFI CA.
openssl req -new -x509 -newkey rsa:2048 -nodes -subj "/CN=Own" -days 3650 -keyout own.key -outform DER -out own.der 2>/dev/null
key=$(base64 -w 0 own.der)
jq -n --arg key "$key" '{type: "x509", value: [$key]} as $list | {type: "Microsoft.Compute/disks", properties: {uefiSettings:
	{signatureMode: "Replace", signatures: {PK: $list, KEK: [$list], db: [$list], dbx: []}}}}' >keys.json
rm ./*-gen2*
expect 0 "$HVGEN2" convert --secure-boot-keys keys.json exp
in_script "SecureBoot = \$false"
jq -e '.warnings | any(contains("which is not in the db of the store: take keys with Microsoft"))' ./*-gen2.report.json >/dev/null || fail "$(jq .warnings ./*-gen2.report.json)"

# Without a signed shim and GRUB anywhere, an unsigned one is made; verify takes that for what it is.
rm ./*-gen2*
if command -v grub-mkimage >/dev/null && [ -e /usr/lib/grub/x86_64-efi/normal.mod ] && hide /usr/lib/shim; then
	mkdir bin
	printf '#!/bin/sh\n: >%q\nexec %q "$@"\n' "$PWD/made" "$(command -v grub-mkimage)" >bin/grub-mkimage
	chmod +x bin/grub-mkimage
	truncate -s 16M other.raw
	PATH=$PWD/bin:$PATH expect 3 "$HVGEN2" inspect other.raw
	[ ! -e made ] || fail "a GRUB is made for a disk that needs none"
	PATH=$PWD/bin:$PATH expect 0 "$HVGEN2" convert exp
	[ -e made ] || fail "another grub-mkimage"
	grep -q '^Warning .*Secure Boot must be off\|GRUB made by grub-mkimage, unsigned' out.txt || fail "not said: $(cat out.txt)"
	in_script "SecureBoot = \$false"
	in_script '/\EFI\debian\grubx64.efi'
	jq -e '.esp.source == "grub-mkimage" and .esp.secure_boot == false and .esp.shim_sbat == 0
		and ([.esp.files[].path] == ["/EFI/debian/grubx64.efi", "/EFI/debian/grub.cfg", "/EFI/BOOT/BOOTX64.EFI", "/EFI/BOOT/grub.cfg"])
		and any(.warnings[]; startswith("Secure Boot must be off in the new VM: GRUB is an unsigned one"))' \
		./*-gen2.report.json >/dev/null || fail "$(jq '.esp, .warnings' ./*-gen2.report.json)"
	show
	expect 0 "$HVGEN2" verify --no-guestfs --nvram ./*-gen2.vmgs ./*-gen2.vhdx
	grep -q 'BOOTX64.EFI is GRUB, without shim' out.txt || fail "$(cat out.txt)"
	rm ./*-gen2*
fi

export_of --unsigned plain
expect 0 "$HVGEN2" convert exp
in_script "SecureBoot = \$false"
in_script '/\EFI\debian\shimx64.efi'

# Of its disk alone the page says what is to be switched on the host.
COLUMNS=9999 expect 0 "$HVGEN2" convert --format differencing -o alone.vhdx "exp/Virtual Hard Disks/system.vhdx"
grep -qF 'Before its first start: Set-VMFirmware NAME -EnableSecureBoot Off.' out.txt || fail "$(cat out.txt)"
rm alone.*

# A guest that knows the adapters of its VM by their MACs. The sample has the first as a dynamic one, which the script keeps as a static one,
# and the second as a static one of a legacy adapter; whether the guest's rules match is foretold before anything is started.
warnings_of() { # CONVERT-OPTION...
	expect 0 "$HVGEN2" convert -n --json "$@" exp
	jq -r '.warnings[] | select(contains("MAC"))' out.txt >macs.txt
}
guest_file() { # PATH, in a folder that may be missing <TEXT
	local folder=
	cat >text.txt
	qemu-img convert -O raw "exp/Virtual Hard Disks/system.vhdx" disk.raw
	dd if=disk.raw of=part.raw bs=1M iflag=skip_bytes skip=1048576 count=96 status=none
	for part in $(dirname "$1" | tr / ' '); do echo "mkdir ${folder:=}/$part" && folder+=/$part; done >commands.txt
	printf 'rm %s\nwrite text.txt %s\n' "$1" "$1" >>commands.txt
	debugfs -w -f commands.txt part.raw >debugfs.txt 2>&1
	dd if=part.raw of=disk.raw bs=1M oflag=seek_bytes seek=1048576 conv=notrunc status=none
	qemu-img convert -f raw -O vhdx disk.raw "exp/Virtual Hard Disks/system.vhdx"
}
rules() { # MAC...
	local mac i=0
	for mac in "$@"; do
		printf 'SUBSYSTEM=="net", DRIVERS=="?*", ATTR{address}=="%s", KERNEL=="eth*", NAME="eth%d"\n' "$mac" $((i++))
	done | guest_file /etc/udev/rules.d/70-persistent-net.rules
}
rm ./*-gen2*
rules 00:15:5d:0a:14:01 00:15:5d:0a:14:02
warnings_of
[ ! -s macs.txt ] || fail "all of them stay: $(cat macs.txt)"
warnings_of --mac dynamic
[ "$(cat macs.txt)" = "/etc/udev/rules.d/70-persistent-net.rules, line 1, is for the adapter with the MAC 00:15:5d:0a:14:01, which is dynamic in \
the new VM: with another one of its host the adapter gets another name than 'eth0'; give it this MAC as a static one" ] || fail "$(cat macs.txt)"
warnings_of --define none
grep -qF 'by their MACs: give those of the new VM the same, as static ones: 00:15:5d:0a:14:01 (eth0, ' macs.txt || fail "$(cat macs.txt)"
rules 00:15:5d:0a:14:99 00:15:5d:0a:14:02
warnings_of
[ "$(cat macs.txt)" = "/etc/udev/rules.d/70-persistent-net.rules, line 1, is for an adapter with the MAC 00:15:5d:0a:14:99, which none of the \
VM's has: what the guest finds in its place gets another name than 'eth0'; correct the line in the guest" ] || fail "$(cat macs.txt)"

# Its names: those of the rules stay; under KVM one without a rule does not.
printf 'iface eth0 inet static\n address 192.0.2.7/24\niface eth2 inet static\n address 192.0.2.8/24\n' | guest_file /etc/network/interfaces
rules 00:15:5d:0a:14:01 00:15:5d:0a:14:02
expect 0 "$HVGEN2" convert -n --json exp
! grep -q enp1s0 out.txt || fail "Hyper-V has other names: $(jq .warnings out.txt)"
for form in libvirt proxmox; do
	expect 0 "$HVGEN2" convert -n --json --define $form exp
	[ "$(jq -r '.warnings[] | select(contains("enp1s0"))' out.txt)" = "/etc/network/interfaces gives 'eth2' a static address: under KVM the \
adapter is one on the PCI bus and gets a name by its place there (enp1s0, say); tell it by its MAC in the guest, or start the kernel with \
net.ifnames=0 for eth0, eth1 ..." ] || fail "$form: $(jq .warnings out.txt)"
done

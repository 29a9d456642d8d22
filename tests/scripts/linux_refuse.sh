#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Linux guests that would not start by UEFI, or that cannot be read, are refused with the id and the advice of the manual, and
# nothing is made; what only degrades is a warning. Each from a guest that has just that.
. "$(dirname "$0")/lib.sh"
. "$SOURCE_DIR/tests/scripts/linux_lib.sh"
need debugfs dumpe2fs sfdisk tune2fs qemu-img jq python3 cpio xz

args=(--source-format raw -o new.vhdx)
says() { # WORDS of the refusal
	grep -qF -- "$1" err.txt || fail "without '$1': $(cat err.txt)"
	[ ! -e new.vhdx ] && [ ! -e new.vmgs ] || fail "something was made"
}
warned() { # WORDS
	expect 0 "$HVGEN2" convert -n "${args[@]}" disk.raw
	grep -qF -- "$1" out.txt || fail "no warning '$1': $(cat out.txt)"
}

# Commands of debugfs on the file system at this sector of disk.raw.
edit() { # START < COMMANDS
	debugfs -w -f - "disk.raw?offset=$(($1 * 512))" >debugfs.txt 2>&1
}
put() { # PATH < TEXT: a file of the root of the plain guest
	cat >text.txt
	printf 'rm %s\nwrite text.txt %s\n' "$1" "$1" | edit 2048
}
fresh() { cp plain.raw disk.raw; }
quiet() { # DISK: of which nothing is said but that it has a serial console
	expect 0 "$HVGEN2" inspect --json --source-format raw "$1"
	jq -e 'all(.warnings[]; startswith("the guest writes to a serial port"))' out.txt >/dev/null || fail "$1: $(jq .warnings out.txt)"
}
make_linux plain plain.raw
quiet plain.raw
kernel=$(basename "$(ls "$LINUX_FOLDER"/boot/vmlinuz-*)")
root_uuid=5a9d1c3e-7b20-4e11-9c55-3f0a12b4c6d8

# Drivers and names of devices.
make_linux --no-hyperv plain disk.raw
advised no-hyperv-drivers "in the guest, Debian and Ubuntu: printf 'hv_vmbus\nhv_storvsc\nhv_netvsc\nhyperv_keyboard\n' >> \
/etc/initramfs-tools/modules; update-initramfs -u -k all; Red Hat and SUSE: dracut -f --add-drivers 'hv_vmbus hv_storvsc hv_netvsc \
hyperv_keyboard' --regenerate-all; then convert again" convert "${args[@]}" disk.raw
says 'have no hv_vmbus, hv_storvsc'
make_linux --root partuuid plain disk.raw
advised linux-partuuid "use UUID= (of 'blkid') in its place in the guest, in /etc/fstab and in the boot menu, and convert again" \
	convert "${args[@]}" disk.raw
make_linux --root by-path plain disk.raw
advised linux-device-path "use UUID= in its place in the guest, and convert again" convert "${args[@]}" disk.raw
make_linux --root /dev/hda1 plain disk.raw
advised no-hyperv-drivers "let the guest find its disk by UUID= with the driver hv_storvsc, start it so once, and convert again" \
	convert "${args[@]}" disk.raw
fresh
printf 'UUID=%s / ext4 defaults 0 1\nPARTUUID=5ca1ab1e-05 /srv ext4 defaults 0 2\n' $root_uuid | put /etc/fstab
expect 3 "$HVGEN2" convert "${args[@]}" disk.raw
says '[linux-partuuid]'
says '/etc/fstab, line 2'
printf '/dev/disk/by-path/x-lun-0-part1 /srv ext4 defaults 0 2\n' | put /etc/fstab
expect 3 "$HVGEN2" convert "${args[@]}" disk.raw
says '[linux-device-path]'
printf '/dev/disk/by-path/x-part1 /a ext4 nofail 0 2\n/dev/sdb1 /b ext4 defaults 0 0\n/dev/fd0 /f auto user 0 0\nPARTUUID=1-1 none swap sw 0 0\n' |
	put /etc/fstab
warned "has '/dev/disk/by-path/x-part1', which is another one in generation 2"
warned "has '/dev/sdb1': give the new VM its data disks in the old order"
warned 'generation 2 has no floppy drive'
warned "has 'PARTUUID=1-1', which no partition of the new disk has"
# A partition of an MBR has no name: this is one of another disk, whose table stays.
printf 'UUID=%s / ext4 defaults 0 1\nPARTLABEL=data /srv ext4 defaults 0 2\n' $root_uuid | put /etc/fstab
expect 0 "$HVGEN2" convert -n "${args[@]}" disk.raw
! grep -q PARTLABEL out.txt || fail "it stays true: $(cat out.txt)"
printf '/dev/disk/by-id/wwn-0x1-part1 / ext4 defaults 0 0\n/dev/hda5 none swap sw 0 0\n' | put /etc/fstab
warned "has '/dev/disk/by-id/wwn-0x1-part1': the disk keeps its id on Hyper-V where a VHDX is made of a VHDX, but not elsewhere"
warned "has '/dev/hda5', a name that no disk has in generation 2"
# Names of another bus are not there, and those of what is on the disk stay.
printf '/dev/disk/by-id/ata-Virtual_HD-part5 /srv ext4 defaults 0 0\n' | put /etc/fstab
expect 3 "$HVGEN2" convert "${args[@]}" disk.raw
says '[linux-device-path]'
says "/etc/fstab, line 1 has '/dev/disk/by-id/ata-Virtual_HD-part5', and the disk is on another controller in generation 2"
printf '/dev/disk/by-id/%s\n' 'virtio-1-part5 /srv ext4 nofail 0 0' 'dm-uuid-LVM-abcd / ext4 defaults 0 1' 'md-name-x:0 /a ext4 defaults 0 0' \
	'lvm-pv-uuid-abcd /b ext4 defaults 0 0' | put /etc/fstab
warned "has '/dev/disk/by-id/virtio-1-part5', which is another one in generation 2"
[ "$(grep -c by-id out.txt)" = 1 ] || fail "$(cat out.txt)"

make_linux --root /dev/sda1 plain disk.raw
debugfs -R 'cat /boot/grub/grub.cfg' "disk.raw?offset=1048576" 2>/dev/null >menu.txt
sed 's,root=/dev/sda1,cryptdevice=PARTUUID=5ca1ab1e-01:r &,' menu.txt | put /boot/grub/grub.cfg
expect 3 "$HVGEN2" convert "${args[@]}" disk.raw
says "[linux-partuuid]"
says "'cryptdevice=PARTUUID=5ca1ab1e-01:r'"
sed 's,root=/dev/sda1,cryptdevice=/dev/disk/by-id/ata-x-part2:r &,' menu.txt | put /boot/grub/grub.cfg
expect 3 "$HVGEN2" convert "${args[@]}" disk.raw
says '[linux-device-path]'
# The kernel takes the last root=.
sed 's,root=/dev/sda1,root=PARTUUID=5ca1ab1e-01 root=/dev/disk/by-path/x &,' menu.txt | put /boot/grub/grub.cfg
expect 0 "$HVGEN2" convert -n "${args[@]}" disk.raw
! grep -q PARTUUID out.txt || fail "it is without effect: $(cat out.txt)"
sed 's,root=/dev/sda1,& root=PARTUUID=5ca1ab1e-01,' menu.txt | put /boot/grub/grub.cfg
expect 3 "$HVGEN2" convert "${args[@]}" disk.raw
says '[linux-partuuid]'
sed 's,linux[[:space:]]*/boot,linux (hd0\,msdos1)/boot,' menu.txt | put /boot/grub/grub.cfg
expect 3 "$HVGEN2" convert "${args[@]}" disk.raw
says 'which names a partition of an MBR'
fresh
printf 'mkdir /etc/network\n' | edit 2048
printf 'auto lo enp0s10f0\niface enp0s10f0 inet static\n address 192.0.2.7/24\niface eth0 inet dhcp\n' | put /etc/network/interfaces
warned "/etc/network/interfaces, line 2, has 'enp0s10f0', the name of an adapter on the PCI bus: the new VM's has another one, on Hyper-V eth0, eth1 ..., and \
does not get its static address"
! grep -q "has 'eth0'" out.txt || fail "eth0 is no name that changes"

# Adapters with static addresses, of each kind of file; those of DHCP are no settings.
printf 'mkdir %s\n' /etc/netplan /etc/sysconfig /etc/sysconfig/network-scripts /etc/NetworkManager /etc/NetworkManager/system-connections |
	edit 2048
printf 'iface eth0 inet static\n address 192.0.2.7\n netmask 255.255.255.0\niface eth0 inet6 static\n address 2001:db8::7/64\niface eth1 inet dhcp\n' |
	put /etc/network/interfaces
printf 'network:\n ethernets:\n  lan:\n   match: {macaddress: "00:15:5d:01:02:03"}\n   addresses: [192.0.2.8/24]\n' | put /etc/netplan/01.yaml
printf 'DEVICE=eth2\nHWADDR=00:15:5D:01:02:04\nIPADDR=192.0.2.9\nPREFIX=24\n' | put /etc/sysconfig/network-scripts/ifcfg-eth2
printf '[connection]\ninterface-name=eth3\n[ipv4]\nmethod=manual\naddress1=192.0.2.10/24,192.0.2.1\n' |
	put /etc/NetworkManager/system-connections/a.nmconnection
expect 0 "$HVGEN2" inspect --json disk.raw
jq -e '[.linux.adapters[] | {i: .interface, m: .mac, a: .addresses, f: .file}] == [
	{i: "eth0", m: null, a: ["192.0.2.7/255.255.255.0", "2001:db8::7/64"], f: "/etc/network/interfaces"},
	{i: "eth2", m: "00:15:5D:01:02:04", a: ["192.0.2.9/24"], f: "/etc/sysconfig/network-scripts/ifcfg-eth2"},
	{i: null, m: "00:15:5d:01:02:03", a: ["192.0.2.8/24"], f: "/etc/netplan/01.yaml"},
	{i: "eth3", m: null, a: ["192.0.2.10/24"], f: "/etc/NetworkManager/system-connections/a.nmconnection"}]' out.txt >/dev/null ||
	fail "$(jq -c .linux.adapters out.txt)"
expect 0 "$HVGEN2" inspect disk.raw
tr -s ' \n' ' ' <out.txt >page.txt
grep -qF 'Network eth0, static 192.0.2.7/255.255.255.0, 2001:db8::7/64 (/etc/network/interfaces) eth2 with the MAC 00:15:5D:01:02:04,' page.txt ||
	fail "$(cat out.txt)"
# Adapters that the guest knows by their MACs, and rules that only an emulated one meets. A file that gives a MAC asks for none.
printf 'mkdir %s\n' /etc/udev /etc/udev/rules.d /etc/systemd /etc/systemd/network | edit 2048
printf '%s\n' 'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{address}=="00:15:5d:01:02:05", KERNEL=="eth*", NAME="eth3"' \
	'SUBSYSTEM=="net", DRIVERS=="tulip", ATTR{address}=="00:15:5d:01:02:06", NAME="eth0"' | put /etc/udev/rules.d/70-persistent-net.rules
printf '%s\n' 'SUBSYSTEM=="net", ACTION=="add", \' ' ATTR{address}=="00:15:5d:01:02:08", NAME="lan0"' \
	'SUBSYSTEM=="block", ATTR{address}=="00:15:5d:01:02:88", NAME="disk"' | put /etc/udev/rules.d/10-local.rules
printf 'SUBSYSTEM=="net", ATTR{address}=="00:15:5d:01:02:88", NAME="lan0"\n' | put /etc/udev/rules.d/10-local.rules.old
printf '[Match]\nMACAddress=00:15:5D:01:02:07\n[Link]\nName=enp9s9\n' | put /etc/systemd/network/10-lan.link
printf 'iface eth0 inet static\n address 192.0.2.7/24\n hwaddress ether 00:15:5d:01:02:99\n' | put /etc/network/interfaces
expect 0 "$HVGEN2" inspect --json disk.raw
jq -e '[.linux.macs[] | [.mac, .interface, .gives_name, .static_address, .file, .line]] == [
	["00:15:5d:01:02:04", "eth2", false, true, "/etc/sysconfig/network-scripts/ifcfg-eth2", 1],
	["00:15:5d:01:02:03", null, false, true, "/etc/netplan/01.yaml", 3],
	["00:15:5d:01:02:08", "lan0", true, false, "/etc/udev/rules.d/10-local.rules", 1],
	["00:15:5d:01:02:05", "eth3", true, true, "/etc/udev/rules.d/70-persistent-net.rules", 1],
	["00:15:5d:01:02:06", "eth0", true, true, "/etc/udev/rules.d/70-persistent-net.rules", 2],
	["00:15:5d:01:02:07", "enp9s9", true, false, "/etc/systemd/network/10-lan.link", 4]]' out.txt >/dev/null || fail "$(jq -c .linux.macs out.txt)"
jq -e '.warnings | any(startswith("the guest knows its network adapters by their MACs: give those of the new VM the same, as static ones: "
	+ "00:15:5d:01:02:04 (eth2, /etc/sysconfig/network-scripts/ifcfg-eth2, line 1), 00:15:5d:01:02:03 (/etc/netplan/01.yaml, line 3), "))' \
	out.txt >/dev/null || fail "$(jq .warnings out.txt)"
jq -e '.warnings | any(. == "/etc/udev/rules.d/70-persistent-net.rules, line 2, names an adapter '"'eth0'"' that has DRIVERS==\"tulip\", as no "
	+ "adapter of generation 2 has: it gets another name, and not its static address")' out.txt >/dev/null || fail "$(jq .warnings out.txt)"
! grep -q 'on the PCI bus' out.txt || fail "a name that is given is none of the PCI bus: $(jq .warnings out.txt)"
expect 0 "$HVGEN2" inspect disk.raw
grep -qF '00:15:5d:01:02:05 is eth3 (/etc/udev/rules.d/70-persistent-net.rules, line 1)' out.txt || fail "$(cat out.txt)"
grep -q '^MAC  *00:15:5d:01:02:04 is eth2 with settings' out.txt || fail "$(cat out.txt)"
head -c 100 /dev/zero | put /etc/fstab
warned "the guest's /etc/fstab cannot be read"
printf 'NAME="\351"\nPRETTY_NAME="Syst\350m %0300d"\n' 1 | put /etc/os-release
expect 0 "$HVGEN2" convert -n --json "${args[@]}" disk.raw
printf 'ID=x\nPRETTY_NAME="Windows Boot Manager"\n' | put /etc/os-release
expect 0 "$HVGEN2" convert -n --json "${args[@]}" disk.raw
[ "$(jq -r '.nvram.boot_order[0].description' out.txt)" = debian ] || fail "$(jq .nvram out.txt)"

# The loader, the menu, the kernel.
fresh
printf 'rm /boot/grub/grub.cfg\n' | edit 2048
advised linux-bootloader "install GRUB 2 in the guest (Debian, Ubuntu: apt install grub-pc; Red Hat: dnf install grub2-pc and \
grub2-mkconfig), start the VM with it once, and convert again" convert "${args[@]}" disk.raw
printf 'title Old\nroot (hd0,0)\nkernel /vmlinuz\n' | put /boot/grub/menu.lst
expect 3 "$HVGEN2" convert "${args[@]}" disk.raw
says 'it is started by GRUB legacy'
fresh
printf 'set timeout=5\n' | put /boot/grub/grub.cfg
advised linux-boot-menu "make the boot menu anew in the guest (update-grub, or grub2-mkconfig -o /boot/grub2/grub.cfg), start the VM \
with it once, and convert again" convert "${args[@]}" disk.raw
for line in '/boot/vmlinuz-gone' '/etc/fstab'; do
	printf 'menuentry "a" {\n linux %s root=/dev/sda1\n}\n' "$line" | put /boot/grub/grub.cfg
	expect 3 "$HVGEN2" convert "${args[@]}" disk.raw
	says '[linux-boot-menu]'
	says "'$line', which the entry 'a' of the boot menu starts"
done
printf 'menuentry "a" {\n linux "/boot/x\n' | put /boot/grub/grub.cfg
expect 3 "$HVGEN2" convert "${args[@]}" disk.raw
says 'cannot be read'
fresh
printf 'set btrfs_relative_path="y"\nexport btrfs_relative_path\n' >text.txt
debugfs -R 'cat /boot/grub/grub.cfg' "plain.raw?offset=1048576" 2>/dev/null >>text.txt
printf 'rm /boot/grub/grub.cfg\nwrite text.txt /boot/grub/grub.cfg\n' | edit 2048
advised linux-boot-menu "name SUSE's shim and GRUB (--efi-files), or install them in the guest (zypper install shim \
grub2-x86_64-efi), and convert again" convert "${args[@]}" disk.raw
patched() { # OFFSET BYTES: of the kernel
	fresh
	cp "$LINUX_FOLDER/boot/$kernel" kernel
	printf '%b' "$2" | dd of=kernel bs=1 seek="$1" conv=notrunc status=none
	printf 'rm /boot/%s\nwrite kernel /boot/%s\n' "$kernel" "$kernel" | edit 2048
}
patched $((0x236)) '\0\0' # xloadflags
advised linux-x86 "update the guest to a distribution for x86-64 whose kernel starts by UEFI (3.10 or later), or keep this VM in \
generation 1" convert "${args[@]}" disk.raw
patched 0 '\0\0' # MZ
expect 3 "$HVGEN2" convert "${args[@]}" disk.raw
says '[linux-too-old]'
initrd=/boot/initrd.img-${kernel#vmlinuz-}
fresh
debugfs -R "cat $initrd" "plain.raw?offset=1048576" 2>/dev/null >whole.txt
head -c 4096 whole.txt | put "$initrd"
warned "the initramfs '$initrd' cannot be read to its end ("
grep -q 'to its end (.*): whether it has the drivers of Hyper-V is not known' out.txt || fail "$(cat out.txt)"
printf '\211LZO\0\r\n\032\n' | put "$initrd"
warned "the initramfs '$initrd' cannot be read to its end (compressed with lzo)"

# What cannot be read, or told.
fresh
printf '\xfc\x4e\x2b\xa9\x01\0\0\0' | dd of=disk.raw bs=1 seek=$((1048576 + 4096)) conv=notrunc status=none # MD 1.2
printf '\x08' | dd of=disk.raw bs=1 seek=$((1048576 + 4096 + 0x90)) conv=notrunc status=none
advised linux-unreadable "ext2, ext3, ext4, XFS and Btrfs are read, on partitions and logical volumes of one disk; keep this VM in generation 1 \
for now" convert "${args[@]}" disk.raw
says 'holds MD'
fresh
dd if=/dev/urandom of=disk.raw bs=1 seek=$((1048576 + 1024 + 0x68)) count=16 conv=notrunc status=none
expect 4 "$HVGEN2" convert "${args[@]}" disk.raw
says 'let the guest check it (fsck)'
# A menu that cannot be read is not one that is not there: the other one may be old.
fresh
printf 'mkdir /boot/grub2\ndump /boot/grub/grub.cfg text.txt\nwrite text.txt /boot/grub2/grub.cfg\n' | edit 2048
expect 0 "$HVGEN2" convert -n "${args[@]}" disk.raw
at=$(debugfs -R 'imap /boot/grub/grub.cfg' "disk.raw?offset=1048576" 2>/dev/null | sed -n 's/.*located at block \([0-9]*\), offset \(0x[0-9a-f]*\)/\1 \2/p')
size=$(dumpe2fs -h "disk.raw?offset=1048576" 2>/dev/null | sed -n 's/^Block size: *//p')
printf '\377' | dd of=disk.raw bs=1 seek=$((1048576 + ${at% *} * size + ${at#* } + 8)) conv=notrunc status=none # its checksum is wrong
expect 4 "$HVGEN2" convert "${args[@]}" disk.raw
says "the boot menu on partition 1 cannot be read: '/boot/grub/grub.cfg'"
fresh
printf 'LUKS\xba\xbe\0\1' | dd of=disk.raw bs=1M seek=1 conv=notrunc status=none
advised linux-encrypted-boot "give the guest a /boot that is not encrypted, and convert again" convert "${args[@]}" disk.raw
fresh
dd if=plain.raw of=part.raw bs=1M skip=1 count=96 status=none
tune2fs -O casefold part.raw >/dev/null 2>&1 || tune2fs -E encoding=utf8 part.raw >/dev/null 2>&1 || true
if dumpe2fs -h part.raw 2>/dev/null | grep -q casefold; then
	dd if=part.raw of=disk.raw bs=1M seek=1 conv=notrunc status=none
	advised linux-unreadable "make /boot a file system of its own without this feature, and convert again" convert "${args[@]}" disk.raw
fi
fresh
printf 'feature needs_recovery\n' | edit 2048
warned 'the file system on partition 1 was not closed: it is left to the guest as it is'
make_linux own-boot own.raw
quiet own.raw
cp own.raw disk.raw
dd if=own.raw of=disk.raw bs=512 skip=2048 seek=100352 count=98304 conv=notrunc status=none
advised linux-ambiguous "give the copy another UUID (tune2fs -U random), or remove it, and convert again" convert "${args[@]}" disk.raw
fresh
dd if=plain.raw of=part.raw bs=1M skip=1 count=96 status=none
expect 0 tune2fs -f -U clear part.raw
dd if=part.raw of=disk.raw bs=1M seek=1 conv=notrunc status=none
advised linux-ambiguous "give it one (tune2fs -U random), make the boot menu anew, and convert again" convert "${args[@]}" disk.raw
cp own.raw disk.raw
printf 'default=0\n' >text.txt
printf 'rm /grub/grub.cfg\nwrite text.txt /grub/grub.conf\n' | edit 2048
expect 3 "$HVGEN2" convert "${args[@]}" disk.raw
says '[linux-bootloader]'
says 'it is started by GRUB legacy'
cp own.raw disk.raw
printf 'rm /grub/grub.cfg\n' | edit 2048
printf 'UUID=00000000-0000-0000-0000-000000000001 /boot ext4 defaults 0 2\n' >text.txt
printf 'rm /etc/fstab\nwrite text.txt /etc/fstab\n' | edit 100352
advised linux-ambiguous "give /boot a name in the guest's fstab that can be told (UUID=), or convert the disk that holds it" \
	convert "${args[@]}" disk.raw
# A root whose fstab does not name its /boot is the one of root=, whose fstab is held to the same.
cp own.raw disk.raw
printf '/dev/hda3 /data ext4 defaults 0 2\n' >text.txt
printf 'rm /etc/fstab\nwrite text.txt /etc/fstab\n' | edit 100352
expect 3 "$HVGEN2" convert "${args[@]}" disk.raw
says "/etc/fstab, line 1"
says /dev/hda3
cp own.raw disk.raw
printf 'rm /etc/fstab\n' | edit 100352
expect 0 "$HVGEN2" inspect --json --source-format raw own.raw
mv out.txt own.json
expect 0 "$HVGEN2" inspect --json --source-format raw disk.raw
for json in out.txt own.json; do
	jq -c '[.linux.product, .linux.root]' $json >${json%.*}.root
done
cmp out.root own.root || fail "another root: $(cat out.root own.root)"
# Nothing tells the root: no fstab was looked at, which is said.
printf 'rm /etc/os-release\nrm /usr/lib/os-release\nrm /etc/debian_version\n' | edit 100352
warned "no root of the guest was found that can be read: its /etc/fstab could not be looked at"
cp own.raw disk.raw
printf 'LUKS\xba\xbe\0\1' | dd of=disk.raw bs=512 seek=100352 conv=notrunc status=none
warned "the guest's root on partition 2 is encrypted and asks for its passphrase as before"
# Another one beside it (a home, or swap) leaves no doubt that it asks for one.
printf 'LUKS\xba\xbe\0\1' | dd of=disk.raw bs=512 seek=233472 conv=notrunc status=none
debugfs -R 'cat /grub/grub.cfg' "own.raw?offset=1048576" 2>/dev/null | sed 's,root=UUID=[^ ]*,root=/dev/mapper/sda2_crypt,' >text.txt
printf 'rm /grub/grub.cfg\nwrite text.txt /grub/grub.cfg\n' | edit 2048
warned "the guest's root on partition 2 is encrypted and asks for its passphrase as before"
# But no partition or pool is in one of them.
for name in /dev/sdb1 ZFS=rpool/root; do
	debugfs -R 'cat /grub/grub.cfg' "own.raw?offset=1048576" 2>/dev/null | sed "s,root=UUID=[^ ]*,root=$name," >text.txt
	printf 'rm /grub/grub.cfg\nwrite text.txt /grub/grub.cfg\n' | edit 2048
	warned "no root of the guest was found that can be read"
	! grep -q 'is encrypted and asks' out.txt || fail "$name: $(cat out.txt)"
done
debugfs -R 'cat /grub/grub.cfg' "own.raw?offset=1048576" 2>/dev/null | sed '/^[[:space:]]*initrd/d' >text.txt
printf 'rm /grub/grub.cfg\nwrite text.txt /grub/grub.cfg\n' | edit 2048
warned "whether the kernel has the drivers of Hyper-V is not known: it has no initramfs, and the guest's root cannot be read"
# Two roots with one /boot: that which the menu starts is looked at, whichever stands first.
other_uuid=00000000-1111-2222-3333-444444444444
cp own.raw disk.raw
printf 'start=303104,size=131072,type=83\n' | sfdisk -q --append disk.raw
dd if=own.raw of=part.raw bs=1M skip=49 count=64 status=none
tune2fs -f -U $other_uuid part.raw >/dev/null 2>&1
dd if=part.raw of=disk.raw bs=1M seek=148 conv=notrunc status=none
printf 'ID=other\nPRETTY_NAME="Other Linux"\n' >text.txt
printf 'rm /usr/lib/os-release\nwrite text.txt /usr/lib/os-release\n' | edit 303104
warned 'another root of the disk has the same /boot: its menu decides which one is started'
started_root() { # PARTITION PRODUCT
	expect 0 "$HVGEN2" convert -n --json "${args[@]}" disk.raw
	jq -e --argjson partition "$1" --arg product "$2" '.linux.root.partition == $partition and .linux.product == $product
		and .nvram.boot_order[0].description == $product' out.txt >/dev/null || fail "not '$2': $(jq -c '.linux, .nvram' out.txt)"
}
started_root 2 'Debian GNU/Linux 12 (bookworm)'
debugfs -R 'cat /grub/grub.cfg' "own.raw?offset=1048576" 2>/dev/null | sed "s/root=UUID=[^ ]*/root=UUID=$other_uuid/" >text.txt
printf 'rm /grub/grub.cfg\nwrite text.txt /grub/grub.cfg\n' | edit 2048
started_root 4 'Other Linux'
sed -i "s/root=UUID=/root=UUID=$root_uuid &/" text.txt # the kernel takes the last one
printf 'rm /grub/grub.cfg\nwrite text.txt /grub/grub.cfg\n' | edit 2048
started_root 4 'Other Linux'
# It is looked at, too, where no fstab says that this /boot is its own.
printf 'rm /etc/fstab\n' | edit 303104
started_root 4 'Other Linux'
warned 'the boot menu starts the root on partition 4, but /boot belongs to the root on partition 2'
cp disk.raw other.raw
at=$(debugfs -R 'imap /etc' "disk.raw?offset=155189248" 2>/dev/null | sed -n 's/.*located at block \([0-9]*\), offset \(0x[0-9a-f]*\)/\1 \2/p')
size=$(dumpe2fs -h "disk.raw?offset=155189248" 2>/dev/null | sed -n 's/^Block size: *//p')
printf '\377' | dd of=disk.raw bs=1 seek=$((155189248 + ${at% *} * size + ${at#* } + 8)) conv=notrunc status=none # its checksum is wrong
expect 4 "$HVGEN2" convert "${args[@]}" disk.raw
says "partition 1: the guest's root on partition 4: '/etc/fstab':"
printf '\377' | dd of=other.raw bs=1 seek=$((155189248 + 1024 + 0x34)) conv=notrunc status=none
mv other.raw disk.raw
warned "the root that the boot menu starts, on partition 4, cannot be read ('/': the ext file system is damaged: "
fresh
start=$(sfdisk --json disk.raw | jq '.partitiontable.partitions[] | select(.type == "82").start')
printf 'S1SUSPEND\0' | dd of=disk.raw bs=1 seek=$((start * 512 + 4086)) conv=notrunc status=none
advised hibernated "start the VM, shut it down without hibernating and convert again" convert "${args[@]}" disk.raw

# Several systems: in two logical volumes, beside a Windows; and a volume of which a part is on another disk.
segment() { # START COUNT PV FIRST
	printf 'segment1 {\nstart_extent = %s\nextent_count = %s\ntype = "striped"\nstripe_count = 1\nstripes = [\n"%s", %s\n]\n}\n' 0 "$2" "$3" "$4"
}
logical() { # NAME PV FIRST
	printf '%s {\nid = "Lv5Mn8-z1X2-c3V4-b5N6-m7Q8-w9E0-rTyU%s"\nstatus = ["READ", "WRITE", "VISIBLE"]\nflags = []\nsegment_count = 1\n' \
		"$1" "$(printf '%s00' "$1" | cut -c1-2)"
	segment 0 24 "$2" "$3"
	printf '}\n'
}
physical() { # NAME ID
	printf '%s {\nid = "%s"\nstatus = ["ALLOCATABLE"]\nflags = []\ndev_size = 460800\npe_start = 2048\npe_count = 56\n}\n' "$1" "$2"
}
group() { # LOGICAL-VOLUMES...
	local volume
	printf 'vg {\nid = "Vg7Tr2-q1W2-e3R4-t5Y6-u7I8-o9P0-aSdFgH"\nseqno = 2\nformat = "lvm2"\nstatus = ["RESIZEABLE", "READ", "WRITE"]\n'
	printf 'flags = []\nextent_size = 8192\nmax_lv = 0\nmax_pv = 0\nmetadata_copies = 0\nphysical_volumes {\n'
	physical pv0 Jx3kQ9-a1B2-c3D4-e5F6-g7H8-i9J0-kLmNoP
	physical pv1 Jx3kQ9-a1B2-c3D4-e5F6-g7H8-i9J0-kLmNoQ
	printf '}\nlogical_volumes {\n'
	for volume; do
		# shellcheck disable=SC2086
		logical $volume
	done
	printf '}\n}\ncontents = "Text Format Volume Group"\nversion = 1\n'
}
volumes() { # LOGICAL-VOLUMES...: on disk.raw, with the root of the plain guest in them
	group "$@" | sed "${edit:-}" >group.txt
	rm -f disk.raw && truncate -s 227M disk.raw
	printf 'label: dos\nstart=2048,size=460800,type=8e,bootable\n' | sfdisk -q disk.raw
	python3 "$SOURCE_DIR/tests/fixtures/linux/lvm_label.py" disk.raw 1048576 235929600 Jx3kQ9-a1B2-c3D4-e5F6-g7H8-i9J0-kLmNoP group.txt
	dd if=plain.raw of=disk.raw bs=1M skip=1 count=96 seek=2 conv=notrunc status=none
	dd if=plain.raw of=part.raw bs=1M skip=1 count=96 status=none
	tune2fs -f -U $other_uuid part.raw >/dev/null 2>&1
	sed -i "s/$root_uuid/$other_uuid/g" part.raw # in its files
	dd if=part.raw of=disk.raw bs=1M count=96 seek=98 conv=notrunc status=none
}
volumes 'aa pv0 0' 'bb pv0 24'
advised several-systems "choose the one to start with --boot-uuid UUID" convert "${args[@]}" disk.raw
expect 0 "$HVGEN2" convert -n --boot-uuid $other_uuid "${args[@]}" disk.raw
grep -qF 'in vg/bb on partition 1' out.txt || fail "$(cat out.txt)"
# Other physical volumes of the group: one that has left it, whose text is old.
second() { # NUMBER ID: of 8 MiB, with the text of group.txt
	truncate -s $((227 + 9 * ($1 - 1)))M disk.raw
	printf 'start=%s,size=16384,type=8e\n' $(((218 + 9 * ($1 - 1)) * 2048)) | sfdisk -q --append disk.raw
	python3 "$SOURCE_DIR/tests/fixtures/linux/lvm_label.py" disk.raw $(((218 + 9 * ($1 - 1)) * 1048576)) 8388608 "$2" group.txt
}
edit='/^pv1 {/,/^}/d; s/^seqno = 2/seqno = 3/' volumes 'aa pv0 0'
group 'aa pv0 0' >group.txt
second 2 Jx3kQ9-a1B2-c3D4-e5F6-g7H8-i9J0-kLmNoQ
expect 0 "$HVGEN2" convert -n "${args[@]}" disk.raw
# Three, each of which knows itself and the next one.
ids=(Jx3kQ9-a1B2-c3D4-e5F6-g7H8-i9J0-kLmNo{P,Q,R})
volumes 'aa pv0 0'
group | sed "s/${ids[0]}/${ids[2]}/; s/^pv1/pv2/" >group.txt
second 2 "${ids[1]}"
group | sed "s/${ids[1]}/${ids[2]}/" >group.txt
second 3 "${ids[2]}"
expect 0 "$HVGEN2" convert -n "${args[@]}" disk.raw
volumes 'aa pv1 0'
advised volume-group-incomplete "move the logical volumes that start the guest to the boot disk (pvmove in the guest), and convert \
again" convert "${args[@]}" disk.raw
# A thin volume, which GRUB does not read either, though all of it is here.
case $(ldd "$HVGEN2") in
*libasan*) ;;
*)
	edit='/^pv1 {/,/^}/d; s/type = "striped"/type = "thin"/' volumes 'aa pv0 0'
	expect 3 "$HVGEN2" convert "${args[@]}" disk.raw
	says '[linux-unreadable]'
	says "it is of the type 'thin'"
	;;
esac
"$MKVM" --small --format raw --size 2G disk.raw
truncate -s 2200M disk.raw
printf 'start=4196352,size=196608,type=83\n' | sfdisk -q --append disk.raw
dd if=plain.raw of=disk.raw bs=1M skip=1 count=96 seek=2049 conv=notrunc status=none
advised several-systems "choose the one to start with --windows NUMBER or --boot-uuid UUID" convert "${args[@]}" disk.raw
expect 0 "$HVGEN2" convert -n --windows 2 "${args[@]}" disk.raw
expect 0 "$HVGEN2" convert -n --boot-uuid $root_uuid "${args[@]}" disk.raw

# shim and GRUB, and wishes that nothing answers.
fresh
mkdir empty
expect 3 "$HVGEN2" convert --efi-files empty "${args[@]}" disk.raw
says '[no-efi-files]'
expect 3 "$HVGEN2" convert -n --json --efi-files empty disk.raw
jq -e 'has("convertible") | not' out.txt >/dev/null || fail "it is said to be the disk's fault: $(cat out.txt)"
# What is wrong with the files of that folder is said of them.
mkdir bad
cp /usr/lib/shim/shimx64.efi.signed bad/shimx64.efi
other_files="give shim and the signed GRUB of the guest's distribution with --efi-files (shimx64.efi and grubx64.efi of its packages, or of \
/boot/efi/EFI of a UEFI machine of it)"
printf 'MZ' >bad/grubx64.efi
advised no-efi-files "$other_files" convert --efi-files bad "${args[@]}" disk.raw
says "refused [no-efi-files]: 'bad/grubx64.efi' is not an EFI program for x64"
truncate -s 17M bad/grubx64.efi
advised no-efi-files "$other_files" convert --efi-files bad "${args[@]}" disk.raw
says "refused [no-efi-files]: 'bad/grubx64.efi' has 17825792 bytes"
python3 - <<-'END'
	import struct
	data = bytearray(open("/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed", "rb").read())
	struct.pack_into("<I", data, data.index(b"mods\0\0\0\0") + 20, len(data))
	open("bad/grubx64.efi", "wb").write(data)
END
for verb in 'convert -n' inspect; do
	expect 4 "$HVGEN2" $verb --json --efi-files bad disk.raw
	[[ $(<err.txt) == "hvgen2: 'bad/grubx64.efi': section 'mods' does not lie within"*"; $other_files" ]] || fail "$(cat err.txt)"
	jq -e '.error.exit_status == 4 and (has("convertible") | not)' out.txt >/dev/null || fail "$verb: the disk's fault: $(cat out.txt)"
done
if hide /usr/lib/shim /usr/lib/grub; then
	advised no-efi-files "install Debian's packages shim-signed and grub-efi-amd64-signed on this machine (or, for Secure Boot off, \
grub-common and grub-efi-amd64-bin), or those of the guest's distribution in the guest (Debian, Ubuntu: apt install shim-signed grub-efi-amd64-signed; Red Hat: dnf install shim-x64 \
grub2-efi-x64), or name a folder with shimx64.efi and grubx64.efi (--efi-files)" convert "${args[@]}" disk.raw
	show
fi
# The guest's own shim goes first, also when this machine has one that later revocations spare; that is said.
fresh
cp /usr/lib/shim/shimx64.efi.signed shim.efi
cp /usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed grub.efi
printf '%s\n' 'mkdir /usr' 'mkdir /usr/lib' 'mkdir /usr/lib/shim' 'mkdir /usr/lib/grub' 'mkdir /usr/lib/grub/x86_64-efi-signed' \
	'write shim.efi /usr/lib/shim/shimx64.efi.signed' 'write grub.efi /usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed' |
	edit 2048
expect 0 "$HVGEN2" inspect --json disk.raw
jq -e '.esp.source == "the guest'\''s packages" and (any(.warnings[]; contains("SBAT")) | not)' out.txt >/dev/null ||
	fail "$(jq -c '.esp, .warnings' out.txt)"
python3 - <<-'END'
	data = open("shim.efi", "rb").read()
	assert data.count(b"\nshim,4,") == 1
	open("shim.efi", "wb").write(data.replace(b"\nshim,4,", b"\nshim,3,"))
END
printf '%s\n' 'rm /usr/lib/shim/shimx64.efi.signed' 'write shim.efi /usr/lib/shim/shimx64.efi.signed' | edit 2048
expect 0 "$HVGEN2" inspect --json disk.raw
jq -e '.esp.source == "the guest'\''s packages" and .esp.shim_sbat == 3 and any(.warnings[]; test("^the guest'\''s packages: shim and GRUB " +
	"have the SBAT generations 3 and [0-9]+, and those of this machine'\''s packages 4 and [0-9]+: "))' out.txt >/dev/null ||
	fail "$(jq -c '.esp, .warnings' out.txt)"
# One that is not signed is the guest's own all the same; what is no GRUB is not taken.
own_grub() { # GRUB, beside shim.efi
	printf '%s\n' 'rm /usr/lib/shim/shimx64.efi.signed' 'write shim.efi /usr/lib/shim/shimx64.efi.signed' \
		'rm /usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed' "write $1 /usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed" |
		edit 2048
}
if command -v sbattach >/dev/null; then
	for file in shim.efi shim.efi grub.efi; do sbattach --remove $file 2>/dev/null || true; done # shim may have two
	own_grub grub.efi
	warned "GRUB of the guest's packages is not signed: shim starts it with Secure Boot off only"
	warned "shim of the guest's packages is not signed: firmware starts it with Secure Boot off only"
	warned "Secure Boot must be off in the new VM: shim (the guest's packages) is not signed, or does not start this GRUB"
fi
own_grub shim.efi
warned "the guest's own '/usr/lib/shim/shimx64.efi.signed' and GRUB are not taken: 'grubx64.efi' is not GRUB"
grep -qF "shim and GRUB of the host's packages" out.txt || fail "$(cat out.txt)"

# Entries of custom.cfg count where grub.cfg reads it, and their default does; one that GRUB does not execute to its end does not.
fresh
debugfs -R 'cat /boot/grub/grub.cfg' "disk.raw?offset=1048576" 2>/dev/null >menu.txt
# shellcheck disable=SC2016 # GRUB's variables
section='### BEGIN /etc/grub.d/41_custom ###
if [ -f  ${config_directory}/custom.cfg ]; then
  source ${config_directory}/custom.cfg
elif [ -z "${config_directory}" -a -f  $prefix/custom.cfg ]; then
  source $prefix/custom.cfg
fi
### END /etc/grub.d/41_custom ###'
mine="set default=mine
menuentry 'Mine' --id mine { linux /boot/$kernel root=UUID=$root_uuid mine ; initrd /boot/initrd.img-${kernel#vmlinuz-} }"
started() { # TITLE
	expect 0 "$HVGEN2" inspect --json disk.raw
	jq -e --arg title "$1" '.linux.kernel.title == $title and .linux.kernel.is_default and .linux.kernel.hyperv_drivers == "found"' \
		out.txt >/dev/null || fail "not '$1': $(jq -c '.linux, .warnings' out.txt)"
}
printf '%s\n' "$mine" | put /boot/grub/custom.cfg
started 'Debian GNU/Linux'
printf '%s\n' "$(cat menu.txt)" "$section" | put /boot/grub/grub.cfg
started Mine
printf '%s\n' "$(cat menu.txt)" "source \$prefix/custom.cfg" | put /boot/grub/grub.cfg
started Mine
printf '%s\nif\n' "$mine" | put /boot/grub/custom.cfg
started 'Debian GNU/Linux'
jq -e 'any(.warnings[]; startswith("/boot/grub/custom.cfg, which the guest'\''s boot menu reads, is not looked at: "))' out.txt >/dev/null ||
	fail "$(jq .warnings out.txt)"

# Of other kernels it is only said whether they would start.
printf '' | cpio --quiet -o -H newc >none.cpio
printf '%s\n' "ln /boot/$kernel /boot/vmlinuz-old" 'write none.cpio /boot/initrd-old' 'write none.cpio /boot/vmlinuz-bad' | edit 2048
printf '%s\n' "menuentry 'Old' { linux /boot/vmlinuz-old root=/dev/sda1 ; initrd /boot/initrd-old }" \
	"menuentry 'Bad' { linux /boot/vmlinuz-bad }" "menuentry 'Gone' { linux /boot/vmlinuz-gone }" | put /boot/grub/custom.cfg
started 'Debian GNU/Linux'
jq -e '[.linux.other_kernels[] | {p: .path, d: .hyperv_drivers}] == [{p: "/boot/vmlinuz-old", d: "missing"},
	{p: "/boot/vmlinuz-bad", d: "unknown"}, {p: "/boot/vmlinuz-gone", d: "unknown"}]' out.txt >/dev/null || fail "$(jq -c .linux out.txt)"
warned "the entry 'Old' of the boot menu, which is not the default, would not start: the kernel"
warned "the entry 'Bad' of the boot menu, which is not the default, would not start: '/boot/vmlinuz-bad'"
! grep -q "'Gone'" out.txt || fail "a kernel that is gone is no loss: $(cat out.txt)"

# One in a sector that cannot be read is told by name, before the error. (The daemon's file is changed with each second, which is one too.)
if command -v qemu-storage-daemon >/dev/null && [ -w /dev/fuse ]; then
	head -c 1M "$LINUX_FOLDER/boot/$kernel" >text.txt
	printf 'rm /boot/vmlinuz-bad\nwrite text.txt /boot/vmlinuz-bad\n' | edit 2048
	size=$(dumpe2fs -h "disk.raw?offset=1048576" 2>/dev/null | sed -n 's/^Block size: *//p')
	block=$(debugfs -R "bmap /boot/vmlinuz-bad $((8192 / size))" "disk.raw?offset=1048576" 2>/dev/null)
	: >bad.raw
	qemu-storage-daemon --blockdev driver=file,node-name=disk,filename=disk.raw,read-only=on --blockdev "{\"driver\": \"blkdebug\",
		\"node-name\": \"bad\", \"image\": \"disk\", \"read-only\": true, \"inject-error\": [{\"event\": \"none\", \"iotype\": \"read\",
		\"errno\": 5, \"sector\": $((2048 + block * size / 512))}]}" \
		--export type=fuse,id=fuse,node-name=bad,mountpoint=bad.raw,writable=off --pidfile daemon.pid &
	daemon=$!
	trap '[ -z "$daemon" ] || kill "$daemon" || true; rm -rf "$work"' EXIT
	for _ in $(seq 100); do
		if [ -s daemon.pid ]; then break; fi
		sleep 0.05
	done
	[ -s bad.raw ] || fail "there is no disk with a bad sector"
	expect 1 "$HVGEN2" inspect --source-format raw bad.raw
	grep -qF "whether the entry 'Bad' of the boot menu, which is not the default, would start is not known: '/boot/vmlinuz-bad':" out.txt ||
		fail "$(cat out.txt)"
	kill "$daemon"
	wait "$daemon" || true
	daemon=
fi

# Together they may unpack to 256 MiB, however small they are; what two name is looked at once.
head -c 200M /dev/zero | xz -0 --check=crc32 >zeros.xz
printf '%s\n' "ln /boot/$kernel /boot/vmlinuz-1" "ln /boot/$kernel /boot/vmlinuz-2" "ln /boot/$kernel /boot/vmlinuz-3" \
	'write zeros.xz /boot/initrd-1' 'write zeros.xz /boot/initrd-3' | edit 2048
printf "menuentry '%s' { linux /boot/vmlinuz-%s root=/dev/sda1 ; initrd /boot/initrd-%s }\n" A 1 1 B 2 1 C 3 3 | put /boot/grub/custom.cfg
started 'Debian GNU/Linux'
jq -e '[.linux.other_kernels[].hyperv_drivers] == ["missing", "missing", "unknown"] and any(.warnings[]; . == "whether all other kernels of " +
	"the boot menu have the drivers of Hyper-V is not known: their initramfs are larger than what is looked at")' out.txt >/dev/null ||
	fail "$(jq -c '.linux, .warnings' out.txt)"

for name in 1 2 3 4 5 6 7 8 9; do printf "menuentry '%s' { linux /boot/vmlinuz-%s }\n" $name $name; done | put /boot/grub/custom.cfg
warned 'the boot menu has more kernels than the 9 that were looked at'
# shellcheck disable=SC2016 # GRUB's variable
sed 's/set default="0"/set default="${mine}"/' menu.txt | put /boot/grub/grub.cfg
warned "which entry of the guest's boot menu starts by default cannot be told; 'Debian GNU/Linux' was looked at"
{ printf 'set superusers="root"\npassword root x\n' && sed 's/root=UUID=[^ ]*/& console=ttyS0,115200/' menu.txt; } | put /boot/grub/grub.cfg
warned "the guest's boot menu has a password, and asks for it as before"
warned "the guest writes to a serial port ('console=ttyS0,115200')"

make_linux bls bls.raw
quiet bls.raw
cp bls.raw disk.raw
entry=$(debugfs -R 'ls -p /loader/entries' "bls.raw?offset=1048576" 2>/dev/null | cut -d / -f 6 | grep rescue)
debugfs -R "cat /loader/entries/$entry" "bls.raw?offset=1048576" 2>/dev/null | sed 's,^title .*,& "quoted",' >text.txt
printf 'rm /loader/entries/%s\nwrite text.txt /loader/entries/%s\n' "$entry" "$entry" | edit 2048
warned "GRUB (the host's packages) has no command blscfg, and cannot start 1 of the 2 entries of the guest's boot menu"
cp bls.raw disk.raw
entry=$(debugfs -R 'ls -p /loader/entries' "bls.raw?offset=1048576" 2>/dev/null | sed -n 's,^/[^/]*/[^/]*/[^/]*/[^/]*/\([^/]*\.conf\)/.*,\1,p' | grep -v rescue | head -1)
debugfs -R "cat /loader/entries/$entry" "bls.raw?offset=1048576" 2>/dev/null | sed 's,^title .*,& "quoted",' >text.txt
debugfs -R 'ls -p /loader/entries' "bls.raw?offset=1048576" 2>/dev/null |
	sed -n 's,^/[^/]*/[^/]*/[^/]*/[^/]*/\([^/]*\.conf\)/.*,rm /loader/entries/\1,p' >commands.txt
printf 'write text.txt /loader/entries/%s\n' "$entry" >>commands.txt
edit 2048 <commands.txt
advised linux-boot-menu "name the shim and GRUB of the guest's distribution (--efi-files), or install them in the guest (dnf install \
shim-x64 grub2-efi-x64), and convert again" convert "${args[@]}" disk.raw
fresh
advised no-windows "name the UUID of the file system that holds /boot, or leave --boot-uuid out" \
	convert --boot-uuid 00000000-0000-0000-0000-000000000001 "${args[@]}" disk.raw
expect 2 "$HVGEN2" convert -n --windows 1 --boot-uuid $root_uuid "${args[@]}" disk.raw
expect 0 "$HVGEN2" convert -n --boot-uuid 5A9D1C3E-7B20-4E11-9C55-3F0A12B4C6D8 "${args[@]}" disk.raw
advised no-windows "leave --windows out" convert --windows 1 "${args[@]}" disk.raw
expect 3 "$HVGEN2" convert --layout reuse "${args[@]}" disk.raw
says '[layout-impossible]'
if command -v sbattach >/dev/null; then
	make_linux --unsigned plain disk.raw
	version=${kernel#vmlinuz-}
	warned "Secure Boot must be off in the new VM: the kernel $version has no signature, which shim demands"
fi
if command -v sbattach >/dev/null && command -v sbsign >/dev/null && command -v openssl >/dev/null; then
	cp "$LINUX_FOLDER/boot/$kernel" kernel
	sbattach --remove kernel 2>/dev/null
	openssl req -new -x509 -newkey rsa:2048 -nodes -subj "/CN=Own" -days 3650 -keyout own.key -out own.pem 2>/dev/null
	expect 0 sbsign --key own.key --cert own.pem --output signed kernel
	printf 'rm /boot/%s\nwrite signed /boot/%s\n' "$kernel" "$kernel" | edit 2048
	warned "Secure Boot must be off in the new VM: the kernel $version is signed under 'Own', and shim (the host's packages) starts no other kernels than \
those of '"
fi

#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# linux_guests.sh: the made Linux guests are what they claim to be, for GRUB itself (grub-fstest, which finds menu and kernel as at
# boot), e2fsck, sfdisk and sbverify. That they start is shown by boot_linux_chain.sh.
. "$(dirname "$0")/lib.sh"
. "$SOURCE_DIR/tests/scripts/linux_lib.sh"
need grub-fstest grub-script-check e2fsck sfdisk sbverify cpio qemu-img

# Of a disk: a file by GRUB.
grub_reads() { # FILE
	grub-fstest disk.raw cat "$1" 2>/dev/null
}
modules_of() { # INITRAMFS
	case $(od -An -tx1 -N2 "$1" | tr -d ' ') in
	1f8b) gzip -dc "$1" ;;
	*) cat "$1" ;;
	esac | cpio -t --quiet
}
sound_ext4() { # FIRST SECTORS
	cut_raw disk.raw $(($1 * 512)) $(($2 * 512)) part.raw
	e2fsck -fn part.raw >fsck.txt 2>&1 || fail "e2fsck: $(cat fsck.txt)"
}

check() { # "OPTIONS SHAPE" DEVICE-WITH-/boot FOLDER-OF-GRUB KERNEL-FOLDER TYPES ROOT
	local words kernel initrd
	read -ra words <<<"$1"
	rm -f disk.raw
	make_linux "${words[@]}" disk.raw
	[ "$(sfdisk --json disk.raw | jq -r '[.partitiontable.partitions[] | (.node | sub(".*raw"; "")) + ":" + .type] | join(" ")')" = "$5" ] ||
		fail "$1: $(sfdisk -l disk.raw)"
	grub_reads "$2$3/grub.cfg" >grub.cfg
	[ -s grub.cfg ] || fail "$1: GRUB finds no menu at $2$3"
	grub-script-check grub.cfg || fail "$1: the menu"
	kernel=$(sed 's/^BOOT_IMAGE=\([^ ]*\).*/\1/' disk.raw.cmdline)
	grub_reads "$2$kernel" >kernel
	[ "$(head -c 2 kernel)" = MZ ] || fail "$1: no kernel at $2$kernel"
	initrd=$(cd "$LINUX_FOLDER" && ls lib/modules | head -1)
	case $3 in
	*grub2) initrd=$4/initramfs-$initrd.img ;;
	*) initrd=$4/initrd.img-$initrd ;;
	esac
	grub_reads "$2$initrd" >initrd
	modules_of initrd >modules.txt
	grep -q "root=$6 " disk.raw.cmdline || fail "$1: $(cat disk.raw.cmdline)"
}

root=UUID=5a9d1c3e-7b20-4e11-9c55-3f0a12b4c6d8
check plain '(loop0,msdos1)' /boot/grub /boot '1:83 2:5 5:82' $root
sound_ext4 2048 196608
grep -q '/hv_vmbus.ko' modules.txt && grep -q '/hv_storvsc.ko' modules.txt || fail "plain: $(cat modules.txt)"
sbverify --list kernel 2>/dev/null | grep 'CN=Debian Secure Boot CA' >/dev/null || fail "another kernel"
check '--compress none own-boot' '(loop0,msdos1)' /grub '' '1:83 2:83 3:5 5:82' $root
sound_ext4 2048 98304
sound_ext4 100352 131072
check bls '(loop0,msdos1)' /grub2 '' '1:83 2:83 3:5 5:82' $root
grep -qx blscfg grub.cfg || fail "bls: $(cat grub.cfg)"
[ "$(grub_reads '(loop0,msdos1)/grub2/grubenv' | wc -c)" -eq 1024 ] || fail "bls: grubenv"
check '--compress none lvm' '(lvm/vg-root)' /boot/grub /boot '1:8e' /dev/mapper/vg-root
if command -v pvck >/dev/null; then
	cut_raw disk.raw $((2048 * 512)) $((262144 * 512)) pv.raw
	pvck --dump headers "$PWD/pv.raw" >pvck.txt 2>&1 || fail "pvck: $(cat pvck.txt)"
fi
check lvm-two '(lvm/vg-root)' /boot/grub /boot '1:8e 2:8e' /dev/mapper/vg-root
check lvm-striped '(lvm/vg-root)' /boot/grub /boot '1:8e 2:8e' /dev/mapper/vg-root
# Of a mirror GRUB reads the first copy that is there.
for shape in lvm-raid1 lvm-mirror; do
	check $shape '(lvm/vg-root)' /boot/grub /boot '1:8e 2:8e' /dev/mapper/vg-root
	cmp -n 100663296 -i $((26624 * 512)):$(((264192 + 10240 - 2048) * 512)) disk.raw disk.raw || fail "$shape: two copies"
	sfdisk -q --no-reread --delete disk.raw 1
	grub_reads "(lvm/vg-root)/boot/grub/grub.cfg" | cmp - grub.cfg || fail "$shape: no second copy"
done
check lvm-root '(loop0,msdos1)' /grub '' '1:83 2:8e' /dev/mapper/vg-root
grub_reads '(lvm/vg-root)/etc/fstab' | grep '^/dev/mapper/vg-root / ' >/dev/null || fail "lvm-root: fstab"

# What is to be refused or warned of.
check '--no-hyperv --unsigned numbers' '(loop0,msdos1)' /boot/grub /boot '1:83 2:5 5:82' /dev/sda1
! grep 'hv_' modules.txt || fail "hv_* after all"
! sbverify --list kernel 2>/dev/null | grep issuer || fail "a signature after all"
check '--root partuuid bls-root' '(loop0,msdos1)' /boot/grub2 /boot '1:83 2:5 5:82' PARTUUID=5ca1ab1e-01
check '--root by-path linux16' '(loop0,msdos1)' /grub2 '' '1:83 2:83 3:5 5:82' '/dev/disk/by-path/acpi-VMBUS:01-.*-part2'
grep -q '^[[:space:]]*linux16 /vmlinuz' grub.cfg || fail "linux16: $(cat grub.cfg)"

# As VHDX.
make_linux linux16 disk.vhdx
qemu-img info disk.vhdx | grep 'virtual size: 320 MiB' >/dev/null || fail "the VHDX"

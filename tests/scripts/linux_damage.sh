#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What cannot be read of a Linux guest is not taken for what is not there: where the conversion depends on it, the guest is damaged
# (exit status 4, nothing is made); elsewhere it is a warning. Each from an inode whose checksum is wrong.
. "$(dirname "$0")/lib.sh"
. "$SOURCE_DIR/tests/scripts/linux_lib.sh"
need debugfs dumpe2fs sfdisk tune2fs jq

make_linux plain plain.raw
at_partition() { # OFFSET: what follows is on the file system that begins there
	start=$1 part="plain.raw?offset=$1"
	block_size=$(dumpe2fs -h "$part" 2>/dev/null | sed -n 's/^Block size: *//p')
}
at_partition 1048576
kernel=$(basename "$(ls "$LINUX_FOLDER"/boot/vmlinuz-*)")
edit() { # < COMMANDS of debugfs
	debugfs -w -f - "$part" >debugfs.txt 2>&1
}
put() { # PATH < TEXT
	cat >text.txt
	printf 'rm %s\nwrite text.txt %s\n' "$1" "$1" | edit
}
spoil() { # PATH...: in a new disk.raw, for "superblock" the superblock
	local at
	cp --sparse=always plain.raw disk.raw
	for path; do
		at=$(debugfs -R "imap $path" "$part" 2>/dev/null |
			sed -n 's/.*located at block \([0-9]*\), offset \(0x[0-9a-f]*\)/\1 \2/p')
		[ "$path" != superblock ] || at='0 1068' # when it was mounted
		[ -n "$at" ] || fail "there is no $path"
		printf '\377' | dd of=disk.raw bs=1 seek=$((start + ${at% *} * block_size + ${at#* } + 8)) conv=notrunc status=none
	done
}
damaged() { # WORDS PATH...
	local words=$1
	spoil "${@:2}"
	expect 4 "$HVGEN2" convert --json -o new.vhdx disk.raw
	[[ $(<err.txt) == "hvgen2: 'disk.raw': $words"*"; let the guest check i"*" (fsck), shut it down and convert again, or take the disk from a backup" ]] ||
		fail "${*:2}: $(cat err.txt)"
	jq -e '.convertible == false and .error.exit_status == 4 and (has("refusal") | not)' out.txt >/dev/null || fail "$(cat out.txt)"
	[ ! -e new.vhdx ] && [ ! -e new.vmgs ] || fail "something was made"
}
warned() { # WORDS PATH...
	local words=$1
	spoil "${@:2}"
	expect 0 "$HVGEN2" inspect --json disk.raw
	jq -e --arg words "$words" 'any(.warnings[]; startswith($words))' out.txt >/dev/null || fail "${*:2}: $(jq .warnings out.txt)"
}

# Where /boot is, what starts, and what that does not start without. Beside grub.cfg stands what says which entry it is.
initrd=/boot/initrd.img-${kernel#vmlinuz-}
damaged "the guest's root on partition 1: '/etc/fstab': the ext file system is damaged" /etc/fstab
damaged "the boot menu on partition 1 cannot be read: '/boot/grub/grub.cfg': the ext file system is damaged" /boot/grub/grub.cfg
damaged "partition 1: '/boot/$kernel': the ext file system is damaged" "/boot/$kernel"
damaged "partition 1: '$initrd': the ext file system is damaged" "$initrd"
printf '# GRUB Environment Block\n' | put /boot/grub/grubenv
debugfs -R 'cat /boot/grub/grub.cfg' "$part" 2>/dev/null >menu.txt
# shellcheck disable=SC2016 # a variable of GRUB
printf '%s\n' "$(cat menu.txt)" 'source $prefix/custom.cfg' | put /boot/grub/grub.cfg
printf 'menuentry Other { linux /boot/vmlinuz-other ; initrd /boot/initrd-other }\n' | put /boot/grub/custom.cfg
printf '%s\n' "ln /boot/$kernel /boot/other" 'write menu.txt /boot/vmlinuz-other' | edit
for name in grubenv custom.cfg; do
	damaged "partition 1: the boot menu on partition 1 cannot be read: '/boot/grub/$name': the ext file system is damaged" /boot/grub/$name
done

# Which distribution it is: of its files the first that can be read says so.
says=': the ext file system is damaged: '
warned "what the guest's /etc/os-release says of its distribution is not known: '/etc/os-release'$says" /usr/lib/os-release
jq -e '.linux | .product == "Linux" and .root.partition == 1' out.txt >/dev/null || fail "$(jq .linux out.txt)"
printf '12.5\n' | put /etc/debian_version
warned "what the guest's /etc/os-release says of its distribution is not known: '/etc/os-release'$says" /usr/lib/os-release
jq -e '.linux.product == "Debian GNU/Linux 12.5"' out.txt >/dev/null || fail "$(jq .linux out.txt)"

# An entry that does not start by default.
warned "whether the entry 'Other' of the boot menu, which is not the default, would start is not known: '/boot/vmlinuz-other'$says" \
	/boot/vmlinuz-other

# Names of network adapters. Hidden files nobody reads.
printf 'mkdir %s\n' /etc/network /etc/netplan /etc/systemd /etc/systemd/network | edit
for name in network/interfaces netplan/a.yaml netplan/.b.yaml systemd/network/a.link; do printf '\n' | put /etc/$name; done
not_all='not all that the guest has set for its network adapters is known:'
for name in network/interfaces netplan/a.yaml systemd/network; do warned "$not_all '/etc/$name'$says" /etc/$name; done
spoil /etc/netplan/.b.yaml
expect 0 "$HVGEN2" inspect --json disk.raw
! grep -q "$not_all" out.txt || fail "a hidden file: $(jq .warnings out.txt)"
printf 'mkdir /etc/network/interfaces.d\n' | edit
printf '\n' >text.txt
printf 'write text.txt /etc/network/interfaces.d/%s\n' {01..65} | edit
warned "$not_all '/etc/network/interfaces.d' has more than 64 files"
printf 'iface eth0 inet static\n\0\n' | put /etc/network/interfaces
warned "$not_all '/etc/network/interfaces' is no text: a NUL stands at offset 23"
printf 'write text.txt /etc/netplan/%s.yaml\n' {01..18} | edit
warned "$not_all '/etc/netplan/14.yaml' is no text: a NUL stands at offset 23"
! grep -q '/etc/netplan/15.yaml' out.txt || fail "a page of warnings: $(jq .warnings out.txt)"
jq -e 'any(.warnings[]; . == "4 more warnings of the guest'"'"'s network adapters are left out")' out.txt >/dev/null || fail "$(jq .warnings out.txt)"

# Shim and GRUB of the guest's own: those of this machine are taken.
printf 'mkdir %s\n' /boot/efi /boot/efi/EFI /usr/lib/shim | edit
warned "a boot file of the guest's own is not taken: '/boot/efi/EFI'$says" /boot/efi/EFI
printf 'x\n' | put /usr/lib/shim/shimx64.efi.signed
warned "a boot file of the guest's own is not taken: '/usr/lib/shim/shimx64.efi.signed'$says" /usr/lib/shim/shimx64.efi.signed
warned "a boot file of the guest's own is not taken: '/usr/lib/shim/shimx64.efi.signed.latest'$says" /usr/lib/shim
[ "$(grep -c 'own is not taken' out.txt)" -eq 1 ] || fail "once for all below a folder: $(jq .warnings out.txt)"
truncate -s 17M large
printf 'rm %s\nwrite large %s\n' /usr/lib/shim/shimx64.efi.signed /usr/lib/shim/shimx64.efi.signed | edit
warned "a boot file of the guest's own is not taken: '/usr/lib/shim/shimx64.efi.signed' has 17825792 bytes, more than the 16777216"

# What is too large is not damaged: a file system table, and a kernel.
truncate -s 5M large
cp --sparse=always plain.raw saved.raw
printf 'rm /etc/fstab\nwrite large /etc/fstab\n' | edit
warned "the guest's /etc/fstab cannot be read ('/etc/fstab' has 5242880 bytes, more than the 4194304 that it can have): whether its names"
mv saved.raw plain.raw
debugfs -R "dump /boot/$kernel large" "$part" 2>/dev/null
truncate -s 129M large
printf 'rm %s\nwrite large %s\n' "/boot/$kernel" "/boot/$kernel" | edit
advised linux-boot-menu "make the boot menu anew in the guest (update-grub, or grub2-mkconfig -o /boot/grub2/grub.cfg), start the VM with it once, \
and convert again" convert -o new.vhdx plain.raw
grep -qF "the kernel of the boot menu cannot be read: '/boot/$kernel' has 135266304 bytes" err.txt || fail "$(cat err.txt)"

# Drivers that may be built in count where the initramfs has none.
make_linux --no-hyperv plain plain.raw
damaged "partition 1: '/lib/modules/${kernel#vmlinuz-}/modules.builtin': the ext" "/lib/modules/${kernel#vmlinuz-}/modules.builtin"

truncate -s 5M large
printf 'rm %s\nwrite large %s\n' "/lib/modules/${kernel#vmlinuz-}/modules.builtin" "/lib/modules/${kernel#vmlinuz-}/modules.builtin" | edit
warned "whether the kernel ${kernel#vmlinuz-} has the drivers of Hyper-V built in is not known: '/lib/modules/${kernel#vmlinuz-}/modules.builtin'"

# The same of entries that stand in files of their own, below a /boot of its own.
make_linux bls plain.raw
entry=$(debugfs -R 'ls -p /loader/entries' "$part" 2>/dev/null | sed -n 's,^/[^/]*/[^/]*/[^/]*/[^/]*/\([^/]*\.conf\)/.*,\1,p' | head -1)
for name in /loader/entries "/loader/entries/$entry"; do
	damaged "partition 1: the boot menu on partition 1 cannot be read: '$name': the ext file system is damaged" "$name"
done
at_partition 51380224
printf 'mkdir /grub\n' | edit
warned "what may be another system cannot be read: the boot menu on partition 2 cannot be read: '/grub/grub.cfg'$says" /grub

# Of a root that is not where /boot is, it is said which one it is. The system's own is no other.
damaged "partition 1: the guest's root on partition 2: '/etc/fstab': the ext file system is damaged" /etc/fstab
jq -e 'all(.warnings[]; contains("another system") | not)' out.txt >/dev/null || fail "$(jq .warnings out.txt)"
warned "the root that the boot menu starts, on partition 2, cannot be read (" superblock
jq -e '.linux.root.partition == 2 and all(.warnings[]; contains("another system") | not)' out.txt >/dev/null || fail "$(jq .warnings out.txt)"

# Another root, whatever stands before it: one with a damaged fstab, one that is damaged as a whole, and what may be none.
truncate -s 256M plain.raw
printf 'start=303104,size=131072,type=83\n' | sfdisk -q --append plain.raw
dd if=plain.raw of=part.raw bs=1M skip=49 count=64 status=none
tune2fs -f -U 00000000-1111-2222-3333-444444444444 part.raw >/dev/null 2>&1
dd if=part.raw of=plain.raw bs=1M seek=148 conv=notrunc status=none
printf 'rm /etc/fstab\n' | edit # the first reason: its /boot has no menu
at_partition 155189248
another='what may be another system cannot be read:'
warned "$another the guest's root on partition 4: '/etc/fstab'$says" /etc/fstab
jq -e '.linux.root.partition == 2' out.txt >/dev/null || fail "$(jq .linux out.txt)"
warned "$another what is on partition 4 cannot be read: " superblock
warned "$another what may be a root of the guest on partition 4: '/etc/fstab'$says" /

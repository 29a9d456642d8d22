#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A whole Debian 12: systemd, initramfs-tools, and the boot loader that its own grub-install and update-grub set up; a /boot of its own on
# request (boot_linux_debian.sh [own-boot]). It is started by the BIOS, converted, and started by UEFI with Secure Boot on: the same
# units come up with the same command line, and grub-install and update-grub of its package grub-pc go on working.
# Needs root, for debootstrap. The tree is made once and kept (build/debian12.tar).
. "$(dirname "$0")/lib.sh"
. "$SOURCE_DIR/tests/scripts/linux_lib.sh"
shape=${1:-}
[ "$(id -u)" -eq 0 ] || skip "not root"
need debootstrap mkfs.ext4 sfdisk jq qemu-system-x86_64
tree=$BUILD_DIR/../debian12.tar
if [ ! -e "$tree" ]; then
	mirror=$(apt-cache policy | awk '$3 == "bookworm/main" { print $2; exit }')
	debootstrap --variant=minbase --include=linux-image-cloud-amd64,initramfs-tools,grub-pc,systemd-sysv,udev,kmod,zstd,util-linux bookworm \
		tree ${mirror:+"$mirror"} >debootstrap.txt 2>&1 || skip "no debootstrap: $(tail -1 debootstrap.txt)"
	tar -C tree -cf "$tree.part" . && mv "$tree.part" "$tree"
	rm -rf tree
fi

# --- the disk ---

first=2048 root_uuid=8d1c0f2a-3b4e-4f60-9a7b-1c2d3e4f5a6b boot_uuid=2e5f7a90-1b3c-4d5e-8f60-718293a4b5c6
swap_uuid=9b8a7c6d-5e4f-4031-a2b3-c4d5e6f70819
truncate -s 3G old.raw
table=''
[ -z "$shape" ] || table="start=2048,size=524288,type=83,bootable" first=526336
swap=$((first + 4718592 + 2048))
printf 'label: dos\nlabel-id: 0x7d1a4c22\n%s\nstart=%d,size=4718592,type=83%s\nstart=%d,type=5\nstart=%d,type=82\n' \
	"$table" $first "$([ -n "$shape" ] || echo ,bootable)" $((swap - 2048)) $((swap + 2048)) | sfdisk -q old.raw
swap=$(sfdisk --json old.raw | jq '.partitiontable.partitions[] | select(.node | endswith("5")).start')
mkdir mnt
tar -C mnt -xf "$tree"
{
	echo "UUID=$root_uuid / ext4 errors=remount-ro 0 1"
	[ -z "$shape" ] || echo "UUID=$boot_uuid /boot ext4 defaults 0 2"
	echo "UUID=$swap_uuid none swap sw 0 0"
} >mnt/etc/fstab
cat >mnt/etc/default/grub <<-'END'
	GRUB_DEFAULT=0
	GRUB_TIMEOUT=1
	GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`
	GRUB_CMDLINE_LINUX_DEFAULT=""
	GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200"
	GRUB_DISABLE_OS_PROBER=true
END
cat >mnt/usr/local/sbin/say <<-'END'
	#!/bin/sh
	{
	echo "HVGEN2 CMDLINE $(cat /proc/cmdline)"
	if [ -d /sys/firmware/efi ]; then echo "HVGEN2 FIRMWARE EFI"; else echo "HVGEN2 FIRMWARE BIOS"; fi
	echo "HVGEN2 LOCKDOWN $(cat /sys/kernel/security/lockdown)"
	echo "HVGEN2 SWAP $(swapon --noheadings --show=NAME | wc -l)"
	echo "HVGEN2 FAILED $(systemctl list-units --failed --no-legend | wc -l)"
	disk=$(lsblk -no PKNAME "$(findmnt -no SOURCE /)")
	grub-install --target=i386-pc "/dev/$disk" >/run/grub.txt 2>&1; echo "HVGEN2 GRUB-INSTALL $?"
	update-grub >>/run/grub.txt 2>&1; echo "HVGEN2 UPDATE-GRUB $?"
	sed 's/^/grub: /' /run/grub.txt
	echo "HVGEN2 BOOT OK"
	} >/dev/ttyS0
	systemctl poweroff --no-block
END
chmod +x mnt/usr/local/sbin/say
cat >mnt/etc/systemd/system/say.service <<-'END'
	[Unit]
	After=multi-user.target
	[Service]
	Type=oneshot
	ExecStart=/usr/local/sbin/say
	[Install]
	WantedBy=graphical.target
END
ln -sf /lib/systemd/system/graphical.target mnt/etc/systemd/system/default.target
mkdir -p mnt/etc/systemd/system/graphical.target.wants
ln -s ../say.service mnt/etc/systemd/system/graphical.target.wants/
ln -s /dev/null mnt/etc/systemd/system/serial-getty@ttyS0.service # it hangs up on who else writes there
cp mnt/boot/vmlinuz-* kernel
cp mnt/boot/initrd.img-* initrd
if [ -n "$shape" ]; then
	mkfs.ext4 -q -F -E offset=$((2048 * 512)),root_owner=0:0 -U $boot_uuid -d mnt/boot old.raw 262144k
	rm -rf mnt/boot && mkdir mnt/boot
fi
mkfs.ext4 -q -F -E offset=$((first * 512)),root_owner=0:0 -U $root_uuid -d mnt old.raw 2359296k
rm -rf mnt
truncate -s 256M swap.raw
mkswap -q -U $swap_uuid swap.raw
dd if=swap.raw of=old.raw bs=64K count=1 seek=$((swap * 512)) oflag=seek_bytes conv=notrunc status=none

# --- before ---

start() { # SECONDS QEMU-OPTION...: by the BIOS, until it switches itself off; what it says is in words.txt
	local limit=$1 pid i
	shift
	qemu-system-x86_64 -machine pc,accel=tcg -cpu max -m 1024 -nodefaults -display none -vga std -net none -no-reboot \
		-serial file:bios.txt -device virtio-scsi-pci -device scsi-hd,drive=disk "$@" &
	pid=$!
	for ((i = 0; i < limit; i++)); do
		kill -0 $pid 2>/dev/null || break
		sleep 1
	done
	! kill $pid 2>/dev/null || fail "the BIOS does not start it: $(tail -20 bios.txt)"
	wait $pid || true
	tr -d '\r' <bios.txt | grep -a '^HVGEN2\|^grub:' >words.txt || fail "nothing was said: $(tail -20 bios.txt)"
}

# Its own boot loader is set up by itself.
start 600 -drive if=none,id=disk,format=raw,file=old.raw -kernel kernel -initrd initrd \
	-append "root=UUID=$root_uuid ro console=ttyS0,115200"
grep -qx 'HVGEN2 GRUB-INSTALL 0' words.txt && grep -qx 'HVGEN2 UPDATE-GRUB 0' words.txt || fail "$(cat words.txt)"
start 600 -drive if=none,id=disk,format=raw,snapshot=on,file=old.raw
grep -qx 'HVGEN2 FIRMWARE BIOS' words.txt || fail "$(cat words.txt)"
mv words.txt before.words
sed -n 's/^HVGEN2 CMDLINE //p' before.words >old.cmdline

# --- after ---
expect 0 "$HVGEN2" convert -q -o new.vhdx --nvram new.fd old.raw
boot_linux new.vhdx secure old.cmdline 600
tr -d '\r' <serial.txt | grep -a '^HVGEN2\|^grub:' >after.words
cat after.words
for words in SWAP FAILED GRUB-INSTALL UPDATE-GRUB; do
	[ "$(grep "^HVGEN2 $words " before.words)" = "$(grep "^HVGEN2 $words " after.words)" ] ||
		fail "another $words: $(cat before.words after.words)"
done
grep -qx 'HVGEN2 SWAP 1' after.words && grep -qx 'HVGEN2 GRUB-INSTALL 0' after.words || fail "$(cat after.words)"

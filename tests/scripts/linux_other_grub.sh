#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What GRUB reads of a guest may be another file system than the one that was looked at, or not the one that was started: that is refused,
# and so is a GRUB for the ESP that cannot read what was read here.
. "$(dirname "$0")/lib.sh"
. "$SOURCE_DIR/tests/scripts/linux_lib.sh"
need jq sfdisk debugfs python3 mkfs.xfs mkfs.btrfs grub-fstest

# The program with a grub-fstest of ours, which may do otherwise before it calls the real one.
program=$HVGEN2
mkdir bin
printf '#!/bin/bash\nPATH=%q exec %q "$@"\n' "$work/bin:$PATH" "$HVGEN2" >around
chmod +x around
grub() { # COMMANDS in front of the real one
	printf '#!/bin/sh\n%s\nexec %q "$@"\n' "$1" "$(command -v grub-fstest)" >bin/new
	chmod +x bin/new
	mv bin/new bin/grub-fstest
}

# Two systems in one Btrfs: an old one at the top, say, of which '@' was made.
btrfs() { # FOLDER: suse.raw with what is in it
	truncate -s 130M suse.raw
	echo 'start=2048,type=83' | sfdisk -q suse.raw
	truncate -s 120M part.raw
	mkfs.btrfs -q -f -U 5a9d1c3e-7b20-4e11-9c55-3f0a12b4c6d8 --rootdir "$1" part.raw >mkfs.txt # of mklinux.sh
	dd if=part.raw of=suse.raw bs=1M seek=1 conv=notrunc,sparse status=none
	rm -r "$1" part.raw
}
mkdir -p tree/{etc,usr/lib,root/etc} tree/@/{etc,usr/lib}
touch tree/{,root/}etc/fstab tree/usr/lib/os-release tree/@/etc/fstab tree/@/usr/lib/os-release
btrfs tree
advised linux-ambiguous "in the guest, remove from the Btrfs the system that does not run, and convert again" inspect suse.raw
grep -qF "'/' and '/@'" err.txt || fail "$(cat err.txt)"
# The home of root is none, whatever is in it.
mkdir -p tree/{etc,usr/lib,root/etc}
touch tree/{,root/}etc/fstab
printf 'ID=x\n' >tree/usr/lib/os-release
btrfs tree
expect 3 "$HVGEN2" inspect suse.raw
grep -qF '[linux-bootloader]' err.txt || fail "$(cat err.txt)"

# One that stands somewhere else is no data.
mkdir -p tree/home tree/@mine/{etc,usr/lib}
touch tree/@mine/etc/fstab
btrfs tree
advised linux-unreadable "in the guest, move /boot and root to ext4, or into the subvolume '@', and convert again" inspect suse.raw
grep -qF "a system stands in '/@mine' of the Btrfs, and not at its top or in '@', '@rootfs' or 'root'" err.txt || fail "$(cat err.txt)"

# The root of SUSE without its way to count paths, which no grub.cfg of ours leads to.
make_linux plain plain.raw
mkdir -p tree/@/.snapshots/{1,7/snapshot,12/snapshot/var,x} # after a rollback
dd if=plain.raw of=ext.raw bs=1M skip=1 count=96 status=none
debugfs -R "rdump / tree/@/.snapshots/7/snapshot" ext.raw >debugfs.txt 2>&1
btrfs tree
advised linux-boot-menu "make the boot menu anew in the guest (update-grub, or grub2-mkconfig -o /boot/grub2/grub.cfg), start the VM \
with it once, and convert again" convert -o new.vhdx suse.raw
grep -qF "in a snapshot of Btrfs, '/@/.snapshots/7/snapshot/boot/grub'" err.txt || fail "$(cat err.txt)"

# What GRUB finds by the name of a device is another file system.
make_linux xfs old.vhdx
HVGEN2=$work/around
grub 'case $5 in *")") echo "Partition x: Filesystem type xfs, UUID 00112233-4455-6677-8899-aabbccddeeff"; exit ;; esac'
advised linux-ambiguous "rename one of two volume groups that have the same name (vgrename in the guest), or make the partition table \
anew without empty entries, and convert again" inspect old.vhdx
# A long path, which GRUB says twice and cuts.
long=$(printf '%0240d' 1)
grub "case \$4 in *vmlinuz*) echo \"grub-fstest: error: cannot open \\\`(loop0,msdos1)/$long': file \\\`/$long.\" >&2; exit 1 ;; esac"
expect 3 "$HVGEN2" inspect old.vhdx
grep -q "boot menu starts, cannot be read: '.*': No such file" err.txt || fail "$(cat err.txt)"

# A folder that GRUB lists in part, or not at all, is none that is not there. (All are asked for one by one.)
folder() { # WHAT GRUB DOES WITH /etc/udev/rules.d
	grub 'case $2,$4,$5 in ls,-a,*) exit 0 ;; ls,-la,*/etc/udev/rules.d/) '"$1"' ;;
		cat,*,*) [ "${4%/etc/udev/rules.d}" = "$4" ] || { echo "x: error: not a regular file." >&2; exit 1; } ;; esac'
	expect 0 "$HVGEN2" inspect --json old.vhdx
	jq -e --arg text "$2" 'any(.warnings[]; contains("not all that the guest has set for its network adapters is known: '"'/etc/udev/rules.d'"' is a folder that GRUB cannot read" + $text)) or $text == "none"' \
		out.txt >/dev/null || fail "$1: $(jq .warnings out.txt)"
}
folder 'exit 0' ''
folder 'echo "512          20260102030405 70-x.rules"; exit 0' ' to its end'
folder 'echo; exit 0' none
! grep -q 'is a folder that GRUB' out.txt || fail "an empty folder: $(jq .warnings out.txt)"
HVGEN2=$program

# The GRUB of the ESP has to read what the other one has read here.
mkdir efi
cp /usr/lib/shim/shimx64.efi.signed efi/shimx64.efi
grub_with() { # BYTES BYTES
	python3 - "$1" "$2" <<-'END'
		import sys
		old, new = (eval("b'" + word + "'") for word in sys.argv[1:])
		data = open("/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed", "rb").read()
		assert old in data
		open("efi/grubx64.efi", "wb").write(data.replace(old, new))
	END
}
grub_with '\0xfs\0' '\0xXs\0'
advised no-efi-files "name the shim and GRUB of the guest's distribution (--efi-files), or install them in the guest, and convert again" \
	convert --efi-files efi -o new.vhdx old.vhdx
grep -qF "has no module 'xfs', by which it would read the file system with /boot on partition 1" err.txt || fail "$(cat err.txt)"
older='is older than 2\.[0-9]*, which is the first to read all that the file system with /boot on partition 1 has'
expect 0 "$HVGEN2" convert -n -o new.vhdx old.vhdx
! grep -q "$older" out.txt || fail "the GRUB of this machine is new enough: $(cat out.txt)"
grub_with ',grub,2.06,' ',grub,2.02,'
expect 0 "$HVGEN2" convert -n --efi-files efi -o new.vhdx old.vhdx
grep -q "GRUB ('efi') $older" out.txt || fail "no warning: $(cat out.txt)"

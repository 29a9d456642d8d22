#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the ESP of a Linux leads to is read by grub-fstest: 'verify' finds the guest's menu and the kernel that it starts, and says what
# is wrong with a good result in which one of them was damaged; where GRUB cannot be asked it says that.
. "$(dirname "$0")/lib.sh"
. "$SOURCE_DIR/tests/scripts/linux_verify_lib.sh"
real=$PATH

convert plain
kernel=$(cd "$LINUX_FOLDER/boot" && ls vmlinuz-*)
initrd=initrd.img-${kernel#vmlinuz-}
damage 'rm /boot/grub/grub.cfg'
fails linux-menu "'.EFI.debian.grub.cfg' hands over to '/boot/grub/grub.cfg' on \(loop0,gpt1\), and GRUB says: .*\`/boot/grub/grub.cfg' not found"
! grep -q linux-kernel out.txt || fail "a kernel without a menu: $(cat out.txt)"
echo >empty
damage 'rm /boot/grub/grub.cfg' 'write empty /boot/grub/grub.cfg'
fails linux-menu 'which is empty'
damage "rm /boot/$kernel"
fails linux-kernel "the entry 'Debian GNU/Linux' starts '/boot/$kernel', and GRUB says: .*not found"
head -c 9000000 "$LINUX_FOLDER/boot/$kernel" >cut
damage "rm /boot/$kernel" "write cut /boot/$kernel"
fails linux-kernel "'/boot/$kernel' of the entry 'Debian GNU/Linux' is cut short \(9000000 bytes\)"
damage "rm /boot/$kernel" "write empty /boot/$kernel"
fails linux-kernel "is no Linux kernel"
damage "rm /boot/$initrd"
fails linux-kernel "starts '/boot/$initrd', and GRUB says: .*not found"
damage "rm /boot/$initrd" "write /dev/null /boot/$initrd"
fails linux-kernel "'/boot/$initrd' of the entry .* is empty"

# A kernel that the default does not start is not looked at; one that it does start is.
debugfs -R 'dump /boot/grub/grub.cfg menu' "good.raw?offset=$(start 1)" >debugfs.txt 2>&1
sed "s/set default=\"0\"/set default=\"\${saved_entry}\"/; 1,/linux.*$kernel/s/$kernel/vmlinuz-gone/" menu >menu.saved
printf '# GRUB Environment Block\nsaved_entry=gnulinux-advanced-5a9d1c3e-7b20-4e11-9c55-3f0a12b4c6d8>0\n' >grubenv
damage 'rm /boot/grub/grub.cfg' 'write menu.saved /boot/grub/grub.cfg'
fails linux-kernel "'Debian GNU/Linux' starts '/boot/vmlinuz-gone'"
damage 'rm /boot/grub/grub.cfg' 'write menu.saved /boot/grub/grub.cfg' 'write grubenv /boot/grub/grubenv'
verified 0 bad.raw
says "ok    linux-kernel: the entry 'Debian GNU/Linux, with Linux "
sed 's/5a9d1c3e-7b20-4e11-9c55-3f0a12b4c6d8/01234567-89ab-cdef-0123-456789abcdef/' menu >menu.other
damage 'rm /boot/grub/grub.cfg' 'write menu.other /boot/grub/grub.cfg'
fails linux-kernel 'looks for the file system 01234567-89ab-cdef-0123-456789abcdef, which GRUB does not find on this disk'

# The menu goes on with custom.cfg.
sed 's/set default="0"/set default="mine"/' menu >menu.custom
# shellcheck disable=SC2016 # of GRUB
printf '%s\n' 'if [ -f  ${config_directory}/custom.cfg ]; then' '  source ${config_directory}/custom.cfg' \
	'elif [ -z "${config_directory}" -a -f  $prefix/custom.cfg ]; then' '  source $prefix/custom.cfg' fi >>menu.custom
{
	echo 'menuentry "mine" {'
	grep -m1 search menu
	printf '%s\n' 'linux /boot/mine ro' "initrd /boot/$initrd" '}'
} >custom.cfg
damage 'rm /boot/grub/grub.cfg' 'write menu.custom /boot/grub/grub.cfg' 'write custom.cfg /boot/grub/custom.cfg'
fails linux-kernel "the entry 'mine' starts '/boot/mine', and GRUB says: .*not found"
damage 'rm /boot/grub/grub.cfg' 'write menu.custom /boot/grub/grub.cfg'
verified 0 bad.raw
says "ok    linux-kernel: the entry 'Debian GNU/Linux' starts"
# shellcheck disable=SC2016 # of GRUB
echo 'source ($other)/more.cfg' >>menu.custom
damage 'rm /boot/grub/grub.cfg' 'write menu.custom /boot/grub/grub.cfg'
verified 0 bad.raw
says "skipped linux-kernel \(which entry GRUB starts cannot be told: '/boot/grub/grub.cfg' goes on with another file, and names 'mine'\)"

# An entry of another disk is none where it cannot be told which is the default, unless there are no others.
sed -e 's/set default="0"/set default="2nd"/' -e "1,/linux.*$kernel/s/5a9d1c3e/5a9d1c3f/" menu >menu.doubt
damage 'rm /boot/grub/grub.cfg' 'write menu.doubt /boot/grub/grub.cfg'
verified 0 bad.raw
says "ok    linux-kernel: the entry 'Debian GNU/Linux, with Linux "
sed -i 's/5a9d1c3e/5a9d1c3f/' menu.doubt
damage 'rm /boot/grub/grub.cfg' 'write menu.doubt /boot/grub/grub.cfg'
fails linux-kernel 'looks for the file system 5a9d1c3f-.*, which GRUB does not find on this disk'
# So is one that names its file system otherwise.
sed -e 's/set default="0"/set default="2nd"/' -e "1,/linux.*$kernel/s/search .*/set root=(hd0,5)/" menu >menu.doubt
damage 'rm /boot/grub/grub.cfg' 'write menu.doubt /boot/grub/grub.cfg'
verified 0 bad.raw
says "ok    linux-kernel: the entry 'Debian GNU/Linux, with Linux "
sed 's/search .*/set root=(hd0,5)/' menu >menu.other
damage 'rm /boot/grub/grub.cfg' 'write menu.other /boot/grub/grub.cfg' "rm /boot/$kernel"
verified 0 bad.raw
says "skipped linux-kernel \(the entry 'Debian GNU/Linux' does not name its file system by the UUID\)"

# The ESP leads to no file system of this disk, or to no menu.
esp=$(start 15)
mtype -i good.raw@@"$esp" ::/EFI/debian/grub.cfg >stub
other() { # EXPRESSION of sed
	cp --sparse=always good.raw bad.raw
	sed "$1" stub >stub.bad
	mcopy -o -i bad.raw@@"$esp" stub.bad ::/EFI/debian/grub.cfg
}
other 's/5a9d1c3e/5a9d1c3f/'
fails linux-menu 'leads to the file system 5a9d1c3f-7b20-4e11-9c55-3f0a12b4c6d8, which GRUB does not find on this disk' 2
other '/^configfile/d'
fails linux-menu 'hands over to no menu'

# What it takes is not there, or does not work.
mkdir bin
for tool in fsck.fat mdir mtype; do ln -s "$(command -v $tool)" bin; done
PATH=$work/bin verified 0
says 'skipped linux-menu \(.*grub-fstest is not installed here'
printf '#!/bin/sh\nkill -KILL $$\n' >bin/grub-fstest
chmod +x bin/grub-fstest
PATH=$work/bin:$real verified 0
says 'skipped linux-menu \(.*cannot be read by GRUB: it was ended by signal 9\)'

# The guest's own ESP leads there too.
convert gpt-esp
says 'ok    esp-signatures: 2 programs are what was signed'
damage 'rm /boot/grub/grub.cfg'
fails linux-menu "hands over to '/boot/grub/grub.cfg'"

# In a logical volume, which is one although its images are the same file system.
convert lvm-raid1
says "ok    esp-grub-cfg: '.EFI.debian.grub.cfg' leads to the file system 5a9d1c3e-7b20-4e11-9c55-3f0a12b4c6d8 on \(lvm/vg-root\)"
esp=$(start 15)
mtype -i good.raw@@"$esp" ::/EFI/debian/grub.cfg >stub
other 's/5a9d1c3e/5a9d1c3f/'
fails esp-grub-cfg 'file system 5a9d1c3f-.*, which is on no partition, and in no array and logical volume that GRUB reads' 2
# Where not all names of volumes can be read, one that is not found may be there.
cp --sparse=always good.raw bad.raw
for number in 1 2; do printf '\377\377\377' | dd of=bad.raw conv=notrunc status=none bs=1 seek=$(($(start $number) + 4096 + 48)); done
verified 0 bad.raw
says 'skipped esp-grub-cfg \(.*which GRUB could tell: not all arrays and logical volumes are known'
says 'skipped linux-menu \(not all arrays and logical volumes are known'

cp --sparse=always good.raw bad.raw
python3 - "$(start 1)" "$(start 2)" <<-'END'
	import sys
	words, shown = b'status = ["READ", "WRITE"]\n', b'status = ["VISIBLE"]      \n'
	with open('bad.raw', 'r+b') as disk:
	    for start in map(int, sys.argv[1:]):
	        disk.seek(start)
	        text = disk.read(1 << 20)
	        assert text.count(words) == 4
	        disk.seek(start)
	        disk.write(text.replace(words, shown))
END
fails esp-grub-cfg 'file system 5a9d1c3e-.*, and 3 arrays or logical volumes have it'
PATH=$work/bin:$real verified 0
says 'skipped esp-grub-cfg \(.*: on no partition, perhaps in a logical volume or an array, which GRUB could tell: .*signal 9'

# Entries of the Boot Loader Specification.
convert bls
entries=$(debugfs -R 'ls -p /loader/entries' "good.raw?offset=$(start 1)" 2>debugfs.txt | sed -n 's,.*/\([^/]*\.conf\)/.*,\1,p')
# What Fedora counts for starts that have failed is not the default, and an entry whose kernel is gone is not started.
debugfs -R 'dump /grub2/grub.cfg menu' "good.raw?offset=$(start 1)" >debugfs.txt 2>&1
# shellcheck disable=SC2016 # of GRUB
counting='if [ -n "${boot_counter}" -a "${boot_success}" = "0" ]; then
  if [ "${boot_counter}" = "0" -o "${boot_counter}" = "-1" ]; then
    set default=1
    set boot_counter=-1
  else
    decrement boot_counter
  fi
  save_env boot_counter
fi'
awk -v more="$counting" '{ print } /END .etc.grub.d.00_header/ { print more }' menu >menu.counting
grep -q boot_counter menu.counting || fail "$(cat menu)"
printf 'title Gone\nversion 0.9\nlinux /vmlinuz-0.9\ninitrd /initramfs-0.9.img\n' >gone.conf
damage 'rm /grub2/grub.cfg' 'write menu.counting /grub2/grub.cfg' 'write gone.conf /loader/entries/gone-0.9.conf'
verified 0 bad.raw
says "ok    linux-kernel: the entry 'Rocky Linux .* starts '/$kernel'"
damage "rm /$kernel"
fails linux-kernel "the entry 'Rocky Linux .* starts '/$kernel', and GRUB says: .*not found"
mapfile -t commands < <(for name in $entries; do echo "rm /loader/entries/$name"; done)
[ "${#commands[@]}" -eq 2 ] || fail "no entries: $entries"
# Where only that for rescue is left, it is looked at.
rescue=$(grep -e -0-rescue <<<"$entries")
mapfile -t others < <(for name in $entries; do [ "$name" = "$rescue" ] || echo "rm /loader/entries/$name"; done)
damage "${others[@]}"
fails linux-kernel "the entry 'Rocky Linux \(0-rescue.* starts '/vmlinuz-0-rescue.*not found"
damage "${commands[@]}"
fails linux-kernel "the menu shows the entries in '/loader/entries/', and there are none"
echo "menus and kernels"

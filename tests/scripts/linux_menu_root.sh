#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Where the guest's menu looks for its kernel has to be found on the new disk: by the UUID of the file system, or where the ESP's
# grub.cfg has found it, and not by a partition of the MBR.
. "$(dirname "$0")/lib.sh"
. "$SOURCE_DIR/tests/scripts/linux_lib.sh"
need debugfs grub-script-check jq

make_linux plain plain.raw
debugfs -R 'dump /boot/grub/grub.cfg menu.txt' 'plain.raw?offset=1048576' 2>debugfs.txt
menu() { # EXPRESSION of sed: disk.raw has what becomes of the menu
	sed "$1" menu.txt >new.txt
	! cmp -s menu.txt new.txt || fail "the same menu: $1"
	grub-script-check new.txt || fail "no menu: $1"
	cp --sparse=always plain.raw disk.raw
	printf 'rm /boot/grub/grub.cfg\nwrite new.txt /boot/grub/grub.cfg\n' | debugfs -w -f - 'disk.raw?offset=1048576' >debugfs.txt 2>&1
}
refused() { # EXPRESSION WORDS
	menu "$1"
	if [[ $2 == the* ]]; then
		advised linux-boot-menu "in the guest, make the boot menu anew (update-grub, or grub2-mkconfig -o /boot/grub2/grub.cfg) and one of its own \
entries the default (grub-set-default), start the VM with it once, and convert again" inspect disk.raw
	else
		advised linux-boot-menu "in the guest, take GRUB_DISABLE_UUID out of /etc/default/grub where it is there, make the boot menu anew \
(update-grub, or grub2-mkconfig -o /boot/grub2/grub.cfg), start the VM with it once, and convert again" inspect disk.raw
	fi
	grep -qF "the boot menu on partition 1 looks for the kernel on $2" err.txt || fail "$1: $(cat err.txt)"
}
accepted() { # EXPRESSION
	menu "$1"
	expect 0 "$HVGEN2" inspect disk.raw
}
away="'hd0,msdos1', a partition of an MBR"
other="the file system deadbeef-7b20-4e11-9c55-3f0a12b4c6d8, which is another, or else on $away"

refused 's/search .*/true/' "$away, and by no UUID"
refused "s/search .*/true/; s/set root='hd0,msdos1'/root=hd0,msdos1/" "$away, and by no UUID"
refused "s/search .*/true/; s/set root='hd0,msdos1'/set root='(hd0,msdos1)'/" "'(hd0,msdos1)', a partition of an MBR, and by no UUID"
refused '/search /s/5a9d1c3e/deadbeef/' "$other"
refused "s/search .*/search.fs_uuid deadbeef-7b20-4e11-9c55-3f0a12b4c6d8 root hd0,msdos1/" "$other"
refused "s/set root=.*/true/; s/search .*/true/; 1i set root='hd0,msdos1'" "$away, and by no UUID"
refused "/search /s/--set=root/--set=other/" "$away, and by no UUID"
refused "s/set root=.*/true/; /search /s/5a9d1c3e/deadbeef/; 1i set root='hd0,msdos1'" "$other"
# The last word of a search is that of the ESP's, when nobody has said otherwise.
accepted "s/set root=.*/true/; s/search .*/true/"
accepted "s/set root=.*/true/; /search /s/5a9d1c3e/deadbeef/"
accepted "s/set root=.*/true/; s/search .*/true/; 1i set root='hd0,msdos1'\nsearch --fs-uuid --set=root --hint hd0,msdos1 5A9D1C3E-7b20-4e11-9c55-3f0a12b4c6d8"
# What these find is not known.
accepted 's/search .*/search --label --set=root system/'
accepted 's,search .*,search --file --set /boot/grub/grub.cfg,'
accepted "s/search .*/search --fs-uuid --set=root \$boot_uuid/"
accepted "s/set root=.*/true/; s/search .*/search --label --set=root system/; 1i set root='hd0,msdos1'"
# A number alone is that of any table, and what is said under a condition may not be.
accepted "s/search .*/true/; s/set root='hd0,msdos1'/set root='hd0,1'/"
accepted 's,linux[[:space:]]*/boot,linux (hd0\,1)/boot,'
accepted "s/set root=.*/true/; s/search .*/true/; 1i if [ -n \"\$none\" ]; then true; else\nset root='hd0,msdos1'\nfi"
# The first word is what is searched for, and -s takes one.
accepted 's/search .*/search --fs-uuid --set=root 5a9d1c3e-7b20-4e11-9c55-3f0a12b4c6d8 hd0,msdos1/'
accepted 's/search .*/search -u 5a9d1c3e-7b20-4e11-9c55-3f0a12b4c6d8 -s root/'
# A kernel by its place.
menu 's,linux[[:space:]]*/boot,linux (hd0\,msdos1)/boot,'
expect 3 "$HVGEN2" inspect disk.raw
grep -qF "the boot menu has '(hd0,msdos1)/boot/" err.txt || fail "$(cat err.txt)"

# A default by its number, in a menu that a GRUB without blscfg does not sort.
make_linux bls disk.raw
conf=$(debugfs -R 'ls -p /loader/entries' 'disk.raw?offset=1048576' 2>/dev/null | sed -n '/rescue/d; s,^/[^/]*/[^/]*/[^/]*/[^/]*/\([^/]*\.conf\)/.*,\1,p')
newer() { sed 's/6\.1\.0-[0-9]*/6.1.0-999/'; }
debugfs -R "cat /loader/entries/$conf" 'disk.raw?offset=1048576' 2>/dev/null | newer >newer.txt
printf '# GRUB Environment Block\nsaved_entry=1\n' >env
truncate -s 1024 env
tr '\0' '#' <env >grubenv
printf 'write newer.txt /loader/entries/%s\nrm /grub2/grubenv\nwrite grubenv /grub2/grubenv\n' "$(newer <<<"$conf")" |
	debugfs -w -f - 'disk.raw?offset=1048576' >debugfs.txt 2>&1
expect 0 "$HVGEN2" inspect --json disk.raw
jq -e '.linux.kernel.is_default and any(.warnings[]; test("^GRUB .* has no command blscfg, and starts the newest entry of the guest.s boot menu, not number 1 of it"))' \
	out.txt >/dev/null || fail "$(jq '.linux, .warnings' out.txt)"

# What the menu says itself goes before what was saved.
debugfs -R 'cat /grub2/grub.cfg' 'disk.raw?offset=1048576' 2>/dev/null >bls.txt
bls_menu() { # EXPRESSION of sed
	sed "$1" bls.txt >new.txt
	! cmp -s bls.txt new.txt || fail "the same menu: $1"
	printf 'rm /grub2/grub.cfg\nwrite new.txt /grub2/grub.cfg\n' | debugfs -w -f - 'disk.raw?offset=1048576' >debugfs.txt 2>&1
}
bls_menu '$a set default=0'
expect 3 "$HVGEN2" inspect disk.raw
grep -q "vmlinuz-6.1.0-999" err.txt || fail "not the newest, which is not there: $(cat err.txt)"
# Entries are looked for by 'root' and 'boot'.
bls_menu "\$a set boot='hd0,msdos1'"
expect 3 "$HVGEN2" inspect disk.raw
grep -qF "looks for the kernel on $away, and by no UUID" err.txt || fail "$(cat err.txt)"

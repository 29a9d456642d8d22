#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# advice_guest.sh: what the program advises about a guest is given word for word, and it leads to a conversion. What only
# the guest itself can do (chkdsk, sfc, shutting down, decrypting) is done here by putting into the disk what the guest
# would have left there: the files and sectors of the same VM without the defect.
. "$(dirname "$0")/lib.sh"
need jq qemu-img mkntfs sfdisk ntfscat ntfscp ntfsfix ntfsinfo

make() { "$MKVM" --small --format raw "$@" vm.raw; }
converts() { # CONVERT OPTION...
	expect 0 "$HVGEN2" convert -f --format dynamic -o new.vhdx "$@" vm.raw
	qemu-img check -q new.vhdx
	expect 0 "$HVGEN2" verify --no-guestfs new.vhdx
}

# It is the sound VM again, which converts.
is_sound() { qemu-img compare -q -f raw -F raw vm.raw sound.raw || fail "not the sound disk"; }

# A partition out of a raw disk, and into vm.raw.
take() { # RAW NUMBER PART
	read -r offset size _ < <(mbr_partitions "$1" | sed -n "$2p")
	cut_raw "$1" "$offset" "$size" "$3"
}
put() { # NUMBER PART
	read -r offset size _ < <(mbr_partitions vm.raw | sed -n "$1p")
	qemu-img convert -t unsafe -n -f raw --target-image-opts "$2" \
		"driver=raw,offset=$offset,size=$size,file.driver=file,file.filename=vm.raw"
}
# Put files of the sound VM in place of those of vm.raw.
restore() { # NUMBER PATH...
	local number=$1 path
	shift
	take vm.raw "$number" part.raw
	for path; do
		ntfscat -f "sound$number.raw" "$path" >file
		ntfscp -q -f part.raw file "$path"
	done
	put "$number" part.raw
}

make
converts
mv vm.raw sound.raw
take sound.raw 1 sound1.raw
take sound.raw 2 sound2.raw

# Encrypted by Windows, and by others: decrypted is what the same disk holds in clear.
make --defect bitlocker
advised bitlocker "decrypt it in the guest (manage-bde -off), then convert again" convert vm.raw
put 2 sound2.raw
is_sound
make
head -c 4M /dev/zero | tr '\0' x | dd of=vm.raw bs=1M seek=351 conv=notrunc status=none
advised no-windows "if third-party software encrypts the guest's disk, decrypt it in the guest, shut the guest down and \
convert again; if the VM does not start either, take the disk from a backup" convert vm.raw
put 2 sound2.raw
is_sound

# Windows stands on another disk of the VM, beside no boot manager, or this is a data disk.
make --defect no-windows
advised no-windows "convert the disk of the VM that holds Windows; what starts it is rebuilt there" convert vm.raw
make --no-system-reserved --defect bcd-lost
sfdisk -q --activate vm.raw -
converts
truncate -s 64M data.raw
echo '2048,,7' | sfdisk -q data.raw
truncate -s 63M data.part
mkntfs -Q -F -q data.part >/dev/null 2>&1
dd if=data.part of=data.raw bs=1M seek=1 conv=notrunc,sparse status=none
advised no-windows "convert the disk that the VM starts from; data disks need no conversion" convert data.raw
"$MKVM" --small --defect sector-size vm.vhdx
advised sector-size "a generation 1 VM cannot start from it; convert the disk it starts from" convert vm.vhdx

# A Windows that can never start there, and one that can.
for defect in windows-too-old windows-x86; do
	make --defect $defect
	advised $defect "leave the VM as it is, or move it to 64-bit Windows 8, Windows Server 2012 or later first: no \
other Windows can start in a generation 2 VM" convert vm.raw
done
make --windows 2012
converts

# Not shut down, or not soundly.
make --defect hibernated
advised hibernated "start the guest and shut it down fully (shutdown /s /t 0, or disable fast startup), then convert again" \
	convert vm.raw
make --defect fast-startup
advised ntfs-dirty "take a copy that Windows has prepared (a production checkpoint or a VSS snapshot, an \
application-consistent recovery point), or start the guest, shut it down fully and convert again" convert vm.raw
put 2 sound2.raw
is_sound
# A log of 1.1 whose end cannot be found, one that chkdsk made void, and one of those that is damaged.
make --defect ntfs-dirty
advised ntfs-dirty "take a copy that Windows has prepared (a production checkpoint or a VSS snapshot, an \
application-consistent recovery point), or start the guest, shut it down fully and convert again" convert vm.raw
take vm.raw 2 part.raw
log=$(ntfsinfo -f -i 2 -v part.raw 2>/dev/null | awk '/Runlist:/ { getline; print $2 }')
for page in 0 1; do # both restart pages; clusters and pages have 4096 bytes
	printf CHKD | dd of=part.raw bs=4096 seek=$((log + page)) conv=notrunc status=none
done
put 2 part.raw
converts
jq -e '[.. | strings | select(contains("which chkdsk has made void"))] | length == 1' new.report.json >/dev/null ||
	fail "the report does not tell of the journal"
for page in 0 1; do # the restart area is beyond the page
	printf '\xf0\xff' | dd of=part.raw bs=1 seek=$(((log + page) * 4096 + 24)) conv=notrunc status=none
done
put 2 part.raw
advised ntfs-dirty "start the guest so that Windows replays the journal, run chkdsk, shut it down cleanly, then convert \
again" convert vm.raw
take vm.raw 2 part.raw
ntfsfix part.raw >/dev/null
ntfsfix -d part.raw >/dev/null
put 2 part.raw
converts
make --defect ntfs-dirty-flag
advised ntfs-dirty "run chkdsk /f in the guest, shut it down fully and convert again" convert vm.raw
take vm.raw 2 part.raw
ntfsfix -d part.raw >/dev/null
put 2 part.raw
converts
make --defect hive-dirty
advised hive-dirty "start the guest once and shut it down fully, then convert again" convert vm.raw
restore 2 /Windows/System32/config/SYSTEM
converts

# Boot files of Windows: missing, held elsewhere, or of a certificate that this Windows does not know.
make --defect no-efi-files
advised no-efi-files "repair Windows in the guest (sfc /scannow, or dism /online /cleanup-image /restorehealth), shut down \
and convert again" convert vm.raw
restore 2 /Windows/System32/winload.efi /Windows/System32/winresume.efi
advised no-efi-files "repair Windows in the guest (sfc /scannow, or dism /online /cleanup-image /restorehealth), shut down \
and convert again" convert vm.raw
restore 2 /Windows/Boot/EFI/bootmgfw.efi
converts
make --defect wof-unsupported
advised wof-unsupported "decompress the file in the guest (compact /u /exe FILE), shut down and convert again" convert vm.raw
put 2 sound2.raw
is_sound
advised no-efi-files "install the current cumulative update in the guest, or use --boot-files 2011" \
	convert --boot-files 2023 vm.raw
converts --boot-files 2011

# The boot store: none, damaged, or several that nothing tells apart, and no template to make one of.
make --defect no-bcd
advised no-bcd "check that the VM starts from this disk, or rebuild its boot store in the guest with bcdboot" convert vm.raw
restore 1 /Boot/BCD
converts
make --defect bcd-damaged
advised bcd-damaged "rebuild the boot store in the guest with 'bcdboot C:\Windows', then convert again" convert vm.raw
restore 1 /Boot/BCD
converts
make --defect bcd-damaged --no-active --stale-bcd
advised no-bcd "make the partition active that the VM starts from (in the guest with diskpart: select disk 0, select \
partition N, active), shut down and convert again" convert vm.raw
sfdisk -q --activate vm.raw 1
advised bcd-damaged "rebuild the boot store in the guest with 'bcdboot C:\Windows', then convert again" convert vm.raw
restore 1 /Boot/BCD
converts
make --defect no-bcd
printf x | dd of=vm.raw bs=1 seek=$((1048576 + 3)) conv=notrunc status=none
advised no-bcd "repair that partition in the guest (chkdsk /f), shut down and convert again" convert vm.raw
put 1 sound1.raw
converts

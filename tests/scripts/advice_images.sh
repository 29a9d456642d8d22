#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# advice_images.sh: what the program advises about a file that it is given is given word for word, and followed where the
# host can follow it. (foreign.sh runs the commands that make a disk of another format.)
. "$(dirname "$0")/lib.sh"
need jq qemu-img mkntfs

is_sound() { qemu-img compare -q -f "$1" -F raw "$2" sound.raw || fail "'$2' is not the sound disk"; }
converts() { # CONVERT ARGUMENT...
	expect 0 "$HVGEN2" convert -f --format dynamic -o new.vhdx "$@"
	qemu-img check -q new.vhdx
}
# The command in the advice, on this file.
follow() { # FILE
	local command
	command=$(sed -n 's/.*: \(truncate [^;,]*\) COPY\(,.*\)\?$/\1/p' err.txt)
	[ -n "$command" ] || fail "no command: $(cat err.txt)"
	$command "$1"
}
begins() { # BYTES [OFFSET]: a file that begins with them, or has them there
	rm -f file
	truncate -s 64K file
	printf "$1" | dd of=file bs=1 seek="${2:-0}" conv=notrunc status=none
}

"$MKVM" --small --format raw sound.raw
converts sound.raw

# No disk image at all.
seq 1000 >file
advised not-a-disk-image "name a VHDX, VHD or raw disk image" convert file
mkdir folder
advised not-a-disk-image "name a VHDX, VHD or raw disk image" convert --source-format raw folder
advised no-vm "give the folder of an export, or the .vmcx or .xml file itself" convert folder

# Images of other formats, and packed ones.
for bytes in 'QFI\xfb' 'QED\0' KDMV COWD '# Disk DescriptorFile' WithoutFreeSpace WithouFreSpacExt \
	'Bochs Virtual HD Image'; do
	begins "$bytes"
	advised not-a-disk-image "make a VHDX of it with 'qemu-img convert -O vhdx FILE NEW.vhdx' and convert that" convert file
done
begins '\x7f\x10\xda\xbe' 64
advised not-a-disk-image "make a VHDX of it with 'qemu-img convert -O vhdx FILE NEW.vhdx' and convert that" convert file
begins koly 65024
advised not-a-disk-image "make a VHDX of it with 'qemu-img convert -O vhdx FILE NEW.vhdx' and convert that" convert file
begins '\x1f\x8b\x08'
advised not-a-disk-image "unpack it with 'gunzip -c FILE > DISK' and convert what was in it" convert file
begins '\xfd7zXZ\0'
advised not-a-disk-image "unpack it with 'unxz -c FILE > DISK' and convert what was in it" convert file
begins BZh
advised not-a-disk-image "unpack it with 'bunzip2 -c FILE > DISK' and convert what was in it" convert file
begins LZIP
advised not-a-disk-image "unpack it with 'lzip -dc FILE > DISK' and convert what was in it" convert file
begins '\x1f\x9d'
advised not-a-disk-image "unpack it with 'gunzip -c FILE > DISK' and convert what was in it" convert file
begins '\x89LZO\0\r\n\x1a\n'
advised not-a-disk-image "unpack it with 'lzop -dc FILE > DISK' and convert what was in it" convert file
begins '\x28\xb5\x2f\xfd'
advised not-a-disk-image "unpack it with 'unzstd -c FILE > DISK' and convert what was in it" convert file
begins '\x04\x22\x4d\x18'
advised not-a-disk-image "unpack it with 'unlz4 -c FILE > DISK' and convert what was in it" convert file
begins 'PK\3\4'
advised not-a-disk-image "unpack it with 'unzip FILE' and convert what was in it" convert file
begins '7z\xbc\xaf\x27\x1c'
advised not-a-disk-image "unpack it with '7z x FILE' and convert what was in it" convert file
begins 'Rar!\x1a\x07'
advised not-a-disk-image "unpack it with 'unrar x FILE' and convert what was in it" convert file
begins 'MSCF\0\0\0\0'
advised not-a-disk-image "unpack it with 'cabextract FILE' and convert what was in it" convert file
begins ustar 257
advised not-a-disk-image "unpack it with 'tar -xf FILE' and convert what was in it" convert file
begins 'EVF\x09\x0d\x0a\xff\0'
advised not-a-disk-image "make a raw image of it with 'ewfexport -f raw FILE' and convert that" convert file
begins 'LUKS\xba\xbe'
advised not-a-disk-image "unlock it with 'cryptsetup open FILE NAME' and convert /dev/mapper/NAME" convert file
begins CD001 32769
advised not-a-disk-image "convert the disk of a VM; a CD needs no conversion" convert file
for bytes in 'MSWIM\0\0\0' '\x14\x20\x28\x01' GUESTRTS '<?xml' '\xff\xfe<\0?\0x\0m\0l\0'; do
	begins "$bytes"
	advised not-a-disk-image "name the VM's disk, a VHDX or VHD, which is another file" convert file
done

# A file with something behind its last sector: the copy is cut, by the command as it stands.
cp sound.raw odd.raw
echo ab >>odd.raw
advised not-a-disk-image "copy the image again, or cut a copy of it to its right size: truncate --size=2147483648 COPY" \
	convert odd.raw
follow odd.raw
is_sound raw odd.raw
qemu-img convert -t unsafe -f raw -O vpc -o subformat=fixed,force_size=on sound.raw odd.vhd
echo ab >>odd.vhd
advised not-a-disk-image "cut a copy of it to its right size: truncate --size=2147484160 COPY, or take all of it for a raw \
disk image with --source-format raw" convert odd.vhd
follow odd.vhd
is_sound vpc odd.vhd
converts odd.vhd
rm odd.*

# A VM that was saved, and then shut down: the flag in the footer of a VHD (byte 84, in the sum of all bytes).
"$MKVM" --small --format vhd vm.vhd
set_saved() { # 0|1
	local size sum at
	size=$(stat -c %s vm.vhd)
	for at in 0 $((size - 512)); do
		sum=$(od -An -tu4 --endian=big -j$((at + 64)) -N4 vm.vhd)
		sum=$(printf %08x $((sum + (1 - 2 * $1))))
		printf "\\x${sum:0:2}\\x${sum:2:2}\\x${sum:4:2}\\x${sum:6:2}" |
			dd of=vm.vhd bs=1 seek=$((at + 64)) conv=notrunc status=none
		printf "\\x$1" | dd of=vm.vhd bs=1 seek=$((at + 84)) conv=notrunc status=none
	done
}
set_saved 1
advised saved-state "start the VM and shut it down, or, when what its memory held may be lost, delete its saved state on \
the host" convert vm.vhd
set_saved 0
is_sound vpc vm.vhd
converts vm.vhd

# A child without its parent, and with a changed one. The conversion makes the child.
"$MKVM" --small --block-size 1M parent.vhdx
qemu-img convert -t unsafe -f raw -O vhdx sound.raw other.vhdx
expect 0 "$HVGEN2" convert --format differencing --layout end -o child.vhdx parent.vhdx
mkdir away
mv parent.vhdx away
advised parent-missing "put the parent beside its child, or name its folder with --parent-dir DIR or the file with --parent \
FILE" convert child.vhdx
advised already-gpt "a disk with a GPT needs no conversion: attach it to a generation 2 VM as it is" \
	convert --parent-dir away child.vhdx
cp other.vhdx parent.vhdx
advised parent-mismatch "look for the copy of the parent that the child was made on, and name it with --parent FILE" \
	convert child.vhdx
cp sound.raw parent.vhdx
advised not-a-disk-image "look for the copy of the parent that the child was made on" convert child.vhdx
mv away/parent.vhdx .
advised already-gpt "a disk with a GPT needs no conversion: attach it to a generation 2 VM as it is" convert child.vhdx
qemu-img check -q parent.vhdx
expect 0 "$HVGEN2" verify --no-guestfs child.vhdx

# An output that is there already, under its own name or that of another option.
for output in "-o precious.vhdx --report a.json" "-o a.vhdx --report precious.json" "-o a.vhdx --report a.json --nvram precious.json"; do
	precious=precious.${output##*precious.} precious=${precious%% *}
	: >"$precious"
	# shellcheck disable=SC2086
	advised output-exists "choose another name for it, or replace it with --force" convert $output parent.vhdx
	# shellcheck disable=SC2086
	expect 0 "$HVGEN2" convert ${output/precious./b.} parent.vhdx
	rm -f a.* b.* ./*.vmgs
	[ ! -s "$precious" ] || fail "it was replaced"
	# shellcheck disable=SC2086
	expect 0 "$HVGEN2" convert --force $output parent.vhdx
	rm -f a.* ./*.vmgs
	rm -f "$precious"
done

#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# linux_convert.sh SHAPE...: made Linux guests of these shapes are converted, full and differencing, and judged by other people's
# tools: every old partition is the same bytes under the same number, the table is sound, swap is not switched on by itself, the
# ESP is sound and its grub.cfg is a script that leads to /boot; verify agrees.
. "$(dirname "$0")/lib.sh"
. "$SOURCE_DIR/tests/scripts/linux_lib.sh"
need blkid findmnt sgdisk sfdisk qemu-img python3 fsck.fat mcopy grub-script-check sbverify jq
grub_checks=() skipped='|skipped esp-grub-cfg .*logical'
if can_ask_grub; then grub_checks=(linux-menu linux-kernel) skipped=; fi

sed 's/\\-/-/g' "$SOURCE_DIR/man/hvgen2-convert.1" >manual.txt

field() { # NUMBER NAME of sgdisk
	sgdisk -i "$1" new.raw | sed -n "s/^$2: \([^ ]*\).*/\1/p"
}

# By number, start and sectors in the old table; the extended partition has no entry.
same_partitions() {
	local number start size type first
	while read -r number start size type; do
		if [ "$type" = 5 ]; then
			! sgdisk -i "$number" new.raw | grep -q 'GUID code' || fail "the extended partition has entry $number"
			continue
		fi
		first=$(field "$number" 'First sector')
		[ "$(field "$number" 'Last sector')" -eq $((first + size - 1)) ] || fail "partition $number: another size"
		cmp -n $((size * 512)) -i $((start * 512)):$((first * 512)) old.raw new.raw || fail "partition $number differs"
		[ "$type" != 82 ] || [ "$(field "$number" 'Attribute flags')" = 8000000000000000 ] || fail "swap $number"
	done < <(sfdisk --json old.raw | jq -r '.partitiontable.partitions[] | "\(.node | sub(".*raw"; "")) \(.start) \(.size) \(.type)"')
}

sound_esp() { # UUID
	local start
	start=$(field 15 'First sector')
	sgdisk -i 15 new.raw | grep -q 'EFI system partition' || fail "entry 15 is no ESP"
	sgdisk -i 14 new.raw | grep -q 'BIOS boot partition' || fail "entry 14 is no BIOS boot partition"
	dd if=new.raw of=esp.raw bs=1M iflag=skip_bytes,count_bytes skip=$((start * 512)) count=260M conv=sparse status=none
	expect 0 fsck.fat -n esp.raw
	rm -rf esp && mkdir esp && mcopy -s -i esp.raw ::/EFI esp/
	grub-script-check esp/EFI/debian/grub.cfg || fail "grub.cfg is no script"
	grep -q "search.fs_uuid $1 root" esp/EFI/debian/grub.cfg || fail "grub.cfg leads elsewhere: $(cat esp/EFI/debian/grub.cfg)"
	sbverify --list esp/EFI/debian/shimx64.efi 2>/dev/null | grep 'Microsoft' >/dev/null || fail "shim is not signed"
	cmp esp/EFI/debian/shimx64.efi esp/EFI/BOOT/BOOTX64.EFI
}

# What is said of the time afterwards: a line for fstab that is one, with the UUID that others see; and commands that are such.
told_afterwards() {
	grep -q '^Later    never attach the source disk beside the new one' page.txt || fail "$(cat page.txt)"
	grep -q 'until it knows its ESP its updates leave shim and GRUB there as they are' page.txt || fail "$(cat page.txt)"
	jq -r .afterwards.fstab new.report.json >fstab.txt
	[ "$(cut -d' ' -f1,2 fstab.txt)" = "UUID=$(blkid -p -s UUID -o value esp.raw) /boot/efi" ] || fail "another ESP: $(cat fstab.txt)"
	findmnt --verify --tab-file fstab.txt 2>&1 | grep 'parse error' && fail "no line for fstab: $(cat fstab.txt)"
	jq -r '.afterwards.commands[]' new.report.json >commands.txt
	# At 80 columns, too, what is pasted is what was meant.
	COLUMNS=80 "$HVGEN2" convert -f --nvram new.fd -o new.vhdx old.vhdx >narrow.txt 2>&1 || fail "$(cat narrow.txt)"
	sed -n '/to have them updated/,$p' narrow.txt | sed -e :a -e '/\\$/N; s/ \\\n */ /; ta' | sed 's/^ *//' >pasted.txt
	while read -r line; do grep -qxF -- "$line" pasted.txt || fail "'$line' is another command at 80 columns: $(cat narrow.txt)"; done <commands.txt
	bash -n commands.txt && [ "$(wc -l <commands.txt)" -ge 2 ] || fail "$(cat commands.txt)"
	while read -r line; do grep -qF -- "$line" page.txt || fail "not on the page: $line"; done <commands.txt
	sed "s/$(sed 's/ .*//' fstab.txt)/UUID=XXXX-XXXX/; s/ && /\n/g" commands.txt | while read -r line; do
		grep -qxF -- "$line" manual.txt || fail "not in the manual: $line"
	done
	grep -qF "$(cat fstab.txt)" commands.txt || fail "$(cat commands.txt)"
	if [[ $1 =~ bls|linux16 ]]; then
		grep -q 'never run grub2-install in the guest' page.txt && grep -q 'dnf install grub2-efi-x64 shim-x64' commands.txt || fail "$(cat page.txt)"
	else
		grep -q '^apt install grub-efi-amd64 ' commands.txt || fail "$(cat commands.txt)"
	fi
}

judge() { # SHAPE UUID: of new.vhdx, which is new.raw
	sgdisk -v new.raw | grep -q 'No problems found' || fail "$(sgdisk -v new.raw)"
	same_partitions
	sound_esp "$2"
	told_afterwards "$1"
	expect 0 "$HVGEN2" verify --no-guestfs --nvram new.fd new.vhdx
	for name in esp-shim esp-bootx64 esp-grub "${grub_checks[@]}" nvram-first nvram-file; do
		grep -q "^ok *$name:" out.txt || fail "$1: no '$name': $(cat out.txt)"
	done
	grep -qE "^(ok *esp-grub-cfg: .* leads to the file system $2 on (partition|\((lvm/vg-root|mduuid/[0-9a-f]+)\)$)$skipped)" out.txt || fail "$(cat out.txt)"
	jq -e '.source.disk_id == "00000000-0000-0000-0000-000000000000" or .source.disk_id == .after.disk_id' new.report.json >/dev/null || fail "the guest sees another id (page 83)"
	/usr/bin/python3 - "$SOURCE_DIR/schema/report.schema.json" new.report.json <<-'END' || fail "the report does not follow its schema"
		import json, sys
		try:
		    import jsonschema
		except ImportError:
		    sys.exit(0)
		schema, report = (json.load(open(path)) for path in sys.argv[1:])
		jsonschema.Draft202012Validator(schema).validate(report)
	END
}

check() { # SHAPE
	local uuid before
	rm -f ./*.vhdx ./*.raw new.*
	make_linux "$1" old.vhdx
	before=$(sha256sum <old.vhdx)
	qemu-img convert -O raw old.vhdx old.raw
	expect 0 "$HVGEN2" inspect --json old.vhdx
	jq -e '.convertible and .linux.kernel.is_default and .esp.secure_boot' out.txt >/dev/null || fail "$1: $(cat out.txt)"
	uuid=$(jq -r .linux.boot.uuid out.txt)
	COLUMNS=9999 expect 0 "$HVGEN2" convert -o new.vhdx --nvram new.fd old.vhdx
	mv out.txt page.txt
	grep -qF -- 'Before its first start: Set-VMFirmware NAME -EnableSecureBoot On -SecureBootTemplate MicrosoftUEFICertificateAuthority' page.txt ||
		fail "$1: $(cat page.txt)"
	[ "$(jq -r '.after.layout + " " + (.changed | length | tostring)' new.report.json)" = 'front 0' ] || fail "$(cat new.report.json)"
	to_raw new.vhdx new.raw
	judge "$1" "$uuid"
	rm new.*
	COLUMNS=9999 expect 0 "$HVGEN2" convert --format differencing -o new.vhdx --nvram new.fd old.vhdx
	mv out.txt page.txt
	[ "$(jq -r .after.layout new.report.json)" = end ] || fail "$(cat new.report.json)"
	cp --sparse=always old.raw new.raw
	flatten new.vhdx new.raw
	judge "$1, differencing" "$uuid"
	[ "$before" = "$(sha256sum <old.vhdx)" ] || fail "the source was written"
}

for shape; do
	check "$shape"
done
echo "$# shapes"

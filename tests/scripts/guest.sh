# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What Windows will find: drive letters, volume names, drivers, WinRE and BCD of a result, read from its own hives by
# hivex, ntfs-3g and mtools. What is expected follows from the source's hive, and from the tables as sfdisk and sgdisk
# show them. To be sourced after lib.sh. Names of the guest are those that mkvm writes.

config=/Windows/System32/config
reagent=/Windows/System32/Recovery/ReAgent.xml
control_sets='ControlSet001 ControlSet002'

# Bytes as hexadecimal digits: those of a file, of a number of 64 bits, of a GUID as Windows stores it.
hex() { od -An -v -tx1 | tr -d ' \n'; }
hex_u64() { printf '%016x' "$1" | sed 's/\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)/\8\7\6\5\4\3\2\1/'; }
hex_guid() {
	local g=${1,,}
	g=${g//[-\{\}]/}
	echo "${g:6:2}${g:4:2}${g:2:2}${g:0:2}${g:10:2}${g:8:2}${g:14:2}${g:12:2}${g:16}"
}
guid_text() { sed -E 's/^(..)(..)(..)(..)(..)(..)(..)(..)(.{4})/{\4\3\2\1-\6\5-\8\7-\9-/; s/$/}/' <<<"$1"; }

# The values of a key, one a line: name, tab, bytes. Only binary values are given as bytes.
values() { # HIVE KEY
	hivexget "$1" "$2" | sed -n 's/\\\\/\\/g; s/^"\(.*\)"=hex([0-9a-f]*):/\1\t/p' | sed 's/,//g' | sort
}
value() { values "$1" "$2" | sed -n "s/^$3\t//p"; }
element() { value BCD "Objects\\$1\\Elements\\$2" Element; } # OBJECT TYPE
# Elements of devices: from the given byte of the element on lies a partition descriptor.
expect_device() { # OBJECT TYPE BYTE NUMBER
	local found
	found=$(element "$1" "$2") || fail "BCD: no element $2 of $1"
	[ "${found:$(($3 * 2)):32}" = "${guids[$4]}" ] || fail "element $2 of $1 does not name partition $4: $found"
	[ "${found:$((($3 + 0x18) * 2)):32}" = "$disk_guid" ] || fail "element $2 of $1 does not name the disk"
	[ "${found:$((($3 + 0x14) * 2)):8}" = 00000000 ] || fail "element $2 of $1 is not for a GPT: $found"
}

# A file of the volume that begins at an offset of a raw disk.
cat_file() { # RAW OFFSET SIZE PATH
	cut_raw "$1" "$2" "$3" volume.raw
	ntfscat -f volume.raw "$4" 2>/dev/null
	rm -f volume.raw
}

# Put a file there, over that of the same name.
put_file() { # RAW OFFSET SIZE PATH FILE
	cut_raw "$1" "$2" "$3" volume.raw
	ntfscp -f volume.raw "$5" "$4" >/dev/null
	dd if=volume.raw of="$1" bs=1M iflag=fullblock oflag=seek_bytes seek="$2" conv=notrunc,sparse status=none
	rm -f volume.raw
}

# Before the conversion, from source.raw and source.txt: the disk's signature, the place of Windows in source.txt, and
# its SYSTEM and ReAgent.xml as *.old.
take_source() {
	local offset size
	signature=$(dd if=source.raw bs=1 skip=440 count=4 status=none | hex)
	windows=0
	while read -r offset size _; do
		windows=$((windows + 1))
		cat_file source.raw "$offset" "$size" "$config/SYSTEM" >SYSTEM.old || true
		[ ! -s SYSTEM.old ] || break
	done <source.txt
	[ -s SYSTEM.old ] || fail "the sample has no SYSTEM hive"
	cat_file source.raw "$offset" "$size" "$reagent" >ReAgent.old
}

# Where the partitions of the source are now: those that are not new, in the order of the disk, counted from 1.
find_partitions() {
	local number info old=0
	disk_guid=$(hex_guid "$(sgdisk -p result.raw | sed -n 's/^Disk identifier (GUID): //p')")
	guids=() numbers=() offsets=() sizes=() old_offsets=()
	while read -r offset _; do
		old=$((old + 1))
		old_offsets[old]=$offset
	done <source.txt
	old=0
	for number in $(sgdisk -p result.raw | awk '/^ +[0-9]+ +[0-9]/ && $6 != "EF00" && $6 != "0C01" {
			print $2, $1 }' | sort -n | cut -d' ' -f2); do
		info=$(sgdisk -i "$number" result.raw)
		old=$((old + 1))
		numbers[old]=$number
		guids[old]=$(hex_guid "$(sed -n 's/^Partition unique GUID: //p' <<<"$info")")
		offsets[old]=$((512 * $(sed -n 's/^First sector: \([0-9]*\).*/\1/p' <<<"$info")))
		sizes[old]=$((512 * $(sed -n 's/^Partition size: \([0-9]*\).*/\1/p' <<<"$info")))
	done
	[ "$old" -eq "${#old_offsets[@]}" ] || fail "$old old partitions instead of ${#old_offsets[@]}"
}

# The rows that MountedDevices must have: those of the source, with the GUID in the place of signature and offset. The
# letters are those that mkvm gives: C: to Windows, D: and on to what follows it but for a recovery partition. They are
# not taken from the hive of the source, which may be dirty.
expected_rows() {
	local old letter letters=CDEF rules=() type
	for ((old = 1; old <= ${#guids[@]}; old++)); do
		rules+=(-e "s/\t$signature$(hex_u64 "${old_offsets[old]}")\$/\t444d494f3a49443a${guids[old]}/")
	done
	values SYSTEM.old MountedDevices | sed "${rules[@]}" | grep -v '^\\DosDevices\\[C-F]:'
	for ((old = windows; old <= ${#guids[@]}; old++)); do
		type=$(sed -n "${old}s/.* //p" source.txt)
		[ "$type" = 7 ] || continue
		letter=${letters:0:1} letters=${letters:1}
		printf '\\DosDevices\\%s:\t444d494f3a49443a%s\n' "$letter" "${guids[old]}"
	done
}

check_mounted_devices() {
	expected_rows | sort >expected.txt
	values SYSTEM MountedDevices >found.txt
	diff expected.txt found.txt || fail "MountedDevices has (>) other rows than it should have (<)"
	letters=$(grep -c '^\\DosDevices\\[C-F]:' found.txt)
}

check_drivers() {
	local set driver
	for set in $control_sets; do
		for driver in vmbus storvsc storflt winhv; do
			[ "$(hivexget SYSTEM "$set\\Services\\$driver" Start)" = 0 ] ||
				fail "$set: $driver does not start at boot"
			hivexget SYSTEM "$set\\Services\\$driver\\StartOverride" >/dev/null 2>&1 &&
				fail "$set: $driver is demoted by StartOverride"
		done
		[ "$(hivexget SYSTEM "$set\\Services\\winhv" ImagePath)" = 'System32\drivers\winhv.sys' ] ||
			fail "$set: the path of winhv is not that of a boot driver"
		[ "$(hivexget SYSTEM "$set\\Services\\vpci" Start)" = 3 ] || fail "$set: vpci was made a boot driver"
		hivexget SYSTEM "$set\\Services\\vpci\\StartOverride" >/dev/null 2>&1 && fail "$set: vpci is demoted"
		hivexget SYSTEM "$set\\Services\\pciide\\StartOverride" 0 >/dev/null || fail "$set: pciide was changed"
		[ "$(hivexget SYSTEM "$set\\Services\\storahci" Start)" = 3 ] || fail "$set: storahci was changed"
	done
}

# What generation 1 calls VMBus, and its generation counter, are known by their names in generation 2 as well.
check_acpi() {
	local set old new key
	for set in $control_sets; do
		while read -r old new; do
			for key in '' '\Properties\{83da6326-97a6-4088-9453-a1923f573b29}\0065'; do
				hivexget SYSTEM "$set\\Enum\\ACPI\\$old\\0$key" >old.txt || fail "$set: $old is gone"
				hivexget SYSTEM "$set\\Enum\\ACPI\\$new\\0$key" >new.txt || fail "$set: no ACPI\\$new"
				[ -s old.txt ] || fail "$set: $old has no values"
				diff old.txt new.txt || fail "$set: $new is not a copy of $old"
			done
		done <<-'END'
			VMBus MSFT1000
			Hyper_V_Gen_Counter_V1 MSFT1002
		END
	done
}

# The default entry loads Windows from its partition.
check_default_entry() {
	local entry
	entry=$(hivexget BCD 'Objects\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\Elements\23000003' Element) ||
		fail "BCD: no default entry"
	expect_device "$entry" 11000001 0x20 "$windows"
	expect_device "$entry" 21000001 0x20 "$windows"
}

attribute() { xmllint --xpath "string(/WindowsRE/$2/@$3)" "$1"; } # FILE ELEMENT NAME

# WinRE, when the source has it: its partition, ReAgent.xml, and the entry of the BCD that this names.
check_winre() {
	local old where='' entry options info guid
	[ "$(attribute ReAgent.old InstallState state)" = 1 ] || return 0
	for ((old = 1; old <= ${#guids[@]}; old++)); do
		[ "${old_offsets[old]}" != "$(attribute ReAgent.old WinreLocation offset)" ] || where=$old
	done
	[ -n "$where" ] || fail "WinRE of the sample is nowhere"
	[ "$(attribute ReAgent.xml InstallState state)" = 1 ] || fail "WinRE is disabled"
	[ "$(attribute ReAgent.xml WinreLocation id)" = 0 ] || fail "ReAgent.xml has the signature of an MBR"
	[ "$(attribute ReAgent.xml WinreLocation offset)" = "${offsets[where]}" ] ||
		fail "ReAgent.xml has another offset than ${offsets[where]}"
	guid=$(attribute ReAgent.xml WinreLocation guid)
	[ "$(hex_guid "$guid")" = "$disk_guid" ] || fail "ReAgent.xml has another disk: $guid"
	entry=$(attribute ReAgent.xml WinreBCD id)
	expect_device "$entry" 11000001 0x54 "$where"
	expect_device "$entry" 21000001 0x54 "$where"
	options=$(element "$entry" 11000001) # a RAM disk: begins with the object that has its options
	expect_device "$(guid_text "${options:0:32}")" 31000003 0x20 "$where"
	info=$(sgdisk -i "${numbers[where]}" result.raw)
	grep -q '^Partition GUID code: DE94BBA4-06D1-4D40-A16A-BFD50179D6AC ' <<<"$info" ||
		fail "the partition of WinRE has another type"
	grep -q '^Attribute flags: 8000000000000001$' <<<"$info" || fail "the partition of WinRE has other attributes"
	winre=$where
}

# The sequence numbers of a hive, which are equal when it is clean.
sequences() { od -An -tu4 -j4 -N8 "$1" | tr -s ' '; }

# After '--defect dirty-hives': what stood only in the logs of SYSTEM, SOFTWARE and BCD is in the result.
check_newest() { # REPORT
	local a b hive
	read -r a b <<<"$(sequences SYSTEM.old)"
	[ "$a" != "$b" ] || fail "the sample's SYSTEM hive is clean"
	values SYSTEM.old MountedDevices | grep -q "^.DosDevices.C:\t$signature" && fail "the sample's letters are not old"
	for hive in SYSTEM BCD; do
		read -r a b <<<"$(sequences "$hive")"
		[ "$a" = "$b" ] || fail "the $hive of the result is dirty"
	done
	[ "$(hivexget SYSTEM Setup Newest | wc -c)" -eq 8192 ] || fail "SYSTEM lacks what stood in its log"
	[ "$(value BCD 'Objects\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\Elements\25000004' Element)" = 1e00000000000000 ] ||
		fail "BCD lacks what stood in its log"
	jq -e '.windows.product == "Windows Server 2012 R2 Standard"' "$1" >/dev/null ||
		fail "SOFTWARE was read without its log"
	jq -e '[.changed[] | select(.path | endswith("SYSTEM")) | .details[] | select(contains("log"))] | length == 1' \
		"$1" >/dev/null || fail "the report does not say that logs were applied"
}

# Judge what Windows will find in result.raw, with the BCD of the ESP in the current folder.
check_guest() {
	letters=0 winre=none
	find_partitions
	cut_raw result.raw "${offsets[windows]}" "${sizes[windows]}" volume.raw
	ntfscat -f volume.raw "$config/SYSTEM" >SYSTEM
	ntfscat -f volume.raw "$reagent" >ReAgent.xml
	rm volume.raw
	check_mounted_devices
	check_drivers
	check_acpi
	check_default_entry
	check_winre
	echo "$(wc -l <found.txt) rows of MountedDevices, $letters letters on this disk, WinRE on partition: $winre"
}

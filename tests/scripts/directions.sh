#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# No include against a direction. A room is a folder; of convert/ itself, edit.* and changes.* stand below the guests, sandbox.*
# below all who lock themselves in, and main.c above all; of convert/guest, kinds.* stands above the kinds. What a room calls is judged by the linker
# (cmake/room.cmake) and by calls.sh, what it includes here. convert/verify sees none of the rooms that make a result, but convert/grub_reader, which has other
# people's programs read and parses nothing that a guest wrote.
set -euo pipefail
cd "$SOURCE_DIR"

directions() {
	cat <<'END'
common
common/hive            common
common/json            common
vhd                    common
nvram                  common
bcd                    common common/hive
convert/ntfs           common
convert/ntfs/journal   common
convert/table          common
convert/fat32          common
convert/files          common convert/ntfs convert/fat32
convert/grub_reader    common
convert/linux_files    common convert/grub_reader
convert/verify/menu    common
convert/verify/ntfs    common
sandbox                common
convert/verify         common vhd nvram bcd convert/grub_reader convert/verify/menu convert/verify/ntfs sandbox
edit                   common convert/ntfs
convert/guest          common convert/ntfs convert/files edit convert/linux_files convert/guest/windows convert/guest/linux
guest_kinds            convert/guest convert/guest/windows convert/guest/linux convert/guest/linux/chain
convert/guest/linux    common convert/linux_files convert/files convert/guest convert/guest/linux/parse convert/guest/linux/chain
convert/guest/linux/chain common convert/guest
convert/guest/linux/parse common
convert/guest/windows  common common/hive bcd convert/ntfs convert/files edit convert/guest convert/guest/windows/system
convert/guest/windows/system common common/hive convert/guest
convert                common vhd nvram convert/ntfs convert/ntfs/journal convert/table convert/fat32 convert/files convert/linux_files edit convert/guest guest_kinds
convert/vm/read        common
convert/vm/find        common
convert/vm             common convert/vm/read
convert/vm/emit        common convert/vm nvram
convert/vm/emit/kvm    common convert/vm convert/vm/emit
convert/vm/emit/xml5   common convert/vm convert/vm/read convert/vm/emit nvram
convert/vm/network     common convert/vm convert/vm/emit convert/guest
convert/report         common common/json vhd convert sandbox convert/vm convert/vm/read
convert/batch/state    common common/json
convert/batch/plan     common common/json vhd convert/batch/state
convert/batch          common common/json convert/batch/state convert/batch/plan
convert/cmd            common convert/grub_reader common/hive common/json vhd bcd convert convert/report convert/verify sandbox convert/vm convert/vm/read convert/vm/find convert/vm/emit convert/vm/emit/kvm convert/vm/emit/xml5 convert/vm/network
convert/cmd/batch      common common/json convert/batch convert/batch/state convert/batch/plan convert/cmd
convert/nbd            common convert/grub_reader vhd convert convert/report sandbox convert/cmd
convert/cmd/nvram      common common/json vhd nvram convert/table convert/cmd sandbox
main                   common convert/cmd
END
}

# Into $room, for a process each would take a minute.
room_of() { # FILE
	case $1 in
	convert/edit.? | convert/changes.?) room=edit ;;
	convert/sandbox.?) room=sandbox ;;
	convert/guest/kinds.?) room=guest_kinds ;;
	convert/main.c) room=main ;;
	*) room=${1%/*} ;;
	esac
}

declare -A allowed
while read -r room below; do
	allowed[$room]=" $room $below "
done < <(directions)

wrong=0 seen=0
while IFS=: read -r file line text; do
	room_of "$file"
	from=$room
	header=${text#*[\"<]}
	header=${header%%[\">]*}
	room_of "$header"
	to=$room
	seen=$((seen + 1))
	if [ -z "${allowed[$from]:-}" ]; then
		echo "$file: the room '$from' has no line in $0" >&2
		wrong=$((wrong + 1))
	elif [[ ${allowed[$from]} != *" $to "* ]]; then
		echo "$file:$line: '$header' is of the room '$to', which '$from' does not see" >&2
		wrong=$((wrong + 1))
	fi
done < <(grep -rnE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include[[:space:]]*["<](bcd|common|convert|nvram|vhd)/' \
	bcd common convert nvram vhd)

# Every include of a file of ours has its path from the top, which is what was looked for.
while IFS=: read -r file line text; do
	echo "$file:$line: $text: by its path from the top" >&2
	wrong=$((wrong + 1))
done < <(grep -rnE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include[[:space:]]*([^"<[:space:]]|"[^/]*")' \
	bcd common convert nvram vhd)

[ "$seen" -gt 500 ] || { echo "only $seen includes found in $SOURCE_DIR" >&2 && exit 1; }
echo "$seen includes, $wrong against a direction"
[ "$wrong" -eq 0 ]

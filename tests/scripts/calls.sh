#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# No call against a direction. A room links with all that stands below the rooms that it uses, for it links with those
# whole; what it calls itself is to be of the rooms in its own USES. Calls that are not stand below by name.
set -euo pipefail

# The texts of what a room deeper down has found, for the page and the command line.
texts() { # ROOM
	case $1 in
	report) echo adapter_bus_text bootfiles_set_text filesystem_text gpt_type_text mbr_type_text windows_arch_text ;;
	cmd) echo bootfiles_set_parse ;;
	esac
}

declare -A uses library home
while read -r room file below; do
	uses[$room]=" $room $below " library[$room]=$file
	while read -r symbol; do home[$symbol]=$room; done < <(nm -g --defined-only "$file" | awk 'NF == 3 { print $3 }')
done <"$BUILD_DIR/rooms.txt"

wrong=0 seen=0
for room in "${!uses[@]}"; do
	by_name=" $(texts "$room") "
	while read -r symbol; do
		to=${home[$symbol]:-}
		[ -n "$to" ] && [ "$to" != "$room" ] || continue
		seen=$((seen + 1))
		if [[ ${uses[$room]} != *" $to "* && $by_name != *" $symbol "* ]]; then
			echo "'$room' calls $symbol() of the room '$to', which is not in its USES" >&2
			wrong=$((wrong + 1))
		fi
	done < <(nm -gu "${library[$room]}" | awk '$1 == "U" { print $2 }' | sort -u)
done

[ "$seen" -gt 300 ] || { echo "only $seen calls between rooms found in $BUILD_DIR" >&2 && exit 1; }
echo "$seen calls between ${#uses[@]} rooms, $wrong against a direction"
[ "$wrong" -eq 0 ]

#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A guest with updates that wait for a restart is warned about, wherever that stands; other guests are not.
. "$(dirname "$0")/lib.sh"
need jq mkntfs

warnings() { "$HVGEN2" inspect --json "$1" | jq -r '.warnings[] | select(contains("pending"))'; }
"$MKVM" --small vm.vhdx
[ -z "$(warnings vm.vhdx)" ] || fail "nothing is pending there"
while read -r where word; do
	"$MKVM" --small --pending "$where" vm.vhdx
	warnings vm.vhdx >found.txt
	grep -q "$word.*start the old VM once, .* shut it down" found.txt || fail "$where: not told"
	[ "$(wc -l <found.txt)" -eq 1 ] || fail "$where: told more than once"
done <<-'END'
	servicing RebootPending
	update RebootRequired
	rename PendingFileRenameOperations
	xml pending.xml
END
echo "pending updates are told, from four places"

#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# boot_stores.sh STORE...: the firmware starts a converted disk from the File entry that 'convert' put on top of its NVRAM
# store, and another entry once 'nvram order' put that first. STORE is "new" (made from nothing) or the name of one of the
# firmware's own stores, the template of ours; in one with keys Secure Boot is switched off: the program is not signed.
. "$(dirname "$0")/lib.sh"
need qemu-img mkntfs jq qemu-system-x86_64
firmware=/usr/share/OVMF

nvram() { expect 0 "$HVGEN2" nvram "$@"; }

# The variables of a store, one a line, but for BootOrder and one boot entry.
variables() { # STORE ENTRY
	"$HVGEN2" nvram export --format json "$1" |
		jq -Sc --arg entry "$2" '.variables[] | select(.name != $entry and .name != "BootOrder")' | sort
}

prepare_template() { # NAME
	local switch=SecureBootEnable-f0a30bc7-af08-4556-99c4-001009c93a44
	[ -r "$firmware/$1" ] || skip "no $firmware/$1"
	cp "$firmware/$1" template.fd
	chmod u+w template.fd
	nvram show --all template.fd
	if grep -q ' SecureBootEnable ' out.txt; then
		printf '\3\0\0\0\0' >$switch
		nvram import $switch template.fd
	fi
}

# The number of the entry with this description.
number_of() { # DESCRIPTION
	"$HVGEN2" nvram list --json vm.fd |
		jq -re --arg name "$1" '.entries[] | select(.description == $name) | .number' ||
		fail "no entry '$1' in the store"
}

# These entries first, all others behind them.
order() { # DESCRIPTION...
	local others
	"$HVGEN2" nvram list --json vm.fd >list.json
	others=$(jq -r '.entries[] | select(.description | IN($ARGS.positional[]) | not) | .number' list.json --args "$@")
	# shellcheck disable=SC2086
	nvram order "$@" $others vm.fd
}

# The firmware starts this entry, and the program knows that it was started by it.
boot() { # DESCRIPTION PATH
	local number status
	number=$(number_of "$1")
	BOOT_ENTRY="Boot$number \"$1\"" BOOT_PATH=$2 "$SOURCE_DIR/tests/boot/boot.sh" vm-gen2.vhdx vm.fd >serial.txt || {
		status=$?
		cat serial.txt
		[ "$status" -ne 77 ] || skip "no OVMF"
		fail "$store: Boot$number '$1' was not started from $2"
	}
	cat serial.txt
	grep -qF "load option: Boot$number \"$1\"" serial.txt || fail "$store: BootCurrent is not Boot$number"
	grep -F 'started from: ' serial.txt | grep -qF "$2" || fail "$store: $2 was not started"
}

check() {
	local template=()
	if [ "$store" != new ]; then
		prepare_template "$store"
		template=(--nvram-template template.fd)
	fi
	expect 0 "$HVGEN2" convert -f --nvram vm.fd "${template[@]}" -o vm-gen2.vhdx vm.vhdx
	# The size of an OVMF store is that of the firmware it is for. Nothing but our entry is new in it.
	if [ "$store" != new ]; then
		[ "$(stat -c %s vm.fd)" = "$(stat -c %s "$firmware/$store")" ] || fail "$store: the size has changed"
		variables template.fd none >before.txt
		variables vm.fd "Boot$(number_of 'Windows Boot Manager')" >after.txt
		diff before.txt after.txt || fail "$store: a variable has changed"
	fi
	boot 'Windows Boot Manager' '\EFI\Microsoft\Boot\bootmgfw.efi'

	# A second entry, behind the first, then in front of it.
	nvram add-file --disk vm-gen2.vhdx --path '\EFI\Boot\bootx64.efi' --description Fallback vm.fd
	order 'Windows Boot Manager' Fallback
	expect 3 "$HVGEN2" nvram order Fallback vm.fd
	grep -q "would lose File Boot[0-9A-F]* 'Windows Boot Manager'" err.txt || fail "the lost entry is not named"
	order Fallback 'Windows Boot Manager'
	boot Fallback '\EFI\Boot\bootx64.efi'
}

"$MKVM" --small vm.vhdx
for store; do
	check
done

#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# hvgen2(7), to the letter: every command for this side is run on the export of a VM; those for the host, README's too, name parameters
# that the VM's own script, or Microsoft's cmdlet, has.
. "$(dirname "$0")/lib.sh"
need jq qemu-img sfdisk mkntfs

make_export web01 --set 'properties/name string web01'
sha256sum web01/*/* >before
mkdir bin
ln -s "$HVGEN2" bin/hvgen2
export PATH=$work/bin:$PATH

sed -n '/^\.EX/,/^\.EE/p' "$SOURCE_DIR/man/hvgen2.7" | sed 's/\\-/-/g; s/\\e/\\/g' >page
grep '^\$ ' page | cut -c3- >commands
grep '^PS> ' page | cut -c5- >on_host
sed -n 's/^    \([A-Z][a-z]*-VM.*\)/\1/p' "$SOURCE_DIR/README.md" >>on_host
[ "$(grep -c 'Set-VMFirmware .*-SecureBootTemplate MicrosoftUEFICertificateAuthority' on_host)" -eq 2 ] || fail "a page has no keys for a Linux"
[ "$(wc -l <commands)" -ge 8 ] && [ "$(wc -l <on_host)" -ge 6 ] || fail "commands are missing: $(cat commands on_host)"
grep '^hvgen2 inspect .*\.vhdx' commands >/dev/null || fail "of a Linux the boot disk is looked at alone: $(cat commands)"

while read -r command; do
	[[ $command != rm* ]] || cp new/web01-gen2.ps1 .
	bash -c "$command" </dev/null >said 2>&1 || fail "$command: $(cat said)"
	[ -s said ] || [[ $command =~ ^(mkdir|rm)|\> ]] || fail "$command: says nothing"
done <commands
[ ! -e new ] || fail "going back has left something"
sha256sum --quiet -c before || fail "the source was changed"

# Parameters that are common to all scripts with [CmdletBinding()].
check_parameters() { # COMMAND KNOWN-PARAMETERS
	local word
	for word in $1; do
		[[ $word != -[A-Z]* ]] || [[ " $2 WhatIf Confirm " == *" ${word#-} "* ]] || fail "there is no parameter $word: $1"
	done
}
while read -r command; do
	case $command in
	".\\web01-gen2.ps1 "*) known=$(sed -n '/^param(/,/^)/s/.*\$\([A-Za-z]*\).*/\1/p' web01-gen2.ps1 | xargs) ;;
	*) known=$(jq -r --arg name "${command%% *}" '.cmdlets[$name].parameters | keys[]' \
		"$SOURCE_DIR/tests/powershell/Hyper-V/cmdlets.json" | xargs) ;;
	esac
	[ -n "$known" ] || fail "not known: $command"
	check_parameters "$command" "$known"
done <on_host

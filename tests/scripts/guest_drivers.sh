#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A boot driver whose file is missing is named, and so is a Windows that never saw the VMBus, where that matters.
. "$(dirname "$0")/lib.sh"
need jq mkntfs

warned() { # TEXT MKVM-OPTION...
	local text=$1
	shift
	"$MKVM" --small "$@" vm.vhdx
	expect 0 "$HVGEN2" inspect --json vm.vhdx
	jq -e --arg text "$text" '.warnings[] | select(contains($text))' out.txt >/dev/null
}

warned .sys && fail "the sample lacks no file"
for file in vmbus.sys storvsc.sys vmstorfl.sys winhv.sys; do
	warned "$file is missing" --without "System32/drivers/$file" || fail "$file: not told"
done
for windows in 2012 2012r2 8.1; do
	warned VMBus --windows "$windows" && fail "$windows: there is a VMBus"
	warned 'no VMBus' --windows "$windows" --no-acpi-keys || fail "$windows: not told that there is no VMBus"
done
warned VMBus --windows 2016 --no-acpi-keys && fail "2016 finds the VMBus by itself"
warned '' # the last report stays for a look
jq -r '.changed[].details[] | select(contains("driver") or contains("ACPI"))' out.txt

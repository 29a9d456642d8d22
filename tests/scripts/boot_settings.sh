#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Settings of the boot store that fight Secure Boot or generation 2: the first are carried with a warning, the second are
# dropped and listed. Made and read with hivex in the sample's own store.
set -euo pipefail
# shellcheck source=tests/scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scripts/guest.sh
. "$(dirname "$0")/guest.sh"
need sfdisk sgdisk ntfscat ntfscp hivexsh hivexget jq qemu-img mcopy

loader='{b7f4d1a3-6a52-11e3-824f-00155d0a1c02}'
global='{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}'

"$MKVM" --small --format raw vm.raw
read -r start size < <(sfdisk -J vm.raw |
	jq -r '.partitiontable.partitions | min_by(.start) | "\(.start * 512) \(.size * 512)"')
cat_file vm.raw "$start" "$size" /Boot/BCD >BCD

switch_on() { # OBJECT ELEMENT
	printf 'cd \\Objects\\%s\\Elements\nadd %s\ncd %s\nsetval 1\nElement\nhex:3:01\ncommit\n' "$1" "$2" "$2" | hivexsh -w BCD
}
for code in 16000049 16000048 260000a0 26000040 16000046 260000a3; do switch_on "$loader" "$code"; done
switch_on "$global" 16000010
put_file vm.raw "$start" "$size" /Boot/BCD BCD

expect 0 "$HVGEN2" convert --json --format dynamic --nvram none -o new.vhdx vm.raw
jq -r '.warnings[]' out.txt >warnings.txt
jq -r '.dropped[]' out.txt >dropped.txt
for name in testsigning nointegritychecks debug; do
	grep "^$name of '.*' $loader stays as it is: .*Secure Boot" warnings.txt >/dev/null || fail "no warning of $name"
done
grep "^bootdebug of '.*' $loader, which it inherits from {globalsettings}, .*Secure Boot" warnings.txt >/dev/null ||
	fail "no warning of what is inherited"
for name in vga graphicsmodedisabled forcelegacyplatform; do
	grep "^$name of '.*' $loader: " dropped.txt >/dev/null || fail "$name is not listed as dropped"
done

to_raw new.vhdx new.raw
start=$(sgdisk -i 1 new.raw | sed -n 's/^First sector: \([0-9]*\).*/\1/p')
mcopy -n -i "new.raw@@$((start * 512))" ::/EFI/Microsoft/Boot/BCD new.bcd
mv new.bcd BCD
for code in 16000049 16000048 260000a0; do [ "$(element "$loader" $code)" = 01 ] || fail "$code is not carried"; done
for code in 26000040 16000046 260000a3; do
	! hivexget BCD "Objects\\$loader\\Elements\\$code" >/dev/null 2>&1 || fail "$code is not dropped"
done
[ "$(element "$global" 16000010)" = 01 ] || fail "the inherited setting is not carried"

#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# advice_nvram.sh: what the program advises about NVRAM stores is given word for word, and followed where that is not the
# host's business.
. "$(dirname "$0")/lib.sh"
need mkntfs

"$MKVM" --small --block-size 1M vm.vhdx
expect 0 "$HVGEN2" convert vm.vhdx
store=vm-gen2.vmgs
expect 0 "$HVGEN2" nvram add-file --disk vm-gen2.vhdx --description Other "$store"

# An order that loses an entry: with it, and with --drop.
advised entries-lost "name them too, or say with --drop that they are to go" nvram order file:1 "$store"
expect 0 "$HVGEN2" nvram order file:1 file:0 "$store"
expect 0 "$HVGEN2" nvram order --drop file:0 "$store"
expect 0 "$HVGEN2" nvram list "$store"
grep ', 1 boot entry$' out.txt >/dev/null || fail "how many? $(cat out.txt)"
expect 0 "$HVGEN2" verify --no-guestfs vm-gen2.vhdx

# A store that nobody has seen a host accept.
advised experimental "let the host make a store and edit that, or add --experimental" \
	nvram export --format vmgs-v1 -o store.bin "$store"
expect 0 "$HVGEN2" nvram export --format vmgs-v1 --experimental -o store.bin "$store"
advised output-exists "choose another name for it, or replace it with --force" \
	nvram export --format vmgs -o store.bin "$store"
expect 0 "$HVGEN2" nvram export --format vmgs -o other.vmgs "$store"
expect 0 "$HVGEN2" nvram export --format vmgs -f -o store.bin "$store"
cmp store.bin other.vmgs || fail "two exports differ"

# Settings of the VM, which its variables do not hold. The line is for the host, with the name of this VM.
advised setting-not-in-store "run on the host: Get-VM -Name 'vm-gen2' | Set-VMFirmware -PauseAfterBootFailure On" \
	nvram set pause-after-boot-failure on "$store"
cp "$store" "john's.vmgs"
advised setting-not-in-store "run on the host: Get-VM -Name 'john''s' | Set-VMFirmware -PreferredNetworkBootProtocol IPv6" \
	nvram set network-boot-protocol IPv6 "john's.vmgs"
id=0d9e4a2c-6a52-11e3-824f-00155d0a1c02
cp "$store" $id.vmgs
advised setting-not-in-store "run on the host: Get-VM -Id $id | Set-VMFirmware -PauseAfterBootFailure Off" \
	nvram set pause-after-boot-failure Off $id.vmgs

# Encrypted (the flag of the variables in the table of files): another store.
cp other.vmgs encrypted.vmgs
printf '\1' | dd of=encrypted.vmgs bs=1 seek=$((0x2040 + 0x2c)) conv=notrunc status=none
advised nvram-encrypted "change it with Set-VMFirmware on the host that holds its key, or give a store that is not \
encrypted" nvram list encrypted.vmgs
advised nvram-encrypted "change it with Set-VMFirmware on the host that holds its key, or give a store that is not \
encrypted" convert -f --nvram-template encrypted.vmgs vm.vhdx
expect 0 "$HVGEN2" convert -f --nvram-template "$store" --nvram new.vmgs vm.vhdx

#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The plugin as a server: copies by several clients at once, holes as holes, the flags, a source that changes; and what it
# refuses, before it listens.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/nbd_lib.sh"
need jq mkntfs

"$MKVM" --small --size 1G --block-size 1M vm.vhdx
expect 0 "$HVGEN2" convert -q -o ref.raw --nvram none vm.vhdx

start_serving "$plugin" vm.vhdx
nbdinfo --json "$uri" >info.json
jq -e '.exports[0] | .is_read_only and .can_cache and .can_multi_conn and (.can_flush or .can_trim or .can_zero | not)' \
	info.json >/dev/null || fail "flags: $(<info.json)"
for i in 1 2 3 4; do
	nbdcopy --destination-is-zero "$uri" "copy.$i" &
	clients[i]=$!
done
for i in 1 2 3 4; do
	wait "${clients[$i]}" || fail "client $i"
	qemu-img compare -q -f raw -F raw ref.raw "copy.$i" || fail "client $i has another disk"
done
[ "$(stat -c %b copy.1)" -le "$(stat -c %b ref.raw)" ] || fail "more is stored than by convert"
rm copy.?
data_of() { jq '[.[] | select(.type % 2 == 0) | .length] | add'; }
nbdinfo --map --json "$uri" >map.json
stored=$(qemu-img map --output json -f raw ref.raw | jq '[.[] | select(.data) | .length] | add')
[ "$(data_of <map.json)" -le "$stored" ] || fail "$(data_of <map.json) bytes of data, convert stores $stored"
jq -e 'all(.type == 0 or .type == 3) and any(.type == 3 and .length > 1e8)' map.json >/dev/null || fail "$(<map.json)"
qemu-io -r -f raw -c "read 1M 1M" -c "read 1G 64k" "$uri" >out.txt || fail "$(<out.txt)"
stop_serving
[ ! -s nbdkit.txt ] || fail "$(<nbdkit.txt)"

# A raw disk with holes: no more data than its file has.
"$MKVM" --small --size 1G --format raw plain.raw
expect 0 "$HVGEN2" convert -q -o ref2.raw --nvram none --report none2.json plain.raw
start_serving "$plugin" disk=plain.raw
nbdinfo --map --json "$uri" >map.json
stop_serving
stored=$(qemu-img map --output json -f raw ref2.raw | jq '[.[] | select(.data) | .length] | add')
[ "$(data_of <map.json)" -le "$stored" ] || fail "$(data_of <map.json) bytes of data, convert stores $stored"
rm ref2.raw

# Changed while it is served: EIO, one sentence, and EIO from then on.
start_serving "$plugin" plain.raw
expect 0 qemu-io -r -f raw -c "read 0 1M" "$uri"
# Whoever asks for QEMU's lock does not get it, although the process that took ours is gone.
expect 1 qemu-io -f raw -c "write 0 512" plain.raw
grep -q 'lock' err.txt || fail "$(<err.txt)"
printf x | dd of=plain.raw bs=1 seek=1000000 conv=notrunc status=none
expect 1 qemu-io -r -f raw -c "read 0 4k" -c "read 1M 4k" "$uri"
[ "$(cat out.txt err.txt | grep -c 'Input/output error')" -eq 2 ] || fail "$(cat out.txt err.txt)"
# It hangs up at once, after which nbdkit hangs at its end when libasan is in front, whatever the plugin.
[ -n "$sanitizers" ] || expect 1 nbdcopy "$uri" copy.raw
stop_serving
[ "$(grep -c "/plain.raw' was changed while it is served" nbdkit.txt)" -eq 1 ] || fail "$(<nbdkit.txt)"
[ "$(grep -vc 'read request\|write .*reply' nbdkit.txt)" -eq 1 ] || fail "more than one sentence: $(<nbdkit.txt)"
# Cut short it is as well.
start_serving "$plugin" plain.raw
truncate -s 512M plain.raw
expect 1 qemu-io -r -f raw -c "read 1000M 4k" "$uri"
stop_serving
grep -q "was changed while it is served" nbdkit.txt || fail "$(<nbdkit.txt)"
rm -f copy.raw plain.raw

# Keys: those of the table, or a reason why not.
refuses "unknown key 'no-such-key'; see 'nbdkit hvgen2 --help'" no-such-key=1 vm.vhdx
refuses "no disk is given: disk=FILE"
refuses "'vm.vhdx': one disk is served, and 'ref.raw' is given too" disk=vm.vhdx disk=ref.raw
refuses "option '--layout': 'up' is none of auto, front, reuse and end" layout=up vm.vhdx
refuses "key 'force': 'perhaps' is neither true nor false" force=perhaps vm.vhdx
refuses "key 'nvram-template': 'nvram' is to say where" nvram-template=x.fd vm.vhdx
refuses "key 'secure-boot-keys': 'nvram' is to say where" secure-boot-keys=auto nvram=none vm.vhdx
"$HVGEN2" convert --help | grep -o '^  .\{4\}--[a-z-]\+' | grep -o '[a-z][a-z-]*$' | grep -vxE 'help|color' >options.txt
(become_nbdkit 0 "$plugin" --help) | grep -oE '(^| )[a-z][a-z-]*[=,:]' | tr -d ' =,:' >keys.txt
keys=0
while read -r option; do
	if grep -qx -- "$option" keys.txt; then
		keys=$((keys + 1))
		tr -d '\\' <"$SOURCE_DIR/man/nbdkit-hvgen2-plugin.1" | grep "^.BI\? $option=" >/dev/null || fail "no $option= in the page"
	else
		refuses "key '$option': " "$option=1" vm.vhdx
	fi
done <options.txt
[ "$keys" -ge 17 ] || fail "$keys keys of $(wc -l <options.txt) options"

# Refusals of the disk, with their ids and what to do; a report where one is asked for.
"$MKVM" --small --defect bitlocker locked.vhdx
refuses "refused \[bitlocker\]: 'locked.vhdx': .*; decrypt it in the guest" locked.vhdx nvram=locked.fd report=locked.json
jq -e '.refusal.id == "bitlocker" and .outputs.nvram == null' locked.json >/dev/null || fail "$(<locked.json)"
[ ! -e locked.fd ] || fail "a store was made"
"$MKVM" --small --defect sector-size large.vhdx
refuses "refused \[sector-size\]: " large.vhdx
refuses "'gone.vhdx': No such file" gone.vhdx
refuses "refused \[not-a-disk-image\]: " "$work"

# Store and report: both or none, and nothing of others' is replaced unless they say so.
echo old >old.json
refuses "refused \[output-exists\]: 'old.json'" vm.vhdx nvram=new.fd report=old.json
[ ! -e new.fd ] || fail "a store without a report"
[ "$(<old.json)" = old ] || fail "the old report is gone"
refuses "'new.json' and './new.json' are one file" vm.vhdx nvram=new.json report=./new.json
refuses "'vm.vhdx' is no name of a report: " vm.vhdx report=vm.vhdx force=true
ln vm.vhdx hard
refuses "'hard' belongs to the source" vm.vhdx report=hard force=true
rm hard
chmod 640 vm.vhdx
start_serving "$plugin" vm.vhdx nvram=new.fd report=old.json force=true sandbox=auto
stop_serving
[ "$(stat -c %a new.fd) $(stat -c %a old.json)" = "640 640" ] || fail "more rights than the source: $(ls -l new.fd old.json)"
jq -e '.convertible and .outputs.nvram == "new.fd"' old.json >/dev/null || fail "$(<old.json)"
! ls -d .*.hvgen2-* 2>/dev/null || fail "temporary files are left"

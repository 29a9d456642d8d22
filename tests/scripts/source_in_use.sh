#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The disk of a VM that runs is refused; a VM does not start from a disk that is being converted, but a second conversion does; and
# of a source that changes between reading and copying nothing is made.
. "$(dirname "$0")/lib.sh"
need jq mkntfs

"$MKVM" --small --size 1G --format raw vm.raw

if command -v qemu-system-x86_64 >/dev/null; then
	qemu=(qemu-system-x86_64 -M pc,accel=tcg -m 16 -nodefaults -display none -S -monitor none
		-drive file=vm.raw,format=raw,if=ide)
	"${qemu[@]}" 2>qemu.txt &
	vm=$!
	trap 'kill $vm 2>/dev/null || true; rm -rf "$work"' EXIT
	for ((i = 0; i < 100; i++)); do
		grep -Eq ":$(stat -c %i vm.raw) 10[01] 101" /proc/locks && break
		sleep 0.1
	done
	for verb in inspect "convert -n" "convert --report report.json" "verify --no-guestfs"; do
		expect 3 "$HVGEN2" $verb vm.raw
		grep -q "refused \[in-use\]: 'vm.raw' .*; shut the VM down" err.txt || fail "$verb: $(cat err.txt)"
	done
	expect 3 "$HVGEN2" convert -n --json vm.raw
	jq -e '.refusal.id == "in-use" and (has("convertible") | not)' out.txt >/dev/null || fail "it is said to be the disk's fault: $(cat out.txt)"
	advised in-use "shut the VM down, or end the program that has the disk open, and try again" convert vm.raw
	kill $vm
	wait $vm || true
	rm -f report.json qemu.txt
	expect 0 "$HVGEN2" convert -n -q vm.raw
fi

need strace
# The program waits between the building of all changes and the copying.
start() { # OUTPUT
	strace -f -o /dev/null -e trace=umask -e inject=umask:delay_enter=4s:when=1 \
		"$HVGEN2" convert -q --nvram none -o "$1" vm.raw 2>"$1.txt" &
	conversion=$!
	sleep 2
}
start out.vhdx
if command -v qemu-system-x86_64 >/dev/null; then
	! timeout 10 "${qemu[@]}" 2>qemu.txt || fail "a VM started from a disk that is being converted"
	grep -q 'Failed to get' qemu.txt || fail "$(cat qemu.txt)"
	rm qemu.txt
fi
expect 0 "$HVGEN2" convert -n -q vm.raw
wait $conversion || fail "$(cat out.vhdx.txt)"
rm out.*

for change in 'printf TORN | dd of=vm.raw bs=1 seek=600000000 conv=notrunc status=none' 'chmod g+w,g-w vm.raw'; do
	start torn.vhdx
	eval "$change"
	status=0
	wait $conversion || status=$?
	[ $status -eq 1 ] || fail "exit status $status after: $change"
	grep -q "^hvgen2: 'vm.raw' was changed while it was read" torn.vhdx.txt || fail "$(cat torn.vhdx.txt)"
	rm torn.vhdx.txt
	expect_only vm.raw
done

#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What mutate_vm must see: programs that do one thing wrong, as soon as the disk is not what it was.
. "$SOURCE_DIR/tests/scripts/lib.sh"

# A disk with a boot record, which is a structure to change.
mkdir -p seeds/vm run
head -c 65536 /dev/zero >seeds/vm/disk.raw
printf '\200\0\1\0\7\0\1\0\1\0\0\0\100\0\0\0' | dd of=seeds/vm/disk.raw bs=1 seek=446 conv=notrunc status=none
printf '\125\252' | dd of=seeds/vm/disk.raw bs=1 seek=510 conv=notrunc status=none
cat >program <<END
#!/bin/bash
disk=\${*: -1} verb=\$1
folder=$PWD/run/outputs
[ "\$verb" != inspect ] || echo '{}'
cmp -s "\$disk" $PWD/seeds/vm/disk.raw && exit 0
. $PWD/wrong
exit 0
END
chmod +x program

mutate() { # ROUNDS: leaves what was printed in out.txt
	local status=0
	rm -rf run findings
	mkdir run
	"$MUTATE_VM" --rounds "$1" --timeout 1 --work run --findings findings "$PWD/program" seeds/vm >out.txt 2>&1 || status=$?
	return "$status"
}

sees() { # WORDS LINE [ROUNDS]: the program does LINE
	echo "$2" >wrong
	mutate "${3:-3}" && fail "not seen: $2"
	grep -qF "$1" out.txt || {
		cat out.txt >&2
		fail "not '$1' for: $2"
	}
	ls findings/*/{about,command,stdout,stderr} findings/*/disk.raw >/dev/null
}

echo ':' >wrong
mutate 3 || fail "a program that does nothing wrong: $(<out.txt)"
grep -q '^seed 1: 3 rounds' out.txt || fail "$(<out.txt)"
grep -qx 'inspect: exit 0: 3, 1: 0, 2: 0, 3: 0, 4: 0' out.txt || fail "$(<out.txt)"
[ -z "$(ls run/outputs)" ] && [ ! -e findings ] || fail "something was left over"

sees 'died of signal 11' 'kill -SEGV $$'
sees 'hang: 1 s have not been enough' 'sleep 60'
sees 'hang: 1 s have not been enough' 'while :; do :; done'
sees 'exit 1, which is for failures of the machine' 'echo "hvgen2: no good" >&2; exit 1'
sees 'exit 2' 'echo "hvgen2: wrong" >&2; exit 2'
sees 'sanitizer' 'echo "==1==ERROR: AddressSanitizer: heap-buffer-overflow" >&2; exit 99'
sees 'exit 4 without a word' '[ $verb = convert ] && exit 4'
sees 'invalid JSON' '[ $verb != inspect ] || echo "{"'
sees 'control characters' 'printf "hvgen2: a\033[2Jb\n" >&2; exit 4'
sees 'control characters' 'printf "hvgen2: a\302\233b\n" >&2; exit 4'
sees "'.o.vhdx.hvgen2-abc' is left over" '[ $verb != convert ] || touch $folder/.o.vhdx.hvgen2-abc'
sees "'o.vhdx' is left over" '[ $verb != convert ] || { touch $folder/o.vhdx; echo "hvgen2: damaged" >&2; exit 4; }'
sees "'disk.raw' was changed" 'sleep 0.1; printf x | dd of="$disk" bs=1 seek=5000 conv=notrunc status=none'
sees 'verify: FAIL  gpt-primary' '[ $verb != convert ] || touch $folder/o.vhdx; [ $verb != verify ] || { echo "FAIL  gpt-primary: bad"; exit 1; }' 40

# A machine that fails is no finding, and nothing can be judged on it.
echo 'echo "hvgen2: cannot write: No space left on device" >&2; exit 1' >wrong
status=0
mutate 3 || status=$?
[ "$status" -eq 2 ] || fail "a full disk: exit $status"

# A round follows from its number.
echo 'echo "hvgen2: no good" >&2; exit 1' >wrong
mutate 3 && fail "nothing found"
mv findings all
"$MUTATE_VM" --first 2 --rounds 1 --work run --findings findings "$PWD/program" seeds/vm >out.txt 2>&1 && fail "nothing found"
cmp all/1-2-inspect/about findings/1-2-inspect/about || fail "round 2 is another one alone"
cmp -s all/1-1-inspect/about all/1-2-inspect/about && fail "two rounds are one"
# What was kept is what the program saw, and the seed is as it was.
cmp -s findings/1-2-inspect/disk.raw seeds/vm/disk.raw && fail "the disk that was kept is not the changed one"
cmp run/vm/disk.raw seeds/vm/disk.raw

#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A guest on XFS is read by grub-fstest, to which our library shows the disk: what is missing on this machine is named, what it asks for
# and says does no harm, and nothing is left behind, however the program ends.
. "$(dirname "$0")/lib.sh"
. "$SOURCE_DIR/tests/scripts/linux_lib.sh"
need jq sfdisk mkfs.btrfs grub-fstest python3
disk=$work/old.vhdx
has_sandbox=yes
[[ $(ldd "$HVGEN2") != *libasan* ]] || has_sandbox=

nothing_left() {
	local _
	for _ in $(seq 100); do
		pgrep -f "$work/[b]in/grub-fstest|[h]vgen2.* $disk" >/dev/null || return 0
		sleep 0.1
	done
	fail "$1: left behind: $(pgrep -af "$work")"
}

make_linux xfs "$disk"
uuid=5a9d1c3e-7b20-4e11-9c55-3f0a12b4c6d8 # of mklinux.sh
before=$(sum "$disk")
expect 0 "$HVGEN2" inspect --json ${has_sandbox:+--sandbox require} "$disk"
jq -e '.convertible and .linux.boot.filesystem == "xfs" and .linux.kernel.is_default and .esp.secure_boot' out.txt >/dev/null ||
	fail "$(cat out.txt)"
[ -z "$has_sandbox" ] || jq -e '.sandbox == "full"' out.txt >/dev/null || fail "$(cat out.txt)"
nothing_left inspect

# Each question is a process: none is asked twice, nor for what is not in its folder.
questions() { # DISK MOST
	strace -f -qq -s 4096 -e trace=execve -o calls.txt "$HVGEN2" convert -n --nvram none "$1" >out.txt || fail "strace"
	sed -n 's/.*execve("[^"]*", \["[^"]*grub-fstest", "[^"]*", \(.*\)\], .*/\1/p' calls.txt >asked.txt
	[ -s asked.txt ] && [ -z "$(sort asked.txt | uniq -d)" ] || fail "$1: asked twice: $(cat asked.txt)"
	[ "$(wc -l <asked.txt)" -le "$2" ] || fail "$1: $(wc -l <asked.txt) questions: $(cat asked.txt)"
}
if [ -n "$has_sandbox" ] && command -v strace >/dev/null; then
	questions "$disk" 7
	make_linux lvm-striped new.vhdx
	questions new.vhdx 7
	rm new.vhdx
fi

# It is the disk that is open, by whatever name, or none.
expect 0 "$HVGEN2" inspect --source-format vhdx /dev/fd/9 9<"$disk"
grep -q 'Debian GNU/Linux' out.txt || fail "$(cat out.txt)"

# By the library of where the program was installed.
expect 0 cmake --install "$BUILD_DIR" --prefix "$work/usr"
expect 0 "$work/usr/bin/hvgen2" inspect "$disk"

# What is missing is named, and nobody is forked for it.
real=$PATH
program=$HVGEN2
mkdir bin
alone() { # PATH [PROGRAM]
	printf '#!/bin/bash\nPATH=%q exec %q "$@"\n' "$1" "${2:-$program}" >alone
	HVGEN2=$work/alone
}
touch alone && chmod +x alone
alone "$work/bin"
advised linux-unreadable "install it (Debian: apt install grub-common), or move /boot and root to ext4 in the guest, and convert again" \
	inspect "$disk"
grep -qF "'$disk': what is on partition 1 cannot be read: grub-fstest is not installed here;" err.txt || fail "$(cat err.txt)"
expect 3 "$HVGEN2" inspect --json "$disk"
jq -e '.refusal.id == "linux-unreadable" and (has("convertible") | not)' out.txt >/dev/null || fail "it is said to be the disk's fault: $(cat out.txt)"
if [ -n "$has_sandbox" ] && command -v strace >/dev/null; then
	PATH=$work/bin "$(command -v strace)" -f -qq -e trace=clone,clone3,fork,vfork -o calls.txt "$program" inspect --sandbox off "$disk" >out.txt 2>&1 || true
	[ ! -s calls.txt ] || fail "a process was started: $(cat calls.txt)"
fi
cp "$program" bin/hvgen2
alone "$real" "$work/bin/hvgen2"
advised linux-unreadable "install it (Debian: apt install hvgen2), or move /boot and root to ext4 in the guest, and convert again" \
	inspect "$disk"
grep -qF 'hvgen2-grub-disk.so is not installed here' err.txt || fail "$(cat err.txt)"
rm bin/hvgen2
# One that strangers may have put there is none, and one that is not loaded makes no answer.
mkdir -p 'beside it/grub_reader' beside/grub_reader
for folder in beside 'beside it'; do
	cp "$program" "$folder/hvgen2"
	touch "$folder/grub_reader/hvgen2-grub-disk.so"
done
alone "$real" "$work/beside/hvgen2"
expect 1 "$HVGEN2" inspect "$disk"
grep -qF 'hvgen2-grub-disk.so was not loaded into GRUB: ERROR: ld.so: object ' err.txt || fail "$(cat err.txt)"
for strange in beside/grub_reader beside/grub_reader/hvgen2-grub-disk.so; do
	chmod o+w $strange
	expect 3 "$HVGEN2" inspect "$disk"
	grep -qF 'hvgen2-grub-disk.so is not installed here' err.txt || fail "$strange: $(cat err.txt)"
	chmod o-w $strange
done
alone "$real" "$work/beside it/hvgen2"
expect 3 "$HVGEN2" inspect "$disk"
grep -qF 'hvgen2-grub-disk.so, by a path without a space or a colon, is not installed here' err.txt || fail "$(cat err.txt)"
HVGEN2=$program
nothing_left refusals

# The root of SUSE is a snapshot of Btrfs: which one, when there are several, GRUB does not say.
truncate -s 130M suse.raw
echo 'start=2048,type=83' | sfdisk -q suse.raw
truncate -s 120M part.raw
mkfs.btrfs -q part.raw >mkfs.txt
dd if=part.raw of=suse.raw bs=1M seek=1 conv=notrunc status=none
cat >bin/grub-fstest <<'END'
#!/bin/sh
case "$2 $5" in
"ls (loop0,msdos1)/" | "ls (loop0,msdos1)/@/.snapshots/1/snapshot/etc/" | "ls (loop0,msdos1)/@/.snapshots/24/snapshot/etc/") echo ;;
"ls (loop0,msdos1)/@/.snapshots/") printf 'DIR          20260101000000 %s/\n' 1 24 && echo ;;
esac
END
chmod +x bin/grub-fstest
alone "$work/bin:$real"
advised linux-unreadable "in the guest, remove all snapshots but the one that runs (snapper delete), and convert again" \
	inspect suse.raw
mv bin/grub-fstest bin/grub2-fstest # as other distributions call it
alone "$work/bin"
expect 3 "$HVGEN2" inspect suse.raw
grep -q 'one of several snapshots' err.txt || fail "$(cat err.txt)"
HVGEN2=$program
rm bin/grub2-fstest

# Something else than GRUB: it is stopped in the middle.
fake() { # COMMANDS
	printf '#!/bin/sh\n%s\n' "$1" >bin/grub-fstest
	chmod +x bin/grub-fstest
}
start_stopped() { # VERB...
	PATH=$work/bin:$real "$HVGEN2" "$@" "$disk" >out.txt 2>err.txt &
	pid=$!
	for _ in $(seq 400); do
		if grub=$(pgrep -f "$work/[b]in/grub-fstest") && [[ $(ps -o state= -p "$grub") == T ]]; then break; fi
		sleep 0.05
	done
}
fake 'kill -STOP $$'
stopped() { # SIGNAL VERB...
	start_stopped "${@:2}"
	[ "$(awk '/^(Cap(Prm|Inh|Eff|Amb)|NoNewPrivs|Seccomp):/ { s = s ($2 + 0) } END { print s }' "/proc/$grub/status")" = 000012 ] ||
		fail "grub-fstest has rights of root"
	# the disk, what it says, and the pipe that ends with it; the shell's script is 10
	[ "$(find "/proc/$grub/fd" -type l -printf '%f %l\n' | sort | sed 's/[:[].*//' | paste -s -d ' ')" = \
		"0 socket 1 /memfd 10 $work/bin/grub-fstest 2 /memfd 3 pipe" ] || fail "it has open: $(ls -l "/proc/$grub/fd")"
	kill "-$1" "$pid"
	wait "$pid" 2>/dev/null || true
	nothing_left "$*"
}
stopped KILL inspect
stopped TERM inspect
stopped KILL convert --nvram none
stopped HUP convert --nvram none --sandbox off
[ -z "$(ls -d ./old-gen2* 2>/dev/null)" ] || fail "an output was made"
[ "$(sum "$disk")" = "$before" ] || fail "the source was changed"

# What GRUB says of a folder and a file does no harm: it breaks down, or prints what no folder has.
odd() { # STATUS WORDS COMMANDS
	fake "$3"
	PATH=$work/bin:$real expect "$1" "$HVGEN2" inspect "$disk"
	grep -q "$2" err.txt || fail "not '$2': $(cat err.txt)"
}
odd 3 'GRUB breaks down' 'kill -SEGV $$'
odd 3 'GRUB says ".*unknown filesystem' 'echo "grub-fstest: error: cannot open: unknown filesystem." >&2; exit 1'
odd 3 'has more than 16 MiB' 'exec /usr/bin/yes'
odd 3 'linux-ambiguous' 'case $2 in ls) echo a name && echo ;; *) echo "x: error: cannot open: file \`/x'"'"' not found." >&2; exit 1 ;; esac'
# What is of this host is no answer, whoever heard it: GRUB was killed, or was not started.
odd 1 "'(loop0,msdos1)' cannot be read by GRUB: it was ended by signal 9" 'kill -KILL $$'
odd 1 'error while loading shared libraries' 'echo "error while loading shared libraries: x" >&2; exit 127'
odd 1 "'/grub2/grub.cfg' cannot be read by GRUB: it was ended by signal 9" 'case $2,$5,$4 in ls,*")",*) echo "x: Filesystem type xfs, UUID '"$uuid"'" ;;
	ls,*) echo "512          20260102030405 name" ;; *grub2/grub.cfg) kill -KILL $$ ;;
	*) echo "x: error: cannot open: file \`/x'"'"' not found." >&2; exit 1 ;; esac'
# It may write no file, and read nothing but the disk.
odd 3 'GRUB says ".*cannot create .*/x: Permission denied"' "echo x >'$work/x' || exit 1"
odd 3 'GRUB says ".*old.vhdx.cmdline.*Permission denied"' "exec /usr/bin/cat '$disk.cmdline'"
# It starts nothing and signals nobody.
odd 3 'GRUB says ".*Cannot fork"' '/usr/bin/true'
odd 3 'GRUB says ".*Operation not permitted"' "kill -CONT $$"
[ ! -e x ] || fail "it wrote a file"

# The disk, for whoever is given our library in the place of a disk: its size, and its bytes.
cat >ask.py <<'END'
import fcntl, os, struct, sys
def denied(what, *arguments):
    try:
        what(*arguments)
    except PermissionError:
        return "denied"
fd = os.open(sys.argv[1], os.O_RDONLY)
size = os.fstat(fd).st_size
os.lseek(fd, 510, 0)
mark = os.read(fd, 2)
os.lseek(fd, size - 1, 0)
rest = os.read(fd, 10)
def ask(offset, length):
    os.write(0, struct.pack("QQ", offset, length))
    return struct.unpack("Q", os.read(0, 1 << 20)[:8])[0]
codes = [ask(size, 1), ask(size - 1, 2), ask(2 ** 64 - 1, 2), ask(0, 65537), ask(0, 2 ** 63), ask(0, 512)]
signals = [denied(fcntl.fcntl, 0, fcntl.F_SETOWN, 1), denied(fcntl.fcntl, 0, fcntl.F_SETSIG, 9),
           denied(fcntl.ioctl, 0, 0x8901, struct.pack("i", 1)), denied(os.listdir, "/home")]
os.write(0, struct.pack("QQx", 0, 512))
sys.exit("x: error: %d %s %d %s %s %r" % (size, mark.hex(), len(rest), codes, " ".join(signals), os.read(0, 10)))
END
to_raw "$disk" whole.raw
# Only /usr can be read: what Python runs stands in its arguments.
python() { # FILE
	fake "exec /usr/bin/python3 -I -c '$(<"$1")' \"\$1\""
	PATH=$work/bin:$real expect 3 timeout 30 "$HVGEN2" inspect "$disk"
}
python ask.py
grep -qF "GRUB says \"$(stat -c %s whole.raw) 55aa 1 [22, 22, 22, 22, 22, 0] denied denied denied denied b''\"" err.txt || fail "$(cat err.txt)"

# It asks on and on, does not listen, and its end of the socket outlives it.
cat >flood.py <<'END'
import array, os, socket, struct, sys
line = socket.socket(fileno=os.dup(0))
ask = struct.pack("QQ", 0, 65536)
try:
    line.sendmsg([ask], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0]))])
    while True:
        line.send(ask)
except (BrokenPipeError, ConnectionResetError): # the latter where the last question was not read any more
    sys.exit("x: error: nobody answers")
END
python flood.py
grep -q 'GRUB says "nobody answers"' err.txt || fail "$(cat err.txt)"

# A disk that cannot be read, or has changed, is no fault of the guest.
cp "$disk" cut.vhdx
fake 'case $4 in -a) kill -STOP $$ ;; esac; exec /usr/bin/head -c 2000000 "$1"'
disk=$work/cut.vhdx start_stopped inspect
truncate -s 1M cut.vhdx
kill -CONT "$grub"
wait "$pid" && status=0 || status=$?
[ "$status" -eq 1 ] && grep -q "cut.vhdx': .*cannot read [0-9]* bytes at offset" err.txt || fail "$status: $(cat err.txt)"
fake 'case $4 in -a) kill -STOP $$ ;; esac; exec /usr/bin/head -c 512 "$1"'
start_stopped inspect
touch -h "$disk"
kill -CONT "$grub"
wait "$pid" && status=0 || status=$?
[ "$status" -eq 1 ] && grep -q "old.vhdx' was changed" err.txt || fail "$status: $(cat err.txt)"
nothing_left odd

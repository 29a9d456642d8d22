#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A guest on XFS is read by grub-fstest through FUSE: what is missing on this machine is named, and nothing is left behind, however the
# program ends: no mount, no folder, no process.
. "$(dirname "$0")/lib.sh"
. "$SOURCE_DIR/tests/scripts/linux_lib.sh"
. "$(dirname "$0")/nbd_lib.sh"
need jq sfdisk mkfs.btrfs grub-fstest nbdfuse fusermount3
[ -z "$sanitizers" ] || skip "nbdkit does not load a plugin with sanitizers, where nobody puts them in front"
[ -w /dev/fuse ] || skip "no /dev/fuse"
unset XDG_RUNTIME_DIR
mkdir tmp
export TMPDIR=$work/tmp

nothing_left() {
	local _
	for _ in $(seq 100); do
		[ -n "$(ls -A tmp)$(grep -F "$work/tmp" /proc/mounts)$(pgrep -f "$work/[t]mp")" ] || return 0
		sleep 0.1
	done
	fail "$1: left behind: $(ls -A tmp) $(grep -F "$work/tmp" /proc/mounts) $(pgrep -af "$work/[t]mp")"
}

make_linux xfs old.vhdx
uuid=5a9d1c3e-7b20-4e11-9c55-3f0a12b4c6d8 # of mklinux.sh
before=$(sum old.vhdx)
expect 0 "$HVGEN2" inspect --json --sandbox require old.vhdx
jq -e '.convertible and .linux.boot.filesystem == "xfs" and .linux.kernel.is_default and .esp.secure_boot and .sandbox == "full"' out.txt \
	>/dev/null || fail "$(cat out.txt)"
nothing_left inspect

# Each question is a process: none is asked twice, nor for what is not in its folder.
questions() { # DISK MOST
	strace -f -qq -s 4096 -e trace=execve -o calls.txt "$HVGEN2" convert -n --nvram none "$1" >out.txt || fail "strace"
	sed -n 's/.*execve("[^"]*", \["[^"]*grub-fstest", "[^"]*", \(.*\)\], .*/\1/p' calls.txt >asked.txt
	[ -s asked.txt ] && [ -z "$(sort asked.txt | uniq -d)" ] || fail "$1: asked twice: $(cat asked.txt)"
	[ "$(wc -l <asked.txt)" -le "$2" ] || fail "$1: $(wc -l <asked.txt) questions: $(cat asked.txt)"
}
if command -v strace >/dev/null; then
	questions old.vhdx 7
	make_linux lvm-striped new.vhdx
	questions new.vhdx 7
	rm new.vhdx
fi

# A name that leads to the disk in one process alone is not taken for a missing program.
for name in /dev/fd/9 /proc/self/fd/9; do
	expect 1 "$HVGEN2" inspect --source-format vhdx $name 9<old.vhdx
	grep -qF "'$name' cannot be read by another process" err.txt || fail "$(cat err.txt)"
done

# Read by whoever serves the converted disk too.
expect 0 "$HVGEN2" convert -q -o ref.raw --nvram none old.vhdx
nothing_left convert
start_serving "$plugin" old.vhdx
qemu-img compare -q -f raw -F raw ref.raw "$uri" || fail "another disk is served"
stop_serving
nothing_left nbdkit
rm ref.*

# What is missing is named, all at once.
real=$PATH
mkdir bin
lacks() { # NAMES PACKAGES
	printf '#!/bin/bash\nPATH=%q exec %q "$@"\n' "$work/bin" "$program" >alone
	advised linux-unreadable "install what is missing (Debian: apt install $2), or move /boot and root to ext4 in the guest, and convert again" \
		inspect old.vhdx
	grep -qF "'old.vhdx': what is on partition 1 cannot be read: not installed here: $1;" err.txt || fail "not '$1': $(cat err.txt)"
}
program=$HVGEN2 HVGEN2=$work/alone
touch alone && chmod +x alone
lacks 'grub-fstest, nbdfuse, nbdkit, fusermount3' 'grub-common libnbd-bin nbdkit fuse3'
# Nobody is forked for it.
if command -v strace >/dev/null; then
	PATH=$work/bin "$(command -v strace)" -f -qq -e trace=clone,clone3,fork,vfork -o calls.txt "$program" inspect --sandbox off old.vhdx >out.txt 2>&1 || true
	[ ! -s calls.txt ] || fail "a process was started: $(cat calls.txt)"
fi
ln -s "$(command -v grub-fstest)" "$(command -v nbdkit)" bin
lacks 'nbdfuse, fusermount3' 'libnbd-bin fuse3'
ln -s "$(command -v nbdfuse)" bin
lacks fusermount3 fuse3
expect 3 "$HVGEN2" inspect --json old.vhdx
jq -e '.refusal.id == "linux-unreadable" and (has("convertible") | not)' out.txt >/dev/null || fail "it is said to be the disk's fault: $(cat out.txt)"
if unshare -m mount --bind /dev/fuse /dev/fuse 2>/dev/null; then
	without_fuse() { # PATH
		printf '#!/bin/bash\nexport PATH=%q\nexec %q -m %q -c "%q --bind /dev/fuse /dev/fuse && %q -o remount,bind,nodev /dev/fuse && exec %q \\"\\$@\\"" - "$@"\n' \
			"$1" "$(command -v unshare)" "$BASH" "$(command -v mount)" "$(command -v mount)" "$program" >alone
	}
	without_fuse "$work/bin"
	advised linux-unreadable "install what is missing (Debian: apt install fuse3), let this user open /dev/fuse (modprobe fuse; for a container: \
--device /dev/fuse), or move /boot and root to ext4 in the guest, and convert again" inspect old.vhdx
	grep -qF 'not installed here: fusermount3; and /dev/fuse cannot be opened;' err.txt || fail "$(cat err.txt)"
	without_fuse "$PATH"
	advised linux-unreadable "let this user open /dev/fuse (modprobe fuse; for a container: --device /dev/fuse), or move /boot and root to ext4 \
in the guest, and convert again" inspect old.vhdx
	grep -qF 'cannot be read: /dev/fuse cannot be opened;' err.txt || fail "$(cat err.txt)"
fi
HVGEN2=$program
nothing_left refusals

# The root of SUSE is a snapshot of Btrfs: which one, when there are several, GRUB does not say.
truncate -s 130M suse.raw
echo 'start=2048,type=83' | sfdisk -q suse.raw
truncate -s 120M part.raw
mkfs.btrfs -q part.raw >mkfs.txt
dd if=part.raw of=suse.raw bs=1M seek=1 conv=notrunc status=none
rm -f bin/grub-fstest
cat >bin/grub-fstest <<'END'
#!/bin/sh
case "$2 $5" in
"ls (loop0,msdos1)/" | "ls (loop0,msdos1)/@/.snapshots/1/snapshot/etc/") echo ;;
"ls (loop0,msdos1)/@/.snapshots/") printf 'DIR          20260101000000 %s/\n' 1 24 ;;
esac
END
chmod +x bin/grub-fstest
printf '#!/bin/bash\nPATH=%q exec %q "$@"\n' "$work/bin:$real" "$HVGEN2" >alone
HVGEN2=$work/alone
advised linux-unreadable "in the guest, remove all snapshots but the one that runs (snapper delete), and convert again" \
	inspect suse.raw
HVGEN2=$program

# Something else than GRUB: it is stopped in the middle.
mv bin/grub-fstest bin/grub2-fstest # as other distributions call it
ln -s "$(command -v fusermount3)" bin
PATH=$work/bin expect 3 "$HVGEN2" inspect suse.raw
grep -q 'one of 2 snapshots' err.txt || fail "$(cat err.txt)"
rm bin/grub2-fstest
printf '#!/bin/sh\nkill -STOP $$\n' >bin/grub-fstest
chmod +x bin/grub-fstest
start_stopped() { # VERB...
	PATH=$work/bin:$real "$HVGEN2" "$@" old.vhdx >out.txt 2>err.txt &
	pid=$!
	for _ in $(seq 400); do
		if pgrep -f "[b]in/grub-fstest $work/tmp" >/dev/null; then break; fi
		sleep 0.05
	done
}
stopped() { # SIGNAL VERB...
	start_stopped "${@:2}"
	grep -qF "$work/tmp/hvgen2-" "/proc/$(pgrep -f "[b]in/grub-fstest $work/tmp")/mounts" || fail "$*: nothing is mounted"
	[ "$(id -u)" -ne 0 ] || ! grep -F "$work/tmp/hvgen2-" /proc/mounts || fail "$*: mounted where all see it"
	[ "$(awk '/^(Cap(Prm|Inh|Eff|Amb)|NoNewPrivs|Seccomp):/ { s = s ($2 + 0) } END { print s }' \
		"/proc/$(pgrep -f "[b]in/grub-fstest $work/tmp")/status")" = 000012 ] || fail "grub-fstest has rights of root"
	[ "$(stat -c %a tmp/hvgen2-*)" = 700 ] || fail "others may look into the folder"
	kill "-$1" "$pid"
	wait "$pid" 2>/dev/null || true
	nothing_left "$*"
}
stopped KILL inspect
stopped TERM inspect
stopped KILL convert --nvram none
stopped HUP convert --nvram none --sandbox off
# All at once, as when systemd stops a service: of root's no mount is left, only a folder with an empty file.
if [ "$(id -u)" -eq 0 ]; then
	start_stopped inspect
	server=$(awk '{ print $4 }' "/proc/$(pgrep -f "[n]bdfuse -r .*$work/tmp")/stat")
	# shellcheck disable=SC2046
	kill -KILL "$server" $(pgrep -f "$work/[t]mp") "$pid"
	wait "$pid" 2>/dev/null || true
	sleep 0.2
	! grep -F "$work/tmp" /proc/mounts || fail "a mount is left"
	[ "$(find tmp -printf '%y%s ' | sed 's/d[0-9]*//g')" = '  f0 ' ] || fail "$(find tmp -ls)"
	rm -r tmp/hvgen2-*
fi
[ -z "$(ls -d ./old-gen2* 2>/dev/null)" ] || fail "an output was made"
[ "$(sum old.vhdx)" = "$before" ] || fail "the source was changed"

# What GRUB says of a folder and a file does no harm: it breaks down, or prints what no folder has.
odd() { # STATUS WORDS COMMANDS
	printf '#!/bin/sh\n%s\n' "$3" >bin/grub-fstest
	PATH=$work/bin:$real expect "$1" "$HVGEN2" inspect old.vhdx
	grep -q "$2" err.txt || fail "not '$2': $(cat err.txt)"
}
odd 3 'GRUB breaks down' 'kill -SEGV $$'
odd 3 'GRUB says ".*unknown filesystem' 'echo "grub-fstest: error: cannot open: unknown filesystem." >&2; exit 1'
odd 3 'has more than 16 MiB' 'exec /usr/bin/yes'
odd 3 'linux-ambiguous' 'case $2 in ls) echo a name ;; *) echo "x: error: cannot open: file \`/x'"'"' not found." >&2; exit 1 ;; esac'
# What is of this host is no answer, whoever heard it: GRUB was killed, was not started, or the disk could not be read.
odd 1 "'(loop0,msdos1)' cannot be read by GRUB: it was ended by signal 9" 'kill -KILL $$'
odd 1 'error while loading shared libraries' 'echo "error while loading shared libraries: x" >&2; exit 127'
odd 1 "'/grub2/grub.cfg' cannot be read by GRUB: it was ended by signal 9" 'case $2,$5,$4 in ls,*")",*) echo "x: Filesystem type xfs, UUID '"$uuid"'" ;;
	ls,*) echo "512          20260102030405 name" ;; *grub2/grub.cfg) kill -KILL $$ ;;
	*) echo "x: error: cannot open: file \`/x'"'"' not found." >&2; exit 1 ;; esac'
# It may write no file, and read nothing but its input.
odd 3 'GRUB says ".*cannot create .*/tmp/x: Permission denied"' "echo x >'$work/tmp/x' || exit 1"
odd 3 'GRUB says ".*old.vhdx.cmdline.*Permission denied"' "exec /usr/bin/cat '$work/old.vhdx.cmdline'"
# It starts nothing and signals nobody.
odd 3 'GRUB says ".*Cannot fork"' '/usr/bin/true'
odd 3 'GRUB says ".*Operation not permitted"' "kill -CONT $$"
printf '#!/bin/sh\nkill -STOP $$\nexec /usr/bin/head -c 512 "$1"\n' >bin/grub-fstest
start_stopped inspect
touch -h old.vhdx
pkill -CONT -f "[b]in/grub-fstest $work/tmp"
wait "$pid" && status=0 || status=$?
[ "$status" -eq 1 ] && grep -q "cannot be read by GRUB: nbdkit: .*old.vhdx" err.txt || fail "$status: $(cat err.txt)"
# No folder is made where others could put something else in its place.
mkdir open open/below
chmod 777 open
for folder in "$work/open" "$work/open/below"; do
	TMPDIR=$folder odd 3 'GRUB says "/tmp/hvgen2-....../disk"' 'echo "$1" >&2; exit 1'
done
[ ! -e tmp/x ] || fail "it wrote a file"
nothing_left odd
